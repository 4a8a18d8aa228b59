"""A year of practice as squares."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.charts.calendar import (
    NONE,
    SHADES,
    WEEKS,
    WEEKS_A_PART,
    first_day,
    parts,
    practice_calendar,
    shade_starts,
)

LAST = date(2026, 11, 22)


def year(last: date = LAST, **observations: int) -> pd.DataFrame:
    """The days of a year; ``_2026_11_20=5`` had five observations."""
    days = pd.DataFrame({"observations": 0, "graded": 0, "correct": 0}, index=pd.date_range(first_day(last), last))
    for day, number in observations.items():
        days.loc[day[1:].replace("_", "-")] = [number, number - 1, number // 2]
    return days


@given(st.dates(date(1971, 6, 1), date(2200, 1, 1)))
def test_a_year_begins_on_a_monday_and_ends_with_the_week_of_its_last_day(last: date) -> None:
    first = first_day(last)
    assert first.weekday() == 0
    assert (last - first).days // 7 == WEEKS - 1
    assert 364 < (last - first).days + 1 <= 371


def test_each_day_has_one_square_in_its_week_and_weekday() -> None:
    days = year(_2026_11_20=5)
    shown = parts(days)[-1]
    squares = practice_calendar(shown, [1]).data[0]
    assert list(squares.customdata) == [f"{day:%Y-%m-%d}" for day in shown.index]
    at = squares.customdata.index("2026-11-20")
    assert squares.x[at] == (date(2026, 11, 20) - shown.index[0].date()).days // 7
    assert squares.base[at] + squares.y[at] / 2 == pytest.approx(4), "a Friday is the fifth row"
    assert len({*zip(squares.x.tolist(), squares.base.tolist(), strict=True)}) == len(shown)


def test_parts_are_the_year_from_the_first_practice_on() -> None:
    everything = year(_2025_11_20=1)
    assert [len(part) for part in parts(everything)] == [7 * WEEKS_A_PART, 7 * WEEKS_A_PART, len(everything) - 14 * 18]
    assert pd.concat(parts(everything)).index.equals(everything.index)
    assert len(parts(year(_2026_11_20=1))) == 1
    assert len(parts(year())) == 1


def test_darker_is_more_and_none_is_grey() -> None:
    days = year(_2026_11_16=1, _2026_11_17=5, _2026_11_18=20, _2026_11_19=80)
    starts = shade_starts(days["observations"].to_numpy())
    colours = practice_calendar(parts(days)[-1], starts).data[0].marker.color
    by_day = dict(zip(parts(days)[-1].index.day.to_list()[-7:], colours[-7:], strict=True))
    assert [by_day[day] for day in (16, 17, 18, 19)] == list(SHADES)
    assert by_day[20] == NONE


@given(st.lists(st.integers(0, 500), max_size=371))
def test_shades_begin_with_one_rise_and_reach_every_day_with_practice(observations: list[int]) -> None:
    starts = shade_starts(observations)
    practised = [number for number in observations if number]
    if not practised:
        assert starts == []
        return
    assert starts[0] == 1
    assert starts == sorted(set(starts))
    assert len(starts) <= len(SHADES)
    used = set(np.searchsorted(starts, practised, side="right"))
    assert len(starts) in used, "the most are in the strongest shade"


def test_days_that_are_all_alike_have_the_strongest_shade() -> None:
    days = year(_2026_11_16=3, _2026_11_17=3)
    colours = practice_calendar(parts(days)[-1], shade_starts(days["observations"])).data[0].marker.color
    assert set(colours) == {NONE, SHADES[-1]}


def test_the_chosen_day_alone_is_outlined() -> None:
    squares = practice_calendar(parts(year())[-1], [], chosen=date(2026, 11, 3)).data[0]
    assert [squares.customdata[n] for n in np.flatnonzero(squares.marker.line.width)] == ["2026-11-03"]
    assert not practice_calendar(parts(year())[-1], []).data[0].marker.line.width.any()


def test_a_square_says_its_day_and_numbers() -> None:
    part = parts(year(_2026_11_20=1, _2026_11_21=1_204))[-1]
    texts = dict(zip(part.index.day.to_list()[-7:], practice_calendar(part, [1]).data[0].hovertext[-7:], strict=True))
    assert texts[19] == "<b>Thu 19 Nov 2026</b><br>no practice"
    assert texts[20] == "<b>Fri 20 Nov 2026</b><br>1 observation"
    assert texts[21] == "<b>Sat 21 Nov 2026</b><br>1,204 observations<br>602 of 1,203 answers right"


@pytest.mark.parametrize("offset", range(0, 371, 13))
def test_months_are_named_above_their_first_week_and_do_not_collide(offset: int) -> None:
    last = LAST - timedelta(days=offset)
    for part in parts(year(last).assign(observations=1)):
        months = practice_calendar(part, [1]).data[2]
        for week, text in zip(months.x, months.text, strict=True):
            days = part.index[7 * round(week + 0.43) :][:7]
            assert f"{days[0]:%b}" == text[:3]
        gaps = np.diff([*months.x, WEEKS_A_PART])
        assert all(gap >= (4 if " " in text else 2) for gap, text in zip(gaps, months.text, strict=True))


def test_plotly_finds_nothing_wrong_with_it() -> None:
    for days in (year(), year(_2025_11_20=1)):
        for part in parts(days):
            go.Figure(practice_calendar(part, shade_starts(days["observations"]), LAST).to_dict())
