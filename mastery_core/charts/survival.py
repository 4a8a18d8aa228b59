"""Kaplan-Meier curves: which share has not mastered a concept yet, by opportunities or days, and where learners stopped before they had."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.axes import level, shares
from mastery_core.charts.figure import MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.velocity import LEGEND_OF_DASHES

HEIGHT = 420
GROUPS_A_PAGE = 6
# Bands of more curves would lie over each other.
MOST_BANDS = 3
# So that curves differ without colour too.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
NAME_COLUMNS = 28
EVERYBODY = "all together"
# Marks have their counts written beside them where there is room for it.
MOST_LABELLED = 12
BAND_STRENGTH, BOTTOM, TOP = 0.14, -0.03, 1.06
LEAST_SPAN = 5
TITLES = {
    "opportunities": "opportunities (1: the learner's first)",
    "days": "days since the learner's first observation",
}


def survival_curves(
    curve: pd.DataFrame, unit: str, *, by: str | None = None, groups: Sequence[Hashable] = ()
) -> go.Figure:
    """A step curve a group, with the band of its 95% interval where there are ``MOST_BANDS`` at most, and a mark wherever pairs were censored.

    ``curve`` has the columns ``duration``, ``at_risk``, ``reached``, ``censored``, ``remaining``, ``low`` and ``high``, rising durations a
    group; ``groups`` are the values of the column ``by`` to draw, ``GROUPS_A_PAGE`` at most, in this order. Without ``by`` it is one curve.
    ``unit`` is one of ``TITLES``.
    """
    parts = [(EVERYBODY, curve)] if by is None else [(str(name), curve[curve[by] == name]) for name in groups]
    names = shortened([name for name, _ in parts], NAME_COLUMNS)
    labelled = int((pd.concat([part["censored"] for _, part in parts]) > 0).sum() if parts else 0) <= MOST_LABELLED
    bands: list[Trace] = []
    lines: list[Trace] = []
    marks: list[Trace] = []
    for place, ((whole, part), name) in enumerate(zip(parts, names, strict=True)):
        colour = COLOURS[place % len(COLOURS)]
        bands += _band(part, colour) if len(parts) <= MOST_BANDS else []
        lines.append(_line(part, unit, whole, colour, DASHES[place % len(DASHES)]) | {"name": as_text(name)})
        marks.append(_marks(part, colour, labelled=labelled))
    last = max([int(part["duration"].max()) for _, part in parts if len(part)], default=0)
    return drawn([*bands, *lines, *marks, _key_of_marks()], _layout(unit, last))


def page_count(groups: int) -> int:
    return max(1, -(-groups // GROUPS_A_PAGE))


def _band(part: pd.DataFrame, colour: str) -> list[Trace]:
    """Its lower edge, and the upper one filled down to it."""
    edge = {
        "type": "scatter", "mode": "lines", "x": part["duration"].to_numpy(), "hoverinfo": "skip", "showlegend": False,
        "line": {"width": 0, "shape": "hv", "color": colour},
    }  # fmt: skip
    upper = {"y": part["high"].to_numpy(), "fill": "tonexty", "fillcolor": _faded(colour)}
    return [edge | {"y": part["low"].to_numpy()}, edge | upper]


def _line(part: pd.DataFrame, unit: str, name: str, colour: str, dash: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": part["duration"].to_numpy(),
        "y": part["remaining"].to_numpy(),
        "line": {"shape": "hv", "width": 2.5, "color": colour, "dash": dash},
        "hoverinfo": "text",
        "hovertext": [_hover(row, unit, name) for row in part.to_dict("records")],
    }


def _marks(part: pd.DataFrame, colour: str, *, labelled: bool) -> Trace:
    """Upright strokes on the curve; what they stand for is in the label of the curve."""
    stopped = part[part["censored"] > 0]
    return {
        "type": "scatter",
        "mode": "markers+text" if labelled else "markers",
        "x": stopped["duration"].to_numpy(),
        "y": stopped["remaining"].to_numpy(),
        "text": [f"{number:,}" for number in stopped["censored"]],
        "textposition": "top center",
        "textfont": TICKS,
        "marker": {"symbol": "line-ns", "size": 9, "line": {"width": 1.5, "color": colour}},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _key_of_marks() -> Trace:
    return {
        "type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": "stopped before", "hoverinfo": "skip",
        "marker": {"symbol": "line-ns", "size": 9, "line": {"width": 1.5, "color": MUTED}},
    }  # fmt: skip


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {BAND_STRENGTH})"


def _hover(row: dict[Hashable, Any], unit: str, name: str) -> str:
    noun = unit.removesuffix("s") if unit == "days" else "opportunity"
    after = f"{row['duration']:,} {noun if row['duration'] == 1 else unit}"
    return (
        f"<b>{wrapped(name)}</b><br>after {after}: {row['remaining']:.0%} not there yet<br>"
        f"most likely {row['low']:.0%} to {row['high']:.0%}<br>"
        f"{row['at_risk']:,} still followed: {row['reached']:,} got there, {row['censored']:,} stopped"
    )


def _layout(unit: str, last: int) -> dict[str, Any]:
    half = level(0.5, "half", "dot", RULE)
    half["label"]["textposition"] = "end"  # curves begin where others have their names
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 48, "b": 0, "pad": 0},
        "hovermode": "closest",
        "uirevision": "kept",
        "showlegend": True,
        "legend": LEGEND_OF_DASHES,
        "shapes": [half],
        "xaxis": {
            "range": [0, max(last, LEAST_SPAN) * 1.02],
            "fixedrange": True,
            "title": {"text": TITLES[unit], "font": TICKS},
            "tickfont": TICKS,
            "nticks": 8,
            "tickformat": ",d",
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        "yaxis": shares(BOTTOM, TOP),
    }
