"""Progress curves: a score as it truly moves, in steps at outcomes and along the forgetting curve between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mastery_core.decay import SECONDS_A_DAY, kept, retained
from mastery_core.standing import ENOUGH_OBSERVATIONS

GRID_POINTS = 120

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MasteryCurve:
    """One concept's curve: times are seconds since 1970 UTC, scores shares in [0, 1].

    ``at``/``score`` run up to the moment asked for, with two points at every practice step (before and after it);
    ``projected_at``/``projected_score`` go on from there as if nothing were practised. ``step_at``/``step_score`` are
    the scores right after each practice step, ``step_delta`` what each was worth and ``step_kind`` its kind, as ``Attempt``
    has it.
    """

    concept_tag: str
    at: Floats
    score: Floats
    projected_at: Floats
    projected_score: Floats
    step_at: Floats
    step_score: Floats
    step_delta: Floats
    step_kind: list[str]


def forgetting_curve(
    times: Floats, step_at: Floats, step_score: Floats, decay_factor: float, *, period_days: float = 1.0
) -> Floats:
    """The score at each of ``times`` after the latest step at or before it, forgetting since; NaN before the first.

    ``step_at`` ascends. Times in seconds, scores as shares.
    """
    if not step_at.size:
        return np.full(times.shape, np.nan)
    latest = np.searchsorted(step_at, times, side="right") - 1
    scores = step_score[latest] * kept(decay_factor, (times - step_at[latest]) / SECONDS_A_DAY, period_days=period_days)
    return np.where(latest >= 0, scores, np.nan)


def trace(
    step_at: Floats,
    step_score: Floats,
    step_delta: Floats,
    decay_factor: float,
    *,
    since: float,
    until: float,
    start: tuple[float, float] | None = None,
    period_days: float = 1.0,
    grid_points: int = GRID_POINTS,
) -> tuple[Floats, Floats]:
    """The points that draw a score from ``since`` to ``until``: an even grid of times and both sides of every step.

    ``start`` is (time, score) of the last step before ``since``; without it the curve begins at the first step.
    Returns times and scores, equally long, in order.
    """
    known_at, known_score = step_at, step_score
    if start is not None:
        known_at = np.concatenate(([start[0]], step_at))
        known_score = np.concatenate(([start[1]], step_score))
    grid = np.linspace(since, until, grid_points)
    times = np.concatenate((grid, step_at, step_at))
    scores = np.concatenate(
        (
            forgetting_curve(grid, known_at, known_score, decay_factor, period_days=period_days),
            step_score - step_delta,
            step_score,
        )
    )
    # Steps of one instant keep their order, each with its before and after; the grid comes after them.
    steps = np.arange(step_at.size)
    rank = np.concatenate((np.full(grid.size, steps.size), steps, steps))
    side = np.concatenate((np.zeros(grid.size + steps.size), np.ones(steps.size)))
    order = np.lexsort((side, rank, times))
    times, scores = times[order], scores[order]
    known = ~np.isnan(scores)
    return times[known], scores[known]


def projection(
    score: float, decay_factor: float, *, since: float, until: float, period_days: float = 1.0, grid_points: int = 30
) -> tuple[Floats, Floats]:
    """The score from ``since`` (where it is ``score``) to ``until`` if nothing is practised."""
    times = np.linspace(since, until, grid_points)
    return times, retained(score, decay_factor, (times - since) / SECONDS_A_DAY, period_days=period_days)


def daily_mean(
    moments: Floats,
    concept: NDArray[np.intp],
    at: Floats,
    score: Floats,
    observations: Floats,
    decay_factor: Floats,
    *,
    period_days: float = 1.0,
    enough: int = ENOUGH_OBSERVATIONS,
) -> Floats:
    """Mean mastery over a learner's concepts at each of ``moments``, from how every concept closed each day.

    ``moments`` rise. ``concept``, ``at``, ``score``, ``observations`` are parallel, one row a closing (``concept`` numbers
    it, ``observations`` counts all so far); ``decay_factor`` has one entry a concept. Concepts count from ``enough``
    observations on. NaN where none does.
    """
    in_time = np.argsort(at, kind="stable")
    concept, at, score, observations = concept[in_time], at[in_time], score[in_time], observations[in_time]
    # The latest closing of each concept (column) at each moment (row): put where it is first passed, carried on from there.
    latest = np.full((moments.size + 1, decay_factor.size), -1)
    latest[np.searchsorted(moments, at), concept] = np.arange(at.size)
    latest = np.maximum.accumulate(latest[:-1], axis=0)
    means = np.full(moments.shape, np.nan)
    if not at.size:
        return means
    counts = (latest >= 0) & (observations[latest] >= enough)
    elapsed = (moments[:, None] - at[latest]) / SECONDS_A_DAY
    scores = score[latest] * kept(decay_factor, elapsed, period_days=period_days)
    counted = counts.sum(axis=1)
    np.divide((scores * counts).sum(axis=1), counted, out=means, where=counted > 0)
    return means
