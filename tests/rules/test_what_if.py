import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.decay import retained
from mastery_core.what_if import after_right_answers, fell_below, outlook, right_answers_to_reach

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
shares = st.floats(0, 1)
factors = st.floats(0.5, 0.999)
worths = st.floats(0.001, 1)
answers = st.integers(0, 50)


def days_until(moment: datetime) -> float:
    return (moment - NOW) / timedelta(days=1)


def test_two_right_answers_by_hand() -> None:
    then = outlook(0.51, 2, at=NOW, worth=0.1, threshold=0.5, decay_factor=0.95)
    assert then.score == pytest.approx(0.71)
    assert not then.below
    assert then.falls_below is not None
    assert days_until(then.falls_below) == pytest.approx(math.log(0.5 / 0.71) / math.log(0.95), abs=1e-6)


@given(score=shares, right=answers, worth=worths)
def test_answers_one_by_one_are_answers_at_once(score: float, right: int, worth: float) -> None:
    one_by_one = score
    for _ in range(right):
        one_by_one = min(1.0, one_by_one + worth)
    assert after_right_answers(score, right, worth=worth) == pytest.approx(one_by_one, abs=1e-12)


@given(score=shares, right=answers, worth=worths, threshold=st.floats(0.01, 1), factor=factors)
def test_the_score_holds_until_the_moment_named_and_not_longer(
    score: float, right: int, worth: float, threshold: float, factor: float
) -> None:
    then = outlook(score, right, at=NOW, worth=worth, threshold=threshold, decay_factor=factor)
    if then.falls_below is None:
        assert then.below
    else:
        assert not then.below
        days = days_until(then.falls_below)
        assert retained(then.score, factor, days - 1e-4) >= threshold
        assert retained(then.score, factor, days + 1e-4) < threshold


@given(score=shares, right=answers, worth=worths, threshold=shares, factor=factors)
def test_one_more_right_answer_never_makes_it_worse(
    score: float, right: int, worth: float, threshold: float, factor: float
) -> None:
    few, more = (
        outlook(score, count, at=NOW, worth=worth, threshold=threshold, decay_factor=factor)
        for count in (right, right + 1)
    )
    assert more.score >= few.score
    assert more.below <= few.below
    if few.falls_below and more.falls_below:
        assert more.falls_below >= few.falls_below


@given(score=shares, threshold=shares, worth=worths)
def test_the_fewest_answers_that_reach_the_threshold_do_and_one_less_does_not(
    score: float, threshold: float, worth: float
) -> None:
    fewest = right_answers_to_reach(threshold, score, worth=worth)
    assert fewest is not None
    assert after_right_answers(score, fewest, worth=worth) >= threshold
    if fewest:
        assert after_right_answers(score, fewest - 1, worth=worth) < threshold


def test_what_no_answer_can_reach() -> None:
    assert right_answers_to_reach(0.5, 0.4, worth=0.0) is None
    assert right_answers_to_reach(0.5, 0.4, worth=-0.1) is None
    assert right_answers_to_reach(1.1, 0.4, worth=0.1) is None
    assert right_answers_to_reach(0.5, 0.5, worth=0.0) == 0


def test_it_never_falls_where_nothing_is_forgotten_or_no_calendar_reaches() -> None:
    assert fell_below(0.5, 0.9, 1.0, since=NOW) is None
    assert fell_below(0.5, 0.9, 1 - 1e-12, since=NOW) is None
    assert fell_below(0.5, 0.4, 0.95, since=NOW) is None, "it is below already"


def test_a_period_of_two_weeks_holds_fourteen_times_as_long() -> None:
    daily = fell_below(0.5, 0.9, 0.95, since=NOW)
    slow = fell_below(0.5, 0.9, 0.95, since=NOW, period_days=14)
    assert daily is not None
    assert slow is not None
    assert days_until(slow) == pytest.approx(14 * days_until(daily))


def test_a_negative_number_of_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        after_right_answers(0.5, -1, worth=0.1)
