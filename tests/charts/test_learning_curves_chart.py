"""Learning curves with the model's, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.learning_curves import learning_curve, predicted_errors
from mastery_core.intervals import wilson

COLUMNS = ["opportunity", "answers", "learners", "errors", "error_rate", "low", "high"]
BAND, CURVE = 0, 1


def points(*told: tuple[int, int, int]) -> pd.DataFrame:
    """Of (opportunity, answers, wrong ones), a learner an answer."""
    rows = []
    for opportunity, answers, errors in told:
        low, high = wilson(errors, answers)
        rows.append((opportunity, answers, answers, errors, errors / answers, float(low), float(high)))
    return pd.DataFrame(rows, columns=COLUMNS)


def drawn(frame: pd.DataFrame, model: tuple[float, float] | None = None) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = learning_curve(frame, model)
    go.Figure(figure.to_dict())
    return figure


def test_the_curve_is_the_share_of_wrong_answers_with_its_interval_as_a_band() -> None:
    band, curve, counts = drawn(points((1, 100, 90), (2, 40, 20))).data
    assert curve.x.tolist() == [1, 2]
    assert curve.y.tolist() == [0.9, 0.5]
    assert band.x.tolist() == pytest.approx([1, 2, 2, 1, 1, np.nan], nan_ok=True)
    assert band.y.tolist() == pytest.approx([0.9448, 0.6480, 0.3520, 0.8256, 0.9448, np.nan], abs=1e-4, nan_ok=True)
    assert counts.y.tolist() == [100, 40]
    assert counts.yaxis == "y2"


def test_where_an_opportunity_is_left_out_the_line_and_the_band_break() -> None:
    band, curve, counts = drawn(points((1, 10, 9), (2, 10, 5), (5, 6, 1))).data
    assert curve.x.tolist() == [1, 2, 3, 4, 5]
    assert np.isnan(curve.y).tolist() == [False, False, True, True, False]
    assert np.isnan(counts.y).tolist() == [False, False, True, True, False]
    assert np.isnan(band.x).sum() == 2, "a shape for each stretch"
    assert [bool(text) for text in curve.hovertext] == [True, True, False, False, True]


def test_the_models_curve_is_that_of_a_middling_learner() -> None:
    *_, model, _ = drawn(points((1, 10, 6), (2, 10, 5), (3, 10, 4)), (0.5, 0.25)).data
    expected = [1 / (1 + np.exp(0.5 + 0.25 * step)) for step in range(3)]
    assert model.y.tolist() == pytest.approx(expected)
    assert (model.name, model.line.dash) == ("the model", "dash")
    assert model.hovertext[0] == "<b>opportunity 1</b><br>the model, of a middling learner: 38% wrong"


@pytest.mark.parametrize("model", [None, (np.nan, 0.1), (0.4, np.nan), (np.nan, np.nan)])
def test_a_model_that_is_not_known_has_no_curve(model: tuple[float, float] | None) -> None:
    assert len(drawn(points((1, 10, 6), (2, 10, 5)), model).data) == 3


def test_a_model_beyond_all_bounds_stays_a_share() -> None:
    assert predicted_errors([1, 100], 1_000.0, -100.0).tolist() == [0, 1]
    assert np.isnan(predicted_errors([1], np.nan, 0.0)).all()


def test_labels_tell_the_answers_and_the_learners() -> None:
    [hover] = drawn(points((1, 1_240, 310))).data[CURVE].hovertext
    assert hover == "<b>opportunity 1</b><br>310 of 1,240 wrong: 25%<br>most likely 23% to 27%<br>1,240 learners"


@pytest.mark.parametrize(
    ("opportunities", "ticks"),
    [(1, [1]), (8, list(range(1, 9))), (20, [1, 5, 10, 15, 20]), (100, [1, 15, 30, 45, 60, 75, 90])],
)
def test_the_first_opportunity_is_numbered_and_few_after_it(opportunities: int, ticks: list[int]) -> None:
    axis = drawn(points(*((number, 10, 5) for number in range(1, opportunities + 1)))).layout.xaxis
    assert [tick for tick in axis.tickvals if tick <= opportunities] == ticks
    assert axis.range[0] < 1
    assert axis.range[1] > opportunities


def test_holds_no_points() -> None:
    figure = drawn(points(), (0.5, 0.1))
    assert np.isnan(figure.data[CURVE].y).all()
    assert figure.data[BAND].x.tolist() == []
    assert not any(figure.data[CURVE].hovertext)
