"""Forgetting: what time without practice leaves of a score, and when it leaves too little."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

DECAY_FACTOR = 0.95  # share kept a day: half is left after 13.5 days
SECONDS_A_DAY = 86_400.0


def kept(decay_factor: ArrayLike, elapsed_days: ArrayLike, *, period_days: float = 1.0) -> NDArray[np.float64]:
    """Share of a score kept after a time without practice: ``decay_factor ** (elapsed / period)``.

    Arguments broadcast. ``decay_factor`` is a share in [0, 1] per ``period_days`` days; elapsed days that are negative
    or not a number (never practised) count as 0. Raises ValueError for a decay factor or a period outside its range.
    """
    factor = np.asarray(decay_factor, dtype=np.float64)
    elapsed = np.nan_to_num(np.asarray(elapsed_days, dtype=np.float64), nan=0.0, posinf=np.inf)
    if not np.all((factor >= 0) & (factor <= 1)):
        raise ValueError("a decay factor is a share between 0 and 1")
    if not period_days > 0:
        raise ValueError("a decay period is a number of days above 0")
    return np.power(factor, np.maximum(elapsed, 0.0) / period_days)


def retained(
    score: ArrayLike, decay_factor: ArrayLike, elapsed_days: ArrayLike, *, period_days: float = 1.0
) -> NDArray[np.float64]:
    """Mastery left after a time without practice: ``score * decay_factor ** (elapsed / period)``.

    Arguments broadcast. ``score`` and ``decay_factor`` are shares in [0, 1]; negative ``elapsed_days`` count as 0.
    At the default 0.95 a day half is left after 13.5 days. Raises ValueError outside those ranges.
    """
    shares = np.asarray(score, dtype=np.float64)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError("a score is a share between 0 and 1")
    return shares * kept(decay_factor, elapsed_days, period_days=period_days)


def days_until_below(
    threshold: float, score: ArrayLike, decay_factor: ArrayLike, *, period_days: float = 1.0
) -> NDArray[np.float64]:
    """Days without practice until a score falls below ``threshold``: ``period * ln(threshold / score) / ln(decay_factor)``.

    The solution of ``retained(score, decay_factor, days) == threshold``. Arguments broadcast. NaN where the score is
    below already, infinity where it never falls below (nothing is forgotten, or the threshold is 0).
    """
    shares, factor = np.broadcast_arrays(
        np.asarray(score, dtype=np.float64), np.asarray(decay_factor, dtype=np.float64)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        days = period_days * np.log(threshold / shares) / np.log(factor)
    days = np.where(factor == 0.0, 0.0, days)
    days = np.where((factor == 1.0) | (threshold <= 0.0), np.inf, days)
    return np.where(shares < threshold, np.nan, days)


def half_life_days(decay_factor: float, *, period_days: float = 1.0) -> float:
    """Days until half is left: ``period * ln(1/2) / ln(decay_factor)``; infinity where nothing is forgotten."""
    return float(days_until_below(0.5, 1.0, decay_factor, period_days=period_days))
