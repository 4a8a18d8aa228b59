"""Forecasts, their scores and their reliability are held to a plain walk through the answers and to the metrics of scikit-learn."""

from collections import defaultdict
from collections.abc import Callable

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from mastery_core.intervals import wilson
from mastery_core.research import calibration
from mastery_core.research.engines import collect
from tests.research.conftest import Lazy, log_of

BY = ["learner", "concept", "opportunity"]
EMPTY = pd.DataFrame(
    {
        "learner": pd.Series([], dtype="str"), "concept": pd.Series([], dtype="str"), "opportunity": pd.Series([], dtype="int32"),
        "successes": pd.Series([], dtype="int32"), "failures": pd.Series([], dtype="int32"), "before": pd.Series([], dtype="float64"),
        "is_correct": pd.Series([], dtype="bool"), "seconds": pd.Series([], dtype="float64"),
    }
)  # fmt: skip


def quarter(learner: str) -> int:
    return int(learner[0], 16) // 4


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The forecasts, one answer after the other."""
    answers = frame[frame.is_correct.notna()].sort_values(BY)
    taught: dict[tuple[int, str], list[bool]] = defaultdict(list)
    taught_of_all: dict[int, list[bool]] = defaultdict(list)
    for row in answers.itertuples():
        for other in {0, 1, 2, 3} - {quarter(row.learner)}:
            taught[other, row.concept].append(bool(row.is_correct))
            taught_of_all[other].append(bool(row.is_correct))
    so_far: dict[tuple[str, str], list[bool]] = defaultdict(list)
    rows = []
    for row in answers.itertuples():
        mine = so_far[row.learner, row.concept]
        rate = (sum(mine) + 1) / (len(mine) + 2)
        mean = np.mean(taught[quarter(row.learner), row.concept] or taught_of_all[quarter(row.learner)] or [0.5])
        rows.append((row.learner, row.concept, row.opportunity, float(row.is_correct), row.before, mean, rate))
        mine.append(bool(row.is_correct))
    columns = [*BY, "right", "before", "skill_mean", "success_rate"]
    return pd.DataFrame(rows, columns=columns).astype({"opportunity": "int32"} | dict.fromkeys(columns[3:], "float64"))


def on_pandas(frame: pd.DataFrame) -> Lazy:
    return nw.from_native(frame).lazy()


def test_forecasts_are_those_of_a_walk_through_the_answers(events: Lazy, frame: pd.DataFrame) -> None:
    measured = collect(calibration.forecasts(events), BY)
    expected = plain(frame).sort_values(BY, ignore_index=True)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(measured, expected, check_dtype=False, atol=1e-9, rtol=0)


def test_each_answer_is_forecast(events: Lazy, frame: pd.DataFrame) -> None:
    answers = frame[frame.is_correct.notna()]
    told = collect(calibration.forecasts(events), BY)
    assert told[BY].to_records(index=False).tolist() == answers.sort_values(BY)[BY].to_records(index=False).tolist()


def test_scores_are_those_of_scikit_learn(events: Lazy, frame: pd.DataFrame) -> None:
    measured = calibration.scores(events).set_index("forecaster")
    expected = plain(frame)
    for name, column in calibration.FORECASTERS.items():
        forecast, numbers = expected[column], measured.loc[name]
        assert numbers[["learners", "answers", "right"]].tolist() == [
            expected.learner.nunique(),
            len(expected),
            expected.right.sum(),
        ]
        assert numbers.log_loss == pytest.approx(log_loss(expected.right, forecast.clip(0.001, 0.999)), abs=1e-9)
        assert numbers.brier == pytest.approx(brier_score_loss(expected.right, forecast), abs=1e-9)
        rounded = np.floor(forecast * 10_000 + 0.5)
        is_learned = name == "skill mean"
        area = auc_within_quarters(expected, rounded) if is_learned else roc_auc_score(expected.right, rounded)
        assert numbers.auc == pytest.approx(area, abs=1e-9)
        off = made_equal(expected.right, forecast) / 2
        assert roc_auc_score(expected.right, rounded) == pytest.approx(
            roc_auc_score(expected.right, forecast), abs=off + 1e-9
        )


def auc_within_quarters(expected: pd.DataFrame, forecast: "pd.Series[float]") -> float:
    """The AUC of each quarter, by how many pairs of a right and a wrong answer it has."""
    aucs, pairs = [], []
    for _, rows in expected.groupby(expected.learner.map(quarter)):
        if rows.right.nunique() == 2:
            aucs.append(roc_auc_score(rows.right, forecast[rows.index]))
            pairs.append(float(rows.right.sum() * (1 - rows.right).sum()))
    return float(np.average(aucs, weights=pairs))


def made_equal(right: pd.Series, forecast: pd.Series) -> float:
    """The share of pairs of a right and a wrong answer that are apart, and the same when rounded."""

    def equal(forecast: pd.Series) -> float:
        counts = pd.crosstab(forecast, right)
        return float((counts[0.0] * counts[1.0]).sum() / ((right == 0).sum() * (right == 1).sum()))

    return equal(np.floor(forecast * 10_000 + 0.5)) - equal(forecast)


def test_rounding_hardly_moves_the_auc(made: pd.DataFrame) -> None:
    expected = plain(made)
    assert made_equal(expected.right, expected.before) < 2e-3


@pytest.mark.parametrize("forecaster", [*calibration.FORECASTERS])
def test_reliability_counts_the_answers_of_each_bin(events: Lazy, frame: pd.DataFrame, forecaster: str) -> None:
    measured = collect(calibration.reliability(events, forecaster=forecaster), ["bin"]).set_index("bin")
    expected = plain(frame)
    forecast = expected[calibration.FORECASTERS[forecaster]]
    bins = expected.assign(forecast=forecast).groupby(np.minimum(np.floor(forecast * 10), 9).astype(int))
    assert measured.index.tolist() == sorted(bins.groups)
    for number, rows in bins:
        counts = [rows.learner.nunique(), len(rows), rows.right.sum()]
        assert measured.loc[number, ["learners", "answers", "right"]].tolist() == counts
        assert measured.loc[number, "forecast"] == pytest.approx(rows.forecast.mean(), abs=1e-9)
    apart = sum(len(rows) * abs(rows.right.mean() - rows.forecast.mean()) for _, rows in bins) / len(expected)
    assert calibration.calibration_error(measured) == pytest.approx(apart, abs=1e-9)


def test_a_bin_of_few_learners_is_withheld_and_others_have_their_interval() -> None:
    rows = pd.DataFrame(
        {"bin": [9, 2], "learners": [5, 4], "answers": [20, 30], "right": [15, 20], "forecast": [0.93, 0.25]}
    )
    few, enough = calibration.with_intervals(rows).to_dict("records")
    assert (few["bin"], few["learners"], few["answers"], few["withheld"]) == (2, 4, 30, True)
    assert np.isnan([few[name] for name in ("right", "forecast", "rate", "low", "high")]).all()
    assert (enough["begins"], enough["ends"], enough["rate"], enough["withheld"]) == (0.9, 1.0, 0.75, False)
    assert (enough["low"], enough["high"]) == tuple(float(end) for end in wilson(15, 20))


def test_where_all_are_right_there_is_no_auc(lazily: Callable[[pd.DataFrame], Lazy]) -> None:
    told = calibration.scores(lazily(log_of({"0a": "rrr", "4b": "r", "8c": "rr"})))
    assert told.auc.isna().all()
    assert told.answers.tolist() == [6, 6, 6]
    # Whoever else answered was right, so the skill mean is sure, and only held back by the edge.
    assert told.log_loss[1] == pytest.approx(-np.log(0.999))


def test_one_learner_is_judged_without_others(lazily: Callable[[pd.DataFrame], Lazy]) -> None:
    told = collect(calibration.forecasts(lazily(log_of({"a0": "rrw"}))), BY)
    assert told.skill_mean.tolist() == [0.5, 0.5, 0.5]
    assert told.success_rate.tolist() == pytest.approx([1 / 2, 2 / 3, 3 / 4])


def test_a_concept_that_no_other_quarter_answered_has_the_mean_of_all_that_they_did(
    lazily: Callable[[pd.DataFrame], Lazy],
) -> None:
    frame = log_of({"0a": "r", "1a": "w", "4b": "rrrw"})
    frame.loc[frame.learner != "4b", "concept"] = "Another"
    told = collect(calibration.forecasts(lazily(frame)), BY)
    assert told.skill_mean.tolist() == [0.75, 0.75, 0.5, 0.5, 0.5, 0.5]


def test_on_one_concept_the_skill_mean_is_as_good_as_chance(lazily: Callable[[pd.DataFrame], Lazy]) -> None:
    """Who does well lowers what the others are forecast by: across quarters the mean would look worse than chance."""
    told = calibration.scores(lazily(log_of({"0a": "rrrw", "4b": "rwww", "8c": "rrww", "cd": "wrrr"})))
    assert told.set_index("forecaster").auc["skill mean"] == 0.5


def test_of_nothing_nothing_is_known() -> None:
    events = on_pandas(EMPTY)
    told = calibration.scores(events)
    assert told.answers.tolist() == [0, 0, 0]
    assert told.learners.tolist() == [0, 0, 0]
    assert told[["log_loss", "brier", "auc"]].isna().all(axis=None)
    assert collect(calibration.forecasts(events)).empty
    rows = collect(calibration.reliability(events), ["bin"])
    assert calibration.with_intervals(rows).columns.tolist() == [*calibration.BINS]
    assert np.isnan(calibration.calibration_error(rows))


def test_a_forecast_of_one_is_in_the_last_bin(lazily: Callable[[pd.DataFrame], Lazy]) -> None:
    frame = log_of({"a0": "rr"}).assign(before=[1.0, 0.0])
    told = collect(calibration.reliability(lazily(frame), bins=4), ["bin"])
    assert told["bin"].tolist() == [0, 3]
    assert told.forecast.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("asked", [{"bins": 0}, {"forecaster": "the moon"}])
def test_what_there_is_not_is_refused(made: pd.DataFrame, asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="there is no forecaster"):
        calibration.reliability(on_pandas(made), **asked)  # type: ignore[arg-type]
