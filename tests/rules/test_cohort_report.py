"""The report of a cohort: its numbers, and a document that shows them, everybody who needs attention, and nothing else."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.attention import USUAL_LIMITS, Group, attended
from mastery_core.reasons import reasons
from mastery_core.report.cohort import MOST_HARDEST, CohortReport, cohort_report
from mastery_core.report.html import cohort_as_html

LAST = date(2026, 7, 31)
MOMENT = datetime(2026, 7, 31, 23, 59, tzinfo=UTC)
HOSTILE = ["<script>alert(1)</script>", "<b>bold</b> & 'quotes'", "🧠" * 40, "שלום עולם", "x" * 200, "{{ 7 * 7 }}"]


def learners(count: int, seed: int = 0, name: str | None = None) -> pd.DataFrame:
    """So many learners of every kind, in the order of attention."""
    rng = np.random.default_rng(seed)
    known = rng.integers(0, 4, count)
    idle = rng.uniform(0, 40, count)
    stored = np.where(known > 0, rng.uniform(0, 1, count), np.nan)
    frame = pd.DataFrame(
        {
            "id": [str(n) for n in range(count)], "name": [name or f"Learner {n:04} of them" for n in range(count)], "known": known,
            "apart": 1, "mean": stored * 0.9, "mean_stored": stored, "weak": 0, "mastered": 0,
            "declining": rng.integers(0, 3, count) * (rng.random(count) < 0.3), "improving": 0,
            "last_activity": np.where(rng.random(count) < 0.1, np.nan, MOMENT.timestamp() - idle * 86_400), "days": 1,
            "observations": rng.integers(0, 5, count), "graded": 10, "correct": 7, "gained": 0.0, "lost": 0.0,
        }
    )  # fmt: skip
    return attended(frame, MOMENT.timestamp())


def concepts(*means: float, name: str = "Concept") -> pd.DataFrame:
    """Concepts with these means, the hardest first, each 5 points up since the beginning."""
    return pd.DataFrame(
        {
            "concept": [f"{name} {n}" for n in range(len(means))], "mean": means, "mean_before": [mean - 0.05 for mean in means],
            "weak": 3, "developing": 4, "mastered": 5, "apart": 6,
        }
    )  # fmt: skip


def course(*middles: float) -> pd.DataFrame:
    """A median that goes like this, day by day; NaN where nobody had data."""
    middle = np.array(middles, dtype=np.float64)
    days = [MOMENT - timedelta(days=n) for n in range(len(middles))][::-1]
    with_data = np.where(np.isnan(middle), 0, 9)
    return pd.DataFrame({"at": pd.DatetimeIndex(days), "learners": with_data, "lower": middle - 0.1, "middle": middle, "upper": middle + 0.1})  # fmt: skip


def report(everybody: pd.DataFrame, before: pd.DataFrame | None = None, **others: object) -> CohortReport:
    given = {"concepts": concepts(0.3, 0.6, 0.9), "course": course(0.4, 0.5, 0.6), "moment": MOMENT} | others
    return cohort_report(
        "Statistics", date(2026, 7, 2), LAST, LAST, learners=everybody, before=before, **given  # type: ignore[arg-type]
    )  # fmt: skip


class Reading(HTMLParser):
    """The text of a document, the tags in it, and the cells of its tables."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += [" ".join(data.split())] if data.strip() else []


@given(count=st.integers(0, 60), seed=st.integers(0, 1_000))
def test_everybody_who_needs_attention_is_in_it_with_the_reason_and_nobody_else(count: int, seed: int) -> None:
    everybody = learners(count, seed)
    found = report(everybody)
    text = Reading(cohort_as_html(found)).text
    for row in everybody.itertuples():
        assert (row.name in text) == row.needs
        if row.needs:
            assert text[text.index(row.name) + 2] == "; ".join(reasons(row, USUAL_LIMITS, MOMENT))
    assert sum(each.learners for each in found.groups) == count
    assert sum(len(each.needing) for each in found.groups) == found.needing == int(everybody["needs"].sum())
    assert [each.group for each in found.groups] == list(Group)


def test_a_long_list_is_whole_and_in_the_order_of_attention() -> None:
    everybody = learners(1_000)
    text = Reading(cohort_as_html(report(everybody))).text
    listed = [each for each in text if re.fullmatch(r"Learner \d{4} of them", each)]
    assert Counter(listed) == Counter(everybody.loc[everybody["needs"], "name"])
    struggling = everybody[(everybody["group"] == Group.STRUGGLING)]["name"].tolist()
    assert listed[: len(struggling)] == struggling


def test_figures_stand_beside_those_of_the_beginning() -> None:
    now, before = learners(40, 1), learners(40, 2)
    found = report(now, before)
    assert (found.learners, found.graded, found.correct) == (40, 400, 280)
    assert (found.needing, found.needing_before) == (int(now["needs"].sum()), int(before["needs"].sum()))
    assert (found.active, found.active_before) == tuple(int((each["observations"] > 0).sum()) for each in (now, before))
    assert (found.mean, found.mean_before) == (pytest.approx(now["mean"].mean()), pytest.approx(before["mean"].mean()))
    text = Reading(cohort_as_html(found)).text
    assert f"{found.mean_before:.0%} → {found.mean:.0%}" in text
    assert "70%" in text
    assert "of 400 answers" in text
    assert "Cohort report · 2 July 2026 to 31 July 2026" in text


def test_without_an_earlier_period_nothing_is_compared() -> None:
    found = report(learners(40))
    assert (found.mean_before, found.active_before, found.needing_before) == (None, None, None)
    assert "nothing to compare with" in Reading(cohort_as_html(found)).text


def test_nothing_known_is_said_and_is_no_zero() -> None:
    found = report(learners(0), concepts=concepts(), course=course(np.nan, np.nan))
    assert (found.mean, found.hardest, found.course) == (None, [], [])
    text = Reading(cohort_as_html(found)).text
    for said in (
        "not enough data yet",
        "Nobody had enough data in these days.",
        "No concept has a learner with enough data yet.",
    ):
        assert said in text
    assert not any("nan" in each for each in text)


def test_the_hardest_concepts_are_listed_and_the_rest_counted() -> None:
    many = concepts(*np.linspace(0.1, 0.9, 30), np.nan, np.nan)
    found = report(learners(5), concepts=many)
    assert [each.concept for each in found.hardest] == [f"Concept {n}" for n in range(MOST_HARDEST)]
    assert found.unlisted == 32 - MOST_HARDEST
    text = Reading(cohort_as_html(found)).text
    assert "12 more concepts are easier, or without enough data." in text
    assert "+5" in text


def test_the_median_is_drawn_where_there_was_data() -> None:
    found = report(learners(5), course=course(np.nan, np.nan, 0.4, 0.5, 0.6))
    assert [each.along for each in found.course] == [0.5, 0.75, 1]
    document = cohort_as_html(found)
    assert 'points="50.00,60.00 75.00,50.00 100.00,40.00 "' in document
    text = " ".join(Reading(document).text)
    assert "median 40% → 60%" in text
    assert "at the end a tenth is below 50%, a tenth above 70%" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_whatever_is_in_them(name: str) -> None:
    everybody = learners(30, name=name)
    found = cohort_report(
        name, LAST, LAST, LAST, learners=everybody, before=None, concepts=concepts(0.3, name=name), course=course(0.5), moment=MOMENT
    )  # fmt: skip
    document = cohort_as_html(found)
    read = Reading(document)
    assert read.text.count(" ".join(name.split())) == 1 + found.needing  # the heading and the list
    assert read.tags["script"] == read.tags["b"] == 0
    assert not any(each.startswith("on") or each in {"src", "href"} for each in read.attributes)


def test_the_document_loads_nothing() -> None:
    document = cohort_as_html(report(learners(30)))
    assert "default-src 'none'" in document
    assert not re.search(r"https?:|url\(|@import", document)
