"""Two groups side by side: what the second has more than the first, a row a concept, with its interval."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.figure import MUTED, Trace, drawn
from mastery_core.charts.names import wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.rows import (
    Floats,
    Span,
    lines,
    marks,
    names,
    numbers,
    of_page,
    row_layout,
    signed,
    span_around_zero,
    tracks,
)

INTERVALS_END, HEADINGS_HEIGHT = 0.82, 46
LEAST_SPAN = 10.0  # in points
STEPS, MOST_TICKS = (1, 2, 5, 10, 20, 25, 50), 5
ROOM_FOR_HEADING = 0.22
CLEAR, UNSURE = "◆", "◇"


def differences(
    rows: pd.DataFrame, *, page: int = 1, sides: tuple[str, str] = ("the first", "the second")
) -> go.Figure:
    """One row a concept, in the order given: its name over the interval of the difference, a mark where the difference is.

    ``rows`` are those that ``comparison.compare`` compared, ``ROWS_A_PAGE`` of them from page 1 on; all pages have one scale, in
    points. Where the interval leaves 0 out the mark is full and the line strong, else the mark is hollow and the line thin.
    ``sides`` are what the labels call the two.
    """
    shown, place = of_page(rows, page)
    clear = shown["clear"].to_numpy(dtype=bool)
    low, middle, high = (_in_points(shown[name]) for name in ("low", "difference", "high"))
    span = span_around_zero(_in_points(rows["low"]), _in_points(rows["high"]), LEAST_SPAN)
    traces = [tracks(place, span, [_hover(row, sides) for row in shown.to_dict("records")])]
    for which, sure in ((~clear, False), (clear, True)):
        width, colour = (4, COLOURS[0]) if sure else (1.5, MUTED)
        traces.append(lines(low[which], high[which], place[which], width=width, colour=colour))
        traces.append(_marks(middle[which], place[which], sure=sure))
    said = [f"{CLEAR if sure else UNSURE} {signed(points)}" for points, sure in zip(middle, clear, strict=True)]
    texts = [names(shown["concept"].tolist(), place, span), numbers(said, place, span)]
    return drawn([*traces, *texts], _layout(len(shown), span))


def _in_points(shares: pd.Series) -> Floats:
    return shares.to_numpy(dtype="float64") * 100


def _marks(middle: Floats, place: Floats, *, sure: bool) -> Trace:
    if sure:
        return marks(middle, place, {"symbol": "diamond", "color": COLOURS[0], "size": 13, "line": {"width": 0}})
    return marks(middle, place, {"symbol": "diamond-open", "color": MUTED, "size": 11, "line": {"width": 2}})


def _hover(row: dict[Any, Any], sides: tuple[str, str]) -> str:
    means = [
        f"{wrapped(side)}: {row[f'mean_{which}']:.0%}, {row[f'learners_{which}']:,} learners"
        for side, which in zip(sides, ("first", "second"), strict=True)
    ]
    low, middle, high = (signed(row[name] * 100, 1) for name in ("low", "difference", "high"))
    sure = "" if row["clear"] else ": it may be chance"
    difference = f"difference {middle} points, between {low} and {high}{sure}"
    return "<br>".join([f"<b>{wrapped(row['concept'])}</b>", *means, difference])


def _ticks(span: Span) -> list[int]:
    length = span[1] - span[0]
    step = next((each for each in STEPS if length / each <= MOST_TICKS), STEPS[-1])
    return list(range(-int(-span[0] // step) * step, int(span[1]) + 1, step))


def _layout(rows: int, span: Span) -> dict[str, Any]:
    ticks = _ticks(span)
    told = {"tickvals": ticks, "ticktext": [signed(tick) for tick in ticks]}
    layout = row_layout(rows, span, told, tracks_end=INTERVALS_END, headings=HEADINGS_HEIGHT)
    layout["xaxis"] |= {"zeroline": True, "zerolinecolor": MUTED, "zerolinewidth": 1.5}
    return layout | {"annotations": _headings(span)}


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
