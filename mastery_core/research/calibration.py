"""Calibration: the mastery score before an answer as a forecast of that answer, beside two forecasts that anybody could make.

Nobody is forecast by what they taught: learners are in ``QUARTERS``, and what a forecast learns from learners, for each quarter it learns from
the other three. Forecasts are shares from 0 to 1, answers 1.0 (right) or 0.0. A score that is well calibrated is right as often as it says
(``reliability``); log loss and Brier score reward that and telling answers apart, AUC telling apart alone (``scores``). For the log loss
a forecast is held within ``SURE`` and ``1 - SURE``: one that was sure and wrong would cost infinitely much.
"""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mastery_core.comparison import FEWEST
from mastery_core.intervals import share, wilson
from mastery_core.research.engines import collect

# Names of learners are hexadecimal digits of a hash, so that from each of these first digits to the next there is a quarter of them, the same in every extract.
QUARTERS = ("0", "4", "8", "c")
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
Floats = NDArray[np.float64]


def tenth() -> nw.Expr:
    """The tenth of the scale, from 0, that ``reliability`` counts an answer's mastery score in."""
    return _bin(nw.col("before"), 10)


def forecasts(events: Lazy) -> Lazy:
    """A row an answer: ``learner``, ``concept``, ``opportunity``, ``right``, and what each of ``FORECASTERS`` says.

    * ``before``: the mastery score that the answer met;
    * ``skill_mean``: how many of the answers on the concept were right, of the learners of the other quarters; on all concepts where these
      gave none, ``UNKNOWN`` without any. It knows nothing of the learner, but also what others answered later;
    * ``success_rate``: ``(successes + 1) / (successes + failures + 2)``, of all of the learner's answers on the concept before this one (the
      rule of succession, Laplace 1774), so one half at first.
    """
    answers = _answers(events)
    means = _skill_means(answers).select("concept", "quarter", "right", "skill_mean")
    met = answers.join(means, on=["concept", "quarter", "right"], how="inner")
    return met.select(
        "learner", "concept", "opportunity", "right", "before", "skill_mean", success_rate=_success_rate()
    )


def scores(events: Lazy) -> pd.DataFrame:
    """How good the ``forecasts`` of each of ``FORECASTERS`` are: log loss and Brier score an answer (less is better), AUC; ``NUMBERS``.

    Log loss is in nats, of forecasts held within ``SURE`` and ``1 - SURE``; the Brier score is of the forecasts as they are (Brier 1950). AUC
    is the share of pairs of a right and a wrong answer in which the right one had the higher forecast, equal ones half (Hanley and McNeil
    1982); of the skill mean, pairs of one quarter: those of two were forecast by what different learners taught, which would count against a
    forecast that is as good as chance (Airola, Pahikkala and others 2011). It is of forecasts rounded to 1/``GRID``: off by at most half the
    share of pairs that only rounding makes equal. NaN without answers, AUC also where there is no such pair.
    """
    answers = _answers(events)
    learners = int(collect(answers.select(nw.col("learner").n_unique().alias("learners")))["learners"].sum())
    cells = collect(_cells(answers), ["forecaster", "quarter", "cell"])
    rows = [
        {"forecaster": name, "learners": learners} | _numbers(cells[cells["forecaster"] == place])
        for place, name in enumerate(FORECASTERS)
    ]
    return pd.DataFrame(rows, columns=list(NUMBERS)).astype(NUMBERS)


def reliability(events: Lazy, *, forecaster: str = "mastery", bins: int = 10) -> Lazy:
    """A row a ``bin`` of equal width (from 0; a forecast of 1 is in the last) that has answers: ``learners``, ``answers``, how many were
    ``right``, and the mean ``forecast``. Raises ValueError without a bin and for a forecaster that is none of ``FORECASTERS``.
    """
    if forecaster not in FORECASTERS or bins < 1:
        raise ValueError(f"there is no forecaster {forecaster!r}, or not so many bins: {bins}")
    said = _answers(events) if forecaster == "mastery" else forecasts(events)
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
    won, pairs = _pairs(np.asarray(rights, dtype=np.float64), np.asarray(wrongs, dtype=np.float64))
    return won / pairs if pairs else float("nan")


def _pairs(right: Floats, wrong: Floats) -> tuple[float, float]:
    """Of the pairs of a right and a wrong answer those in which the right one had the higher forecast, equal ones half, and all of them."""
    lower = np.cumsum(wrong) - wrong
    return float((right * (lower + wrong / 2)).sum()), float(right.sum() * wrong.sum())


def _bin(forecast: nw.Expr, bins: int) -> nw.Expr:
    return nw.when(forecast < 1).then((forecast * bins).floor()).otherwise(nw.lit(bins - 1.0)).cast(nw.Int64)


def _right() -> nw.Expr:
    return nw.col("is_correct").cast(nw.Float64)


def _quarter() -> nw.Expr:
    """The place among ``QUARTERS`` of that of a learner."""
    place = nw.lit(0)
    for number, digit in enumerate(QUARTERS[1:], start=1):
        place = nw.when(nw.col("learner") >= nw.lit(digit)).then(nw.lit(number)).otherwise(place)
    return place


def _answers(events: Lazy) -> Lazy:
    """The answers that forecasts are judged on."""
    answered = events.filter(~nw.col("is_correct").is_null())
    return answered.select(
        "learner", "concept", "opportunity", "successes", "failures", "before", right=_right(), quarter=_quarter()
    )


def _success_rate() -> nw.Expr:
    return (nw.col("successes") + 1) / (nw.col("successes") + nw.col("failures") + 2)


def _skill_means(answers: Lazy) -> Lazy:
    """Of each concept, quarter and outcome (``right``) the ``answers``, and the ``skill_mean``: what the other quarters make of the concept."""
    counted = answers.group_by("concept", "quarter", "right").agg(nw.len().alias("answers"))
    given, right = nw.col("answers"), nw.col("answers") * nw.col("right")
    others, others_right = (
        each.sum().over("concept") - each.sum().over("concept", "quarter") for each in (given, right)
    )
    everywhere, everywhere_right = (each.sum() - each.sum().over("quarter") for each in (given, right))
    of_all = nw.when(everywhere > 0).then(everywhere_right / everywhere).otherwise(nw.lit(UNKNOWN))
    mean = nw.when(others > 0).then(others_right / others).otherwise(of_all)
    return counted.select("concept", "quarter", "right", "answers", skill_mean=mean)


def _told(answers: Lazy) -> Lazy:
    """What ``FORECASTERS`` say, in as few rows as can be: ``forecaster`` (its place among them), ``quarter`` (0 of all where nothing was learned
    from others), ``right``, ``forecast``, and how many ``answers`` it was said of.
    """
    alike = answers.group_by("successes", "failures", "right").agg(nw.len().alias("answers"))
    of_all, many = nw.lit(0), nw.col("answers").cast(nw.Float64)
    said = [
        answers.select("right", quarter=of_all, forecast=nw.col("before"), answers=nw.lit(1.0)),
        _skill_means(answers).select("right", "quarter", forecast=nw.col("skill_mean"), answers=many),
        alike.select("right", quarter=of_all, forecast=_success_rate(), answers=many),
    ]
    return nw.concat([each.with_columns(forecaster=nw.lit(place)) for place, each in enumerate(said)])


def _cells(answers: Lazy) -> Lazy:
    """Of each forecaster, quarter and cell of the grid the answers, how many were right, and the sums of their losses and squared errors."""
    many, forecast, off = nw.col("answers"), nw.col("forecast"), nw.col("off")
    met = _told(answers).with_columns(
        cell=(forecast * GRID + 0.5).floor().cast(nw.Int64), off=(nw.col("right") - forecast).abs()
    )
    each = met.select(
        "forecaster",
        "quarter",
        "cell",
        "answers",
        right=many * nw.col("right"),
        loss=-many * (1 - off).clip(SURE, 1 - SURE).log(),
        square=many * off * off,
    )
    return each.group_by("forecaster", "quarter", "cell").agg(nw.col("answers", "right", "loss", "square").sum())


def _numbers(cells: pd.DataFrame) -> dict[str, float]:
    """The numbers of a forecaster; its cells come from the lowest of each quarter up."""
    answers, right = int(cells["answers"].sum()), int(cells["right"].sum())
    each = 1 / answers if answers else float("nan")
    rights, wrongs = cells["right"], cells["answers"] - cells["right"]
    pairs = [
        _pairs(rights[of].to_numpy(dtype=np.float64), wrongs[of].to_numpy(dtype=np.float64))
        for of in (cells["quarter"] == place for place in range(len(QUARTERS)))
    ]
    won, all_pairs = (sum(column) for column in zip(*pairs, strict=True))
    return {
        "answers": answers,
        "right": right,
        "log_loss": float(cells["loss"].sum()) * each,
        "brier": float(cells["square"].sum()) * each,
        "auc": won / all_pairs if all_pairs else float("nan"),
    }
