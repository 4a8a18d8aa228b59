"""Learning curves: how often answers are wrong, opportunity by opportunity, what a model says of it, and how many learners that is of."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from mastery_core.charts.axes import opportunities, shares
from mastery_core.charts.figure import FAINT, MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.velocity import LEGEND_OF_DASHES

HEIGHT = 420
BOTTOM, TOP = -0.03, 1.04
# The counts stand below the curve, on the same opportunities; their heading between the two.
COUNTS_END, HEADING_AT, CURVE_BEGINS = 0.17, 0.18, 0.3
BAND = "rgba(0, 114, 178, 0.18)"
LEGEND_HEIGHT = 32

Floats = NDArray[np.float64]


def predicted_errors(opportunity: ArrayLike, ease: float, learning_rate: float) -> Floats:
    """The share of wrong answers that the Additive Factors Model expects of a learner of proficiency 0: a middling one.

    ``1 / (1 + exp(ease + learning_rate (opportunity - 1)))``, ease and learning rate in logits. NaN where either is NaN.
    """
    steps = np.asarray(opportunity, dtype=np.float64) - 1
    wrong: Floats = expit(-(ease + learning_rate * steps))
    return wrong


def learning_curve(points: pd.DataFrame, model: tuple[float, float] | None = None) -> go.Figure:
    """The share of wrong answers at each opportunity with its interval as a band, the model's curve, and below it the learners.

    A row of ``points`` is an opportunity, rising: ``opportunity`` (from 1 on), ``answers``, ``learners``, ``errors``, ``error_rate``,
    ``low`` and ``high``. Where one is missing the line and the band break. ``model`` is ease and learning rate (``predicted_errors``);
    where one of them is not known, NaN, there is no curve of it.
    """
    last = max(int(points["opportunity"].max()) if len(points) else 0, 1)
    spread = points.set_index("opportunity").reindex(np.arange(1, last + 1))
    place = spread.index.to_numpy(dtype=np.float64)
    rate, low, high, learners = (
        spread[name].to_numpy(dtype=np.float64) for name in ("error_rate", "low", "high", "learners")
    )
    hover = [_hover(row) for row in spread.reset_index(names="opportunity").to_dict("records")]
    traces = [_band(place, low, high), _curve(place, rate, hover)]
    if model is not None and np.isfinite(model).all():
        traces.append(_model(place, predicted_errors(place, *model)))
    traces.append(_counts(place, learners, hover))
    return drawn(traces, _layout(last, learners))


def _band(place: Floats, low: Floats, high: Floats) -> Trace:
    """A shape for each stretch without a gap; its edge keeps a stretch of one opportunity to be seen."""
    known = np.flatnonzero(np.isfinite(low))
    stretches = [each for each in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if each.size]
    around = [np.concatenate((place[each], place[each[::-1]], place[each[:1]], [np.nan])) for each in stretches]
    edge = [np.concatenate((high[each], low[each[::-1]], high[each[:1]], [np.nan])) for each in stretches]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([np.empty(0), *around]),
        "y": np.concatenate([np.empty(0), *edge]),
        "fill": "toself",
        "fillcolor": BAND,
        "line": {"color": BAND, "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _curve(place: Floats, rate: Floats, hover: list[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "wrong answers, 95% interval",
        "x": place,
        "y": rate,
        "line": {"color": COLOURS[0], "width": 2.25},
        "marker": {"color": COLOURS[0], "size": 7, "opacity": 1},
        "cliponaxis": False,
        "hovertext": hover,
        "hoverinfo": "text",
    }


def _model(place: Floats, wrong: Floats) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "the model",
        "x": place,
        "y": wrong,
        "line": {"color": COLOURS[1], "width": 2.25, "dash": "dash"},
        "hovertext": [
            f"<b>opportunity {at:.0f}</b><br>the model, of a middling learner: {share:.0%} wrong"
            for at, share in zip(place.tolist(), wrong.tolist(), strict=True)
        ],
        "hoverinfo": "text",
    }


def _counts(place: Floats, learners: Floats, hover: list[str]) -> Trace:
    return {
        "type": "bar",
        "x": place,
        "y": learners,
        "yaxis": "y2",
        "marker": {"color": MUTED, "line": {"width": 0}},
        "hovertext": hover,
        "hoverinfo": "text",
        "showlegend": False,
    }


def _hover(row: dict[Any, Any]) -> str:
    """Of an opportunity that is left out, nothing."""
    if not np.isfinite(row["error_rate"]):
        return ""
    return (
        f"<b>opportunity {row['opportunity']:.0f}</b><br>{row['errors']:,.0f} of {row['answers']:,.0f} wrong: {row['error_rate']:.0%}<br>"
        f"most likely {row['low']:.0%} to {row['high']:.0%}<br>{row['learners']:,.0f} learners"
    )


def _layout(last: int, learners: Floats) -> dict[str, Any]:
    most = max(float(np.nanmax(learners, initial=0.0)), 1.0)
    heading = {
        "text": "learners who answered", "xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": HEADING_AT, "yanchor": "bottom",
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": LEGEND_HEIGHT, "b": 0, "pad": 0},
        "hovermode": "closest",
        "uirevision": "kept",
        "showlegend": True,
        "legend": LEGEND_OF_DASHES,
        "annotations": [heading],
        "xaxis": opportunities(last, "a learner") | {"anchor": "y2"},
        "yaxis": shares(BOTTOM, TOP) | {"domain": [CURVE_BEGINS, 1]},
        "yaxis2": {
            "domain": [0, COUNTS_END],
            "range": [0, most * 1.05],
            "fixedrange": True,
            "tickvals": [0, most],
            "ticktext": ["0", f"{most:,.0f}"],
            "tickfont": TICKS,
            "gridcolor": FAINT,
            "zeroline": True,
            "zerolinecolor": RULE,
            "automargin": True,
            "ticklabelstandoff": 8,
        },
    }
