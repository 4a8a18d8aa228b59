"""Learning curves, against a plain calculation, and the categories in DataShop's order."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from mastery_core.intervals import wilson
from mastery_core.research.afm import AFM, CONCEPTS, LEARNERS, Fit
from mastery_core.research.engines import collect
from mastery_core.research.learning_curves import (
    CATEGORIES,
    Category,
    Limits,
    categories,
    error_rates,
    with_intervals,
)

Lazily = Callable[[pd.DataFrame], nw.LazyFrame[Any]]
COLUMNS = ["opportunity", "answers", "learners", "errors", "error_rate"]


@pytest.mark.parametrize("by", [(), ("concept",), ("cohort", "concept")])
@pytest.mark.parametrize("most", [None, 4])
def test_the_curve_is_that_of_a_plain_calculation(
    events: nw.LazyFrame[Any], frame: pd.DataFrame, by: tuple[str, ...], most: int | None
) -> None:
    keys = [*by, "opportunity"]
    got = collect(error_rates(events, by, most), by=keys)
    assert list(got.columns) == [*by, *COLUMNS]
    assert [str(got[name].dtype) for name in COLUMNS] == ["int64"] * 4 + ["float64"]
    assert _as_dict(got, keys) == pytest.approx(_plainly(frame, keys, most or 10**9), abs=1e-9)


def test_reading_questions_and_resets_are_no_points_but_move_the_number_on(lazily: Lazily) -> None:
    events = _events(
        [("a", "X", 1, None), ("a", "X", 2, False), ("a", "X", 3, None), ("a", "X", 4, True), ("b", "X", 2, True)]
    )
    got = collect(error_rates(lazily(events)), by=["opportunity"])
    assert got.to_dict("list") == {
        "opportunity": [2, 4], "answers": [2, 1], "learners": [2, 1], "errors": [1, 0], "error_rate": [0.5, 0.0]
    }  # fmt: skip


def test_a_learner_of_several_concepts_counts_once_at_a_point(lazily: Lazily) -> None:
    events = _events([("a", "X", 1, True), ("a", "Y", 1, False), ("b", "X", 1, True)])
    [point] = collect(error_rates(lazily(events))).to_dict("records")
    assert point == {"opportunity": 1, "answers": 3, "learners": 2, "errors": 1, "error_rate": pytest.approx(1 / 3)}


def test_one_learner_all_right_has_no_errors(lazily: Lazily) -> None:
    [point] = collect(error_rates(lazily(_events([("a", "X", 1, True)])), ["concept"])).to_dict("records")
    assert point == {"concept": "X", "opportunity": 1, "answers": 1, "learners": 1, "errors": 0, "error_rate": 0.0}


def test_of_no_answers_there_are_no_points(lazily: Lazily) -> None:
    some = lazily(_events([("a", "X", 1, True), ("a", "X", 2, None)]))
    got = with_intervals(collect(error_rates(some.filter(nw.col("opportunity") == 2), ["concept"])))
    assert list(got.columns) == ["concept", *COLUMNS, "low", "high"]
    assert got.empty


def test_an_interval_is_wilsons() -> None:
    curve = with_intervals(pd.DataFrame({"errors": [0, 3, 8], "answers": [4, 10, 8]}))
    low, high = wilson([0, 3, 8], [4, 10, 8])
    assert curve["low"].tolist() == pytest.approx(low.tolist())
    assert curve["high"].tolist() == pytest.approx(high.tolist())
    narrower = with_intervals(curve, confidence=0.8)
    assert (narrower["high"] - narrower["low"] < curve["high"] - curve["low"]).all()


@pytest.mark.parametrize("confidence", [0, 1, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        with_intervals(pd.DataFrame({"errors": [0], "answers": [1]}), confidence=confidence)


@pytest.mark.parametrize(
    ("rates", "slope", "category"),
    [
        ([0.5, 0.3], 0.2, Category.TOO_LITTLE_DATA),
        ([0.1, 0.1], 0.0, Category.TOO_LITTLE_DATA),
        ([0.19, 0.1, 0.1], 0.0, Category.LOW_AND_FLAT),
        ([0.2, 0.1, 0.1], 0.0, Category.NO_LEARNING),
        ([0.7, 0.7, 0.7], 0.001, Category.NO_LEARNING),
        ([0.7, 0.7, 0.7], -0.5, Category.NO_LEARNING),
        ([0.9, 0.6, 0.4], 0.2, Category.STILL_HIGH),
        ([0.9, 0.6, 0.39], 0.2, Category.GOOD),
        ([0.9, 0.6, 0.4], float("nan"), Category.STILL_HIGH),
        ([0.9, 0.6, 0.3], float("nan"), Category.GOOD),
    ],
)
def test_a_category_is_the_first_of_datashops_that_holds(rates: list[float], slope: float, category: Category) -> None:
    [got] = categories(_curve("X", rates), _afm({"X": slope})).to_dict("records")
    assert got["category"] == category


def test_points_of_few_learners_do_not_count_in_a_category() -> None:
    curve = _curve("X", [0.9, 0.5, 0.3, 0.9], learners=[30, 20, 10, 9])
    [got] = categories(curve.sample(frac=1, random_state=1), _afm({"X": 0.3})).to_dict("records")
    assert got == {
        "concept": "X", "category": "good", "opportunities": 3, "learners": 30, "answers": 60, "last_error_rate": 0.3, "learning_rate": 0.3
    }  # fmt: skip
    assert categories(curve, _afm({"X": 0.3}), Limits(learners=5))["category"].tolist() == ["still high"]
    assert categories(curve, _afm({"X": 0.3}), Limits(learners=40))["category"].tolist() == ["too little data"]


def test_each_concept_has_a_category_known_to_the_model_or_not() -> None:
    curves = pd.concat([_curve("Y", [0.1, 0.1, 0.1]), _curve("X", [0.9, 0.8, 0.7])])
    got = categories(curves, _afm({"Z": 0.1}))
    assert got["concept"].tolist() == ["X", "Y"]
    assert got["category"].tolist() == ["still high", "low and flat"]
    none = categories(curves[:0], _afm({}))
    assert none.empty
    assert list(none.columns) == list(CATEGORIES)


def _events(rows: list[tuple[str, str, int, bool | None]]) -> pd.DataFrame:
    told = pd.DataFrame(rows, columns=["learner", "concept", "opportunity", "is_correct"])
    right = told["is_correct"].astype(object)
    return told.assign(
        is_correct=right.where(right.notna(), None), cohort="c", opportunity=told["opportunity"].astype("int32")
    )


def _plainly(frame: pd.DataFrame, keys: list[str], most: int) -> dict[tuple[Any, ...], float]:
    """(key, column): value, counted answer by answer."""
    wrong: dict[tuple[Any, ...], list[bool]] = {}
    who: dict[tuple[Any, ...], set[str]] = {}
    for row in frame.to_dict("records"):
        if row["is_correct"] is not None and row["is_correct"] == row["is_correct"] and row["opportunity"] <= most:
            key = tuple(row[name] for name in keys)
            wrong.setdefault(key, []).append(not row["is_correct"])
            who.setdefault(key, set()).add(row["learner"])
    return {
        (*key, name): value
        for key, each in wrong.items()
        for name, value in {
            "answers": len(each), "learners": len(who[key]), "errors": sum(each), "error_rate": float(np.mean(each))
        }.items()
    }  # fmt: skip


def _as_dict(got: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], float]:
    return {(*(row[key] for key in keys), name): row[name] for row in got.to_dict("records") for name in COLUMNS[1:]}


def _curve(concept: str, rates: list[float], learners: list[int] | None = None) -> pd.DataFrame:
    counts = learners or [20] * len(rates)
    return pd.DataFrame(
        {
            "concept": concept,
            "opportunity": range(1, len(rates) + 1),
            "answers": counts,
            "learners": counts,
            "error_rate": rates,
        }
    )


def _afm(slopes: dict[str, float]) -> AFM:
    concepts = pd.DataFrame({"concept": list(slopes), "learning_rate": list(slopes.values())})
    return AFM(
        concepts.reindex(columns=list(CONCEPTS)), pd.DataFrame(columns=list(LEARNERS)), Fit(0, 0, 0, 0, 0, 0, 0), 0.95
    )
