"""Own forgetting: how often answers were right, by the time since the concept was practised before."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.axes import shares
from mastery_core.charts.figure import MUTED, TICKS, Trace, drawn
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.velocity import LEGEND
from mastery_core.gaps import ENOUGH_ANSWERS

HEIGHT = 360
# Two rows of numbers stand below 0%: beside the dots they would run into each other on a phone.
RATES_AT, COUNTS_AT, BOTTOM, TOP = -0.12, -0.24, -0.3, 1.05
SHORT = ("under<br>1 hour", "1–24<br>hours", "1–3<br>days", "3–7<br>days", "7–14<br>days", "14–30<br>days", "over<br>30 days")  # fmt: skip


Floats = NDArray[np.float64]
Which = NDArray[np.bool_]


def gaps(rates: pd.DataFrame) -> go.Figure:
    """A dot with its 95% interval for each row of ``mastery_core.gaps.right_answer_rates``, its numbers below.

    Rows without answers enough are hollow and grey.
    """
    place = np.arange(len(rates), dtype=np.float64)
    enough = rates["enough"].to_numpy(dtype=bool)
    few = ~enough & (rates["graded"].to_numpy() > 0)
    traces = [_dots(rates, place, enough, "right answers, 95% interval", COLOURS[0], "circle")]
    if few.any():
        traces.append(_dots(rates, place, few, f"not enough answers (under {ENOUGH_ANSWERS})", MUTED, "circle-open"))
    shown = [f"{row['rate']:.0%}" if row["enough"] else "–" for row in rates.to_dict("records")]
    traces += [_row(place, RATES_AT, shown), _row(place, COUNTS_AT, [f"{number:,}" for number in rates["graded"]])]
    return drawn(traces, _layout(len(rates)))


def _dots(rates: pd.DataFrame, place: Floats, shown: Which, name: str, colour: str, symbol: str) -> Trace:
    rows, rate = rates[shown], rates["rate"].to_numpy()[shown]
    known = symbol == "circle"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": place[shown],
        "y": rate,
        "cliponaxis": False,
        "marker": {"color": colour, "symbol": symbol, "size": 11, "line": {"width": 0 if known else 2, "color": colour}},
        "error_y": {
            "type": "data", "symmetric": False, "array": rows["upper"].to_numpy() - rate,
            "arrayminus": rate - rows["lower"].to_numpy(), "color": colour, "thickness": 2 if known else 1, "width": 4,
        },
        "hovertext": [_hover(row) for row in rows.to_dict("records")],
        "hoverinfo": "text",
    }  # fmt: skip


def _row(place: Floats, at: float, texts: list[str]) -> Trace:
    return {
        "type": "scatter", "mode": "text", "x": place, "y": np.full(place.size, at), "hoverinfo": "skip",
        "text": texts, "textfont": {"size": 12}, "showlegend": False,
    }  # fmt: skip


def _hover(row: dict[Any, Any]) -> str:
    said = "" if row["enough"] else "<br>not enough answers to tell"
    return (
        f"<b>{row['gap']} since last practice</b><br>{row['correct']:,} of {row['graded']:,} right: {row['rate']:.0%}<br>"
        f"most likely {row['lower']:.0%} to {row['upper']:.0%}{said}"
    )


def _layout(classes: int) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 8, "t": 32, "b": 0, "pad": 0},
        "hovermode": "closest",
        "legend": LEGEND,
        "xaxis": {
            "range": [-0.5, classes - 0.3],
            "fixedrange": True,
            "tickvals": list(range(classes)),
            "ticktext": list(SHORT[:classes]),
            "tickfont": TICKS,
            "tickangle": 0,
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": shares(BOTTOM, TOP)
        | {
            "tickvals": [COUNTS_AT, RATES_AT, 0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["answers", "right", "0%", "25%", "50%", "75%", "100%"],
        },
    }
