"""Streaks: days in a row with practice."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row, from ``first`` to ``last``, both with practice."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def practice_days(moments: ArrayLike) -> Days:
    """The different days of some local moments, rising, as ``datetime64[D]``."""
    return np.unique(np.asarray(moments, dtype="datetime64[D]"))


def streaks(days: ArrayLike) -> list[Streak]:
    """All streaks of some days, oldest first; a day alone is a streak of one. The days may come in any order."""
    found = practice_days(days)
    if not found.size:
        return []
    breaks = np.flatnonzero(np.diff(found) > np.timedelta64(1, "D"))
    firsts, lasts = found[np.append(0, breaks + 1)], found[np.append(breaks, found.size - 1)]
    return [Streak(first, last) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]


def current_streak(days: ArrayLike, as_of: date) -> Streak | None:
    """The streak that ends on ``as_of`` or the day before (that day is not over yet); None where there is none.

    Days after ``as_of`` do not count.
    """
    by_then = streaks(_between(days, None, as_of))
    return by_then[-1] if by_then and by_then[-1].last >= as_of - timedelta(days=1) else None


def longest_streak(days: ArrayLike, as_of: date, within: int = 365) -> Streak | None:
    """The longest streak in the ``within`` days up to and with ``as_of``, the latest where some are equal."""
    by_then = streaks(_between(days, as_of - timedelta(days=within), as_of))
    return max(by_then, key=lambda streak: (streak.days, streak.last), default=None)


def _between(days: ArrayLike, after: date | None, until: date) -> Days:
    found = practice_days(days)
    found = found[found <= np.datetime64(until, "D")]
    return found if after is None else found[found > np.datetime64(after, "D")]
