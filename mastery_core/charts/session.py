"""One session: what each concept gained and lost in it, and what happened in which order."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import FAINT, MUTED, RULE, TICKS, Trace, drawn
from mastery_core.charts.kinds import KIND_COLOURS, KIND_SYMBOLS, KIND_WORDS
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.charts.palette import COLOURS
from mastery_core.model import SessionEvent
from mastery_core.standing import WEAK_BELOW

Floats = NDArray[np.float64]

CONCEPTS_A_PAGE = 8
NAME_COLUMNS = 46
AXIS_HEIGHT = 24

# Gained and lost: a row is 1 high, counted downwards, its name above the middle, its bars below. Bars end where numbers begin.
ROW, NAME_ABOVE, BAR_BELOW, BAR = 40, 0.2, 0.2, 0.24
BARS_END, ROOM_FOR_A_WORD = 0.84, 0.16
GAINED, LOST = COLOURS[0], COLOURS[1]

# The order of events: a row has a name, and below it the scores from 0 to 1.
STRIP, STRIP_NAME, STRIP_TOP, STRIP_BOTTOM = 92, 0.12, 0.3, 0.94
MOST_LARGE_MARKS, EDGE = 120, 0.02

TEXTS: Trace = {
    "type": "scatter", "mode": "text", "textposition": "middle right", "textfont": {"size": 13}, "hoverinfo": "skip",
    "cliponaxis": False, "showlegend": False,
}  # fmt: skip


def best_first(by_concept: Mapping[str, tuple[float, float]]) -> list[str]:
    """The concepts of a session by what they came to (gained + lost), the most gained first."""
    return sorted(by_concept, key=lambda concept: (-sum(by_concept[concept]), concept))


def page_count(concepts: int) -> int:
    return max(1, -(-concepts // CONCEPTS_A_PAGE))


def gained_and_lost(by_concept: Mapping[str, tuple[float, float]], *, page: int = 1) -> go.Figure:
    """A row a concept: what was gained to the right, what was lost to the left, and what both come to as a number.

    ``by_concept`` maps a concept to (gained >= 0, lost <= 0), shares. ``CONCEPTS_A_PAGE`` of them, from page 1 on.
    """
    shown = best_first(by_concept)[(page - 1) * CONCEPTS_A_PAGE : page * CONCEPTS_A_PAGE]
    changes = np.array(list(by_concept.values()), dtype=np.float64).reshape(-1, 2)
    most, least = max(changes[:, 0].max(initial=0.0), 0.05), changes[:, 1].min(initial=0.0)
    end = least + (most - least) / BARS_END
    row = np.arange(len(shown), dtype=np.float64)
    hover = [_hover_of_concept(concept, *by_concept[concept]) for concept in shown]
    traces = [
        _bars(row, np.array([by_concept[concept][0] for concept in shown]), GAINED, hover),
        _bars(row, np.array([by_concept[concept][1] for concept in shown]), LOST, hover),
        TEXTS
        | {
            "x": np.full(row.size, least),
            "y": row - NAME_ABOVE,
            "text": [as_text(name) for name in shortened(shown, NAME_COLUMNS)],
        },
        TEXTS
        | {
            "x": np.full(row.size, end),
            "y": row + BAR_BELOW,
            "text": [f"<b>{_points(sum(by_concept[concept]))}</b>" for concept in shown],
            "textposition": "middle left",
        },
    ]
    return drawn(traces, _bars_layout(len(shown), least, most, end))


def order_of_events(
    events: Sequence[SessionEvent], concepts: Sequence[str], zone: str = "UTC", *, weak: float = WEAK_BELOW
) -> go.Figure:
    """What happened, from left to right: a strip for each of ``concepts``, each event a mark at the score it led to.

    Events are counted over the whole session, so that a mark stands below the one that came before it elsewhere.
    """
    strip = {concept: float(place) for place, concept in enumerate(concepts)}
    number = np.array([n for n, event in enumerate(events, 1) if event.concept_tag in strip], dtype=np.float64)
    shown = [event for event in events if event.concept_tag in strip]
    row = np.array([strip[event.concept_tag] for event in shown], dtype=np.float64)
    height = _height(row, np.array([event.after for event in shown], dtype=np.float64))
    kinds = np.array([event.kind for event in shown], dtype=object)
    hover = [_hover_of_event(event, ZoneInfo(zone)) for event in shown]
    left = -EDGE * max(len(events), 10)
    size = 10 if len(shown) <= MOST_LARGE_MARKS else 6
    traces = [
        *(_path(number[row == place], height[row == place]) for place in strip.values()),
        *(_marks(kind, number, height, kinds == kind, hover, size) for kind in KIND_WORDS if (kinds == kind).any()),
        _strip_names(list(strip), left),
    ]
    return drawn(traces, _strips_layout(len(strip), len(events), weak))


def _points(share: float) -> str:
    rounded = round(share * 100, 1)
    return f"{rounded:+g}" if rounded else "0"


def _bars(row: Floats, change: Floats, colour: str, hover: list[str]) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "x": change,
        "y": row + BAR_BELOW,
        "width": BAR,
        "marker": {"color": colour, "line": {"width": 0}, "cornerradius": 3},
        "hovertext": hover,
        "hoverinfo": "text",
    }


def _hover_of_concept(concept: str, gained: float, lost: float) -> str:
    return (
        f"<b>{wrapped(concept)}</b><br>gained {_points(gained)}, lost {_points(lost)}: "
        f"{_points(gained + lost)} points"
    )  # fmt: skip


def _bars_layout(rows: int, least: float, most: float, end: float) -> dict[str, Any]:
    zero = {"type": "line", "x0": 0, "x1": 0, "line": {"color": MUTED, "width": 1.5}}
    side = {"x": 0, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
    sides = [side | {"text": "gained →", "xanchor": "left"}]
    if -least > ROOM_FOR_A_WORD * (most - least):
        sides.append(side | {"text": "← lost", "xanchor": "right"})
    return {
        "height": round(ROW * max(rows, 1)) + AXIS_HEIGHT,
        "margin": {"l": 0, "r": 0, "t": AXIS_HEIGHT, "b": 0, "pad": 0},
        "barmode": "overlay",
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {"range": [least, end], "fixedrange": True, "visible": False},
        "yaxis": {"range": [max(rows, 1) - 0.5, -0.5], "fixedrange": True, "visible": False},
        "shapes": [zero | {"y0": row + BAR_BELOW - BAR, "y1": row + BAR_BELOW + BAR} for row in range(rows)],
        "annotations": sides,
    }


def _height(row: Floats, score: Floats) -> Floats:
    """Where a score stands in its strip: rows are counted downwards."""
    return row + STRIP_BOTTOM - (STRIP_BOTTOM - STRIP_TOP) * score


def _path(number: Floats, height: Floats) -> Trace:
    """The way of one concept's score, as steps: it stays where it is until something happens."""
    return {
        "type": "scatter",
        "x": number,
        "y": height,
        "mode": "lines",
        "line": {"color": MUTED, "width": 1, "shape": "hv"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marks(
    kind: str, number: Floats, height: Floats, chosen: NDArray[np.bool_], hover: list[str], size: int
) -> Trace:  # fmt: skip
    return {
        "type": "scatter",
        "x": number[chosen],
        "y": height[chosen],
        "mode": "markers",
        "name": KIND_WORDS[kind],
        "marker": {"color": KIND_COLOURS[kind], "symbol": KIND_SYMBOLS[kind], "size": size, "opacity": 1},
        "hovertext": [text for text, each in zip(hover, chosen, strict=True) if each],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _strip_names(concepts: list[str], left: float) -> Trace:
    return TEXTS | {
        "x": np.full(len(concepts), left),
        "y": np.arange(len(concepts)) + STRIP_NAME,
        "text": [as_text(name) for name in shortened(concepts, NAME_COLUMNS)],
    }


def _hover_of_event(event: SessionEvent, zone: ZoneInfo) -> str:
    faded = f"<br>{_points(event.forgotten)} points faded before it" if event.forgotten <= -0.0005 else ""
    return (
        f"<b>{event.at.astimezone(zone):%H:%M}, {KIND_WORDS[event.kind]}</b><br>{wrapped(event.concept_tag)}<br>"
        f"{event.before:.0%} → {event.after:.0%} ({_points(event.delta)} points){faded}"
    )


def _strips_layout(strips: int, events: int, weak: float) -> dict[str, Any]:
    rows = np.arange(strips, dtype=np.float64)
    level = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    scores = [(score, _height(rows, np.full(strips, score))) for score in (0.0, weak, 1.0)]
    return {
        "height": STRIP * max(strips, 1) + 64,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "hovermode": "closest",
        "xaxis": {
            "range": [-EDGE * max(events, 10), (1 + EDGE) * max(events, 10) + 0.5],
            "fixedrange": True,
            "tickfont": TICKS,
            "showgrid": False,
            "zeroline": False,
            "nticks": 8,
            "title": {"text": "step of the session", "font": {"size": 12}},
        },
        "yaxis": {
            "range": [max(strips, 1), 0],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "side": "right",
            "tickvals": np.concatenate([at for _, at in scores]),
            "ticktext": [f"{score:.0%}" for score, at in scores for _ in at],
            "tickfont": TICKS,
            "automargin": True,
        },
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom", "font": {"size": 13}},
        "shapes": [
            level | {"y0": at, "y1": at, "line": {"color": colour, "width": 1, "dash": dash}}
            for (_, heights), colour, dash in zip(scores, (FAINT, RULE, FAINT), ("solid", "dash", "solid"), strict=True)
            for at in heights
        ],
    }
