"""The report of a term: its numbers, and a document that shows them and nothing else."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.model import ConceptMastery, LearningInsights, Trend
from mastery_core.report.html import as_html
from mastery_core.report.term import MOST_CONCEPTS, TermReport, practice_bars, term_report
from mastery_core.standing import Band

LAST = date(2026, 7, 31)
HOSTILE = ["<script>alert(1)</script>", "<b>bold</b> & 'quotes'", "🧠" * 40, "שלום עולם", "x" * 500]


def mastery(concept: str, score: float, observations: int = 5) -> ConceptMastery:
    return ConceptMastery(
        concept, score, datetime(2026, 7, 1, tzinfo=UTC), 0.95, Trend.STABLE, 0.0, score, observations, None
    )


def by_concept(*masteries: ConceptMastery) -> dict[str, ConceptMastery]:
    return {each.concept_tag: each for each in masteries}


def hours(*days: date, observations: int = 1) -> pd.DataFrame:
    at = pd.to_datetime(pd.Series([f"{day} 23:00" for day in days], dtype="str"))
    return pd.DataFrame({"hour": at, "observations": pd.Series([observations] * len(days), dtype="int64")})


def report(
    now: dict[str, ConceptMastery], before: dict[str, ConceptMastery] | None = None, **others: object
) -> TermReport:
    given = {
        "insights": LearningInsights(0, 0), "sessions": 0, "practice": hours(), "reviews": [], "weak": 0.5, "mastered": 0.8,
    } | others  # fmt: skip
    return term_report("Maya", date(2026, 5, 1), LAST, LAST, now=now, before=before or {}, **given)  # type: ignore[arg-type]


class Reading(HTMLParser):
    """The text of a document and the tags in it."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.text: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_data(self, data: str) -> None:
        self.text += [" ".join(data.split())] if data.strip() else []


def test_means_are_of_the_concepts_with_data_enough_at_each_end() -> None:
    found = report(
        by_concept(mastery("a", 0.9), mastery("b", 0.5), mastery("c", 0.1, 2)),
        by_concept(mastery("a", 0.4), mastery("b", 0.2, 1)),
    )
    assert found.mean_now == pytest.approx(0.7)
    assert found.mean_before == pytest.approx(0.4)
    assert [(line.concept, line.before) for line in found.lines] == [("a", 0.4), ("b", None), ("c", None)]
    assert found.band_counts == {Band.MASTERED: 1, Band.DEVELOPING: 1, Band.WEAK: 0, Band.NOT_ENOUGH_DATA: 1}


def test_nothing_known_has_no_mean_and_says_so() -> None:
    found = report(by_concept(mastery("a", 0.9, 2)))
    assert (found.mean_now, found.mean_before) == (None, None)
    assert "not enough data yet" in Reading(as_html(found)).text


def test_the_learners_own_thresholds_decide_the_bands() -> None:
    found = report(by_concept(mastery("a", 0.65)), weak=0.7, mastered=0.9)
    assert found.lines[0].band is Band.WEAK
    assert "1 below 70%" in Reading(as_html(found)).text


def test_of_many_concepts_those_practised_most_are_listed_and_the_rest_counted() -> None:
    found = report(by_concept(*(mastery(f"Concept {n}", n / 300, 3 + n % 7) for n in range(300))))
    assert len(found.lines) == MOST_CONCEPTS
    assert found.unlisted == 300 - MOST_CONCEPTS
    assert all(int(line.concept.split()[1]) % 7 == 6 for line in found.lines)
    assert [line.now for line in found.lines] == sorted((line.now for line in found.lines), reverse=True)
    assert sum(found.band_counts.values()) == 300
    assert any("276 more concepts" in text for text in Reading(as_html(found)).text)


@given(
    days=st.lists(st.integers(0, 2_000), max_size=30),
    length=st.integers(0, 2_000),
)
def test_the_bars_hold_all_practice_of_the_term(days: list[int], length: int) -> None:
    first = LAST - timedelta(days=length)
    practised = [first + timedelta(days=day) for day in days if day <= length]
    stretch, bars = practice_bars(hours(*practised, observations=3), first, LAST)
    assert sum(bar.observations for bar in bars) == 3 * len(practised)
    assert max(bar.share for bar in bars) == (1 if practised else 0)
    assert len(bars) <= 62
    assert stretch in {"day", "week", "month", "year"}


def test_weeks_begin_on_monday_and_empty_ones_stay() -> None:
    first = date(2026, 5, 4)  # a Monday
    stretch, bars = practice_bars(hours(date(2026, 5, 10), date(2026, 5, 25)), first, date(2026, 5, 31))
    assert stretch == "week"
    assert [(bar.label, bar.observations) for bar in bars] == [
        ("4 May", 1),
        ("11 May", 0),
        ("18 May", 0),
        ("25 May", 1),
    ]


def test_the_document_shows_the_numbers() -> None:
    insights = LearningInsights(
        120, 2, [("Sampling", 0.9)], [("Bayes", 0.3)], 0.0123, 90, 21, 1.1, -0.2, right_answers=75, graded_answers=100
    )
    text = Reading(
        as_html(
            report(
                by_concept(mastery("Sampling", 0.9), mastery("Bayes", 0.3)),
                by_concept(mastery("Sampling", 0.5)),
                insights=insights, sessions=17, reviews=[("Bayes", "at 30% now")],
            )
        )
    ).text  # fmt: skip
    for shown in (
        "Maya", "50% → 60%", "+10 points", "+1.2", "points a day", "21", "of 92 days", "75%", "75 of 100", "17",
        "120 observations", "at 30% now", "90%", "+40", "Mastery report · 1 May 2026 to 31 July 2026",
    ):  # fmt: skip
        assert shown in text


def test_names_are_text_whatever_is_in_them() -> None:
    plain = report(by_concept(*(mastery(f"Concept {n}", 0.3) for n in range(5))), reviews=[("a", "b")] * 5)
    odd = report(by_concept(*(mastery(name, 0.3) for name in HOSTILE)), reviews=[(name, "b") for name in HOSTILE])
    assert Reading(as_html(odd)).tags == Reading(as_html(plain)).tags
    assert "<b>bold</b> & 'quotes'" in Reading(as_html(odd)).text


def test_the_document_loads_nothing_from_anywhere() -> None:
    document = as_html(report(by_concept(mastery("a", 0.4))))
    assert "default-src 'none'" in document
    assert not re.search(r"https?:|url\(|<link|<script|<img|@import", document)
