"""The report of a term: what a learner practised in it, where they stand at its end, and what to come back to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from mastery_core.model import ConceptMastery, LearningInsights
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW, Band, bands, mean_mastery

MOST_CONCEPTS = 24
MOST_REVIEWS = 5
# The longest term in days whose practice is shown by such a stretch: more bars than these are too thin to print.
STRETCHES = (("day", "D", 21), ("week", "W-SUN", 371), ("month", "M", 1_830), ("year", "Y", 36_600))


@dataclass(frozen=True, slots=True)
class Line:
    """One concept: its score (a share) at the end and, where there was data enough, at the beginning of the term."""

    concept: str
    now: float
    before: float | None
    band: Band


@dataclass(frozen=True, slots=True)
class Bar:
    """The practice of one stretch of the term; ``share`` is of the busiest one."""

    label: str
    observations: int
    share: float


@dataclass(frozen=True, slots=True)
class TermReport:
    """All that is on the page. Means are None where no concept had data enough; ``band_counts`` counts every concept."""

    name: str
    first: date
    last: date
    made: date
    insights: LearningInsights
    sessions: int
    mean_now: float | None
    mean_before: float | None
    band_counts: dict[Band, int]
    lines: list[Line]
    unlisted: int
    reviews: Sequence[tuple[str, str]]
    stretch: str
    bars: list[Bar]
    weak: float
    mastered: float


def term_report(
    name: str,
    first: date,
    last: date,
    made: date,
    *,
    now: Mapping[str, ConceptMastery],
    before: Mapping[str, ConceptMastery],
    insights: LearningInsights,
    sessions: int,
    practice: pd.DataFrame,
    reviews: Sequence[tuple[str, str]],
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
) -> TermReport:
    """The report from ``first`` to ``last``, made on the day ``made``, from what the services answer.

    ``now`` and ``before`` are where the learner stood at the end and at the beginning, by concept; ``practice`` is
    ``MasteryService.get_practice_hours``; ``reviews`` are concepts to come back to, each with the reason why.
    """
    lines = _lines(now, before, weak, mastered)
    stretch, bars = practice_bars(practice, first, last)
    return TermReport(
        name, first, last, made, insights, sessions, _mean(now), _mean(before),
        {band: Counter(line.band for line in lines)[band] for band in Band},
        *_listed(lines, now), reviews, stretch, bars, weak, mastered,
    )  # fmt: skip


def practice_bars(practice: pd.DataFrame, first: date, last: date) -> tuple[str, list[Bar]]:
    """Observations by day, week, month or year, whichever the term is long for, and which of them it is.

    ``practice`` has ``hour`` (local datetime64) and ``observations``. Stretches without practice have a bar of 0.
    """
    days = (last - first).days + 1
    stretch, frequency, _ = next(each for each in STRETCHES if days <= each[2] or each is STRETCHES[-1])
    stretches = pd.period_range(pd.Timestamp(first), pd.Timestamp(last), freq=frequency)
    at = pd.DatetimeIndex(practice["hour"]).to_period(frequency)
    sums = practice["observations"].groupby(at).sum().reindex(stretches, fill_value=0)
    most = max(int(sums.max()), 1)
    labels = [_label(period.start_time, stretch) for period in stretches]
    return stretch, [Bar(label, int(each), int(each) / most) for label, each in zip(labels, sums, strict=True)]


def _label(start: pd.Timestamp, stretch: str) -> str:
    if stretch == "year":
        return f"{start:%Y}"
    return f"{start:%b %Y}" if stretch == "month" else f"{start.day} {start:%b}"


def _lines(
    now: Mapping[str, ConceptMastery], before: Mapping[str, ConceptMastery], weak: float, mastered: float
) -> list[Line]:
    """Every concept, strongest first; those without data enough at the end."""
    scores, observations = _numbers(now)
    earlier = {concept: score for concept, score in _known(before).items() if concept in now}
    lines = [
        Line(concept, score, earlier.get(concept), band)
        for concept, score, band in zip(
            now, scores.tolist(), bands(scores, observations, weak=weak, mastered=mastered), strict=True
        )
    ]
    return sorted(lines, key=lambda line: (line.band is Band.NOT_ENOUGH_DATA, -line.now, line.concept))


def _listed(lines: list[Line], now: Mapping[str, ConceptMastery]) -> tuple[list[Line], int]:
    """The lines there is room for, those practised most, and how many are left out."""
    ranked = sorted(lines, key=lambda line: (-now[line.concept].observations, line.concept))
    kept = {line.concept for line in ranked[:MOST_CONCEPTS]}
    return [line for line in lines if line.concept in kept], len(lines) - len(kept)


def _mean(masteries: Mapping[str, ConceptMastery]) -> float | None:
    mean = mean_mastery(*_numbers(masteries))
    return None if np.isnan(mean) else mean


def _known(masteries: Mapping[str, ConceptMastery]) -> dict[str, float]:
    scores, observations = _numbers(masteries)
    known = bands(scores, observations) != Band.NOT_ENOUGH_DATA
    return {concept: score for concept, score, counts in zip(masteries, scores.tolist(), known, strict=True) if counts}


def _numbers(masteries: Mapping[str, ConceptMastery]) -> tuple[np.ndarray, np.ndarray]:
    each = masteries.values()
    return np.array([m.mastery_score for m in each]), np.array([m.observations for m in each], dtype=np.int64)
