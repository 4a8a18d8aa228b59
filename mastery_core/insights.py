"""Insights: what a learner's practice over a range of days came to."""

from collections.abc import Sequence

ConceptScore = tuple[str, float]

SHOWN = 3


def learning_velocity(practice_delta: float, days: float) -> float:
    """Mastery gained by practice a day, all days of the range counted: ``practice_delta / days``. Unit: score a day."""
    return practice_delta / max(days, 1.0)


def strongest_and_weakest(scores: Sequence[ConceptScore]) -> tuple[list[ConceptScore], list[ConceptScore]]:
    """At most three strongest (best first) and three weakest (weakest first) concepts, none in both.

    Of fewer than six, the stronger half (rounded up) is strongest and the rest weakest.
    """
    ranked = sorted(scores, key=lambda pair: (-pair[1], pair[0]))
    strongest = ranked[: min(SHOWN, (len(ranked) + 1) // 2)]
    weakest = ranked[len(strongest) :][-SHOWN:]
    return strongest, weakest[::-1]
