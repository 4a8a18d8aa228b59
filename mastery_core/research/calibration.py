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
    return nw.any_horizontal(*ends, ignore_nulls=True)


def parts(events: Lazy, *, held_out: str = HELD_OUT) -> Lazy:
    """How many are learnt from and judged on: ``part`` ("training" or "judged"), ``learners``, ``answers``. No row for nobody."""
    each = _answers(events).group_by("learner").agg(nw.len().alias("answers"))
    part = nw.when(is_held_out(held_out)).then(nw.lit("judged")).otherwise(nw.lit("training"))
    placed = each.with_columns(part=part).group_by("part").agg(nw.len().alias("learners"), nw.col("answers").sum())
    return placed.with_columns(nw.col("learners", "answers").cast(nw.Int64))


def forecasts(events: Lazy, *, held_out: str = HELD_OUT) -> Lazy:
    """A row an answer of a learner set aside: ``learner``, ``concept``, ``opportunity``, ``right``, and what each of ``FORECASTERS`` says.

    * ``before``: the mastery score that the answer met;
    * ``skill_mean``: how many of the answers of the other learners on the concept were right; on all concepts where there are none,
      ``UNKNOWN`` without other learners. It knows nothing of the learner, but also what others answered later;
    * ``success_rate``: ``(right + 1) / (answers + 2)`` of the learner's own answers on the concept before this one (the rule of succession,
      Laplace 1774), so one half at first.
    """
    judged = _answers(events).filter(is_held_out(held_out)).with_columns(success_rate=_success_rate())
    met = _with_skill_mean(judged, events, held_out)
    return met.select("learner", "concept", "opportunity", "right", "before", "skill_mean", "success_rate")


def scores(events: Lazy, *, held_out: str = HELD_OUT) -> pd.DataFrame:
    """How good the ``forecasts`` of each of ``FORECASTERS`` are: log loss and Brier score an answer (less is better), AUC; ``NUMBERS``.

    Log loss is in nats, of forecasts held within ``SURE`` and ``1 - SURE``; the Brier score is of the forecasts as they are (Brier 1950). AUC
    is the share of pairs of a right and a wrong answer in which the right one had the higher forecast, equal ones half (Hanley and
    McNeil 1982), of forecasts rounded to 1/``GRID``: it is off by at most half the share of pairs that only rounding makes equal. NaN
    without answers, AUC also where all are right or all wrong.
    """
    learners = collect(parts(events, held_out=held_out)).set_index("part")["learners"].get("judged", 0)
    rows = [
        {"forecaster": name, "learners": learners} | _numbers(collect(_cells(events, name, held_out), ["cell"]))
        for name in FORECASTERS
    ]
    return pd.DataFrame(rows, columns=list(NUMBERS)).astype(NUMBERS)


def reliability(events: Lazy, *, forecaster: str = "mastery", bins: int = 10, held_out: str = HELD_OUT) -> Lazy:
    """A row a ``bin`` of equal width (from 0; a forecast of 1 is in the last) that has answers: ``learners``, ``answers``, how many were
    ``right``, and the mean ``forecast``. Raises ValueError without a bin and for a forecaster that is none of ``FORECASTERS``.
    """
    if forecaster not in FORECASTERS or bins < 1:
        raise ValueError(f"there is no forecaster {forecaster!r}, or not so many bins: {bins}")
    place = (nw.col("forecast") * bins).floor().cast(nw.Int64)
    said = _said(events, forecaster, held_out).with_columns(bin=place)
    in_range = nw.when(nw.col("bin") >= bins).then(nw.lit(bins - 1)).otherwise(nw.col("bin"))
    placed = said.with_columns(bin=in_range.cast(nw.Int64))
    each = placed.group_by("bin", "learner").agg(
        nw.len().alias("answers"), nw.col("right").sum(), nw.col("forecast").sum()
    )
    counted = each.group_by("bin").agg(nw.col("answers", "right", "forecast").sum(), nw.len().alias("learners"))
    forecast = nw.col("forecast") / nw.col("answers")
    return counted.select(
        "bin", *(nw.col(name).cast(nw.Int64) for name in ("learners", "answers", "right")), forecast=forecast
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


def _answers(events: Lazy) -> Lazy:
    answered = events.filter(~nw.col("is_correct").is_null())
    return answered.select(
        "learner", "concept", "opportunity", "before", nw.col("is_correct").cast(nw.Float64).alias("right")
    )


def _success_rate() -> nw.Expr:
    """Opportunities of a learner's answers on a concept are all different, at one instant too."""
    right = nw.col("right").cum_sum().over("learner", "concept", order_by="opportunity") - nw.col("right")
    others = nw.col("right").cum_count().over("learner", "concept", order_by="opportunity").cast(nw.Float64) - 1
    return (right + 1) / (others + 2)


def _with_skill_mean(judged: Lazy, events: Lazy, held_out: str) -> Lazy:
    trained = _answers(events).filter(~is_held_out(held_out))
    of_concept = trained.group_by("concept").agg(nw.col("right").mean().alias("of_concept"))
    of_all = trained.select(of_all=nw.col("right").mean().fill_null(UNKNOWN))
    met = judged.join(of_concept, on="concept", how="left").join(of_all, how="cross")
    return met.with_columns(skill_mean=nw.coalesce("of_concept", "of_all"))


def _said(events: Lazy, forecaster: str, held_out: str) -> Lazy:
    """What one of ``FORECASTERS`` says: ``learner``, ``right``, ``forecast``. What the others take is not computed."""
    judged = _answers(events).filter(is_held_out(held_out))
    column = FORECASTERS[forecaster]
    if column == "skill_mean":
        judged = _with_skill_mean(judged, events, held_out)
    elif column == "success_rate":
        judged = judged.with_columns(success_rate=_success_rate())
    return judged.select("learner", "right", nw.col(column).alias("forecast"))


def _cells(events: Lazy, forecaster: str, held_out: str) -> Lazy:
    """Of each cell of the grid the answers, how many were right, and the sums of their losses and squared errors."""
    held = nw.col("forecast").clip(SURE, 1 - SURE)
    taken = nw.when(nw.col("right") > UNKNOWN).then(held).otherwise(1 - held)
    error = nw.col("forecast") - nw.col("right")
    each = _said(events, forecaster, held_out).select(
        "right", cell=(nw.col("forecast") * GRID + 0.5).floor().cast(nw.Int64), loss=-taken.log(), square=error * error
    )
    counted = each.group_by("cell").agg(
        nw.len().alias("answers"), nw.col("right").sum(), nw.col("loss").sum(), nw.col("square").sum()
    )
    return counted.with_columns(nw.col("answers", "right").cast(nw.Int64))


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
