from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.rhythm import ENOUGH_FOR_A_HABIT, WEEKDAYS, by_weekday_and_hour, habit

MONDAY = datetime(2026, 11, 16)  # noqa: DTZ001 - a clock on the wall
hours = st.dictionaries(st.integers(0, 24 * 60), st.integers(1, 50), max_size=25)


def frame(observations: dict[int, int]) -> pd.DataFrame:
    at = np.array([MONDAY + timedelta(hours=hour) for hour in observations], dtype="datetime64[s]")
    return pd.DataFrame({"hour": at, "observations": np.array(list(observations.values()), dtype=np.int64)})


@given(hours)
def test_every_observation_is_counted_at_its_weekday_and_hour(observations: dict[int, int]) -> None:
    counts = by_weekday_and_hour(frame(observations))
    expected = np.zeros((7, 24), dtype=int)
    for hour, number in observations.items():
        at = MONDAY + timedelta(hours=hour)
        expected[at.weekday(), at.hour] += number
    assert np.array_equal(counts, expected)


@given(hours)
def test_a_habit_is_the_weekday_and_the_hour_with_most(observations: dict[int, int]) -> None:
    counts = by_weekday_and_hour(frame(observations))
    found = habit(counts)
    if counts.sum() < ENOUGH_FOR_A_HABIT:
        assert found is None
        return
    assert found is not None
    assert found.on_weekday == counts[found.weekday].sum() == counts.sum(axis=1).max()
    assert found.in_hour == counts[:, found.hour].sum() == counts.sum(axis=0).max()
    assert found.observations == sum(observations.values())


def test_tuesdays_at_four_are_named() -> None:
    found = habit(by_weekday_and_hour(frame({24 + 16: 8, 24 + 17: 2, 3 * 24 + 9: 4})))
    assert found is not None
    assert (WEEKDAYS[found.weekday], found.on_weekday) == ("Tuesday", 10)
    assert (found.hour, found.in_hour) == (16, 8)
