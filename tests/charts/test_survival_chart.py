"""Kaplan-Meier curves, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.survival import DASHES, GROUPS_A_PAGE, MOST_BANDS, MOST_LABELLED, page_count, survival_curves

COLUMNS = ["duration", "at_risk", "reached", "censored", "remaining", "low", "high"]
# Of ten pairs: four get there at once, one stops, three get there at the third, two stop at the fifth.
STEPS = [
    (0, 10, 0, 0, 1.0, 1.0, 1.0), (1, 10, 4, 0, 0.6, 0.25, 0.83), (2, 6, 0, 1, 0.6, 0.25, 0.83), (3, 5, 3, 0, 0.24, 0.04, 0.53),
    (5, 2, 0, 2, 0.24, 0.04, 0.53),
]  # fmt: skip


def curve(*groups: str, steps: list[tuple[float, ...]] = STEPS) -> pd.DataFrame:
    parts = [pd.DataFrame(steps, columns=COLUMNS).assign(concept=group) for group in groups]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "concept"])


def drawn(frame: pd.DataFrame, unit: str = "opportunities", by: str | None = None, *groups: str) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = survival_curves(frame, unit, by=by, groups=groups)
    go.Figure(figure.to_dict())
    return figure


def test_a_curve_steps_down_within_its_band() -> None:
    lower, upper, line, *_ = drawn(curve("a").drop(columns="concept")).data
    assert line.x.tolist() == [0, 1, 2, 3, 5]
    assert line.y.tolist() == pytest.approx([1, 0.6, 0.6, 0.24, 0.24])
    assert {lower.line.shape, upper.line.shape, line.line.shape} == {"hv"}
    assert (lower.y <= line.y).all()
    assert (line.y <= upper.y).all()
    assert upper.fill == "tonexty"
    assert line.name == "all together"


def test_who_stopped_is_marked_where_they_did_with_how_many() -> None:
    *_, marks, key = drawn(curve("a").drop(columns="concept")).data
    assert marks.x.tolist() == [2, 5]
    assert marks.y.tolist() == pytest.approx([0.6, 0.24])
    assert list(marks.text) == ["1", "2"]
    assert marks.mode == "markers+text"
    assert key.name == "stopped before"


def test_counts_are_not_written_where_they_would_run_into_one_another() -> None:
    steps = [(n, 40 - n, 0, 1, 1.0, 1.0, 1.0) for n in range(MOST_LABELLED + 1)]
    *_, marks, _ = drawn(curve("a", steps=steps).drop(columns="concept")).data
    assert marks.mode == "markers"


def test_labels_tell_the_counts() -> None:
    line = drawn(curve("a").drop(columns="concept")).data[2]
    assert line.hovertext[1] == (
        "<b>all together</b><br>after 1 opportunity: 60% not there yet<br>most likely 25% to 83%<br>"
        "10 still followed: 4 got there, 0 stopped"
    )
    assert "after 3 days: 24% not there yet" in drawn(curve("a").drop(columns="concept"), "days").data[2].hovertext[3]


def test_groups_differ_without_colour_too_and_names_are_text() -> None:
    names = ["<b>Bayes</b>", *(f"Concept {n}" for n in range(GROUPS_A_PAGE - 1))]
    lines = [each for each in drawn(curve(*names), "opportunities", "concept", *names).data if each.hovertext]
    assert [each.line.dash for each in lines] == list(DASHES)
    assert len({each.line.color for each in lines}) == GROUPS_A_PAGE
    assert lines[0].name == "&lt;b&gt;Bayes&lt;/b&gt;"
    assert "<b><b>" not in lines[0].hovertext[0]


def test_only_the_groups_asked_for_are_drawn() -> None:
    lines = [each for each in drawn(curve("a", "b", "c"), "opportunities", "concept", "c", "a").data if each.hovertext]
    assert [each.name for each in lines] == ["c", "a"]


def test_holds_no_group_and_no_step() -> None:
    assert len(drawn(curve(), "opportunities", "concept").data) == 1
    assert drawn(curve("a", steps=STEPS[:1]).drop(columns="concept")).layout.xaxis.range[1] > 1
    assert [page_count(number) for number in (0, 1, 6, 7)] == [1, 1, 1, 2]


def test_all_of_it_lies_within_the_figure() -> None:
    layout = drawn(curve("a").drop(columns="concept")).layout
    assert layout.yaxis.range[0] < 0
    assert layout.yaxis.range[1] > 1
    assert layout.xaxis.range[1] >= 5
    assert np.isclose(layout.shapes[0].y0, 0.5)


def test_bands_are_drawn_where_they_do_not_lie_over_each_other() -> None:
    few, many = (curve(*"abcd"[:number]) for number in (MOST_BANDS, MOST_BANDS + 1))
    filled = [
        [each for each in drawn(rows, "opportunities", "concept", *rows["concept"].unique()).data if each.fill]
        for rows in (few, many)
    ]
    assert [len(each) for each in filled] == [MOST_BANDS, 0]
