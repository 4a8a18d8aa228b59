"""The report of a cohort prints on as many pages as its lists need, with nothing cut off."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page

from mastery_core.attention import attended
from mastery_core.report.cohort import MOST_HARDEST, cohort_report
from mastery_core.report.html import cohort_as_html

PAPERS = ("A4", "Letter")
LAST = date(2026, 7, 31)
MOMENT = datetime(2026, 7, 31, 23, tzinfo=UTC)
LONG = ["<script>alert(1)</script> " * 8, "🧠" * 60, "שלום עולם " * 20, "W" * 200, "Ada"]

PageOf = Callable[..., Page]


def report(learners: int, concepts: int) -> str:
    """A report with so many learners, who all need attention, and names as long as they get."""
    everybody = pd.DataFrame(
        {
            "id": [str(n) for n in range(learners)], "name": [f"{LONG[n % len(LONG)]} {n}"[:200] for n in range(learners)],
            "known": 3, "mean": 0.2, "mean_stored": 0.4, "declining": 2, "last_activity": MOMENT.timestamp() - 30 * 86_400,
            "observations": 3, "graded": 2, "correct": 1,
        }
    )  # fmt: skip
    of_concepts = pd.DataFrame(
        {
            "concept": [f"{LONG[n % len(LONG)]} {n}" for n in range(concepts)], "mean": 0.4, "mean_before": 0.5, "weak": 100_000,
            "developing": 100_000, "mastered": 100_000, "apart": 100_000,
        }
    )  # fmt: skip
    course = pd.DataFrame(
        {"at": [MOMENT - timedelta(days=30), MOMENT], "learners": 9, "lower": 0.2, "middle": 0.4, "upper": 0.6}
    )
    people = attended(everybody, MOMENT.timestamp())
    return cohort_as_html(
        cohort_report(
            LONG[0], LAST - timedelta(days=30), LAST, LAST, learners=people, before=people, concepts=of_concepts, course=course,
            moment=MOMENT,
        )
    )  # fmt: skip


@pytest.mark.parametrize(("learners", "concepts", "fewest", "most"), [(0, 0, 1, 1), (5, 3, 1, 2), (400, 300, 15, 80)])
def test_a_long_list_goes_on_over_pages_and_nothing_sticks_out(
    new_page: PageOf, tmp_path: Path, learners: int, concepts: int, fewest: int, most: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(learners, concepts), encoding="utf-8")
    page, asked = new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    for paper in PAPERS:
        assert fewest <= len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) <= most
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 990})  # the width of A4 within its margins
    for part in page.locator("section, dl, header, footer, table, td").all()[:400]:
        assert part.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    assert page.locator("td.practice").count() == learners
    assert page.locator(".hardest tbody tr").count() == min(concepts, MOST_HARDEST)
    assert asked == [file.as_uri()]


def test_it_reads_on_a_phone(new_page: PageOf, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(10, 10), encoding="utf-8")
    page = new_page(width=390, height=844)
    page.goto(file.as_uri())
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
