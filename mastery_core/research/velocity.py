"""Learning velocity: how much of a score practice gains a learner, by day and by observation, and how that differs between learners."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from mastery_core.comparison import CONFIDENCE, FEWEST, RESAMPLES, ROUNDING, SEED, Difference, compare_values
from mastery_core.decay import SECONDS_A_DAY

GROUPS = ("concept", "cohort", "week")
VELOCITY = (
    "observations", "gained", "first_day", "last_day", "days_practised", "days", "per_day", "per_day_practised", "per_10",
)  # fmt: skip
PERCENTILES = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
DISTRIBUTION = {
    "learners": "float64", "events": "float64", "withheld": "bool", "mean": "float64", "standard_deviation": "float64",
    **dict.fromkeys(PERCENTILES, "float64"),
}  # fmt: skip

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VelocityDifference(Difference):
    """Two groups of learners: the difference of their mean velocities, in the unit of the velocity, and its size in standard deviations.

    ``cohens_d`` and ``hedges_g`` are above 0 where the second group is faster: see ``effect_size``. All of it NaN where it is not
    ``compared``, for fewer than 5 learners on a side.
    """

    cohens_d: float = float("nan")
    hedges_g: float = float("nan")


def velocity(events: nw.LazyFrame[Any], by: Sequence[str] = ()) -> nw.LazyFrame[Any]:
    """A row for each learner, and each of the groups ``by`` (among ``GROUPS``) in which they practised: the columns of ``VELOCITY``.

    ``observations`` are all but resets, ``gained`` is what they moved the score by, together: a share, below 0 where practice lost. Days
    are of UTC, counted from 1970: ``first_day`` and ``last_day`` with an observation, ``days`` from the one to the other, both included,
    ``days_practised`` those with an observation. ``per_day`` and ``per_day_practised`` are gained a day of either, ``per_10`` gained in
    10 observations. ``week`` counts the weeks, from Monday, since that of 1 January 1970. Raises ValueError for another group.
    """
    if not set(by) <= set(GROUPS):
        raise ValueError(f"velocity is measured by {', '.join(GROUPS)}; this is by {', '.join(by)}")
    keys = ["learner", *by]
    summed = _by_day(events, by).group_by(*keys).agg(
        nw.col("observations").sum(),
        nw.col("gained").sum(),
        first_day=nw.col("day").min(),
        last_day=nw.col("day").max(),
        days_practised=nw.len(),
    )  # fmt: skip
    gained, days = nw.col("gained"), nw.col("last_day") - nw.col("first_day") + 1
    return summed.select(
        *keys, "observations", "gained", "first_day", "last_day", "days_practised",
        days=days,
        per_day=gained / days,
        per_day_practised=gained / nw.col("days_practised"),
        per_10=gained * 10 / nw.col("observations"),
    )  # fmt: skip


def distribution(
    velocities: pd.DataFrame, by: Sequence[str] = (), *, column: str = "per_10", fewest: int = FEWEST
) -> pd.DataFrame:
    """How a velocity lies among learners, a row for each of the groups ``by``: these columns, then those of ``DISTRIBUTION``.

    ``velocities`` are the rows of ``velocity`` by the same groups, ``column`` the velocity in question. ``learners`` and ``events`` are
    counts, the standard deviation that of a sample (n - 1), percentiles are interpolated between learners. A group of fewer than
    ``fewest`` learners is ``withheld``: all of its figures are NaN, the counts too. Raises ValueError where a learner has several rows in
    a group.
    """
    rows = [dict(zip(by, key, strict=True)) | _figures(group, column, fewest) for key, group in _groups(velocities, by)]
    return pd.DataFrame(rows, columns=[*by, *DISTRIBUTION]).astype(DISTRIBUTION)


def compare_velocity(
    first: pd.DataFrame | Floats,
    second: pd.DataFrame | Floats,
    *,
    column: str = "per_10",
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> VelocityDifference:
    """The mean velocity of the ``second`` group of learners less that of the ``first``, its interval and its effect size.

    Either group is an array with a velocity a learner, or rows of ``velocity``, a row a learner, of which ``column`` counts; NaN is left
    out. The interval is that of ``comparison``: the expanded percentile bootstrap over learners. Raises ValueError where a learner has
    several rows, and unless 0 < confidence < 1 and there is a resample.
    """
    one, other = _values(first, column), _values(second, column)
    found = compare_values(one, other, confidence=confidence, resamples=resamples, seed=seed)
    d, g = effect_size(one, other) if found.compared else (float("nan"), float("nan"))
    return VelocityDifference(**asdict(found), cohens_d=d, hedges_g=g)


def effect_size(first: Floats, second: Floats) -> tuple[float, float]:
    """Cohen's d, the difference of the means (second less first) in pooled standard deviations, and Hedges' g.

    ``d = (m₂ - m₁) / √((S₁ + S₂) / f)``, S the sums of squares about the means, ``f = n₁ + n₂ - 2``: Cohen, "Statistical Power Analysis
    for the Behavioral Sciences" (1988). ``g = d Γ(f/2) / (√(f/2) Γ((f - 1)/2))``, without d's bias in small groups, about
    ``d (1 - 3 / (4f - 1))``: Hedges, "Distribution theory for Glass's estimator of effect size and related estimators", Journal of
    Educational Statistics 6 (1981). NaN where no learner differs from their group. Raises ValueError unless there are 2 on each side.
    """
    if min(first.size, second.size) < 2:
        raise ValueError("an effect size takes at least two learners on each side")
    freedom = first.size + second.size - 2
    pooled = np.sqrt((first.var() * first.size + second.var() * second.size) / freedom)
    if pooled <= ROUNDING:
        return float("nan"), float("nan")
    d = float((second.mean() - first.mean()) / pooled)
    unbiased = np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    return d, float(d * unbiased)


def day_of(seconds: nw.Expr) -> nw.Expr:
    """Days (UTC) since 1 January 1970 of seconds since then."""
    return (seconds / SECONDS_A_DAY).floor().cast(nw.Int64)


def week_of(day: nw.Expr) -> nw.Expr:
    """Weeks, from Monday, since that of 1 January 1970, a Thursday, of days since then."""
    return ((day + 3) / 7).floor().cast(nw.Int64)


def _by_day(events: nw.LazyFrame[Any], by: Sequence[str]) -> nw.LazyFrame[Any]:
    """What practice came to on each day. Days are counted from these rows: distinct ones of the events would have to be kept in memory."""
    keys = ["learner", *(name for name in by if name != "week")]
    practice = events.filter(nw.col("trigger") != "reset").select(*keys, "delta", day=day_of(nw.col("seconds")))
    days = practice.group_by(*keys, "day").agg(observations=nw.len(), gained=nw.col("delta").sum())
    return days.with_columns(week=week_of(nw.col("day"))) if "week" in by else days


def _groups(rows: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[Hashable, ...], pd.DataFrame]]:
    if not by:
        yield (), rows
        return
    for key, group in rows.groupby(list(by), dropna=False):
        yield (key if isinstance(key, tuple) else (key,)), group


def _figures(group: pd.DataFrame, column: str, fewest: int) -> dict[str, Any]:
    _once_each(group)
    known = group[group[column].notna()]
    if len(known) < max(fewest, 1):
        return {"withheld": True}
    values = known[column].astype("float64")
    return {
        "learners": len(known), "events": known["observations"].sum(), "withheld": False, "mean": values.mean(),
        "standard_deviation": values.std(), **dict(zip(PERCENTILES, values.quantile([*PERCENTILES.values()]), strict=True)),
    }  # fmt: skip


def _values(side: pd.DataFrame | Floats, column: str) -> Floats:
    if isinstance(side, pd.DataFrame):
        _once_each(side)
        side = side[column].to_numpy(dtype=np.float64)
    values = np.asarray(side, dtype=np.float64)
    return values[~np.isnan(values)]


def _once_each(rows: pd.DataFrame) -> None:
    if rows["learner"].duplicated().any():
        raise ValueError("a learner counts once in a group; measure the velocity by the same groups")
