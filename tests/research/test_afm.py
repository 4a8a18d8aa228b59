"""The Additive Factors Model: against a plain optimisation, and against the truth of simulated learners."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from mastery_core.errors import InvalidInput
from mastery_core.research.afm import (
    CONCEPTS,
    LEARNERS,
    WIDTH_INTERCEPT,
    WIDTH_RATE,
    answers_of,
    cross_validated_rmse,
    fit,
    predicted,
)
from mastery_core.research.engines import collect

Lazily = Callable[[pd.DataFrame], nw.LazyFrame[Any]]
KEYS = ["learner", "concept", "opportunity"]


def simulated(
    seed: int, *, learners: int = 200, concepts: int = 200, practised: int = 50, opportunities: int = 6
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers of learners who practise some of the concepts, each so many times, and the truth of each concept."""
    chance = np.random.default_rng(seed)
    truth = pd.DataFrame(
        {"intercept": chance.normal(0, 1, concepts), "learning_rate": chance.uniform(-0.05, 0.35, concepts)}
    )
    proficiency = chance.normal(0, 1, learners)
    chosen = [chance.choice(concepts, practised, replace=False) for _ in range(learners)]
    concept = np.repeat(np.concatenate(chosen), opportunities)
    learner = np.repeat(np.arange(learners), practised * opportunities)
    opportunity = np.tile(np.arange(1, opportunities + 1), learners * practised)
    logits = proficiency[learner] + truth["intercept"].to_numpy()[concept]
    logits += truth["learning_rate"].to_numpy()[concept] * (opportunity - 1)
    answers = pd.DataFrame(
        {
            "learner": [f"learner{n:04}" for n in learner], "concept": [f"Concept {n:04}" for n in concept],
            "opportunity": opportunity, "right": (chance.random(logits.size) < 1 / (1 + np.exp(-logits))).astype("int64"),
        }
    )  # fmt: skip
    return answers, truth


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    return simulated(3, learners=7, concepts=4, practised=3, opportunities=5)[0]


def test_answers_are_what_a_plain_filter_finds(events: nw.LazyFrame[Any], frame: pd.DataFrame) -> None:
    plain = frame[frame["is_correct"].isin([True, False])]
    plain = plain.assign(
        right=[int(right) for right in plain["is_correct"]], opportunity=plain["opportunity"].astype("int64")
    )
    for most in (None, 3, 10**6):
        chosen = sorted(set(plain["learner"]))[:most]
        rows = plain.loc[plain["learner"].isin(chosen), [*KEYS, "right"]].sort_values(KEYS)
        got = collect(answers_of(events, most), by=KEYS)
        assert got.astype(object).to_dict("list") == rows.astype(object).to_dict("list")


def test_learners_without_an_answer_are_not_among_the_first(lazily: Lazily) -> None:
    events = pd.DataFrame(
        {"learner": ["a", "b", "c"], "concept": "X", "opportunity": 1, "is_correct": [None, True, False]}
    )
    got = collect(answers_of(lazily(events), 1))
    assert got.to_dict("records") == [{"learner": "b", "concept": "X", "opportunity": 1, "right": 1}]


def test_the_fit_is_that_of_a_plain_optimisation(few: pd.DataFrame) -> None:
    afm = fit(few)
    plain = _plainly(few)
    assert afm.learners["proficiency"].tolist() == pytest.approx(plain[:7].tolist(), abs=1e-4)
    assert afm.concepts["intercept"].tolist() == pytest.approx(plain[7:11].tolist(), abs=1e-4)
    assert afm.concepts["learning_rate"].tolist() == pytest.approx(plain[11:].tolist(), abs=1e-4)


def test_standard_errors_are_those_of_the_whole_information_inverted(few: pd.DataFrame) -> None:
    columns, chance = _columns(few), predicted(fit(few), few)
    information = (columns.T * (chance * (1 - chance))) @ columns + np.diag(_widths(few) ** -2.0)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    concepts = fit(few, confidence=0.9).concepts
    assert concepts["intercept_se"].tolist() == pytest.approx(errors[7:11].tolist(), rel=1e-6)
    assert concepts["learning_rate_se"].tolist() == pytest.approx(errors[11:].tolist(), rel=1e-6)
    for name in ("intercept", "learning_rate"):
        half = 1.6448536269514722 * concepts[f"{name}_se"]
        assert (concepts[f"{name}_high"] - concepts[name]).tolist() == pytest.approx(half.tolist())
        assert (concepts[name] - concepts[f"{name}_low"]).tolist() == pytest.approx(half.tolist())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_intervals_of_90_percent_cover_the_truth_of_simulated_concepts(seed: int) -> None:
    answers, truth = simulated(seed)
    concepts = fit(answers, confidence=0.9).concepts
    for name in ("intercept", "learning_rate"):
        within = (concepts[f"{name}_low"] <= truth[name]) & (truth[name] <= concepts[f"{name}_high"])
        assert within.mean() >= 0.8
        assert np.corrcoef(concepts[name], truth[name])[0, 1] > 0.75


def test_the_fit_counts_answers_learners_and_parameters(few: pd.DataFrame) -> None:
    afm = fit(few)
    chance, right = predicted(afm, few), few["right"].to_numpy()
    likelihood = sum(np.log(p if hit else 1 - p) for p, hit in zip(chance, right, strict=True))
    told = afm.fit
    assert (told.answers, told.learners, told.parameters) == (105, 7, 7 + 4 * 2)
    assert told.log_likelihood == pytest.approx(likelihood)
    assert told.aic == pytest.approx(2 * 15 - 2 * likelihood)
    assert told.bic == pytest.approx(np.log(105) * 15 - 2 * likelihood)
    assert told.rmse == pytest.approx(float(np.sqrt(np.mean((chance - right) ** 2))))
    assert afm.concepts["answers"].sum() == afm.learners["answers"].sum() == 105
    assert afm.concepts["learners"].tolist() == few.groupby("concept")["learner"].nunique().tolist()
    assert list(afm.concepts.columns) == list(CONCEPTS)
    assert list(afm.learners.columns) == list(LEARNERS)


def test_the_order_of_answers_makes_no_difference(few: pd.DataFrame) -> None:
    one, other = fit(few), fit(few.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.concepts, other.concepts, rtol=1e-6)
    pd.testing.assert_frame_equal(one.learners, other.learners, rtol=1e-6)


def test_the_answers_of_every_dataset_can_be_fitted(frame: pd.DataFrame) -> None:
    answers = answers_of(nw.from_native(frame).lazy()).collect().to_native()
    afm = fit(answers)
    assert afm.fit.answers == len(answers)
    known = afm.concepts["learning_rate"].notna()
    assert known.any()
    assert np.isfinite(afm.concepts[known].drop(columns="concept").to_numpy(dtype=float)).all()
    assert 0 < afm.fit.rmse < 0.5
    assert 0 < cross_validated_rmse(answers, folds=3) < 1


@pytest.mark.parametrize(
    ("right", "sentence"), [(1, "All answers are right: there is nothing"), (0, "All answers are wrong: there")]
)
def test_answers_of_one_kind_cannot_be_fitted(few: pd.DataFrame, right: int, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        fit(few.assign(right=right))


def test_no_answers_cannot_be_fitted(few: pd.DataFrame) -> None:
    with pytest.raises(InvalidInput, match="There are no answers"):
        fit(few[:0])
    assert np.isnan(cross_validated_rmse(few[:0]))


def test_one_learner_can_be_fitted(few: pd.DataFrame) -> None:
    one = few[few["learner"] == "learner0000"]
    afm = fit(one)
    assert np.isfinite(afm.concepts.drop(columns="concept").to_numpy(dtype=float)).all()
    assert np.isnan(cross_validated_rmse(one))


@pytest.mark.parametrize("opportunity", [1, 4])
def test_one_opportunity_tells_of_no_learning_rate(few: pd.DataFrame, opportunity: int) -> None:
    once = few[few["opportunity"] == 1].assign(opportunity=opportunity)
    afm = fit(once)
    assert afm.concepts.filter(like="learning_rate").isna().all(axis=None)
    assert np.isfinite(afm.concepts.filter(like="intercept").to_numpy()).all()
    assert afm.fit.parameters == afm.fit.learners + len(afm.concepts)
    pd.testing.assert_frame_equal(afm.learners, fit(once.assign(opportunity=2)).learners, rtol=1e-6)


def test_a_concept_always_right_has_a_wide_interval_and_leaves_the_others_alone(few: pd.DataFrame) -> None:
    easy = few[few["concept"] == "Concept 0001"].assign(concept="Easy", right=1)
    afm = fit(pd.concat([few, easy]))
    concepts = afm.concepts.set_index("concept")
    assert np.isfinite(concepts.to_numpy(dtype=float)).all()
    assert concepts.loc["Easy", "intercept"] > 3
    assert concepts.loc["Easy", "intercept_se"] > 5 * concepts.loc["Concept 0001", "intercept_se"]


def test_steps_that_part_right_from_wrong_can_be_fitted() -> None:
    rows = [(f"learner{n}", "X", step, int(step > 2)) for n in range(20) for step in range(1, 6)]
    rows += [("learner0", "Y", 1, 1), ("learner1", "Y", 900, 0)]
    afm = fit(pd.DataFrame(rows, columns=[*KEYS, "right"]))
    assert np.isfinite(afm.concepts.drop(columns="concept").to_numpy(dtype=float)).all()


def test_late_opportunities_that_newtons_method_cannot_take_are_fitted_all_the_same() -> None:
    rows = [("a", "X", 16, 1), ("b", "X", 682, 1), ("a", "X", 2105, 1), ("a", "X", 7, 0)]
    answers = pd.DataFrame(rows, columns=[*KEYS, "right"])
    afm = fit(answers)
    values = np.concatenate([afm.learners["proficiency"], afm.concepts["intercept"], afm.concepts["learning_rate"]])
    slope = _columns(answers).T @ (answers["right"] - predicted(afm, answers)) - values / _widths(answers) ** 2
    assert np.abs(slope).max() < 1e-5


def test_answers_of_learners_unknown_are_predicted_from_the_concept(few: pd.DataFrame) -> None:
    afm = fit(few)
    first = afm.concepts.iloc[0]
    asked = pd.DataFrame({"learner": ["new", "new"], "concept": [first["concept"], "new"], "opportunity": [3, 3]})
    logit = first["intercept"] + 2 * first["learning_rate"]
    assert predicted(afm, asked).tolist() == pytest.approx([1 / (1 + np.exp(-logit)), 0.5])


def test_the_cross_validated_error_is_of_learners_left_out() -> None:
    answers, _ = simulated(5, learners=40, concepts=10, practised=6)
    names = sorted(set(answers["learner"]))
    squares = []
    for fold in range(4):
        out = answers["learner"].isin(names[fold::4])
        concepts = fit(answers[~out]).concepts.set_index("concept")
        for row in answers[out].to_dict("records"):
            of = concepts.loc[row["concept"]]
            logit = of["intercept"] + of["learning_rate"] * (row["opportunity"] - 1)
            squares.append((1 / (1 + np.exp(-logit)) - row["right"]) ** 2)
    got = cross_validated_rmse(answers, folds=4)
    assert got == pytest.approx(float(np.sqrt(np.mean(squares))))
    assert got > fit(answers).fit.rmse


def test_a_confidence_is_a_share_and_folds_are_two_at_least(few: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        fit(few, confidence=1.0)
    with pytest.raises(ValueError, match="at least 2 folds"):
        cross_validated_rmse(few, folds=1)


def _columns(answers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column a learner, a concept, and a concept times steps, by name."""
    learners, concepts = (pd.get_dummies(answers[name]).to_numpy(dtype=np.float64) for name in ("learner", "concept"))
    return np.hstack([learners, concepts, concepts * (answers[["opportunity"]].to_numpy() - 1)])


def _widths(answers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    concepts = answers["concept"].nunique()
    return np.repeat([1.0, WIDTH_INTERCEPT, WIDTH_RATE], [answers["learner"].nunique(), concepts, concepts])


def _plainly(answers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What makes the density of the posterior highest, found by a general optimiser."""
    columns, widths, sign = _columns(answers), _widths(answers), 2 * answers["right"].to_numpy() - 1

    def loss(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
        return float(np.logaddexp(0, -sign * (columns @ values)).sum() + ((values / widths) ** 2).sum() / 2)

    def gradient(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        pull: np.ndarray[Any, np.dtype[np.float64]] = values / widths**2
        return pull - columns.T @ (sign / (1 + np.exp(sign * (columns @ values))))

    found: np.ndarray[Any, np.dtype[np.float64]] = minimize(
        loss, np.zeros(widths.size), jac=gradient, method="BFGS", options={"gtol": 1e-7, "maxiter": 5_000}
    ).x
    return found
