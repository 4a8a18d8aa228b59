"""Progress curves: what truly happened to a few concepts, and what forgetting will do next."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go

from mastery_core.charts.axes import shares
from mastery_core.charts.figure import FAINT, MUTED, TICKS, Trace, drawn, wall_clock
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import COLOURS, SYMBOLS, slots
from mastery_core.curve import Floats, MasteryCurve
from mastery_core.standing import WEAK_BELOW

HEIGHT = 420
NAME_COLUMNS = 36
# More marks than this hide the lines they stand on.
MOST_MARKS = 160
# What came before takes at least this share of the two weeks ahead; a little room keeps marks off the edge.
LEAST_PAST, EDGE = 0.2, 0.01

_DAY = 86_400_000
_DATES = [
    {"dtickrange": [None, _DAY], "value": "%H:%M<br>%-d %b"},
    {"dtickrange": [_DAY, 60 * _DAY], "value": "%-d %b"},
    {"dtickrange": [60 * _DAY, None], "value": "%b %Y"},
]


def progress_curves(
    curves: Sequence[MasteryCurve],
    *,
    as_of: float,
    zone: str = "UTC",
    weak: float = WEAK_BELOW,
    looks: Mapping[str, int] | None = None,
) -> go.Figure:
    """Mastery over time: solid up to ``as_of`` (seconds since 1970), dotted after it, a mark at every practice step.

    ``zone`` names the viewer's time zone. ``looks`` gives each concept its place in the palette (``palette.slots``).
    """
    curves = sorted(curves, key=lambda curve: -curve.score[-1])  # the legend in the order of the lines' ends
    names = [curve.concept_tag for curve in curves]
    looks = looks or slots(names, names)
    clock = _Clock(curves, as_of, zone)
    short = shortened(names, NAME_COLUMNS)
    together = short == names
    marked = sum(curve.step_at.size for curve in curves) <= MOST_MARKS
    traces: list[Trace] = []
    for number, (curve, name) in enumerate(zip(curves, short, strict=True)):
        look = looks[curve.concept_tag] % len(COLOURS)
        shared = {"type": "scatter", "legendgroup": str(number), "name": as_text(name)}
        traces += (
            shared | _line(curve, clock.at[number], COLOURS[look], together=together),
            shared | _marks(curve, clock, number, COLOURS[look], SYMBOLS[look], steps=marked),
            shared | _ahead(curve, clock.ahead[number], COLOURS[look], together=together),
        )
    return drawn(traces, _layout(clock, weak, together=together))


class _Clock:
    """All times of a figure on the viewer's wall clock, converted at once."""

    def __init__(self, curves: Sequence[MasteryCurve], as_of: float, zone: str) -> None:
        parts = [part for curve in curves for part in (curve.at, curve.step_at, curve.projected_at)]
        converted = wall_clock(np.concatenate([*parts, [as_of]]), zone)
        pieces = np.split(converted, np.cumsum([part.size for part in parts]))
        self.at, self.steps, self.ahead = pieces[:-1:3], pieces[1:-1:3], pieces[2:-1:3]
        self.as_of = float(pieces[-1][0])
        self.first = min((float(at[0]) for at in self.at if at.size), default=self.as_of)
        self.last = max((float(at[-1]) for at in self.ahead if at.size), default=self.as_of)
        self.first = min(self.first, self.as_of - LEAST_PAST * (self.last - self.as_of))
        self.first -= EDGE * (self.last - self.first)
        self.as_of_day = datetime.fromtimestamp(as_of, UTC).astimezone(ZoneInfo(zone))


def _line(curve: MasteryCurve, at: Floats, colour: str, *, together: bool) -> Trace:
    return {
        "x": at,
        "y": curve.score,
        "mode": "lines",
        "line": {"color": colour, "width": 2.25},
        "showlegend": False,
        "hovertemplate": _hover(curve, "%{y:.0%}", together=together),
    }


def _marks(curve: MasteryCurve, clock: _Clock, number: int, colour: str, symbol: str, *, steps: bool) -> Trace:
    """A mark where the curve stands at ``as_of`` and, unless they are too many, at every practice step."""
    at, score = (clock.steps[number], curve.step_score) if steps else (np.empty(0), np.empty(0))
    return {
        "x": np.append(at, clock.as_of),
        "y": np.append(score, curve.score[-1]),
        "mode": "markers",
        "marker": {"color": colour, "symbol": symbol, "size": np.append(np.full(at.size, 5.0), 10.0), "opacity": 1},
        "hoverinfo": "skip",
    }


def _ahead(curve: MasteryCurve, at: Floats, colour: str, *, together: bool) -> Trace:
    return {
        # A minute on, or the hover label would name the concept twice at "as of".
        "x": np.concatenate((at[:1] + 60_000, at[1:])),
        "y": curve.projected_score,
        "mode": "lines",
        "line": {"color": colour, "width": 2, "dash": "dot"},
        "opacity": 0.85,
        "showlegend": False,
        "hovertemplate": _hover(curve, "%{y:.0%} if not practised", together=together),
    }


def _hover(curve: MasteryCurve, score: str, *, together: bool) -> str:
    """One line of the label that names all curves at a time or, where names are long, a label of its own."""
    if together:
        return f"{score}  {as_text(curve.concept_tag)}<extra></extra>"
    return f"<b>{score}</b>, %{{x}}<br>{wrapped(curve.concept_tag)}<extra></extra>"


def _labels(clock: _Clock) -> list[dict[str, Any]]:
    """The day of "as of" and what comes after it, on the sides of the line that have room for them."""
    today = f"as of {clock.as_of_day.day} {clock.as_of_day:%b %Y}"
    past = (clock.as_of - clock.first) / max(clock.last - clock.first, 1.0)
    if past < 0.35:
        return [_label(f"{today}, then the next two weeks", clock.as_of, "left")]
    ahead = [_label("next two weeks", clock.as_of, "left")] if past < 0.8 else []
    return [_label(today, clock.as_of, "right"), *ahead]


def _label(text: str, at: float, side: str) -> dict[str, Any]:
    return {
        "text": text, "x": at, "xref": "x", "y": 1, "yref": "paper", "xanchor": side, "yanchor": "bottom",
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip


def _shapes(clock: _Clock, weak: float) -> list[dict[str, Any]]:
    """The two weeks ahead shaded, "as of" as an upright line, the threshold as a level one."""
    upright = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "x0": clock.as_of}
    level = {"xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": weak, "y1": weak}
    name = {"text": f"review below {weak:.0%}", "textposition": "end", "yanchor": "top", "font": {"size": 12}}
    return [
        upright | {"type": "rect", "x1": clock.last, "fillcolor": FAINT, "line": {"width": 0}, "layer": "below"},
        upright | {"type": "line", "x1": clock.as_of, "line": {"color": MUTED, "width": 1}},
        level | {"type": "line", "line": {"color": MUTED, "width": 1, "dash": "dash"}, "label": name},
    ]


def _layout(clock: _Clock, weak: float, *, together: bool) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 24, "b": 0, "pad": 0},
        "hovermode": "x unified" if together else "closest",
        "xaxis": {
            "type": "date",
            "range": [clock.first, clock.last],
            "fixedrange": True,
            "showgrid": False,
            "tickfont": TICKS,
            "nticks": 8,
            "hoverformat": "%a %-d %b %Y, %H:%M",
            "tickformatstops": _DATES,
        },
        "yaxis": shares(-0.02, 1.04) | {"zeroline": False},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.14,
            "yanchor": "top",
            "itemsizing": "constant",
            "font": {"size": 14},
        },
        "shapes": _shapes(clock, weak),
        "annotations": _labels(clock),
    }  # fmt: skip
