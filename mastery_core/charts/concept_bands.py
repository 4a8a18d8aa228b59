"""The concepts of a cohort: how many learners are in which band of each."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, INK, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, Band, bands

ROW = 50
HEADINGS_HEIGHT, LEGEND_HEIGHT = 24, 44
NAME_COLUMNS = 44
# A row is 1 high, counted downwards: its name stands above the middle, its bar below. Bars end where numbers begin.
NAME_ABOVE, BAR_BELOW, BAR = 0.25, 0.2, 0.46
BARS_END, NUMBERS_AT = 0.82, 1.03
# A part of a bar that is wide enough, as a share of the longest, has its sign before its number.
ROOM_FOR_SIGN, LEAST_TEXT = 0.14, 11
COLUMNS = {
    Band.WEAK: "weak",
    Band.DEVELOPING: "developing",
    Band.MASTERED: "mastered",
    Band.NOT_ENOUGH_DATA: "apart",
}
# What can be read on each colour.
INSIDE = {Band.WEAK: "#000", Band.DEVELOPING: "#fff", Band.MASTERED: "#000", Band.NOT_ENOUGH_DATA: INK}

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def concept_bands(concepts: pd.DataFrame, *, weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM) -> go.Figure:
    """One row a concept, in the order given: its name over a bar of its learners by band, the mean score at the end.

    Columns of ``concepts``: ``concept``, the counts ``learners``, ``weak``, ``developing``, ``mastered`` and ``apart`` (under 3
    observations, drawn hollow and last), and ``mean``, a share, NaN where all are apart. All bars have one scale, learners.
    """
    place = np.arange(len(concepts), dtype=np.float64)
    most = max(int(concepts["learners"].max()), 1) if len(concepts) else 1
    names = _band_names(weak, mastered)
    counts = np.array([concepts[column].to_numpy(dtype=np.int64) for column in COLUMNS.values()])
    base = np.cumsum(counts, axis=0) - counts
    traces = [
        _bars(band, counts[row], base[row], place, most) | {"name": names[band]} for row, band in enumerate(COLUMNS)
    ]
    traces[0] |= {"hovertext": [_hover(row) for row in concepts.to_dict("records")], "hoverinfo": "text"}
    mean = concepts["mean"].to_numpy(dtype=np.float64)
    texts = [_names(concepts["concept"].tolist(), place), _means(mean, place, most, weak, mastered)]
    return drawn([*traces, *texts], _layout(len(concepts), most))


def _band_names(weak: float, mastered: float) -> dict[Band, str]:
    """Short enough to stand in two columns on a phone."""
    words = {
        Band.WEAK: f"weak: under {weak:.0%}",
        Band.DEVELOPING: "developing",
        Band.MASTERED: f"mastered: {mastered:.0%}+",
        Band.NOT_ENOUGH_DATA: str(Band.NOT_ENOUGH_DATA),
    }
    return {band: f"{BAND_GLYPHS[band]} {text}" for band, text in words.items()}


def _bars(band: Band, counts: Counts, base: Counts, place: Floats, most: int) -> Trace:
    hollow = band is Band.NOT_ENOUGH_DATA
    return {
        "type": "bar",
        "orientation": "h",
        "x": counts,
        "base": base,
        "y": place + BAR_BELOW,
        "width": BAR,
        "marker": {
            "color": "rgba(0,0,0,0)" if hollow else BAND_COLOURS[band],
            "line": {"color": BAND_COLOURS[band], "width": 1.5 if hollow else 0},
        },
        "text": [_inside(band, int(count), most) for count in counts],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"size": 12, "color": INSIDE[band]},
        "hoverinfo": "skip",
    }


def _inside(band: Band, count: int, most: int) -> str:
    """The number where there is one; Plotly leaves it out where the part of the bar has no room for it."""
    if not count:
        return ""
    return f"{BAND_GLYPHS[band]} {count:,}" if count >= ROOM_FOR_SIGN * most else f"{count:,}"


def _hover(row: dict[Any, Any]) -> str:
    mean = "" if np.isnan(row["mean"]) else f", mean {row['mean']:.0%}"
    learners = f"{row['learners']:,} learner{'' if row['learners'] == 1 else 's'}"
    parts = "<br>".join(f"{BAND_GLYPHS[band]} {row[column]:,} {band}" for band, column in COLUMNS.items())
    return f"<b>{wrapped(row['concept'])}</b><br>{learners}{mean}<br>{parts}"


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
        "showlegend": False,
    }


def _names(concepts: list[str], place: Floats) -> Trace:
    names = [as_text(name) for name in shortened(concepts, NAME_COLUMNS)]
    return _texts(np.zeros(place.size), place - NAME_ABOVE, names)


def _means(mean: Floats, place: Floats, most: int, weak: float, mastered: float) -> Trace:
    band = bands(mean, np.full(mean.size, ENOUGH_OBSERVATIONS), weak=weak, mastered=mastered)
    texts = [
        "—" if np.isnan(share) else f"{BAND_GLYPHS[each]} {share:.0%}" for share, each in zip(mean, band, strict=True)
    ]
    return _texts(np.full(place.size, NUMBERS_AT * most), place + BAR_BELOW, texts)


def _layout(rows: int, most: int) -> dict[str, Any]:
    top = LEGEND_HEIGHT + HEADINGS_HEIGHT
    return {
        "height": ROW * max(rows, 1) + top,
        "margin": {"l": 0, "r": 0, "t": top, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "uirevision": "kept",
        # What does not fit at this size is left out, however wide the page is.
        "uniformtext": {"mode": "hide", "minsize": LEAST_TEXT},
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 0, "xref": "container", "yref": "container", "y": 1, "yanchor": "top",
            "traceorder": "normal", "itemclick": False, "itemdoubleclick": False, "font": {"size": 12},
        },
        "xaxis": {
            "range": [-0.005 * most, most / BARS_END],
            "fixedrange": True,
            "tickvals": [0, most],
            "showticklabels": False,
            "gridcolor": FAINT,
            "showgrid": True,
            "zeroline": False,
        },
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
        "annotations": [
            _heading(f"{most:,} learner{'' if most == 1 else 's'}", most, "right"),
            _heading("mean", NUMBERS_AT * most, "left"),
        ],
    }  # fmt: skip


def _heading(text: str, at: float, side: str) -> dict[str, Any]:
    return {
        "text": text, "x": at, "xanchor": side, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False,
        "font": {"size": 12},
    }  # fmt: skip
