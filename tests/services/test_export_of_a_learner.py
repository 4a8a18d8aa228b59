"""What somebody takes along is what is kept about them, and what they erase is gone."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pandas as pd
import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import MasteryError
from mastery_core.export import COLUMNS, RECORD, plain_text, readme, write_archive, write_csv, write_json
from mastery_core.identity.directory import Directory, Person
from tests.local_supabase import Transport

MAY = datetime(2023, 5, 1, 12, tzinfo=UTC)
# The columns that tell whose a row is, and those that say only what a caller was once told.
WHOSE = {"interactions": "student_id"}
ASIDE = {"answered_old_score", "answered_new_score"}
HOSTILE = ['=HYPERLINK("http://evil")', "+1+1", "-2", "@SUM(A1)", '<b>b</b>, "q"', "שלום 🧠", "x" * 500, "'=plain"]

Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str], service: Database, import_row: Callable[..., dict[str, Any]]) -> str:
    """Somebody with every kind of row, over two years, in sessions and out of them."""
    learner, session = person(), str(uuid4())
    outcomes = ("correct", "incorrect", "confusion_detected", "passive_read")
    rows = [
        import_row(
            learner, concept, outcomes[n % 4], MAY + timedelta(days=31 * n, hours=n, microseconds=n),
            session=session if n % 3 == 0 else None,
        )
        for n, concept in enumerate(HOSTILE * 3)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows, cohort="Exports")
    return learner


@pytest.fixture
def myself(transport: Transport, learner: str) -> Person:
    return Directory(transport.acting_as(learner)).person(learner)


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def stored(query: Query, table: str, learner: str) -> list[dict[str, Any]]:
    """The rows of a table as its own JSON, read from the database's console."""
    whose = WHOSE.get(table, "user_id")
    rows = query(f"select to_jsonb(t) as row from {table} t where {whose} = %(learner)s", learner=learner)  # type: ignore[arg-type]
    return [{name: value for name, value in row["row"].items() if name not in ASIDE} for row in rows]


def same(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    """Whether the rows are the same, in any order; times are compared as moments."""
    return sorted(map(_key, rows)) == sorted(map(_key, others))


def _key(row: dict[str, Any]) -> str:
    return json.dumps({name: _moment(name, value) for name, value in row.items()}, sort_keys=True)


def _moment(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value).astimezone(UTC).isoformat() if name.endswith("_at") and value else value


def json_of(person: Person, mastery: MasteryService) -> dict[str, Any]:
    file = io.BytesIO()
    write_json(file, person, mastery.export(person.id), made_at=MAY)
    document: dict[str, Any] = json.loads(file.getvalue())
    return document


def archive_of(person: Person, mastery: MasteryService) -> ZipFile:
    file = io.BytesIO()
    write_archive(file, person, mastery.export(person.id), made_at=MAY)
    return ZipFile(file)


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_json_is_the_tables_value_by_value(myself: Person, mastery: MasteryService, query: Query) -> None:
    document = json_of(myself, mastery)
    for table in RECORD:
        rows = stored(query, table, myself.id)
        assert rows
        assert same(document[table], rows)
    assert document["profile"]["id"] == myself.id
    assert document["cohorts"] == ["Exports"]
    assert {row["concept_tag"] for row in document["student_mastery"]} == set(HOSTILE)


def test_times_are_utc(myself: Person, mastery: MasteryService) -> None:
    document = json_of(myself, mastery)
    assert all(row["created_at"].endswith("+00:00") for row in document["interactions"])
    assert document["made_at"] == "2023-05-01T12:00:00+00:00"


def test_the_archive_is_the_tables_cell_by_cell(myself: Person, mastery: MasteryService, query: Query) -> None:
    archive = archive_of(myself, mastery)
    assert archive.testzip() is None
    for table in RECORD:
        rows = cells(archive.read(f"{table}.csv"))
        for row, kept in zip(rows, json_of(myself, mastery)[table], strict=True):
            assert row == {name: _cell(value) for name, value in kept.items()}
        assert len(rows) == len(stored(query, table, myself.id))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[0] in "=+-@" else value
    return (
        json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        if isinstance(value, bool | list | dict)
        else repr(value)
    )


def test_numbers_in_the_archive_are_numbers(myself: Person, mastery: MasteryService) -> None:
    frame = pd.read_csv(archive_of(myself, mastery).open("mastery_history.csv"))
    exact = [row["delta"] for row in json_of(myself, mastery)["mastery_history"]]
    assert frame["delta"].tolist() == exact
    assert any(delta < 0 for delta in exact), "a negative number is no formula"


def test_no_text_in_the_archive_is_a_formula(myself: Person, mastery: MasteryService) -> None:
    archive = archive_of(myself, mastery)
    names = {row["concept_focus"] for row in cells(archive.read("interactions.csv"))}
    assert names == {f"'{name}" if name[0] in "=+-@" else name for name in HOSTILE}
    assert [plain_text(text) for text in ("\t=1", "\r", "＝1", "a=1", "")] == ["'\t=1", "'\r", "'＝1", "a=1", ""]


def test_every_table_and_column_is_explained_and_none_that_is_not_there(
    myself: Person, mastery: MasteryService
) -> None:
    document, archive = json_of(myself, mastery), archive_of(myself, mastery)
    explained = readme(myself, made_at=MAY)
    assert archive.read("README.txt").decode() == explained
    assert set(archive.namelist()) == {"README.txt", *(f"{table}.csv" for table in COLUMNS)}
    for table, columns in COLUMNS.items():
        assert list(cells(archive.read(f"{table}.csv"))[0]) == list(columns)
        assert all(f"  {column}: " in explained for column in columns)
    for table in RECORD:
        assert document[table][0].keys() == COLUMNS[table].keys()


def test_a_single_table_is_the_one_in_the_archive(myself: Person, mastery: MasteryService) -> None:
    archive = archive_of(myself, mastery)
    for table in RECORD:
        file = io.BytesIO()
        write_csv(file, table, mastery.export(myself.id))
        assert file.getvalue() == archive.read(f"{table}.csv")


def test_somebody_without_a_record_gets_empty_tables(transport: Transport, person: Callable[[], str]) -> None:
    new = Directory(transport.acting_as(learner := person())).person(learner)
    mastery = MasteryService(transport.acting_as(learner))
    assert all(json_of(new, mastery)[table] == [] for table in RECORD)
    archive = archive_of(new, mastery)
    for table in RECORD:
        assert archive.read(f"{table}.csv").decode("utf-8-sig").strip() == ",".join(COLUMNS[table])


def test_an_export_of_many_pages_leaves_no_row_out(
    mastery: MasteryService, learner: str, service: Database, query: Query, import_row: Callable[..., Any]
) -> None:
    """The database answers 5,000 rows at a time; many of these have one time and one concept."""
    for _ in range(11):
        rows = [import_row(learner, "Sampling", "correct", MAY) for _ in range(1_000)]
        service.call("import_outcomes", rows=rows)
    exported: dict[str, list[dict[str, Any]]] = {table: [] for table in RECORD}
    for table, row in mastery.export(learner):
        exported[table].append(row)
    assert len(exported["interactions"]) == 11_024
    assert all(same(exported[table], stored(query, table, learner)) for table in RECORD)


def test_nobody_elses_record_can_be_taken(transport: Transport, learner: str, person: Callable[[], str]) -> None:
    stranger = MasteryService(transport.acting_as(person()))
    with pytest.raises(MasteryError):
        next(iter(stranger.export(learner)))


@pytest.fixture
def others(person: Callable[[], str], service: Database, import_row: Callable[..., Any]) -> str:
    other = person()
    service.call("import_outcomes", rows=[import_row(other, "Sampling", "correct", MAY)], cohort="Exports")
    return other


def test_erasing_leaves_nothing_of_the_record_and_everything_of_others(
    mastery: MasteryService, learner: str, others: str, query: Query
) -> None:
    kept = {table: stored(query, table, others) for table in RECORD}
    had = {table: len(stored(query, table, learner)) for table in RECORD}
    assert mastery.erase_record(learner) == had
    assert all(stored(query, table, learner) == [] for table in RECORD)
    assert mastery.get_user_mastery(learner) == {}
    assert {table: stored(query, table, others) for table in RECORD} == kept
    assert mastery.erase_record(learner) == dict.fromkeys(RECORD, 0)


def test_account_name_and_cohorts_stay_and_practice_may_begin_again(
    transport: Transport, mastery: MasteryService, myself: Person
) -> None:
    mastery.erase_record(myself.id)
    after = Directory(transport.acting_as(myself.id)).person(myself.id)
    assert (after.display_name, after.cohorts, after.interactions) == (myself.display_name, ("Exports",), 0)
    assert mastery.update_mastery(myself.id, "Sampling", "correct").old_score == 0.5


def test_nobody_erases_what_is_somebody_elses(
    transport: Transport, learner: str, person: Callable[[], str], query: Query
) -> None:
    with pytest.raises(MasteryError):
        MasteryService(transport.acting_as(person())).erase_record(learner)
    assert all(stored(query, table, learner) for table in RECORD)
