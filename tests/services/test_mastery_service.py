"""What the service answers, each answer against a plain calculation from what was recorded."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService, decay
from mastery_core.database import Database
from mastery_core.model import Outcome, Trend, Trigger
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
RIGHT = {"correct": True, "incorrect": False}
DAY = timedelta(days=1)
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def folded(raw: pd.DataFrame) -> pd.DataFrame:
    """Raw interactions, in order, with the score before, when it came, and after, in plain Python."""
    rows = []
    score: dict[str, float] = {}
    last: dict[str, datetime] = {}
    for event in raw.sort_values(["at", "id"]).itertuples():
        before = score.get(event.concept, 0.5)
        decayed = before * 0.95 ** max(0.0, (event.at - last.get(event.concept, event.at)) / DAY)
        after = min(1.0, max(0.0, decayed + WORTH[event.outcome]))
        score[event.concept], last[event.concept] = after, event.at
        rows.append((event.at, event.concept, event.outcome, before, decayed, after))
    frame = pd.DataFrame(rows, columns=["at", "concept", "outcome", "before", "decayed", "after"])
    return frame.assign(practice=frame.after - frame.decayed, forgotten=frame.decayed - frame.before)


def now_at(frame: pd.DataFrame, moment: datetime) -> dict[str, float]:
    """The score of every concept practised by then, forgetting since."""
    latest = frame[frame["at"] <= moment].groupby("concept").last()
    return {row.Index: row.after * 0.95 ** ((moment - row.at) / DAY) for row in latest.itertuples()}


@pytest.fixture(scope="module")
def practised(service: Database, person: Callable[[], str], import_row: Callable[..., Any]) -> tuple[str, pd.DataFrame]:
    """A learner with 400 outcomes on 8 concepts in 90 days, and those outcomes."""
    chance, learner = random.Random(5), person()
    events = [
        (
            str(uuid4()),
            MAY + timedelta(minutes=5 * chance.randrange(90 * 288)),
            chance.choice("abcdefgh"),
            chance.choice([*WORTH]),
        )
        for _ in range(397)
    ] + [(str(uuid4()), MAY + timedelta(days=40), "rare", outcome) for outcome in ("correct", "passive_read")]
    raw = pd.DataFrame(events, columns=["id", "at", "concept", "outcome"])
    rows = [import_row(learner, e.concept, e.outcome, e.at, id=e.id) for e in raw.itertuples()]
    service.call("import_outcomes", rows=rows)
    return learner, folded(raw)


moments = st.integers(-5 * 86_400, 100 * 86_400).map(lambda seconds: MAY + timedelta(seconds=seconds))
ranges = st.one_of(st.sampled_from([0.01, 1, 7, 30]), st.floats(0.001, 120))


@settings(max_examples=60)
@given(at=moments, days=ranges)
def test_insights_are_those_of_a_plain_calculation(
    at: datetime, days: float, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, frame = practised
    insights = MasteryService(service).get_learning_insights(learner, days, at=at)
    window = frame[(frame["at"] >= at - timedelta(days=days)) & (frame["at"] <= at)]
    assert insights.total_interactions == len(window)
    assert insights.concepts_practiced == window.concept.nunique()
    assert insights.days_practiced == window["at"].dt.floor("D").nunique()
    assert insights.days_analyzed == days
    assert insights.practice_delta == pytest.approx(window.practice.sum(), abs=1e-9)
    assert insights.forgotten == pytest.approx(window.forgotten.sum(), abs=1e-9)
    assert insights.learning_velocity == pytest.approx(window.practice.sum() / max(days, 1), abs=1e-9)
    assert insights.graded_answers == window.outcome.isin(RIGHT).sum()
    assert insights.right_answers == (window.outcome == "correct").sum()
    counted = frame[frame["at"] <= at].groupby("concept").size()
    known = {concept: score for concept, score in now_at(frame, at).items() if counted[concept] >= 3}
    best_first = sorted(known, key=lambda concept: -known[concept])
    shown = [concept for concept, _ in insights.strongest_concepts]
    assert shown == best_first[: len(shown)]
    assert len(shown) == min(3, math.ceil(len(known) / 2))
    weakest = [concept for concept, _ in insights.weakest_concepts]
    assert weakest == best_first[::-1][: min(3, len(known) - len(shown))]
    for concept, score in insights.strongest_concepts + insights.weakest_concepts:
        assert score == pytest.approx(known[concept], abs=1e-9)


@settings(max_examples=40)
@given(at=moments, days=ranges, periods=st.integers(1, 4))
def test_periods_are_those_of_a_plain_calculation(
    at: datetime, days: float, periods: int, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, frame = practised
    mastery = MasteryService(service)
    found = mastery.get_period_insights(learner, mastery.get_user_mastery(learner, at=at), days, periods, at=at)
    assert found[0] == mastery.get_learning_insights(learner, days, at=at)
    assert len(found) == periods
    until = at
    for number, insights in enumerate(found):
        since = until - timedelta(days=days)
        ended = frame["at"] < until if number else frame["at"] <= until
        window = frame[(frame["at"] >= since) & ended]
        assert insights.total_interactions == len(window)
        assert insights.concepts_practiced == window.concept.nunique()
        assert insights.days_practiced == window["at"].dt.floor("D").nunique()
        assert insights.practice_delta == pytest.approx(window.practice.sum(), abs=1e-9)
        assert insights.forgotten == pytest.approx(window.forgotten.sum(), abs=1e-9)
        assert insights.right_answers == (window.outcome == "correct").sum()
        assert insights.days_analyzed == days
        until = since


@pytest.mark.parametrize("at", [datetime(2025, 5, 2, tzinfo=UTC), datetime(2025, 5, 2, 0, 0, 1, tzinfo=UTC)])
@pytest.mark.parametrize("days", [0.25, 0.5, 1, 2])
def test_practice_at_midnight_is_practice_on_the_day_that_begins(
    at: datetime, days: float, mastery: MasteryService, learner: str
) -> None:
    mastery.update_mastery(learner, "a", "correct", at=datetime(2025, 5, 2, tzinfo=UTC))
    insights = mastery.get_learning_insights(learner, days, at=at)
    assert (insights.total_interactions, insights.days_practiced) == (1, 1)
    mastery.update_mastery(learner, "a", "correct", at=datetime(2025, 5, 1, 23, 59, 59, tzinfo=UTC))
    insights, before = mastery.get_period_insights(learner, {}, days, 2, at=at)
    assert (insights.total_interactions, insights.days_practiced) == (2, 2)
    assert (before.total_interactions, before.days_practiced) == (0, 0)


@settings(max_examples=60)
@given(at=moments)
def test_standing_is_that_of_a_plain_calculation(
    at: datetime, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, frame = practised
    standing = MasteryService(service).get_user_mastery(learner, at=at)
    past = frame[frame["at"] <= at]
    expected = now_at(frame, at)
    assert set(standing) == set(expected)
    for concept, found in standing.items():
        mine = past[past.concept == concept]
        recent = mine[mine["at"] >= at - timedelta(days=7)]
        moved = recent.practice.sum()
        assert found.concept_tag == concept
        assert found.mastery_score == pytest.approx(expected[concept], abs=1e-9)
        assert found.stored_score == pytest.approx(mine.after.iloc[-1], abs=1e-9)
        assert found.last_assessed_at == mine["at"].iloc[-1]
        assert found.observations == len(mine)
        assert found.recent_delta == pytest.approx(moved, abs=1e-9)
        assert found.recent_forgetting == pytest.approx(recent.forgotten.sum(), abs=1e-9)
        clear = abs(abs(moved) - 0.05) > 1e-9
        if clear and len(recent) >= 2:
            assert found.trend == (
                Trend.IMPROVING if moved > 0.05 else Trend.DECLINING if moved < -0.05 else Trend.STABLE
            )
        elif len(recent) < 2:
            assert found.trend is Trend.STABLE
        if found.mastery_score < 0.5:
            assert found.due_at is None
        else:
            assert found.due_at
            assert found.due_at >= at
            left = decay.retained(found.stored_score, found.decay_factor, (found.due_at - found.last_assessed_at) / DAY)
            assert float(left) == pytest.approx(0.5, abs=1e-9)


@settings(max_examples=40)
@given(at=moments, days=st.floats(0.1, 40))
def test_daily_mastery_is_that_of_a_plain_calculation(
    at: datetime, days: float, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, frame = practised
    series = MasteryService(service).get_daily_mastery(learner, days, at=at)
    first = (at - timedelta(days=days)).date()
    assert [moment.date() for moment in series.index[:-1]] == [
        first + timedelta(days=day) for day in range(1, (at.date() - first).days + 1)
    ]
    assert series.index[-1] == at
    events = list(frame[["at", "concept", "after"]].itertuples(index=False, name=None))
    for moment, mean in zip(series.index.to_pydatetime(), series, strict=True):
        past: dict[str, list[tuple[datetime, float]]] = {}
        for then, concept, after in events:
            if then < moment or then == moment == at:
                past.setdefault(concept, []).append((then, after))
        known = [last[1] * 0.95 ** ((moment - last[0]) / DAY) for *before, last in past.values() if len(before) >= 2]
        assert mean == pytest.approx(sum(known) / len(known) if known else np.nan, abs=1e-9, nan_ok=True)


@settings(max_examples=40)
@given(at=moments, days=st.floats(0.1, 100), stretches=st.sampled_from([1, 2, 10, 200]))
def test_a_curve_is_the_score_at_every_moment(
    at: datetime, days: float, stretches: int, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, frame = practised
    mastery = MasteryService(service)
    curves = mastery.get_mastery_curves(learner, ["b", "nothing", "a", "rare"], days, at=at, stretches=stretches)
    standing = mastery.get_user_mastery(learner, at=at)
    assert [curve.concept_tag for curve in curves] == [concept for concept in ("b", "a", "rare") if concept in standing]
    since = at - timedelta(days=days)
    for curve in curves:
        mine = frame[frame.concept == curve.concept_tag]
        inside = mine[(mine["at"] > since) & (mine["at"] <= at)]
        steps = list(zip(curve.step_at.tolist(), curve.step_score.tolist(), strict=True))
        every = [(row.at.timestamp(), pytest.approx(row.after, abs=1e-9)) for row in inside.itertuples()]
        assert len(steps) <= 4 * stretches
        assert all(any(step == each for each in every) for step in steps)
        assert [step == each for step, each in zip(steps[:1] + steps[-1:], every[:1] + every[-1:], strict=True)].count(
            False
        ) == 0
        if every:
            assert max(curve.step_score) == pytest.approx(inside.after.max(), abs=1e-9)
            assert min(curve.step_score) == pytest.approx(inside.after.min(), abs=1e-9)
        times = curve.at.tolist()
        assert times == sorted(times)
        assert times[-1] == pytest.approx(at.timestamp(), abs=1e-3)
        assert curve.score[-1] == pytest.approx(standing[curve.concept_tag].mastery_score, abs=1e-9)
        if (before := mine[mine["at"] <= since]).size:
            left = before.after.iloc[-1] * 0.95 ** ((since - before["at"].iloc[-1]) / DAY)
            assert (times[0], curve.score[0]) == pytest.approx((since.timestamp(), left), abs=1e-3)
        assert curve.projected_score[0] == curve.score[-1]
        assert curve.projected_at[-1] - curve.projected_at[0] == 14 * 86_400
        assert curve.projected_score[-1] == pytest.approx(curve.score[-1] * 0.95**14, abs=1e-9)


def test_a_thinned_curve_keeps_the_last_of_many_steps_in_one_instant(
    service: Database, learner: str, import_row: Callable[..., Any]
) -> None:
    """Logs tell time in whole seconds or minutes: what is last is decided by the id."""
    outcomes = [
        "incorrect",
        "incorrect",
        "correct",
        "passive_read",
        "incorrect",
        "correct",
        "passive_read",
        "incorrect",
    ]
    rows = [
        import_row(
            learner,
            "a",
            outcome,
            MAY + timedelta(hours=n // 8),
            id=str(UUID(int=(n + 1) << 64 | UUID(learner).int >> 64)),
        )
        for n, outcome in enumerate(outcomes * 5)
    ]
    service.call("import_outcomes", rows=rows)
    mastery, at = MasteryService(service), MAY + timedelta(hours=4)
    [curve] = mastery.get_mastery_curves(learner, ["a"], 1, at=at, stretches=2)
    stored = mastery.get_user_mastery(learner, at=at)["a"].stored_score
    assert curve.step_at.size < len(rows)
    assert curve.step_score[-1] == stored
    assert curve.score[-1] == stored
    assert curve.projected_score[0] == stored


def test_curves_of_no_concepts_are_none(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_mastery_curves(learner, []) == []
    assert mastery.get_mastery_curves(learner, ["never practised"]) == []


def test_the_past_stays_as_it_was_answered(mastery: MasteryService, learner: str) -> None:
    chance, at = random.Random(9), MAY

    def ask(moment: datetime) -> list[Any]:
        return [
            mastery.get_user_mastery(learner, at=moment),
            mastery.get_learning_insights(learner, 10, at=moment),
            mastery.get_mastery_history(learner, days=10, at=moment),
            mastery.get_weak_concepts(learner, at=moment),
            [repr(curve) for curve in mastery.get_mastery_curves(learner, ["a", "b"], 10, at=moment)],
            repr(mastery.get_daily_mastery(learner, 10, at=moment).to_dict()),
        ]

    answered = []
    for _ in range(25):
        at += timedelta(seconds=chance.choice([1, 3_000, 80_000, 200_000]))
        delta = chance.choice([None, None, chance.uniform(-0.5, 0.5)])
        mastery.update_mastery(learner, chance.choice("abcd"), chance.choice([*WORTH]), custom_delta=delta, at=at)
        answered.append((at, ask(at)))
    for moment, answers in answered:
        assert ask(moment) == answers


def test_before_the_first_outcome_there_is_nothing(mastery: MasteryService, learner: str) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    before = MAY - timedelta(microseconds=1)
    assert mastery.get_user_mastery(learner, at=before) == {}
    assert mastery.get_weak_concepts(learner, at=before) == []
    assert mastery.get_mastery_history(learner, at=before) == []
    assert mastery.get_mastery_curves(learner, ["a"], at=before) == []
    insights = mastery.get_learning_insights(learner, at=before)
    assert (insights.total_interactions, insights.strongest_concepts, insights.learning_velocity) == (0, [], 0)
    assert mastery.get_daily_mastery(learner, 3, at=before).isna().all()


def test_without_a_moment_it_is_now(mastery: MasteryService, learner: str) -> None:
    update = mastery.update_mastery(learner, "a", "correct")
    standing = mastery.get_user_mastery(learner)["a"]
    assert standing.stored_score == update.new_score
    assert standing.last_assessed_at
    assert abs(standing.last_assessed_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert mastery.get_mastery_history(learner)[0]["delta"] == update.delta
    assert mastery.get_learning_insights(learner).total_interactions == 1
    assert mastery.get_daily_mastery(learner).index[-1] == pytest.approx(
        pd.Timestamp.now(UTC), abs=pd.Timedelta(minutes=10)
    )


def test_an_update_says_what_happened(mastery: MasteryService, learner: str) -> None:
    interaction = str(uuid4())
    update = mastery.update_mastery(learner, "a", Outcome.CONFUSION_DETECTED, at=MAY, interaction_id=interaction)
    assert (update.user_id, update.concept_tag, update.session_id, update.interaction_id) == (
        learner,
        "a",
        None,
        interaction,
    )
    assert update.trigger_type is Trigger.QUESTION
    assert (update.old_score, update.new_score) == (0.5, pytest.approx(0.47))
    assert update.delta == update.new_score - update.old_score
    again = mastery.update_mastery(learner, "other", Outcome.CORRECT, custom_delta=1, interaction_id=interaction)
    assert again == update
    assert set(mastery.get_user_mastery(learner)) == {"a"}


@pytest.mark.parametrize("outcome", WORTH)
def test_an_outcome_is_worth_what_the_brief_says(
    outcome: str, mastery: MasteryService, learner: str, query: Query
) -> None:
    trigger, kind = {
        "correct": ("quiz", "quiz_attempt"),
        "incorrect": ("quiz", "quiz_attempt"),
        "confusion_detected": ("question", "question_asked"),
        "passive_read": ("explanation", "explanation_viewed"),
    }[outcome]
    update = mastery.update_mastery(learner, "a", outcome)
    assert (update.delta, update.trigger_type) == (pytest.approx(WORTH[outcome], abs=1e-12), trigger)
    assert query("select type from interactions where student_id = %(id)s", id=learner) == [{"type": kind}]


def test_the_kind_of_an_interaction_may_be_named(mastery: MasteryService, learner: str, query: Query) -> None:
    mastery.update_mastery(learner, "a", "correct", interaction_type="flashcard")
    assert query("select type from interactions where student_id = %(id)s", id=learner) == [{"type": "flashcard"}]


@pytest.mark.parametrize(
    ("ago", "delta"),
    [
        (timedelta(days=7), 0.2),
        (timedelta(days=7, microseconds=1), 0),
        (timedelta(days=6, hours=23), 0.2),
        (timedelta(0), 0.2),
    ],
)
def test_the_trends_window_is_7_days_with_both_ends(
    ago: timedelta, delta: float, mastery: MasteryService, learner: str
) -> None:
    at = datetime(2025, 6, 10, 6, tzinfo=UTC)
    for _ in range(2):
        mastery.update_mastery(learner, "a", "correct", at=at - ago)
    standing = mastery.get_user_mastery(learner, at=at)["a"]
    assert standing.recent_delta == pytest.approx(delta)
    assert standing.trend is (Trend.IMPROVING if delta else Trend.STABLE)


@pytest.mark.parametrize("hour", [0, 6, 23])
def test_a_window_may_begin_and_end_at_any_hour_of_a_day(hour: int, mastery: MasteryService, learner: str) -> None:
    times = [MAY + timedelta(hours=hours) for hours in range(0, 24 * 9, 3)]
    for then in times:
        mastery.update_mastery(learner, "a", "correct", custom_delta=0.001, at=then)
    at = datetime(2025, 5, 9, hour, tzinfo=UTC)
    for days in (7, 1, 0.25, 0.01):
        inside = sum(at - timedelta(days=days) <= then <= at for then in times)
        insights = mastery.get_learning_insights(learner, days, at=at)
        assert insights.total_interactions == inside
        assert insights.practice_delta == pytest.approx(inside / 1000)
    assert inside < 2


def test_forgetting_is_shown_beside_practice_and_is_no_part_of_the_trend(mastery: MasteryService, learner: str) -> None:
    for day in (0, 5, 6):
        mastery.update_mastery(learner, "a", "passive_read", at=MAY + day * DAY)
    standing = mastery.get_user_mastery(learner, at=MAY + 6 * DAY)["a"]
    assert standing.recent_delta == pytest.approx(0.06)
    assert standing.recent_forgetting < -0.1
    assert standing.trend is Trend.IMPROVING


def test_only_the_concepts_asked_for_are_answered(mastery: MasteryService, learner: str) -> None:
    for concept in ("a", "b", "<b>c</b>", "d'; drop table interactions; --"):
        mastery.update_mastery(learner, concept, "correct", at=MAY)
    assert set(mastery.get_user_mastery(learner, ["b", "d'; drop table interactions; --", "x", "b"])) == {
        "b", "d'; drop table interactions; --",
    }  # fmt: skip
    assert mastery.get_user_mastery(learner, []) == {}
    assert len(mastery.get_user_mastery(learner)) == 4
    everything, [one] = (
        mastery.get_user_mastery(learner, at=MAY),
        mastery.get_user_mastery(learner, ["a"], at=MAY).values(),
    )
    assert everything["a"] == one


def test_a_concept_is_found_under_the_name_that_the_update_tells(mastery: MasteryService, learner: str) -> None:
    update = mastery.update_mastery(learner, " Ame\u0301lie ", "correct", at=MAY)
    assert update.concept_tag == "Am\u00e9lie"
    again = mastery.update_mastery(learner, "Am\u00e9lie", "correct", at=MAY + timedelta(microseconds=1))
    assert again.old_score == pytest.approx(update.new_score)
    assert list(mastery.get_user_mastery(learner, [update.concept_tag])) == [update.concept_tag]
    assert len(mastery.get_mastery_history(learner, update.concept_tag, at=MAY)) == 1
    assert len(mastery.get_mastery_curves(learner, [update.concept_tag], at=MAY)) == 1


def test_without_decay_the_score_is_as_last_practised(mastery: MasteryService, learner: str) -> None:
    update = mastery.update_mastery(learner, "a", "correct", at=MAY)
    at = MAY + 13.513 * DAY
    faded = mastery.get_user_mastery(learner, at=at)["a"]
    kept = mastery.get_user_mastery(learner, apply_decay=False, at=at)["a"]
    assert kept.mastery_score == kept.stored_score == faded.stored_score == update.new_score
    assert faded.mastery_score == pytest.approx(update.new_score / 2, abs=1e-4)


def test_due_is_when_the_score_falls_below_the_weak_threshold(
    mastery: MasteryService, learner: str, query: Query
) -> None:
    mastery.update_mastery(learner, "strong", "correct", custom_delta=0.5, at=MAY)
    mastery.update_mastery(learner, "weak", "incorrect", at=MAY)
    mastery.update_mastery(learner, "kept", "correct", at=MAY)
    query("update student_mastery set decay_factor = 1 where user_id = %(id)s and concept_tag = 'kept'", id=learner)
    standing = mastery.get_user_mastery(learner, at=MAY + DAY)
    assert standing["weak"].due_at is None
    assert standing["kept"].due_at is None
    due = standing["strong"].due_at
    assert due
    assert due - MAY == pytest.approx(13.5134 * DAY, abs=timedelta(minutes=1))
    second = timedelta(seconds=1)
    assert mastery.get_user_mastery(learner, at=due - second)["strong"].mastery_score > 0.5
    assert mastery.get_user_mastery(learner, at=due + second)["strong"].mastery_score < 0.5
    assert mastery.get_user_mastery(learner, at=due + second)["strong"].due_at is None
    assert mastery.get_user_mastery(learner, at=due - second)["strong"].due_at == pytest.approx(
        due, abs=timedelta(milliseconds=1)
    )


def test_weak_concepts_come_weakest_first_and_no_more_than_asked_for(mastery: MasteryService, learner: str) -> None:
    for n, concept in enumerate(["e", "d", "c", "b", "a", "f", "tie 2", "tie 1"]):
        mastery.update_mastery(learner, concept, "correct", custom_delta=-0.05 * min(n, 6), at=MAY)
    weak = mastery.get_weak_concepts(learner, at=MAY)
    assert [found.concept_tag for found in weak] == ["tie 1", "tie 2", "f", "a", "b"]
    assert [found.concept_tag for found in mastery.get_weak_concepts(learner, limit=100, at=MAY)][-1] == "d"
    assert [found.concept_tag for found in mastery.get_weak_concepts(learner, 0.26, at=MAY)] == ["tie 1", "tie 2", "f"]
    assert mastery.get_weak_concepts(learner, 0, at=MAY) == []
    assert len(mastery.get_weak_concepts(learner, 1, limit=100, at=MAY)) == 8


def test_history_is_newest_first_within_its_days_and_its_limit(mastery: MasteryService, learner: str) -> None:
    for day in range(10):
        mastery.update_mastery(learner, "ab"[day % 2], "correct", at=MAY + day * DAY)
    at = MAY + 9 * DAY
    everything = mastery.get_mastery_history(learner, at=at)
    assert len(everything) == 10 + 8
    assert [row["created_at"] for row in everything] == sorted((row["created_at"] for row in everything), reverse=True)
    assert [row["trigger_type"] for row in everything[:4]] == ["quiz", "decay", "quiz", "decay"]
    assert mastery.get_mastery_history(learner, limit=3, at=at) == everything[:3]
    assert mastery.get_mastery_history(learner, limit=18, at=at) == everything
    assert mastery.get_mastery_history(learner, limit=3_000_000_000, at=at) == everything
    of_a = mastery.get_mastery_history(learner, "a", at=at)
    assert of_a == [row for row in everything if row["concept_tag"] == "a"]
    assert mastery.get_mastery_history(learner, days=2, at=at) == [
        row for row in everything if row["created_at"] >= at - 2 * DAY
    ]
    assert mastery.get_mastery_history(learner, "nothing", at=at) == []
    newest = everything[0]
    assert newest["created_at"] == at
    assert newest["mastery_score"] == mastery.get_user_mastery(learner, at=at)["b"].stored_score
    assert (newest["user_id"], newest["opportunity"], newest["session_id"]) == (learner, 5, None)


def test_resets_are_neither_practice_nor_observations(
    mastery: MasteryService, service: Database, learner: str, query: Query
) -> None:
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
        " values (%(id)s, 'a', 0.75, 0.95, %(at)s)",
        id=learner, at=MAY + timedelta(hours=3),
    )  # fmt: skip
    for hour in (0, 1):
        service.call(
            "import_outcomes",
            rows=[
                {"id": str(uuid4()), "learner": learner, "concept": "a", "outcome": "correct",
                 "at": (MAY + timedelta(hours=hour)).isoformat()}
            ],
        )  # fmt: skip
    at = MAY + timedelta(hours=3)
    standing = mastery.get_user_mastery(learner, at=at)["a"]
    assert (standing.stored_score, standing.observations) == (0.75, 2)
    assert standing.recent_delta == pytest.approx(0.2)
    insights = mastery.get_learning_insights(learner, 1, at=at)
    assert (insights.total_interactions, insights.right_answers, insights.graded_answers) == (2, 2, 2)
    assert insights.practice_delta == pytest.approx(0.2)
    # Two observations are not enough data, on the day of the reset as on the day after.
    assert mastery.get_daily_mastery(learner, 1, at=at).isna().all()
    assert mastery.get_daily_mastery(learner, 1, at=at + DAY).isna().all()
    mastery.update_mastery(learner, "a", "correct", at=at + timedelta(hours=1))
    assert mastery.get_daily_mastery(learner, 1, at=at + timedelta(hours=1)).iloc[-1] == pytest.approx(0.85, abs=1e-2)


def test_a_day_with_a_reset_alone_is_no_day_of_practice(
    mastery: MasteryService, service: Database, learner: str, query: Query
) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    query(
        "insert into interactions (id, student_id, concept_focus, outcome, reset_to, created_at)"
        " values (gen_random_uuid(), %(id)s, 'a', 'reset', 0.75, %(at)s)",
        id=learner, at=MAY + timedelta(hours=2),
    )  # fmt: skip
    service.call("replay", learner=learner)
    for until in (timedelta(hours=3), timedelta(days=3)):
        days = (until - timedelta(hours=1)) / DAY  # after the practice, before the reset
        insights = mastery.get_learning_insights(learner, days, at=MAY + until)
        assert (insights.total_interactions, insights.days_practiced, insights.practice_delta) == (0, 0, 0)
    assert mastery.get_learning_insights(learner, 1, at=MAY + timedelta(hours=3)).days_practiced == 1


@pytest.mark.parametrize("last", [None, MAY - DAY, MAY - 60 * DAY, MAY + DAY])
def test_scores_from_before_the_log_are_answered_without_a_history(
    last: datetime | None, mastery: MasteryService, learner: str, query: Query
) -> None:
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
        " values (%(id)s, 'a', 0.75, 0.95, %(last)s)",
        id=learner, last=last,
    )  # fmt: skip
    there = last is None or last <= MAY
    standing = mastery.get_user_mastery(learner, at=MAY)
    assert set(standing) == ({"a"} if there else set())
    if there:
        idle = (MAY - last) / DAY if last else 0
        assert standing["a"].mastery_score == pytest.approx(0.75 * 0.95**idle)
        assert (standing["a"].last_assessed_at, standing["a"].observations) == (last, 0)
        assert (standing["a"].recent_delta, standing["a"].trend) == (0, Trend.STABLE)
    assert [weak.concept_tag for weak in mastery.get_weak_concepts(learner, at=MAY)] == [
        concept for concept, found in standing.items() if found.mastery_score < 0.5
    ]
    assert mastery.get_mastery_history(learner, at=MAY) == []
    assert mastery.get_learning_insights(learner, at=MAY).total_interactions == 0
    assert mastery.get_daily_mastery(learner, 3, at=MAY).isna().all()
    for curve in mastery.get_mastery_curves(learner, ["a"], at=MAY):
        assert curve.score[-1] == pytest.approx(standing["a"].mastery_score)
    assert MasteryService(mastery.database).update_mastery(learner, "b", "correct", at=MAY).delta == pytest.approx(0.1)


def test_any_time_zone_names_the_same_moment(mastery: MasteryService, learner: str) -> None:
    from zoneinfo import ZoneInfo

    mastery.update_mastery(learner, "a", "correct", at=MAY.astimezone(ZoneInfo("Asia/Kolkata")))
    here, there = MAY + DAY, (MAY + DAY).astimezone(ZoneInfo("America/New_York"))
    assert mastery.get_user_mastery(learner, at=here) == mastery.get_user_mastery(learner, at=there)
    assert mastery.get_user_mastery(learner, at=here)["a"].last_assessed_at == MAY
