"""How often answers are right by how sure the forecast was, as a figure."""

from math import nan

import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.reliability import LARGEST, SMALLEST, reliability_curve

COLUMNS = ["begins", "ends", "learners", "answers", "right", "forecast", "rate", "low", "high", "withheld"]
LOW_TENTH = (0.4, 0.5, 12, 100, 30.0, 0.46, 0.3, 0.22, 0.4, False)
HIGH_TENTH = (0.8, 0.9, 20, 400, 340.0, 0.84, 0.85, 0.81, 0.88, False)
FEW = (0.9, 1.0, 3, 4, nan, nan, nan, nan, nan, True)


def drawn(*rows: tuple[float, ...]) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    frame = pd.DataFrame(list(rows), columns=COLUMNS).astype({"withheld": bool})
    figure = reliability_curve(frame)
    go.Figure(figure.to_dict())
    return figure


def test_dots_lie_at_forecast_and_rate_with_their_interval_beside_the_diagonal() -> None:
    diagonal, line, dots = drawn(LOW_TENTH, HIGH_TENTH).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert dots.x.tolist() == line.x.tolist() == [0.46, 0.84]
    assert dots.y.tolist() == [0.3, 0.85]
    assert (dots.y - dots.error_y.arrayminus).tolist() == pytest.approx([0.22, 0.81])
    assert (dots.y + dots.error_y.array).tolist() == pytest.approx([0.4, 0.88])
    assert dots.marker.size.tolist() == [LARGEST / 2, LARGEST]
    assert min(dots.marker.size) >= SMALLEST


def test_labels_tell_the_counts() -> None:
    assert drawn(LOW_TENTH).data[2].hovertext[0] == (
        "<b>forecast 40% to 50%</b>, 46.0% on average<br>30 of 100 right: 30.0%<br>most likely 22.0% to 40.0%<br>12 learners"
    )


def test_what_is_withheld_is_a_strip_that_says_so_and_no_dot() -> None:
    figure = drawn(HIGH_TENTH, FEW)
    [strip] = figure.layout.shapes
    assert (strip.x0, strip.x1) == (0.9, 1.0)
    assert strip.label.text == "withheld: under 5 learners"
    assert figure.data[2].x.tolist() == [0.84]
    assert not drawn(HIGH_TENTH).layout.shapes


def test_holds_nothing_told() -> None:
    for rows in ((), (FEW,)):
        figure = drawn(*rows)
        assert figure.data[2].x.tolist() == []
        assert list(figure.data[0].x) == [0, 1]
