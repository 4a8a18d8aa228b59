"""What somebody takes along from My data arrives whole, and the report of a term prints on one page."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from mastery_core.model import ConceptMastery, LearningInsights, Trend
from mastery_core.report.html import as_html
from mastery_core.report.term import term_report

AMINA = "Amina Diallo"
PAPERS = ("A4", "Letter")
LAST = date(2026, 7, 31)
LONG = ["<script>alert(1)</script> " * 8, "🧠" * 60, "שלום עולם " * 20, "Z̸̢̛̦a̴͔͍̋l̷͔̈g̵̭͝o̷̻͒" * 30, "W" * 500, "line one"]

PageOf = Callable[..., Page]


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def report(concepts: int, days: int, name: str) -> str:
    """A report that is as full as one gets with so many concepts."""
    names = [f"{LONG[n % len(LONG)]} {n}" for n in range(concepts)]
    moment = datetime(2026, 7, 31, tzinfo=UTC)
    now = {each: ConceptMastery(each, n % 101 / 100, moment, 0.95, Trend.STABLE, 0, 1, 1 + n % 9, None) for n, each in enumerate(names)}  # fmt: skip
    pairs = [(each, 0.5) for each in names]
    insights = LearningInsights(200_000, concepts, pairs[:3], pairs[-3:], 12.3456, days, days, 1, -1, 99_999, 199_999)
    hours = pd.DataFrame({"hour": pd.to_datetime([LAST] * 3).astype("datetime64[s]"), "observations": [1, 2, 3]})
    return as_html(
        term_report(
            name, LAST - timedelta(days=days), LAST, LAST, now=now, before=now, insights=insights, sessions=99_999,
            practice=hours, reviews=[(each, "below 100% on Wed 30 Sep 2026") for each in names],
        )
    )  # fmt: skip


@pytest.mark.parametrize("concepts", [0, 1, 24, 300])
@pytest.mark.parametrize("days", [7, 365, 3_650])
def test_a_report_of_any_size_fits_one_page(new_page: PageOf, tmp_path: Path, concepts: int, days: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(concepts, days, f"{LONG[concepts % 3]} {'W' * 180}"[:200]), encoding="utf-8")
    page = new_page()
    page.goto(file.as_uri())
    for paper in PAPERS:
        assert pages(page.pdf(format=paper)) == 1, paper
    page.emulate_media(media="print")
    for hidden in page.locator("section, dl, header, footer").all():
        assert hidden.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), "nothing sticks out of the paper"


def test_the_report_that_is_downloaded_prints_on_one_page_and_reads_on_a_phone(
    signed_in_page: PageOf, new_page: PageOf, app_url: str, tmp_path: Path
) -> None:
    page = signed_in_page(AMINA)
    page.goto(f"{app_url}/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report to print").click()
    assert re.fullmatch(
        r"mastery-report-[0-9a-f]{8}-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.html", download.value.suggested_filename
    )
    file = tmp_path / "report.html"
    download.value.save_as(file)

    reader = new_page(width=390, height=844)
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(file.as_uri())
    expect(reader.get_by_role("heading", level=1)).to_have_text(AMINA)
    assert reader.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert asked == [file.as_uri()]
    assert [pages(reader.pdf(format=paper)) for paper in PAPERS] == [1, 1]


def test_everything_arrives_as_json_and_as_an_archive(signed_in_page: PageOf, app_url: str, tmp_path: Path) -> None:
    page = signed_in_page(AMINA)
    page.goto(f"{app_url}/data")
    for name, file in (("Everything as JSON", "all.json"), ("Everything as CSV archive", "all.zip"), ("Interactions", "one.csv")):  # fmt: skip
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        download.value.save_as(tmp_path / file)
    document = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    archive = ZipFile(tmp_path / "all.zip")
    assert document["profile"]["display_name"] == AMINA
    assert len(document["interactions"]) > 100
    assert len(pd.read_csv(archive.open("interactions.csv"))) == len(document["interactions"])
    assert (tmp_path / "one.csv").read_bytes() == archive.read("interactions.csv")
