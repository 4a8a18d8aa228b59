"""A learner's usual session: what theirs come to in the middle, to see one of them beside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mastery_core.model import LearningSession
from mastery_core.standing import ENOUGH_OBSERVATIONS

LATEST = 20
ENOUGH_SESSIONS = 3


@dataclass(frozen=True, slots=True)
class UsualSession:
    """Medians over ``sessions`` sessions: minutes, numbers, the share of right answers, and what was gained in all.

    ``right`` is over the sessions with 3 answers or more. NaN where there are fewer than 3 sessions to tell from.
    """

    sessions: int
    minutes: float
    interactions: float
    concepts: float
    right: float
    net: float


def usual_session(sessions: Sequence[LearningSession]) -> UsualSession:
    """The medians of the 20 that started last, of those that ended and in which something was done."""
    ended = [each for each in sessions if each.ended_at is not None and each.interactions > 0]
    latest = sorted(ended, key=lambda each: (each.started_at, each.id))[-LATEST:]
    graded = [each for each in latest if each.graded >= ENOUGH_OBSERVATIONS]
    return UsualSession(
        sessions=len(latest),
        minutes=_median([each.minutes or 0.0 for each in latest]),
        interactions=_median([each.interactions for each in latest]),
        concepts=_median([each.concepts for each in latest]),
        right=_median([each.correct / each.graded for each in graded]),
        net=_median([each.net for each in latest]),
    )


def _median(numbers: Sequence[float]) -> float:
    return float(np.median(numbers)) if len(numbers) >= ENOUGH_SESSIONS else float("nan")
