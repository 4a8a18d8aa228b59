import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.intervals import Z_95, difference, share, wilson

counts = st.integers(0, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
some = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# The examples of Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
@pytest.mark.parametrize(
    ("right", "counted", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_the_textbook(right: int, counted: int, lower: float, upper: float) -> None:
    assert np.round(wilson(right, counted), 4).tolist() == [lower, upper]


# The examples of Newcombe, "Interval estimation for the difference …", Statistics in Medicine 17 (1998), table II, method 10.
@pytest.mark.parametrize(
    ("right", "counted", "lower", "upper"),
    [
        ((56, 48), (70, 80), 0.0524, 0.3339),
        ((9, 3), (10, 10), 0.1705, 0.8090),
        ((5, 0), (56, 29), -0.0381, 0.1926),
        ((0, 0), (10, 20), -0.1611, 0.2775),
    ],
)
def test_the_difference_is_that_of_the_textbook(
    right: tuple[int, int], counted: tuple[int, int], lower: float, upper: float
) -> None:
    assert np.round(difference(right, counted), 4).tolist() == [lower, upper]


@given(counts)
def test_the_interval_is_of_shares_and_holds_what_was_seen(case: tuple[int, int]) -> None:
    lower, upper = wilson(*case)
    assert 0 <= lower <= share(*case) <= upper <= 1


@given(some)
def test_the_bounds_are_those_shares_that_the_seen_is_just_not_too_far_from(case: tuple[int, int]) -> None:
    """Wilson's own definition: at each bound the seen share lies ``z`` standard errors away."""
    right, counted = case
    for bound in wilson(right, counted):
        errors = Z_95 * np.sqrt(bound * (1 - bound) / counted)
        assert abs(right / counted - bound) == pytest.approx(errors, abs=1e-9)


@given(counts)
def test_wrong_answers_have_the_mirrored_interval(case: tuple[int, int]) -> None:
    right, counted = case
    lower, upper = wilson(right, counted)
    assert np.allclose(wilson(counted - right, counted), [1 - upper, 1 - lower], atol=1e-12)


@given(some, some)
def test_a_difference_holds_what_was_seen_and_turns_round_with_its_sides(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    lower, upper = difference((one[0], other[0]), (one[1], other[1]))
    assert lower - 1e-12 <= one[0] / one[1] - other[0] / other[1] <= upper + 1e-12
    assert difference((other[0], one[0]), (other[1], one[1])) == pytest.approx((-upper, -lower))


def test_of_nothing_counted_nothing_is_known() -> None:
    assert np.array(wilson([0, 3], [0, 4]))[:, 0].tolist() == [0, 1]
    assert share(0, 0) == 0


@pytest.mark.parametrize(("right", "counted"), [(-1, 4), (5, 4), (0, -1)])
def test_more_right_than_counted_is_refused(right: int, counted: int) -> None:
    with pytest.raises(ValueError, match="at most as many as were counted"):
        wilson(right, counted)


def test_a_difference_takes_one_of_each() -> None:
    with pytest.raises(ValueError, match="at least one"):
        difference((0, 1), (0, 4))
