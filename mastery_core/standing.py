"""Standing: how much is known about a score, which band it is in, and what the bands come to."""

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

WEAK_BELOW = 0.5
MASTERED_FROM = 0.8
ENOUGH_OBSERVATIONS = 3


class Band(StrEnum):
    """What a score says, once there is enough to say it from."""

    NOT_ENOUGH_DATA = "not enough data"
    WEAK = "weak"
    DEVELOPING = "developing"
    MASTERED = "mastered"


_BANDS = np.array(list(Band), dtype=object)


def bands(
    score: ArrayLike, observations: ArrayLike, *, weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM
) -> NDArray[np.object_]:
    """The band of each score: not enough data under 3 observations, else weak, developing or mastered.

    A score at a threshold is on its upper side. Arrays of one shape in, an array of ``Band`` of that shape out.
    """
    shares = np.asarray(score, dtype=np.float64)
    place = 1 + (shares >= weak).astype(int) + (shares >= mastered).astype(int)
    chosen: NDArray[np.object_] = _BANDS[np.where(enough(observations), place, 0)]
    return chosen


def enough(observations: ArrayLike) -> NDArray[np.bool_]:
    """Where there are observations enough (3) for a score to count in an average."""
    return np.asarray(observations) >= ENOUGH_OBSERVATIONS


def mean_mastery(score: ArrayLike, observations: ArrayLike) -> float:
    """Mean of the scores with observations enough; NaN where there are none, for no data is not zero."""
    counted = np.asarray(score, dtype=np.float64)[enough(observations)]
    return float(counted.mean()) if counted.size else float("nan")
