import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.decay import days_until_below, half_life_days, kept, retained

shares = st.floats(0, 1)
factors = st.floats(0.01, 0.999999)
days = st.floats(0, 1e5)
periods = st.floats(1e-2, 1e4)


@given(score=shares, factor=shares, elapsed=days, period=periods)
def test_what_is_left_is_the_score_times_the_factor_to_the_time(
    score: float, factor: float, elapsed: float, period: float
) -> None:
    assert retained(score, factor, elapsed, period_days=period) == pytest.approx(score * factor ** (elapsed / period))


@given(score=shares, factor=shares, elapsed=st.lists(days, min_size=2, max_size=5))
def test_a_score_only_falls_and_stays_a_share(score: float, factor: float, elapsed: list[float]) -> None:
    left = retained(score, factor, sorted(elapsed))
    assert np.all(np.diff(left) <= 0)
    assert np.all((left >= 0) & (left <= score))


@given(score=shares, factor=factors, first=st.floats(0, 100), second=st.floats(0, 100))
def test_forgetting_in_two_parts_is_forgetting_at_once(
    score: float, factor: float, first: float, second: float
) -> None:
    in_parts = retained(retained(score, factor, first), factor, second)
    assert in_parts == pytest.approx(retained(score, factor, first + second), abs=1e-12)


@pytest.mark.parametrize("elapsed", [-1e-9, -30.0, -math.inf, math.nan, 0.0])
def test_no_time_forgets_nothing(elapsed: float) -> None:
    assert retained(0.7, [0.0, 0.5, 1.0], elapsed).tolist() == [0.7, 0.7, 0.7]


def test_all_time_forgets_everything_that_can_be_forgotten() -> None:
    assert retained(0.7, [0.0, 0.5, 1.0], math.inf).tolist() == [0, 0, 0.7]
    assert retained(0.7, [0.0, 0.5, 1.0], 1e12).tolist() == [0, 0, 0.7]


def test_arguments_broadcast() -> None:
    assert retained([[0.5], [1.0]], [0.9, 1.0], [0.0, 2.0]).shape == (2, 2)
    assert kept([], []).shape == (0,)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan, math.inf])
def test_what_is_no_share_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="a score is a share"):
        retained([0.5, wrong], 0.95, 1)
    with pytest.raises(ValueError, match="a decay factor is a share"):
        retained(0.5, [0.95, wrong], 1)


@pytest.mark.parametrize("period", [0.0, -1.0, math.nan])
def test_a_period_is_above_0(period: float) -> None:
    with pytest.raises(ValueError, match="period"):
        kept(0.95, 1, period_days=period)


@given(threshold=st.floats(0.01, 1), score=shares, factor=factors, period=periods)
def test_when_it_falls_below_is_when_the_threshold_is_left(
    threshold: float, score: float, factor: float, period: float
) -> None:
    until = float(days_until_below(threshold, score, factor, period_days=period))
    if score < threshold:
        assert math.isnan(until)
    else:
        assert until >= 0
        assert retained(score, factor, until, period_days=period) == pytest.approx(threshold, abs=1e-9)


def test_it_never_falls_below_where_nothing_is_forgotten_or_nothing_is_asked() -> None:
    assert days_until_below(0.5, [0.5, 0.9, 1.0], 1.0).tolist() == [math.inf] * 3
    assert days_until_below(0.0, [0.0, 0.9], [0.95, 0.0]).tolist() == [math.inf] * 2


def test_it_falls_below_at_once_where_everything_is_forgotten_at_once() -> None:
    assert days_until_below(0.5, [0.5, 0.9], 0.0).tolist() == [0, 0]
    assert math.isnan(days_until_below(0.5, 0.4, 0.0))


def test_half_lives() -> None:
    assert half_life_days(0.5) == 1
    assert half_life_days(0.95) == pytest.approx(13.5134, abs=1e-4)
    assert half_life_days(0.95, period_days=14) == pytest.approx(189.2, abs=0.1)
    assert half_life_days(1.0) == math.inf
    assert half_life_days(0.0) == 0
