"""Attention: how the learners of a cohort fare, who has stopped practising, and who therefore needs to be looked at first.

Two questions that are kept apart. How somebody fares is told from their scores when last practised, so that mere absence makes nobody
a struggling learner; whether they practise is told from when they last did.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mastery_core.decay import SECONDS_A_DAY
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW


class Group(StrEnum):
    """How a learner fares. Every learner is in one group."""

    STRUGGLING = "struggling"
    SLIPPING = "slipping"
    ON_TRACK = "on track"
    EXCELLING = "excelling"
    NOT_ENOUGH_DATA = "not enough data"


class Activity(StrEnum):
    """Whether a learner practises. Every learner is in one of them, whatever their group."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the groups begin.

    ``struggling_below`` and ``excelling_from`` are shares, of the mean of the scores when last practised; ``slipping_from`` counts
    concepts that practice of the last 7 days took down; ``inactive_after`` is in days without practice.
    """

    struggling_below: float = WEAK_BELOW
    slipping_from: int = 1
    excelling_from: float = MASTERED_FROM
    inactive_after: float = 14.0


USUAL_LIMITS = Limits()
_GROUPS = np.array(list(Group), dtype=object)
_ACTIVITIES = np.array(list(Activity), dtype=object)
# Who comes first where attention is needed.
_URGENCY = {
    Group.STRUGGLING: 0,
    Group.SLIPPING: 1,
    Group.ON_TRACK: 2,
    Group.EXCELLING: 3,
    Group.NOT_ENOUGH_DATA: 4,
}


def groups(
    mean_stored: ArrayLike, known: ArrayLike, declining: ArrayLike, limits: Limits = USUAL_LIMITS
) -> NDArray[np.object_]:
    """The group of each learner, from the first of these that holds.

    Not enough data: none of ``known`` (concepts with observations enough). Struggling: ``mean_stored``, the mean of the scores when
    last practised, below the limit. Slipping: at least so many concepts ``declining``. Excelling: the mean at the limit or above.
    Else on track. Arrays of one shape in, an array of ``Group`` of that shape out.
    """
    mean, slips = np.asarray(mean_stored, dtype=np.float64), np.asarray(declining) >= limits.slipping_from
    order = [Group.NOT_ENOUGH_DATA, Group.STRUGGLING, Group.SLIPPING, Group.EXCELLING]
    holds = [np.asarray(known) < 1, mean < limits.struggling_below, slips, mean >= limits.excelling_from]
    places = np.select(holds, [list(Group).index(group) for group in order], list(Group).index(Group.ON_TRACK))
    chosen: NDArray[np.object_] = _GROUPS[places]
    return chosen


def activities(last_activity: ArrayLike, moment: float, limits: Limits = USUAL_LIMITS) -> NDArray[np.object_]:
    """Whether each learner practises: inactive after more than so many days without.

    ``last_activity`` and ``moment`` are seconds since 1970, NaN for who never practised.
    """
    days = (moment - np.asarray(last_activity, dtype=np.float64)) / SECONDS_A_DAY
    with np.errstate(invalid="ignore"):
        chosen: NDArray[np.object_] = _ACTIVITIES[
            np.where(np.isnan(days), 2, (days > limits.inactive_after).astype(int))
        ]
    return chosen


def needs_attention(group: NDArray[np.object_], activity: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Who needs attention: struggling or slipping, or practised once and does no more.

    Who has not started is counted apart: a class before its first lesson is no failing class.
    """
    fares_badly = (group == Group.STRUGGLING) | (group == Group.SLIPPING)
    needs: NDArray[np.bool_] = fares_badly | (activity == Activity.INACTIVE)
    return needs


def by_attention(
    group: NDArray[np.object_], activity: NDArray[np.object_], mean_stored: ArrayLike, declining: ArrayLike
) -> NDArray[np.intp]:
    """The order in which to look at learners: who needs attention first, then by group, then the most declining and the lowest mean.

    Indices, as ``argsort`` gives them; equals stay in the order given.
    """
    urgency = np.array([_URGENCY[each] for each in group], dtype=np.int64)
    mean = np.nan_to_num(np.asarray(mean_stored, dtype=np.float64), nan=np.inf)
    slips = np.where(group == Group.SLIPPING, -np.asarray(declining, dtype=np.float64), 0.0)
    return np.lexsort((mean, slips, urgency, ~needs_attention(group, activity)))


def attended(learners: pd.DataFrame, moment: float, limits: Limits = USUAL_LIMITS) -> pd.DataFrame:
    """The learners (as ``CohortService.get_learners`` has them) with ``group``, ``activity`` and ``needs``, in the order of attention."""
    group = groups(learners["mean_stored"], learners["known"], learners["declining"], limits)
    activity = activities(learners["last_activity"], moment, limits)
    order = by_attention(group, activity, learners["mean_stored"], learners["declining"])
    told = learners.assign(group=group, activity=activity, needs=needs_attention(group, activity))
    return told.iloc[order].reset_index(drop=True)
