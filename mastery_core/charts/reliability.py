"""Reliability: how often answers were right, by how sure the forecast was; what is well calibrated lies on the diagonal."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.axes import shares
from mastery_core.charts.figure import FAINT, INK, MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.velocity import LEGEND
from mastery_core.comparison import FEWEST

HEIGHT = 440
SMALLEST, LARGEST = 6.0, 18.0
EDGE = 0.03
WITHHELD = "withheld"


def reliability_curve(rows: pd.DataFrame) -> go.Figure:
    """A dot a class of forecasts, at its mean forecast and its rate of right answers, with the 95% interval; the larger, the more answers.

    ``rows`` have the columns ``begins``, ``ends``, ``learners``, ``answers``, ``right``, ``forecast``, ``rate``, ``low``, ``high`` and
    ``withheld``. A class that is withheld has a grey strip with that word, and no dot; one without answers has nothing.
    """
    told = rows[~rows["withheld"]]
    return drawn([_diagonal(), _line(told), _dots(told)], _layout(rows[rows["withheld"]]))


def _diagonal() -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "right as often as forecast", "hoverinfo": "skip",
        "line": {"color": MUTED, "width": 1.5, "dash": "dash"},
    }  # fmt: skip


def _line(told: pd.DataFrame) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": told["forecast"].to_numpy(), "y": told["rate"].to_numpy(), "hoverinfo": "skip",
        "line": {"color": RULE, "width": 2}, "showlegend": False,
    }  # fmt: skip


def _dots(told: pd.DataFrame) -> Trace:
    rate, low, high, answers = (told[name].to_numpy(dtype=np.float64) for name in ("rate", "low", "high", "answers"))
    sizes = np.maximum(LARGEST * np.sqrt(answers / max(float(answers.max(initial=0)), 1.0)), SMALLEST)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "right answers, 95% interval",
        "x": told["forecast"].to_numpy(),
        "y": rate,
        "cliponaxis": False,
        "marker": {"color": COLOURS[0], "size": sizes, "opacity": 1, "line": {"width": 0}},
        "error_y": {
            "type": "data", "symmetric": False, "array": high - rate, "arrayminus": rate - low, "color": COLOURS[0],
            "thickness": 1.5, "width": 3,
        },
        "hovertext": [_hover(row) for row in told.to_dict("records")],
        "hoverinfo": "text",
    }  # fmt: skip


def _hover(row: dict[Hashable, Any]) -> str:
    return (
        f"<b>forecast {row['begins']:.0%} to {row['ends']:.0%}</b>, {row['forecast']:.1%} on average<br>"
        f"{row['right']:,.0f} of {row['answers']:,} right: {row['rate']:.1%}<br>"
        f"most likely {row['low']:.1%} to {row['high']:.1%}<br>{row['learners']:,} learners"
    )


def _strips(withheld: pd.DataFrame) -> list[dict[str, Any]]:
    """Of fewer than ``FEWEST`` learners it is said that there is something, and not where."""
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": row["begins"], "x1": row["ends"], "y0": 0, "y1": 1,
            "fillcolor": FAINT, "line": {"width": 0}, "layer": "below",
            "label": {
                "text": f"{WITHHELD}: under {FEWEST} learners", "textangle": -90, "textposition": "middle center",
                "font": {"size": 12, "color": INK},
            },
        }
        for row in withheld.to_dict("records")
    ]  # fmt: skip


def _layout(withheld: pd.DataFrame) -> dict[str, Any]:
    axis = shares(-EDGE, 1 + EDGE)
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 48, "b": 0, "pad": 0},
        "hovermode": "closest",
        "uirevision": "kept",
        "showlegend": True,
        "legend": LEGEND,
        "shapes": _strips(withheld),
        "xaxis": axis | {"title": {"text": "the score before the answer", "font": TICKS}},
        "yaxis": axis | {"title": {"text": "right answers", "font": TICKS}},
    }
