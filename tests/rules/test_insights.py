import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.insights import learning_velocity, strongest_and_weakest


@pytest.mark.parametrize(
    ("count", "strong", "weak"),
    [(0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 2, 2), (5, 3, 2), (6, 3, 3), (7, 3, 3), (50, 3, 3)],
)
def test_at_most_three_each_and_the_stronger_half_first(count: int, strong: int, weak: int) -> None:
    strongest, weakest = strongest_and_weakest([(f"{n:02}", n / 100) for n in range(count)])
    assert [score for _, score in strongest] == [(count - 1 - n) / 100 for n in range(strong)]
    assert [score for _, score in weakest] == [n / 100 for n in range(weak)]


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=12).map(dict.items).map(list))
def test_nothing_is_both_and_nothing_weak_is_stronger(scores: list[tuple[str, float]]) -> None:
    strongest, weakest = strongest_and_weakest(scores)
    assert set(strongest + weakest) <= set(scores)
    assert not {concept for concept, _ in strongest} & {concept for concept, _ in weakest}
    left_out = [score for pair in scores if pair not in strongest + weakest for score in [pair[1]]]
    ranked = [score for _, score in strongest] + sorted(left_out, reverse=True) + [score for _, score in weakest][::-1]
    assert ranked == sorted(ranked, reverse=True)
    assert strongest_and_weakest(scores[::-1]) == (strongest, weakest)


@pytest.mark.parametrize(
    ("delta", "days", "a_day"), [(3.0, 30, 0.1), (-1.0, 4, -0.25), (0.5, 0.25, 0.5), (0.0, 7, 0.0)]
)
def test_velocity_is_what_practice_gained_a_day(delta: float, days: float, a_day: float) -> None:
    assert learning_velocity(delta, days) == pytest.approx(a_day)
