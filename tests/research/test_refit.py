"""The refit: folds like the product, finds better parameters where there are, and what it proposes can be put in force."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import narwhals as nw
import numpy as np
import pandas as pd
import psycopg
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from mastery_core.database import Database
from mastery_core.recording import USUAL_RULES
from mastery_core.research import refit
from mastery_core.research.extract import Manifest
from mastery_core.research.refit import Parameters, Quality, Refit
from tests.research.conftest import Lazy, events_of, name_of

USUAL = Parameters(0.95, 1.0, 0.5, {str(outcome): delta for outcome, delta in USUAL_RULES.deltas.items()})
OTHER = Parameters(0.85, 1.0, 0.5, {"correct": 0.20, "incorrect": -0.05})


def simulated(parameters: Parameters, *, learners: int = 80, answers: int = 40) -> pd.DataFrame:
    """Events of learners whose chance of a right answer is the score by ``parameters``; recorded under the usual rules."""
    chance = np.random.default_rng(7)
    rows, start = [], pd.Timestamp("2026-03-01", tz="UTC")
    for learner in range(learners):
        for concept in range(3):
            score, days = parameters.initial_score, 0.0
            for _ in range(answers):
                gap = float(chance.exponential(1.5))
                score *= parameters.decay_factor ** (gap if days else 0)
                outcome = "correct" if chance.random() < score else "incorrect"
                days += gap
                rows.append(
                    (f"{learner:04x}", f"Concept {concept}", outcome, start + pd.Timedelta(days=days), len(rows))
                )
                score = min(1.0, max(0.0, score + parameters.deltas[outcome]))
    log = pd.DataFrame(rows, columns=["learner", "concept", "outcome", "at", "id"]).assign(cohort="cohort")
    return events_of(log)


@pytest.fixture(scope="module")
def refitted() -> Refit:
    return refit.fit(simulated(OTHER), USUAL)


def test_what_is_in_force_gives_the_recorded_scores_again(frame: pd.DataFrame) -> None:
    np.testing.assert_allclose(refit.replayed(frame, USUAL), frame.before, rtol=0, atol=1e-9)


def test_the_rows_may_come_in_any_order(made: pd.DataFrame) -> None:
    mixed = made.sample(frac=1, random_state=1)
    np.testing.assert_allclose(refit.replayed(mixed, USUAL), mixed.before, rtol=0, atol=1e-9)


def test_other_parameters_are_folded_as_one_would_by_hand(made: pd.DataFrame) -> None:
    parameters = Parameters(0.7, 2.0, 0.3, {"correct": 0.3, "incorrect": -0.2, "passive_read": 0.01})
    expected = []
    for _, pair in made.groupby(["learner", "concept"]):
        score = 0.3
        for row in pair.sort_values("opportunity").itertuples():
            score *= 0.7 ** ((0 if np.isnan(row.gap) else row.gap) / 86_400 / 2)
            expected.append((row.Index, score))
            score = min(1, max(0, score + parameters.deltas.get(row.outcome, 0)))
    told = pd.Series(refit.replayed(made, parameters), index=made.index)
    np.testing.assert_allclose(
        told[[index for index, _ in expected]], [score for _, score in expected], rtol=0, atol=1e-9
    )


def test_a_reset_leaves_its_own_score() -> None:
    frame = simulated(USUAL, learners=1, answers=3).iloc[:3].copy()
    frame.loc[1, ["trigger", "outcome", "after", "opportunity"]] = ["reset", "reset", 0.9, 1]
    frame.loc[2, "opportunity"] = 2
    told = refit.replayed(frame, OTHER)
    assert told[2] == pytest.approx(0.9 * 0.85 ** (frame.gap[2] / 86_400))


@pytest.mark.parametrize("most", [{"most_learners": 7}, {"most_events": 500}])
def test_a_sample_is_the_first_learners_with_all_they_did(
    events: Lazy, frame: pd.DataFrame, most: dict[str, int]
) -> None:
    told = refit.sample(events, **most)
    counts = frame.groupby("learner").size().sort_index()
    kept = counts[:7] if "most_learners" in most else counts[counts.cumsum().shift(fill_value=0) < 500]
    assert told.groupby("learner").size().to_dict() == kept.to_dict()
    np.testing.assert_allclose(refit.replayed(told, USUAL), told.before, rtol=0, atol=1e-9)


def test_better_parameters_are_found_where_there_are(refitted: Refit) -> None:
    assert refitted.proposed.decay_factor == pytest.approx(0.85, abs=0.02)
    assert refitted.proposed.deltas["correct"] == pytest.approx(0.20, abs=0.02)
    assert refitted.proposed.deltas["incorrect"] == pytest.approx(-0.05, abs=0.02)
    assert refitted.proposed.deltas["passive_read"] == 0.02
    assert refitted.clear
    assert 0 < refitted.low < refitted.improvement < refitted.high
    assert refitted.reproduced == 1.0


def test_both_are_judged_on_the_learners_set_aside(refitted: Refit) -> None:
    frame = simulated(OTHER)
    aside = frame[frame.learner.str[-1].isin(list("048c"))]
    right = aside.is_correct.astype(float)
    for parameters, quality in [(USUAL, refitted.now), (refitted.proposed, refitted.then)]:
        forecast = refit.replayed(aside, parameters)
        assert quality.log_loss == pytest.approx(log_loss(right, forecast.clip(0.001, 0.999)), abs=1e-9)
        assert quality.brier == pytest.approx(brier_score_loss(right, forecast), abs=1e-9)
        assert quality.auc == pytest.approx(roc_auc_score(right, forecast), abs=1e-9)
    assert refitted.improvement == pytest.approx(refitted.now.log_loss - refitted.then.log_loss, abs=1e-9)
    assert (refitted.judged_learners, refitted.judged_answers) == (aside.learner.nunique(), len(aside))
    assert (refitted.training_learners, refitted.training_answers) == (
        80 - aside.learner.nunique(),
        len(frame) - len(aside),
    )


def test_where_the_rules_in_force_are_the_true_ones_little_can_be_won() -> None:
    told = refit.fit(simulated(replace(OTHER, deltas=USUAL.deltas)), replace(USUAL, decay_factor=0.85))
    assert abs(told.improvement) < 0.01


def test_rules_that_do_not_explain_the_record_are_found_out(made: pd.DataFrame) -> None:
    assert refit.fit(made[made.learner <= name_of(32)], replace(USUAL, decay_factor=0.5)).reproduced < 0.9


def test_an_extract_says_what_is_in_force() -> None:
    rules = [
        {"outcome": name, "delta": delta, "trigger_type": "quiz", "is_correct": None}
        for name, delta in USUAL.deltas.items()
    ]
    rules.append({"outcome": "reset", "delta": 0, "trigger_type": "reset", "is_correct": None})
    settings = {"decay_factor": 0.95, "decay_period_days": 1, "initial_score": 0.5}
    assert refit.in_force(Manifest("2026-11-27", True, 1, settings, rules)) == USUAL


def test_of_nothing_what_is_in_force_is_proposed(made: pd.DataFrame) -> None:
    told = refit.fit(made.iloc[:0], USUAL)
    assert told.proposed == USUAL
    assert told.now == told.then or np.isnan(told.now.log_loss)
    assert not told.clear
    assert np.isnan([told.reproduced, told.improvement, told.low]).all()
    assert "NOT clear" in refit.as_sql(told)
    assert "update" not in refit.as_sql(told)
    assert refit.sample(nw.from_native(made.iloc[:0]).lazy()).empty


@pytest.mark.parametrize("learner", [name_of(10), name_of(11)])
def test_one_learner_is_judged_or_learnt_from(made: pd.DataFrame, learner: str) -> None:
    told = refit.fit(made[made.learner == learner], USUAL)
    assert (told.judged_learners, told.training_learners) == ((1, 0) if learner == name_of(10) else (0, 1))
    assert not told.clear


def test_learners_who_are_always_right_have_no_auc() -> None:
    told = refit.fit(simulated(replace(USUAL, initial_score=1.0, decay_factor=1.0), learners=10, answers=5), USUAL)
    assert np.isnan(told.now.auc)
    assert np.isnan(told.then.auc)
    assert told.then.log_loss <= told.now.log_loss


def test_what_an_outcome_is_called_does_no_harm() -> None:
    name = "it's \\'; drop table interactions; --"
    told = some_refit(replace(USUAL, deltas={name: 0.25}))
    assert "where outcome = E'it''s \\\\''; drop table interactions; --';" in refit.as_sql(told)


def test_what_is_no_number_is_not_written() -> None:
    with pytest.raises(ValueError, match="a parameter is a number"):
        refit.as_sql(some_refit(replace(USUAL, deltas={"correct": float("inf")})))


def some_refit(proposed: Parameters) -> Refit:
    quality = Quality(0.6, 0.2, 0.7)
    return Refit(USUAL, proposed, quality, quality, 15, 1_234, 5, 400, 1.0, 0.01, 0.005, 0.015, clear=True)


@pytest.fixture
def restored(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """The rules and the settings are put back as they were."""
    rules = owner.execute("select outcome, delta from public.outcome_rules").fetchall()
    [settings] = owner.execute("select decay_factor from public.mastery_settings").fetchall()
    yield
    owner.execute("update public.mastery_settings set decay_factor = %(decay_factor)s", settings)
    owner.execute("update public.student_mastery set decay_factor = %(decay_factor)s", settings)
    for rule in rules:
        owner.execute("update public.outcome_rules set delta = %(delta)s where outcome = %(outcome)s", rule)


def test_the_sql_puts_the_proposal_in_force_and_a_replay_rebuilds_the_past(
    restored: None,
    owner: psycopg.Connection[Any],
    query: Callable[..., list[dict[str, Any]]],
    person: Callable[[], str],
    service: Database,
) -> None:
    learner, start = person(), datetime(2026, 3, 1, tzinfo=UTC)
    strange = "it's \\'; drop table interactions; --"
    query("insert into public.outcome_rules values (%(name)s, 0.1, 'quiz', true)", name=strange)
    for concept in ("Usual", "Own"):
        for day, outcome in enumerate(["correct", "incorrect", "correct"]):
            at = (start + timedelta(days=day)).isoformat()
            service.call(
                "record_outcome", learner=learner, concept=concept, outcome=outcome, interaction=str(uuid4()), at=at
            )
    query(
        "update public.student_mastery set decay_factor = 0.5 where user_id = %(id)s and concept_tag = 'Own'",
        id=learner,
    )
    told = some_refit(
        replace(USUAL, decay_factor=0.8123, deltas=USUAL.deltas | {"correct": 0.2, "incorrect": -0.1234, strange: 0.25})
    )

    owner.execute(refit.as_sql(told).encode())

    [settings] = query("select decay_factor from public.mastery_settings")
    assert settings["decay_factor"] == 0.8123
    deltas = {row["outcome"]: row["delta"] for row in query("select outcome, delta from public.outcome_rules")}
    assert deltas == {"reset": 0} | told.proposed.deltas
    standing = {
        row["concept_tag"]: row
        for row in query("select * from public.student_mastery where user_id = %(id)s", id=learner)
    }
    assert standing["Usual"]["decay_factor"] == 0.8123
    assert standing["Own"]["decay_factor"] == 0.5
    assert standing["Usual"]["mastery_score"] == pytest.approx(
        ((0.6 * 0.95 - 0.05) * 0.95) + 0.1
    )  # the past, as it was

    service.call("replay", learner=learner, concept=None)

    scores = query("select concept_tag, mastery_score from public.student_mastery where user_id = %(id)s", id=learner)
    assert {row["concept_tag"]: row["mastery_score"] for row in scores} == {
        "Usual": pytest.approx(((0.7 * 0.8123 - 0.1234) * 0.8123) + 0.2),
        "Own": pytest.approx(((0.7 * 0.5 - 0.1234) * 0.5) + 0.2),
    }
    query("delete from public.outcome_rules where outcome = %(name)s", name=strange)
    query("delete from auth.users where id = %(id)s", id=learner)
