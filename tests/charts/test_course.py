"""The course of a cohort, as a figure."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.course import BOTTOM, LABEL_HEIGHT, TOP, cohort_course

LAST = datetime(2026, 11, 24, 23, 59, 59, 999999, tzinfo=UTC)
NOBODY = (0, np.nan, np.nan, np.nan)


def course(*rows: tuple[int, float, float, float]) -> pd.DataFrame:
    """A day a row, up to the end of 24 November: learners, lower, middle, upper."""
    at = pd.date_range(end=LAST, periods=len(rows), freq="D", tz="UTC")
    numbers = pd.DataFrame(rows, columns=["learners", "lower", "middle", "upper"])
    shares = {name: numbers[name].astype("float64") for name in ("lower", "middle", "upper")}
    return pd.DataFrame({"at": at, "learners": numbers["learners"].astype("int64")} | shares)


def drawn(frame: pd.DataFrame, zone: str = "UTC", weak: float = 0.5, mastered: float = 0.8) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = cohort_course(frame, zone=zone, weak=weak, mastered=mastered)
    go.Figure(figure.to_dict())
    return figure


def texts(figure: go.Figure) -> list[str]:
    return [label.text for label in figure.layout.annotations]


RISING = course((20, 0.1, 0.3, 0.5), (21, 0.2, 0.4, 0.7), (1, 0.2, 0.42, 0.66))


def test_the_median_is_a_line_and_the_percentiles_are_the_edges_of_a_band() -> None:
    band, median = drawn(RISING).data
    assert median.y.tolist() == [0.3, 0.4, 0.42]
    assert band.y.tolist()[:-1] == [0.5, 0.7, 0.66, 0.2, 0.2, 0.1, 0.5]
    assert band.x.tolist()[:3] == median.x.tolist()
    assert band.fill == "toself"


def test_the_ends_are_named() -> None:
    figure = drawn(RISING)
    assert texts(figure) == ["<b>median<br>42%</b>", "a tenth<br>above 66%", "a tenth<br>below 20%"]
    assert {label.x for label in figure.layout.annotations} == {figure.data[1].x[-1]}
    assert [label.y for label in figure.layout.annotations] == [0.42, 0.66, 0.2]


@pytest.mark.parametrize("ends", [(0.5, 0.51, 0.52), (0.97, 0.99, 1.0), (0.0, 0.0, 0.02), (0.0, 0.5, 1.0)])
def test_names_of_ends_keep_apart_and_within_the_figure(ends: tuple[float, float, float]) -> None:
    middle, upper, lower = (label.y for label in drawn(course((9, *ends))).layout.annotations)
    assert upper - middle >= LABEL_HEIGHT - 1e-9
    assert middle - lower >= LABEL_HEIGHT - 1e-9
    assert lower + 1e-9 >= BOTTOM + LABEL_HEIGHT / 2
    assert upper - 1e-9 <= TOP - LABEL_HEIGHT / 2


def test_nobody_is_above_all_or_below_nothing() -> None:
    assert texts(drawn(course((9, 0.0, 0.5, 0.999))))[1:] == ["a tenth<br>at 100%", "a tenth<br>at 0%"]


def test_a_single_learner_is_no_tenth() -> None:
    assert texts(drawn(course((1, 0.4, 0.4, 0.4)))) == ["<b>median<br>40%</b>"]


def test_labels_tell_the_median_the_percentiles_and_the_learners() -> None:
    hover = drawn(RISING).data[1].text
    assert hover[1] == "median 40%<br>10th to 90th percentile 20% to 70%<br>21 learners with data"
    assert hover[2].endswith("<br>1 learner with data")
    assert drawn(RISING).layout.hovermode == "x unified"


def test_moments_without_data_are_a_gap_and_the_last_with_data_is_named() -> None:
    frame = course(NOBODY, (5, 0.1, 0.3, 0.5), NOBODY, (5, 0.2, 0.4, 0.6), (5, 0.2, 0.5, 0.6), NOBODY)
    figure = drawn(frame)
    band, median = figure.data
    assert np.isnan(median.y).tolist() == [True, False, True, False, False, True]
    pieces = np.split(band.x, np.flatnonzero(np.isnan(band.x)))
    assert [np.unique(piece[~np.isnan(piece)]).size for piece in pieces[:2]] == [1, 2]
    assert figure.layout.annotations[0].x == median.x[4]
    assert band.line.width > 0, "a stretch of one moment can be seen"


def test_thresholds_are_lines_with_names_on_the_side_where_the_median_is_not() -> None:
    shapes = drawn(RISING, weak=0.25, mastered=0.9).layout.shapes
    assert [(shape.y0, shape.label.text, shape.line.dash) for shape in shapes] == [
        (0.25, "weak below 25%", "dash"),
        (0.9, "mastered from 90%", "dot"),
    ]
    assert [shape.label.yanchor for shape in shapes] == ["top", "bottom"]


def test_a_day_that_ends_is_not_the_next() -> None:
    at = pd.to_datetime(drawn(RISING).data[1].x[-1], unit="ms")
    assert at == pd.Timestamp("2026-11-24 23:59:59")


def test_all_is_on_the_viewers_wall_clock() -> None:
    utc, kolkata = (drawn(RISING, zone) for zone in ("UTC", "Asia/Kolkata"))
    for here, there in zip(utc.data, kolkata.data, strict=True):
        assert set((there.x - here.x)[~np.isnan(here.x)]) == {5.5 * 3_600_000}
    assert kolkata.layout.xaxis.range[0] - utc.layout.xaxis.range[0] == 5.5 * 3_600_000


@pytest.mark.parametrize("frame", [course(), course(NOBODY), course(NOBODY, NOBODY), course((3, 0.1, 0.2, 0.3))])
def test_holds_no_moment_one_moment_and_no_data(frame: pd.DataFrame) -> None:
    figure = drawn(frame)
    assert len(texts(figure)) == (3 if frame["middle"].notna().any() else 0)
    assert figure.layout.xaxis.visible == bool(len(frame))
    if len(frame):
        assert figure.layout.xaxis.range[0] < figure.layout.xaxis.range[1]
