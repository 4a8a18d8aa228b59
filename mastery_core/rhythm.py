"""Rhythm: on which weekdays and at which hours a learner practises."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Fewer would make a habit of one good afternoon.
ENOUGH_FOR_A_HABIT = 10

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Habit:
    """The weekday (0 is Monday) and the hour with most of ``observations``, and how many each has."""

    weekday: int
    on_weekday: int
    hour: int
    in_hour: int
    observations: int


def by_weekday_and_hour(hours: pd.DataFrame) -> Counts:
    """Observations by weekday (7 rows, Monday first) and hour of the day (24 columns).

    ``hours`` has a row per local hour: ``hour`` (datetime64) and ``observations``.
    """
    when = hours["hour"].dt
    counts = np.zeros((len(WEEKDAYS), 24), dtype=np.int64)
    np.add.at(
        counts, (when.day_of_week.to_numpy(), when.hour.to_numpy()), hours["observations"].to_numpy(dtype=np.int64)
    )
    return counts


def habit(counts: Counts) -> Habit | None:
    """When a learner practises most; the earlier weekday or hour where two are equal. None under 10 observations."""
    if counts.sum() < ENOUGH_FOR_A_HABIT:
        return None
    by_day, by_hour = counts.sum(axis=1), counts.sum(axis=0)
    weekday, hour = int(by_day.argmax()), int(by_hour.argmax())
    return Habit(weekday, int(by_day[weekday]), hour, int(by_hour[hour]), int(counts.sum()))
