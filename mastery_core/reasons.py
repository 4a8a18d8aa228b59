"""Reasons: why a learner needs attention, in words."""

from datetime import datetime
from typing import Any

from mastery_core.attention import Activity, Group, Limits
from mastery_core.decay import SECONDS_A_DAY
from mastery_core.trend import WINDOW_DAYS


def reasons(learner: Any, limits: Limits, moment: datetime) -> list[str]:
    """What the need for attention follows from, the learner's own numbers in it; none where there is no need.

    ``learner`` is a row of ``attention.attended`` (as ``itertuples`` gives them), made at ``moment`` under these ``limits``.
    """
    told = []
    if learner.group == Group.STRUGGLING:
        told.append(f"mean {learner.mean_stored:.0%} when last practised, below {limits.struggling_below:.0%}")
    if learner.declining >= limits.slipping_from and learner.group in {Group.STRUGGLING, Group.SLIPPING}:
        told.append(f"{_count(learner.declining, 'concept')} declining by practice of the last {WINDOW_DAYS:.0f} days")
    if learner.activity == Activity.INACTIVE:
        days = int((moment.timestamp() - learner.last_activity) / SECONDS_A_DAY)
        faded = f", faded from {learner.mean_stored:.0%} to {learner.mean:.0%}" if learner.known else ""
        told.append(f"no practice for {_count(days, 'day')}{faded}")
    return told


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
