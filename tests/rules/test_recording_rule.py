"""What the Help screen says of recording is what the database does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.recording import scores_after

shares = st.floats(0, 1)
deltas = st.lists(st.floats(-1, 1), max_size=20)


@given(score=shares, deltas=deltas)
def test_a_score_stays_a_share_and_begins_where_it_stood(score: float, deltas: list[float]) -> None:
    scores = scores_after(score, deltas)
    assert scores.size == len(deltas) + 1
    assert scores[0] == score
    assert np.all((scores >= 0) & (scores <= 1))


@given(score=st.floats(0.4, 0.6), deltas=st.lists(st.floats(-0.02, 0.02), max_size=20))
def test_away_from_the_ends_a_score_is_the_sum_of_its_deltas(score: float, deltas: list[float]) -> None:
    assert scores_after(score, deltas)[-1] == pytest.approx(score + sum(deltas))


def test_what_goes_beyond_an_end_is_lost() -> None:
    assert scores_after(0.95, [0.1, -0.05]).tolist() == pytest.approx([0.95, 1.0, 0.95])
    assert scores_after(0.02, [-0.05, 0.1]).tolist() == pytest.approx([0.02, 0.0, 0.1])
