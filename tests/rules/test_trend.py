import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.model import Trend
from mastery_core.trend import BAND, MIN_EVENTS, WINDOW_DAYS, trends

UP, FLAT, DOWN = Trend.IMPROVING, Trend.STABLE, Trend.DECLINING


@pytest.mark.parametrize(
    ("delta", "events", "expected"),
    [
        (0.05, 2, FLAT),
        (0.05 + 2e-9, 2, UP),
        (-0.05, 2, FLAT),
        (-0.05 - 2e-9, 2, DOWN),
        (0.3, 1, FLAT),
        (-0.3, 1, FLAT),
        (0.3, 0, FLAT),
        (0.0, 100, FLAT),
    ],
)
def test_the_trend_of_the_brief(delta: float, events: int, expected: Trend) -> None:
    assert trends([delta], [events]).tolist() == [expected]


GRID = 2**44


def test_what_scores_are_rounded_by_is_no_trend() -> None:
    up = round(0.6 * GRID) / GRID
    right_and_wrong = round((up - 0.05) * GRID) / GRID - 0.5
    assert right_and_wrong > 0.05
    assert trends([right_and_wrong, -right_and_wrong], [2, 2]).tolist() == [FLAT, FLAT]


# Whole thousandths: a hair beside the band is no case that practice makes.
@given(st.lists(st.tuples(st.integers(-10_000, 10_000).map(lambda each: each / 1_000), st.integers(0, 5)), max_size=30))
def test_a_cohort_at_once_is_one_after_another(cases: list[tuple[float, int]]) -> None:
    deltas, events = [delta for delta, _ in cases], [count for _, count in cases]
    one_by_one = [UP if n >= 2 and d > 0.05 else DOWN if n >= 2 and d < -0.05 else FLAT for d, n in cases]
    assert trends(deltas, events).tolist() == one_by_one


def test_shape_is_kept() -> None:
    assert trends(np.zeros((2, 3)), np.zeros((2, 3), dtype=int)).shape == (2, 3)
    assert trends([], []).shape == (0,)


def test_the_briefs_numbers() -> None:
    assert (WINDOW_DAYS, BAND, MIN_EVENTS) == (7, 0.05, 2)
