"""The report of a cohort: how it stands, who needs attention and why, which concepts are hardest, and how the median went."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from mastery_core.attention import USUAL_LIMITS, Activity, Group, Limits
from mastery_core.reasons import reasons
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, Band, bands

MOST_HARDEST = 20


@dataclass(frozen=True, slots=True)
class Needing:
    """A learner who needs attention: whether they practise, and why they need it, in words."""

    name: str
    activity: Activity
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class GroupOfLearners:
    """One group: how many learners are in it, and those of them who need attention, most urgent first."""

    group: Group
    learners: int
    needing: list[Needing]


@dataclass(frozen=True, slots=True)
class Hard:
    """One concept: the mean score (a share) and its band, that at the beginning where there was data enough, and learners by band."""

    concept: str
    mean: float
    band: Band
    before: float | None
    weak: int
    developing: int
    mastered: int
    apart: int


@dataclass(frozen=True, slots=True)
class Moment:
    """How the learners' means stood on a day: 10th, 50th and 90th percentile, shares; ``along`` goes from 0 to 1 over the range."""

    day: date
    along: float
    lower: float
    middle: float
    upper: float


@dataclass(frozen=True, slots=True)
class CohortReport:
    """All that is in the report, of the days of UTC from ``first`` to ``last``. What has no data, or no earlier period, is None."""

    name: str
    first: date
    last: date
    made: date
    learners: int
    not_started: int
    active: int
    active_before: int | None
    mean: float | None
    mean_before: float | None
    needing: int
    needing_before: int | None
    graded: int
    correct: int
    groups: list[GroupOfLearners]
    hardest: list[Hard]
    unlisted: int
    course: list[Moment]
    limits: Limits
    weak: float
    mastered: float


def cohort_report(
    name: str,
    first: date,
    last: date,
    made: date,
    *,
    learners: pd.DataFrame,
    before: pd.DataFrame | None,
    concepts: pd.DataFrame,
    course: pd.DataFrame,
    moment: datetime,
    limits: Limits = USUAL_LIMITS,
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
) -> CohortReport:
    """The report from ``first`` to ``last``, made on the day ``made``, from what the service answers.

    ``learners`` at ``moment`` and ``before`` the range (None where it is all there is) are as ``attention.attended`` makes them
    under ``limits``; ``concepts`` and ``course`` are ``CohortService.get_concepts`` and ``get_course`` of the range.
    """
    known = concepts[concepts["mean"].notna()]
    earlier = None if before is None else _figures(before)
    active, needing, mean = _figures(learners)
    return CohortReport(
        name, first, last, made,
        learners=len(learners),
        not_started=int((learners["activity"] == Activity.NOT_STARTED).sum()),
        active=active,
        active_before=earlier and earlier[0],
        mean=mean,
        mean_before=earlier and earlier[2],
        needing=needing,
        needing_before=earlier and earlier[1],
        graded=int(learners["graded"].sum()),
        correct=int(learners["correct"].sum()),
        groups=[_group(group, learners, limits, moment) for group in Group],
        hardest=_hardest(known.head(MOST_HARDEST), weak, mastered),
        unlisted=len(concepts) - min(len(known), MOST_HARDEST),
        course=_moments(course),
        limits=limits,
        weak=weak,
        mastered=mastered,
    )  # fmt: skip


def _figures(learners: pd.DataFrame) -> tuple[int, int, float | None]:
    """Who practised, who needs attention, and the mean of the learners' means."""
    mean = learners["mean"].mean()
    active, needing = int((learners["observations"] > 0).sum()), int(learners["needs"].sum())
    return active, needing, None if np.isnan(mean) else float(mean)


def _group(group: Group, learners: pd.DataFrame, limits: Limits, moment: datetime) -> GroupOfLearners:
    of_group = learners[learners["group"] == group]
    needing = [_needing(row, limits, moment) for row in of_group[of_group["needs"]].itertuples()]
    return GroupOfLearners(group, len(of_group), needing)


def _needing(learner: Any, limits: Limits, moment: datetime) -> Needing:
    return Needing(learner.name, learner.activity, reasons(learner, limits, moment))


def _hardest(concepts: pd.DataFrame, weak: float, mastered: float) -> list[Hard]:
    band = bands(concepts["mean"], np.full(len(concepts), ENOUGH_OBSERVATIONS), weak=weak, mastered=mastered)
    return [
        Hard(
            row["concept"], row["mean"], each, None if np.isnan(row["mean_before"]) else row["mean_before"],
            *(row[name] for name in ("weak", "developing", "mastered", "apart")),
        )
        for row, each in zip(concepts.to_dict("records"), band, strict=True)
    ]  # fmt: skip


def _moments(course: pd.DataFrame) -> list[Moment]:
    """Those moments of the range at which somebody had data."""
    rows = course[course["learners"] > 0]
    if rows.empty:
        return []
    whole = (course["at"].iloc[-1] - course["at"].iloc[0]).total_seconds() or 1.0
    along = (rows["at"] - course["at"].iloc[0]).dt.total_seconds() / whole
    return [
        Moment(at.date(), float(place), lower, middle, upper)
        for at, place, lower, middle, upper in zip(
            rows["at"], along, rows["lower"], rows["middle"], rows["upper"], strict=True
        )
    ]
