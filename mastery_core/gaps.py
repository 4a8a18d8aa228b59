"""Gaps: how often answers are right after a short and after a long time without practice."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mastery_core.intervals import difference, share, wilson

# Where each class of gaps begins, in days.
EDGES_DAYS = (0.0, 1 / 24, 1.0, 3.0, 7.0, 14.0, 30.0)
GAP_NAMES = ("under 1 hour", "1 to 24 hours", "1 to 3 days", "3 to 7 days", "7 to 14 days", "14 to 30 days", "over 30 days")  # fmt: skip
ENOUGH_ANSWERS = 10
CLASSES_TO_COMPARE = 2
RATE_COLUMNS = ("gap", "graded", "correct", "rate", "lower", "upper", "enough")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The right-answer rates after the shortest and the longest gap with answers enough.

    ``lower`` and ``upper`` bound how much the first is above the second (95%).
    """

    short_gap: str
    short_rate: float
    short_graded: int
    long_gap: str
    long_rate: float
    long_graded: int
    lower: float
    upper: float

    @property
    def is_clear(self) -> bool:
        """Whether the two differ by more than chance would easily make them."""
        return self.lower > 0 or self.upper < 0


def right_answer_rates(answers: pd.DataFrame) -> pd.DataFrame:
    """A row per class of gaps, shortest first: its name, answers, right ones, their share and its 95% interval.

    ``answers`` has ``graded`` and ``correct``, one row per class of ``EDGES_DAYS``. ``rate`` is NaN without answers;
    ``enough`` tells whether there are 10, so that the rate may be compared.
    """
    graded, correct = (answers[name].to_numpy(dtype=np.int64) for name in ("graded", "correct"))
    lower, upper = wilson(correct, graded)
    rate = np.where(graded > 0, share(correct, graded), np.nan)
    columns = (list(GAP_NAMES), graded, correct, rate, lower, upper, graded >= ENOUGH_ANSWERS)
    return pd.DataFrame(dict(zip(RATE_COLUMNS, columns, strict=True)))


def answers_missing(graded: ArrayLike) -> int:
    """How many more answers, at the least, until two classes of gaps have enough to be compared."""
    missing = np.maximum(ENOUGH_ANSWERS - np.asarray(graded, dtype=np.int64), 0)
    return int(np.sort(missing)[:CLASSES_TO_COMPARE].sum())


def comparison(rates: pd.DataFrame) -> Comparison | None:
    """The shortest against the longest gap with answers enough; None where fewer than two have."""
    known = rates[rates["enough"]].to_dict("records")
    if len(known) < CLASSES_TO_COMPARE:
        return None
    short, long = known[0], known[-1]
    lower, upper = difference((short["correct"], long["correct"]), (short["graded"], long["graded"]))
    return Comparison(
        short["gap"], short["rate"], short["graded"], long["gap"], long["rate"], long["graded"], lower, upper
    )
