"""What if: what right answers would make of a score, and until when it would then hold."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from mastery_core.decay import days_until_below


@dataclass(frozen=True, slots=True)
class Outlook:
    """A score right after so many right answers, and the moment it then falls below a threshold.

    ``falls_below`` is None where it never does, and where it is ``below`` already.
    """

    right_answers: int
    score: float
    below: bool
    falls_below: datetime | None


def outlook(
    score: float,
    right_answers: int,
    *,
    at: datetime,
    worth: float,
    threshold: float,
    decay_factor: float,
    period_days: float = 1.0,
) -> Outlook:
    """What ``right_answers`` given at ``at``, where the score is ``score``, make of it, if nothing is practised after them.

    Each is worth ``worth`` until the score is whole. Scores and ``threshold`` are shares. Raises ValueError for a score or
    decay factor outside [0, 1], or a negative number of answers.
    """
    then = after_right_answers(score, right_answers, worth=worth)
    return Outlook(
        right_answers=right_answers,
        score=then,
        below=then < threshold,
        falls_below=fell_below(threshold, then, decay_factor, since=at, period_days=period_days),
    )


def after_right_answers(score: float, right_answers: int, *, worth: float) -> float:
    """The score after so many right answers at once: ``score + right_answers * worth``, within [0, 1]."""
    if right_answers < 0:
        raise ValueError("a number of answers is not negative")
    return min(1.0, max(0.0, score + right_answers * worth))


def right_answers_to_reach(threshold: float, score: float, *, worth: float) -> int | None:
    """The fewest right answers at once after which the score is at ``threshold`` or above; None where none would do."""
    if score >= threshold:
        return 0
    if worth <= 0 or threshold > 1:
        return None
    # Rounding may put the quotient on either side of the whole number it should be.
    fewest = math.floor((threshold - score) / worth)
    return fewest if after_right_answers(score, fewest, worth=worth) >= threshold else fewest + 1


def fell_below(
    threshold: float, score: float, decay_factor: float, *, since: datetime, period_days: float = 1.0
) -> datetime | None:
    """When a score that is ``score`` at ``since`` falls, or fell, below ``threshold`` without practice.

    None where it is below at ``since`` already, never falls so low, or not within the years there are dates for.
    """
    days = float(days_until_below(threshold, score, decay_factor, period_days=period_days))
    if not math.isfinite(days):
        return None
    try:
        return since + timedelta(days=days)
    except OverflowError:
        return None
