"""Two groups side by side, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.comparison import differences
from mastery_core.charts.rows import ROWS_A_PAGE, page_count

SIDES = ("Thursday", "Monday")


def rows(**found: tuple[float, float, float]) -> pd.DataFrame:
    """Concepts with the low end, the difference and the high end, as ``compare`` has them."""
    made = [
        {"concept": concept, "learners_first": 24, "learners_second": 1_030, "compared": True, "mean_first": 0.5,
         "mean_second": 0.5 + middle, "difference": middle, "low": low, "high": high, "clear": low > 0 or high < 0}
        for concept, (low, middle, high) in found.items()
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


COLUMNS = [
    "concept", "learners_first", "learners_second", "compared", "mean_first", "mean_second", "difference", "low", "high", "clear",
]  # fmt: skip
MIXED = {"behind": (-0.3, -0.2, -0.1), "even": (-0.08, 0.004, 0.09), "ahead": (0.02, 0.12, 0.22)}


def drawn(frame: pd.DataFrame, page: int = 1) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = differences(frame, page=page, sides=SIDES)
    go.Figure(figure.to_dict())
    return figure


def test_a_row_shows_the_difference_and_its_interval() -> None:
    _, thin, hollow, strong, full, names, numbers = drawn(rows(**MIXED)).data
    assert list(names.text) == ["behind", "even", "ahead"]
    assert list(numbers.text) == ["◆ −20", "◇ 0", "◆ +12"]
    assert full.x.tolist() == pytest.approx([-20, 12])
    assert hollow.x.tolist() == pytest.approx([0.4])
    assert np.round(strong.x, 6).tolist() == pytest.approx([-30, -10, np.nan, 2, 22, np.nan], nan_ok=True)
    assert np.round(thin.x, 6).tolist() == pytest.approx([-8, 9, np.nan], nan_ok=True)
    assert full.y.tolist() == strong.y[[0, 3]].tolist()
    assert (names.y < numbers.y).all()


def test_what_may_be_chance_differs_by_shape_and_width_and_not_by_colour_alone() -> None:
    _, thin, hollow, strong, full, *_ = drawn(rows(**MIXED)).data
    assert (hollow.marker.symbol, full.marker.symbol) == ("diamond-open", "diamond")
    assert thin.line.width < strong.line.width


def test_labels_hold_both_means_and_say_what_may_be_chance() -> None:
    behind, even, _ = drawn(rows(**MIXED)).data[0].hovertext
    assert "Thursday: 50%, 24 learners<br>Monday: 30%, 1,030 learners" in behind
    assert behind.endswith("difference −20.0 points, between −30.0 and −10.0")
    assert even.endswith("difference +0.4 points, between −8.0 and +9.0: it may be chance")


def test_all_of_it_lies_within_the_figure_and_nought_is_marked() -> None:
    for frame in (rows(**MIXED), rows(one=(0.3, 0.4, 0.5)), rows(one=(-1, -1, -1)), rows(one=(0, 0, 0)), rows()):
        axis = drawn(frame).layout.xaxis
        first, last = axis.range
        assert first < min(0, *(frame["low"] * 100)) if len(frame) else first < 0
        assert last > max(0, *(frame["high"] * 100)) if len(frame) else last > 0
        assert axis.zeroline
        assert 0 in axis.tickvals
        assert 2 <= len(axis.tickvals) <= 6
        assert list(axis.ticktext)[axis.tickvals.index(0)] == "0"


def test_a_heading_stands_where_there_is_room() -> None:
    assert [each.text for each in drawn(rows(**MIXED)).layout.annotations] == ["◂ lower", "higher ▸"]
    assert [each.text for each in drawn(rows(one=(0.3, 0.4, 0.5))).layout.annotations] == ["higher ▸"]


@pytest.mark.parametrize("concepts", [0, 1, 20, 21, 300])
def test_holds_any_number_of_concepts_page_by_page_on_one_scale(concepts: int) -> None:
    frame = rows(
        **{f"Concept {number:03}": ((number - 9) / 300, number / 300, (number + 9) / 300) for number in range(concepts)}
    )
    pages = [drawn(frame, page) for page in range(1, page_count(concepts) + 1)]
    assert [name for page in pages for name in page.data[5].text or ()] == frame["concept"].tolist()
    assert len({tuple(page.layout.xaxis.range) for page in pages}) == 1
    assert pages[0].layout.height <= 46 * (ROWS_A_PAGE + 1)


def test_names_are_escaped_short_in_rows_and_whole_in_labels() -> None:
    figure = differences(rows(**{"<i>" + "long " * 60 + "$%{y}": (0.1, 0.2, 0.3)}), sides=("<b>a</b>", "b"))
    assert figure.data[5].text[0].startswith("&lt;i&gt;long")
    assert figure.data[5].text[0].endswith("…")
    assert figure.data[0].hovertext[0].count("long") == 60
    assert "<i>" not in figure.data[0].hovertext[0]
    assert "<b>a" not in figure.data[0].hovertext[0]
