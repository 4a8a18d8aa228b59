"""A sparkline: how one figure got where it is, in the space of a line."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.figure import drawn
from mastery_core.charts.palette import COLOURS

HEIGHT = 64


def sparkline(series: pd.Series) -> go.Figure:
    """A share by moment (a float series) as a small area, its last value marked."""
    at, values = np.arange(len(series), dtype=np.float64), series.to_numpy(dtype=np.float64)
    line = {
        "type": "scatter", "x": at, "y": values, "mode": "lines", "fill": "tozeroy", "hoverinfo": "skip",
        "line": {"color": COLOURS[0], "width": 1.5}, "fillcolor": "rgba(0, 114, 178, 0.12)", "showlegend": False,
    }  # fmt: skip
    end = {
        "type": "scatter", "x": at[-1:], "y": values[-1:], "mode": "markers", "hoverinfo": "skip",
        "marker": {"color": COLOURS[0], "size": 7}, "showlegend": False, "cliponaxis": False,
    }  # fmt: skip
    low, high = np.nanmin(values, initial=1.0), np.nanmax(values, initial=0.0)
    room = max((high - low) * 0.25, 0.01)
    layout = {
        "height": HEIGHT, "margin": {"l": 0, "r": 6, "t": 6, "b": 0},
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"visible": False, "fixedrange": True, "range": [low - room, high + room]},
    }  # fmt: skip
    return drawn([line, end], layout)
