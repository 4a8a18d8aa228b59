import math
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.velocity import STRETCH_COLUMNS, by_stretch, unit_of, velocity_when_practised

FIRST = date(2025, 11, 22)
DAYS = 400
rows = st.lists(
    st.tuples(st.integers(0, DAYS * 24 - 1), st.integers(0, 40), st.integers(-40, 0), st.integers(1, 9)), max_size=30
)
units = st.sampled_from(["day", "week", "month"])


def hours_of(drawn: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    hour = [np.datetime64(FIRST, "s") + np.timedelta64(each[0], "h") for each in drawn]
    return pd.DataFrame(
        {
            "hour": np.array(hour, dtype="datetime64[s]"),
            "gained": [each[1] / 100 for each in drawn],
            "lost": [each[2] / 100 for each in drawn],
            "observations": [each[3] for each in drawn],
        }
    )


@given(rows, units)
def test_stretches_sum_to_what_the_hours_sum_to(drawn: list[tuple[int, int, int, int]], unit: str) -> None:
    hours = hours_of(drawn)
    found = by_stretch(hours, FIRST, FIRST + timedelta(days=DAYS - 1), unit)
    assert tuple(found.columns) == STRETCH_COLUMNS
    assert found["won"].sum() == pytest.approx(hours["gained"].sum())
    assert found["lost"].sum() == pytest.approx(hours["lost"].sum())
    assert found["net"].sum() == pytest.approx(hours["gained"].sum() + hours["lost"].sum())
    assert found["observations"].sum() == hours["observations"].sum()


@given(rows, units)
def test_each_hour_is_in_the_stretch_of_its_day(drawn: list[tuple[int, int, int, int]], unit: str) -> None:
    counted: Counter[date] = Counter()
    for hour, _, _, observations in drawn:
        counted[FIRST + timedelta(days=hour // 24)] += observations
    for stretch in by_stretch(hours_of(drawn), FIRST, FIRST + timedelta(days=DAYS - 1), unit).to_dict("records"):
        begins, ends = stretch["begins"].date(), stretch["ends"].date()
        assert stretch["observations"] == sum(number for day, number in counted.items() if begins <= day <= ends)


@given(units, st.integers(0, 800))
def test_stretches_lie_side_by_side_and_fill_the_range(unit: str, days: int) -> None:
    last = FIRST + timedelta(days=days)
    found = by_stretch(hours_of([]), FIRST, last, unit)
    begins, ends = ([day.date() for day in found[name]] for name in ("begins", "ends"))
    assert (begins[0], ends[-1]) == (FIRST, last)
    assert all(later == earlier + timedelta(days=1) for earlier, later in zip(ends, begins[1:], strict=False))
    if unit == "day":
        assert begins == ends
    elif unit == "week":
        assert all(day.weekday() == 0 for day in begins[1:])
    else:
        assert all(day.day == 1 for day in begins[1:])


def test_years_are_seen_by_month_and_days_by_day() -> None:
    assert [unit_of(days) for days in (1, 7, 30, 31, 32, 90, 365, 366, 367, 3_000)] == [
        *["day"] * 4, *["week"] * 4, *["month"] * 2,
    ]  # fmt: skip


def test_velocity_on_days_practised_leaves_out_the_others() -> None:
    assert velocity_when_practised(0.9, 3) == pytest.approx(0.3)
    assert math.isnan(velocity_when_practised(0.0, 0))
