"""Velocity over time: points won upwards and lost downwards, by day, week or month, and what both came to."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.figure import FAINT, INK, MUTED, TICKS, Trace, drawn
from mastery_core.charts.palette import COLOURS

HEIGHT = 320
WON, LOST = COLOURS[0], COLOURS[1]
MOST_LABELS = 6
MOST_LARGE = 31
BAR, FEW = 0.74, 10

# It explains and does not switch: a finger that slips would hide half of the figure.
LEGEND = {
    "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}, "itemsizing": "constant",
    "itemclick": False, "itemdoubleclick": False,
}  # fmt: skip
# Samples as wide as it takes to see how a line is dashed.
LEGEND_OF_DASHES = LEGEND | {"itemwidth": 48}


def velocity(stretches: pd.DataFrame, unit: str, *, before: float | None = None) -> go.Figure:
    """A bar up and a bar down for each of ``mastery_core.velocity.by_stretch``, a diamond at what they come to.

    ``unit`` is "day", "week" or "month"; ``before`` the mean of the period before in it (a share), drawn as a level.
    """
    won, lost, net = (stretches[name].to_numpy() * 100 for name in ("won", "lost", "net"))
    place = np.arange(len(stretches), dtype=np.float64)
    practised = stretches["observations"].to_numpy() > 0
    bars = {"type": "bar", "x": place, "width": min(BAR, max(len(stretches), 1) / FEW)}
    traces: list[Trace] = [
        bars | {"y": won, "name": "won", "marker": _look(WON), "hovertext": _hovers(stretches, unit), "hoverinfo": "text"},
        bars | {"y": lost, "name": "lost", "marker": _look(LOST), "hoverinfo": "skip"},
        {
            "type": "scatter", "mode": "markers", "x": place[practised], "y": net[practised], "name": "together",
            "marker": {"symbol": "diamond", "size": 8 if len(place) <= MOST_LARGE else 5, "color": INK}, "hoverinfo": "skip",
        },
    ]  # fmt: skip
    if before is not None:
        traces.append(_level(len(stretches), before * 100, unit))
    return drawn(traces, _layout(stretches, unit, before))


def _look(colour: str) -> dict[str, Any]:
    return {"color": colour, "line": {"width": 0}, "cornerradius": 3}


def span_name(begins: date, ends: date, unit: str) -> str:
    """How a day, a week or a month is called: "Tue 3 Nov 2026", "2 – 8 Nov 2026", "November 2026"."""
    if unit == "month":
        return f"{begins:%B %Y}"
    last = f"{ends.day} {ends:%b %Y}"
    if unit == "day" or begins == ends:
        return f"{ends:%a} {last}"
    if begins.year != ends.year:
        return f"{begins.day} {begins:%b %Y} – {last}"
    return f"{begins.day} – {last}" if begins.month == ends.month else f"{begins.day} {begins:%b} – {last}"


def _hovers(stretches: pd.DataFrame, unit: str) -> list[str]:
    return [
        _hover(stretch, span_name(stretch["begins"], stretch["ends"], unit)) for stretch in stretches.to_dict("records")
    ]


def _hover(stretch: dict[Any, Any], name: str) -> str:
    number = stretch["observations"]
    if not number:
        return f"<b>{name}</b><br>no practice"
    return (
        f"<b>{name}</b><br>{stretch['won'] * 100:+.1f} won, {stretch['lost'] * 100:.1f} lost<br>"
        f"{stretch['net'] * 100:+.1f} points together<br>{number:,} observation{'' if number == 1 else 's'}"
    )


def _ticks(stretches: pd.DataFrame, unit: str) -> tuple[list[int], list[str]]:
    """A few of the stretches by name, counted back from the newest; the year where it is another than before."""
    step = -(-len(stretches) // MOST_LABELS)
    places = list(range(len(stretches) - 1, -1, -step))[::-1] if step else []
    texts, year = [], None
    for begins in stretches["begins"].iloc[places]:
        text = f"{begins:%b}" if unit == "month" else f"{begins.day} {begins:%b}"
        texts.append(text if begins.year == year else f"{text}<br>{begins.year}")
        year = begins.year
    return places, texts


def _layout(stretches: pd.DataFrame, unit: str, before: float | None) -> dict[str, Any]:
    places, texts = _ticks(stretches, unit)
    ends = np.array([stretches["won"].max(), stretches["lost"].min(), before or 0.0, 0.0]) * 100
    low, high = float(ends.min()), float(ends.max())
    room = max(high - low, 1.0) * 0.08
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 14, "t": 32, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "x",
        "legend": LEGEND,
        "xaxis": {
            "range": [-0.6, len(stretches) - 0.4],
            "fixedrange": True,
            "tickvals": places,
            "ticktext": texts,
            "tickfont": TICKS,
            "tickangle": 0,
            "ticklabeloverflow": "allow",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "range": [low - room, high + room],
            "fixedrange": True,
            "tickformat": ",~g",
            "nticks": 6,
            "tickfont": TICKS,
            "gridcolor": FAINT,
            "zeroline": True,
            "zerolinecolor": MUTED,
            "automargin": True,
            "ticklabelstandoff": 8,
        },
    }


def _level(stretches: int, points: float, unit: str) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": [-0.5, stretches - 0.5], "y": [points, points], "hoverinfo": "skip",
        "line": {"color": MUTED, "width": 1.5, "dash": "dash"}, "name": f"before: {points:+.1f} a {unit}",
    }  # fmt: skip
