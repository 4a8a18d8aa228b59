"""How a velocity lies among learners, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.rows import ROWS_A_PAGE, page_count
from mastery_core.charts.velocity_distribution import velocity_boxes

COLUMNS = ["group", "learners", "events", "mean", "p10", "p25", "p50", "p75", "p90"]
TRACKS, LINES, BOXES, MEDIANS, NAMES, NUMBERS = range(6)


def groups(**found: tuple[float, float, float, float, float]) -> pd.DataFrame:
    """Groups with their percentiles, as shares."""
    made = [
        {"group": name, "learners": 24, "events": 1_030, "mean": 0.01} | dict(zip(COLUMNS[4:], values, strict=True))
        for name, values in found.items()
    ]
    return pd.DataFrame(made, columns=COLUMNS)


TWO = {"slow": (-0.02, 0.0, 0.01, 0.02, 0.03), "fast": (0.01, 0.02, 0.04, 0.06, 0.11)}


def drawn(frame: pd.DataFrame, page: int = 1, unit: str = "a day") -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = velocity_boxes(frame, unit, page=page)
    go.Figure(figure.to_dict())
    return figure


def test_a_row_goes_from_the_tenth_to_the_ninetieth_percentile_with_the_middle_half_as_a_box() -> None:
    data = drawn(groups(**TWO)).data
    assert np.asarray(data[LINES].x).tolist() == pytest.approx([-2, 3, np.nan, 1, 11, np.nan], nan_ok=True)
    assert data[BOXES].base.tolist() == pytest.approx([0, 2])
    assert (data[BOXES].base + data[BOXES].x).tolist() == pytest.approx([2, 6])
    assert data[MEDIANS].x.tolist() == pytest.approx([1, 4])
    assert list(data[NAMES].text) == ["slow", "fast"]
    assert list(data[NUMBERS].text) == ["+1.00", "+4.00"]


def test_labels_hold_every_number_and_the_counts() -> None:
    slow, _ = drawn(groups(**TWO)).data[TRACKS].hovertext
    assert slow == (
        "<b>slow</b><br>24 learners, 1,030 observations<br>median +1.00 points a day<br>the middle half: 0 to +2.00<br>"
        "all but a tenth on each side: −2.00 to +3.00<br>mean +1.00"
    )


@pytest.mark.parametrize(
    "frame",
    [
        groups(**TWO), groups(one=(0.3, 0.4, 0.5, 0.6, 0.7)), groups(one=(-0.9, -0.8, -0.7, -0.6, -0.5)),
        groups(one=(0, 0, 0, 0, 0)), groups(one=(0.0001, 0.0002, 0.0003, 0.0004, 0.0005)), groups(one=(-40.0, 0, 1, 20, 70.0)), groups(),
    ],
)  # fmt: skip
def test_all_of_it_lies_within_the_figure_with_a_few_round_ticks(frame: pd.DataFrame) -> None:
    axis = drawn(frame).layout.xaxis
    first, last = axis.range
    assert first < min(0, *(frame["p10"] * 100), 0)
    assert last > max(0, *(frame["p90"] * 100), 0)
    assert 0 in axis.tickvals
    assert 2 <= len(axis.tickvals) <= 7
    assert len(set(axis.ticktext)) == len(axis.ticktext), "no two ticks read the same"
    assert list(axis.ticktext)[list(axis.tickvals).index(0)] == "0"


def test_the_axis_says_the_unit() -> None:
    [heading] = drawn(groups(**TWO), unit="in 10 observations").layout.annotations
    assert heading.text == "points in 10 observations"


@pytest.mark.parametrize("number", [0, 1, 20, 21, 300])
def test_holds_any_number_of_groups_page_by_page_on_one_scale(number: int) -> None:
    frame = groups(**{f"Group {n:03}": (n / 900, n / 800, n / 700, n / 600, n / 500) for n in range(number)})
    pages = [drawn(frame, page) for page in range(1, page_count(number) + 1)]
    assert [name for page in pages for name in page.data[NAMES].text or ()] == frame["group"].tolist()
    assert len({tuple(page.layout.xaxis.range) for page in pages}) == 1
    assert pages[0].layout.height <= 46 * (ROWS_A_PAGE + 1)


def test_names_are_escaped_short_in_rows_and_whole_in_labels() -> None:
    figure = drawn(groups(**{"<i>" + "long " * 60 + "$%{y}": (0.1, 0.2, 0.3, 0.4, 0.5)}))
    assert figure.data[NAMES].text[0].startswith("&lt;i&gt;long")
    assert figure.data[NAMES].text[0].endswith("…")
    assert figure.data[TRACKS].hovertext[0].count("long") == 60
    assert "<i>" not in figure.data[TRACKS].hovertext[0]
