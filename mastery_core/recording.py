"""Recording: what one outcome after another makes of a score. The database records by this rule; this tells of it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mastery_core.decay import DECAY_FACTOR
from mastery_core.model import Outcome, Rules
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW

# How a new installation records, until its tables say otherwise.
USUAL_RULES = Rules(
    initial_score=0.5,
    decay_factor=DECAY_FACTOR,
    decay_period_days=1.0,
    weak_below=WEAK_BELOW,
    mastered_from=MASTERED_FROM,
    deltas={
        Outcome.CORRECT: 0.10,
        Outcome.INCORRECT: -0.05,
        Outcome.CONFUSION_DETECTED: -0.03,
        Outcome.PASSIVE_READ: 0.02,
    },
)


def scores_after(score: float, deltas: Iterable[float]) -> NDArray[np.float64]:
    """``score``, and what it is after each of ``deltas`` with no time between: ``score + delta``, held within [0, 1]."""
    scores = [score]
    for delta in deltas:
        scores.append(min(1.0, max(0.0, scores[-1] + delta)))
    return np.array(scores)
