"""Intervals: how sure a share can be that was counted from a few answers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z_95 = 1.959963984540054  # the two-sided 95% point of the normal distribution

Floats = NDArray[np.float64]


def wilson(right: ArrayLike, counted: ArrayLike, *, z: float = Z_95) -> tuple[Floats, Floats]:
    """The interval in which the true share most likely lies when ``right`` of ``counted`` were seen: (lower, upper).

    Wilson's score interval, 95% at the default ``z``: ``(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)``. Arguments
    broadcast; of nothing counted nothing is known, from 0 to 1. Raises ValueError unless 0 <= right <= counted.
    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    k, n = np.broadcast_arrays(np.asarray(right, dtype=np.float64), np.asarray(counted, dtype=np.float64))
    if not np.all((k >= 0) & (k <= n)):
        raise ValueError("right answers are at least 0 and at most as many as were counted")
    # Multiplied out by n, so that nothing is divided by an n of 0.
    middle, all_of_it = k + z * z / 2, n + z * z
    half = z * np.sqrt(k * (1 - share(k, n)) + z * z / 4)
    lower, upper = np.clip((middle - half) / all_of_it, 0, 1), np.clip((middle + half) / all_of_it, 0, 1)
    return np.where(k == 0, 0.0, lower), np.where(k == n, 1.0, upper)


def share(right: ArrayLike, counted: ArrayLike) -> Floats:
    """``right / counted``; 0 of 0 is 0."""
    n = np.asarray(counted, dtype=np.float64)
    return np.asarray(right, dtype=np.float64) / np.where(n == 0, 1.0, n)


def difference(right: tuple[int, int], counted: tuple[int, int], *, z: float = Z_95) -> tuple[float, float]:
    """The interval in which the first true share less the second most likely lies: (lower, upper).

    Where 0 is within it, chance may be all there is. From the Wilson intervals of both, Newcombe's method 10: "Interval
    estimation for the difference between independent proportions", Statistics in Medicine 17 (1998). At least one each.
    """
    if min(counted) < 1:
        raise ValueError("a difference takes at least one of each")
    (lower, other_lower), (upper, other_upper) = (bound.tolist() for bound in wilson(right, counted, z=z))
    p, other = share(right, counted).tolist()
    return (
        p - other - float(np.hypot(p - lower, other_upper - other)),
        p - other + float(np.hypot(upper - p, other - other_lower)),
    )
