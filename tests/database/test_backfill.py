"""A database that has scores and interactions, but no history, gets one; and no score changes."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import Database

MAY = datetime(2025, 5, 1, tzinfo=UTC)
WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
Query = Callable[..., list[dict[str, Any]]]

outcomes_before = st.sampled_from([*WORTH, "guessed", "", None])
times_before = st.none() | st.timedeltas(timedelta(0), timedelta(days=60)).map(lambda after: MAY + after)
exact_scores = st.integers(0, 1024).map(lambda n: n / 1024)


@pytest.fixture(scope="module")
def score_before(query: Query) -> Callable[..., None]:
    def put(learner: str, concept: str, score: float, last_assessed_at: datetime | None) -> None:
        query(
            "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
            " values (%(learner)s, %(concept)s, %(score)s, 0.95, %(last)s)",
            learner=learner, concept=concept, score=score, last=last_assessed_at,
        )  # fmt: skip

    return put


@pytest.fixture(scope="module")
def interaction_before(query: Query) -> Callable[..., None]:
    def put(learner: str, concept: str, outcome: str | None, at: datetime | None) -> None:
        query(
            "insert into interactions (id, student_id, concept_focus, outcome, created_at)"
            " values (gen_random_uuid(), %(learner)s, %(concept)s, %(outcome)s, %(at)s)",
            learner=learner, concept=concept, outcome=outcome, at=at,
        )  # fmt: skip

    return put


@settings(max_examples=40)
@given(
    scores=st.dictionaries(st.sampled_from("abc"), st.tuples(exact_scores | st.floats(0, 1), times_before), max_size=3),
    log=st.lists(st.tuples(st.sampled_from("abc"), outcomes_before, times_before), max_size=8),
)
def test_history_ends_on_the_live_scores_and_stays_there(
    scores: dict[str, tuple[float, datetime | None]], log: list[tuple[str, str | None, datetime | None]],
    service: Database, console: Any, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    learner = console.person()
    for concept, (score, last) in scores.items():
        request.getfixturevalue("score_before")(learner, concept, score, last)
    for concept, outcome, at in log:
        request.getfixturevalue("interaction_before")(learner, concept, outcome, at)
    counted = [(concept, outcome) for concept, outcome, at in log if outcome in WORTH and at is not None]

    answer = service.call("backfill", learner=learner)
    assert answer["resets"] == len(scores)
    assert answer["interactions"] == len(counted) + len(scores)
    tables = console.tables_of(learner)
    stored = {row["concept_tag"]: row["mastery_score"] for row in tables["student_mastery"]}
    assert {concept: stored[concept] for concept in scores} == {
        concept: score for concept, (score, _) in scores.items()
    }
    assert set(stored) == set(scores) | {concept for concept, _ in counted}
    for concept, score in stored.items():
        rows = [row for row in tables["mastery_history"] if row["concept_tag"] == concept]
        assert rows[-1]["mastery_score"] == score
        assert (rows[-1]["trigger_type"] == "reset") == (concept in scores)
        practised = sum(row["trigger_type"] not in {"decay", "reset"} for row in rows)
        assert practised == [each for each, _ in counted].count(concept)
        # Exactly where the live score is on the grid of scores; where it is not, but for one rounding.
        rounding = 0 if concept not in scores or (scores[concept][0] * 1024).is_integer() else 2**-53
        assert abs(0.5 + sum(row["delta"] for row in rows) - score) <= rounding

    assert service.call("backfill", learner=learner) == {"interactions": 0, "pairs": 0, "resets": 0}
    assert console.tables_of(learner) == tables
    assert service.call("replay", learner=learner)["resets"] == 0
    assert console.tables_of(learner) == tables


def test_history_shows_what_the_recorded_outcomes_were_worth(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any], score_before: Callable[..., None],
    interaction_before: Callable[..., None],
) -> None:  # fmt: skip
    learner = person()
    score_before(learner, "a", 0.9, MAY + timedelta(days=9))
    for day, outcome in ((0, "correct"), (1, "guessed"), (2, "incorrect")):
        interaction_before(learner, "a", outcome, MAY + timedelta(days=day))
    service.call("backfill", learner=learner)
    history = tables_of(learner)["mastery_history"]
    assert [(row["trigger_type"], row["created_at"]) for row in history] == [
        ("quiz", MAY),
        ("decay", MAY + timedelta(days=2)),
        ("quiz", MAY + timedelta(days=2)),
        ("decay", MAY + timedelta(days=9)),
        ("reset", MAY + timedelta(days=9)),
    ]
    second = 0.6 * 0.95**2 - 0.05
    expected = [0.6, 0.6 * 0.95**2, second, second * 0.95**7, 0.9]
    assert [row["mastery_score"] for row in history] == pytest.approx(expected, abs=1e-9)


def test_everybody_is_backfilled_when_nobody_is_named(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any], score_before: Callable[..., None]
) -> None:
    service.call("backfill")
    learners = [person() for _ in range(3)]
    for learner in learners:
        score_before(learner, "a", 0.25, MAY)
    assert service.call("status")["without_history"] == 3
    assert service.call("backfill")["resets"] == 3
    assert service.call("status")["without_history"] == 0
    for learner in learners:
        assert [row["mastery_score"] for row in tables_of(learner)["mastery_history"]] == [0.25]


def test_scores_that_have_a_history_are_left_as_they_are(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any], score_before: Callable[..., None]
) -> None:
    learner = person()
    MasteryService(service).update_mastery(learner, "live", "correct", at=MAY)
    live = tables_of(learner)
    score_before(learner, "before", 0.75, MAY)
    service.call("backfill", learner=learner)
    after = tables_of(learner)
    for table, rows in live.items():
        assert [row for row in after[table] if row["concept_tag"] == "live"] == rows
    assert [row["mastery_score"] for row in after["student_mastery"]] == [
        0.75,
        live["student_mastery"][0]["mastery_score"],
    ]


@pytest.mark.parametrize("last", [None, MAY, MAY + timedelta(days=10)])
@pytest.mark.parametrize("logged", [[], ["incorrect"]])
def test_recording_on_a_score_without_history_goes_on_from_that_score(
    last: datetime | None, logged: list[str], console: Any, service: Database, request: pytest.FixtureRequest
) -> None:
    learner = console.person()
    request.getfixturevalue("score_before")(learner, "a", 0.25, last)
    for outcome in logged:
        request.getfixturevalue("interaction_before")(learner, "a", outcome, MAY - timedelta(days=1))
    at = MAY + timedelta(days=10, seconds=1)
    update = MasteryService(service).update_mastery(learner, "a", "correct", at=at)
    since = last or (MAY - timedelta(days=1) if logged else at)
    decayed = 0.25 * 0.95 ** ((at - since) / timedelta(days=1))
    assert update.old_score == pytest.approx(decayed, abs=1e-9)
    assert update.new_score == pytest.approx(decayed + 0.1, abs=1e-9)
    console.assert_telescopes(learner)
    tables = console.tables_of(learner)
    assert tables["student_mastery"][0]["mastery_score"] == update.new_score
    assert tables["mastery_history"][-1]["delta"] == update.delta
    service.call("backfill", learner=learner)
    service.call("replay", learner=learner)
    assert console.tables_of(learner) == tables


def test_recording_now_on_a_score_without_time_counts(
    service: Database, person: Callable[[], str], score_before: Callable[..., None]
) -> None:
    learner, mastery = person(), MasteryService(service)
    score_before(learner, "a", 0.25, None)
    update = mastery.update_mastery(learner, "a", "correct")
    assert (update.old_score, update.new_score) == (pytest.approx(0.25), pytest.approx(0.35))
    assert mastery.get_user_mastery(learner)["a"].stored_score == update.new_score
    assert mastery.update_mastery(learner, "a", "correct").new_score == pytest.approx(0.45)


def test_what_comes_late_does_not_change_the_live_score(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any], score_before: Callable[..., None]
) -> None:
    learner = person()
    score_before(learner, "a", 0.3, MAY)
    service.call(
        "record_outcome",
        learner=learner,
        concept="a",
        outcome="correct",
        at=MAY - timedelta(days=3),
        interaction=str(uuid4()),
    )
    tables = tables_of(learner)
    assert [row["mastery_score"] for row in tables["student_mastery"]] == [0.3]
    assert [row["trigger_type"] for row in tables["mastery_history"]] == ["quiz", "decay", "reset"]


@settings(max_examples=25)
@given(
    score=st.floats(0, 1),
    after=st.lists(
        st.tuples(st.integers(-5_000_000, 5_000_000), st.sampled_from(sorted(WORTH))), min_size=1, max_size=6
    ),
)
def test_what_is_recorded_afterwards_is_what_replay_makes_of_it(
    score: float, after: list[tuple[int, str]], service: Database, console: Any, request: pytest.FixtureRequest
) -> None:
    learner = console.person()
    request.getfixturevalue("score_before")(learner, "a", score, MAY)
    request.getfixturevalue("interaction_before")(learner, "a", "correct", MAY - timedelta(days=1))
    for seconds, outcome in after:
        service.call(
            "record_outcome", learner=learner, concept="a", outcome=outcome, at=MAY + timedelta(seconds=seconds),
            interaction=str(uuid4()),
        )  # fmt: skip
    tables = console.tables_of(learner)
    service.call("replay", learner=learner)
    assert console.tables_of(learner) == tables


def test_importing_on_scores_without_history_keeps_them(
    service: Database, console: Any, import_row: Callable[..., Any], score_before: Callable[..., None]
) -> None:
    chance, learner = random.Random(3), console.person()
    score_before(learner, "a", 0.125, MAY + timedelta(days=40))
    score_before(learner, "b", 0.875, None)

    def rows(concepts: str) -> list[Any]:
        hours = [timedelta(hours=chance.randrange(800)) for _ in range(30)]
        return [import_row(learner, chance.choice(concepts), chance.choice(list(WORTH)), MAY + hour) for hour in hours]

    for batch in (rows("abc"), rows("ac")):
        service.call("import_outcomes", rows=batch)
    stored = {row["concept_tag"]: row["mastery_score"] for row in console.tables_of(learner)["student_mastery"]}
    assert (stored["a"], stored["b"]) == (0.125, 0.875)
    assert set(stored) == {"a", "b", "c"}
    console.assert_telescopes(learner)
