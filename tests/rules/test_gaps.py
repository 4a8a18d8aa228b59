import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.gaps import (
    EDGES_DAYS,
    ENOUGH_ANSWERS,
    GAP_NAMES,
    answers_missing,
    comparison,
    right_answer_rates,
)

classes = st.lists(
    st.integers(0, 60).flatmap(lambda graded: st.tuples(st.just(graded), st.integers(0, graded))),
    min_size=len(EDGES_DAYS),
    max_size=len(EDGES_DAYS),
)


def answers(*counts: tuple[int, int]) -> pd.DataFrame:
    padded = [*counts, *[(0, 0)] * (len(EDGES_DAYS) - len(counts))]
    return pd.DataFrame(padded, columns=["graded", "correct"])


@given(classes)
def test_a_rate_is_right_answers_of_all_and_lies_in_its_interval(counts: list[tuple[int, int]]) -> None:
    for row, (graded, correct) in zip(right_answer_rates(answers(*counts)).to_dict("records"), counts, strict=True):
        assert (row["graded"], row["correct"]) == (graded, correct)
        assert row["enough"] == (graded >= ENOUGH_ANSWERS)
        if graded:
            assert row["rate"] == pytest.approx(correct / graded)
            assert row["lower"] <= row["rate"] <= row["upper"]
        else:
            assert np.isnan(row["rate"])


@given(classes)
def test_two_classes_can_be_compared_once_nothing_is_missing(counts: list[tuple[int, int]]) -> None:
    rates = right_answer_rates(answers(*counts))
    assert (comparison(rates) is None) == (answers_missing(rates["graded"]) > 0)


@given(classes)
def test_what_is_missing_is_the_least_that_makes_two(counts: list[tuple[int, int]]) -> None:
    graded = [number for number, _ in counts]
    pairs = [(a, b) for n, a in enumerate(graded) for b in graded[n + 1 :]]
    assert answers_missing(graded) == min(max(10 - a, 0) + max(10 - b, 0) for a, b in pairs)


def test_the_shortest_and_the_longest_with_answers_enough_are_compared() -> None:
    found = comparison(right_answer_rates(answers((9, 9), (100, 90), (50, 40), (40, 20), (3, 0))))
    assert found is not None
    assert (found.short_gap, found.long_gap) == ("1 to 24 hours", "3 to 7 days")
    assert (found.short_rate, found.long_rate) == (0.9, 0.5)
    assert found.is_clear
    assert 0 < found.lower < 0.4 < found.upper


def test_a_difference_that_chance_can_make_is_not_clear() -> None:
    found = comparison(right_answer_rates(answers((10, 8), (10, 6))))
    assert found is not None
    assert not found.is_clear


def test_each_class_of_gaps_has_a_name() -> None:
    assert len(GAP_NAMES) == len(EDGES_DAYS)
    assert list(EDGES_DAYS) == sorted(EDGES_DAYS)
