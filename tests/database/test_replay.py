"""Everything that follows from the log can be made again from it, under the rules of the day."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.database import Database
from mastery_core.errors import NotFound

MAY = datetime(2025, 5, 1, tzinfo=UTC)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
Query = Callable[..., list[dict[str, Any]]]
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def changing(query: Query) -> Iterator[Query]:
    """For statements that change rules and settings, which are put back afterwards."""
    query("create temporary table rules_before as select * from outcome_rules")
    query("create temporary table settings_before as select * from mastery_settings")
    yield query
    query("delete from outcome_rules")
    query("insert into outcome_rules select * from rules_before")
    query("delete from mastery_settings")
    query("insert into mastery_settings select * from settings_before")
    query("drop table rules_before, settings_before")


@pytest.fixture(scope="module")
def logged(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any], query: Query
) -> Callable[[], str]:
    """A learner with a log of every kind: live, late, imported, worth its own, from before, in sessions."""

    def make() -> str:
        chance, learner, session = random.Random(11), person(), str(uuid4())
        query(
            "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
            " values (%(learner)s, 'a', 0.75, 0.9, %(at)s)",
            learner=learner, at=MAY + timedelta(days=2),
        )  # fmt: skip
        service.call("start_session", learner=learner, session=session, at=MAY)
        for n in range(30):
            service.call(
                "record_outcome", learner=learner, concept=chance.choice("abc"), outcome=chance.choice(OUTCOMES),
                at=MAY + timedelta(minutes=chance.randrange(60_000)), interaction=str(uuid4()),
                custom_delta=chance.choice([None, None, chance.uniform(-0.3, 0.3)]), session=session if n % 3 else None,
            )  # fmt: skip
        service.call(
            "import_outcomes",
            rows=[
                import_row(learner, chance.choice("bcd"), chance.choice(OUTCOMES), MAY + timedelta(minutes=minutes))
                for minutes in range(0, 60_000, 1500)
            ],
        )
        service.call("end_session", session=session)
        return learner

    return make


def test_replay_under_unchanged_rules_changes_nothing(
    service: Database, logged: Callable[[], str], tables_of: Callable[[str], Tables], query: Query
) -> None:
    learner = logged()
    before = tables_of(learner), query("select * from learning_sessions where user_id = %(id)s", id=learner)
    answer = service.call("replay", learner=learner)
    assert answer == {"interactions": 30 + 40 + 1, "pairs": 4, "resets": 0}
    assert (tables_of(learner), query("select * from learning_sessions where user_id = %(id)s", id=learner)) == before


def test_replay_of_everybody_and_of_one_concept_come_to_the_same(
    service: Database, logged: Callable[[], str], tables_of: Callable[[str], Tables], query: Query
) -> None:
    learners = [logged(), logged()]
    before = [tables_of(learner) for learner in learners]
    for call in ({}, {"learner": learners[0], "concept": "b"}):
        for table in ("mastery_history", "mastery_daily"):
            query(f"delete from {table} where user_id = %(id)s and concept_tag = 'b'", id=learners[0])
        assert tables_of(learners[0]) != before[0]
        service.call("replay", **call)
        assert [tables_of(learner) for learner in learners] == before


def test_new_rules_count_from_the_first_outcome_and_old_ones_bring_everything_back(
    service: Database, logged: Callable[[], str], changing: Query, console: Any
) -> None:
    learner = logged()
    sessions = "select * from learning_sessions where user_id = %(id)s"
    before = console.tables_of(learner), changing(sessions, id=learner)
    changing(
        "update outcome_rules set delta = 0.2, trigger_type = 'question', is_correct = null where outcome = 'correct'"
    )
    service.call("replay", learner=learner)
    during = console.tables_of(learner), changing(sessions, id=learner)
    assert during[1][0]["mastery_gained"] != before[1][0]["mastery_gained"]
    console.assert_telescopes(learner)
    for table, rows in during[0].items():
        assert len(rows) == len(before[0][table]) or table == "mastery_history"
        assert rows != before[0][table]
    assert sum(day["correct"] for day in during[0]["mastery_daily"]) == 0
    changing("update outcome_rules set delta = 0.1, trigger_type = 'quiz', is_correct = true where outcome = 'correct'")
    service.call("replay", learner=learner)
    assert (console.tables_of(learner), changing(sessions, id=learner)) == before


@pytest.mark.parametrize(
    "change",
    [
        "update mastery_settings set decay_period_days = 14",
        "update mastery_settings set initial_score = 0.25",
        "update student_mastery set decay_factor = 0.5",
        "update student_mastery set decay_factor = 0",
        "update student_mastery set decay_factor = 1",
    ],
)
def test_changed_settings_count_from_the_first_outcome_and_the_old_ones_bring_everything_back(
    change: str, service: Database, logged: Callable[[], str], changing: Query, console: Any
) -> None:
    learner = logged()
    before = console.tables_of(learner)
    factors = changing("select concept_tag, decay_factor from student_mastery where user_id = %(id)s", id=learner)
    of_learner = " where user_id = %(id)s" if "student_mastery" in change else ""
    changing(change + of_learner, **({"id": learner} if of_learner else {}))
    service.call("replay", learner=learner)
    during = console.tables_of(learner)
    console.assert_telescopes(learner, initial=0.25 if "initial" in change else 0.5)
    assert during["mastery_history"] != before["mastery_history"]
    assert any(row["trigger_type"] == "decay" for row in during["mastery_history"]) == (
        "decay_factor = 1" not in change
    )
    changing("update mastery_settings set initial_score = 0.5, decay_period_days = 1")
    for row in factors:
        changing(
            "update student_mastery set decay_factor = %(decay_factor)s"
            " where user_id = %(id)s and concept_tag = %(concept_tag)s",
            id=learner, **row,
        )  # fmt: skip
    service.call("replay", learner=learner)
    assert console.tables_of(learner) == before


def test_a_custom_delta_stays_what_it_was_under_every_rule(
    service: Database, person: Callable[[], str], changing: Query, tables_of: Callable[[str], Tables]
) -> None:
    learner = person()
    for hour, delta in enumerate((0.25, None, -0.125)):
        service.call(
            "record_outcome", learner=learner, concept="a", outcome="correct", interaction=str(uuid4()),
            at=MAY + timedelta(microseconds=hour), custom_delta=delta,
        )  # fmt: skip
    changing("update outcome_rules set delta = -0.5 where outcome = 'correct'")
    changing("update student_mastery set decay_factor = 1 where user_id = %(id)s", id=learner)
    service.call("replay", learner=learner)
    assert [row["delta"] for row in tables_of(learner)["mastery_history"]] == [0.25, -0.5, -0.125]


def test_an_answer_given_stays_given_under_new_rules(
    service: Database, person: Callable[[], str], changing: Query
) -> None:
    learner = person()
    outcome = {"learner": learner, "concept": "a", "outcome": "correct", "interaction": str(uuid4()), "at": MAY}
    first = service.call("record_outcome", **outcome)
    changing("update outcome_rules set delta = -0.5 where outcome = 'correct'")
    service.call("replay", learner=learner)
    assert service.call("record_outcome", **outcome) == first | {"repeated": True}


def test_an_outcome_that_gets_a_rule_counts_from_then_on_and_one_that_loses_it_no_more(
    service: Database, person: Callable[[], str], changing: Query, console: Any
) -> None:
    learner = person()
    for concept, outcome in (("a", "correct"), ("a", "hinted"), ("b", "hinted")):
        changing(
            "insert into interactions (id, student_id, concept_focus, outcome, created_at)"
            " values (gen_random_uuid(), %(learner)s, %(concept)s, %(outcome)s, %(at)s)",
            learner=learner, concept=concept, outcome=outcome, at=MAY,
        )  # fmt: skip
    service.call("replay", learner=learner)
    before = console.tables_of(learner)
    assert [row["concept_tag"] for row in before["student_mastery"]] == ["a"]
    changing("insert into outcome_rules values ('hinted', -0.25, 'question', null)")
    service.call("replay", learner=learner)
    assert [row["mastery_score"] for row in console.tables_of(learner)["student_mastery"]] == pytest.approx(
        [0.35, 0.25]
    )
    console.assert_telescopes(learner)
    changing("delete from outcome_rules where outcome = 'hinted'")
    service.call("replay", learner=learner)
    assert console.tables_of(learner) == before


def test_nobody_can_be_replayed_who_is_not_there(service: Database) -> None:
    with pytest.raises(NotFound, match="no such person"):
        service.call("replay", learner=str(uuid4()))
