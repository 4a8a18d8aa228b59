"""How a velocity lies among learners, a row a group: the middle half as a box, all but a tenth on each side as a line. No learner alone."""

from math import ceil, floor, log10
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, INK, MUTED, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import COLOURS

ROW = 46
HEADINGS_HEIGHT = 46
ROWS_A_PAGE = 20
NAME_COLUMNS = 44
# A row is 1 high, counted downwards: its name stands above the middle, its box below. Boxes end where numbers begin.
NAME_ABOVE, BOX_BELOW, TRACK, BOX = 0.24, 0.2, 0.36, 0.24
BOXES_END, NUMBERS_AT = 0.8, 1.03
LEAST_SPAN, SPARE = 0.1, 0.04  # in points; as a share of the span
MOST_TICKS = 5
MEDIAN_SIZE, MEDIAN_WIDTH = 20, 4

Floats = NDArray[np.float64]
Span = tuple[float, float]


def velocity_boxes(groups: pd.DataFrame, unit: str, *, page: int = 1) -> go.Figure:
    """One row a group, in the order given: its name over a line from the 10th to the 90th percentile of its learners, a box from the 25th
    to the 75th, a mark at the median, whose number stands at the right.

    ``groups`` has ``group`` (what it is called), ``learners``, ``events``, ``mean`` and ``p10``, ``p25``, ``p50``, ``p75``, ``p90`` (shares
    of a score), and no group that is withheld; ``ROWS_A_PAGE`` of them are drawn from page 1 on. All pages have one scale, in points;
    ``unit`` is what they are gained in: "a day".
    """
    shown = groups.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    place = np.arange(len(shown), dtype=np.float64)
    span = _span(groups)
    p10, p25, p50, p75, p90 = (_in_points(shown[name]) for name in ("p10", "p25", "p50", "p75", "p90"))
    hover = [_hover(row, unit) for row in shown.to_dict("records")]
    traces = [
        _bars(np.full(place.size, span[0]), np.full(place.size, span[1]), place, width=TRACK, colour=FAINT)
        | {"hoverinfo": "text", "hovertext": hover},
        _lines(p10, p90, place),
        _bars(p25, p75, place, width=BOX, colour=COLOURS[0]) | {"hoverinfo": "skip"},
        _medians(p50, place),
        _names(shown["group"].tolist(), place, span),
        _numbers(p50, place, span),
        _zero(place),
    ]
    return drawn(traces, _layout(len(shown), span, unit))


def page_count(groups: int) -> int:
    return max(1, -(-groups // ROWS_A_PAGE))


def _in_points(shares: pd.Series) -> Floats:
    return shares.to_numpy(dtype=np.float64) * 100


def _span(groups: pd.DataFrame) -> Span:
    """From where to where the lines of all groups go, 0 among them, with a little to spare."""
    lowest, highest = _in_points(groups["p10"]).min(initial=0.0), _in_points(groups["p90"]).max(initial=0.0)
    missing = max(0.0, LEAST_SPAN - (highest - lowest)) / 2
    spare = SPARE * max(highest - lowest, LEAST_SPAN)
    return float(lowest - missing - spare), float(highest + missing + spare)


def _bars(begins: Floats, ends: Floats, place: Floats, *, width: float, colour: str) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "base": begins,
        "x": ends - begins,
        "y": place + BOX_BELOW,
        "width": width,
        "marker": {"color": colour, "line": {"width": 0}, "cornerradius": 3},
    }


def _lines(low: Floats, high: Floats, place: Floats) -> Trace:
    gaps, height = np.full(place.size, np.nan), place + BOX_BELOW
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.column_stack([low, high, gaps]).ravel(),
        "y": np.column_stack([height, height, gaps]).ravel(),
        "line": {"color": MUTED, "width": 2},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _medians(median: Floats, place: Floats) -> Trace:
    """An upright stroke, higher than the box, as dark or as light as text: it is seen where the box has no width too."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": median,
        "y": place + BOX_BELOW,
        "marker": {"symbol": "line-ns", "size": MEDIAN_SIZE, "opacity": 1, "line": {"width": MEDIAN_WIDTH, "color": INK}},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }  # fmt: skip


def _zero(place: Floats) -> Trace:
    """Where nothing is gained: a stroke a row, so that none runs through a name."""
    gaps, height = np.full(place.size, np.nan), place + BOX_BELOW
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.zeros(3 * place.size),
        "y": np.column_stack([height - TRACK / 2, height + TRACK / 2, gaps]).ravel(),
        "line": {"color": MUTED, "width": 1.5},
        "hoverinfo": "skip",
    }


def _texts(at: float, height: Floats, texts: list[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "text",
        "x": np.full(height.size, at),
        "y": height,
        "text": texts,
        "textposition": "middle right",
        "textfont": {"size": 13, "color": INK},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _names(groups: list[str], place: Floats, span: Span) -> Trace:
    return _texts(span[0], place - NAME_ABOVE, [as_text(name) for name in shortened(groups, NAME_COLUMNS)])


def _numbers(median: Floats, place: Floats, span: Span) -> Trace:
    at = span[0] + NUMBERS_AT * (span[1] - span[0])
    return _texts(at, place + BOX_BELOW, [_signed(points, 2) for points in median.tolist()])


def _hover(row: dict[Any, Any], unit: str) -> str:
    p10, p25, p50, p75, p90, mean = (
        _signed(row[name] * 100, 2) for name in ("p10", "p25", "p50", "p75", "p90", "mean")
    )
    return "<br>".join(
        [
            f"<b>{wrapped(row['group'])}</b>",
            f"{row['learners']:,.0f} learners, {row['events']:,.0f} observations",
            f"median {p50} points {unit}",
            f"the middle half: {p25} to {p75}",
            f"all but a tenth on each side: {p10} to {p90}",
            f"mean {mean}",
        ]
    )


def _signed(points: float, digits: int) -> str:
    return f"{points:+.{digits}f}".replace("-", "−") if round(points, digits) else "0"


def _ticks(span: Span) -> dict[str, list[Any]]:
    """A few round numbers: 1, 2 or 5 times a power of ten apart."""
    rough = (span[1] - span[0]) / MOST_TICKS
    magnitude = 10.0 ** floor(log10(rough))
    step = next((each * magnitude for each in (1, 2, 5) if each * magnitude >= rough), 10 * magnitude)
    digits = max(0, ceil(-log10(step) - 1e-9))
    ticks = [number * step for number in range(ceil(span[0] / step), floor(span[1] / step) + 1)]
    return {"tickvals": ticks, "ticktext": [_signed(tick, digits) for tick in ticks]}


def _layout(rows: int, span: Span, unit: str) -> dict[str, Any]:
    heading = {
        "text": f"points {unit}", "x": span[0], "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 22,
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip
    return {
        "height": ROW * max(rows, 1) + HEADINGS_HEIGHT,
        "margin": {"l": 0, "r": 0, "t": HEADINGS_HEIGHT, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": _ticks(span) | {
            "range": [span[0], span[0] + (span[1] - span[0]) / BOXES_END],
            "fixedrange": True,
            "side": "top",
            "tickfont": TICKS,
            "showgrid": True,
            "gridcolor": FAINT,
            "zeroline": False,
        },
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
        "annotations": [heading],
    }  # fmt: skip
