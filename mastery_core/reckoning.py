"""Reckoning: how a score came about, step by step, from what was done and the time between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mastery_core.decay import SECONDS_A_DAY
from mastery_core.model import Attempt

TIME = "time"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a score, at ``at`` from ``before`` to ``after``.

    ``kind`` is that of an attempt, or ``TIME`` for what the ``days`` without practice before ``at`` left of the score.
    """

    at: datetime
    kind: str
    before: float
    after: float
    days: float = 0.0

    @property
    def kept(self) -> float:
        """Share of the score that the step left; 1 of nothing."""
        return self.after / self.before if self.before else 1.0


def reckoning(attempts: Sequence[Attempt], score: float, at: datetime) -> list[Step]:
    """The steps that led to ``score`` at ``at``, oldest first: every attempt, and the time before it where it took something.

    ``attempts`` are consecutive, newest first. Each step begins where the one before it ended, and the last one ends at
    ``score``; the time before the oldest attempt is no step, for what came before it is not known here.
    """
    steps: list[Step] = []
    for attempt in reversed(attempts):
        steps += _time(steps, attempt.before, attempt.at)
        steps.append(Step(attempt.at, attempt.kind, attempt.before, attempt.after))
    return steps + _time(steps, score, at)


def _time(steps: Sequence[Step], score: float, at: datetime) -> list[Step]:
    """What time since the last step made of its score; nothing where it left it as it was."""
    if not steps or steps[-1].after == score:
        return []
    return [Step(at, TIME, steps[-1].after, score, (at - steps[-1].at).total_seconds() / SECONDS_A_DAY)]
