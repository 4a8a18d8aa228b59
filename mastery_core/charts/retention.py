"""What is still known after a gap: right answers by the length of the gap, and the half-lives of concepts beside the one in force."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, INK, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.comparison import FEWEST

ROW, HEADINGS_HEIGHT = 46, 28
ROWS_A_PAGE = 20
NAME_COLUMNS = 44
# A row is 1 high, counted downwards: its name stands above the middle, its interval below. Those end where numbers begin.
NAME_ABOVE, INTERVAL_BELOW, TRACK = 0.24, 0.2, 0.36
INTERVALS_END, NUMBERS_AT = 0.78, 1.03
SPARE, LEAST_DECADES = 0.2, 2.0  # in powers of ten
DAYS = {
    1 / 86_400: "1 s", 1 / 1440: "1 min", 1 / 24: "1 h", 1.0: "1 d", 10.0: "10 d", 100.0: "100 d", 1_000.0: "1,000 d", 10_000.0: "10,000 d",
    100_000.0: "100,000 d",
}  # fmt: skip
MOST_TICKS = 5
NEVER = "no forgetting seen"
WITHHELD = f"withheld: under {FEWEST} learners, or nobody"

Floats = NDArray[np.float64]
Span = tuple[float, float]


def right_by_gap(rows: pd.DataFrame) -> go.Figure:
    """One row a class of gaps, in the order given: a dot at its rate of right answers, over its 95% interval.

    ``rows`` have the columns ``gap`` (what the class is called), ``answers``, ``right``, ``learners``, ``rate``, ``low``, ``high`` and
    ``withheld``. A class that is withheld says so, and has neither dot nor rate.
    """
    place, span = np.arange(len(rows), dtype=np.float64), (0.0, 1.0)
    withheld = rows["withheld"].to_numpy(dtype=bool)
    rate, low, high = (rows[name].to_numpy(dtype=np.float64) for name in ("rate", "low", "high"))
    told = ~withheld
    traces = [
        _tracks(place, span, [_gap_hover(row) for row in rows.to_dict("records")]),
        _lines(low[told], high[told], place[told]),
        _dots(rate[told], place[told], "circle"),
        _texts(np.zeros(len(rows)), place - NAME_ABOVE, [as_text(str(name)) for name in rows["gap"]]),
        _numbers(place[told], span, [f"{each:.0%}" for each in rate[told]]),
        _texts(np.full(withheld.sum(), 0.02), place[withheld] + INTERVAL_BELOW, [WITHHELD] * int(withheld.sum())),
    ]
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    return drawn(traces, _layout(len(rows), span, ticks, [f"{tick:.0%}" for tick in ticks]))


def half_lives(rows: pd.DataFrame, *, page: int = 1) -> go.Figure:
    """One row a concept, in the order given: a dot at its half-life over the 95% interval, and a stroke at the one in force.

    ``rows`` have the columns ``concept``, ``answers``, ``learners``, ``half_life_days``, ``low``, ``high``, ``half_life_in_force``, ``clear``
    and ``reason``; ``ROWS_A_PAGE`` of them from page 1 on. All pages have one scale, of days by powers of ten; what lies beyond it ends in
    an arrow. Where there is no half-life the row says why.
    """
    shown = rows.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    place, span, clear = np.arange(len(shown), dtype=np.float64), _span(rows), shown["clear"].to_numpy(dtype=bool)
    middle, low, high = (_powers(shown[name], span) for name in ("half_life_days", "low", "high"))
    known, beyond = _within(shown["half_life_days"]) & clear, ~_within(shown["half_life_days"]) & clear
    traces = [
        _tracks(place, span, [_half_life_hover(row) for row in shown.to_dict("records")]),
        _lines(low[clear], high[clear], place[clear]),
        _dots(middle[known], place[known], "circle"),
        _arrows(middle[beyond], place[beyond], span),
        _open_ends(low[clear], high[clear], place[clear], shown[clear]),
        _in_force(rows["half_life_in_force"], len(shown)),
        _texts(np.full(len(shown), span[0]), place - NAME_ABOVE, _names(shown["concept"].tolist())),
        _numbers(place[clear], span, [days(each) for each in shown["half_life_days"][clear]]),
        _texts(
            np.full(int((~clear).sum()), span[0] + 0.02 * (span[1] - span[0])),
            place[~clear] + INTERVAL_BELOW,
            [as_text(str(reason)) for reason in shown["reason"][~clear]],
        ),
    ]
    ticks = _ticks(span)
    return drawn(traces, _layout(len(shown), span, [float(np.log10(tick)) for tick in ticks], [DAYS[t] for t in ticks]))


def page_count(concepts: int) -> int:
    return max(1, -(-concepts // ROWS_A_PAGE))


def days(length: float) -> str:
    """A half-life in the unit that suits it."""
    if np.isinf(length):
        return "∞"
    if length < 1 / 1440:
        return f"{length * 86_400:.0f} s"
    if length < 1 / 24:
        return f"{length * 1440:.0f} min"
    if length < 1:
        return f"{length * 24:.1f} h"
    return f"{length:,.1f} d" if length < 100 else f"{length:,.0f} d"


def _within(length: pd.Series) -> NDArray[np.bool_]:
    """Which lengths have a place on a scale of powers: neither 0, nor infinite, nor unknown."""
    values = length.to_numpy(dtype=np.float64)
    within: NDArray[np.bool_] = np.isfinite(values) & (values > 0)
    return within


def _span(rows: pd.DataFrame) -> Span:
    """From where to where half-lives, their intervals and the one in force go, in powers of ten."""
    ends = [rows[name][_within(rows[name])] for name in ("low", "half_life_days", "high", "half_life_in_force")]
    values = np.log10(pd.concat(ends).to_numpy(dtype=np.float64))
    lowest, highest = (float(values.min()), float(values.max())) if values.size else (0.0, LEAST_DECADES)
    missing = max(0.0, LEAST_DECADES - (highest - lowest)) / 2 + SPARE
    return lowest - missing, highest + missing


def _powers(length: pd.Series, span: Span) -> Floats:
    """Powers of ten; what is 0 or infinite lies at that end of the span."""
    values = length.to_numpy(dtype=np.float64)
    powers = np.full(values.size, np.nan)
    within = _within(length)
    powers[within] = np.log10(values[within])
    powers[values == 0] = span[0]
    powers[np.isposinf(values)] = span[1]
    return powers


def _ticks(span: Span) -> list[float]:
    inside = [each for each in DAYS if span[0] <= np.log10(each) <= span[1]]
    return inside[:: max(1, -(-len(inside) // MOST_TICKS))]


def _tracks(place: Floats, span: Span, hovertext: list[str]) -> Trace:
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
        "hovertext": hovertext,
    }


def _lines(low: Floats, high: Floats, place: Floats) -> Trace:
    gaps, height = np.full(place.size, np.nan), place + INTERVAL_BELOW
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.column_stack([low, high, gaps]).ravel(),
        "y": np.column_stack([height, height, gaps]).ravel(),
        "line": {"color": COLOURS[0], "width": 4},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _dots(middle: Floats, place: Floats, symbol: str | list[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": middle,
        "y": place + INTERVAL_BELOW,
        "marker": {"symbol": symbol, "color": COLOURS[0], "size": 13, "opacity": 1, "line": {"width": 0}},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _arrows(middle: Floats, place: Floats, span: Span) -> Trace:
    """Half-lives beyond the scale, at that end of it."""
    return _dots(middle, place, ["triangle-left" if each <= span[0] else "triangle-right" for each in middle.tolist()])


def _open_ends(low: Floats, high: Floats, place: Floats, shown: pd.DataFrame) -> Trace:
    """Small arrows where an interval goes on without end."""
    down, up = ~_within(shown["low"]), ~_within(shown["high"])
    symbols = ["triangle-left"] * int(down.sum()) + ["triangle-right"] * int(up.sum())
    trace = _dots(np.concatenate([low[down], high[up]]), np.concatenate([place[down], place[up]]), symbols)
    return trace | {"marker": trace["marker"] | {"size": 10}}


def _in_force(in_force: pd.Series, rows: int) -> Trace:
    """A stroke a row, so that none runs through a name; none where nothing is forgotten by the rules in force."""
    there = in_force[_within(in_force)]
    height = np.arange(rows if len(there) else 0, dtype=np.float64) + INTERVAL_BELOW
    gaps = np.full(height.size, np.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [float(np.log10(each)) for each in there[:1]] * 3 * height.size,
        "y": np.column_stack([height - TRACK / 2, height + TRACK / 2, gaps]).ravel(),
        "hoverinfo": "skip",
        "line": {"color": COLOURS[1], "width": 2},
    }


def _texts(at: Floats, place: Floats, texts: Sequence[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "text",
        "x": at,
        "y": place,
        "text": list(texts),
        "textposition": "middle right",
        "textfont": {"size": 13, "color": INK},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _numbers(place: Floats, span: Span, texts: Sequence[str]) -> Trace:
    at = span[0] + NUMBERS_AT * (span[1] - span[0])
    return _texts(np.full(place.size, at), place + INTERVAL_BELOW, texts)


def _names(concepts: list[str]) -> list[str]:
    return [as_text(name) for name in shortened(concepts, NAME_COLUMNS)]


def _gap_hover(row: dict[Hashable, Any]) -> str:
    if row["withheld"]:
        return f"<b>{as_text(str(row['gap']))}</b><br>{WITHHELD}"
    return (
        f"<b>{as_text(str(row['gap']))}</b><br>{row['right']:,} of {row['answers']:,} right: {row['rate']:.1%}<br>"
        f"most likely {row['low']:.1%} to {row['high']:.1%}<br>{row['learners']:,} learners"
    )


def _half_life_hover(row: dict[Hashable, Any]) -> str:
    name = f"<b>{wrapped(str(row['concept']))}</b>"
    if not row["clear"]:
        return f"{name}<br>no half-life: {as_text(str(row['reason']))}"
    half = NEVER if np.isinf(row["half_life_days"]) else f"half-life {days(row['half_life_days'])}"
    return (
        f"{name}<br>{half}, most likely {days(row['low'])} to {days(row['high'])}<br>in force: {days(row['half_life_in_force'])}<br>"
        f"{row['answers']:,} answers of {row['learners']:,} learners"
    )


def _layout(rows: int, span: Span, ticks: list[float], texts: list[str]) -> dict[str, Any]:
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
            "ticktext": texts,
            "tickfont": TICKS,
            "showgrid": True,
            "gridcolor": FAINT,
            "zeroline": False,
        },
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
    }
