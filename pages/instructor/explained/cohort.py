"""What each figure of the Cohort screen means: its formula, with the cohort's own numbers in it, and the reasons in words."""

from datetime import datetime
from math import isnan
from typing import Any

import pandas as pd

from mastery_core.attention import Activity, Group, Limits
from mastery_core.reasons import reasons
from mastery_core.standing import ENOUGH_OBSERVATIONS
from mastery_core.trend import WINDOW_DAYS
from pages.instructor.view import CohortView
from pages.words import NONE, count, percent, points

NO_EARLIER = "no earlier period"
MEANINGS = {
    Group.STRUGGLING: "Whose mean score, when last practised, is below the limit. Absence alone makes nobody struggle.",
    Group.SLIPPING: "Not struggling, but practice of the last {window} took concepts down (by more than 5 points each).",
    Group.ON_TRACK: "Neither struggling nor slipping, and below the limit of excelling.",
    Group.EXCELLING: "Whose mean score, when last practised, is at the limit or above, and who is not slipping.",
    Group.NOT_ENOUGH_DATA: "Nobody can tell yet: no concept has {enough} observations.",
}


def change(now: int, before: int | None) -> dict[str, Any]:
    """What stands under a figure: its change against the period before, in whole numbers."""
    if before is None:
        return {"delta_description": NO_EARLIER}
    return {"delta": now - before, "delta_color": "blue", "delta_description": "vs before"}


def change_in_points(now: float, before: float | None) -> dict[str, Any]:
    if before is None or isnan(before) or isnan(now):
        return {"delta_description": NO_EARLIER}
    return {"delta": points(now - before), "delta_color": "blue", "delta_description": "vs before"}


def share(value: float) -> str:
    return NONE if isnan(value) else percent(value)


def started(learners: pd.DataFrame) -> str:
    missing = int((learners["activity"] == Activity.NOT_STARTED).sum())
    return f"{missing:,} not started" if missing else "all have started"


def learners(learners: pd.DataFrame) -> str:
    kinds = {activity: int((learners["activity"] == activity).sum()) for activity in Activity}
    return (
        "Everybody in the cohort who does not teach it: "
        + ", ".join(f"{number:,} {activity}" for activity, number in kinds.items())
        + "."
    )


def active(learners: pd.DataFrame, before: pd.DataFrame | None, view: CohortView) -> str:
    text = (
        f"Learners with at least one observation in the {count(view.days, 'day')} up to the day shown (days of UTC). "
        f"Together they made {count(int(learners['observations'].sum()), 'observation')}"
    )
    return f"{text}." if before is None else f"{text}; {int(before['observations'].sum()):,} in as many days before."


def mean(learners: pd.DataFrame, before: pd.DataFrame | None) -> str:
    known = learners["mean"].dropna()
    if known.empty:
        return f"The mean over the learners of their mean mastery. Nobody has a concept with {ENOUGH_OBSERVATIONS} observations yet."
    then = (
        ""
        if before is None or before["mean"].dropna().empty
        else (
            f"\n\nAt the beginning of the range it was {percent(before['mean'].mean())}, of {count(int(before['mean'].count()), 'learner')}."
        )
    )
    return (
        "The mean over the learners of their mean mastery: of each the concepts with "
        f"{ENOUGH_OBSERVATIONS} observations or more, with what is forgotten by now taken off.\n\n"
        f"The means add up to {known.sum():.2f} over {count(len(known), 'learner')}: **{percent(known.mean())}**. "
        f"When last practised it was {percent(learners['mean_stored'].mean())}: the rest has faded. "
        f"Learners without enough data ({len(learners) - len(known)}) are left out.{then}"
    )


def needing(learners: pd.DataFrame, before: pd.DataFrame | None) -> str:
    fares = learners["group"].isin([Group.STRUGGLING, Group.SLIPPING])
    inactive = learners["activity"] == Activity.INACTIVE
    text = (
        "Who is struggling or slipping, or inactive.\n\n"
        f"{int(fares.sum())} struggling or slipping + {int(inactive.sum())} inactive − {int((fares & inactive).sum())} who are both "
        f"= **{int(learners['needs'].sum())}**. It follows from today's numbers and the limits alone: no flag stays when its cause is gone."
    )
    return (
        text
        if before is None
        else f"{text}\n\nAt the beginning of the range, by the same limits: {int(before['needs'].sum())}."
    )


def group(which: Group, learners: pd.DataFrame, limits: Limits) -> str:
    of_group = learners[learners["group"] == which]
    meaning = MEANINGS[which].format(window=f"{WINDOW_DAYS:.0f} days", enough=ENOUGH_OBSERVATIONS)
    limit = {
        Group.STRUGGLING: f"The limit is {percent(limits.struggling_below)}.",
        Group.SLIPPING: f"The limit is {count(limits.slipping_from, 'concept')}.",
        Group.EXCELLING: f"The limit is {percent(limits.excelling_from)}.",
    }.get(which, "")
    return (
        f"{meaning} {limit}\n\n{len(of_group):,} of {count(len(learners), 'learner')}; every learner is in one group."
    )


def no_inactive(of_group: pd.DataFrame) -> str:
    return "none inactive" if len(of_group) else "nobody"


def why(learner: Any, limits: Limits, moment: datetime) -> str:
    """Why a learner (a row of ``attended``) needs attention, in words."""
    return "; ".join(reasons(learner, limits, moment))


def course_alt(course: pd.DataFrame) -> str:
    with_data = course[course["learners"] > 0]
    if with_data.empty:
        return "The learners' mean mastery over time: nobody had enough data."
    first, last = with_data.iloc[0], with_data.iloc[-1]
    return (
        f"The learners' mean mastery over time: the median goes from {percent(first['middle'])} to {percent(last['middle'])}; at the end "
        f"a tenth are below {percent(last['lower'])} and a tenth above {percent(last['upper'])}."
    )
