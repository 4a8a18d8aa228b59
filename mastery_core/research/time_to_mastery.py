"""Time to mastery: after how many opportunities, or days, learners master a concept, with those counted in who have not yet.

A *pair* is a learner and a concept. It has *reached* mastery with the first observation that left its score at the threshold or
above, whatever became of the score afterwards; it is *censored* at its last observation where none did. Means of those who got there
would leave out the slow ones. The curve that does not is of Kaplan and Meier, "Nonparametric estimation from incomplete observations",
JASA 53 (1958): the product over all durations of ``1 - reached / at risk``. It takes it that those who stopped would have gone on as the
others did. Its interval is the exponential Greenwood (log-log), as in Sawyer, "The Greenwood and Exponential Greenwood Confidence
Intervals in Survival Analysis" (2003), for independent pairs: it is too narrow where the same few learners practise many concepts.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mastery_core.comparison import FEWEST, ROUNDING
from mastery_core.decay import SECONDS_A_DAY
from mastery_core.intervals import Z_95
from mastery_core.standing import MASTERED_FROM

Lazy = nw.LazyFrame[Any]
Floats = NDArray[np.float64]

# Whole numbers both: a part of a day counts as a day.
UNITS = {"opportunities": nw.col("opportunities"), "days": nw.col("days").ceil().cast(nw.Int64)}
GROUPS = {
    "learners": "Int64", "pairs": "Int64", "reached": "Int64", "withheld": "bool", "median": "float64", "share_reached": "float64",
}  # fmt: skip
CURVE = {
    "duration": "int64", "at_risk": "int64", "reached": "int64", "censored": "int64", "remaining": "float64", "low": "float64",
    "high": "float64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeToMastery:
    """How long mastery takes, by group.

    ``groups`` has a row a group, its own columns and those of ``GROUPS``: the learners and pairs behind it, how many pairs reached
    mastery, the ``median`` (the first duration by which half had, by the curve; NaN where half never do) and ``share_reached`` (by the
    last duration, by the curve). A group of fewer than 5 learners is ``withheld``: no figure of it is told, here or in the curve.

    ``curve`` has a row a group and duration, from 0 on, its own columns and those of ``CURVE``: the pairs ``at_risk`` just before, how
    many of them ``reached`` mastery then and how many were ``censored`` then, the share ``remaining`` that has not reached it, and the
    95% interval of that share, from ``low`` to ``high``: both 1 before anybody reached it, and 0 where nobody remains.
    """

    groups: pd.DataFrame
    curve: pd.DataFrame


def durations(events: Lazy, mastered: float = MASTERED_FROM) -> Lazy:
    """How long each pair took to reach a score of ``mastered``: a row a learner and concept.

    Columns: ``learner``, ``cohort``, ``concept``, ``reached`` (or censored); ``opportunities``, the number of the observation that reached
    it, else of the last one; ``days`` from the first observation to that one, 0 where it is the same. Resets are no observations.
    """
    there = nw.col("after") >= mastered
    observed = events.filter(nw.col("trigger") != "reset").select(
        "learner",
        "cohort",
        "concept",
        "opportunity",
        "seconds",
        reaching_opportunity=nw.when(there).then(nw.col("opportunity")),
        reaching=nw.when(there).then(nw.col("seconds")),
    )
    pairs = observed.group_by("learner", "cohort", "concept").agg(
        nw.col("reaching_opportunity").min(),
        nw.col("reaching").min(),
        nw.col("opportunity").max(),
        nw.col("seconds").min().alias("first"),
        nw.col("seconds").max().alias("last"),
    )
    reached = ~nw.col(
        "reaching_opportunity"
    ).is_null()  # and not from the time, which who asks for opportunities need not read
    opportunities = nw.when(reached).then(nw.col("reaching_opportunity")).otherwise(nw.col("opportunity"))
    end = nw.when(reached).then(nw.col("reaching")).otherwise(nw.col("last"))
    return pairs.select(
        "learner",
        "cohort",
        "concept",
        reached=reached,
        opportunities=opportunities.cast(nw.Int64),
        days=(end - nw.col("first")) / SECONDS_A_DAY,
    )


def counted(pairs: Lazy, unit: str = "opportunities", by: Sequence[str] = ()) -> Lazy:
    """How many pairs took how long: a row a group and duration, ``*by``, ``duration``, ``reached``, ``censored``.

    ``pairs`` are those of ``durations``. ``unit`` is "opportunities", or "days": whole ones, a part of a day counts as a day. ``by`` names
    columns among ``cohort`` and ``concept``. Raises ValueError for another unit.
    """
    if unit not in UNITS:
        raise ValueError(f"durations are counted in {' or '.join(UNITS)}; this is {unit}")
    reached = nw.col("reached").cast(nw.Int64)
    each = pairs.select(*by, duration=UNITS[unit], reached=reached, censored=1 - reached)
    return each.group_by(*by, "duration").agg(nw.col("reached", "censored").sum())


def people(events: Lazy, by: Sequence[str] = ()) -> Lazy:
    """How many learners the pairs of ``durations`` are of: a row a group, ``*by`` and ``learners``; a single row without groups."""
    observed = events.filter(nw.col("trigger") != "reset")
    each = observed.group_by(*by, "learner").agg(
        nw.len().alias("observations")
    )  # without a window over what is distinct
    number = nw.len().alias("learners")
    return each.group_by(*by).agg(number) if by else each.select(number)


def followed(pairs: Lazy, unit: str = "opportunities", by: Sequence[str] = ()) -> Lazy:
    """How long learners were followed: a row a group and duration, ``*by``, ``duration``, ``learners`` (those whose longest pair took so long).

    ``pairs``, ``unit`` and ``by`` are those of ``counted``.
    """
    each = pairs.select(*by, "learner", duration=UNITS[unit])
    longest = each.group_by(*by, "learner").agg(nw.col("duration").max())
    return longest.group_by(*by, "duration").agg(nw.len().alias("learners"))


def shown(curve: pd.DataFrame, longest: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The steps of the curves as long as 5 learners of the group are still followed; ``longest`` is what ``followed`` tells, collected."""
    still = longest.sort_values("duration", ascending=False)
    groups = [still[name] for name in by] or [pd.Series(0, still.index)]
    until = still[still["learners"].groupby(groups).cumsum() >= FEWEST].drop_duplicates(list(by) or None)
    last = until[[*by, "duration"]].rename(columns={"duration": "last"})
    placed = curve.merge(last, on=list(by)) if by else curve.assign(last=last["last"].max())
    return placed[placed["duration"] <= placed["last"]].drop(columns="last").reset_index(drop=True)


def kaplan_meier(counts: pd.DataFrame, learners: pd.DataFrame, by: Sequence[str] = ()) -> TimeToMastery:
    """The curve of each group, from what ``counted`` and ``people`` tell of the same groups, collected."""
    parts = _parts(counts, by)
    rows: list[dict[str, Any]] = []
    curves = []
    for *values, number in learners[[*by, "learners"]].itertuples(index=False, name=None):
        group = dict(zip(by, values, strict=True))
        if number < FEWEST:
            rows.append(group | {"withheld": True})
            continue
        curve = _curve(parts[tuple(values)])
        rows.append(group | {"learners": number, "withheld": False} | _summary(curve))
        curves.append(curve.assign(**group))
    every = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=[*by, *CURVE])
    return TimeToMastery(pd.DataFrame(rows, columns=[*by, *GROUPS]).astype(GROUPS), every[[*by, *CURVE]].astype(CURVE))


def _parts(counts: pd.DataFrame, by: Sequence[str]) -> dict[tuple[Hashable, ...], pd.DataFrame]:
    """The rows of each group; without groups all of them."""
    return dict(iter(counts.groupby(list(by), sort=False))) if by else {(): counts}


def _curve(counts: pd.DataFrame) -> pd.DataFrame:
    """The columns of ``CURVE``, of one group: the product over all durations of ``1 - reached / at risk``."""
    table = counts.set_index("duration")[["reached", "censored"]]
    table = table.reindex(np.union1d([0], table.index), fill_value=0)
    number, reached = table.sum(axis=1).to_numpy(), table["reached"].to_numpy()
    at_risk = number[::-1].cumsum()[::-1]
    remaining = np.cumprod(1 - reached / at_risk)
    low, high = _exponential_greenwood(remaining, reached.astype(np.float64), at_risk.astype(np.float64))
    curve = table.rename_axis("duration").reset_index()
    return curve.assign(at_risk=at_risk, remaining=remaining, low=low, high=high)[[*CURVE]].astype(CURVE)


def _exponential_greenwood(remaining: Floats, reached: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """The interval of a share that remains: its powers ``θ`` and ``1 / θ``, ``ln θ = z √(Σ d/n(n - d)) / -ln S``. 0 and 1 stay."""
    left = at_risk - reached
    variance = np.cumsum(np.divide(reached, at_risk * left, out=np.zeros_like(left), where=left > 0))
    between = (remaining > 0) & (remaining < 1)
    width = np.zeros_like(remaining)
    width[between] = Z_95 * np.sqrt(variance[between]) / -np.log(remaining[between])
    return remaining ** np.exp(width), remaining ** np.exp(-width)


def _summary(curve: pd.DataFrame) -> dict[str, Any]:
    """What ``GROUPS`` tells of a curve."""
    half = curve.loc[curve["remaining"] <= 0.5 + ROUNDING, "duration"]
    return {
        "pairs": curve["at_risk"].iloc[0],
        "reached": curve["reached"].sum(),
        "median": half.iloc[0] if len(half) else np.nan,
        "share_reached": 1 - curve["remaining"].iloc[-1],
    }
