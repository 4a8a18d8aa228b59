"""A file is looked at, imported and undone by who teaches the cohort: all of it, or nothing."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.cohort_service import CohortService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotFound, Unavailable
from mastery_core.ingest import practice_import as module
from mastery_core.ingest.ids import cohort_learner_id
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.jobs import Cancelled
from mastery_core.ingest.practice_import import DryRun, PracticeImport, Reading
from mastery_core.model import Outcome
from tests.local_supabase import Transport

CSV = Reading("csv")
HEADER = "learner,concept,outcome,at,session\n"
Query = Callable[..., list[dict[str, Any]]]


class Room:
    """A cohort, its instructor's imports, and a way to write files."""

    def __init__(self, transport: Transport, service: Database, person: Callable[[], str], query: Query, folder: Path):
        self.transport, self.service, self.person, self.query, self.folder = transport, service, person, query, folder
        self.name = f"Room {uuid4()}"
        self.teacher_id = person()
        service.call(
            "add_to_cohort", cohort=self.name, person=self.teacher_id, role="instructor", create_missing=True
        )  # fmt: skip
        [cohort] = query("select id from cohorts where name = %(name)s", name=self.name)
        self.id = str(cohort["id"])
        self.database = transport.acting_as(self.teacher_id)
        self.imports = PracticeImport(self.database, self.id)

    def student(self, name: str, email: str | None = None) -> str:
        student = self.person()
        self.query("update auth.users set email = %(email)s where id = %(id)s", email=email, id=student)
        self.query("update profiles set display_name = %(name)s where id = %(id)s", name=name, id=student)
        self.service.call("add_to_cohort", cohort=self.name, person=student)
        return student

    def file(self, *rows: tuple[str, str, str, str] | str, header: str = HEADER) -> Path:
        path = self.folder / "upload"
        lines = [row if isinstance(row, str) else ",".join((*row[:4], row[4] if len(row) > 4 else "")) for row in rows]
        path.write_text(header + "".join(f"{line}\n" for line in lines))
        return path

    def names(self) -> list[str]:
        people = self.database.call("cohort_people", cohort=self.id)
        return sorted(each["display_name"] for each in people if each["role"] == "student")

    def counts(self) -> list[dict[str, Any]]:
        return self.query(
            "select (select count(*) from auth.users) as people, (select count(*) from cohort_members) as members,"
            " (select count(*) from learning_sessions) as sessions, (select count(*) from interactions) as interactions,"
            " (select count(*) from student_mastery) as scores, (select count(*) from mastery_history) as history"
        )


@pytest.fixture
def room(transport: Transport, service: Database, person: Callable[[], str], query: Query, tmp_path: Path) -> Room:
    return Room(transport, service, person, query, tmp_path)


def many(learners: int, each: int) -> list[str]:
    return [
        f"learner {who},concept {n % 3},{'correct' if n % 2 else 'incorrect'},2026-03-0{n % 9 + 1}T10:{n % 60:02}:00Z,s{n % 4}"
        for n in range(each)
        for who in range(learners)
    ]


def test_a_look_says_what_an_import_then_does(room: Room) -> None:
    room.student("learner 0")
    path = room.file(*many(3, 20), "learner 1,,correct,2026-03-01T10:00:00Z,", "learner 0,mean,1,2026-02-01T10:00:00Z,")
    before = room.counts()
    looked = room.imports.check(path, CSV, name="march.csv")
    assert room.counts() == before
    assert (looked.rows, looked.interactions, looked.already_there) == (62, 61, 0)
    assert looked.skipped == {"no concept": (1, 62)}
    assert looked.concepts == {"concept 0": 21, "concept 1": 21, "concept 2": 18, "mean": 1}
    assert (looked.first, looked.last) == (
        datetime(2026, 2, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 9, 10, 17, tzinfo=UTC),
    )
    assert [event.outcome for event in looked.first_events] == [Outcome.INCORRECT] * 3 + [Outcome.CORRECT] * 3 + [
        Outcome.INCORRECT
    ] * 2
    assert [(each.called, each.interactions) for each in looked.learners] == [
        ("learner 0", 21), ("learner 1", 20), ("learner 2", 20),
    ]  # fmt: skip
    assert [each.called for each in looked.new_learners] == ["learner 1", "learner 2"]

    report = room.imports.run(path, CSV, name="march.csv")
    assert (report.rows, report.imported, report.already_there, report.skipped) == (62, 61, 0, looked.skipped)
    assert (report.learners, report.new_learners, report.concepts) == (3, 2, 4)
    assert room.names() == ["learner 0", "learner 1", "learner 2"]
    course = CohortService(room.database).get_learners(room.id, datetime(2026, 3, 10, tzinfo=UTC).date())
    assert dict(zip(course.name, course.observations, strict=True)) == {
        "learner 0": 20,
        "learner 1": 20,
        "learner 2": 20,
    }

    again = room.imports.check(path, CSV)
    assert (again.already_there, again.new_learners) == (61, [])
    assert (room.imports.run(path, CSV).imported, room.imports.run(path, CSV).already_there) == (0, 61)

    [_, _, first] = room.imports.get_imports()
    assert (first.id, first.file_name, first.state, first.interactions) == (report.import_id, "march.csv", "done", 61)
    assert first.mine
    assert first.report is not None
    assert first.report["skipped"] == {"no concept": [1, 62]}
    assert {each.name for each in fields(report)} == first.report.keys()

    assert room.imports.undo(first.id) == 61
    assert room.counts() == before
    assert room.imports.undo(first.id) == 0
    assert [each.state for each in room.imports.get_imports()] == ["done", "done", "undone"]


def test_learners_are_met_by_id_by_email_and_by_name(room: Room) -> None:
    email = f"{uuid4().hex}@x.example"
    by_id, by_email = room.student("One"), room.student("Two", email)
    by_name, by_column = room.student("Zoë Three"), room.student("Four")
    rows = [by_id.upper(), email.upper(), "Zoe\u0308 Three", "4", "five@X.example", "six", "7"]
    names = {"4": "Four", "6": "Six", "7": "Seven"}
    lines = [f"{who},{names.get(who, '')},mean,1,2026-03-01" for who in rows]
    path = room.file(*lines, header="learner,name,concept,outcome,at\n")
    looked = room.imports.check(path, CSV)
    assert [each.person for each in looked.learners] == [by_id, by_email, by_name, by_column, None, None, None]
    assert [each.name for each in looked.learners] == [
        "One", "Two", "Zoë Three", "Four", "five@X.example", "six", "Seven",
    ]  # fmt: skip
    assert room.imports.run(path, CSV).new_learners == 3
    assert room.names() == sorted(["Four", "One", "Seven", "Two", "Zoë Three", "five@X.example", "six"])
    made = {cohort_learner_id(room.id, called) for called in ("five@x.example", "six", "7")}
    again = room.imports.check(path, CSV)
    assert (again.new_learners, again.already_there) == ([], 7)
    assert made < {each.person for each in again.learners}
    # Whatever name they take since, the file's name for them is them.
    seven = cohort_learner_id(room.id, "7")
    room.query("update profiles set display_name = 'Siobhan' where id = %(id)s", id=seven)
    assert {each.person: each.name for each in room.imports.check(path, CSV).learners}[seven] == "Siobhan"


def test_who_calls_themselves_by_an_address_or_id_is_met_by_neither(room: Room) -> None:
    email, key = f"{uuid4().hex}@x.example", str(uuid4())
    for name in (email, key, key.upper()):
        room.student(name)
    rows = [
        f"{who},{name},mean,1,2026-03-01" for who, name in ((email, ""), (key, ""), ("1", email), ("2", key.upper()))
    ]
    looked = room.imports.check(room.file(*rows, header="learner,name,concept,outcome,at\n"), CSV)
    assert [each.called for each in looked.new_learners] == [email, key, "1", "2"]


def test_a_name_that_several_have_names_its_line(room: Room) -> None:
    for _ in range(2):
        room.student("Ann Lee")
    path = room.file("Ben,mean,1,2026-03-01,", "Ann Lee,mean,1,2026-03-01,")
    for ask in (room.imports.check, room.imports.run):
        with pytest.raises(InvalidInput, match=r"^marks.csv, line 3: 2 students of the cohort are called 'Ann Lee'"):
            ask(path, CSV, name="marks.csv")
    room.student("Cho")
    header = "learner,name,concept,outcome,at\n"
    path = room.file("1,Cho,mean,1,2026-03-01", "2,Cho,mean,1,2026-03-01", header=header)
    with pytest.raises(InvalidInput, match=r"line 3: The learners '1' and '2' are both called 'Cho'"):
        room.imports.check(path, CSV, name="marks.csv")
    # Ids tell apart whom a name does not.
    path = room.file("1,Ann Lee,mean,1,2026-03-01", "2,Ann Lee,mean,1,2026-03-01", header=header)
    assert len(room.imports.check(path, CSV).new_learners) == 2


def test_what_was_imported_at_the_command_line_is_there_already(room: Room) -> None:
    path = room.file(*many(2, 9))
    import_file(room.service, path, format="csv", cohort=room.name)
    looked = room.imports.check(path, CSV)
    assert (looked.new_learners, looked.already_there) == ([], 18)
    assert room.imports.run(path, CSV).already_there == 18


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 5)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)


def cancelling_at(share: float) -> Callable[[int, int], None]:
    def on_progress(done: int, total: int) -> None:
        if done >= share * total:
            raise Cancelled("enough")

    return on_progress


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 1])
@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_leaves_nothing(room: Room, share: float) -> None:
    path, before = room.file(*many(4, 9)), room.counts()
    with pytest.raises(Cancelled):
        room.imports.run(path, CSV, on_progress=cancelling_at(share))
    assert room.counts() == before
    assert {each.state for each in room.imports.get_imports()} <= {"undone"}


@pytest.mark.usefixtures("small_batches")
def test_progress_goes_forward_to_the_end_and_back_where_it_is_taken_back(room: Room) -> None:
    path, calls = room.file(*many(4, 9)), []
    report = room.imports.run(path, CSV, on_progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (path.stat().st_size,) * 2
    calls.clear()
    room.imports.undo(str(report.import_id), on_progress=lambda *call: calls.append(call))
    assert calls[-1] == (36, 36)


class Breaking:
    """The database, which breaks down at some calls of a function: what was asked may have been done, or not."""

    def __init__(self, database: Database, function: str, *calls: int, error: Exception, is_done: bool = False):
        self.function, self.calls, self.error, self.is_done = function, set(calls), error, is_done
        self._database, self._count = database, 0

    def call(self, function: str, /, **arguments: Any) -> Any:
        self._count += function == self.function
        is_broken = function == self.function and self._count in self.calls
        answer = None if is_broken and not self.is_done else self._database.call(function, **arguments)
        if is_broken:
            raise self.error
        return answer


@pytest.mark.parametrize("function", ["begin_import", "import_practice", "finish_import"])
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.usefixtures("small_batches")
def test_an_import_that_fails_leaves_nothing_and_says_why(room: Room, function: str, is_done: bool) -> None:  # noqa: FBT001
    path, before = room.file(*many(4, 9)), room.counts()
    failing = Breaking(room.database, function, 1, 2, error=Unavailable("Gone."), is_done=is_done)
    with pytest.raises(Unavailable, match=r"^Gone\.$"):
        PracticeImport(failing, room.id).run(path, CSV)
    assert room.counts() == before


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.usefixtures("small_batches")
def test_a_call_that_got_lost_is_made_again_and_nothing_is_counted_twice(room: Room, is_done: bool) -> None:  # noqa: FBT001
    path = room.file(*many(4, 9))
    failing = Breaking(room.database, "import_practice", 2, 5, error=Unavailable("Gone."), is_done=is_done)
    report = PracticeImport(failing, room.id).run(path, CSV)
    assert (report.imported, report.already_there, report.new_learners) == (36, 0, 4)


def test_an_undo_that_does_not_come_through_takes_less_at_a_time(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    before, report = room.counts(), room.imports.run(room.file(*many(2, 9)), CSV)
    sizes: list[int] = []

    class Slow:
        def call(self, function: str, /, **arguments: Any) -> Any:
            sizes.append(arguments["max_interactions"])
            if sizes[-1] > 100 or len(sizes) == 8:
                raise Unavailable("Too slow.")
            return room.database.call(function, **arguments)

    assert PracticeImport(Slow(), room.id).undo(str(report.import_id)) == 18
    assert sizes == [2000, 1000, 500, 250, 125, 100, 100, 100][: len(sizes)]
    assert room.counts() == before
    sizes.clear()
    failing = Breaking(room.database, "undo_import", *range(99), error=Unavailable("Gone."))
    with pytest.raises(Unavailable, match="Gone"):
        PracticeImport(failing, room.id).undo(str(report.import_id))


@pytest.mark.usefixtures("small_batches")
def test_where_not_even_that_can_be_taken_back_it_says_so_and_waits_for_it(room: Room, query: Query) -> None:
    path, before = room.file(*many(4, 9)), room.counts()
    failing = Breaking(room.database, "undo_import", *range(9), error=Unavailable("Gone."))
    with pytest.raises(Unavailable, match=r"^enough What was imported .* \(Gone\.\): undo it in the list"):
        PracticeImport(failing, room.id).run(path, CSV, on_progress=cancelling_at(0.6))
    [left] = room.imports.get_imports()
    assert (left.state, left.interactions > 0) == ("running", True)
    query("update imports set touched_at = now() - interval '3 minutes' where id = %(id)s", id=left.id)
    assert room.imports.get_imports()[0].state == "interrupted"
    room.imports.undo(left.id)
    assert room.counts() == before
    assert room.imports.get_imports()[0].state == "undone"


@pytest.mark.usefixtures("small_batches")
def test_who_is_removed_while_it_runs_leaves_nothing_behind(room: Room) -> None:
    path, before = room.file(*many(4, 9)), room.counts()

    def on_progress(done: int, total: int) -> None:
        if done > total / 2:
            room.service.call("remove_from_cohort", cohort=room.name, person=room.teacher_id)

    with pytest.raises(NotFound, match="no such cohort"):
        room.imports.run(path, CSV, on_progress=on_progress)
    room.service.call("add_to_cohort", cohort=room.name, person=room.teacher_id, role="instructor")
    assert room.counts() == before


def test_a_file_that_cannot_be_read_is_named_as_it_was_uploaded(room: Room) -> None:
    path, before = room.file("Ben,mean,1,2026-03-01,", "Ben,mean,guess,2026-03-01,"), room.counts()
    for ask in (room.imports.check, room.imports.run):
        with pytest.raises(InvalidInput, match=r"^marks.csv, line 3, column 'outcome'"):
            ask(path, CSV, name="marks.csv")
        with pytest.raises(InvalidInput, match="no format"):
            ask(path, Reading("excel"))
        with pytest.raises(InvalidInput, match="time zone"):
            ask(path, Reading("csv", timezone="Mars/Olympus"))
    assert room.counts() == before
    assert room.imports.get_imports() == []


def test_a_mapping_a_zone_and_a_strange_file_name_are_taken(room: Room) -> None:
    path = room.file("ben;mean;1;2026-03-01 10:00", header="Who;What;Right;When\n")
    reading = Reading(
        "csv", mapping={"learner": "Who", "concept": "What", "outcome": "Right", "at": "When"}, timezone="Asia/Tokyo"
    )
    assert room.imports.check(path, reading).first == datetime(2026, 3, 1, 1, tzinfo=UTC)
    room.imports.run(path, reading, name="\u202eve\nry " + "x" * 300)
    assert room.imports.get_imports()[0].file_name == "very " + "x" * 250


def test_an_empty_file_and_nobody_elses_cohort(room: Room, person: Callable[[], str]) -> None:
    path = room.file()
    looked = room.imports.check(path, CSV)
    assert looked == DryRun()
    assert room.imports.run(path, CSV).imported == 0
    stranger = PracticeImport(room.transport.acting_as(person()), room.id)
    for ask in (lambda: stranger.check(path, CSV), lambda: stranger.run(path, CSV), stranger.get_imports):
        with pytest.raises(NotFound, match="no such cohort"):
            ask()
    with pytest.raises(NotFound, match="no such import"):
        stranger.undo(room.imports.get_imports()[0].id)
