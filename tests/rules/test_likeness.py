"""Learners who know alike stand side by side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mastery_core.likeness import by_likeness


@given(arrays(np.float64, st.tuples(st.integers(0, 12), st.integers(0, 5)), elements=st.floats(0, 1) | st.just(np.nan)))
def test_everybody_is_in_it_once(score: np.ndarray) -> None:
    assert sorted(by_likeness(score)) == list(range(score.shape[0]))


def test_two_kinds_that_are_mixed_are_taken_apart_the_weaker_first() -> None:
    rng = np.random.default_rng(3)
    strong = np.arange(300) % 2 == 0
    score = np.where(strong[:, None], 0.8, 0.2) + rng.uniform(-0.1, 0.1, (300, 6))
    order = by_likeness(score)
    assert not strong[order[:150]].any()
    assert strong[order[150:]].all()


def test_what_is_not_known_makes_nobody_unlike() -> None:
    score = np.array([[0.2, 0.2], [0.8, 0.8], [0.2, np.nan], [0.8, np.nan]])
    order = list(by_likeness(score))
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1
