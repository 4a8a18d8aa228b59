"""One session as figures."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.kinds import KIND_COLOURS, KIND_SYMBOLS, KIND_WORDS
from mastery_core.charts.session import CONCEPTS_A_PAGE, best_first, gained_and_lost, order_of_events, page_count
from mastery_core.model import SessionEvent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CHANGES = {"Sampling": (0.1, -0.3), "Bayes": (0.4, -0.05), "<b>p</b>": (0.0, 0.0)}


def event(minute: int, concept: str, kind: str, before: float, after: float, forgotten: float = 0.0) -> SessionEvent:
    return SessionEvent(
        NOON + timedelta(minutes=minute), concept, kind, kind, before, after, after - before, forgotten, minute
    )


STEPS = [
    event(0, "Bayes", "correct", 0.5, 0.6, -0.2),
    event(1, "Sampling", "incorrect", 0.5, 0.45),
    event(2, "Bayes", "question", 0.6, 0.57),
    event(3, "Bayes", "explanation", 0.57, 0.59),
]


def test_what_gained_most_comes_first() -> None:
    assert best_first(CHANGES) == ["Bayes", "<b>p</b>", "Sampling"]


def test_gained_goes_right_lost_goes_left_and_the_number_is_both() -> None:
    gained, lost, names, numbers = gained_and_lost(CHANGES).data
    assert gained.x.tolist() == [0.4, 0.0, 0.1]
    assert lost.x.tolist() == [-0.05, 0.0, -0.3]
    assert list(names.text) == ["Bayes", "&lt;b&gt;p&lt;/b&gt;", "Sampling"]
    assert list(numbers.text) == ["<b>+35</b>", "<b>0</b>", "<b>-20</b>"]
    assert gained.marker.color != lost.marker.color
    assert gained.hovertext[0] == "<b>Bayes</b><br>gained +40, lost -5: +35 points"


def test_bars_of_all_pages_have_one_scale() -> None:
    many = {f"Concept {n:02}": (n / 100, -n / 200) for n in range(CONCEPTS_A_PAGE * 2 + 3)}
    figures = [gained_and_lost(many, page=page) for page in range(1, page_count(len(many)) + 1)]
    assert len({tuple(figure.layout.xaxis.range) for figure in figures}) == 1
    assert [name for figure in figures for name in figure.data[2].text] == best_first(many)


def test_each_step_is_a_mark_of_its_kind_at_its_number_and_score() -> None:
    figure = order_of_events(STEPS, ["Bayes", "Sampling"])
    marks = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    assert list(marks) == [KIND_WORDS[kind] for kind in ("correct", "incorrect", "question", "explanation")]
    for number, step in enumerate(STEPS, 1):
        trace = marks[KIND_WORDS[step.kind]]
        assert trace.x.tolist() == [number]
        assert (trace.marker.symbol, trace.marker.color) == (KIND_SYMBOLS[step.kind], KIND_COLOURS[step.kind])
    rows = {name: float(marks[name].y[0]) for name in marks}
    assert 0 < rows["right answer"] < rows["read an explanation"] < rows["asked a question"] < 1
    assert 1 < rows["wrong answer"] < 2
    scores = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert scores["0%"] > scores["50%"] > scores["100%"]


def test_a_concept_that_is_not_shown_leaves_its_place_in_the_order() -> None:
    marks = [trace for trace in order_of_events(STEPS, ["Sampling"]).data if trace.mode == "markers"]
    assert [trace.x.tolist() for trace in marks] == [[2]]


def test_a_step_says_when_what_and_what_had_faded_on_the_viewers_clock() -> None:
    figure = order_of_events(STEPS, ["Bayes"], "Asia/Kolkata")
    [first] = next(trace for trace in figure.data if trace.name == "right answer").hovertext
    assert first == "<b>17:30, right answer</b><br>Bayes<br>50% → 60% (+10 points)<br>-20 points faded before it"


def test_kinds_differ_by_shape_colour_and_word() -> None:
    for looks in (KIND_SYMBOLS, KIND_COLOURS, KIND_WORDS):
        assert set(looks) == {"correct", "incorrect", "question", "explanation", "reset"}
        assert len(set(looks.values())) == len(looks)


@pytest.mark.parametrize("steps", [0, 1, 1_000])
def test_plotly_finds_nothing_wrong_with_any_number_of_steps(steps: int) -> None:
    kinds = list(KIND_WORDS)
    scores = np.linspace(0, 1, steps + 1)
    events = [event(n, f"Concept {n % 7}", kinds[n % 5], low, high) for n, (low, high) in enumerate(pairwise(scores))]
    figure = order_of_events(events, [f"Concept {n}" for n in range(7)])
    go.Figure(figure.to_dict())
    assert sum(len(trace.x) for trace in figure.data if trace.mode == "markers") == steps
    assert len(figure.to_json()) < 400_000


def test_plotly_finds_nothing_wrong_with_any_changes() -> None:
    for changes in ({}, CHANGES, {"x" * 500: (0.0, -1.0)}):
        go.Figure(gained_and_lost(changes).to_dict())
