"""Trend: where recent practice has moved a score."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mastery_core.model import Trend

WINDOW_DAYS = 7.0
BAND = 0.05
MIN_EVENTS = 2
# Scores lie on a grid of 2^-44, so that a right and a wrong answer, +0.10 and -0.05, come to 0.05 and a hair: no more than the band.
HAIR = 1e-9

_TRENDS = np.array([Trend.DECLINING, Trend.STABLE, Trend.IMPROVING], dtype=object)


def trends(recent_delta: ArrayLike, recent_events: ArrayLike) -> NDArray[np.object_]:
    """The trend of each concept from the sum of its practice deltas in the window and their number.

    Improving above +0.05, declining below -0.05, stable between and with fewer than 2 events. Forgetting is no part of
    it. Arrays of one shape in, an array of ``Trend`` of that shape out.
    """
    delta = np.asarray(recent_delta, dtype=np.float64)
    enough = np.asarray(recent_events) >= MIN_EVENTS
    direction = np.where(enough, (delta > BAND + HAIR).astype(int) - (delta < -BAND - HAIR).astype(int), 0)
    chosen: NDArray[np.object_] = _TRENDS[direction + 1]
    return chosen
