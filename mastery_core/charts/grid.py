"""The mastery grid: every learner of a cohort on every concept, as coloured cells."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mastery_core.charts.figure import INK, RULE, TICKS, Trace, drawn
from mastery_core.charts.names import as_text, shortened, wrapped
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, enough

# A row is ROW pixels high up to TALL_ROWS of them, from there on ever lower, and LEAST_ROW at LOW_ROWS and more.
ROW, TALL_ROWS = 22, 40
LEAST_ROW, LOW_ROWS = 3, 1_000
# Lower rows than this have no room for a name, cells in rows lower than the other none for a line between them.
ROW_WITH_NAME, ROW_WITH_GAP = 14, 8
# A number stands in each cell where a phone has room for it.
MOST_NUMBERED = 8
# Of more learners the rows are too low to be hit. Over so many cells marks are drawn by WebGL.
MOST_CLICKED_ROWS, MOST_SVG_CELLS = 200, 2_000
LEARNER_COLUMNS, CONCEPT_COLUMNS = 18, 22
# Concepts slant down to their column, out over the place that learners' names take below, so that they cost no width.
SLANT, COLUMN_RISE, NAMES_FOOT = 55, 5.0, 14
FOOT = 2
SCALE_HEIGHT, SCALE_WIDTH, SCALE_BAR = 44, 204, 10
# Numbers below the scale that were closer would run into each other.
CLOSE = 0.18
NOTHING = "rgba(0, 0, 0, 0)"
FEW = RULE

# From weak to mastered the cells get lighter, each band in the hue it has in all charts (palette.BAND_COLOURS).
WEAK_SCALE = ("#cb4a05", "#d77500")
DEVELOPING_SCALE = ("#4197d6", "#33b2e1")
MASTERED_SCALE = ("#3bbe7c", "#69d478")
# Holds at least 4.5 to 1 on all of them.
ON_SCALE = "#000"
# In points of 100: rounded to whole ones, a score may come to stand on a threshold that it does not reach.
_ASIDE = 0.01

Floats = NDArray[np.float64]
Counts = NDArray[np.integer[Any]]


def mastery_grid(
    score: Floats,
    observations: Counts,
    learners: Sequence[str],
    concepts: Sequence[str],
    *,
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
) -> go.Figure:
    """A cell for each learner (rows, the first on top) and concept (columns): the score as a colour.

    ``score`` (learners x concepts) are shares, NaN where never practised; ``observations`` counts. Under 3 observations a
    cell is grey, which is no colour of the scale; never practised it is empty.

    The scale is orange below ``weak``, blue up to ``mastered`` and green from there on, as bands are in all charts, and gets
    lighter all the way, with a step at both thresholds. So its order can be seen in shades of grey, no meaning rests on red
    against green, and people with protanopia or deuteranopia see a dark yellow, a blue and a light yellow, which are further
    apart than they need to be. All of it stands out from a light and from a dark page, and black print from all of it.
    """
    score, observations = np.asarray(score, dtype=np.float64), np.asarray(observations)
    known = enough(observations) & np.isfinite(score)
    numbered = len(learners) <= TALL_ROWS and len(concepts) <= MOST_NUMBERED
    gap = 1 if _rows_height(len(learners)) >= ROW_WITH_GAP * len(learners) else 0
    few = _few(score, observations, known, gap)
    scores = _scores(score, observations, known, weak, mastered) | _look(gap, weak, mastered, numbered=numbered)
    if len(learners) > MOST_CLICKED_ROWS:
        return drawn([few, scores, _names_holder()], _layout(learners, concepts))
    targets = [
        _targets(known, np.round(score * 100), observations, scores["hovertemplate"]),
        _targets(~known & np.isfinite(score), observations, observations, few["hovertemplate"]),
    ]
    silent = {"hoverinfo": "skip", "hovertemplate": None}
    return drawn([few | silent, scores | silent, *targets, _names_holder()], _layout(learners, concepts))


def _targets(cells: NDArray[np.bool_], said: Floats | Counts, observations: Counts, template: str) -> Trace:
    """A mark in the middle of each of the cells, which is not seen, and can be clicked, as a heatmap cannot: x is the column, y the row."""
    row, column = np.nonzero(cells)
    return {
        "type": "scattergl" if cells.size > MOST_SVG_CELLS else "scatter",
        "mode": "markers",
        "x": _small(column),
        "y": _small(row),
        "customdata": np.column_stack((said[row, column], observations[row, column])).astype(np.uint16),
        "hovertemplate": template.replace("%{z", "%{customdata[0]").replace("%{customdata:", "%{customdata[1]:"),
        "marker": {"symbol": "square", "size": ROW, "opacity": 0, "color": INK},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "showlegend": False,
    }


def _few(score: Floats, observations: Counts, known: NDArray[np.bool_], gap: int) -> Trace:
    """Every cell by its observations as far as they are too few; those that are known lie above."""
    few = np.where(known | ~np.isfinite(score), 0, np.clip(observations, 0, ENOUGH_OBSERVATIONS - 1))
    some = 0.5 / (ENOUGH_OBSERVATIONS - 1)
    return {
        "type": "heatmap",
        "z": few.astype(np.uint8),
        "zmin": 0,
        "zmax": ENOUGH_OBSERVATIONS - 1,
        "colorscale": [[0, NOTHING], [some, NOTHING], [some, FEW], [1, FEW]],
        "showscale": False,
        "xgap": gap,
        "ygap": gap,
        "hovertemplate": (
            f"<b>%{{y}}</b><br>%{{x}}<br>not enough data: %{{z}} of {ENOUGH_OBSERVATIONS} observations<extra></extra>"
        ),
    }


def _scores(score: Floats, observations: Counts, known: NDArray[np.bool_], weak: float, mastered: float) -> Trace:
    return {
        "type": "heatmap",
        "z": _sparing(_points(score, weak, mastered), known),
        "customdata": _small(np.where(known, observations, 0)),
        "hoverongaps": False,
        "hovertemplate": ("<b>%{y}</b><br>%{x}<br>%{z:.0f}% from %{customdata:,} observations<extra></extra>"),
    }


def _points(score: Floats, weak: float, mastered: float) -> Floats:
    """Whole points of 100, but on the side of each threshold that the score is on."""
    points = np.round(score * 100)
    for threshold in (weak, mastered):
        edge = threshold * 100
        points = np.where(score < threshold, np.minimum(points, edge - _ASIDE), np.maximum(points, edge + _ASIDE))
    return np.round(points, 2)


def _sparing(points: Floats, known: NDArray[np.bool_]) -> list[list[float | None]]:
    """As JSON has them in the fewest bytes: whole numbers as such, and nothing where nothing is known.

    Numbers of two digits are shorter written out than as the 4 bytes in base64 of an array that can hold NaN.
    """
    numbers = points.astype(object)
    whole = known & (points == np.round(points))
    numbers[whole] = points[whole].astype(np.int64)
    numbers[~known] = None
    rows: list[list[float | None]] = numbers.tolist()
    return rows


def _small(counts: Counts) -> Counts:
    """In as few bytes as hold them."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def _look(gap: int, weak: float, mastered: float, *, numbered: bool) -> Trace:
    stops = [0, weak, weak, mastered, mastered, 1]
    colours = (*WEAK_SCALE, *DEVELOPING_SCALE, *MASTERED_SCALE)
    numbers = {"texttemplate": "%{z:.0f}", "textfont": {"size": 12, "color": ON_SCALE}} if numbered else {}
    return numbers | {
        "zmin": 0,
        "zmax": 100,
        "colorscale": [list(stop) for stop in zip(stops, colours, strict=True)],
        "colorbar": _scale(weak, mastered),
        "xgap": gap,
        "ygap": gap,
    }


def _scale(weak: float, mastered: float) -> dict[str, Any]:
    ticks = [weak]
    for share in (mastered, 0.0, 1.0):
        if all(abs(share - tick) >= CLOSE for tick in ticks):
            ticks.append(share)
    return {
        "orientation": "h", "thickness": SCALE_BAR, "len": SCALE_WIDTH, "lenmode": "pixels",
        "xref": "container", "x": 0, "xanchor": "left", "xpad": 14, "yref": "container", "y": 1, "yanchor": "top", "ypad": 4,
        "tickvals": [tick * 100 for tick in ticks], "ticktext": [f"{tick:.0%}" for tick in ticks], "tickfont": TICKS, "tickangle": 0,
        "outlinewidth": 0, "ticks": "",
    }  # fmt: skip


def _names_holder() -> Trace:
    """Nothing to see: axes are drawn only where a trace stands on them, and names stand on axes of their own."""
    return {
        "type": "scatter", "mode": "markers", "x": [None], "y": [None], "xaxis": "x2", "yaxis": "y2", "hoverinfo": "skip",
        "showlegend": False,
    }  # fmt: skip


def _rows_height(learners: int) -> int:
    heights = np.interp(learners, [0, TALL_ROWS, LOW_ROWS], [0, ROW * TALL_ROWS, LEAST_ROW * LOW_ROWS])
    return round(max(float(heights), LEAST_ROW * learners))


def _names_height(names: Sequence[str]) -> int:
    """As high as the longest slanted name: in UTF-8 no name has fewer bytes than columns."""
    columns = max((min(len(name.encode()), CONCEPT_COLUMNS) for name in names), default=0)
    return round(columns * COLUMN_RISE) + NAMES_FOOT


def _layout(learners: Sequence[str], concepts: Sequence[str]) -> dict[str, Any]:
    rows = _rows_height(len(learners))
    top = SCALE_HEIGHT + _names_height(concepts)
    return {
        "height": rows + top + FOOT,
        "margin": {"l": 0, "r": 0, "t": top, "b": FOOT, "pad": 0},
        "hovermode": "closest",
        "hoverdistance": ROW * 2,
        "uirevision": "kept",
        # The axes of the cells have the whole names, which labels under the pointer show; what is read beside the cells stands
        # on the other two, shortened. Of concepts there, Plotly leaves out as many as the width has no room for.
        "xaxis": _hidden(concepts) | {"range": _span(len(concepts))},
        "yaxis": _hidden(learners) | {"range": _span(len(learners))[::-1]},
        "xaxis2": _concept_names(concepts),
        "yaxis2": _learner_names(learners, drawn=rows >= ROW_WITH_NAME * len(learners)),
        "annotations": [_key(above=_names_height(concepts))],
    }


def _span(number: int) -> list[float]:
    return [-0.5, max(number, 1) - 0.5]


def _hidden(names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(names))), "ticktext": [wrapped(name) for name in names], "showticklabels": False,
        "fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "",
    }  # fmt: skip


def _concept_names(concepts: Sequence[str]) -> dict[str, Any]:
    short = [as_text(name) for name in shortened(concepts, CONCEPT_COLUMNS)]
    return {
        "type": "category", "categoryorder": "array", "categoryarray": short, "range": _span(len(concepts)),
        "overlaying": "x", "side": "top", "anchor": "y2", "tickangle": SLANT, "tickfont": TICKS, "ticks": "outside",
        "ticklen": 4, "tickcolor": RULE, "automargin": "left", "fixedrange": True, "showgrid": False, "zeroline": False,
    }  # fmt: skip


def _learner_names(learners: Sequence[str], *, drawn: bool) -> dict[str, Any]:
    names = [as_text(name) for name in shortened(learners, LEARNER_COLUMNS)] if drawn else []
    return {
        "tickvals": list(range(len(names))), "ticktext": names, "range": _span(len(learners))[::-1], "overlaying": "y",
        "side": "left", "anchor": "x2", "tickfont": TICKS, "automargin": "left", "ticklabelstandoff": 6, "ticklabeloverflow": "allow",
        "fixedrange": True, "showgrid": False, "zeroline": False,
    }  # fmt: skip


def _key(*, above: int) -> dict[str, Any]:
    """What the cells mean that are not on the scale."""
    return {
        "text": f"<span style='color:{FEW}'>■</span> under {ENOUGH_OBSERVATIONS} observations<br>□ never practised",
        "xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": above, "align": "left",
        "showarrow": False, "font": {"size": 12, "color": INK},
    }  # fmt: skip
