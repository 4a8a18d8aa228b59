"""What researchers get: each figure against a plain calculation from the raw log, nobody's name, and only what changed."""

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from mastery_core.identity.directory import Directory
from mastery_core.research import extract as extracting
from mastery_core.research.extract import MANIFEST, SCHEMA, Extracted, extract, read_manifest
from tests.local_supabase import Transport
from tests.services import plain_cohort as plain

Query = Callable[..., list[dict[str, Any]]]
CONCEPTS = ("Mean", "Médiane", "'; --")
BEGINNING = datetime(2026, 1, 20, 12, tzinfo=UTC)
MONTHS = ("2026-01", "2026-02", "2026-03")


class Group(NamedTuple):
    """A cohort, its learners and their log, and a researcher."""

    cohort: str
    name: str
    teacher: str
    learners: list[str]
    log: pd.DataFrame
    researcher: str


@pytest.fixture
def group(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any], query: Query
) -> Iterator[Group]:
    """Six learners with practice in three months, in a cohort that is shared; sessions, and outcomes in one instant."""
    chance, name = random.Random(6), f"Group {uuid4()}"
    learners = [str(uuid4()) for _ in range(6)]
    sessions = {learner: [str(uuid4()) for _ in range(3)] for learner in learners}
    events = [
        (learner, chance.choice(CONCEPTS), chance.choice([*plain.WORTH]), BEGINNING + timedelta(minutes=chance.randrange(60 * 24 * 55)))
        for learner in learners
        for _ in range(40)
    ]  # fmt: skip
    # Again and again within an hour, and twice in one instant.
    events += [
        (learner, "Mean", "correct", BEGINNING + timedelta(days=14, minutes=n // 2))
        for learner in learners
        for n in range(8)
    ]
    log = pd.DataFrame(events, columns=["learner", "concept", "outcome", "at"])
    log["id"] = [str(uuid4()) for _ in events]
    log["session"] = [chance.choice([None, *sessions[learner]]) for learner in log.learner]
    rows = [
        import_row(
            row.learner,
            row.concept,
            row.outcome,
            row.at,
            id=row.id,
            session=row.session if isinstance(row.session, str) else None,
            learner_name=f"Learner {row.learner}",
        )
        for row in log.itertuples()
    ]
    query("update cohorts set in_research_since = null")  # what earlier tests shared
    service.call("import_outcomes", rows=rows, cohort=name)
    [found] = query("select id::text from cohorts where name = %(name)s", name=name)
    teacher, researcher = person(), person()
    service.call("add_to_cohort", cohort=name, person=teacher, role="instructor")
    service.call("grant_role", person=researcher, role="researcher")
    group = Group(found["id"], name, teacher, learners, log, researcher)
    share(service, group)
    yield group
    share(service, group, shared=False)


def share(database: Database, group: Group, *, shared: bool = True) -> None:
    CohortKeeping(database).share(group.cohort, shared=shared)


@pytest.fixture
def researcher(transport: Transport, group: Group) -> Database:
    return transport.acting_as(group.researcher)


@pytest.fixture
def named(query: Query) -> Callable[[str, str], str]:
    """The name that the database gives to a thing of some kind."""

    def name(kind: str, key: str) -> str:
        [row] = query("select private.pseudonym(%(kind)s, %(key)s::uuid) as name", kind=kind, key=key)
        return str(row["name"])

    return name


def events(folder: Path) -> pd.DataFrame:
    """All of an extract, in its order."""
    tables = [pq.ParquetFile(path).read() for path in sorted((folder / "events").glob("*/events.parquet"))]
    assert all(table.schema.equals(SCHEMA) for table in tables)
    return (
        pd.concat([table.to_pandas() for table in tables], ignore_index=True)
        if tables
        else SCHEMA.empty_table().to_pandas()
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("events/*/*"))}


def same(folder: Path, other: Path) -> bool:
    """Whether two extracts hold the same rows in the same order, and say the same of themselves."""
    ours, theirs = (
        [(each.month, each.rows, each.days) for each in read_manifest(one).months] for one in (folder, other)
    )
    whole = all(read_manifest(one).complete for one in (folder, other))
    return whole and ours == theirs and events(folder).equals(events(other))


def test_every_event_is_as_the_raw_log_has_it(
    researcher: Database, group: Group, named: Callable[[str, str], str], tmp_path: Path
) -> None:
    extract(researcher, tmp_path)
    found = events(tmp_path)
    found = found[found.cohort == named("cohort", group.cohort)]
    expected = plain.folded(group.log)
    expected["learner"] = expected.learner.map({learner: named("learner", learner) for learner in group.learners})
    expected["session"] = expected.session.map(lambda key: named("session", key), na_action="ignore")
    expected["gap"] = expected.groupby(["learner", "concept"], sort=False)["at"].diff().dt.total_seconds()
    pairs = expected.groupby(["learner", "concept"], sort=False)
    expected["right"], expected["wrong"] = expected.graded & expected.correct, expected.graded & ~expected.correct
    expected["successes"], expected["failures"] = (pairs[name].cumsum() - expected[name] for name in ("right", "wrong"))
    order = ["learner", "concept", "at", "opportunity"]
    expected, found = (frame.sort_values(order, ignore_index=True) for frame in (expected, found))
    for column in ("learner", "concept", "at", "outcome", "opportunity", "successes", "failures", "session"):
        assert found[column].tolist() == expected[column].where(expected[column].notna(), None).tolist(), column
    assert found.is_correct.where(found.is_correct.notna(), None).tolist() == [
        bool(row.correct) if row.graded else None for row in expected.itertuples()
    ]
    numbers = {
        "after": expected.after,
        "delta": expected.moved,
        "before": expected.after - expected.moved,
        "gap": expected.gap,
    }
    for column, values in numbers.items():
        np.testing.assert_allclose(found[column], values, atol=1e-9, rtol=0, err_msg=column)
    earlier = expected.groupby(["learner", "concept"], sort=False).after.shift().fillna(0.5)
    np.testing.assert_allclose(found.forgotten, expected.after - expected.moved - earlier, atol=1e-9, rtol=0)


def test_rows_lie_learner_by_learner_in_the_order_of_what_happened(researcher: Database, tmp_path: Path) -> None:
    extract(researcher, tmp_path)
    for path in tmp_path.glob("events/*/events.parquet"):
        frame = pq.ParquetFile(path).read().to_pandas()
        order = frame.sort_values(["learner", "concept", "at"], kind="stable")
        assert order.index.is_monotonic_increasing
        assert frame.groupby(["learner", "concept"]).opportunity.is_monotonic_increasing.all()


def test_the_manifest_says_what_there_is(researcher: Database, tmp_path: Path) -> None:
    done = extract(researcher, tmp_path)
    told = orjson.loads((tmp_path / MANIFEST).read_bytes())
    assert done.manifest == read_manifest(tmp_path)
    assert told["rows"] == len(events(tmp_path)) == sum(month["rows"] for month in told["months"])
    assert told["settings"]["decay_factor"] == 0.95
    assert {rule["outcome"]: rule["delta"] for rule in told["rules"]}["correct"] == 0.1
    assert set(MONTHS) <= {month["month"] for month in told["months"]}


def test_nothing_says_who_anybody_is(
    researcher: Database, group: Group, query: Query, tmp_path: Path, service: Database
) -> None:
    email = f"somebody-{uuid4().hex}@example.org"
    query("update auth.users set email = %(email)s where id = %(id)s", email=email, id=group.learners[0])
    extract(researcher, tmp_path)
    sessions = set(group.log.session.dropna())
    secrets = [*group.learners, *group.log.id, *sessions, group.cohort, group.name, email, "Learner "]
    days = researcher.call("research_days")
    learners = researcher.call("research_learners", days=days["day"])
    answers = [days, learners, researcher.call("research_events", days=days["day"], learners=learners["learner"])]
    told = [orjson.dumps(answer).decode() for answer in answers]
    told += [(tmp_path / MANIFEST).read_text(), events(tmp_path).to_csv()]
    for secret in secrets:
        for form in (secret, secret.replace("-", "")):
            assert not any(form in text for text in told), form
    assert service.call("person", person=group.learners[0])["display_name"].startswith("Learner ")


def test_the_key_is_nobodys(group: Group, transport: Transport, query: Query) -> None:
    [key] = query(
        "select encode(inner_key, 'hex') as inner, encode(outer_key, 'hex') as outer from private.research_key"
    )
    assert len(key["inner"]) == len(key["outer"]) == 128
    assert key["inner"] != key["outer"]
    for role in ("anon", "authenticated", "service_role"):
        [may] = query(
            "select has_table_privilege(%(role)s, 'private.research_key', 'select') as read,"
            " has_function_privilege(%(role)s, 'private.pseudonym(text, uuid)', 'execute') as name,"
            " has_function_privilege(%(role)s, 'private.researched()', 'execute') as list,"
            " has_table_privilege(%(role)s, 'private.research_choices', 'select') as choices",
            role=role,
        )
        assert not any(may.values()), role


@pytest.fixture
def cohorts_in(researcher: Database, tmp_path: Path) -> Callable[[], dict[str, set[str]]]:
    """The learners of each cohort of an extract made now."""

    def extracted() -> dict[str, set[str]]:
        extract(researcher, tmp_path / "now")
        frame = events(tmp_path / "now")
        return {str(cohort): set(of_cohort.learner) for cohort, of_cohort in frame.groupby("cohort")}

    return extracted


def test_only_what_is_shared(
    group: Group, cohorts_in: Callable[[], dict[str, set[str]]], named: Callable[[str, str], str], transport: Transport
) -> None:
    cohort = named("cohort", group.cohort)
    assert cohorts_in()[cohort] == {named("learner", each) for each in group.learners}
    share(transport.acting_as(group.teacher), group, shared=False)
    assert cohort not in cohorts_in()
    share(transport.acting_as(group.teacher), group)
    assert cohort in cohorts_in()


def test_who_wants_no_part_is_left_out_and_a_cohort_that_is_too_small(
    group: Group, cohorts_in: Callable[[], dict[str, set[str]]], named: Callable[[str, str], str], transport: Transport
) -> None:
    cohort = named("cohort", group.cohort)
    first, second, *others = group.learners

    def take_part(learner: str, *, in_research: bool) -> None:
        Directory(transport.acting_as(learner)).take_part(learner, in_research=in_research)

    take_part(first, in_research=False)
    assert cohorts_in()[cohort] == {named("learner", each) for each in (second, *others)}
    take_part(second, in_research=False)
    assert cohort not in cohorts_in()
    take_part(first, in_research=True)
    assert cohorts_in()[cohort] == {named("learner", each) for each in (first, *others)}


def test_learners_without_practice_do_not_make_a_cohort_large(
    group: Group, cohorts_in: Callable[[], dict[str, set[str]]], named: Callable[[str, str], str], service: Database,
    person: Callable[[], str],
) -> None:  # fmt: skip
    for learner in group.learners[:2]:
        service.call("remove_from_cohort", cohort=group.name, person=learner)
        service.call("add_to_cohort", cohort=group.name, person=person())
    assert named("cohort", group.cohort) not in cohorts_in()


def test_who_is_in_two_cohorts_counts_once(
    group: Group,
    cohorts_in: Callable[[], dict[str, set[str]]],
    named: Callable[[str, str], str],
    service: Database,
    query: Query,
) -> None:
    """And the second, with two of its own, is too small without them."""
    second = f"Second {uuid4()}"
    for learner in group.learners:
        service.call("add_to_cohort", cohort=second, person=learner, create_missing=True)
    [found] = query("select id::text from cohorts where name = %(name)s", name=second)
    CohortKeeping(service).share(found["id"], shared=True)
    there_are = cohorts_in()
    assert there_are[named("cohort", group.cohort)] == {named("learner", each) for each in group.learners}
    assert named("cohort", found["id"]) not in there_are
    CohortKeeping(service).share(found["id"], shared=False)


def test_again_nothing_is_written(researcher: Database, group: Group, tmp_path: Path) -> None:
    extract(researcher, tmp_path)
    before = files(tmp_path)
    again = extract(researcher, tmp_path)
    assert (again.written, again.removed) == ((), ())
    assert files(tmp_path) == before


def go_on(service: Database, import_row: Callable[..., Any], learner: str, at: datetime) -> None:
    service.call("import_outcomes", rows=[import_row(learner, "Mean", "incorrect", at, session=None)])


def test_only_the_months_of_what_is_new_or_changed_are_written(
    researcher: Database, group: Group, service: Database, import_row: Callable[..., Any], tmp_path: Path
) -> None:
    kept = tmp_path / "kept"

    def written() -> set[str]:
        done = extract(researcher, kept)
        shutil.rmtree(tmp_path / "anew", ignore_errors=True)
        extract(researcher, tmp_path / "anew")
        assert same(kept, tmp_path / "anew")
        return set(done.written)

    assert set(MONTHS) <= written()
    last = group.log["at"].max()
    go_on(service, import_row, group.learners[0], last.to_pydatetime() + timedelta(minutes=5))
    assert written() == {"2026-03"}
    # Late: what came after it is another one too.
    go_on(service, import_row, group.learners[1], datetime(2026, 2, 10, 9, tzinfo=UTC))
    assert {"2026-02"} <= written() <= {"2026-02", "2026-03"}
    for change in ("replay", "erase_record"):
        learner = group.learners[2 if change == "replay" else 3]
        months = set(group.log[group.log.learner == learner]["at"].dt.strftime("%Y-%m"))
        service.call(change, learner=learner)
        assert written() == months


def test_a_session_that_takes_in_what_was_recorded_before_it_ended_is_told(
    researcher: Database, group: Group, service: Database, tmp_path: Path, named: Callable[[str, str], str]
) -> None:
    learner, session, now = group.learners[0], str(uuid4()), datetime.now(UTC)
    service.call(
        "start_session", learner=learner, session=session, at=now - timedelta(minutes=10), metadata={"by_hand": True}
    )
    service.call(
        "record_outcome",
        learner=learner,
        concept="Mean",
        outcome="correct",
        interaction=str(uuid4()),
        at=now - timedelta(minutes=5),
    )
    extract(researcher, tmp_path / "kept")
    assert named("session", session) not in set(events(tmp_path / "kept").session)
    service.call("end_session", session=session, at=now)
    extract(researcher, tmp_path / "kept")
    extract(researcher, tmp_path / "anew")
    assert named("session", session) in set(events(tmp_path / "kept").session)
    assert same(tmp_path / "kept", tmp_path / "anew")


def test_who_leaves_and_comes_back_while_it_is_made_is_in_the_next_one(
    researcher: Database, group: Group, service: Database, tmp_path: Path, named: Callable[[str, str], str]
) -> None:
    learner = group.learners[0]

    class Meanwhile:
        """The database, in which the learner is out while months are read."""

        def call(self, function: str, /, **arguments: Any) -> Any:
            answer = researcher.call(function, **arguments)
            if function == "research_days":
                service.call("take_part", learner=learner, in_research=False)
            return answer

    extract(Meanwhile(), tmp_path)
    assert named("learner", learner) not in set(events(tmp_path).learner)
    service.call("take_part", learner=learner, in_research=True)
    extract(researcher, tmp_path)
    assert named("learner", learner) in set(events(tmp_path).learner)


def test_a_score_put_in_force_is_an_event_and_makes_no_cohort_large(
    researcher: Database, group: Group, service: Database, person: Callable[[], str], query: Query, tmp_path: Path,
    named: Callable[[str, str], str],
) -> None:  # fmt: skip
    someone = person()
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at) values (%(id)s, 'Old', 0.9, %(at)s)",
        id=someone,
        at=BEGINNING,
    )
    service.call("backfill", learner=someone)
    service.call("add_to_cohort", cohort=group.name, person=someone)
    extract(researcher, tmp_path)
    assert named("learner", someone) not in set(events(tmp_path).learner), "who never practised is not part of it"
    service.call(
        "record_outcome", learner=someone, concept="New", outcome="correct", interaction=str(uuid4()), at=BEGINNING
    )
    extract(researcher, tmp_path)
    found = events(tmp_path)
    [reset] = found[(found.learner == named("learner", someone)) & (found.concept == "Old")].to_dict("records")
    assert (reset["outcome"], reset["trigger"], reset["opportunity"]) == ("reset", "reset", 0)
    assert reset["after"] == pytest.approx(0.9, abs=1e-12)


def test_nobody_else_is_told_who_takes_no_part(group: Group, transport: Transport) -> None:
    learner = group.learners[0]
    own = transport.acting_as(learner)
    own.call("take_part", learner=learner, in_research=False)
    assert own.call("person", person=learner)["in_research"] is False
    assert transport.acting_as(group.teacher).call("person", person=learner)["in_research"] is None


def test_who_is_deleted_leaves_the_next_extract(
    researcher: Database, group: Group, query: Query, named: Callable[[str, str], str], tmp_path: Path
) -> None:
    gone = named("learner", group.learners[0])
    extract(researcher, tmp_path)
    assert gone in set(events(tmp_path).learner)
    query("delete from auth.users where id = %(id)s", id=group.learners[0])
    extract(researcher, tmp_path)
    assert gone not in set(events(tmp_path).learner)


class Dying:
    """A database that is lost after so many calls."""

    def __init__(self, database: Database, calls: int) -> None:
        self._database, self._left = database, calls

    def call(self, function: str, /, **arguments: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Unavailable("The database stopped.")
        return self._database.call(function, **arguments)


def test_one_that_was_interrupted_anywhere_goes_on_and_ends_as_one_made_in_one_go(
    researcher: Database, group: Group, service: Database, import_row: Callable[..., Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(extracting, "EVENTS_AT_ONCE", 40)
    whole = tmp_path / "whole"
    asked: list[str] = []

    class Counting(Dying):
        def call(self, function: str, /, **arguments: Any) -> Any:
            asked.append(function)
            return super().call(function, **arguments)

    extract(Counting(researcher, 10_000), whole)
    assert len(asked) > 10
    for calls in range(len(asked)):
        folder = tmp_path / str(calls)
        with pytest.raises(Unavailable):
            extract(Dying(researcher, calls), folder)
        assert not (folder / MANIFEST).exists() or not read_manifest(folder).complete
        extract(researcher, folder)
        assert same(folder, whole)
        assert not list(folder.rglob("*.part"))
    # And while it is brought up to date: what was there stays readable throughout.
    go_on(service, import_row, group.learners[0], datetime(2026, 1, 25, 9, tzinfo=UTC))
    folder, before = tmp_path / "0", events(tmp_path / "0")
    with pytest.raises(Unavailable):
        extract(Dying(researcher, 2), folder)
    assert events(folder).equals(before)
    shutil.rmtree(whole)
    extract(researcher, whole)
    extract(researcher, folder)
    assert same(folder, whole)
    assert len(events(folder)) == len(before) + 1


@pytest.mark.parametrize("writes", range(6))
def test_one_that_died_while_it_put_a_file_in_its_place_goes_on(
    researcher: Database, group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    assert group
    extract(researcher, tmp_path / "whole")
    put, left = extracting._put, [writes]

    def dies(part: Path, path: Path) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        put(part, path)

    monkeypatch.setattr(extracting, "_put", dies)
    with pytest.raises(KeyboardInterrupt):
        extract(researcher, tmp_path / "died")
    monkeypatch.undo()
    assert not list((tmp_path / "died").rglob("*.parquet")) or pd.read_parquet(tmp_path / "died" / "events") is not None
    extract(researcher, tmp_path / "died")
    assert same(tmp_path / "died", tmp_path / "whole")


def test_a_disk_that_is_full_is_said_to_be_so(
    researcher: Database, group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert group

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(extracting, "_put", full)
    with pytest.raises(InvalidInput, match="cannot be written to: No space left on device"):
        extract(researcher, tmp_path)


def test_progress_counts_to_its_end(researcher: Database, group: Group, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    done = extract(researcher, tmp_path, on_progress=lambda done, total: told.append((done, total)))
    assert [each for each, _ in told] == sorted(each for each, _ in told)
    assert told[-1][0] == told[-1][1] == done.manifest.rows


@pytest.mark.parametrize("who", ["student", "teacher", "nobody"])
def test_it_is_for_researchers(transport: Transport, group: Group, tmp_path: Path, who: str) -> None:
    asker = {"student": group.learners[0], "teacher": group.teacher, "nobody": str(uuid4())}[who]
    with pytest.raises(NotAllowed):
        extract(transport.acting_as(asker), tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))


def test_who_is_no_researcher_any_more_gets_nothing_more(
    researcher: Database, group: Group, service: Database, tmp_path: Path
) -> None:
    extract(researcher, tmp_path)
    service.call("grant_role", person=group.researcher, role="student")
    with pytest.raises(NotAllowed):
        extract(researcher, tmp_path)


def test_a_cohort_is_shared_by_who_teaches_it_alone(
    transport: Transport, group: Group, person: Callable[[], str]
) -> None:
    for asker in (group.learners[0], group.researcher, person()):
        with pytest.raises(NotFound):
            share(transport.acting_as(asker), group, shared=False)
    with pytest.raises(NotAllowed):
        Directory(transport.acting_as(group.teacher)).take_part(group.learners[0], in_research=False)


def cut_off(folder: Path) -> None:
    path = folder / "events" / "month=2026-02" / "events.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def scratched(folder: Path) -> None:
    path = folder / "events" / "month=2026-02" / "events.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)


def missing(folder: Path) -> None:
    shutil.rmtree(folder / "events" / "month=2026-02")


@pytest.mark.parametrize("harm", [cut_off, scratched, missing])
def test_a_file_that_is_damaged_or_missing_is_written_anew(
    researcher: Database,
    group: Group,
    tmp_path: Path,
    harm: Callable[[Path], None],
) -> None:
    extract(researcher, tmp_path)
    before = events(tmp_path)
    harm(tmp_path)
    assert extract(researcher, tmp_path).written == ("2026-02",)
    assert events(tmp_path).equals(before)


def other_things(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.docx").write_text("years of work")


def no_manifest_at_all(folder: Path) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text("[1, 2")


def no_manifest_of_ours(folder: Path) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text('{"name": "an app"}')


def newer(folder: Path) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text('{"schema_version": 99}')


def a_file(folder: Path) -> None:
    folder.write_text("a file")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (other_things, "holds other things and no extract"),
        (no_manifest_at_all, "is not the manifest of an extract"),
        (no_manifest_of_ours, "is not the manifest of an extract"),
        (newer, "has version 99 of the schema"),
        (a_file, "cannot be written to"),
    ],
)
def test_a_folder_that_will_not_do_is_left_as_it_is(
    researcher: Database, tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "folder"
    harm(folder)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(InvalidInput, match=said):
        extract(researcher, folder)
    assert {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"
    } == before


def test_two_at_once_do_not_write_into_one_folder(researcher: Database, tmp_path: Path) -> None:
    told: list[str] = []

    def meanwhile(done: int, total: int) -> None:
        with pytest.raises(InvalidInput, match="under way"):
            extract(researcher, tmp_path)
        told.append("refused")

    done: Extracted = extract(researcher, tmp_path, on_progress=meanwhile)
    assert told
    assert done.manifest.complete


def test_there_is_no_extract_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no extract"):
        read_manifest(tmp_path)
