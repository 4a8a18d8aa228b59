"""The examples on the Help screen: what practice makes of a score, and what time makes of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, MUTED, TICKS, Trace, drawn
from mastery_core.charts.kinds import KIND_COLOURS, KIND_SYMBOLS, KIND_WORDS
from mastery_core.charts.palette import COLOURS
from mastery_core.decay import retained
from mastery_core.model import Rules

HEIGHT = 210
POINTS = 121
LEAST_STEPS = 8

Floats = NDArray[np.float64]


def practice_steps(scores: Floats, kinds: Sequence[str], rules: Rules) -> go.Figure:
    """A score (shares) through a row of practice steps: ``scores`` begins before the first, ``kinds`` are theirs."""
    number = np.arange(scores.size, dtype=np.float64)
    line: Trace = {
        "type": "scatter", "mode": "lines", "x": number, "y": scores, "hoverinfo": "skip",
        "line": {"color": MUTED, "width": 2, "shape": "hv"},
    }  # fmt: skip
    marks: Trace = {
        "type": "scatter", "mode": "markers", "x": number[1:], "y": scores[1:], "cliponaxis": False,
        "marker": {
            "size": 11, "color": [KIND_COLOURS[kind] for kind in kinds],
            "symbol": [KIND_SYMBOLS[kind] for kind in kinds],
        },
        "hovertext": [f"{KIND_WORDS[kind]}: {score:.0%}" for kind, score in zip(kinds, scores[1:], strict=True)],
        "hoverinfo": "text",
    }  # fmt: skip
    start, end = (
        (0.0, scores[0], f"<b>{scores[0]:.0%}</b>", "top center"),
        _value(scores[-1], float(number[-1]), "right"),
    )
    last = max(LEAST_STEPS, scores.size)
    axis = {"range": [-0.06 * last, 1.02 * last], "visible": False}
    return drawn([line, marks, _texts([start, end][: scores.size])], _layout(axis, rules))


def fading(score: float, days: float, longest: float, rules: Rules) -> go.Figure:
    """What time without practice leaves of ``score`` over ``longest`` days, marked after ``days`` of them."""
    at = np.linspace(0.0, longest, POINTS)
    left = retained(score, rules.decay_factor, at, period_days=rules.decay_period_days)
    now = float(retained(score, rules.decay_factor, days, period_days=rules.decay_period_days))
    line: Trace = {
        "type": "scatter", "mode": "lines", "x": at, "y": left, "line": {"color": COLOURS[0], "width": 2.25},
        "hovertemplate": "%{y:.0%} after %{x:.0f} days<extra></extra>",
    }  # fmt: skip
    mark: Trace = {
        "type": "scatter", "mode": "markers", "x": [days], "y": [now], "hoverinfo": "skip", "cliponaxis": False,
        "marker": {"color": COLOURS[0], "size": 11},
    }  # fmt: skip
    axis = {
        "range": [-0.02 * longest, 1.04 * longest], "showgrid": False, "zeroline": False, "tickfont": TICKS, "nticks": 6,
        "title": {"text": "days without practice", "font": TICKS},
    }  # fmt: skip
    side = "right" if days < 0.85 * longest else "left"
    return drawn([line, mark, _texts([_value(now, days, side)])], _layout(axis, rules))


def _value(score: float, at: float, side: str) -> tuple[float, float, str, str]:
    """A score beside its mark, with room for it."""
    text = f"<b>{score:.0%}</b>"
    return at, score, f"\u2003{text}" if side == "right" else f"{text}\u2002", f"top {side}"


def _texts(labels: list[tuple[float, float, str, str]]) -> Trace:
    at, score, text, place = (list(column) for column in zip(*labels, strict=True))
    return {
        "type": "scatter", "mode": "text", "x": at, "y": score, "text": text, "textposition": place,
        "textfont": {"size": 13}, "hoverinfo": "skip", "cliponaxis": False,
    }  # fmt: skip


def _layout(xaxis: dict[str, Any], rules: Rules) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 8, "b": 8, "pad": 0},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"fixedrange": True, "automargin": True} | xaxis,
        "yaxis": {
            "range": [-0.03, 1.08],
            "fixedrange": True,
            "tickvals": [0, rules.weak_below, rules.mastered_from, 1],
            "tickformat": ".0%",
            "tickfont": TICKS,
            "gridcolor": FAINT,
            "zeroline": False,
            "automargin": True,
            "ticklabelstandoff": 8,
        },
        "shapes": [_level(rules.weak_below), _level(rules.mastered_from)],
        "annotations": [_name(rules.mastered_from, "mastered"), _name(rules.weak_below, "weak below")],
    }


def _level(score: float) -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": score, "y1": score, "layer": "below",
        "line": {"color": MUTED, "width": 1, "dash": "dash"},
    }  # fmt: skip


def _name(score: float, text: str) -> dict[str, Any]:
    above = text == "mastered"
    return {
        "text": text, "xref": "paper", "x": 1, "y": score, "xanchor": "right", "yanchor": "bottom" if above else "top",
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip
