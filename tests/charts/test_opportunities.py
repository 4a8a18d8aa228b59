"""The learning curve of a concept, as a figure."""

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.opportunities import LARGEST, SMALLEST, opportunity_curve


def drawn(*answers: tuple[int, int]) -> go.Figure:
    """Of (graded, correct) at the first opportunity and on; the figure checked by Plotly property by property."""
    graded, correct = zip(*answers, strict=True) if answers else ((), ())
    figure = opportunity_curve(range(1, len(answers) + 1), graded, correct)
    go.Figure(figure.to_dict())
    return figure


def test_dots_are_the_share_of_wrong_answers_with_their_interval() -> None:
    _, dots = drawn((100, 10), (40, 20)).data
    assert dots.x.tolist() == [1, 2]
    assert dots.y.tolist() == [0.9, 0.5]
    assert (dots.y - dots.error_y.arrayminus).tolist() == pytest.approx([0.8256, 0.3520], abs=1e-4)
    assert (dots.y + dots.error_y.array).tolist() == pytest.approx([0.9448, 0.6480], abs=1e-4)


def test_the_area_of_a_dot_tells_its_answers_and_the_least_can_be_seen() -> None:
    sizes = drawn((400, 10), (100, 20), (5, 3)).data[1].marker.size
    assert sizes.tolist() == [LARGEST, LARGEST / 2, SMALLEST]


def test_under_five_answers_are_hollow_and_off_the_line() -> None:
    line, known, few = drawn((100, 60), (4, 2), (5, 4)).data
    assert known.x.tolist() == [1, 3]
    assert few.x.tolist() == [2]
    assert (few.marker.symbol, few.name) == ("circle-open", "under 5 answers")
    assert np.isnan(line.y).tolist() == [False, True, False]
    assert few.hovertext[0].endswith("not enough answers to tell")


def test_an_opportunity_without_answers_has_no_dot() -> None:
    line, known = drawn((10, 5), (0, 0), (10, 6)).data
    assert known.x.tolist() == [1, 3]
    assert np.isnan(line.y[1])


def test_labels_tell_the_answers() -> None:
    hover = drawn((1_240, 930)).data[1].hovertext
    assert hover[0] == "<b>opportunity 1</b><br>310 of 1,240 wrong: 25%<br>most likely 23% to 27%"


@pytest.mark.parametrize(
    ("opportunities", "ticks"),
    [(1, [1, 2, 3, 4, 5]), (8, list(range(1, 9))), (20, [1, 5, 10, 15, 20]), (100, [1, 15, 30, 45, 60, 75, 90])],
)
def test_the_first_opportunity_is_numbered_and_few_after_it(opportunities: int, ticks: list[int]) -> None:
    layout = drawn(*[(10, 5)] * opportunities).layout
    assert list(layout.xaxis.tickvals) == ticks
    assert layout.xaxis.range[0] < 1
    assert layout.xaxis.range[1] > opportunities


@pytest.mark.parametrize("answers", [(), ((0, 0),), ((3, 1),)])
def test_holds_no_opportunities_and_no_answers(answers: tuple[tuple[int, int], ...]) -> None:
    figure = drawn(*answers)
    assert figure.data[1].x.tolist() == []
    assert sum(len(trace.x) for trace in figure.data[2:]) == sum(graded > 0 for graded, _ in answers)
