"""The scores on one concept, as a figure."""

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.histogram import bin_edges, score_histogram
from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.standing import Band


def drawn(*scores: float, weak: float = 0.5, mastered: float = 0.8) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = score_histogram(np.array(scores, dtype=np.float64), weak=weak, mastered=mastered)
    go.Figure(figure.to_dict())
    return figure


def colours(figure: go.Figure) -> list[Band]:
    names = {colour: band for band, colour in BAND_COLOURS.items()}
    return [names[colour] for colour in figure.data[0].marker.color]


def test_a_bar_counts_from_its_lower_end_on_and_the_last_one_counts_full_scores() -> None:
    tens = [number / 10 for number in range(10)]
    assert drawn(*tens).data[0].y.tolist() == [1] * 10
    assert drawn(0.0999, 0.9, 0.95, 1.0).data[0].y.tolist() == [1, *[0] * 8, 3]


def test_bars_have_the_colour_of_their_band() -> None:
    assert colours(drawn(0.5)) == [Band.WEAK] * 5 + [Band.DEVELOPING] * 3 + [Band.MASTERED] * 2


def test_a_bar_is_split_where_a_threshold_runs_through_it() -> None:
    figure = drawn(0.44, 0.45, 0.46, 0.84, 0.85, weak=0.45, mastered=0.85)
    assert bin_edges(0.45, 0.85).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1]
    assert colours(figure) == [Band.WEAK] * 5 + [Band.DEVELOPING] * 5 + [Band.MASTERED] * 2
    assert figure.data[0].y.tolist() == [0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("thresholds", [(0.3, 0.7), (0.1 + 0.2, 0.7), (0.5, 0.5), (0.45, 0.48), (0.0, 1.0)])
def test_no_bar_is_empty_of_width(thresholds: tuple[float, float]) -> None:
    weak, mastered = thresholds
    assert np.diff(bin_edges(weak, mastered)).min() > 0.005
    assert drawn(0.2, weak=weak, mastered=mastered).data[0].width.min() > 0


def test_numbers_stand_over_the_bars_that_have_learners() -> None:
    bars, numbers = drawn(0.05, 0.06, 0.95).data
    assert list(numbers.text) == ["<b>2</b>", *[""] * 8, "<b>1</b>"]
    assert numbers.y.tolist() == bars.y.tolist()


def test_thresholds_are_dashed_lines_with_their_numbers_below() -> None:
    layout = drawn(0.5, weak=0.45, mastered=0.83).layout
    assert [(shape.x0, shape.line.dash) for shape in layout.shapes] == [(0.45, "dash"), (0.83, "dash")]
    assert list(layout.xaxis.tickvals) == [0, 0.2, 0.45, 0.6, 0.83, 1]


def test_bands_are_named_and_the_middle_one_where_it_has_room() -> None:
    assert [label.text for label in drawn(0.5).layout.annotations] == ["▼ weak", "● developing", "★ mastered"]
    narrow = drawn(0.5, weak=0.5, mastered=0.6).layout.annotations
    assert [label.text for label in narrow] == ["▼ weak", "★ mastered"]


def test_labels_say_it_in_words() -> None:
    hover = drawn(0.55, 0.92, 0.93).data[0].hovertext
    assert hover[5] == "<b>50% to 60%</b>, developing<br>1 learner"
    assert hover[9] == "<b>90% to 100%</b>, mastered<br>2 learners"


@pytest.mark.parametrize("scores", [(), (np.nan, np.nan)])
def test_without_scores_there_are_no_bars(scores: tuple[float, ...]) -> None:
    figure = drawn(*scores)
    assert figure.data[0].y.tolist() == [0] * 10
    assert set(figure.data[1].text) == {""}


def test_one_learner_is_a_low_bar() -> None:
    assert drawn(0.5).layout.yaxis.range[1] >= 4
