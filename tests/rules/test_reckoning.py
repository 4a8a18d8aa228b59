from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.decay import retained
from mastery_core.model import Attempt
from mastery_core.reckoning import TIME, reckoning

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
DELTAS = {"correct": 0.1, "incorrect": -0.05, "question": -0.03, "explanation": 0.02}
happenings = st.lists(st.tuples(st.sampled_from(list(DELTAS)), st.floats(0, 30)), max_size=8)


def lived(happened: list[tuple[str, float]]) -> tuple[list[Attempt], float, datetime]:
    """What happened, each so many days after the one before: attempts newest first, the score now, and now."""
    attempts: list[Attempt] = []
    score, at = 0.5, NOW
    for kind, days in happened:
        at += timedelta(days=days)
        before = float(retained(score, 0.95, days)) if attempts else score
        after = min(1.0, max(0.0, before + DELTAS[kind]))
        forgotten = before - score
        attempts.append(
            Attempt("id", at, kind, kind, before, after, after - before, forgotten, len(attempts) + 1, None)
        )
        score = after
    now = at + timedelta(days=2.5)
    return attempts[::-1], float(retained(score, 0.95, 2.5)), now


@given(happened=happenings, known=st.integers(1, 8))
def test_steps_follow_from_each_other_and_end_at_the_score(happened: list[tuple[str, float]], known: int) -> None:
    attempts, score, now = lived(happened)
    steps = reckoning(attempts[:known], score, now)
    if not attempts:
        assert steps == []
        return
    assert [step.kind for step in steps if step.kind != TIME] == [each.kind for each in attempts[:known]][::-1]
    assert all(earlier.after == later.before for earlier, later in pairwise(steps))
    assert steps[-1].after == score
    assert steps[-1].at == (now if score != attempts[0].after else attempts[0].at)
    for step in steps:
        if step.kind == TIME:
            assert step.after == pytest.approx(step.before * 0.95**step.days)
            assert step.kept == pytest.approx(0.95**step.days)


def test_time_that_took_nothing_is_no_step() -> None:
    attempts, _, _ = lived([("correct", 0), ("correct", 0)])
    steps = reckoning(attempts, attempts[0].after, attempts[0].at)
    assert [step.kind for step in steps] == ["correct", "correct"]


def test_nothing_is_kept_of_nothing_without_a_division() -> None:
    attempts, _, now = lived([("incorrect", 0)] * 12)
    assert attempts[0].after == 0
    assert [step.kept for step in reckoning(attempts[:1], 0.0, now)] == [1.0]
