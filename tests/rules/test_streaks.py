from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.streaks import Streak, current_streak, longest_streak, practice_days, streaks

FIRST = date(2026, 1, 1)
spans = st.lists(st.integers(0, 60), max_size=60)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def run_up_to(practised: set[date], last: date, earliest: date) -> int:
    """How many days in a row end on ``last``, counted one by one."""
    length = 0
    while last - timedelta(days=length) in practised and last - timedelta(days=length) >= earliest:
        length += 1
    return length


def test_a_streak_runs_from_its_first_to_its_last_day() -> None:
    assert streaks([day(1), day(2), day(3), day(7)]) == [Streak(day(1), day(3)), Streak(day(7), day(7))]
    assert [streak.days for streak in streaks([day(1), day(2), day(3), day(7)])] == [3, 1]


def test_days_come_in_any_order_and_any_number_of_times() -> None:
    moments = np.array(["2026-03-02T23:59", "2026-03-01T00:00", "2026-03-02T08:00"], dtype="datetime64[s]")
    assert streaks(moments) == [Streak(date(2026, 3, 1), date(2026, 3, 2))]
    assert practice_days(moments).tolist() == [date(2026, 3, 1), date(2026, 3, 2)]


def test_without_practice_there_is_no_streak() -> None:
    assert streaks([]) == []
    assert current_streak([], FIRST) is None
    assert longest_streak([], FIRST) is None


@pytest.mark.parametrize(("as_of", "length"), [(2, 3), (3, 3), (4, None), (1, 2)])
def test_a_day_that_is_not_over_breaks_no_streak(as_of: int, length: int | None) -> None:
    found = current_streak([day(0), day(1), day(2)], day(as_of))
    assert (found and found.days) == length


def test_of_equal_streaks_the_latest_counts() -> None:
    assert longest_streak([day(1), day(2), day(5), day(6), day(8)], day(9)) == Streak(day(5), day(6))


@given(spans, st.integers(-3, 65))
def test_the_current_streak_is_what_counting_back_finds(numbers: list[int], as_of: int) -> None:
    practised = {day(number) for number in numbers}
    found = current_streak(sorted(practised), day(as_of))
    counted = run_up_to(practised, day(as_of), FIRST) or run_up_to(practised, day(as_of - 1), FIRST)
    assert (found.days if found else 0) == counted


@given(spans, st.integers(-3, 65), st.integers(1, 40))
def test_the_longest_streak_is_what_trying_every_day_finds(numbers: list[int], as_of: int, within: int) -> None:
    practised = {day(number) for number in numbers}
    earliest = day(as_of - within + 1)
    found = longest_streak(sorted(practised), day(as_of), within)
    ends = [day(as_of - back) for back in range(within)]
    assert (found.days if found else 0) == max(run_up_to(practised, end, earliest) for end in ends)


@given(spans)
def test_streaks_hold_every_day_once_and_never_touch(numbers: list[int]) -> None:
    found = streaks([day(number) for number in numbers])
    held = [streak.first + timedelta(days=n) for streak in found for n in range(streak.days)]
    assert held == sorted({day(number) for number in numbers})
    assert all(later.first - earlier.last > timedelta(days=1) for earlier, later in pairwise(found))
