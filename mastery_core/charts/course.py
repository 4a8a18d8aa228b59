"""The course of a cohort: how the middle learner went over a range, and how far the others stand apart."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.axes import DATES, DAY, level, threshold_ticks
from mastery_core.charts.figure import FAINT, MUTED, RULE, TICKS, Trace, drawn, wall_clock
from mastery_core.charts.palette import COLOURS
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW

HEIGHT = 340
# Two short lines fit beside the plot on a phone; one long line would take half of it.
LABELS_WIDTH = 78
# As a share of the axis: two lines of a label are as high, and what stands closer is moved apart.
LABEL_HEIGHT = 0.13
BOTTOM, TOP = -0.02, 1.04
BAND = "rgba(0, 114, 178, 0.18)"


Floats = NDArray[np.float64]


def cohort_course(
    course: pd.DataFrame, *, zone: str = "UTC", weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM
) -> go.Figure:
    """The median over the learners as a line, from the 10th to the 90th percentile as a band, named at their right ends.

    A row of ``course`` is a moment, rising: ``at`` (UTC), ``learners`` (with data), ``lower``, ``middle``, ``upper`` (shares, the
    10th, 50th and 90th percentile; NaN where nobody had data, and there the line breaks). ``zone`` names the viewer's time zone.
    """
    at = _clock(course["at"], zone)
    known = np.isfinite(course["middle"].to_numpy(dtype=np.float64))
    traces = [_band(course, at, known), _median(course, at)]
    return drawn(traces, _layout(course[known], at, at[known], weak, mastered))


def _clock(at: pd.Series, zone: str) -> Floats:
    """Cut to whole seconds: the last microsecond of a day belongs to that day, rounded it would be the next."""
    seconds = pd.DatetimeIndex(at).as_unit("us").asi8 // 1_000_000
    return wall_clock(seconds.astype(np.float64), zone)


def _band(course: pd.DataFrame, at: Floats, known: NDArray[np.bool_]) -> Trace:
    """A shape for each stretch without a gap; its edge keeps a stretch of one moment to be seen."""
    lower, upper = (course[name].to_numpy(dtype=np.float64) for name in ("lower", "upper"))
    places = np.flatnonzero(known)
    stretches = [each for each in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if each.size]
    around = [np.concatenate((each, each[::-1], each[:1])) for each in stretches]
    edge = [np.concatenate((upper[each], lower[each[::-1]], upper[each[:1]], [np.nan])) for each in stretches]
    return {
        "type": "scatter",
        "x": np.concatenate([np.empty(0), *(np.append(at[each], np.nan) for each in around)]),
        "y": np.concatenate([np.empty(0), *edge]),
        "mode": "lines",
        "fill": "toself",
        "fillcolor": BAND,
        "line": {"color": BAND, "width": 1},
        "hoverinfo": "skip",
    }


def _median(course: pd.DataFrame, at: Floats) -> Trace:
    return {
        "type": "scatter",
        "x": at,
        "y": course["middle"].to_numpy(dtype=np.float64),
        "mode": "lines+markers",
        "line": {"color": COLOURS[0], "width": 2.25},
        "marker": {"color": COLOURS[0], "size": 6, "opacity": 1},
        "cliponaxis": False,
        "text": [_hover(row) for row in course.to_dict("records")],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(row: dict[Any, Any]) -> str:
    if not np.isfinite(row["middle"]):
        return ""
    learners = f"{row['learners']:,} learner{'' if row['learners'] == 1 else 's'} with data"
    return (
        f"median {row['middle']:.0%}<br>10th to 90th percentile {row['lower']:.0%} to {row['upper']:.0%}<br>{learners}"
    )


def _labels(known: pd.DataFrame, at: Floats) -> list[dict[str, Any]]:
    """What the line and the edges of the band are called, beside the last moment with data."""
    if not len(known):
        return []
    last = known.iloc[-1]
    lower, middle, upper = (float(last[name]) for name in ("lower", "middle", "upper"))
    high, centre, low = _apart(lower, middle, upper)
    texts = [(f"<b>median<br>{middle:.0%}</b>", centre)]
    if f"{lower:.0%}" != f"{upper:.0%}":
        texts += [(_tenth("above", upper), high), (_tenth("below", lower), low)]
    label = {"x": float(at[-1]), "xref": "x", "xanchor": "left", "xshift": 8, "align": "left", "showarrow": False}
    return [label | {"text": text, "y": place, "font": {"size": 12}} for text, place in texts]


def _tenth(side: str, edge: float) -> str:
    """Nobody is above 100% or below 0%."""
    return f"a tenth<br>{'at' if f'{edge:.0%}' in {'0%', '100%'} else side} {edge:.0%}"


def _apart(lower: float, middle: float, upper: float) -> tuple[float, float, float]:
    """Where the labels of upper, middle and lower stand: where these are, and as far apart as labels are high."""
    centre = min(max(middle, BOTTOM + 1.5 * LABEL_HEIGHT), TOP - 1.5 * LABEL_HEIGHT)
    return (
        min(max(upper, centre + LABEL_HEIGHT), TOP - LABEL_HEIGHT / 2),
        centre,
        max(min(lower, centre - LABEL_HEIGHT), BOTTOM + LABEL_HEIGHT / 2),
    )


def _levels(known: pd.DataFrame, weak: float, mastered: float) -> list[dict[str, Any]]:
    """The thresholds as level lines, named on the left, on the side of each where the median is not."""
    begins = known["middle"].iloc[: -(-len(known) * 2 // 5)].mean()  # as far as a name reaches on a phone
    names = (f"weak below {weak:.0%}", f"mastered from {mastered:.0%}")
    return [
        level(share, name, dash, colour, "top" if begins >= share else "bottom")
        for share, name, dash, colour in zip((weak, mastered), names, ("dash", "dot"), (MUTED, RULE), strict=True)
    ]


def _range(at: Floats) -> list[float] | None:
    """From the first moment to the last, so that labels begin where lines end; around a single moment a day."""
    if not at.size:
        return None
    room = 0.0 if at[-1] > at[0] else DAY / 2
    return [float(at[0] - room), float(at[-1] + room)]


def _layout(known: pd.DataFrame, at: Floats, known_at: Floats, weak: float, mastered: float) -> dict[str, Any]:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": LABELS_WIDTH, "t": 8, "b": 0, "pad": 0},
        "hovermode": "x unified",
        "showlegend": False,
        "uirevision": "kept",
        "xaxis": {
            "type": "date", "visible": at.size > 0, "range": _range(at), "fixedrange": True, "showgrid": False, "tickfont": TICKS, "nticks": 7,
            "hoverformat": "%a %-d %b %Y, %H:%M", "tickformatstops": DATES, "zeroline": False,
            "spikecolor": MUTED, "spikethickness": 1, "spikedash": "solid",
        },
        "yaxis": {
            "range": [BOTTOM, TOP], "fixedrange": True, "tickvals": threshold_ticks(weak, mastered), "tickformat": ".0%",
            "tickfont": TICKS, "gridcolor": FAINT, "zeroline": False, "automargin": True, "ticklabelstandoff": 8,
        },
        "shapes": _levels(known, weak, mastered),
        "annotations": _labels(known, known_at),
    }  # fmt: skip
