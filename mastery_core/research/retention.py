"""Retention: how often answers are right by the time since their concept was practised before, and how fast that falls.

The forgetting curve is the exponential one, ``P(right) = a 2^(-gap / h)``: ``a`` at once, half of it after the half-life ``h``. Sources:
Ebbinghaus, "Über das Gedächtnis" (1885); Settles and Meeder, "A Trainable Spaced Repetition Model for Language Learning", ACL (2016).
Gaps are as learners chose them: those who come back late may differ in more than in what they forgot.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from mastery_core.comparison import FEWEST
from mastery_core.decay import SECONDS_A_DAY
from mastery_core.decay import half_life_days as half_life_of
from mastery_core.intervals import Z_95, share, wilson

# Where each class of gaps but the first begins, in days; a gap of just so long is in the class that begins there.
GAP_EDGES_DAYS = (1 / 1440, 10 / 1440, 1 / 24, 1 / 3, 1.0, 2.0, 4.0, 7.0, 14.0, 30.0, 60.0, 120.0, 365.0)
GAP_NAMES = (
    "under 1 minute", "1 to 10 minutes", "10 to 60 minutes", "1 to 8 hours", "8 to 24 hours", "1 to 2 days", "2 to 4 days",
    "4 to 7 days", "7 to 14 days", "14 to 30 days", "30 to 60 days", "60 to 120 days", "120 to 365 days", "365 days and more",
)  # fmt: skip
# Steps of the table for the fit: eighths of a doubling. The logarithm of a power of 2 may come out a trace below a whole number.
STEPS_A_DOUBLING, ROUNDING = 8, 1e-9
# No gap is so long, in seconds. Spark holds NaN for greater than any number.
NO_GAP = 1e12
ENOUGH_ANSWERS = 30
# A half-life is looked for between a second and a hundred thousand days.
SHORTEST, LONGEST = float(np.log(1 / SECONDS_A_DAY)), float(np.log(100_000.0))
# The first rate is below 1, so that every answer is possible.
MOST = float(np.log1p(-1e-9))
ACCURACY = 1e-12

FITTED = {
    "answers": "int64", "learners": "int64", "half_life_days": "float64", "low": "float64", "high": "float64", "initial": "float64",
    "half_life_in_force": "float64", "clear": "bool", "reason": "str",
}  # fmt: skip

Lazy = nw.LazyFrame[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A forgetting curve: its half-life in days with 95% limits, and the right-answer rate at once. All NaN, and ``reason``
    says why, where it is not ``clear``.
    """

    half_life_days: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    initial: float = float("nan")
    clear: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Right and wrong answers after gaps of so many days: parallel arrays."""

    right: Floats
    wrong: Floats
    days: Floats


def by_gap(events: Lazy, by: Sequence[str] = ()) -> Lazy:
    """Answers by the time since the concept was practised before, a row for each class of ``GAP_NAMES`` that has any.

    Columns: ``by`` (columns of the events), ``bin`` (0 is the shortest), ``answers``, ``right``, ``learners`` (different ones),
    ``gap_days`` (the mean gap). A learner's first observation of a concept has no gap and does not count.
    """
    each = (
        _answers(events, by, bin=_bin())
        .group_by(*dict.fromkeys((*by, "bin", "learner")))
        .agg(nw.len().alias("answers"), nw.col("right").sum(), nw.col("gap").sum())
    )
    counted = each.group_by(*by, "bin").agg(nw.col("answers", "right", "gap").sum(), nw.len().alias("learners"))
    gap_days = nw.col("gap") / nw.col("answers") / SECONDS_A_DAY
    return counted.select(*by, "bin", "answers", nw.col("right").cast(nw.Int64), "learners", gap_days=gap_days)


def gap_class() -> nw.Expr:
    """The class of its gap (0 is the shortest) that ``by_gap`` counts an event in; null where it does not count."""
    return nw.when(_has_gap()).then(_bin())


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``by_gap`` with ``gap`` (the name of the class), ``rate`` and its 95% interval ``low`` to ``high`` (Wilson).

    Of fewer than 5 learners a row is ``withheld``: all of it is NaN but the class and ``by``, for counts would give the rate.
    """
    withheld = frame["learners"] < FEWEST
    low, high = wilson(frame["right"], frame["answers"])
    rates = {"rate": share(frame["right"], frame["answers"]), "low": low, "high": high}
    names = [GAP_NAMES[number] for number in frame["bin"]]
    told = frame.assign(gap=names, **rates, withheld=withheld)
    figures = ["answers", "right", "learners", "gap_days", *rates]
    return told.assign(**told[figures].mask(told["withheld"]))


def for_fit(events: Lazy, by: Sequence[str] = ("concept",)) -> Lazy:
    """The answers of ``by_gap`` in finer steps, for ``fit_half_life``: eighths of a doubling of the gap, all below a second in one.

    Columns: ``by``, ``step``, ``answers``, ``right``, ``gap_days`` (the mean gap), and ``learners``, how many different ones there are
    over all steps of the group.
    """
    steps = _answers(events, by, step=_step()).group_by(*by, "step").agg(
        nw.len().alias("answers"), nw.col("right").sum(), nw.col("gap").mean()
    )  # fmt: skip
    people = events.filter(_has_gap()).group_by(*dict.fromkeys((*by, "learner"))).agg(nw.len().alias("answers"))
    learners = nw.len().alias("learners")
    if by:
        counted = steps.join(people.group_by(*by).agg(learners), on=list(by), how="inner")
    else:
        counted = steps.join(people.select(learners), how="cross")
    gap_days = nw.col("gap") / SECONDS_A_DAY
    return counted.select(*by, "step", "answers", nw.col("right").cast(nw.Int64), "learners", gap_days=gap_days)


def fit_half_life(
    table: pd.DataFrame, by: Sequence[str] = ("concept",), *, decay_factor: float, period_days: float = 1.0
) -> pd.DataFrame:
    """The half-life of what is known, a row a group (``by`` as in ``for_fit``, which made the table), sorted: the columns of ``FITTED``.

    ``half_life_days``, ``initial``: maximum likelihood of ``P(right) = initial 2^(-gap / half_life_days)``. ``low`` to ``high``: 95% by
    profile likelihood (Venzon and Moolgavkar, Applied Statistics 37, 1988), as if answers were independent of one another, so rather too
    narrow where few learners gave many. Infinity: no forgetting in the data, or a half-life over 100,000 days; 0: one below a second.
    ``half_life_in_force``: what ``decay_factor`` a ``period_days`` comes to. Not ``clear``, all NaN and a ``reason`` given: fewer than 5
    learners or 30 answers, no gap twice as long as another, or nothing right.
    """
    groups: Iterable[tuple[Any, pd.DataFrame]] = table.groupby(list(by), sort=True) if by else [((), table)]
    in_force = half_life_of(decay_factor, period_days=period_days)
    rows = [dict(zip(by, key, strict=True)) | _row(steps) for key, steps in groups]
    fitted = pd.DataFrame(rows, columns=[*by, *FITTED]).assign(half_life_in_force=in_force)
    return fitted.astype(FITTED)


def _answers(events: Lazy, by: Sequence[str], **classed: nw.Expr) -> Lazy:
    """The answers that have a gap: the columns ``by``, ``learner``, ``gap`` in seconds, ``right`` (1 or 0), and what they are ``classed`` by."""
    return events.filter(_has_gap()).select(
        *dict.fromkeys((*by, "learner")), "gap", right=nw.col("is_correct").cast(nw.Float64), **classed
    )


def _has_gap() -> nw.Expr:
    """Whether an event is an answer that has a gap."""
    return (nw.col("opportunity") > 1) & ~nw.col("is_correct").is_null() & (nw.col("gap") < NO_GAP)


def _bin(first: int = 0, last: int = len(GAP_EDGES_DAYS)) -> nw.Expr:
    """The class of the gap, which is known to be one of ``first`` to ``last``: four comparisons find it, where a sum takes thirteen."""
    if first == last:
        return nw.lit(first, nw.Int64)
    middle = (first + last) // 2
    edge = float(round(GAP_EDGES_DAYS[middle] * SECONDS_A_DAY))
    return nw.when(nw.col("gap") < edge).then(_bin(first, middle)).otherwise(_bin(middle + 1, last))


def _step() -> nw.Expr:
    doublings = nw.max_horizontal("gap", nw.lit(1.0)).log(2)
    return (doublings * STEPS_A_DOUBLING + ROUNDING).floor().cast(nw.Int64)


def _row(steps: pd.DataFrame) -> dict[str, Any]:
    in_order = steps.sort_values("gap_days", kind="stable")  # so that sums come out the same from every engine
    answers, right, days = (in_order[name].to_numpy(dtype=np.float64) for name in ("answers", "right", "gap_days"))
    total, learners = int(answers.sum()), int(steps["learners"].max()) if len(steps) else 0
    counts = Counts(right, answers - right, days)
    reason = _missing(counts, total, learners)
    return {"answers": total, "learners": learners} | asdict(Fit(reason=reason) if reason else _fitted(counts))


def _missing(counts: Counts, answers: int, learners: int) -> str:
    """What there is too little of for a fit; "" where there is enough."""
    if learners < FEWEST:
        return f"fewer than {FEWEST} learners"
    if answers < ENOUGH_ANSWERS:
        return f"fewer than {ENOUGH_ANSWERS} answers"
    if counts.days.max() <= 2 * counts.days.min():
        return "no gap twice as long as another"
    return "" if counts.right.any() else "no right answer"


def _fitted(counts: Counts) -> Fit:
    """The likeliest curve, and how far the half-life can go until the log-likelihood has fallen by 1.92, half of χ²(1) at 95%."""
    best = _best(counts)
    least = _log_likelihood(counts, best) - Z_95**2 / 2

    def above(log_half_life: float) -> float:
        return _log_likelihood(counts, log_half_life) - least

    low, high = (_passes_zero(above, best, end) for end in (SHORTEST, LONGEST))
    initial = float(np.exp(_log_initial(counts, best)))
    return Fit(_days(best), _days(low), _days(high), initial, clear=True)


def _best(counts: Counts) -> float:
    """The logarithm of the likeliest half-life.

    The log-likelihood is concave in ``log a`` and the rate of forgetting ``ln(2) / h`` together, so that of the best ``a`` for each rate
    is concave in the rate: it has one top, where its slope passes 0, or lies at an end of the range.
    """
    if _slope(counts, LONGEST) <= 0:
        return LONGEST
    if _slope(counts, SHORTEST) >= 0:
        return SHORTEST
    return float(brentq(lambda each: _slope(counts, each), SHORTEST, LONGEST, xtol=ACCURACY))


def _passes_zero(function: Callable[[float], float], inside: float, end: float) -> float:
    """Where a function that is above 0 at ``inside`` falls to 0 on the way to ``end``; ``end`` where it does not."""
    return end if function(end) >= 0 else float(brentq(function, inside, end, xtol=ACCURACY))


def _days(log_half_life: float) -> float:
    if log_half_life >= LONGEST:
        return float("inf")
    return 0.0 if log_half_life <= SHORTEST else float(np.exp(log_half_life))


def _log_initial(counts: Counts, log_half_life: float) -> float:
    """The logarithm of the likeliest ``a`` for a half-life: at least the rate over all answers, at most ``MOST``."""
    faded, right = -_rate(log_half_life) * counts.days, counts.right.sum()

    def slope(log_a: float) -> float:
        return float(right - counts.wrong @ _odds(log_a + faded))

    if slope(MOST) >= 0:
        return MOST
    least = float(np.log(right / (right + counts.wrong.sum())))
    return least if slope(least) <= 0 else float(brentq(slope, least, MOST, xtol=ACCURACY))


def _log_likelihood(counts: Counts, log_half_life: float) -> float:
    """Of the best curve with that half-life, but for what is the same of all curves."""
    log_p = _log_p(counts, log_half_life)
    return float(counts.right @ log_p + counts.wrong @ np.log(-np.expm1(log_p)))


def _slope(counts: Counts, log_half_life: float) -> float:
    """How the log-likelihood of the best curve changes with the rate of forgetting."""
    return float((counts.wrong * _odds(_log_p(counts, log_half_life)) - counts.right) @ counts.days)


def _log_p(counts: Counts, log_half_life: float) -> Floats:
    log_p: Floats = _log_initial(counts, log_half_life) - _rate(log_half_life) * counts.days
    return log_p


def _rate(log_half_life: float) -> float:
    return float(np.log(2) * np.exp(-log_half_life))


def _odds(log_p: Floats) -> Floats:
    odds: Floats = -np.exp(log_p) / np.expm1(log_p)
    return odds
