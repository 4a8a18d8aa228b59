"""Learning curves: how often answers are wrong, opportunity by opportunity, and what the curve of a concept says.

An opportunity is the column ``opportunity``: the place of an observation among those of the learner on the concept. Reading and questions
count as opportunities to learn too, as they do everywhere in this program; DataShop counts the steps to practise at alone, so that a
curve of the same answers can begin later here and have other gaps. The points are made of answers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.special import ndtri

from mastery_core.intervals import wilson
from mastery_core.research.afm import AFM

# Later opportunities are had by few, and those are the learners who find it hard.
MOST_OPPORTUNITIES = 100


class Category(StrEnum):
    """What the curve of a concept says, in DataShop's words."""

    TOO_LITTLE_DATA = "too little data"
    LOW_AND_FLAT = "low and flat"
    NO_LEARNING = "no learning"
    STILL_HIGH = "still high"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the categories begin; the defaults are DataShop's. Errors are shares, ``slope`` is a learning rate in logits.

    A point counts with at least so many ``learners``, a curve with at least so many ``opportunities`` that count.
    """

    learners: int = 10
    opportunities: int = 3
    low_error: float = 0.2
    high_error: float = 0.4
    slope: float = 0.001


CATEGORIES = {
    "concept": "str", "category": "str", "opportunities": "int64", "learners": "int64", "answers": "int64", "last_error_rate": "float64",
    "learning_rate": "float64",
}  # fmt: skip


def error_rates(
    events: nw.LazyFrame[Any], by: Sequence[str] = (), most: int | None = MOST_OPPORTUNITIES
) -> nw.LazyFrame[Any]:
    """The learning curve: a row per (``by``, ``opportunity``) that has answers, in any order.

    Columns: ``by``, ``opportunity``, ``answers``, ``learners`` (how many different ones answered), ``errors``, ``error_rate``. ``by``:
    columns of the events, such as "concept" or "cohort"; without "concept" a learner has an opportunity of the same number on each.
    Opportunities after the ``most``-th are left out; None takes all of them.
    """
    counts = ~nw.col("is_correct").is_null()
    if most is not None:
        counts &= nw.col("opportunity") <= most
    told = events.filter(counts).select(
        *by, "learner", nw.col("opportunity").cast(nw.Int64), right=nw.col("is_correct").cast(nw.Float64)
    )
    counted = _counted(told, [*by, "opportunity"])
    errors = nw.col("answers") - nw.col("right")
    return counted.select(
        *by,
        "opportunity",
        nw.col("answers", "learners").cast(nw.Int64),
        errors=errors.cast(nw.Int64),
        error_rate=(errors / nw.col("answers")).cast(nw.Float64),
    )


def _counted(told: nw.LazyFrame[Any], point: list[str]) -> nw.LazyFrame[Any]:
    """The answers, learners and right answers of each ``point``. On one concept a learner has each opportunity once."""
    if "concept" in point:
        return told.group_by(*point).agg(answers=nw.len(), learners=nw.len(), right=nw.col("right").sum())
    each = told.group_by(*point, "learner").agg(answers=nw.len(), right=nw.col("right").sum())
    return each.group_by(*point).agg(nw.col("answers").sum(), nw.len().alias("learners"), nw.col("right").sum())


def with_intervals(curves: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """The points with ``low`` and ``high``: the Wilson interval of each ``error_rate``.

    It takes answers for independent of each other, which those of one learner are not: where ``answers`` are many more than
    ``learners`` it is too narrow. Raises ValueError unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1; this one is {confidence}")
    low, high = wilson(curves["errors"], curves["answers"], z=float(ndtri((1 + confidence) / 2)))
    return curves.assign(low=low, high=high)


def categories(curves: pd.DataFrame, afm: AFM, limits: Limits | None = None) -> pd.DataFrame:
    """The ``Category`` of each concept, a row each by name; columns of ``CATEGORIES``.

    ``curves`` are the collected ``error_rates`` by concept. Points of fewer learners than the limit do not count. Then the first of these
    that holds, in DataShop's order: too little data (fewer points than the limit), low and flat (all of them under the low error), no
    learning (the learning rate of the model at most the slope), still high (the last point at least the high error), good. A learning
    rate that is not known, NaN, is not "no learning". ``opportunities`` and ``answers`` are those that count, ``learners`` the most at
    one point. DataShop's own model admits no learning rate below 0; here those below 0 are "no learning" as well.
    Source: https://pslcdatashop.web.cmu.edu/help?page=learningCurve, "Learning curve categorization", and the program's
    ``classifyLearningCurve``.
    """
    limits = limits or Limits()
    rates = dict(zip(afm.concepts["concept"], afm.concepts["learning_rate"], strict=True))
    rows = [
        _categorised(str(concept), points.sort_values("opportunity"), rates.get(concept, float("nan")), limits)
        for concept, points in curves.groupby("concept", sort=True)
    ]
    return pd.DataFrame(rows, columns=list(CATEGORIES)).astype(CATEGORIES)


def _categorised(concept: str, points: pd.DataFrame, learning_rate: float, limits: Limits) -> dict[str, Any]:
    counting = points[points["learners"] >= limits.learners]
    rates = counting["error_rate"].to_numpy(dtype=np.float64)
    return {
        "concept": concept,
        "category": _category(rates, learning_rate, limits).value,
        "opportunities": len(counting),
        "learners": int(points["learners"].max()),
        "answers": int(counting["answers"].sum()),
        "last_error_rate": rates[-1] if rates.size else float("nan"),
        "learning_rate": learning_rate,
    }


def _category(error_rates: np.ndarray[Any, np.dtype[np.float64]], learning_rate: float, limits: Limits) -> Category:
    """Of a curve's points that count, by opportunity."""
    if not error_rates.size or error_rates.size < limits.opportunities:
        return Category.TOO_LITTLE_DATA
    if (error_rates < limits.low_error).all():
        return Category.LOW_AND_FLAT
    if learning_rate <= limits.slope:
        return Category.NO_LEARNING
    return Category.STILL_HIGH if error_rates[-1] >= limits.high_error else Category.GOOD
