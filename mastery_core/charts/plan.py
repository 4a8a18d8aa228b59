"""The review plan by day: how many right answers each takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go

from mastery_core.charts.figure import FAINT, MUTED, TICKS, Trace, drawn
from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.standing import Band

HEIGHT = 300
LEAST_TOP = 4  # A day of one or two answers is a low bar, whatever the other days hold.
DAYS_WITH_LONG_NAMES = 7
STRIPES = {"size": 8, "solidity": 0.18, "fgcolor": "#ffffff", "fgopacity": 0.75}


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """One day of a plan: right answers on what is ``below`` the threshold already, and on what would fall."""

    day: date
    below: int
    keeping: int
    concepts: int

    @property
    def answers(self) -> int:
        return self.below + self.keeping


def plan_by_day(days: Sequence[PlannedDay], *, begins: str, threshold: float, limit: int | None = None) -> go.Figure:
    """A bar a day, its number above it: at its foot, striped, what is below the threshold, on it what would fall below.

    ``begins`` says what the first day is ("today"). A ``limit`` of answers a day is drawn as a line.
    """
    top = max([LEAST_TOP, limit or 0, *(day.answers for day in days)]) * 1.18
    traces = []
    if any(day.below for day in days):
        traces.append(_bars(days, [day.below for day in days], f"below {threshold:.0%} already", Band.WEAK))
    if any(day.keeping for day in days):
        traces.append(_bars(days, [day.keeping for day in days], f"would fall below {threshold:.0%}", Band.DEVELOPING))
    return drawn([*traces, _totals(days, top)], _layout(days, top, begins, limit))


def _bars(days: Sequence[PlannedDay], answers: Sequence[int], name: str, band: Band) -> Trace:
    return {
        "type": "bar",
        "x": list(range(len(days))),
        "y": list(answers),
        "width": 0.72,
        "name": name,
        "marker": {
            "color": BAND_COLOURS[band],
            "cornerradius": 3,
            "pattern": {"shape": "/" if band is Band.WEAK else "", "fillmode": "overlay"} | STRIPES,
        },
        "hoverinfo": "skip",
    }


def _totals(days: Sequence[PlannedDay], top: float) -> Trace:
    """The numbers over the bars, a little off a limit's line, and the label that tells a day's number in words."""
    return {
        "type": "scatter",
        "x": list(range(len(days))),
        "y": [day.answers + 0.015 * top for day in days],
        "mode": "text",
        "text": [f"<b>{day.answers}</b>" if day.answers else "" for day in days],
        "textposition": "top center",
        "textfont": {"size": 13},
        "cliponaxis": False,
        "showlegend": False,
        "hovertext": [_hover(day) for day in days],
        "hoverinfo": "text",
    }


def _hover(day: PlannedDay) -> str:
    plural = "" if day.answers == 1 else "s"
    concepts = f" on {day.concepts} concept{'' if day.concepts == 1 else 's'}" if day.concepts else ""
    return f"<b>{day.day:%a} {day.day.day} {day.day:%b}</b><br>{day.answers} right answer{plural}{concepts}"


def _name(days: Sequence[PlannedDay], place: int) -> str:
    """Weekday over the day of the month; the month with the first of each."""
    day = days[place].day
    weekday = f"{day:%a}" if len(days) <= DAYS_WITH_LONG_NAMES else f"{day:%a}"[:2]
    month = f"<br>{day:%b}" if place == 0 or day.day == 1 else ""
    return f"{weekday}<br>{day.day}{month}"


def _layout(days: Sequence[PlannedDay], top: float, begins: str, limit: int | None) -> dict[str, Any]:
    first = {"type": "rect", "x0": -0.5, "x1": 0.5, "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    shapes = [first | {"fillcolor": FAINT, "line": {"width": 0}}]
    if limit is not None:
        line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit, "y1": limit}
        words = {"text": f"at most {limit} a day", "textposition": "end", "yanchor": "bottom", "font": {"size": 12}}
        shapes.append(line | {"line": {"color": MUTED, "width": 1, "dash": "dash"}, "label": words})
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 22, "b": 0, "pad": 0},
        "barmode": "stack",
        "hovermode": "x",
        "uirevision": "kept",
        "xaxis": {
            "range": [-0.5, len(days) - 0.5],
            "fixedrange": True,
            "tickvals": list(range(len(days))),
            "ticktext": [_name(days, place) for place in range(len(days))],
            "tickangle": 0,
            "tickfont": TICKS,
            "showgrid": False,
            "zeroline": False,
            "automargin": "height",
        },
        "yaxis": {"range": [0, top], "fixedrange": True, "visible": False},
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 0, "y": -0.3, "yanchor": "top", "traceorder": "normal", "itemclick": False,
            "font": {"size": 13},
        },
        "shapes": shapes,
        "annotations": [
            {
                "text": begins, "showarrow": False, "x": -0.5, "xanchor": "left", "yref": "paper", "y": 1,
                "yanchor": "bottom", "font": {"size": 12},
            }
        ],
    }  # fmt: skip
