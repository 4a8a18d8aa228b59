"""What all figures share: how they are put together, how they behave on a page, and whose clock they show."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

STILL = {"displayModeBar": False, "showAxisDragHandles": False, "scrollZoom": False, "doubleClick": False}
# The wheel goes on scrolling the page: whoever wants to look closer drags over the stretch of time.
ZOOMED = STILL | {"doubleClick": "reset"}

# Grey at part strength holds on a light and on a dark page, so figures need not know the theme; text takes its colour
# from the page.
FAINT = "rgba(128, 136, 148, 0.1)"
RULE = "rgba(128, 136, 148, 0.32)"
MUTED = "#7d8590"
# Text as dark, or as light, as the page's own: Streamlit puts that in the place of this colour of its Plotly theme
# (streamlit_plotly_theme.GRAY_90). Elsewhere it is what it says, nearly black.
INK = "#000037"

_SHARED: dict[str, Any] = {
    "dragmode": False,
    "font": {"size": 13, "color": INK},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hoverlabel": {"align": "left", "font": {"size": 13, "color": INK}},
}

TICKS = {"size": 12, "color": INK}

Trace = dict[str, Any]
Figure = go.Figure


def drawn(traces: list[Trace], layout: dict[str, Any]) -> go.Figure:
    """The figure of these traces. Unchecked here, which is five times as fast; a test checks each family."""
    return go.Figure(data=traces, layout=_SHARED | layout, _validate=False)


def zoomable(figure: go.Figure) -> go.Figure:
    """The figure so that dragging looks closer at a stretch of its x axis, which new data leave as it is."""
    layout = figure.layout
    layout.dragmode, layout.uirevision, layout.xaxis.fixedrange = "zoom", "kept", False
    return figure


def wall_clock(at: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """Seconds since 1970 UTC as what Plotly's date axes take: milliseconds of the wall clock in ``zone``."""
    moments = pd.DatetimeIndex(np.round(at * 1000).astype("datetime64[ms]"), tz="UTC")
    return moments.tz_convert(zone).tz_localize(None).as_unit("ms").asi8.astype(np.float64)
