"""One concept's curve: every outcome by its kind, the sessions around them, and what forgetting or practice will do next."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go

from mastery_core.charts.axes import DATES, DAY, level, threshold_ticks
from mastery_core.charts.figure import FAINT, MUTED, RULE, TICKS, Trace, drawn, wall_clock
from mastery_core.charts.kinds import KIND_COLOURS, KIND_SYMBOLS, KIND_WORDS
from mastery_core.charts.palette import BAND_COLOURS, COLOURS
from mastery_core.curve import MasteryCurve
from mastery_core.decay import SECONDS_A_DAY, retained
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW, Band
from mastery_core.what_if import Outlook

HEIGHT = 440
# Marks get smaller where there are many, so that the line between them stays to be seen.
FEW_MARKS, SOME_MARKS = 60, 200
# What came before takes at least this share of the two weeks ahead; a little room keeps marks off the edge.
LEAST_PAST, EDGE = 0.2, 0.012
# The edge of a session's shade in pixels: without it none could be seen among weeks, and many would be all there is to see.
FEW_SESSIONS, WIDE_EDGE, THIN_EDGE = 100, 3, 1
# A day named on the right of its mark takes this share of the width; without as much room it stands on the left.
ROOM_FOR_DAY = 0.09
BOTTOM, TOP = -0.02, 1.04
SHADE = "rgba(128, 136, 148, 0.2)"

GRID = DAY // 4


def concept_curve(
    curve: MasteryCurve,
    *,
    as_of: float,
    zone: str = "UTC",
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
    look: int = 0,
    enough: bool = True,
    sessions: Sequence[tuple[float, float]] = (),
    falls_below: datetime | None = None,
    what_if: Outlook | None = None,
    decay_factor: float = 1.0,
    period_days: float = 1.0,
) -> go.Figure:
    """Mastery of one concept up to ``as_of`` and two weeks on, every step marked by its kind.

    Times are seconds since 1970, ``zone`` names the viewer's. ``sessions`` are (from, to), rising; ``falls_below`` is when the
    score does if nothing is practised, ``what_if`` what right answers would make of it. Without data ``enough`` the curve is
    pale and its marks are hollow.
    """
    colour = COLOURS[look % len(COLOURS)] if enough else BAND_COLOURS[Band.NOT_ENOUGH_DATA]
    now, first, last = _extent(curve, as_of, zone)
    crossings = [falls_below, what_if.falls_below if what_if and what_if.right_answers else None]
    traces = [
        *_sessions(sessions, zone),
        _line(curve, zone, colour, enough=enough),
        _ahead(curve, zone, colour),
        *(_what_if(curve, what_if, zone, colour, decay_factor, period_days) if what_if else ()),
        *_steps(curve, zone, enough=enough),
        _standing(curve, now, colour, enough=enough),
        *_crossings(crossings, zone, first, last, weak),
    ]
    named = curve.step_at.size <= SOME_MARKS
    return drawn(traces, _layout(now, first, last, _day(as_of, zone), weak, mastered, named=named))


def _extent(curve: MasteryCurve, as_of: float, zone: str) -> tuple[float, float, float]:
    """``as_of``, and where the figure begins and ends, as the axis has them.

    The ends stand still while time goes on: Plotly keeps a closer look at the axis only while it is told the same range.
    """
    ends = [as_of, *curve.at[:1], *curve.projected_at[-1:]]
    clock = wall_clock(np.array(ends, dtype=np.float64), zone)
    now, first, last = float(clock[0]), float(clock.min()), float(clock.max())
    first = min(first, now - LEAST_PAST * (last - now))
    return now, (first - EDGE * (last - first)) // GRID * GRID, -(-last // GRID) * GRID


def _sessions(sessions: Sequence[tuple[float, float]], zone: str) -> list[Trace]:
    """All sessions as one shape: a box each, from the bottom of the figure to its top."""
    if not sessions:
        return []
    ends = wall_clock(np.array(sessions, dtype=np.float64).ravel(), zone).reshape(-1, 2)
    left, right, gap = ends[:, 0], ends[:, 1], np.full(len(sessions), np.nan)
    x = np.column_stack((left, left, right, right, left, gap)).ravel()
    y = np.tile([BOTTOM, TOP, TOP, BOTTOM, BOTTOM, np.nan], len(sessions))
    edge = {"color": SHADE, "width": WIDE_EDGE if len(sessions) <= FEW_SESSIONS else THIN_EDGE}
    box = {"fill": "toself", "fillcolor": SHADE, "line": edge, "mode": "lines", "hoverinfo": "skip"}
    return [{"type": "scatter", "x": x, "y": y, "name": "session", **box}]


def _line(curve: MasteryCurve, zone: str, colour: str, *, enough: bool) -> Trace:
    return {
        "type": "scatter", "x": wall_clock(curve.at, zone), "y": curve.score, "mode": "lines", "showlegend": False,
        "line": {"color": colour, "width": 2.25 if enough else 1.5},
        "hovertemplate": "%{y:.0%} mastery<extra></extra>",
    }  # fmt: skip


def _ahead(curve: MasteryCurve, zone: str, colour: str) -> Trace:
    x = wall_clock(curve.projected_at, zone)
    x[:1] += 60_000  # A minute on, or the hover label would name the score twice at "as of".
    return {
        "type": "scatter", "x": x, "y": curve.projected_score, "mode": "lines", "name": "if not practised",
        "line": {"color": colour, "width": 2, "dash": "dot"},
        "hovertemplate": "%{y:.0%} if not practised<extra></extra>",
    }  # fmt: skip


def _what_if(
    curve: MasteryCurve, what_if: Outlook, zone: str, colour: str, decay_factor: float, period_days: float
) -> list[Trace]:
    """The line that so many right answers would begin: up from where the curve stands, then forgetting as ever."""
    if not what_if.right_answers:
        return []
    at = wall_clock(curve.projected_at, zone)
    days = (curve.projected_at - curve.projected_at[0]) / SECONDS_A_DAY
    ahead = retained(what_if.score, decay_factor, days, period_days=period_days)
    name = f"after {what_if.right_answers} right answer{'' if what_if.right_answers == 1 else 's'}"
    jump: Trace = {
        "type": "scatter", "x": np.repeat(at[:1], 2), "y": np.array([curve.projected_score[0], what_if.score]),
        "mode": "lines", "line": {"color": colour, "width": 2, "dash": "dash"}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    line: Trace = {
        "type": "scatter", "x": at, "y": ahead, "mode": "lines", "name": name,
        "line": {"color": colour, "width": 2, "dash": "dash"},
        "hovertemplate": f"%{{y:.0%}} {name}<extra></extra>",
    }  # fmt: skip
    return [jump, line]


def _steps(curve: MasteryCurve, zone: str, *, enough: bool) -> list[Trace]:
    """A mark at each step: one trace a kind, in the order in which kinds are always named."""
    at = wall_clock(curve.step_at, zone)
    kinds = np.array(curve.step_kind, dtype=object)
    size = 9 if at.size <= FEW_MARKS else 7 if at.size <= SOME_MARKS else 5
    traces: list[Trace] = []
    for kind, words in KIND_WORDS.items():
        of_kind = kinds == kind
        if of_kind.any():
            traces.append({
                "type": "scatter", "x": at[of_kind], "y": curve.step_score[of_kind], "mode": "markers", "name": words,
                "marker": {
                    "color": KIND_COLOURS[kind], "symbol": KIND_SYMBOLS[kind] + ("" if enough else "-open"),
                    "size": size, "opacity": 1,
                },
                "customdata": np.round(curve.step_delta[of_kind] * 100, 1) + 0.0,
                "hovertemplate": f"{words}: %{{customdata:+.1f}} to %{{y:.0%}}<extra></extra>",
            })  # fmt: skip
    return traces


def _standing(curve: MasteryCurve, now: float, colour: str, *, enough: bool) -> Trace:
    """Where the curve stands at "as of"."""
    return {
        "type": "scatter", "x": np.array([now]), "y": curve.score[-1:], "mode": "markers", "hoverinfo": "skip",
        "showlegend": False, "cliponaxis": False,
        "marker": {"color": colour, "size": 11, "symbol": "circle" if enough else "circle-open", "opacity": 1},
    }  # fmt: skip


def _crossings(crossings: Sequence[datetime | None], zone: str, first: float, last: float, weak: float) -> list[Trace]:
    """The days on which the lines ahead fall below the threshold: the first named under it, the other where there is room."""
    known = [(row, when.timestamp()) for row, when in enumerate(crossings) if when is not None]
    at = wall_clock(np.array([when for _, when in known], dtype=np.float64), zone)
    seen = [(row, when, x) for (row, when), x in zip(known, at.tolist(), strict=True) if x <= last]
    if not seen:
        return []
    right = [row > 0 and last - x > ROOM_FOR_DAY * (last - first) for row, _, x in seen]
    return [
        {
            "type": "scatter", "x": np.array([x for _, _, x in seen]), "y": np.full(len(seen), weak),
            "mode": "markers+text", "hoverinfo": "skip", "cliponaxis": False, "name": f"falls below {weak:.0%}",
            "text": [
                f"{'<br>' if row and not free else ''}{_short(when, zone)}"
                for (row, when, _), free in zip(seen, right, strict=True)
            ],
            "textposition": ["top right" if free else "bottom left" for free in right], "textfont": {"size": 12},
            "marker": {"color": MUTED, "size": 9, "symbol": "circle-open", "line": {"width": 2}, "opacity": 1},
        }
    ]  # fmt: skip


def _stamp(at: float) -> str:
    """As Plotly itself writes a date, or it would not know the range for the same."""
    return f"{np.datetime64(round(at), 'ms').item():%Y-%m-%d %H:%M}"


def _day(at: float, zone: str) -> str:
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y}"


def _short(at: float, zone: str) -> str:
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b}"


def _labels(now: float, first: float, last: float, day: str) -> list[dict[str, Any]]:
    """The day of "as of" and what comes after it, on the sides of the line that have room for them."""
    past = (now - first) / max(last - first, 1.0)
    if past < 0.35:
        return [_label(f"as of {day}, then the next two weeks", now, "left")]
    ahead = [_label("next two weeks", now, "left")] if past < 0.8 else []
    return [_label(f"as of {day}", now, "right"), *ahead]


def _label(text: str, at: float, side: str) -> dict[str, Any]:
    return {
        "text": text, "x": at, "xref": "x", "xanchor": side, "xshift": 4 if side == "left" else -4,
        "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 12},
    }  # fmt: skip


def _shapes(now: float, last: float, weak: float, mastered: float, *, named: bool) -> list[dict[str, Any]]:
    """The two weeks ahead shaded, "as of" as an upright line, the thresholds as level ones: ``named`` where it can be read."""
    upright = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "x0": now}
    return [
        upright | {"type": "rect", "x1": last, "fillcolor": FAINT, "line": {"width": 0}, "layer": "below"},
        upright | {"type": "line", "x1": now, "line": {"color": MUTED, "width": 1}},
        level(weak, f"review below {weak:.0%}" if named else "", "dash", MUTED),
        level(mastered, f"mastered from {mastered:.0%}" if named else "", "dot", RULE),
    ]


def _layout(
    now: float, first: float, last: float, day: str, weak: float, mastered: float, *, named: bool
) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 24, "b": 0, "pad": 0},
        "hovermode": "x unified",
        "xaxis": {
            "type": "date", "range": [_stamp(first), _stamp(last)], "fixedrange": True, "showgrid": False, "tickfont": TICKS,
            "nticks": 8, "hoverformat": "%a %-d %b %Y, %H:%M", "tickformatstops": DATES,
        },
        "yaxis": {
            "range": [BOTTOM, TOP], "fixedrange": True, "tickvals": threshold_ticks(weak, mastered), "tickformat": ".0%",
            "tickfont": TICKS, "gridcolor": FAINT, "zeroline": False, "automargin": True, "ticklabelstandoff": 8,
        },
        "legend": {
            "orientation": "h", "x": 0, "y": -0.14, "yanchor": "top", "itemsizing": "constant", "font": {"size": 13},
        },
        "shapes": _shapes(now, last, weak, mastered, named=named),
        "annotations": _labels(now, first, last, day),
    }  # fmt: skip
