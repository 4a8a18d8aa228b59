"""What is still known after a gap: right answers by the length of the gap, and the half-lives of concepts beside the one in force."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import Trace, drawn
from mastery_core.charts.names import as_text, wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.rows import (
    Floats,
    Span,
    lines,
    marks,
    names,
    notes,
    numbers,
    of_page,
    row_layout,
    strokes,
    tracks,
)
from mastery_core.comparison import FEWEST

INTERVALS_END, HEADINGS_HEIGHT = 0.78, 28
SPARE, LEAST_DECADES = 0.2, 2.0  # in powers of ten
DAYS = {
    1 / 86_400: "1 s", 1 / 1440: "1 min", 1 / 24: "1 h", 1.0: "1 d", 10.0: "10 d", 100.0: "100 d", 1_000.0: "1,000 d", 10_000.0: "10,000 d",
    100_000.0: "100,000 d",
}  # fmt: skip
MOST_TICKS = 5
DOT = {"symbol": "circle", "color": COLOURS[0], "size": 13, "line": {"width": 0}}
NEVER = "no forgetting seen"
WITHHELD = f"withheld: under {FEWEST} learners, or nobody"


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
        tracks(place, span, [_gap_hover(row) for row in rows.to_dict("records")]),
        lines(low[told], high[told], place[told], width=4, colour=COLOURS[0]),
        marks(rate[told], place[told], DOT),
        names([str(name) for name in rows["gap"]], place, span),
        numbers([f"{each:.0%}" for each in rate[told]], place[told], span),
        notes([WITHHELD] * int(withheld.sum()), place[withheld], span),
    ]
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    return drawn(traces, _layout(len(rows), span, ticks, [f"{tick:.0%}" for tick in ticks]))


def half_lives(rows: pd.DataFrame, *, page: int = 1) -> go.Figure:
    """One row a concept, in the order given: a dot at its half-life over the 95% interval, and a stroke at the one in force.

    ``rows`` have the columns ``concept``, ``answers``, ``learners``, ``half_life_days``, ``low``, ``high``, ``half_life_in_force``, ``clear``
    and ``reason``; ``ROWS_A_PAGE`` of them from page 1 on. All pages have one scale, of days by powers of ten; what lies beyond it ends in
    an arrow. Where there is no half-life the row says why.
    """
    shown, place = of_page(rows, page)
    span, clear = _span(rows), shown["clear"].to_numpy(dtype=bool)
    middle, low, high = (_powers(shown[name], span) for name in ("half_life_days", "low", "high"))
    known, beyond = _within(shown["half_life_days"]) & clear, ~_within(shown["half_life_days"]) & clear
    traces = [
        tracks(place, span, [_half_life_hover(row) for row in shown.to_dict("records")]),
        lines(low[clear], high[clear], place[clear], width=4, colour=COLOURS[0]),
        marks(middle[known], place[known], DOT),
        _arrows(middle[beyond], place[beyond], span),
        _open_ends(low[clear], high[clear], place[clear], shown[clear]),
        _in_force(rows["half_life_in_force"], place),
        names([str(name) for name in shown["concept"]], place, span),
        numbers([days(each) for each in shown["half_life_days"][clear]], place[clear], span),
        notes([as_text(str(reason)) for reason in shown["reason"][~clear]], place[~clear], span),
    ]
    ticks = _ticks(span)
    return drawn(traces, _layout(len(shown), span, [float(np.log10(tick)) for tick in ticks], [DAYS[t] for t in ticks]))


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


def _arrows(middle: Floats, place: Floats, span: Span) -> Trace:
    """Half-lives beyond the scale, at that end of it."""
    symbols = ["triangle-left" if each <= span[0] else "triangle-right" for each in middle.tolist()]
    return marks(middle, place, DOT | {"symbol": symbols})


def _open_ends(low: Floats, high: Floats, place: Floats, shown: pd.DataFrame) -> Trace:
    """Small arrows where an interval goes on without end."""
    down, up = ~_within(shown["low"]), ~_within(shown["high"])
    symbols = ["triangle-left"] * int(down.sum()) + ["triangle-right"] * int(up.sum())
    ends, at = np.concatenate([low[down], high[up]]), np.concatenate([place[down], place[up]])
    return marks(ends, at, DOT | {"symbol": symbols, "size": 10})


def _in_force(in_force: pd.Series, place: Floats) -> Trace:
    """None where nothing is forgotten by the rules in force."""
    there = in_force[_within(in_force)]
    at, shown = (float(np.log10(there.iloc[0])), place) if len(there) else (0.0, place[:0])
    return strokes(at, shown, width=2, colour=COLOURS[1])


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
    told = {"tickvals": ticks, "ticktext": texts}
    return row_layout(rows, span, told, tracks_end=INTERVALS_END, headings=HEADINGS_HEIGHT)
