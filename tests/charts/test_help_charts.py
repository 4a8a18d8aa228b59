"""The examples of the Help screen, as figures."""

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.help import fading, practice_steps
from mastery_core.recording import USUAL_RULES, scores_after


def test_every_step_has_the_mark_of_its_kind_where_the_score_then_stood() -> None:
    scores = scores_after(0.5, [0.1, -0.05, -0.03, 0.02])
    line, marks, texts = practice_steps(scores, ["correct", "incorrect", "question", "explanation"], USUAL_RULES).data
    assert line.y.tolist() == scores.tolist()
    assert marks.y.tolist() == scores[1:].tolist()
    assert len(set(marks.marker.symbol)) == len(set(marks.marker.color)) == 4
    assert [text.strip() for text in texts.text] == ["<b>50%</b>", "<b>54%</b>"]


def test_without_a_step_there_is_the_start_alone() -> None:
    figure = practice_steps(np.array([0.5]), [], USUAL_RULES)
    assert [text.strip() for text in figure.data[2].text] == ["<b>50%</b>"]


@pytest.mark.parametrize("days", [0, 13.5, 60])
def test_fading_marks_what_is_left_after_the_days(days: float) -> None:
    line, mark, text = fading(0.8, days, 60, USUAL_RULES).data
    assert line.y[0] == 0.8
    assert np.all(np.diff(line.y) < 0)
    assert mark.y[0] == pytest.approx(0.8 * 0.95**days)
    assert text.text[0].strip() == f"<b>{0.8 * 0.95**days:.0%}</b>"


def test_the_figures_are_ones_that_plotly_accepts() -> None:
    for figure in (practice_steps(scores_after(0.5, [0.1]), ["correct"], USUAL_RULES), fading(1, 3, 60, USUAL_RULES)):
        go.Figure(figure.to_dict())
