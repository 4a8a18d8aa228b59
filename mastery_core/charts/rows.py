"""What charts of named rows share: a name, below it a track with what is drawn on it, a number at the right.

A row is 1 high, counted downwards. ``place`` are the numbers of the rows, ``span`` from where to where a track goes, in the unit of the x axis.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, INK, TICKS, Trace
from mastery_core.charts.names import as_text, shortened

ROW, ROWS_A_PAGE = 46, 20
NAME_COLUMNS = 44
# The name stands above the middle of its row, the track below.
NAME_ABOVE, TRACK_BELOW, TRACK = 0.24, 0.2, 0.36
NUMBERS_AT = 1.03  # as a share of the span
SPARE = 0.04

Floats = NDArray[np.float64]
Span = tuple[float, float]


def page_count(rows: int) -> int:
    return max(1, -(-rows // ROWS_A_PAGE))


def of_page(rows: pd.DataFrame, page: int) -> tuple[pd.DataFrame, Floats]:
    """The rows of a page, which are counted from 1 on, and the place of each."""
    shown = rows.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return shown, np.arange(len(shown), dtype=np.float64)


def span_around_zero(low: Floats, high: Floats, least: float) -> Span:
    """From the lowest to the highest, 0 among them, with a little to spare; at least so long."""
    lowest, highest = low.min(initial=0.0), high.max(initial=0.0)
    missing, spare = max(0.0, least - (highest - lowest)) / 2, SPARE * max(highest - lowest, least)
    return float(lowest - missing - spare), float(highest + missing + spare)


def signed(points: float, digits: int = 0) -> str:
    """With a sign that is as wide as the plus; nothing is 0."""
    return f"{points:+.{digits}f}".replace("-", "−") if round(points, digits) else "0"


def bars(begins: Floats, ends: Floats, place: Floats, *, width: float, colour: str) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "base": begins,
        "x": ends - begins,
        "y": place + TRACK_BELOW,
        "width": width,
        "marker": {"color": colour, "line": {"width": 0}, "cornerradius": 3},
        "hoverinfo": "skip",
    }


def tracks(place: Floats, span: Span, hovertext: list[str]) -> Trace:
    """The whole way from end to end, which also carries the labels."""
    whole = bars(np.full(place.size, span[0]), np.full(place.size, span[1]), place, width=TRACK, colour=FAINT)
    return whole | {"hoverinfo": "text", "hovertext": hovertext}


def lines(low: Floats, high: Floats, place: Floats, *, width: float, colour: str) -> Trace:
    """From one end to the other, on the track."""
    height = place + TRACK_BELOW
    return _apart([low, high], [height, height], width, colour) | {"cliponaxis": False}


def strokes(at: float, place: Floats, *, width: float, colour: str) -> Trace:
    """The same place of every track, as a stroke a row, so that none runs through a name."""
    height, everywhere = place + TRACK_BELOW, np.full(place.size, at)
    return _apart([everywhere, everywhere], [height - TRACK / 2, height + TRACK / 2], width, colour)


def marks(at: Floats, place: Floats, marker: dict[str, Any]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": at,
        "y": place + TRACK_BELOW,
        "marker": {"opacity": 1} | marker,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def names(called: list[str], place: Floats, span: Span) -> Trace:
    return _texts(span[0], place - NAME_ABOVE, [as_text(name) for name in shortened(called, NAME_COLUMNS)])


def notes(said: Sequence[str], place: Floats, span: Span) -> Trace:
    """What stands on a track that nothing is drawn on."""
    return _texts(span[0] + SPARE / 2 * (span[1] - span[0]), place + TRACK_BELOW, said)


def numbers(said: Sequence[str], place: Floats, span: Span) -> Trace:
    return _texts(span[0] + NUMBERS_AT * (span[1] - span[0]), place + TRACK_BELOW, said)


def row_layout(rows: int, span: Span, ticks: dict[str, Any], *, tracks_end: float, headings: int) -> dict[str, Any]:
    """Of so many rows: ``ticks`` as Plotly takes them; tracks end at that share of the width, ``headings`` are so many pixels high."""
    return {
        "height": ROW * max(rows, 1) + headings,
        "margin": {"l": 0, "r": 0, "t": headings, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": ticks | {
            "range": [span[0], span[0] + (span[1] - span[0]) / tracks_end],
            "fixedrange": True,
            "side": "top",
            "tickfont": TICKS,
            "showgrid": True,
            "gridcolor": FAINT,
            "zeroline": False,
        },
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
    }  # fmt: skip


def _apart(x: list[Floats], y: list[Floats], width: float, colour: str) -> Trace:
    """A line a row from the first to the second of either."""
    gaps = np.full(x[0].size, np.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.column_stack([*x, gaps]).ravel(),
        "y": np.column_stack([*y, gaps]).ravel(),
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _texts(at: float, height: Floats, texts: Sequence[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "text",
        "x": np.full(height.size, at),
        "y": height,
        "text": list(texts),
        "textposition": "middle right",
        "textfont": {"size": 13, "color": INK},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
