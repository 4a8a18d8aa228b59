"""What each figure of the Concepts screen means, with the cohort's own numbers in it."""

from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages.instructor.explained.cohort import NO_EARLIER, course_alt, share
from pages.instructor.view import CohortView
from pages.words import NONE, count, percent, points

__all__ = ["course_alt", "share"]

OPPORTUNITIES = (
    "Of the answers that were a learner's first observation of the concept, their second, and so on: the share that was wrong, "
    "with the interval in which it lies with 95% certainty."
)


def apart(concepts: pd.DataFrame) -> str:
    unknown = int(concepts["mean"].isna().sum())
    return f"{unknown} without enough data" if unknown else "all with enough data"


def concepts(concepts: pd.DataFrame) -> str:
    return (
        f"Concepts that at least one learner of the cohort practised by this day. {int(concepts['mean'].notna().sum())} of "
        f"{len(concepts)} have a learner with {ENOUGH_OBSERVATIONS} observations or more: only of these there is a mean."
    )


def practised(view: CohortView) -> str:
    return (
        f"Concepts with at least one observation in the {count(view.days, 'day')} up to the day shown (days of UTC). An observation is an "
        "answer, a question or an explanation read."
    )


def rate(concepts: pd.DataFrame) -> str:
    return rate_of(int(concepts["correct"].sum()), int(concepts["graded"].sum()))


def rate_of(correct: int, graded: int) -> str:
    return percent(correct / graded) if graded else NONE


def right(concepts: pd.DataFrame) -> str:
    correct, graded = int(concepts["correct"].sum()), int(concepts["graded"].sum())
    if not graded:
        return "Right answers of all answers in this range. Nothing was answered in it."
    return f"Right answers of all answers in this range: {correct:,} ÷ {graded:,} = **{percent(correct / graded)}**."


def weak(known: pd.DataFrame, threshold: float) -> str:
    return (
        f"Concepts whose mean over the learners (with {ENOUGH_OBSERVATIONS} observations or more) is below {percent(threshold)} now, "
        f"what is forgotten taken off: {int((known['mean'] < threshold).sum())} of {len(known)}."
    )


def change_since(row: pd.Series, view: CohortView) -> dict[str, Any]:
    if isnan(row["mean"]) or row["mean_before"] is None or isnan(row["mean_before"]):
        return {"delta_description": NO_EARLIER if not isnan(row["mean"]) else "not enough data yet"}
    return {
        "delta": points(row["mean"] - row["mean_before"]),
        "delta_color": "blue",
        "delta_description": f"in {count(view.days, 'day')}",
    }


def mean(row: pd.Series) -> str:
    known = int(row["weak"] + row["developing"] + row["mastered"])
    return (
        f"The mean of the scores now of the {count(known, 'learner')} with {ENOUGH_OBSERVATIONS} observations or more; what is forgotten is "
        f"taken off. Practice of this range moved it by {points(row['practised'])} points over all learners together, time took the rest."
    )


def of_known(row: pd.Series) -> str:
    return f"of {count(int(row['weak'] + row['developing'] + row['mastered']), 'learner')}"


def in_band(meaning: str, row: pd.Series) -> str:
    return (
        f"{meaning} {int(row['weak'])} weak + {int(row['developing'])} developing + {int(row['mastered'])} mastered, and "
        f"{int(row['apart'])} with fewer than {ENOUGH_OBSERVATIONS} observations, are the {count(int(row['learners']), 'learner')} who practised it."
    )


def right_of(row: pd.Series, view: CohortView) -> str:
    return (
        f"Right answers of all answers on it in the {count(view.days, 'day')} up to the day shown, by "
        f"{count(int(row['practising']), 'learner')}: {int(row['correct']):,} of {int(row['graded']):,}."
    )


def counted(standing: pd.DataFrame) -> str:
    known, few = int(standing["known"].sum()), int((~standing["known"]).sum())
    return f"{count(known, 'learner')} by score now." + (
        f" {few} more with too few observations to tell." if few else ""
    )


def histogram_alt(scores: NDArray[np.float64], weak: float, mastered: float) -> str:
    below, above = int((scores < weak).sum()), int((scores >= mastered).sum())
    return f"{count(len(scores), 'learner')} by score: {below} below {percent(weak)}, {above} at {percent(mastered)} or more. The table below names them."


def opportunities_alt(opportunities: pd.DataFrame) -> str:
    if opportunities.empty:
        return "Wrong answers by opportunity: nothing was answered yet."
    first, last = opportunities.iloc[0], opportunities.iloc[-1]
    return (
        f"Wrong answers by opportunity: {percent(1 - first['correct'] / first['graded'])} at opportunity {int(first['opportunity'])}, "
        f"{percent(1 - last['correct'] / last['graded'])} at {int(last['opportunity'])}."
    )
