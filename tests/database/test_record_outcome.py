"""The one write path keeps its promises: nothing lost, nothing twice, nothing that does not add up."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, NotFound

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
Query = Callable[..., list[dict[str, Any]]]


def record(caller: Database, learner: str, concept: str = "Fractions", outcome: str = "correct", **others: Any) -> Any:
    arguments = {"interaction": str(uuid4()), "at": NOON} | others
    return caller.call("record_outcome", learner=learner, concept=concept, outcome=outcome, **arguments)


def test_history_and_days_telescope_exactly_after_an_import_in_random_batches(
    service: Database,
    person: Callable[[], str],
    import_row: Callable[..., Any],
    assert_telescopes: Callable[[str], None],
) -> None:
    chance = random.Random(2015)
    learners = [person() for _ in range(6)]
    rows = [
        import_row(
            chance.choice(learners), chance.choice(["Mean", "Median", "Mode", "Range"]), chance.choice(OUTCOMES),
            NOON + timedelta(seconds=chance.randrange(0, 40 * 86_400) // 300 * 300),
        )
        for _ in range(3000)
    ]  # fmt: skip
    sent = 0
    while sent < len(rows):
        size = chance.randint(1, 700)
        answer = service.call("import_outcomes", rows=rows[sent : sent + size])
        assert answer["imported"] == len(rows[sent : sent + size])
        sent += size
    for learner in learners:
        assert_telescopes(learner)


def test_history_telescopes_exactly_when_recorded_live(
    service: Database, person: Callable[[], str], assert_telescopes: Callable[[str], None], query: Query
) -> None:
    chance = random.Random(7)
    learner, at = person(), NOON
    for _ in range(150):
        at += timedelta(seconds=chance.choice([0, 1, 3_601, 86_399, 400_000]))
        delta = chance.choice([None, None, chance.uniform(-1, 1)])
        record(service, learner, chance.choice("ab"), chance.choice(OUTCOMES), at=at, custom_delta=delta)
    assert_telescopes(learner)
    [row] = query("select min(delta), max(mastery_score) from mastery_history where user_id = %(id)s", id=learner)
    assert row["min"] < -0.5
    assert row["max"] == 1.0


def test_32_writers_on_one_concept_lose_no_update(
    database: EmbeddedDatabase, person: Callable[[], str], assert_telescopes: Callable[[str], None], query: Query
) -> None:
    learner = person()
    deltas = [2.0**-k for k in range(2, 34)]

    def write(delta: float) -> dict[str, Any]:
        answer: dict[str, Any] = record(database.acting_as(learner), learner, custom_delta=delta)
        return answer

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(write, deltas))
    [stored] = query("select * from student_mastery where user_id = %(id)s", id=learner)
    assert stored["mastery_score"] == 0.5 + sum(deltas)
    assert stored["observations"] == 32
    assert {answer["delta"] for answer in answers} == set(deltas)
    assert query("select count(*) from interactions where student_id = %(id)s", id=learner) == [{"count": 32}]
    assert_telescopes(learner)


def test_32_writers_at_different_moments_lose_no_update(
    database: EmbeddedDatabase, person: Callable[[], str], assert_telescopes: Callable[[str], None], query: Query
) -> None:
    learner, alone = person(), person()

    def write(hour: int) -> None:
        record(database.acting_as(learner), learner, at=NOON + timedelta(hours=hour), custom_delta=hour / 1000)

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(write, range(32)))
    for hour in range(32):
        record(database.acting_as(alone), alone, at=NOON + timedelta(hours=hour), custom_delta=hour / 1000)
    assert_telescopes(learner)
    [stored, in_turn] = query(
        "select mastery_score, observations from student_mastery where user_id = any (%(ids)s::uuid[])",
        ids=[learner, alone],
    )
    assert stored == in_turn
    assert stored["observations"] == 32


def test_the_same_id_from_16_threads_counts_once_and_all_get_the_same_answer(
    database: EmbeddedDatabase, person: Callable[[], str], query: Query, assert_telescopes: Callable[[str], None]
) -> None:
    learner, interaction = person(), str(uuid4())

    def write(_: int) -> dict[str, Any]:
        answer: dict[str, Any] = record(database.acting_as(learner), learner, interaction=interaction)
        return answer

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(write, range(16)))
    assert sorted(answer.pop("repeated") for answer in answers) == [False] + [True] * 15
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["new_score"] == pytest.approx(0.6)
    assert query("select count(*) from mastery_history where user_id = %(id)s", id=learner) == [{"count": 1}]
    assert_telescopes(learner)


def test_the_same_id_again_gets_the_first_answer_whatever_came_between(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any]
) -> None:
    learner, interaction = person(), str(uuid4())
    first = record(service, learner, interaction=interaction, custom_delta=0.25)
    record(service, learner, at=NOON + timedelta(days=3))
    record(service, learner, at=NOON - timedelta(days=3), outcome="incorrect")
    before = tables_of(learner)
    again = record(service, learner, interaction=interaction, outcome="incorrect", at=NOON + timedelta(days=9))
    assert again == first | {"repeated": True}
    assert tables_of(learner) == before


def test_the_same_import_again_adds_nothing(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any], tables_of: Callable[[str], Any]
) -> None:
    learner = person()
    rows = [import_row(learner, "Mean", "correct", NOON + timedelta(hours=hour)) for hour in range(20)]
    assert service.call("import_outcomes", rows=rows[:12])["imported"] == 12
    assert service.call("import_outcomes", rows=rows)["imported"] == 8
    before = tables_of(learner)
    assert service.call("import_outcomes", rows=rows) == {"imported": 0, "already_there": 20, "learners": 0}
    assert tables_of(learner) == before


def test_recording_what_was_imported_answers_what_the_import_made_of_it(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any]
) -> None:
    learner = person()
    row = import_row(learner, "Mean", "correct", NOON)
    service.call("import_outcomes", rows=[row])
    answer = record(service, learner, "Mean", interaction=row["id"])
    assert answer["repeated"]
    assert (answer["old_score"], answer["new_score"]) == (0.5, pytest.approx(0.6))
    assert answer["delta"] == answer["new_score"] - answer["old_score"]


def test_an_answer_says_what_time_took_and_what_the_outcome_was_worth(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], Any]
) -> None:
    learner = person()
    first = record(service, learner)
    later = record(service, learner, outcome="confusion_detected", at=NOON + timedelta(days=2))
    assert first["new_score"] == pytest.approx(0.6)
    assert later["old_score"] == pytest.approx(0.6 * 0.95**2, abs=1e-12)
    assert later["delta"] == pytest.approx(-0.03, abs=1e-12)
    assert later["trigger_type"] == "question"
    history = tables_of(learner)["mastery_history"]
    assert [row["trigger_type"] for row in history] == ["quiz", "decay", "question"]
    assert [row["opportunity"] for row in history] == [1, 2, 2]
    assert [row["is_correct"] for row in history] == [True, None, None]


def test_a_score_stays_between_0_and_1_and_the_delta_is_what_happened(
    service: Database, person: Callable[[], str], assert_telescopes: Callable[[str], None]
) -> None:
    learner = person()
    assert record(service, learner, custom_delta=1)["delta"] == 0.5
    assert record(service, learner, custom_delta=-1, at=NOON + timedelta(seconds=1))["new_score"] == 0
    assert record(service, learner, custom_delta=-0.5, at=NOON + timedelta(days=1))["delta"] == 0
    assert_telescopes(learner)


def test_an_id_of_somebody_elses_interaction_is_taken(service: Database, person: Callable[[], str]) -> None:
    interaction = str(uuid4())
    record(service, person(), interaction=interaction)
    with pytest.raises(InvalidInput, match="taken"):
        record(service, person(), interaction=interaction)


def test_a_learner_who_is_removed_leaves_nothing(
    service: Database, person: Callable[[], str], query: Query, tables_of: Callable[[str], Any]
) -> None:
    learner, session = person(), str(uuid4())
    service.call("start_session", learner=learner, session=session, at=NOON)
    record(service, learner, session=session)
    query("delete from auth.users where id = %(id)s", id=learner)
    assert tables_of(learner) == {"mastery_history": [], "mastery_daily": [], "student_mastery": []}
    assert query("select * from interactions where student_id = %(id)s", id=learner) == []
    assert query("select * from learning_sessions where user_id = %(id)s", id=learner) == []
    with pytest.raises(NotFound):
        record(service, learner)


def test_a_batch_with_one_bad_row_changes_nothing(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any], query: Query
) -> None:
    stranger = str(uuid4())
    good = import_row(stranger, "Mean", "correct", NOON)
    bad_ones = [
        (import_row(stranger, "Mean", "guessed", NOON), 'Unknown outcome "guessed".*passive_read'),
        (import_row(stranger, "", "correct", NOON), "concept needs a name"),
        (import_row(stranger, "x" * 501, "correct", NOON), "at most 500 characters"),
        (import_row(stranger, "a\u202eb", "correct", NOON), "invisible direction"),
        (import_row(stranger, "Mean", "correct", datetime(1969, 12, 31, tzinfo=UTC)), "before 1970"),
        (import_row(stranger, "Mean", "correct", datetime(2999, 1, 1, tzinfo=UTC)), "in the future"),
        (good | {"id": "no uuid"}, "uuid"),
    ]
    for bad, complaint in bad_ones:
        with pytest.raises(InvalidInput, match=complaint):
            service.call("import_outcomes", rows=[good, bad])
    assert query("select * from auth.users where id = %(id)s", id=stranger) == []
    assert query("select * from interactions where student_id = %(id)s", id=stranger) == []


def test_two_imports_at_once_of_the_same_learners_bring_in_everything(
    service: Database, import_row: Callable[..., Any], assert_telescopes: Callable[[str], None], query: Query
) -> None:
    learners = [str(uuid4()) for _ in range(10)]
    rows = [
        import_row(learner, "Mean", "correct", NOON + timedelta(hours=hour))
        for hour in range(20)
        for learner in learners
    ]
    batches = [rows[start::8] for start in range(8)]
    for batch in batches[1::2]:
        batch.reverse()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda batch: service.call("import_outcomes", rows=batch, cohort="Both"), batches))
    assert sum(answer["imported"] for answer in answers) == 200
    assert sum(answer["learners"] for answer in answers) == 10
    for learner in learners:
        assert_telescopes(learner)
    [members] = query("select count(*) from cohort_members join cohorts on cohorts.id = cohort_id where name = 'Both'")
    assert members == {"count": 10}


def test_a_full_statement_in_sql_checks_what_python_checks(
    owner: psycopg.Connection[Any], person: Callable[[], str]
) -> None:
    learner = person()
    for delta in ("NaN", "7", "-1.01", "Infinity"):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="between -1 and 1"):
            owner.execute(
                "select record_outcome(%s, 'a', 'correct', gen_random_uuid(), custom_delta => %s::float)",
                [learner, delta],
            )


def test_an_interaction_told_as_json_keeps_its_types(
    service: Database, person: Callable[[], str], query: Query
) -> None:
    learner, interaction = person(), str(uuid4())
    service.call(
        "record_outcome", learner=learner, concept="a", outcome="correct", interaction=interaction,
        metadata={"tool": "quiz", "seconds": 1.5, "tags": ["x", None]},
    )  # fmt: skip
    [row] = query("select metadata from interactions where id = %(id)s", id=interaction)
    assert row["metadata"] == {"tool": "quiz", "seconds": 1.5, "tags": ["x", None]}
