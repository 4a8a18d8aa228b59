"""The learning curve of a concept: how often answers were wrong, by how often a learner had met it before."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from mastery_core.charts.axes import opportunities, shares
from mastery_core.charts.figure import MUTED, RULE, Trace, drawn
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.velocity import LEGEND
from mastery_core.intervals import share, wilson

HEIGHT = 340
ENOUGH_ANSWERS = 5
SMALLEST, LARGEST = 6.0, 15.0
BOTTOM, TOP = -0.03, 1.04

Floats = NDArray[np.float64]
Which = NDArray[np.bool_]


def opportunity_curve(opportunity: ArrayLike, graded: ArrayLike, correct: ArrayLike) -> go.Figure:
    """The share of wrong answers at each opportunity, with its 95% interval; the larger a dot, the more answers.

    One-dimensional arrays of one length: ``opportunity`` from 1 on, rising, ``graded`` answers and ``correct`` ones among them.
    Under 5 answers a dot is hollow and grey; where none was given there is none.
    """
    place, n, k = (np.asarray(each, dtype=np.float64) for each in (opportunity, graded, correct))
    traces = [_line(place, n, k), _dots(place, n, k, n >= ENOUGH_ANSWERS, enough=True)]
    few = (n > 0) & (n < ENOUGH_ANSWERS)
    if few.any():
        traces.append(_dots(place, n, k, few, enough=False))
    return drawn(traces, _layout(place))


def _line(place: Floats, graded: Floats, correct: Floats) -> Trace:
    """From dot to dot, broken where an opportunity has answers too few to tell."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": place,
        "y": np.where(graded >= ENOUGH_ANSWERS, share(graded - correct, graded), np.nan),
        "line": {"color": RULE, "width": 2},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dots(place: Floats, graded: Floats, correct: Floats, shown: Which, *, enough: bool) -> Trace:
    wrong, n = (graded - correct)[shown], graded[shown]
    rate, (lower, upper) = share(wrong, n), wilson(wrong, n)
    colour = COLOURS[0] if enough else MUTED
    name = "wrong answers, 95% interval" if enough else f"under {ENOUGH_ANSWERS} answers"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": place[shown],
        "y": rate,
        "cliponaxis": False,
        "marker": {
            "color": colour,
            "symbol": "circle" if enough else "circle-open",
            "size": _sizes(n, graded),
            "opacity": 1,
            "line": {"width": 0 if enough else 2, "color": colour},
        },
        "error_y": {
            "type": "data", "symmetric": False, "array": upper - rate, "arrayminus": rate - lower, "color": colour,
            "thickness": 1.5 if enough else 1, "width": 3,
        },
        "hovertext": [
            _hover(*row, enough=enough)
            for row in zip(place[shown].tolist(), wrong.tolist(), n.tolist(), lower.tolist(), upper.tolist(), strict=True)
        ],
        "hoverinfo": "text",
    }  # fmt: skip


def _sizes(shown: Floats, graded: Floats) -> Floats:
    """Diameters in pixels: the area tells the number of answers, down to a size that can still be seen."""
    sizes: Floats = LARGEST * np.sqrt(shown / max(float(graded.max(initial=0)), 1.0))
    return np.maximum(sizes, SMALLEST)


def _hover(place: float, wrong: float, n: float, lower: float, upper: float, *, enough: bool) -> str:
    said = "" if enough else "<br>not enough answers to tell"
    return (
        f"<b>opportunity {place:.0f}</b><br>{wrong:,.0f} of {n:,.0f} wrong: {wrong / n:.0%}<br>"
        f"most likely {lower:.0%} to {upper:.0%}{said}"
    )


def _layout(place: Floats) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 32, "b": 0, "pad": 0},
        "hovermode": "closest",
        "uirevision": "kept",
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": opportunities(int(place.max(initial=0)), "the learner"),
        "yaxis": shares(BOTTOM, TOP),
    }
