"""Whenever an outcome arrives, the scores are those of the order in which things happened, bit for bit."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core.database import Database

START = datetime(2026, 2, 27, 20, tzinfo=UTC)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
Row = dict[str, Any]


class Happening(NamedTuple):
    """``rank`` makes the id, so that two learners can have ids of one order."""

    rank: int
    after: timedelta
    concept: str
    outcome: str
    custom_delta: float | None

    @property
    def at(self) -> datetime:
        return START + self.after

    def id_for(self, learner: str) -> str:
        return str(UUID(int=(self.rank + 1) << 96 | UUID(learner).int >> 32))

    def row(self, learner: str) -> Row:
        return {
            "id": self.id_for(learner), "learner": learner, "concept": self.concept, "outcome": self.outcome,
            "at": self.at.isoformat(), "type": "quiz_attempt",
        }  # fmt: skip


gaps = st.one_of(
    st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(hours=4), timedelta(days=1)]),
    st.timedeltas(timedelta(0), timedelta(days=20)),
    st.timedeltas(timedelta(0), timedelta(seconds=2)),
)
happenings = st.lists(
    st.tuples(
        st.integers(0, 2**30), gaps, st.sampled_from("ab"), st.sampled_from(OUTCOMES), st.none() | st.floats(-1, 1)
    ).map(lambda drawn: Happening(*drawn)),
    min_size=1,
    max_size=9,
    unique_by=lambda happening: happening.rank,
)


def without_names(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows without who, and with the rank in place of the id."""

    def anonymous(row: Row) -> Row:
        ids = {name: row[name].int >> 96 for name in ("interaction_id", "last_interaction_id") if name in row}
        return {name: value for name, value in row.items() if name != "user_id"} | ids

    return {table: [anonymous(row) for row in rows] for table, rows in tables.items()}


def send(service: Database, learner: str, batch: list[Happening], *, imported: bool) -> None:
    if imported and all(happening.custom_delta is None for happening in batch):
        service.call("import_outcomes", rows=[happening.row(learner) for happening in batch])
        return
    for happening in batch:
        service.call(
            "record_outcome", learner=learner, concept=happening.concept, outcome=happening.outcome, at=happening.at,
            interaction=happening.id_for(learner), custom_delta=happening.custom_delta,
        )  # fmt: skip


@settings(max_examples=40)
@given(drawn=happenings, data=st.data())
def test_any_order_of_arrival_gives_the_scores_of_the_right_order(
    drawn: list[Happening], data: st.DataObject, service: Database, console: Any
) -> None:
    on_time, shuffled = console.person(), console.person()
    send(service, on_time, sorted(drawn, key=lambda happening: (happening.at, happening.rank)), imported=False)
    waiting = data.draw(st.permutations(drawn))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        send(service, shuffled, waiting[:size], imported=data.draw(st.booleans()))
        waiting = waiting[size:]
    right = without_names(console.tables_of(on_time))
    assert without_names(console.tables_of(shuffled)) == right
    console.assert_telescopes(shuffled)
    service.call("replay", learner=shuffled)
    assert without_names(console.tables_of(shuffled)) == right


def test_a_late_outcome_is_answered_with_what_it_would_have_done_on_time(
    service: Database, person: Callable[[], str]
) -> None:
    on_time, late = person(), person()
    first, middle, last = (Happening(rank, timedelta(hours=30 * rank), "a", "correct", None) for rank in range(3))
    for learner, order in ((on_time, [first, middle, last]), (late, [first, last, middle])):
        for happening in order:
            send(service, learner, [happening], imported=False)
    answers = [
        service.call(
            "record_outcome", learner=learner, concept="a", outcome="correct", interaction=middle.id_for(learner)
        )
        for learner in (on_time, late)
    ]
    assert answers[0] == answers[1] | {"user_id": on_time, "interaction_id": middle.id_for(on_time)}
    assert 0.5 < answers[0]["old_score"] < 0.6


def test_another_concept_and_another_learner_are_left_as_they_are(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], dict[str, list[Row]]]
) -> None:
    learner, other = person(), person()
    for rank, concept in enumerate("abab"):
        send(service, learner, [Happening(rank, timedelta(days=rank), concept, "correct", None)], imported=False)
        send(service, other, [Happening(rank, timedelta(days=rank), concept, "correct", None)], imported=False)
    before = {who: tables_of(who) for who in (learner, other)}
    late = Happening(2**30, -timedelta(days=1), "b", "incorrect", None)
    send(service, learner, [late], imported=False)
    after = {who: tables_of(who) for who in (learner, other)}
    assert after[other] == before[other]
    for table, rows in after[learner].items():
        of_a = [row for row in rows if row["concept_tag"] == "a"]
        assert of_a == [row for row in before[learner][table] if row["concept_tag"] == "a"]
        assert rows != before[learner][table]


def test_an_outcome_late_within_a_day_changes_no_earlier_day(
    service: Database, person: Callable[[], str], tables_of: Callable[[str], dict[str, list[Row]]]
) -> None:
    learner = person()
    for rank in range(8):
        happening = Happening(rank, timedelta(hours=9 * rank), "a", "correct", None)
        send(service, learner, [happening], imported=False)
    before = tables_of(learner)
    late = START + timedelta(hours=40)
    service.call("record_outcome", learner=learner, concept="a", outcome="incorrect", at=late, interaction=str(uuid4()))
    after = tables_of(learner)
    earlier = [row for row in after["mastery_history"] if row["created_at"] < late]
    assert earlier == [row for row in before["mastery_history"] if row["created_at"] < late]
    assert after["mastery_daily"][:2] == before["mastery_daily"][:2]
    assert after["mastery_daily"][2:] != before["mastery_daily"][2:]
