"""Two groups side by side: what the second has more than the first, a row a concept, with its interval."""

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
# A row is 1 high, counted downwards: its name stands above the middle, its interval below. Those end where numbers begin.
NAME_ABOVE, INTERVAL_BELOW, TRACK = 0.24, 0.2, 0.36
INTERVALS_END, NUMBERS_AT = 0.82, 1.03
LEAST_SPAN, SPARE = 10.0, 0.04  # in points; as a share of the span
STEPS, MOST_TICKS = (1, 2, 5, 10, 20, 25, 50), 5
ROOM_FOR_HEADING = 0.22
CLEAR, UNSURE = "◆", "◇"

Floats = NDArray[np.float64]
Span = tuple[float, float]


def differences(
    rows: pd.DataFrame, *, page: int = 1, sides: tuple[str, str] = ("the first", "the second")
) -> go.Figure:
    """One row a concept, in the order given: its name over the interval of the difference, a mark where the difference is.

    ``rows`` are those that ``comparison.compare`` compared, ``ROWS_A_PAGE`` of them from page 1 on; all pages have one scale, in
    points. Where the interval leaves 0 out the mark is full and the line strong, else the mark is hollow and the line thin.
    ``sides`` are what the labels call the two.
    """
    shown = rows.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    place, clear = np.arange(len(shown), dtype=np.float64), shown["clear"].to_numpy(dtype=bool)
    low, middle, high = (_in_points(shown[name]) for name in ("low", "difference", "high"))
    span = _span(rows)
    traces = [_tracks(shown, place, span, sides)]
    for which, sure in ((~clear, False), (clear, True)):
        traces.append(_lines(low[which], high[which], place[which], sure=sure))
        traces.append(_marks(middle[which], place[which], sure=sure))
    texts = [_names(shown["concept"].tolist(), place, span), _numbers(middle, clear, place, span)]
    return drawn([*traces, *texts], _layout(len(shown), span))


def page_count(concepts: int) -> int:
    return max(1, -(-concepts // ROWS_A_PAGE))


def _in_points(shares: pd.Series) -> Floats:
    return shares.to_numpy(dtype=np.float64) * 100


def _span(rows: pd.DataFrame) -> Span:
    """From where to where the intervals of all rows go, 0 among them, with a little to spare."""
    lowest, highest = _in_points(rows["low"]).min(initial=0.0), _in_points(rows["high"]).max(initial=0.0)
    missing = max(0.0, LEAST_SPAN - (highest - lowest)) / 2
    spare = SPARE * max(highest - lowest, LEAST_SPAN)
    return float(lowest - missing - spare), float(highest + missing + spare)


def _tracks(shown: pd.DataFrame, place: Floats, span: Span, sides: tuple[str, str]) -> Trace:
    """The whole way from end to end, which also carries the label."""
    return {
        "type": "bar",
        "orientation": "h",
        "base": np.full(place.size, span[0]),
        "x": np.full(place.size, span[1] - span[0]),
        "y": place + INTERVAL_BELOW,
        "width": TRACK,
        "marker": {"color": FAINT, "line": {"width": 0}, "cornerradius": 3},
        "hoverinfo": "text",
        "hovertext": [_hover(row, sides) for row in shown.to_dict("records")],
    }


def _lines(low: Floats, high: Floats, place: Floats, *, sure: bool) -> Trace:
    gaps, height = np.full(place.size, np.nan), place + INTERVAL_BELOW
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.column_stack([low, high, gaps]).ravel(),
        "y": np.column_stack([height, height, gaps]).ravel(),
        "line": {"color": COLOURS[0] if sure else MUTED, "width": 4 if sure else 1.5},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _marks(middle: Floats, place: Floats, *, sure: bool) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": middle,
        "y": place + INTERVAL_BELOW,
        "marker": {
            "symbol": "diamond" if sure else "diamond-open",
            "color": COLOURS[0] if sure else MUTED,
            "size": 13 if sure else 11,
            "opacity": 1,
            "line": {"width": 0 if sure else 2},
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


def _names(concepts: list[str], place: Floats, span: Span) -> Trace:
    names = [as_text(name) for name in shortened(concepts, NAME_COLUMNS)]
    return _texts(np.full(place.size, span[0]), place - NAME_ABOVE, names)


def _numbers(middle: Floats, clear: NDArray[np.bool_], place: Floats, span: Span) -> Trace:
    at = span[0] + NUMBERS_AT * (span[1] - span[0])
    texts = [f"{CLEAR if sure else UNSURE} {_signed(points)}" for points, sure in zip(middle, clear, strict=True)]
    return _texts(np.full(place.size, at), place + INTERVAL_BELOW, texts)


def _hover(row: dict[Any, Any], sides: tuple[str, str]) -> str:
    means = [
        f"{wrapped(side)}: {row[f'mean_{which}']:.0%}, {row[f'learners_{which}']:,} learners"
        for side, which in zip(sides, ("first", "second"), strict=True)
    ]
    low, middle, high = (_signed(row[name] * 100, 1) for name in ("low", "difference", "high"))
    sure = "" if row["clear"] else ": it may be chance"
    difference = f"difference {middle} points, between {low} and {high}{sure}"
    return "<br>".join([f"<b>{wrapped(row['concept'])}</b>", *means, difference])


def _signed(points: float, digits: int = 0) -> str:
    return f"{points:+.{digits}f}".replace("-", "−") if round(points, digits) else "0"


def _ticks(span: Span) -> list[int]:
    length = span[1] - span[0]
    step = next((each for each in STEPS if length / each <= MOST_TICKS), STEPS[-1])
    return list(range(-int(-span[0] // step) * step, int(span[1]) + 1, step))


def _layout(rows: int, span: Span) -> dict[str, Any]:
    ticks = _ticks(span)
    return {
        "height": ROW * max(rows, 1) + HEADINGS_HEIGHT,
        "margin": {"l": 0, "r": 0, "t": HEADINGS_HEIGHT, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "y",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": {
            "range": [span[0], span[0] + (span[1] - span[0]) / INTERVALS_END],
            "fixedrange": True,
            "side": "top",
            "tickvals": ticks,
            "ticktext": [_signed(tick) for tick in ticks],
            "tickfont": TICKS,
            "showgrid": True,
            "gridcolor": FAINT,
            "zeroline": True,
            "zerolinecolor": MUTED,
            "zerolinewidth": 1.5,
        },
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
        "annotations": _headings(span),
    }


def _headings(span: Span) -> list[dict[str, Any]]:
    """What lies on either side of 0, where there is room to say it."""
    length = span[1] - span[0]
    sides = ((-span[0], "◂ lower", "right", -10), (span[1], "higher ▸", "left", 10))
    return [
        {
            "text": text, "x": 0, "xanchor": anchor, "xshift": shift, "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 22,
            "showarrow": False, "font": {"size": 12},
        }
        for room, text, anchor, shift in sides
        if room / length >= ROOM_FOR_HEADING
    ]  # fmt: skip
