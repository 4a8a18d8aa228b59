"""The figures of the Insights screen."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.gaps import gaps
from mastery_core.charts.rhythm import rhythm
from mastery_core.charts.velocity import LOST, WON, span_name, velocity
from mastery_core.gaps import EDGES_DAYS, right_answer_rates
from mastery_core.velocity import by_stretch

LAST = date(2026, 11, 22)


def stretches(days: int, unit: str, practised: dict[int, tuple[float, float, int]]) -> pd.DataFrame:
    """Of so many days up to the last; ``practised`` maps days ago to won, lost and observations."""
    hour = [np.datetime64(LAST - timedelta(days=ago), "s") for ago in practised]
    won, lost, observations = zip(*practised.values(), strict=True) if practised else ((), (), ())
    frame = {"hour": np.array(hour, dtype="datetime64[s]"), "gained": won, "lost": lost, "observations": observations}
    return by_stretch(pd.DataFrame(frame), LAST - timedelta(days=days - 1), LAST, unit)


def rates(*counts: tuple[int, int]) -> pd.DataFrame:
    padded = [*counts, *[(0, 0)] * (len(EDGES_DAYS) - len(counts))]
    return right_answer_rates(pd.DataFrame(padded, columns=["graded", "correct"]))


def test_points_won_go_up_and_points_lost_go_down() -> None:
    won, lost, together = velocity(stretches(8, "day", {0: (0.3, -0.1, 4), 3: (0.0, -0.2, 2)}), "day").data
    assert won.y.tolist() == pytest.approx([0, 0, 0, 0, 0, 0, 0, 30])
    assert lost.y.tolist() == pytest.approx([0, 0, 0, 0, -20, 0, 0, -10])
    assert (won.marker.color, lost.marker.color) == (WON, LOST)
    assert together.x.tolist() == [4, 7]
    assert together.y.tolist() == pytest.approx([-20, 20])


def test_a_bar_names_its_day_and_its_numbers() -> None:
    hovers = velocity(stretches(2, "day", {0: (0.3, -0.1, 4)}), "day").data[0].hovertext
    assert hovers == (
        "<b>Sat 21 Nov 2026</b><br>no practice",
        "<b>Sun 22 Nov 2026</b><br>+30.0 won, -10.0 lost<br>+20.0 points together<br>4 observations",
    )


def test_the_period_before_is_a_level_with_its_number() -> None:
    figure = velocity(stretches(30, "day", {0: (0.1, 0.0, 1)}), "day", before=0.38)
    level = figure.data[-1]
    assert level.name == "before: +38.0 a day"
    assert list(level.y) == pytest.approx([38, 38])
    assert figure.layout.yaxis.range[1] > 38
    assert len(velocity(stretches(30, "day", {}), "day").data) == 3


@pytest.mark.parametrize(
    ("first", "last", "unit", "name"),
    [
        (date(2026, 11, 3), date(2026, 11, 3), "day", "Tue 3 Nov 2026"),
        (date(2026, 11, 2), date(2026, 11, 8), "week", "2 – 8 Nov 2026"),
        (date(2026, 10, 26), date(2026, 11, 1), "week", "26 Oct – 1 Nov 2026"),
        (date(2025, 12, 29), date(2026, 1, 4), "week", "29 Dec 2025 – 4 Jan 2026"),
        (date(2025, 11, 22), date(2026, 11, 22), "range", "22 Nov 2025 – 22 Nov 2026"),
        (date(2026, 11, 22), date(2026, 11, 22), "week", "Sun 22 Nov 2026"),
        (date(2026, 11, 1), date(2026, 11, 22), "month", "November 2026"),
    ],
)
def test_stretches_have_names(first: date, last: date, unit: str, name: str) -> None:
    assert span_name(first, last, unit) == name


@pytest.mark.parametrize(("days", "unit"), [(1, "day"), (8, "day"), (31, "day"), (366, "week"), (7_000, "month")])
def test_few_labels_stand_below_the_bars_and_the_newest_is_named(days: int, unit: str) -> None:
    figure = velocity(stretches(days, unit, {0: (0.1, -0.1, 1)}), unit, before=0.1)
    places, texts = figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext
    bars = figure.data[0].x.size
    assert 1 <= len(places) == len(texts) <= 6
    assert places[-1] == bars - 1
    assert "Nov" in texts[-1]
    assert sum("2026" in text for text in texts) == 1
    assert figure.data[0].width <= 0.74


def test_squares_hold_their_observations_and_empty_ones_none() -> None:
    counts = np.zeros((7, 24), dtype=np.int64)
    counts[1, 16], counts[6, 23] = 12, 1
    grid, squares = rhythm(counts).data
    assert np.isnan(squares.z).sum() == 7 * 24 - 2
    assert (squares.z[1, 16], squares.z[6, 23]) == (12, 1)
    assert squares.text[1][16] == "Tuesday, 16:00 to 17:00<br><b>12 observations</b>"
    assert squares.text[6][23] == "Sunday, 23:00 to 24:00<br><b>1 observation</b>"
    assert (squares.zmin, squares.zmax) == (1, 12)
    assert grid.z.shape == (7, 24)


@pytest.mark.parametrize("most", [0, 1, 2, 5_000])
def test_any_number_of_observations_has_a_scale_or_needs_none(most: int) -> None:
    counts = np.zeros((7, 24), dtype=np.int64)
    counts[0, 0] = most
    squares = go.Figure(rhythm(counts).to_dict()).data[1]
    assert squares.zmin < squares.zmax
    assert squares.showscale == (most > 1)


def test_little_practice_is_told_from_none_on_both_pages() -> None:
    _, squares = rhythm(np.ones((7, 24), dtype=np.int64)).data
    assert "0.28" in squares.colorscale[0][1]


def test_rates_have_their_interval_and_their_answers_below() -> None:
    known, shown, counted = gaps(rates((100, 90), (40, 20))).data
    assert known.y.tolist() == [0.9, 0.5]
    assert (known.y - known.error_y.arrayminus).tolist() == pytest.approx([0.8256, 0.3520], abs=1e-4)
    assert (known.y + known.error_y.array).tolist() == pytest.approx([0.9448, 0.6480], abs=1e-4)
    assert shown.text[:3] == ("90%", "50%", "–")
    assert counted.text[:3] == ("100", "40", "0")
    assert known.hovertext[1].startswith("<b>1 to 24 hours since last practice</b><br>20 of 40 right: 50%")


def test_too_few_answers_are_hollow_and_named_so() -> None:
    known, few, shown, _ = gaps(rates((100, 90), (9, 9), (10, 1))).data
    assert known.x.tolist() == [0, 2]
    assert few.x.tolist() == [1]
    assert few.marker.symbol == "circle-open"
    assert "not enough answers" in few.name
    assert "not enough answers" in few.hovertext[0]
    assert shown.text[:3] == ("90%", "–", "10%")


@pytest.mark.parametrize(
    "figure",
    [
        velocity(stretches(1, "day", {}), "day"),
        velocity(stretches(400, "month", {3: (0.1, -0.1, 1)}), "month", before=-0.2),
        rhythm(np.zeros((7, 24), dtype=np.int64)),
        gaps(rates()),
        gaps(rates((100, 90), (9, 9))),
    ],
)
def test_plotly_finds_nothing_wrong_with_them(figure: go.Figure) -> None:
    go.Figure(figure.to_dict())
