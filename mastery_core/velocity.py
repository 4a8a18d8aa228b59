"""Velocity: what practice won and lost, day by day, week by week or month by month."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_DAYS_BY_DAY = 31
MOST_DAYS_BY_WEEK = 366
UNIT_DAYS = {"day": 1, "week": 7, "month": 365.25 / 12}
STRETCH_COLUMNS = ("begins", "ends", "won", "lost", "net", "observations")

Days = NDArray[np.datetime64]


def velocity_when_practised(practice_delta: float, days_practised: int) -> float:
    """Mastery gained a day of those with practice: ``practice_delta / days_practised``. NaN where there are none."""
    return practice_delta / days_practised if days_practised else float("nan")


def unit_of(days: float) -> str:
    """In which stretches a range of so many days is best seen: "day", "week" or "month"."""
    if days <= MOST_DAYS_BY_DAY:
        return "day"
    return "week" if days <= MOST_DAYS_BY_WEEK else "month"


def by_stretch(hours: pd.DataFrame, first: date, last: date, unit: str) -> pd.DataFrame:
    """What practice came to in each day, week (from Monday) or month from ``first`` to ``last``, those without any too.

    ``hours`` has a row per local hour: ``hour`` (datetime64), ``gained``, ``lost`` and ``observations``. The rows of the
    answer hold the same sums: ``begins`` and ``ends`` (its first and last day within the range), ``won`` (at least 0),
    ``lost`` (at most 0), ``net`` (both together), ``observations``. Scores in shares.
    """
    opens, closes = np.datetime64(first, "D"), np.datetime64(last, "D")
    begins = _all_between(opens, closes, unit)
    place = np.searchsorted(begins, _begin(hours["hour"].to_numpy().astype("datetime64[D]"), unit))
    won, lost, observations = (
        np.bincount(place, weights=hours[name].to_numpy(dtype=np.float64), minlength=begins.size)
        for name in ("gained", "lost", "observations")
    )
    ends = np.append(begins[1:] - np.timedelta64(1, "D"), closes)
    columns = (np.maximum(begins, opens), ends, won, lost, won + lost, observations.astype(np.int64))
    frame = pd.DataFrame(dict(zip(STRETCH_COLUMNS, columns, strict=True)))
    return frame.astype({"begins": "datetime64[s]", "ends": "datetime64[s]"})


def _begin(day: Days, unit: str) -> Days:
    if unit == "month":
        return day.astype("datetime64[M]").astype("datetime64[D]")
    since_monday = (day.astype(np.int64) + 3) % 7  # 1970 began on a Thursday
    return day - since_monday.astype("timedelta64[D]") if unit == "week" else day


def _all_between(first: np.datetime64, last: np.datetime64, unit: str) -> Days:
    if unit == "month":
        month = np.timedelta64(1, "M")
        months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + month, month)
        return months.astype("datetime64[D]")
    step = np.timedelta64(7 if unit == "week" else 1, "D")
    return np.arange(_begin(np.array([first]), unit)[0], last + np.timedelta64(1, "D"), step)
