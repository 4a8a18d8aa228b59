"""Standing: every concept now against how it stood when last practised, weakest first."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import RULE, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS, BAND_WORDS
from mastery_core.model import ConceptMastery
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, Band, bands

ROW = 40
AXIS_HEIGHT = 24
ROWS_A_PAGE = 20
NAME_COLUMNS = 50
# A row is 1 high, counted downwards: its name stands above the middle, its bar below. Bars end where numbers begin.
NAME_ABOVE, BAR_BELOW, BAR = 0.2, 0.2, 0.24
BARS_END, NUMBERS_AT = 0.84, 1.01
HEADING = 0.7

BARS: Trace = {"type": "bar", "orientation": "h", "width": BAR}
TEXTS: Trace = {
    "type": "scatter",
    "mode": "text",
    "textposition": "middle right",
    "textfont": {"size": 13},
    "hoverinfo": "skip",
    "cliponaxis": False,
}

Floats = NDArray[np.float64]
Bands = NDArray[np.object_]


def standing(
    masteries: Sequence[ConceptMastery],
    *,
    page: int = 1,
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
) -> go.Figure:
    """One row a concept: its name over a bar of mastery now, and in the same colour, paler, what was forgotten since.

    Weakest first; those without enough data hollow and apart at the end. ``ROWS_A_PAGE`` of them, from page 1 on.
    """
    shown = in_order(masteries)[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    band = bands([m.mastery_score for m in shown], [m.observations for m in shown], weak=weak, mastered=mastered)
    place = _places(band)
    traces = [
        _bars_now(shown, band, place),
        _bars_forgotten(shown, band, place),
        _names(shown, place),
        _numbers(shown, band, place),
    ]
    return drawn(traces, _layout(place, band, weak, mastered))


def in_order(masteries: Iterable[ConceptMastery]) -> list[ConceptMastery]:
    """Weakest first, those without enough data after all others."""
    return sorted(masteries, key=lambda m: (m.observations < ENOUGH_OBSERVATIONS, m.mastery_score, m.concept_tag))


def page_count(concepts: int) -> int:
    return max(1, -(-concepts // ROWS_A_PAGE))


def _places(band: Bands) -> Floats:
    """Where each row stands, counted from the top; a gap with a heading goes before those without enough data."""
    unknown = band == Band.NOT_ENOUGH_DATA
    return np.arange(band.size, dtype=np.float64) + np.where(unknown, HEADING, 0.0)


def _bars_now(shown: Sequence[ConceptMastery], band: Bands, place: Floats) -> Trace:
    colours = [BAND_COLOURS[each] for each in band]
    hollow = band == Band.NOT_ENOUGH_DATA
    return BARS | {
        "x": np.array([m.mastery_score for m in shown]),
        "y": place + BAR_BELOW,
        "marker": {
            "color": np.where(hollow, "rgba(0,0,0,0)", colours),
            "line": {"color": colours, "width": np.where(hollow, 1.5, 0.0)},
            "cornerradius": 3,
        },
        "hovertext": [_hover(m, each) for m, each in zip(shown, band, strict=True)],
        "hoverinfo": "text",
    }


def _bars_forgotten(shown: Sequence[ConceptMastery], band: Bands, place: Floats) -> Trace:
    now = np.array([m.mastery_score for m in shown])
    forgotten = np.array([m.stored_score for m in shown]) - now
    forgotten[band == Band.NOT_ENOUGH_DATA] = 0.0
    return BARS | {
        "x": forgotten,
        "base": now,
        "y": place + BAR_BELOW,
        "marker": {
            "color": [BAND_COLOURS[each] for each in band],
            "opacity": 0.22,
            "line": {"width": 0},
            "cornerradius": 3,
        },
        "hoverinfo": "skip",
    }


def _names(shown: Sequence[ConceptMastery], place: Floats) -> Trace:
    short = shortened([m.concept_tag for m in shown], NAME_COLUMNS)
    return TEXTS | {
        "x": np.zeros(place.size),
        "y": place - NAME_ABOVE,
        "text": [as_text(name) for name in short],
    }


def _numbers(shown: Sequence[ConceptMastery], band: Bands, place: Floats) -> Trace:
    return TEXTS | {
        "x": np.full(place.size, NUMBERS_AT),
        "y": place + BAR_BELOW,
        "text": [f"{BAND_GLYPHS[each]} {m.mastery_score:.0%}" for m, each in zip(shown, band, strict=True)],
    }


def _hover(mastery: ConceptMastery, band: Band) -> str:
    answers = f"{mastery.observations} observation{'' if mastery.observations == 1 else 's'}"
    return (
        f"<b>{wrapped(mastery.concept_tag)}</b><br>{mastery.mastery_score:.0%} now, {BAND_WORDS[band]}<br>"
        f"{mastery.stored_score:.0%} when last practised<br>{answers}"
    )


def _layout(place: Floats, band: Bands, weak: float, mastered: float) -> dict[str, Any]:
    last = float(place[-1]) if place.size else 0.0
    unknown = place[band == Band.NOT_ENOUGH_DATA]
    heading = {
        "text": f"Not enough data yet: fewer than {ENOUGH_OBSERVATIONS} observations", "showarrow": False,
        "x": 0, "xanchor": "left", "y": float(unknown[0]) - 0.5 - HEADING / 2 if unknown.size else 0,
        "font": {"size": 12}, "opacity": 0.75,
    }  # fmt: skip
    return {
        "height": round(ROW * (last + 1)) + AXIS_HEIGHT,
        "margin": {"l": 0, "r": 0, "t": AXIS_HEIGHT, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "showlegend": False,
        "xaxis": {
            "range": [0, 1 / BARS_END],
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
