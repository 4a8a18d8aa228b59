"""Comparison: two groups of learners on the same concepts, and how far what lies between them is sure.

A score counts from 3 observations on. The interval of a difference comes from the bootstrap over learners (Efron 1979): as many
learners as there are drawn anew with replacement, thousands of times, and the middle of the differences that come out. That
*percentile* interval is too narrow for few learners (of 95% it holds 88% with 5 on each side, and BCa no more), so its ends are
moved outwards until it is as wide as Student's t would have it: the *expanded percentile* of Hesterberg, "What Teachers Should Know
About the Bootstrap", The American Statistician 69 (2015).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from mastery_core.model import Cells
from mastery_core.standing import enough

FEWEST = 5
CONFIDENCE, RESAMPLES, SEED = 0.95, 2_000, 2026
# What is nearer to 0 than this is a trace of arithmetic.
ROUNDING = 1e-9
# Rows of random numbers taken at once: so few that their memory is used again, which is five times as fast.
_BLOCK = 10
_TO_32_BITS = np.uint64(32)

Floats = NDArray[np.float64]
Draws = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Difference:
    """The means of two groups, what the second has more than the first, and the interval of that; shares of a score.

    All of it NaN where there are fewer than 5 learners with data on a side, and then it is not ``compared``. It is ``clear`` where
    0 lies outside the interval. Of the same learners twice both counts are those with data both times.
    """

    learners_first: int
    learners_second: int
    compared: bool = False
    mean_first: float = float("nan")
    mean_second: float = float("nan")
    difference: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    clear: bool = False


COMPARISON = {
    "concept": "str", "learners_first": "int64", "learners_second": "int64", "compared": "bool", "mean_first": "float64",
    "mean_second": "float64", "difference": "float64", "low": "float64", "high": "float64", "clear": "bool",
}  # fmt: skip


def compare(
    first: Cells,
    second: Cells,
    *,
    paired: bool = False,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """A row a concept that either group practised, the columns of ``COMPARISON``: the lowest difference first, what is not
    compared last.

    ``paired``: the learners of both are the same people at two moments; those who are on both sides count, and are drawn as
    pairs. The same ``seed`` gives the same intervals, and a concept's follows from its own scores alone. Raises ValueError
    unless 0 < confidence < 1 and there is a resample.
    """
    one, other = _beside(first, second, paired=paired)
    draws = _draws(max(len(one), len(other)), resamples, seed)
    rows = [
        {"concept": concept} | asdict(_difference(one[concept], other[concept], draws, confidence, paired=paired))
        for concept in one
    ]
    told = pd.DataFrame(rows, columns=list(COMPARISON)).astype(COMPARISON)
    return told.sort_values(["difference", "concept"], na_position="last", ignore_index=True)


def overall(
    first: Cells,
    second: Cells,
    *,
    paired: bool = False,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """The difference of the learners' means over the concepts that ``compare`` compares, of each learner over those they know.

    The other arguments are those of ``compare``.
    """
    one, other = _beside(first, second, paired=paired)
    common = (one.notna().sum() >= FEWEST) & (other.notna().sum() >= FEWEST)
    draws = _draws(max(len(one), len(other)), resamples, seed)
    mean_one, mean_other = (side.loc[:, common].mean(axis=1) for side in (one, other))
    return _difference(mean_one, mean_other, draws, confidence, paired=paired)


def compare_values(
    first: Floats,
    second: Floats,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """The difference of the means of two groups of any one value a learner, in its unit; NaN counts as no data.

    The other arguments are those of ``compare``.
    """
    draws = _draws(max(first.size, second.size), resamples, seed)
    return _difference(pd.Series(first), pd.Series(second), draws, confidence, paired=False)


def resampled_means(values: Floats, draws: Draws) -> Floats:
    """The mean of as many of the ``values`` drawn with replacement, once for each column of ``draws``.

    ``draws`` are random whole numbers of 32 bits, at least a row a value: the first ``n`` rows pick one of ``n`` values each.
    """
    count, sums = np.uint64(values.size), np.zeros(draws.shape[1])
    for begin in range(0, values.size, _BLOCK):
        block = draws[begin : min(begin + _BLOCK, values.size)].astype(np.uint64)
        sums += values.take(((block * count) >> _TO_32_BITS).view(np.int64)).sum(axis=0)
    return sums / values.size


def tail(confidence: float, variances: Sequence[float], counts: Sequence[int]) -> float:
    """The share of the resampled differences to leave out on each side.

    ``variances`` (divided by n) and ``counts`` are those of the groups that are drawn: two, or one of pairs. Hesterberg's
    expanded percentile, ``Φ(−t √(Σ v/(n − 1) / Σ v/n))``, with Welch's degrees of freedom ``(Σ a)² / Σ a²/(n − 1)``,
    ``a = v/(n − 1)``; for pairs n − 1. Without any variance there is nothing to widen: ``(1 − confidence) / 2``.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1; this one is {confidence}")
    variance, number = np.asarray(variances, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    usual = (1 - confidence) / 2
    a = variance / (number - 1)
    if a.sum() <= ROUNDING**2:
        return usual
    freedom = a.sum() ** 2 / (a**2 / (number - 1)).sum()
    return float(ndtr(stdtrit(freedom, usual) * np.sqrt(a.sum() / (variance / number).sum())))


def _beside(first: Cells, second: Cells, *, paired: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scores of both that count, NaN elsewhere: learners x the concepts of either, by name; of pairs what both have."""
    one, other = _counted(first), _counted(second)
    concepts = one.columns.union(other.columns)
    if not paired:
        return one.reindex(columns=concepts), other.reindex(columns=concepts)
    both = one.index.intersection(other.index)
    one, other = one.reindex(index=both, columns=concepts), other.reindex(index=both, columns=concepts)
    return one.where(other.notna()), other.where(one.notna())


def _counted(cells: Cells) -> pd.DataFrame:
    score = np.where(enough(cells.observations), cells.score, np.nan)
    return pd.DataFrame(score, index=cells.learners, columns=cells.concepts)


def _draws(learners: int, resamples: int, seed: int) -> tuple[Draws, Draws]:
    """Random numbers for either side, learners x resamples. More learners leave the numbers of the first ones as they are."""
    if resamples < 1:
        raise ValueError(f"there is at least one resample; this is {resamples}")
    sides = [np.random.default_rng([seed, side]) for side in (0, 1)]
    one, other = (side.integers(0, 2**32, (learners, resamples), dtype=np.uint32) for side in sides)
    return one, other


def _difference(
    first: pd.Series, second: pd.Series, draws: tuple[Draws, Draws], confidence: float, *, paired: bool
) -> Difference:
    one, other = (side.dropna().to_numpy(dtype=np.float64) for side in (first, second))
    if min(one.size, other.size) < FEWEST:
        return Difference(one.size, other.size)
    if paired:
        resampled = resampled_means(other - one, draws[0])
        drawn = [other - one]
    else:
        resampled = resampled_means(other, draws[1]) - resampled_means(one, draws[0])
        drawn = [one, other]
    left_out = tail(confidence, [float(each.var()) for each in drawn], [each.size for each in drawn])
    low, high = np.quantile(resampled, (left_out, 1 - left_out)).tolist()
    means = float(one.mean()), float(other.mean())
    clear = low > ROUNDING or high < -ROUNDING
    return Difference(one.size, other.size, True, *means, means[1] - means[0], low, high, clear)
