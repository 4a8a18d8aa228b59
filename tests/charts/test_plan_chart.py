"""The review plan by day, as a figure."""

from datetime import date, timedelta

import plotly.graph_objects as go
import pytest

from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.charts.plan import PlannedDay, plan_by_day
from mastery_core.standing import Band

FIRST = date(2026, 11, 28)


def days(*answers: tuple[int, int]) -> list[PlannedDay]:
    return [
        PlannedDay(FIRST + timedelta(days=number), below, keeping, 2) for number, (below, keeping) in enumerate(answers)
    ]


def drawn(planned: list[PlannedDay], limit: int | None = None) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    return go.Figure(plan_by_day(planned, begins="today", threshold=0.5, limit=limit).to_dict())


WEEK = days((12, 3), (0, 2), (0, 0), (0, 1), (0, 0), (0, 4), (0, 0))


def test_bars_add_up_to_the_numbers_over_them() -> None:
    below, keeping, totals = drawn(WEEK).data
    assert [one + other for one, other in zip(below.y, keeping.y, strict=True)] == [day.answers for day in WEEK]
    assert all(number > day.answers for number, day in zip(totals.y, WEEK, strict=True))
    assert list(totals.text) == ["<b>15</b>", "<b>2</b>", "", "<b>1</b>", "", "<b>4</b>", ""]


def test_what_is_below_already_differs_by_colour_and_stripes() -> None:
    below, keeping, _ = drawn(WEEK).data
    assert (below.marker.color, keeping.marker.color) == (BAND_COLOURS[Band.WEAK], BAND_COLOURS[Band.DEVELOPING])
    assert (below.marker.pattern.shape, keeping.marker.pattern.shape) == ("/", "")
    assert (below.name, keeping.name) == ("below 50% already", "would fall below 50%")


def test_a_kind_that_is_not_there_is_not_in_the_legend() -> None:
    assert [bar.name for bar in drawn(days((0, 1), (0, 0))).data[:-1]] == ["would fall below 50%"]


def test_days_are_named_and_months_where_they_begin() -> None:
    names = list(drawn(WEEK).layout.xaxis.ticktext)
    assert names[:4] == ["Sat<br>28<br>Nov", "Sun<br>29", "Mon<br>30", "Tue<br>1<br>Dec"]
    assert list(drawn(days(*[(0, 1)] * 14)).layout.xaxis.ticktext)[:2] == ["Sa<br>28<br>Nov", "Su<br>29"]


def test_the_first_day_is_marked_and_a_limit_drawn() -> None:
    assert drawn(WEEK).layout.annotations[0].text == "today"
    assert len(drawn(WEEK).layout.shapes) == 1
    limited = drawn(WEEK, limit=20)
    assert (limited.layout.shapes[1].y0, limited.layout.shapes[1].label.text) == (20, "at most 20 a day")
    assert limited.layout.yaxis.range[1] > 20


@pytest.mark.parametrize("planned", [days((0, 1)), days(*[(0, 0)] * 14), days(*[(500, 500)] * 14)])
def test_holds_any_number_of_answers(planned: list[PlannedDay]) -> None:
    figure = drawn(planned)
    assert figure.layout.yaxis.range[1] > max(day.answers for day in planned)


def test_labels_say_it_in_words() -> None:
    hover = drawn(WEEK).data[-1].hovertext
    assert hover[0] == "<b>Sat 28 Nov</b><br>15 right answers on 2 concepts"
    assert "1 right answer on" in hover[3]
