"""The learners' scores on one concept: how many have how much."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, Band, bands

HEIGHT = 280
BINS = 10
LEAST_TOP = 4  # One or two learners are a low bar, whatever the other bars hold.
GAP = 0.008
# What is as wide as its text on a phone has one: the band in the middle its name, a part of a bar its number. A step of 20
# points has its number where no threshold is as close.
ROOM_FOR_NAME, ROOM_FOR_NUMBER, CLOSE = 0.28, 0.03, 0.08

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def score_histogram(scores: Floats, *, weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM) -> go.Figure:
    """How many learners have a score in each ten points of 100, in the colours of the bands; thresholds as dashed lines.

    ``scores`` are shares with observations enough; NaN is nobody. Bars have their lower end in them, the last one both
    ends. One that a threshold runs through is two, which meet there.
    """
    known = np.asarray(scores, dtype=np.float64)
    edges = bin_edges(weak, mastered)
    counts, _ = np.histogram(known[np.isfinite(known)], edges)
    top = max(LEAST_TOP, int(counts.max())) * 1.18
    traces = [_bars(counts, edges, weak, mastered), _numbers(counts, edges)]
    return drawn(traces, _layout(top, weak, mastered))


def bin_edges(weak: float, mastered: float) -> Floats:
    """Every ten points and the thresholds, rising, each once."""
    tens = np.arange(BINS + 1) / BINS
    own = [share for share in (weak, mastered) if np.abs(tens - share).min() > 1e-9]
    return np.unique(np.append(tens, own))


def _bars(counts: Counts, edges: Floats, weak: float, mastered: float) -> Trace:
    left, right = edges[:-1], edges[1:]
    middle = (left + right) / 2
    band = bands(middle, np.full(middle.size, ENOUGH_OBSERVATIONS), weak=weak, mastered=mastered)
    return {
        "type": "bar",
        "x": middle,
        "y": counts,
        "width": np.maximum(right - left - GAP, GAP / 2),
        "marker": {"color": [BAND_COLOURS[each] for each in band], "line": {"width": 0}, "cornerradius": 3},
        "hovertext": [
            _hover(int(count), lower, upper, each)
            for count, lower, upper, each in zip(counts, left.tolist(), right.tolist(), band, strict=True)
        ],
        "hoverinfo": "text",
    }


def _hover(count: int, lower: float, upper: float, band: Band) -> str:
    learners = f"{count:,} learner{'' if count == 1 else 's'}"
    return f"<b>{lower:.0%} to {upper:.0%}</b>, {band}<br>{learners}"


def _numbers(counts: Counts, edges: Floats) -> Trace:
    wide = np.diff(edges) >= ROOM_FOR_NUMBER - 1e-9
    return {
        "type": "scatter",
        "mode": "text",
        "x": (edges[:-1] + edges[1:]) / 2,
        "y": counts,
        "text": [
            f"<b>{count:,}</b>" if count and room else "" for count, room in zip(counts.tolist(), wide, strict=True)
        ],
        "textposition": "top center",
        "textfont": {"size": 12},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _band_names(weak: float, mastered: float) -> list[dict[str, Any]]:
    """Each band's sign and name over it: the outer ones at the ends of the axis, the middle one in its middle."""
    name = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
    places = [
        (Band.WEAK, 0.0, "left", True),
        (Band.DEVELOPING, (weak + mastered) / 2, "center", mastered - weak >= ROOM_FOR_NAME),
        (Band.MASTERED, 1.0, "right", True),
    ]
    return [
        name | {"text": f"{BAND_GLYPHS[band]} {band}", "x": at, "xanchor": side}
        for band, at, side, room in places
        if room
    ]


def _ticks(weak: float, mastered: float) -> list[float]:
    """The thresholds, and every 20 points that are not too close to them."""
    ticks = [weak, mastered] if mastered - weak >= CLOSE else [weak]
    fifths = [tick for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0) if all(abs(tick - own) >= CLOSE for own in ticks)]
    return sorted([*ticks, *fifths])


def _layout(top: float, weak: float, mastered: float) -> dict[str, Any]:
    upright = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    upright["line"] = {"color": MUTED, "width": 1, "dash": "dash"}
    return {
        "height": HEIGHT,
        "margin": {"l": 4, "r": 10, "t": 24, "b": 28, "pad": 0},
        "barmode": "overlay",
        "hovermode": "x",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": {
            "range": [-0.02, 1.03],
            "fixedrange": True,
            "tickvals": _ticks(weak, mastered),
            "tickformat": ".0%",
            "tickfont": TICKS,
            "tickangle": 0,
            "ticklabeloverflow": "allow",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "range": [0, top],
            "fixedrange": True,
            "showticklabels": False,
            "showgrid": False,
            "zerolinecolor": RULE,
        },
        "shapes": [upright | {"x0": share, "x1": share} for share in (weak, mastered)],
        "annotations": _band_names(weak, mastered),
    }
