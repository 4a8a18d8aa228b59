"""How a velocity lies among learners, a row a group: the middle half as a box, all but a tenth on each side as a line. No learner alone."""

from math import ceil, floor, log10
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.figure import INK, MUTED, drawn
from mastery_core.charts.names import wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.charts.rows import (
    Floats,
    Span,
    bars,
    lines,
    marks,
    names,
    numbers,
    of_page,
    row_layout,
    signed,
    span_around_zero,
    strokes,
    tracks,
)

BOXES_END, HEADINGS_HEIGHT = 0.8, 46
BOX = 0.24
LEAST_SPAN = 0.1  # in points
MOST_TICKS = 5
# An upright stroke, higher than the box, as dark or as light as text: it is seen where the box has no width too.
MEDIAN = {"symbol": "line-ns", "size": 20, "line": {"width": 4, "color": INK}}


def velocity_boxes(groups: pd.DataFrame, unit: str, *, page: int = 1) -> go.Figure:
    """One row a group, in the order given: its name over a line from the 10th to the 90th percentile of its learners, a box from the 25th
    to the 75th, a mark at the median, whose number stands at the right.

    ``groups`` has ``group`` (what it is called), ``learners``, ``events``, ``mean`` and ``p10``, ``p25``, ``p50``, ``p75``, ``p90`` (shares
    of a score), and no group that is withheld; ``ROWS_A_PAGE`` of them are drawn from page 1 on. All pages have one scale, in points;
    ``unit`` is what they are gained in: "a day".
    """
    shown, place = of_page(groups, page)
    span = span_around_zero(_in_points(groups["p10"]), _in_points(groups["p90"]), LEAST_SPAN)
    p10, p25, p50, p75, p90 = (_in_points(shown[name]) for name in ("p10", "p25", "p50", "p75", "p90"))
    traces = [
        tracks(place, span, [_hover(row, unit) for row in shown.to_dict("records")]),
        lines(p10, p90, place, width=2, colour=MUTED),
        bars(p25, p75, place, width=BOX, colour=COLOURS[0]),
        marks(p50, place, MEDIAN),
        names(shown["group"].tolist(), place, span),
        numbers([signed(points, 2) for points in p50.tolist()], place, span),
        strokes(0, place, width=1.5, colour=MUTED),
    ]
    return drawn(traces, _layout(len(shown), span, unit))


def _in_points(shares: pd.Series) -> Floats:
    return shares.to_numpy(dtype="float64") * 100


def _hover(row: dict[Any, Any], unit: str) -> str:
    p10, p25, p50, p75, p90, mean = (signed(row[name] * 100, 2) for name in ("p10", "p25", "p50", "p75", "p90", "mean"))
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


def _ticks(span: Span) -> dict[str, Any]:
    """A few round numbers: 1, 2 or 5 times a power of ten apart."""
    rough = (span[1] - span[0]) / MOST_TICKS
    magnitude = 10.0 ** floor(log10(rough))
    step = next((each * magnitude for each in (1, 2, 5) if each * magnitude >= rough), 10 * magnitude)
    digits = max(0, ceil(-log10(step) - 1e-9))
    ticks = [number * step for number in range(ceil(span[0] / step), floor(span[1] / step) + 1)]
    return {"tickvals": ticks, "ticktext": [signed(tick, digits) for tick in ticks]}


def _layout(rows: int, span: Span, unit: str) -> dict[str, Any]:
    heading = {
        "text": f"points {unit}", "x": span[0], "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 22,
        "showarrow": False, "font": {"size": 12},
    }  # fmt: skip
    layout = row_layout(rows, span, _ticks(span), tracks_end=BOXES_END, headings=HEADINGS_HEIGHT)
    return layout | {"annotations": [heading]}
