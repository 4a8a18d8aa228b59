"""What an import brings into a cohort, an undo takes out again to the last bit; and nobody reaches beyond their cohort with one."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound
from mastery_core.ingest.ids import cohort_learner_id

MAY = datetime(2026, 5, 1, 8, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
Row = dict[str, Any]
Query = Callable[..., list[Row]]

numbers = count(1)


def for_each(whose: Iterable[str]) -> dict[str, str]:
    """An id for each of them that sorts by when it was made, whosever it is: they are alike in their first 8 digits."""
    number = next(numbers) << 96
    return {who: str(UUID(int=number | uuid4().int >> 32)) for who in whose}


class Course:
    """A cohort with who teaches it, and what may be done there."""

    def __init__(self, database: EmbeddedDatabase, console: Any) -> None:
        self.database, self.console, self.service = database, console, database.acting_as_service()
        self.name = f"Course {uuid4()}"
        self.teacher_id = self.person("instructor", create_missing=True)
        self.teacher: Database = database.acting_as(self.teacher_id)
        [found] = console.query("select id from cohorts where name = %(name)s", name=self.name)
        self.id = str(found["id"])

    def person(self, role: str = "student", *, create_missing: bool = False) -> str:
        person: str = self.console.person()
        self.service.call(
            "add_to_cohort", cohort=self.name, person=person, role=role, create_missing=create_missing
        )  # fmt: skip
        return person

    def row(self, learner: str, at: datetime, concept: str = "Mean", outcome: str = "correct", **others: Any) -> Row:
        return {
            "id": str(uuid4()), "learner": learner, "called": "Somebody", "concept": concept, "outcome": outcome,
            "at": at.isoformat(), "session": None, "type": "quiz_attempt",
        } | others  # fmt: skip

    def own(self, called: str, at: datetime, **others: Any) -> Row:
        return self.row(cohort_learner_id(self.id, called), at, **{"called": called} | others)

    def begin(self, caller: Database | None = None) -> str:
        key = str(uuid4())
        (caller or self.teacher).call("begin_import", **{"import": key}, cohort=self.id, file_name="practice.csv")
        return key

    def send(self, key: str, rows: list[Row], caller: Database | None = None) -> Row:
        answer: Row = (caller or self.teacher).call("import_practice", **{"import": key}, rows=rows)
        return answer

    def bring_in(self, *rows: Row) -> str:
        key = self.begin()
        assert self.send(key, list(rows))["imported"] == len(rows)
        assert self.teacher.call("finish_import", **{"import": key}, report={"rows": len(rows)})["state"] == "done"
        return key

    def undo(self, key: str, caller: Database | None = None, **options: Any) -> int:
        removed, state = 0, ""
        while state != "undone":
            answer = (caller or self.teacher).call("undo_import", **{"import": key}, **options)
            removed, state = removed + answer["removed"], answer["state"]
        return removed

    def live(self, learner: str, at: datetime, concept: str = "Mean", outcome: str = "correct", **others: Any) -> Row:
        key = others.pop("interaction", None) or str(uuid4())
        answer: Row = self.service.call(
            "record_outcome", learner=learner, concept=concept, outcome=outcome, at=at, interaction=key, **others
        )
        return answer

    def everything(self) -> dict[str, Any]:
        """All that there is of the cohort's students, and who they are."""
        query = self.console.query
        members = query("select * from cohort_members where cohort_id = %(id)s order by user_id", id=self.id)
        people = {row["user_id"] for row in members}
        return {
            "members": members,
            "profiles": query("select * from profiles where id = any(%(ids)s) order by id", ids=list(people)),
            "records": {person: self.record(person) for person in people},
            "people": query("select count(*) from auth.users"),
        }

    def record(self, learner: str) -> dict[str, list[Row]]:
        query = self.console.query
        return self.console.tables_of(learner) | {
            "sessions": query("select * from learning_sessions where user_id = %(id)s order by id", id=learner),
            "interactions": query("select * from interactions where student_id = %(id)s order by id", id=learner),
            "bounds": query(
                "select b.* from private.session_bounds b join learning_sessions s on s.id = b.session_id"
                " where s.user_id = %(id)s", id=learner,
            ),
            "unlogged": query("select * from private.unlogged_scores where user_id = %(id)s", id=learner),
        }  # fmt: skip


@pytest.fixture
def course(database: EmbeddedDatabase, console: Any) -> Course:
    return Course(database, console)


@pytest.fixture
def elsewhere(database: EmbeddedDatabase, console: Any) -> Course:
    return Course(database, console)


# Undone to the last bit


def test_a_record_is_as_it_was_after_an_import_is_undone(course: Course) -> None:
    learner, session = course.person(), str(uuid4())
    course.service.call("start_session", learner=learner, session=session, at=MAY)
    for hours in range(0, 200, 7):
        course.live(learner, MAY + hours * HOUR, outcome=OUTCOMES[hours % 4], session=session)
    course.service.call("end_session", session=session, at=MAY + 200 * HOUR)
    before = course.everything()
    rows = [
        course.row(
            learner, MAY - 10 * HOUR + n * 11 * HOUR, concept=["Mean", "Mode"][n % 2], outcome=OUTCOMES[n % 4], session=session
        )
        for n in range(30)
    ]  # fmt: skip
    key = course.bring_in(*rows)
    assert course.everything() != before
    course.console.assert_telescopes(learner)
    assert course.undo(key) == 30
    assert course.everything() == before
    assert course.undo(key) == 0
    assert course.everything() == before


def test_who_and_what_an_import_made_goes_with_it(course: Course) -> None:
    course.person()
    before = course.everything()
    rows = [course.own(f"Ann {n % 3}", MAY + n * HOUR, session=str(UUID(int=n % 3 + 7))) for n in range(12)]
    key = course.bring_in(*rows)
    made = course.everything()
    assert len(made["members"]) == len(before["members"]) + 3
    named = {row["display_name"] for row in made["profiles"] if row["import_id"] == UUID(key)}
    assert named == {"Ann 0", "Ann 1", "Ann 2"}
    course.undo(key)
    assert course.everything() == before
    assert course.console.query("select id from learning_sessions where import_id = %(key)s", key=key) == []


@pytest.mark.parametrize("step", [1, 7, 10, 11])
def test_an_undo_in_steps_may_stop_anywhere_and_go_on(course: Course, step: int) -> None:
    learner, running = course.person(), str(uuid4())
    course.service.call("start_session", learner=learner, session=running, at=MAY)
    course.live(learner, MAY + 2 * DAY, session=running)
    before = course.everything()
    rows = [course.row(learner, MAY + n * HOUR, session=running) for n in range(11)]
    rows += [course.own("Ben", MAY + n * HOUR) for n in range(10)]
    key = course.bring_in(*rows)
    left = 21
    while left:
        answer = course.teacher.call("undo_import", **{"import": key}, max_interactions=step)
        left -= answer["removed"]
        assert (answer["remaining"], answer["state"]) == (left, "undoing")
        for person in (learner, cohort_learner_id(course.id, "Ben")):
            if course.console.tables_of(person)["student_mastery"]:
                course.console.assert_telescopes(person)
    assert course.undo(key) == 0
    assert course.everything() == before


def test_an_import_that_broke_off_is_undone_too(course: Course) -> None:
    learner = course.person()
    course.live(learner, MAY)
    before = course.everything()
    key = course.begin()
    course.send(key, [course.row(learner, MAY + DAY), course.own("Ben", MAY)])
    course.undo(key)
    assert course.everything() == before
    with pytest.raises(InvalidInput, match="is over"):
        course.send(key, [course.row(learner, MAY + DAY)])
    with pytest.raises(InvalidInput, match="is undone"):
        course.teacher.call("finish_import", **{"import": key}, report={})


@pytest.mark.parametrize("first", [0, 1])
def test_imports_that_overlap_are_undone_in_either_order(course: Course, first: int) -> None:
    learner, session = course.person(), str(uuid4())
    course.service.call("import_outcomes", rows=[course.row(learner, MAY, session=session)])
    start = course.everything()
    shared = [course.own("Ben", MAY + n * HOUR, session=str(UUID(int=5))) for n in range(4)]
    batches = [
        [*shared[:3], course.row(learner, MAY - DAY, session=session), course.row(learner, MAY + HOUR)],
        [
            *shared[1:],
            course.row(learner, MAY - HOUR, session=session),
            course.row(learner, MAY + DAY, session=session),
        ],
    ]
    # As if only the one that stays had been imported.
    alone = course.begin()
    course.send(alone, batches[1 - first])
    only_one = comparable(course.everything())
    course.undo(alone)
    assert course.everything() == start
    keys = [course.begin(), course.begin()]
    for key, batch in zip(keys, batches, strict=True):
        course.send(key, batch)
    course.undo(keys[first])
    if first == 1:  # what both have is the first one's, and goes with it
        assert comparable(course.everything()) == only_one
    course.undo(keys[1 - first])
    assert course.everything() == start


def comparable(everything: dict[str, Any]) -> Any:
    """The same for two imports of the same, at different moments."""
    aside = {"import_id", "added_at", "created_at", "id"}
    members = [{name: row[name] for name in row if name not in aside} for row in everything["members"]]
    records = {
        person: {
            table: [{k: v for k, v in row.items() if k != "import_id"} for row in rows]
            for table, rows in record.items()
        }
        for person, record in everything["records"].items()
    }
    return members, records, everything["people"]


def test_a_learner_whom_two_imports_brought_goes_with_the_last(course: Course) -> None:
    before = course.everything()
    first = course.bring_in(course.own("Ben", MAY, session=str(UUID(int=5))))
    second = course.bring_in(course.own("Ben", MAY + DAY, session=str(UUID(int=5))))
    course.undo(first)
    ben = UUID(cohort_learner_id(course.id, "Ben"))
    [member] = [row for row in course.everything()["members"] if row["user_id"] == ben]
    [session] = course.record(str(ben))["sessions"]
    assert member["import_id"] == session["import_id"] == UUID(second)
    assert (session["started_at"], session["ended_at"], session["total_interactions"]) == (MAY + DAY, MAY + DAY, 1)
    course.undo(second)
    assert course.everything() == before


def test_the_same_file_again_is_all_there_and_its_undo_changes_nothing(course: Course) -> None:
    learner = course.person()
    before = course.everything()
    rows = [course.row(learner, MAY, session=str(uuid4())), course.own("Ben", MAY + HOUR, session=str(uuid4()))]
    first = course.bring_in(*rows)
    there = course.everything()
    second = course.begin()
    assert course.send(second, rows) == {"imported": 0, "already_there": 2, "learners": 0}
    assert course.everything() == there
    assert course.undo(second) == 0
    assert course.everything() == there
    assert course.undo(first) == 2
    assert course.everything() == before


def test_a_concept_keeps_its_earlier_days_where_another_keeps_later_ones(course: Course) -> None:
    learner = course.person()
    for concept, day in (("Mean", 0), ("Mode", 0), ("Mode", 3)):
        course.live(learner, MAY + day * DAY, concept)
    before = course.everything()
    key = course.bring_in(*(course.row(learner, MAY + 2 * DAY, concept) for concept in ("Mean", "Mode")))
    course.undo(key)
    assert course.everything() == before


def test_a_batch_whose_answer_was_lost_is_told_the_same_again(course: Course) -> None:
    key, rows = course.begin(), [course.own("Ben", MAY + n * HOUR) for n in range(5)]
    first = course.send(key, rows)
    assert (first["imported"], first["already_there"]) == (5, 0)
    again = course.send(key, [*rows, course.own("Ben", MAY)])
    assert (again["imported"], again["already_there"]) == (6, 0)


def test_a_learner_who_practised_since_stays_with_what_they_did(course: Course) -> None:
    key = course.bring_in(course.own("Ben", MAY), course.own("Ann", MAY))
    ben = cohort_learner_id(course.id, "Ben")
    twin = course.person()
    for who, interaction in for_each([ben, twin]).items():
        course.live(who, MAY + DAY, interaction=interaction)
    course.undo(key)
    members = {str(row["user_id"]): row["import_id"] for row in course.everything()["members"]}
    assert members == {course.teacher_id: None, ben: None, twin: None}
    assert normalised(course.record(ben)) == normalised(course.record(twin))


def test_a_learner_who_was_put_elsewhere_stays_there(course: Course, elsewhere: Course) -> None:
    key = course.bring_in(course.own("Ben", MAY))
    ben = cohort_learner_id(course.id, "Ben")
    course.service.call("add_to_cohort", cohort=elsewhere.name, person=ben)
    course.undo(key)
    assert [str(row["user_id"]) for row in course.everything()["members"]] == [course.teacher_id]
    assert ben in {str(row["user_id"]) for row in elsewhere.everything()["members"]}


def test_what_a_learner_erased_is_no_hindrance(course: Course) -> None:
    learner = course.person()
    key = course.bring_in(course.row(learner, MAY), course.own("Ben", MAY), course.own("Ben", MAY + DAY))
    for erased in (learner, cohort_learner_id(course.id, "Ben")):
        course.service.call("erase_record", learner=erased)
    assert course.undo(key) == 0
    assert {str(row["user_id"]) for row in course.everything()["members"]} == {course.teacher_id, learner}


def put_score(course: Course, learner: str, concept: str, score: float, last: datetime | None) -> None:
    course.console.query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
        " values (%(learner)s, %(concept)s, %(score)s, 0.9, %(last)s)",
        learner=learner, concept=concept, score=score, last=last,
    )  # fmt: skip


@pytest.mark.parametrize("last", [None, MAY, MAY - 30 * DAY])
@pytest.mark.parametrize("logged", [0, 2])
@pytest.mark.parametrize("since", [0, 2])
def test_a_score_from_before_the_log_stands_there_again(
    course: Course, last: datetime | None, logged: int, since: int
) -> None:
    learner, twin = course.person(), course.person()
    for each in (learner, twin):
        put_score(course, each, "Mean", 0.7654321, last)
    for n in range(logged):
        for each, key in for_each([learner, twin]).items():
            course.console.query(
                "insert into interactions (id, student_id, concept_focus, outcome, created_at)"
                " values (%(id)s, %(learner)s, 'Mean', 'correct', %(at)s)",
                id=key, learner=each, at=MAY - n * DAY,
            )  # fmt: skip
    before = course.record(learner)
    keys = [course.bring_in(course.row(learner, MAY + n * DAY), course.row(learner, MAY - 40 * DAY)) for n in (1, 2)]
    assert course.record(learner)["student_mastery"][0]["last_interaction_id"] is not None
    for n in range(since):
        for each, key in for_each([learner, twin]).items():
            course.live(each, MAY + (3 + n) * DAY, interaction=key)
    course.undo(keys[0])
    course.console.assert_telescopes(learner)
    course.undo(keys[1])
    if since:
        assert normalised(course.record(learner)) == normalised(course.record(twin))
    else:
        assert course.record(learner) == before


def normalised(record: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The same for two learners who did the same: of an id what does not hold whose it is, and not what they were told."""
    aside = {"user_id", "student_id", "answered_old_score", "answered_new_score"}

    def short(value: Any) -> Any:
        return str(value)[:8] if isinstance(value, UUID) else value

    found = {
        table: [{name: short(value) for name, value in row.items() if name not in aside} for row in rows]
        for table, rows in record.items()
    }
    return {table: sorted(rows, key=str) for table, rows in found.items()}


concepts, outcomes = st.sampled_from(["Mean", "Mode", "Old"]), st.sampled_from(OUTCOMES)
moments, sessions, names = st.integers(0, 5_000), st.sampled_from([0, 1, 2]), st.sampled_from("ab")
events = st.tuples(concepts, outcomes, moments, st.none() | sessions)
imports = st.tuples(st.just("bring_in"), names, st.lists(events, min_size=1, max_size=6))
steps = st.one_of(
    imports,
    imports,
    st.tuples(st.just("undo"), names),
    st.tuples(st.just("live"), events),
    st.tuples(st.just("import_elsewhere"), st.lists(events, min_size=1, max_size=3)),
    st.tuples(st.just("start"), sessions, moments, st.booleans()),
    st.tuples(st.just("end"), sessions),
)


class Twins:
    """Two learners to whom the same happens, but that imports are brought into the record of the first alone."""

    def __init__(self, course: Course, size: int) -> None:
        self.course, self.size = course, size
        self.both = course.person(), course.person()
        self.own = [for_each(self.both) for _ in range(3)]  # ids of sessions
        self.started: dict[int, int] = {}
        self.imports: dict[str, str] = {}

    def bring_in(self, name: str, given: list[Any]) -> None:
        key = self.imports[name] = self.imports.get(name) or self.course.begin()
        self.course.send(key, [self._row(self.both[0], str(uuid4()), each, MINUTE / 2) for each in given])

    def undo(self, name: str) -> None:
        if name in self.imports:
            self.course.undo(self.imports.pop(name), max_interactions=self.size)

    def live(self, given: Any) -> None:
        concept, outcome, minute, n = given
        for who, key in for_each(self.both).items():
            session = self.own[n][who] if n in self.started else None
            self.course.live(who, MAY + minute * MINUTE, concept, outcome, session=session, interaction=key)

    def import_elsewhere(self, given: list[Any]) -> None:
        """By the service, of concepts and sessions that are not from before the log and not yet made by an import."""
        counted = [each for each in given if each[0] != "Old" and (each[3] is None or each[3] in self.started)]
        ids = [for_each(self.both) for _ in counted]
        for who in self.both:
            rows = [self._row(who, key[who], each) for key, each in zip(ids, counted, strict=True)]
            self.course.service.call("import_outcomes", rows=rows)

    def start(self, n: int, minute: int, by_hand: bool) -> None:  # noqa: FBT001
        if n not in self.started:
            self.started[n] = minute
            for who in self.both:
                self.course.service.call(
                    "start_session", learner=who, session=self.own[n][who], at=MAY + minute * MINUTE,
                    metadata={"by_hand": by_hand},
                )  # fmt: skip

    def end(self, n: int) -> None:
        for who in self.both if n in self.started else ():
            at = MAY + self.started[n] * MINUTE + 300 * MINUTE
            self.course.service.call("end_session", session=self.own[n][who], at=at)

    def _row(self, who: str, key: str, given: Any, later: timedelta = timedelta(0)) -> Row:
        concept, outcome, minute, n = given
        session = None if n is None else self.own[n][who]
        return self.course.row(who, MAY + minute * MINUTE + later, concept, outcome, id=key, session=session)


@example(  # time takes from the old score before its reset, which is in the session
    story=[("start", 2, 1, True), ("bring_in", "a", [("Old", "correct", 0, None)]), ("end", 2)],
    old=1,
    last=["a"],
    size=1,
)
@settings(max_examples=100)
@given(
    story=st.lists(steps, max_size=12), old=st.none() | moments, last=st.permutations("ab"), size=st.integers(1, 9)
)  # fmt: skip
def test_whatever_else_happens_imports_leave_no_trace(
    story: list[Any], old: int | None, last: list[str], size: int, database: EmbeddedDatabase, console: Any
) -> None:
    course = Course(database, console)
    twins = Twins(course, size)
    for who in twins.both if old is not None else ():
        put_score(course, who, "Old", 0.6180339, MAY + (old or 0) * MINUTE)
    for kind, *said in story:
        getattr(twins, kind)(*said)
    for name in last:
        twins.undo(name)
    assert normalised(course.record(twins.both[0])) == normalised(course.record(twins.both[1]))


def test_a_session_that_ended_on_its_own_ends_no_later_when_an_import_is_undone(course: Course) -> None:
    learner, session = course.person(), str(uuid4())
    course.service.call("start_session", learner=learner, session=session, at=MAY)
    course.live(learner, MAY + HOUR, session=session)
    first = course.bring_in(course.row(learner, MAY + 5 * HOUR, session=session))
    second = course.bring_in(course.row(learner, MAY + 6 * HOUR, session=session))
    course.service.call("end_session", session=session, at=MAY + 2 * HOUR)
    for key in (second, first):
        course.undo(key)
        [left] = course.record(learner)["sessions"]
        assert (left["started_at"], left["ended_at"]) == (MAY, MAY + 2 * HOUR)
    assert course.record(learner)["bounds"] == []


def test_whom_a_list_names_stays_when_the_import_that_made_them_is_undone(course: Course) -> None:
    key = course.bring_in(*(course.own(called, MAY) for called in ("Ann Lee", "Ben", "Cho")))
    ann, ben, cho = (cohort_learner_id(course.id, called) for called in ("Ann Lee", "Ben", "Cho"))

    def add(*names: str) -> Row:
        lines = [{"line": n, "name": name} for n, name in enumerate(names, 1)]
        plan = course.teacher.call("plan_roster", cohort=course.id, lines=lines, make_new=True)
        answer: Row = course.teacher.call("add_roster", cohort=course.id, lines=lines, make_new=True, plan=plan)
        return answer

    assert add("Ann Lee") == {"added": 0, "made": 0, "invited": 0}
    course.teacher.call("remove_member", cohort=course.id, person=ben)
    assert add("Ben", "Dee") == {"added": 1, "made": 1, "invited": 0}
    course.undo(key)
    dee = cohort_learner_id(course.id, "Dee")
    after = course.everything()
    assert {str(row["user_id"]): row["import_id"] for row in after["members"]} == dict.fromkeys(
        (course.teacher_id, ann, ben, dee)
    )
    assert [row["import_id"] for row in after["profiles"]] == [None] * 4
    assert course.console.query("select id from auth.users where id = %(id)s", id=cho) == []


def test_a_list_that_an_import_got_ahead_of_keeps_whom_it_names(course: Course) -> None:
    lines = [{"line": 1, "name": "Ann Lee"}]
    plan = course.teacher.call("plan_roster", cohort=course.id, lines=lines, make_new=True)
    key = course.bring_in(course.own("Ann Lee", MAY))
    answer = course.teacher.call("add_roster", cohort=course.id, lines=lines, make_new=True, plan=plan)
    assert answer == {"added": 0, "made": 0, "invited": 0}
    course.undo(key)
    assert cohort_learner_id(course.id, "Ann Lee") in {str(row["user_id"]) for row in course.everything()["members"]}


# Nobody reaches beyond their cohort


@pytest.fixture
def outsider(elsewhere: Course) -> Iterator[tuple[str, str, str]]:
    """A learner of another cohort, with a session and an interaction, who is as they were in the end."""
    learner, session = elsewhere.person(), str(uuid4())
    elsewhere.service.call("start_session", learner=learner, session=session, at=MAY)
    interaction = elsewhere.live(learner, MAY, session=session)["interaction_id"]
    before = elsewhere.everything()["records"]
    yield learner, session, interaction
    assert elsewhere.everything()["records"] == before


def test_only_students_of_the_cohort_are_written_to(course: Course, outsider: tuple[str, str, str]) -> None:
    learner, key = course.person(), course.begin()
    colleague, nobody = course.person("instructor"), str(uuid4())
    before = course.everything()
    said = set()
    for who in (outsider[0], colleague, course.teacher_id, nobody):
        for called in ("Somebody", who):
            with pytest.raises(InvalidInput, match="is no student of this cohort") as refused:
                course.send(key, [course.row(learner, MAY), course.row(who, MAY, called=called)])
            said.add(str(refused.value).replace(who, "Somebody"))
    assert len(said) == 1, "who is there and who is not sounds the same"
    with pytest.raises(InvalidInput, match="is no student"):
        course.send(key, [course.row(cohort_learner_id(course.id, "Ben"), MAY, called="Ann")])
    assert course.everything() == before


def test_nothing_is_learned_from_an_id(course: Course, outsider: tuple[str, str, str]) -> None:
    learner = course.person()
    _, session, interaction = outsider
    theirs = course.row(learner, MAY, id=interaction, session=session)
    nobodys = course.row(learner, MAY + HOUR, session=str(uuid4()))
    answers = [course.send(course.begin(), [row]) for row in (theirs, nobodys)]
    assert answers[0] == answers[1] == {"imported": 1, "already_there": 0, "learners": 0}
    rows = course.record(learner)["interactions"]
    assert {str(row["id"]) for row in rows}.isdisjoint({interaction, nobodys["id"]})
    assert {str(row["session_id"]) for row in rows}.isdisjoint({session, nobodys["session"]})
    known = {"cohort": course.id, "interactions": [interaction, interaction]}
    assert course.teacher.call("known_interactions", **known, learners=[outsider[0], str(uuid4())]) == 0
    ids, whose = [theirs["id"], nobodys["id"], str(uuid4())], [learner] * 3
    assert course.teacher.call("known_interactions", cohort=course.id, learners=whose, interactions=ids) == 2


def test_nobody_takes_an_id_before_an_import_comes(course: Course) -> None:
    fellow = course.database.acting_as(fellow_id := course.person())
    row = course.own("Ann Lee", MAY, session=str(uuid4()))

    def without_secret(key: str) -> str:
        return str(UUID(hashlib.sha256(f"{row['learner']}\n{key}".encode()).hexdigest()[:32]))

    for key in (row["id"], without_secret(row["id"])):
        outcome = {"id": key, "learner": fellow_id, "concept": "Mean", "outcome": "correct"}
        fellow.call("record_outcomes", outcomes=[outcome])
    for session in (row["session"], without_secret(row["session"])):
        fellow.call("start_session", learner=fellow_id, session=session)
    assert course.send(course.begin(), [row]) == {"imported": 1, "already_there": 0, "learners": 1}
    asked = {"learner": row["learner"], "id": row["id"]}
    [kept] = course.console.query("select private.id_within(%(learner)s, %(id)s)::text as id", **asked)
    [there] = course.record(row["learner"])["interactions"]
    assert str(there["id"]) == kept["id"] != without_secret(row["id"])
    [salt] = course.console.query(
        "select count(*) as n, min(length(salt)) as signs,"
        " bool_or(has_table_privilege(role, 'private.id_salt', 'select, insert, update, delete')) as is_open"
        " from private.id_salt cross join unnest(array['anon', 'authenticated', 'service_role']) role"
    )
    assert salt == {"n": 3, "signs": 72, "is_open": False}


def test_what_a_learner_recorded_under_a_files_id_does_not_count_as_there(course: Course) -> None:
    learner = course.person()
    recorded, elsewhere = course.row(learner, MAY), course.row(learner, MAY + HOUR)
    course.live(learner, MAY - DAY, interaction=recorded["id"])
    course.service.call("import_outcomes", rows=[elsewhere])
    ids = [recorded["id"], elsewhere["id"]]
    known = {"cohort": course.id, "learners": [learner] * 2, "interactions": ids}
    assert course.teacher.call("known_interactions", **known) == 1
    answer = course.send(course.begin(), [recorded, elsewhere])
    assert answer == {"imported": 1, "already_there": 1, "learners": 0}
    assert course.teacher.call("known_interactions", **known) == 2
    assert len(course.record(learner)["interactions"]) == 3


def test_an_import_is_gone_on_with_by_who_made_it_alone(course: Course, elsewhere: Course) -> None:
    learner, key = course.person(), course.begin()
    rows, there = [course.row(learner, MAY)], {"import": key}
    colleague = course.database.acting_as(course.person("instructor"))
    for caller in (colleague, elsewhere.teacher, course.database.acting_as(learner), course.service):
        with pytest.raises(NotFound, match="no such import"):
            course.send(key, rows, caller)
        with pytest.raises(NotFound, match="no such import"):
            caller.call("finish_import", **there, report={})
    for caller in (elsewhere.teacher, course.database.acting_as(learner)):
        with pytest.raises(NotFound, match="no such import"):
            caller.call("undo_import", **there)
        with pytest.raises(NotFound, match="no such cohort"):
            caller.call("cohort_imports", cohort=course.id)
        with pytest.raises(NotFound, match="no such cohort"):
            caller.call("begin_import", **{"import": str(uuid4())}, cohort=course.id, file_name="x")
    with pytest.raises(InvalidInput, match="taken"):
        elsewhere.teacher.call("begin_import", **there, cohort=elsewhere.id, file_name="x")
    course.send(key, rows)
    assert course.undo(key, colleague) == 1


def test_who_is_removed_meanwhile_is_refused_and_may_still_take_back(course: Course) -> None:
    learner, key = course.person(), course.begin()
    before = course.everything()
    course.send(key, [course.row(learner, MAY), course.own("Ben", MAY)])
    finished = course.bring_in(course.row(learner, MAY + DAY))
    course.service.call("remove_from_cohort", cohort=course.name, person=course.teacher_id)
    with pytest.raises(NotFound, match="no such cohort"):
        course.send(key, [course.row(learner, MAY + HOUR)])
    with pytest.raises(NotFound, match="no such cohort"):
        course.teacher.call("finish_import", **{"import": key}, report={})
    with pytest.raises(NotFound, match="no such import"):
        course.undo(finished)
    assert course.undo(key) == 2
    assert course.undo(finished, course.service) == 1
    after = course.everything()
    assert after["records"][UUID(learner)] == before["records"][UUID(learner)]
    assert after["people"] == before["people"]


def test_who_was_removed_takes_back_for_an_hour_only(course: Course) -> None:
    learner, key = course.person(), course.begin()
    course.send(key, [course.row(learner, MAY)])
    course.service.call("remove_from_cohort", cohort=course.name, person=course.teacher_id)
    course.console.query("update imports set touched_at = now() - interval '61 minutes' where id = %(id)s", id=key)
    with pytest.raises(NotFound, match="no such import"):
        course.undo(key)
    assert course.undo(key, course.service) == 1


def test_a_learner_of_the_cohort_comes_back_unless_somebody_else_has_a_stake(course: Course, elsewhere: Course) -> None:
    course.bring_in(course.own("Ben", MAY), course.own("Ann", MAY))
    ben, ann = (cohort_learner_id(course.id, name) for name in ("Ben", "Ann"))
    for person in (ben, ann):
        course.service.call("remove_from_cohort", cohort=course.name, person=person)
    course.service.call("add_to_cohort", cohort=elsewhere.name, person=ann)
    before = course.everything(), course.record(ben)
    with pytest.raises(InvalidInput, match='"Ann" left this cohort'):
        course.send(course.begin(), [course.own("Ben", MAY + DAY), course.own("Ann", MAY + DAY)])
    key = course.bring_in(course.own("Ben", MAY + DAY))
    assert ben in {str(row["user_id"]) for row in course.everything()["members"]}
    course.undo(key)
    assert (course.everything(), course.record(ben)) == before


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"id": None}, "needs an id"),
    "no learner": ({"learner": None}, "needs an id, a learner"),
    "no name": ({"called": None}, "called"),
    "an empty name": ({"called": " "}, "1 to 200 characters"),
    "a long name": ({"learner_name": "x" * 201}, "1 to 200 characters"),
    "a name that runs backwards": ({"learner_name": "a\u202eb"}, "control or invisible"),
    "no concept": ({"concept": None}, "needs a name"),
    "an unknown outcome": ({"outcome": "guessed"}, "Unknown outcome"),
    "a reset": ({"outcome": "reset"}, "Unknown outcome"),
    "no time": ({"at": None}, "The time nothing cannot be"),
    "a time to come": ({"at": "2126-01-01T00:00:00Z"}, "future"),
    "a long type": ({"type": "x" * 81}, "at most 80"),
}


@pytest.mark.parametrize(("changes", "gist"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_leaves_nothing_of_its_batch(course: Course, changes: dict[str, Any], gist: str) -> None:
    key, before = course.begin(), course.everything()
    with pytest.raises(InvalidInput, match=gist):
        course.send(key, [course.own("Ben", MAY), course.own("Ann", MAY) | changes])
    assert course.everything() == before


def test_what_is_no_list_of_rows_is_refused(course: Course) -> None:
    key = course.begin()
    for rows in ({"a": 1}, [1], ["x"], [course.own("Ben", MAY)] * 5001):
        with pytest.raises(InvalidInput):
            course.send(key, rows)  # type: ignore[arg-type]
    assert course.send(key, []) == {"imported": 0, "already_there": 0, "learners": 0}
    for size in (0, -1, 100_001):
        with pytest.raises(InvalidInput):
            course.undo(key, max_interactions=size)
    for name in ("", " ", "x" * 256, "a\u202eb"):
        with pytest.raises(InvalidInput):
            course.teacher.call("begin_import", **{"import": str(uuid4())}, cohort=course.id, file_name=name)
    with pytest.raises(InvalidInput, match="report"):
        course.teacher.call("finish_import", **{"import": key}, report=[])


def test_an_archived_cohort_takes_nothing_in(course: Course) -> None:
    course.console.query("update cohorts set archived_at = now() where id = %(id)s", id=course.id)
    with pytest.raises(InvalidInput, match="archived"):
        course.begin()


def test_nobody_joins_a_cohort_that_is_archived_while_an_import_runs(course: Course) -> None:
    learner, key = course.person(), course.begin()
    course.send(key, [course.own("Ann", MAY)])
    course.console.query("update cohorts set archived_at = now() where id = %(id)s", id=course.id)
    before = course.everything()
    with pytest.raises(InvalidInput, match="archived"):
        course.send(key, [course.row(learner, MAY), course.own("Ben", MAY)])
    assert course.everything() == before
    assert course.send(key, [course.row(learner, MAY), course.own("Ann", MAY)])["imported"] == 2


def test_the_list_says_who_made_what_and_how_it_ended(course: Course) -> None:
    learner = course.person()
    done = course.bring_in(course.row(learner, MAY), course.row(learner, MAY + DAY))
    running = course.begin(course.service)
    rows = course.teacher.call("cohort_imports", cohort=course.id)
    assert [(row["id"], row["state"], row["interactions"], row["mine"]) for row in rows] == [
        (running, "running", 0, False),
        (done, "done", 2, True),
    ]
    assert rows[1]["report"] == {"rows": 2}
    course.undo(done)
    row = course.teacher.call("cohort_imports", cohort=course.id)[1]
    assert (row["state"], row["interactions"], row["report"]) == ("undone", 0, {"rows": 2})
    assert row["undone_at"]


def test_the_list_ends_with_the_200th(course: Course) -> None:
    course.console.query(
        "insert into imports (id, cohort_id, file_name, started_at)"
        " select gen_random_uuid(), %(id)s, n::text, now() - n * interval '1 hour' from generate_series(1, 202) n",
        id=course.id,
    )
    rows = course.teacher.call("cohort_imports", cohort=course.id)
    assert [row["file_name"] for row in rows] == [str(n) for n in range(1, 201)]


def test_what_refers_to_an_import_or_its_maker_is_indexed(course: Course) -> None:
    unindexed = course.console.query(
        "select c.conrelid::regclass::text as name, a.attname from pg_constraint c"
        " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        " where c.contype = 'f' and (c.confrelid = 'imports'::regclass or c.conrelid = 'imports'::regclass)"
        " and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])"
    )
    assert unindexed == []


def test_what_a_browser_brought_in_the_command_line_does_not_bring_again(course: Course) -> None:
    learner = course.person()
    rows = [course.row(learner, MAY + n * HOUR) for n in range(3)]
    course.bring_in(*rows[:2])
    answer = course.service.call("import_outcomes", rows=rows)
    assert (answer["imported"], answer["already_there"]) == (1, 2)
    assert course.send(course.begin(), rows) == {"imported": 0, "already_there": 3, "learners": 0}


# At the same time


def test_imports_undo_and_practice_at_once_end_well(course: Course) -> None:
    learners = [course.person() for _ in range(6)]
    keys = [course.begin() for _ in range(3)]
    before = {learner: course.record(learner) for learner in learners}

    def bring_in(key: str) -> None:
        for n in range(6):
            rows = [course.row(learner, MAY + n * DAY) for learner in learners[:: 1 if n % 2 else -1]]
            try:
                course.send(key, [*rows, course.own(f"New {n}", MAY)])
            except InvalidInput:
                assert key == keys[0]

    def practise(turn: int) -> None:
        for n in range(6):
            outcomes = [
                {"id": str(uuid4()), "learner": learner, "concept": "Live", "outcome": "correct", "at": (MAY + n * HOUR).isoformat()}
                for learner in learners[:: (-1) ** (turn + n)]
            ]  # fmt: skip
            course.service.call("record_outcomes", outcomes=outcomes)

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(bring_in, key) for key in keys]
        work += [pool.submit(practise, turn) for turn in range(2)]
        work += [pool.submit(course.undo, keys[0])]
        for each in work:
            each.result()
        for each in [pool.submit(course.undo, key, max_interactions=5) for key in (*keys, *keys)]:
            each.result()
    for learner in learners:
        tables = course.record(learner)
        assert {row["concept_tag"] for row in tables["student_mastery"]} == {"Live"}
        assert tables["sessions"] == before[learner]["sessions"]
        course.console.assert_telescopes(learner)
    assert len(course.everything()["members"]) == 7


def test_an_undo_whose_learners_erase_their_records_meanwhile_is_not_at_its_end(course: Course) -> None:
    learners = sorted(course.person() for _ in range(2))
    key = course.bring_in(*(course.row(learner, MAY) for learner in learners))
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(course.database.server.conninfo()) as erasing,
    ):
        erasing.execute("select private.lock_learner(%s)", [learners[1]])
        erasing.execute("delete from interactions where student_id = %s", [learners[1]])
        undoing = pool.submit(course.teacher.call, "undo_import", **{"import": key}, max_interactions=1)
        waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%undo_import%'"
        for _ in range(2000):
            if course.console.query(waiting):
                break
            assert not undoing.done(), undoing.exception()
            time.sleep(0.01)
        erasing.commit()
        assert undoing.result() == {"removed": 0, "remaining": 1, "state": "undoing"}
    assert course.undo(key) == 1
    assert course.record(learners[0])["interactions"] == []


def test_nobody_but_the_functions_writes_an_import(course: Course) -> None:
    key = course.begin()
    learner = course.database.acting_as(course.person())
    with pytest.raises(MasteryError):
        learner.call("take_in", rows=[], cohort=course.id, **{"import": key})
    with pytest.raises(NotAllowed):
        course.teacher.call("import_outcomes", rows=[course.own("Ben", MAY)])
