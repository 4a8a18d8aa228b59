"""Me beside my group: own mastery against the middle half of the group's, a row a concept."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, INK, MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS
from mastery_core.placing import Place
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, Band, bands

ROW = 42
AXIS_HEIGHT = 24
ROWS_A_PAGE = 20
NAME_COLUMNS = 44
# A row is 1 high, counted downwards: its name stands above the middle, the group below. Scores end where numbers begin.
NAME_ABOVE, GROUP_BELOW, BAR = 0.22, 0.2, 0.3
SCORES_END, NUMBERS_AT = 0.82, 1.05
HEADING = 0.7
SYMBOLS = {
    Band.WEAK: "triangle-down",
    Band.DEVELOPING: "circle",
    Band.MASTERED: "star",
    Band.NOT_ENOUGH_DATA: "circle-open",
}
PLACE_WORDS = {
    Place.BELOW: "below the middle half, a good place to start",
    Place.WITHIN: "within the middle half",
    Place.ABOVE: "above the middle half",
    Place.UNKNOWN: "not enough data about you yet",
}

Floats = NDArray[np.float64]
Bands = NDArray[np.object_]


def beside_group(
    rows: pd.DataFrame, *, page: int = 1, weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM
) -> go.Figure:
    """One row a concept: the group's middle half as a band with its middle as a tick, and one's own score as a mark.

    ``rows`` as ``placing.beside`` makes them, ``ROWS_A_PAGE`` of them from page 1 on. The mark's colour and shape tell
    its band; without observations enough it is hollow and stands apart, and what is not begun has none.
    """
    shown = rows.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    band = bands(shown["score"], shown["observations"], weak=weak, mastered=mastered)
    place = _places(band)
    traces = [_tracks(shown, place), _halves(shown, place), _middles(shown, place), _marks(shown, band, place)]
    return drawn([*traces, _names(shown, place), _numbers(shown, band, place)], _layout(place, band, weak, mastered))


def page_count(concepts: int) -> int:
    return max(1, -(-concepts // ROWS_A_PAGE))


def _places(band: Bands) -> Floats:
    """Where each row stands, counted from the top; a gap with a heading goes before those without enough data."""
    unknown = band == Band.NOT_ENOUGH_DATA
    return np.arange(band.size, dtype=np.float64) + np.where(unknown, HEADING, 0.0)


def _bars(base: Floats, length: Floats, place: Floats, width: float, colour: str) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "base": base,
        "x": length,
        "y": place + GROUP_BELOW,
        "width": width,
        "marker": {"color": colour, "line": {"width": 0}, "cornerradius": 3},
        "hoverinfo": "skip",
    }


def _tracks(shown: pd.DataFrame, place: Floats) -> Trace:
    """The whole way from 0% to 100%, which also carries the label."""
    track = _bars(np.zeros(place.size), np.ones(place.size), place, BAR, FAINT)
    return track | {"hoverinfo": "text", "hovertext": [_hover(row) for row in shown.to_dict("records")]}


def _halves(shown: pd.DataFrame, place: Floats) -> Trace:
    lower, upper = (shown[name].to_numpy(dtype=np.float64) for name in ("lower", "upper"))
    return _bars(lower, upper - lower, place, BAR, RULE)


def _middles(shown: pd.DataFrame, place: Floats) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": shown["middle"].to_numpy(dtype=np.float64),
        "y": place + GROUP_BELOW,
        "marker": {"symbol": "line-ns", "size": 12, "line": {"color": MUTED, "width": 3}, "opacity": 1},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _marks(shown: pd.DataFrame, band: Bands, place: Floats) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": shown["score"].to_numpy(dtype=np.float64),
        "y": place + GROUP_BELOW,
        "marker": {
            "symbol": [SYMBOLS[each] for each in band],
            "color": [BAND_COLOURS[each] for each in band],
            "size": 13,
            "opacity": 1,
            "line": {"width": np.where(band == Band.NOT_ENOUGH_DATA, 2.0, 0.0)},
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _texts(at: Floats, place: Floats, texts: list[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "text",
        "x": at,
        "y": place,
        "text": texts,
        "textposition": "middle right",
        "textfont": {"size": 13, "color": INK},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _names(shown: pd.DataFrame, place: Floats) -> Trace:
    names = [as_text(name) for name in shortened(shown["concept"].tolist(), NAME_COLUMNS)]
    return _texts(np.zeros(place.size), place - NAME_ABOVE, names)


def _numbers(shown: pd.DataFrame, band: Bands, place: Floats) -> Trace:
    numbers = [
        "—" if np.isnan(score) else f"{BAND_GLYPHS[each]} {score:.0%}"
        for score, each in zip(shown["score"], band, strict=True)
    ]
    return _texts(np.full(place.size, NUMBERS_AT), place + GROUP_BELOW, numbers)


def _hover(row: dict[Any, Any]) -> str:
    you = f"you {row['score']:.0%}, {PLACE_WORDS[row['place']]}" if row["observations"] else "you had not begun yet"
    half = f"middle half {row['lower']:.0%} to {row['upper']:.0%}, middle {row['middle']:.0%}"
    return f"<b>{wrapped(row['concept'])}</b><br>{you}<br>{half}<br>{row['learners']} learners"


def _layout(place: Floats, band: Bands, weak: float, mastered: float) -> dict[str, Any]:
    last = float(place[-1]) if place.size else 0.0
    unknown = place[band == Band.NOT_ENOUGH_DATA]
    heading = {
        "text": f"Fewer than {ENOUGH_OBSERVATIONS} observations of yours", "showarrow": False,
        "x": 0, "xanchor": "left", "y": float(unknown[0]) - 0.5 - HEADING / 2 if unknown.size else 0,
        "font": {"size": 12}, "opacity": 0.75,
    }  # fmt: skip
    return {
        "height": round(ROW * (last + 1)) + AXIS_HEIGHT,
        "margin": {"l": 0, "r": 0, "t": AXIS_HEIGHT, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": {
            "range": [-0.01, 1 / SCORES_END],
            "fixedrange": True,
            "side": "top",
            "tickvals": [0, weak, mastered, 1],
            "tickformat": ".0%",
            "tickfont": TICKS,
            "gridcolor": RULE,
            "griddash": "dot",
            "showgrid": True,
            "zeroline": False,
        },
        "yaxis": {"range": [last + 0.5, -0.5], "fixedrange": True, "visible": False},
        "annotations": [heading] if unknown.size else [],
    }
