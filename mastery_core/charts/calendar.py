"""A year of practice: a square a day, weeks as columns, weekdays as rows, darker where more was done."""

from collections.abc import Hashable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import INK, Trace, drawn

WEEKS = 53
# A third of the year is as wide as a phone; on a desk the three stand side by side.
WEEKS_A_PART = 18
HEIGHT = 146

# One hue from faint to full holds on a light and on a dark page; a day without practice is grey.
NONE = "rgba(128, 136, 148, 0.16)"
SHADES = ("rgba(0, 114, 178, 0.3)", "rgba(0, 114, 178, 0.52)", "rgba(0, 114, 178, 0.76)", "rgba(0, 114, 178, 1)")
SQUARE, CHOSEN_LINE = 0.86, 2.0

# Beside the squares: the names of weekdays to the left, of months above. A year is named where it begins.
LEFT, ABOVE = 2.1, 1.1
MONTH_WEEKS, YEAR_WEEKS = 2, 4
WEEKDAYS = ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))

TEXT: Trace = {
    "type": "scatter", "mode": "text", "textfont": {"size": 12}, "hoverinfo": "skip", "cliponaxis": False,
}  # fmt: skip


def first_day(last: date) -> date:
    """The Monday that the calendar which ends with the week of ``last`` begins with."""
    return last - timedelta(days=last.weekday(), weeks=WEEKS - 1)


def parts(days: pd.DataFrame) -> list[pd.DataFrame]:
    """The calendar in pieces of 18 weeks, without those wholly before the first practice; at least the last."""
    starts = range(0, len(days), 7 * WEEKS_A_PART)
    begun = [start for start in starts if days["observations"].iloc[: start + 7 * WEEKS_A_PART].any()]
    return [days.iloc[start : start + 7 * WEEKS_A_PART] for start in begun or starts[-1:]]


def shade_starts(observations: Sequence[int] | NDArray[np.int64]) -> list[int]:
    """The least number of each shade: a quarter of the days with practice in each, fewer shades where days are alike."""
    practised = np.asarray([number for number in observations if number > 0], dtype=np.int64)
    if not practised.size:
        return []
    quarters = np.floor(np.quantile(practised, [0.25, 0.5, 0.75])).astype(np.int64) + 1
    return sorted({1, *(int(start) for start in quarters if start <= practised.max())})


def practice_calendar(days: pd.DataFrame, starts: Sequence[int], chosen: date | None = None) -> go.Figure:
    """A square for each day of ``days``: index of days (from a Monday on), ``observations``, ``graded``, ``correct``.

    ``starts`` are those of the whole year (``shade_starts``). The chosen day is outlined. A square's customdata is its
    day, ISO 8601.
    """
    at = pd.DatetimeIndex(days.index)
    week, weekday = np.arange(at.size) // 7, np.arange(at.size) % 7
    shade = np.searchsorted(np.asarray(starts, dtype=np.int64), days["observations"].to_numpy(), side="right")
    colours = (NONE, *SHADES[len(SHADES) - len(starts) :])
    outlined = np.array([day.date() == chosen for day in at], dtype=bool)
    squares = {
        "type": "bar",
        "x": week.astype(np.float64),
        "base": weekday - SQUARE / 2,
        "y": np.full(at.size, SQUARE),
        "width": SQUARE,
        "marker": {
            "color": [colours[step] for step in shade],
            "line": {"color": INK, "width": np.where(outlined, CHOSEN_LINE, 0.0)},
            "cornerradius": 2,
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "customdata": [f"{day:%Y-%m-%d}" for day in at],
        "hovertext": [_hover(day, row) for day, row in zip(at, days.to_dict("records"), strict=True)],
        "hoverinfo": "text",
    }
    return drawn([squares, _weekdays(), _months(at)], _layout())


def _hover(day: pd.Timestamp, row: dict[Hashable, int]) -> str:
    title = f"<b>{day:%a} {day.day} {day:%b} {day.year}</b>"
    if not row["observations"]:
        return f"{title}<br>no practice"
    answers = f"<br>{row['correct']:,} of {row['graded']:,} answers right" if row["graded"] else ""
    return f"{title}<br>{row['observations']:,} observation{'' if row['observations'] == 1 else 's'}{answers}"


def _weekdays() -> Trace:
    places, names = zip(*WEEKDAYS, strict=True)
    return TEXT | {"x": [-LEFT] * len(places), "y": list(places), "text": list(names), "textposition": "middle right"}


def _months(at: pd.DatetimeIndex) -> Trace:
    """A month is named above the first week that begins in it, where there is room up to the next."""
    firsts = [week for week in range(0, at.size, 7) if week == 0 or at[week].month != at[week - 7].month]
    ends = [*firsts[1:], 7 * WEEKS_A_PART]
    wide = [(end - start) // 7 for start, end in zip(firsts, ends, strict=True)]
    named = [(start // 7, at[start], weeks) for start, weeks in zip(firsts, wide, strict=True) if weeks >= MONTH_WEEKS]
    years = [n == 0 or day.month == 1 for n, (_, day, _) in enumerate(named)]
    return TEXT | {
        "x": [week - SQUARE / 2 for week, _, _ in named],
        "y": [-ABOVE] * len(named),
        "text": [
            f"{day:%b} {day.year}" if with_year and weeks >= YEAR_WEEKS else f"{day:%b}"
            for with_year, (_, day, weeks) in zip(years, named, strict=True)
        ],
        "textposition": "middle right",
    }


def _layout() -> dict[str, object]:
    across = {"fixedrange": True, "visible": False, "range": [-LEFT - 0.1, WEEKS_A_PART - 0.4]}
    down = {"fixedrange": True, "visible": False, "range": [6.6, -ABOVE - 0.6]}
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "barmode": "overlay",
        "bargap": 0,
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": across | {"constrain": "domain", "constraintoward": "left"},
        "yaxis": down | {"constrain": "domain", "constraintoward": "top", "scaleanchor": "x", "scaleratio": 1},
    }
