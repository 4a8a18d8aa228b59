"""When a learner practises: a square for each hour of each weekday, the stronger the more was done."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from mastery_core.charts.figure import FAINT, TICKS, Trace, drawn
from mastery_core.rhythm import WEEKDAYS, Counts

ROW, AXES_HEIGHT, SCALE_HEIGHT = 30, 28, 46
# Blue at part strength, so that little practice stands out from none on a light and on a dark page.
SCALE = [[0.0, "rgba(0, 114, 178, 0.28)"], [1.0, "rgba(0, 114, 178, 1)"]]
NONE = [[0.0, FAINT], [1.0, FAINT]]


def rhythm(counts: Counts) -> go.Figure:
    """Observations by weekday and hour (``mastery_core.rhythm.by_weekday_and_hour``), Monday at the top."""
    most = int(counts.max(initial=0))
    squares: Trace = {"type": "heatmap", "x": np.arange(24) + 0.5, "y": np.arange(len(WEEKDAYS)), "xgap": 2, "ygap": 2}
    texts = [[_hover(day, hour, int(counts[day, hour])) for hour in range(24)] for day in range(len(WEEKDAYS))]
    traces = [
        squares | {"z": np.zeros(counts.shape), "colorscale": NONE, "showscale": False, "hoverinfo": "skip"},
        squares
        | {
            "z": np.where(counts > 0, counts, np.nan), "zmin": 0 if most <= 1 else 1, "zmax": max(most, 1),
            "colorscale": SCALE, "showscale": most > 1, "colorbar": _scale(most), "text": texts, "hoverinfo": "text",
            "hoverongaps": False,
        },
    ]  # fmt: skip
    return drawn(traces, _layout(scaled=most > 1))


def _hover(day: int, hour: int, number: int) -> str:
    return f"{WEEKDAYS[day]}, {hour:02}:00 to {hour + 1:02}:00<br><b>{number:,} observation{'' if number == 1 else 's'}</b>"


def _scale(most: int) -> dict[str, Any]:
    return {
        "orientation": "h", "thickness": 10, "len": 0.5, "lenmode": "fraction", "x": 0, "xanchor": "left", "y": -0.16,
        "yanchor": "top", "tickvals": [1, most], "ticktext": ["1", f"{most:,} observations"], "tickfont": TICKS,
        "outlinewidth": 0, "xpad": 0, "ypad": 0, "ticks": "",
    }  # fmt: skip


def _layout(*, scaled: bool) -> dict[str, Any]:
    foot = SCALE_HEIGHT if scaled else 0
    return {
        "height": ROW * len(WEEKDAYS) + AXES_HEIGHT + foot,
        "margin": {"l": 40, "r": 4, "t": 0, "b": AXES_HEIGHT + foot, "pad": 0},
        "hovermode": "closest",
        "xaxis": {
            "range": [0, 24],
            "fixedrange": True,
            "tickvals": [0, 6, 12, 18],
            "ticktext": ["0:00", "6:00", "12:00", "18:00"],
            "tickfont": TICKS,
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "range": [len(WEEKDAYS) - 0.5, -0.5],
            "fixedrange": True,
            "tickvals": list(range(len(WEEKDAYS))),
            "ticktext": [day[:3] for day in WEEKDAYS],
            "tickfont": TICKS,
            "showgrid": False,
            "zeroline": False,
            "ticklabelstandoff": 6,
        },
    }
