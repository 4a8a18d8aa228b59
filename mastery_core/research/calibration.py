"""Calibration: the mastery score before an answer as a forecast of that answer, beside two forecasts that anybody could make.

What forecasts are judged on are answers of learners set aside; what a baseline learns from other learners it learns from the rest.
Forecasts are shares from 0 to 1, answers 1.0 (right) or 0.0. A score that is well calibrated is right as often as it says
(``reliability``); log loss and Brier score reward that and telling answers apart, AUC telling apart alone (``scores``). For the log loss
a forecast is held within ``SURE`` and ``1 - SURE``: one that was sure and wrong would cost infinitely much.
"""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mastery_core.comparison import FEWEST
from mastery_core.intervals import share, wilson
from mastery_core.research.engines import collect

# Names of learners are hexadecimal digits of a hash, so that these last digits are a quarter of the learners.
HELD_OUT = "048c"
# What forecasts where nobody has answered yet.
UNKNOWN = 0.5
SURE = 0.001
# AUC takes forecasts as equal that are the same ten-thousandth.
GRID = 10_000
FORECASTERS = {"mastery": "before", "skill mean": "skill_mean", "running success rate": "success_rate"}
NUMBERS = {
    "forecaster": "str", "learners": "int64", "answers": "int64", "right": "int64", "log_loss": "float64", "brier": "float64",
    "auc": "float64",
}  # fmt: skip
BINS = {
    "bin": "int64", "begins": "float64", "ends": "float64", "learners": "int64", "answers": "int64", "right": "float64",
    "forecast": "float64", "rate": "float64", "low": "float64", "high": "float64", "withheld": "bool",
}  # fmt: skip

Lazy = nw.LazyFrame[Any]


def is_held_out(held_out: str = HELD_OUT) -> nw.Expr:
    """Whether ``learner`` is set aside to be judged on: their name ends with one of the characters. The same in every extract."""
    ends = [nw.col("learner").str.ends_with(character) for character in held_out]
    return nw.any_horizontal(*ends, ignore_nulls=False)


def judged_bin(bins: int = 10, held_out: str = HELD_OUT) -> nw.Expr:
    """The bin that ``reliability`` counts an answer's mastery score in; null where the learner is not set aside."""
    return nw.when(is_held_out(held_out)).then(_bin(nw.col("before"), bins))


def parts(events: Lazy, *, held_out: str = HELD_OUT) -> Lazy:
    """How many are learnt from and judged on: ``part`` ("training" or "judged"), ``learners``, ``answers``. No row for nobody."""
    each = events.filter(_is_answer()).group_by("learner").agg(nw.len().alias("answers"))
    part = nw.when(is_held_out(held_out)).then(nw.lit("judged")).otherwise(nw.lit("training"))
    return each.with_columns(part=part).group_by("part").agg(nw.len().alias("learners"), nw.col("answers").sum())


def forecasts(events: Lazy, *, held_out: str = HELD_OUT) -> Lazy:
    """A row an answer of a learner set aside: ``learner``, ``concept``, ``opportunity``, ``right``, and what each of ``FORECASTERS`` says.

    * ``before``: the mastery score that the answer met;
    * ``skill_mean``: how many of the answers of the other learners on the concept were right; on all concepts where there are none,
      ``UNKNOWN`` without other learners. It knows nothing of the learner, but also what others answered later;
    * ``success_rate``: ``(right + 1) / (answers + 2)`` of the learner's own answers on the concept before this one (the rule of succession,
      Laplace 1774), so one half at first.
    """
    means = _of_concepts(events, held_out).select("concept", "skill_mean")
    met = _with_earlier(_judged(events, held_out)).join(means, on="concept", how="inner")
    return met.select(
        "learner", "concept", "opportunity", "right", "before", "skill_mean", success_rate=_success_rate()
    )


def scores(events: Lazy, *, held_out: str = HELD_OUT) -> pd.DataFrame:
    """How good the ``forecasts`` of each of ``FORECASTERS`` are: log loss and Brier score an answer (less is better), AUC; ``NUMBERS``.

    Log loss is in nats, of forecasts held within ``SURE`` and ``1 - SURE``; the Brier score is of the forecasts as they are (Brier 1950). AUC
    is the share of pairs of a right and a wrong answer in which the right one had the higher forecast, equal ones half (Hanley and
    McNeil 1982), of forecasts rounded to 1/``GRID``: it is off by at most half the share of pairs that only rounding makes equal. NaN
    without answers, AUC also where all are right or all wrong.
    """
    learners = collect(parts(events, held_out=held_out)).set_index("part")["learners"].get("judged", 0)
    cells = collect(_cells(events, held_out), ["forecaster", "cell"])
    rows = [
        {"forecaster": name, "learners": learners} | _numbers(cells[cells["forecaster"] == place])
        for place, name in enumerate(FORECASTERS)
    ]
    return pd.DataFrame(rows, columns=list(NUMBERS)).astype(NUMBERS)


def reliability(events: Lazy, *, forecaster: str = "mastery", bins: int = 10, held_out: str = HELD_OUT) -> Lazy:
    """A row a ``bin`` of equal width (from 0; a forecast of 1 is in the last) that has answers: ``learners``, ``answers``, how many were
    ``right``, and the mean ``forecast``. Raises ValueError without a bin and for a forecaster that is none of ``FORECASTERS``.
    """
    if forecaster not in FORECASTERS or bins < 1:
        raise ValueError(f"there is no forecaster {forecaster!r}, or not so many bins: {bins}")
    said = _judged(events, held_out) if forecaster == "mastery" else forecasts(events, held_out=held_out)
    forecast = nw.col(FORECASTERS[forecaster])
    placed = said.select("learner", "right", forecast=forecast, bin=_bin(forecast, bins))
    each = placed.group_by("bin", "learner").agg(
        nw.len().alias("answers"), nw.col("right").sum(), nw.col("forecast").sum()
    )
    counted = each.group_by("bin").agg(nw.col("answers", "right", "forecast").sum(), nw.len().alias("learners"))
    return counted.select(
        "bin", "learners", "answers", nw.col("right").cast(nw.Int64), nw.col("forecast") / nw.col("answers")
    )


def with_intervals(rows: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """The collected rows of ``reliability`` with where each bin ``begins`` and ``ends``, its ``rate`` of right answers and Wilson's interval.

    The columns of ``BINS``. A bin of fewer than 5 learners is ``withheld``: it has its counts of learners and answers alone. The interval
    takes answers as independent; those of one learner are not quite, so it is rather too narrow.
    """
    counted = rows.sort_values("bin", ignore_index=True)
    low, high = wilson(counted["right"], counted["answers"])
    told = counted.assign(
        begins=counted["bin"] / bins,
        ends=(counted["bin"] + 1) / bins,
        rate=share(counted["right"], counted["answers"]),
        low=low,
        high=high,
        withheld=counted["learners"] < FEWEST,
    )[list(BINS)].astype(BINS)
    told.loc[told["withheld"], ["right", "forecast", "rate", "low", "high"]] = np.nan
    return told


def calibration_error(rows: pd.DataFrame) -> float:
    """The expected calibration error of the collected rows of ``reliability``: ``Σ answers |rate - forecast| / Σ answers``.

    NaN without answers. Source: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    answers = int(rows["answers"].sum())
    apart = (rows["right"] - rows["answers"] * rows["forecast"]).abs().sum()
    return float(apart) / answers if answers else float("nan")


def auc(rights: ArrayLike, wrongs: ArrayLike) -> float:
    """The area under the ROC curve of right and wrong answers, counted for each forecast from the lowest up; NaN where either has none."""
    right, wrong = np.asarray(rights, dtype=np.float64), np.asarray(wrongs, dtype=np.float64)
    pairs = float(right.sum() * wrong.sum())
    lower = np.cumsum(wrong) - wrong
    return float((right * (lower + wrong / 2)).sum()) / pairs if pairs else float("nan")


def _bin(forecast: nw.Expr, bins: int) -> nw.Expr:
    return nw.when(forecast < 1).then((forecast * bins).floor()).otherwise(nw.lit(bins - 1.0)).cast(nw.Int64)


def _is_answer() -> nw.Expr:
    return ~nw.col("is_correct").is_null()


def _right() -> nw.Expr:
    return nw.col("is_correct").cast(nw.Float64)


def _judged(events: Lazy, held_out: str) -> Lazy:
    """The answers that forecasts are judged on."""
    judged = events.filter(_is_answer() & is_held_out(held_out))
    return judged.select("learner", "concept", "opportunity", "before", right=_right())


def _with_earlier(judged: Lazy) -> Lazy:
    """With how many of the learner's answers on the concept there were before each, and how many of these were right.

    Opportunities of a learner's answers on a concept are all different, at one instant too.
    """
    right = nw.col("right")
    return judged.with_columns(
        right_before=right.cum_sum().over("learner", "concept", order_by="opportunity") - right,
        answers_before=right.cum_count().over("learner", "concept", order_by="opportunity") - 1,
    )


def _success_rate() -> nw.Expr:
    return (nw.col("right_before") + 1) / (nw.col("answers_before") + 2)


def _of_concepts(events: Lazy, held_out: str) -> Lazy:
    """Each concept's ``skill_mean``, what the other learners make of it, and of the learners set aside the ``answers`` and the ``right`` ones."""
    told = events.filter(_is_answer()).select("concept", right=_right(), is_judged=is_held_out(held_out))
    alike = told.group_by("concept", "right", "is_judged").agg(nw.len().alias("answers"))
    judged = nw.when(nw.col("is_judged")).then(nw.col("answers")).otherwise(nw.lit(0)).cast(nw.Float64)
    trained = nw.col("answers") - judged
    counted = (
        alike.select(
            "concept",
            answers=judged,
            right=judged * nw.col("right"),
            trained=trained,
            trained_right=trained * nw.col("right"),
        )
        .group_by("concept")
        .agg(nw.col("answers", "right", "trained", "trained_right").sum())
    )
    others, right = nw.col("trained"), nw.col("trained_right")
    of_all = nw.when(others.sum() > 0).then(right.sum() / others.sum()).otherwise(nw.lit(UNKNOWN))
    mean = nw.when(others > 0).then(right / others).otherwise(of_all)
    return counted.select("concept", "answers", "right", skill_mean=mean)


def _told(events: Lazy, held_out: str) -> Lazy:
    """What ``FORECASTERS`` say, in as few rows as can be: ``forecaster`` (its place among them), ``forecast``, the ``answers`` that it is of,
    how many of these were ``right``.
    """
    judged = _judged(events, held_out)
    alike = (
        _with_earlier(judged)
        .group_by("right_before", "answers_before")
        .agg(answers=nw.len(), right=nw.col("right").sum())
    )
    said = [
        judged.select(forecast=nw.col("before"), answers=nw.lit(1.0), right=nw.col("right"), forecaster=nw.lit(0)),
        _of_concepts(events, held_out).select(
            forecast=nw.col("skill_mean"), answers=nw.col("answers"), right=nw.col("right"), forecaster=nw.lit(1)
        ),
        alike.select(
            forecast=_success_rate(),
            answers=nw.col("answers").cast(nw.Float64),
            right=nw.col("right"),
            forecaster=nw.lit(2),
        ),
    ]
    return nw.concat(said)


def _cells(events: Lazy, held_out: str) -> Lazy:
    """Of each forecaster and cell of the grid the answers, how many were right, and the sums of their losses and squared errors."""
    forecast, answers, right = nw.col("forecast"), nw.col("answers"), nw.col("right")
    held, wrong = forecast.clip(SURE, 1 - SURE), answers - right
    each = _told(events, held_out).select(
        "forecaster",
        "answers",
        "right",
        cell=(forecast * GRID + 0.5).floor().cast(nw.Int64),
        loss=-(right * held.log() + wrong * (1 - held).log()),
        square=right * (1 - forecast) * (1 - forecast) + wrong * forecast * forecast,
    )
    return each.group_by("forecaster", "cell").agg(nw.col("answers", "right", "loss", "square").sum())


def _numbers(cells: pd.DataFrame) -> dict[str, float]:
    answers, right = int(cells["answers"].sum()), int(cells["right"].sum())
    each = 1 / answers if answers else float("nan")
    return {
        "answers": answers,
        "right": right,
        "log_loss": float(cells["loss"].sum()) * each,
        "brier": float(cells["square"].sum()) * each,
        "auc": auc(cells["right"], cells["answers"] - cells["right"]),
    }
