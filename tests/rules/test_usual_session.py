"""A learner's usual session."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.model import LearningSession
from mastery_core.usual_session import LATEST, UsualSession, usual_session

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def session(day: int = 0, minutes: float | None = 20.0, **named: Any) -> LearningSession:
    start = MAY + timedelta(days=day)
    end = None if minutes is None else start + timedelta(minutes=minutes)
    usual = {
        "interactions": 10,
        "graded": 8,
        "correct": 6,
        "concepts": 2,
        "gained": 0.6,
        "lost": -0.1,
        "by_hand": False,
    }
    return LearningSession(id=str(day), started_at=start, ended_at=end, **usual | named)


def test_it_is_the_middle_of_each_figure_on_its_own() -> None:
    usual = usual_session(
        [
            session(1, 10, interactions=5, concepts=1, graded=4, correct=1, gained=0.1, lost=0.0),
            session(2, 60, interactions=40, concepts=9, graded=4, correct=4, gained=0.9, lost=-0.2),
            session(3, 30, interactions=12, concepts=3, graded=4, correct=2, gained=0.5, lost=-0.6),
        ]
    )
    assert usual == UsualSession(
        sessions=3, minutes=30, interactions=12, concepts=3, right=0.5, net=pytest.approx(0.1)
    )  # fmt: skip


def test_fewer_than_three_sessions_say_nothing() -> None:
    for number in range(3):
        usual = usual_session([session(day) for day in range(number)])
        assert usual.sessions == number
        assert all(map(math.isnan, (usual.minutes, usual.interactions, usual.concepts, usual.right, usual.net)))


def test_running_and_empty_sessions_do_not_count() -> None:
    sessions = [session(day) for day in range(3)]
    others = [session(4, None), session(5, 900, interactions=0, graded=0, correct=0, gained=0.0, lost=0.0)]
    assert usual_session([*sessions, *others]) == usual_session(sessions)


def test_sessions_with_few_answers_say_nothing_about_right_answers() -> None:
    few = [session(day, graded=2, correct=0) for day in range(5)]
    assert math.isnan(usual_session(few).right)
    assert usual_session([*few, *(session(day, graded=3, correct=3) for day in (6, 7, 8))]).right == 1


def test_only_the_twenty_latest_count_whatever_their_order() -> None:
    sessions = [session(day, minutes=float(day)) for day in range(50)]
    assert usual_session(sessions).minutes == median(range(50 - LATEST, 50))
    assert usual_session(sessions[::-1]) == usual_session(sessions)


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(1, 500), st.integers(1, 40), st.floats(0, 3)), max_size=40))
def test_half_of_the_sessions_lie_on_each_side(drawn: Sequence[tuple[float, int, int, float]]) -> None:
    sessions = [
        replace(session(day, minutes), interactions=interactions, concepts=concepts, gained=gained)
        for day, (minutes, interactions, concepts, gained) in enumerate(drawn)
    ]
    usual, counted = usual_session(sessions), sessions[-LATEST:]
    assert usual.sessions == len(counted)
    if len(counted) >= 3:
        for figure, each in ((usual.interactions, "interactions"), (usual.concepts, "concepts"), (usual.net, "net")):
            values = [getattr(one, each) for one in counted]
            assert sum(value <= figure for value in values) * 2 >= len(values)
            assert sum(value >= figure for value in values) * 2 >= len(values)
