import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.standing import Band, bands, enough, mean_mastery

cases = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6)), max_size=30)


@pytest.mark.parametrize(
    ("score", "observations", "band"),
    [
        (0.0, 3, Band.WEAK),
        (np.nextafter(0.5, 0), 3, Band.WEAK),
        (0.5, 3, Band.DEVELOPING),
        (np.nextafter(0.8, 0), 3, Band.DEVELOPING),
        (0.8, 3, Band.MASTERED),
        (1.0, 3, Band.MASTERED),
        (1.0, 2, Band.NOT_ENOUGH_DATA),
        (0.0, 0, Band.NOT_ENOUGH_DATA),
    ],
)
def test_a_score_at_a_threshold_is_on_its_upper_side(score: float, observations: int, band: Band) -> None:
    assert bands([score], [observations]).tolist() == [band]


@given(cases, st.floats(0, 1), st.floats(0, 1))
def test_bands_follow_their_thresholds(drawn: list[tuple[float, int]], one: float, other: float) -> None:
    weak, mastered = sorted((one, other))
    found = bands([score for score, _ in drawn], [seen for _, seen in drawn], weak=weak, mastered=mastered).tolist()
    assert len(found) == len(drawn)
    for (score, seen), band in zip(drawn, found, strict=True):
        assert (band is Band.NOT_ENOUGH_DATA) == (seen < 3)
        if seen >= 3:
            assert (band is Band.WEAK) == (score < weak)
            assert (band is Band.MASTERED) == (score >= mastered)


@given(cases)
def test_the_mean_leaves_out_what_is_not_known(drawn: list[tuple[float, int]]) -> None:
    known = [score for score, seen in drawn if seen >= 3]
    mean = mean_mastery([score for score, _ in drawn], [seen for _, seen in drawn])
    assert math.isnan(mean) if not known else mean == pytest.approx(sum(known) / len(known))


def test_no_data_is_not_zero() -> None:
    assert math.isnan(mean_mastery([], []))
    assert math.isnan(mean_mastery([0.9], [2]))
    assert mean_mastery([0.9, 0.0], [3, 2]) == 0.9


def test_three_observations_are_enough() -> None:
    assert enough([0, 2, 3, 4]).tolist() == [False, False, True, True]
