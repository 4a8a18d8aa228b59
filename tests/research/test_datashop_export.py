"""An extract that leaves as DataShop transactions and comes in again elsewhere: the same numbers, and a file that DataShop takes."""

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mastery_core.database import EmbeddedDatabase
from mastery_core.errors import InvalidInput
from mastery_core.ingest.datashop import read_datashop
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.reading import Skipped, open_table
from mastery_core.ingest.sending import ImportReport
from mastery_core.ingest.times import Clock
from mastery_core.research import datashop as exporting
from mastery_core.research.datashop import COLUMNS, as_datashop
from mastery_core.research.engines import open_events
from mastery_core.research.extract import SCHEMA, Manifest, Month, extract, file_of, read_manifest
from tests.research.conftest import EXTRACTS

CONCEPTS = ("Mean", 'The "médiane"', "'; --", "100% ~ all")
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
SAME = ("learner", "concept", "at", "outcome", "trigger", "is_correct", "opportunity")
NUMBERS = ("before", "after", "delta", "forgotten", "gap")
BEGINNING = datetime(2026, 1, 20, 12, 0, 0, 123_457, tzinfo=UTC)


class Elsewhere(NamedTuple):
    """Another database that an export came into: its extract, who its people were before, and what the import reported."""

    folder: Path
    called: dict[str, str]
    report: ImportReport
    again: ImportReport


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], EmbeddedDatabase]]:
    """``fresh()``: a new database with nothing in it."""
    made: list[EmbeddedDatabase] = []

    def make() -> EmbeddedDatabase:
        made.append(EmbeddedDatabase(tmp_path_factory.mktemp("home")))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture(scope="module")
def group(
    fresh: Callable[[], EmbeddedDatabase], tmp_path_factory: pytest.TempPathFactory, import_row: Callable[..., dict[str, Any]],
    console_of: Callable[[EmbeddedDatabase], Any],
) -> Path:  # fmt: skip
    """The extract of seven learners: every outcome, to the microsecond, in sessions and out of them, many in one instant, and a reset."""
    chance, database = random.Random(20), fresh()
    service, learners = database.acting_as_service(), [str(uuid4()) for _ in range(7)]
    sessions = {learner: [None, *(str(uuid4()) for _ in range(3))] for learner in learners}
    moments = [BEGINNING + timedelta(microseconds=chance.randrange(50 * 86_400 * 1_000_000)) for _ in range(40)]
    rows = [
        import_row(learner, chance.choice(CONCEPTS), chance.choice(OUTCOMES), chance.choice(moments), session=chance.choice(sessions[learner]))
        for learner in learners
        for _ in range(150)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows, cohort="Group")
    console = console_of(database)
    # A score from before the log, of whom nothing else is known of the concept.
    console.query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at)"
        " values (%(learner)s, 'Old', 0.9, '2026-02-03T10:00:00Z')",
        learner=learners[0],
    )
    service.call("backfill", learner=learners[0])
    console.connection.close()
    return extracted(database, tmp_path_factory.mktemp("group"))


def extracted(database: EmbeddedDatabase, folder: Path) -> Path:
    """Its only cohort shared and extracted."""
    service = database.acting_as_service()
    [cohort] = service.call("list_cohorts")
    service.call("share_cohort", cohort=cohort["id"], shared=True)
    extract(service, folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(
    fresh: Callable[[], EmbeddedDatabase], tmp_path_factory: pytest.TempPathFactory,
    console_of: Callable[[EmbeddedDatabase], Any],
) -> Callable[[Path], Elsewhere]:  # fmt: skip
    """``elsewhere(folder)``: an extract exported, imported into a new database, and extracted there; at most once."""
    known: dict[Path, Elsewhere] = {}

    def bring(folder: Path) -> Elsewhere:
        if folder in known:
            return known[folder]
        database = fresh()
        path = tmp_path_factory.mktemp("datashop") / "transactions.txt.gz"
        path.write_bytes(as_datashop(folder, read_manifest(folder)).getvalue())
        service = database.acting_as_service()
        # A time zone is for times without one, and these have theirs.
        first, second = (
            import_file(service, path, format="datashop", cohort="Again", timezone=zone)
            for zone in ("Asia/Tokyo", "UTC")
        )
        there = extracted(database, tmp_path_factory.mktemp("again"))
        console = console_of(database)
        people = console.query("select private.pseudonym('learner', id) as now, display_name as before from profiles")
        console.connection.close()
        known[folder] = Elsewhere(there, {row["now"]: row["before"] for row in people}, first, second)
        return known[folder]

    return bring


@pytest.fixture(scope="module", params=["group", *EXTRACTS])
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder of each extract in turn."""
    if request.param == "group":
        return Path(request.getfixturevalue("group"))
    return Path(request.getfixturevalue("extracts")(request.param))


def events(folder: Path) -> pd.DataFrame:
    frame: pd.DataFrame = open_events(folder, "pandas").collect().to_native()
    return frame


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["learner", "concept", "at", "opportunity"], ignore_index=True)


def test_what_comes_in_again_has_the_same_numbers(folder: Path, elsewhere: Callable[[Path], Elsewhere]) -> None:
    there, before = elsewhere(folder), events(folder)
    after = events(there.folder).assign(learner=lambda frame: frame.learner.map(there.called))
    before, after = in_order(before[before.trigger != "reset"]), in_order(after)
    assert len(before) == len(after) == there.report.imported
    for column in SAME:
        pd.testing.assert_series_equal(after[column], before[column])
    for column in NUMBERS:
        np.testing.assert_allclose(after[column], before[column], rtol=0, atol=1e-9, err_msg=column)


def test_sessions_come_back_as_they_were(folder: Path, elsewhere: Callable[[Path], Elsewhere]) -> None:
    there, before = elsewhere(folder), events(folder)
    after = events(there.folder).assign(learner=lambda frame: frame.learner.map(there.called))
    before, after = in_order(before[before.trigger != "reset"]), in_order(after)
    pairs = pd.DataFrame({"before": before.session, "after": after.session})
    assert (pairs.before.isna() == pairs.after.isna()).all()
    pairs = pairs.dropna().drop_duplicates()
    assert pairs.before.is_unique
    assert pairs.after.is_unique


def test_the_same_file_twice_adds_nothing(folder: Path, elsewhere: Callable[[Path], Elsewhere]) -> None:
    there = elsewhere(folder)
    assert (there.again.imported, there.again.already_there) == (0, there.report.imported)


def test_the_group_has_what_is_hard_to_bring_back(group: Path) -> None:
    found = events(group)
    instants = found.groupby(["learner", "concept", "at"]).outcome.nunique()
    assert (instants > 1).sum() > 50
    assert set(found.outcome) == {*OUTCOMES, "reset"}
    assert found.session.isna().any()
    assert (found["at"].dt.microsecond % 1000 > 0).any()


def test_a_reset_is_told_and_does_not_come_back(group: Path, elsewhere: Callable[[Path], Elsewhere]) -> None:
    [reset] = [line for line in lines(group) if line["CF (Trigger)"] == "reset"]
    assert (reset["Outcome"], reset["KC (Concept)"], float(reset["CF (After)"])) == ("RESET", "Old", pytest.approx(0.9))
    [(reason, (count, _))] = elsewhere(group).report.skipped.items()
    assert (reason, count) == ("outcome 'RESET' is not one that counts", 1)


def lines(folder: Path) -> list[dict[str, str]]:
    """The lines of an export, by their columns."""
    text = gzip.decompress(as_datashop(folder, read_manifest(folder)).getvalue()).decode()
    heading, *rows = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    assert heading == list(COLUMNS)
    assert all(len(row) == len(heading) for row in rows)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_each_line_says_what_its_event_was(group: Path) -> None:
    found = events(group)
    words = {
        "correct": "CORRECT",
        "incorrect": "INCORRECT",
        "confusion_detected": "HINT",
        "passive_read": "STUDY",
        "reset": "RESET",
    }
    responses = {"quiz": ("ATTEMPT", "RESULT"), "question": ("HINT_REQUEST", "HINT_MSG")}
    written = lines(group)
    assert len(written) == len(found)
    for event, line in zip(found.itertuples(), written, strict=True):
        assert (line["Anon Student Id"], line["Class"], line["KC (Concept)"]) == (
            event.learner,
            event.cohort,
            event.concept,
        )
        assert line["Problem Name"] == line["Step Name"] == line["Level (Concept)"] == event.concept
        assert line["Outcome"] == words[event.outcome]
        assert (line["Student Response Type"], line["Tutor Response Type"]) == responses.get(event.trigger, ("", ""))
        assert datetime.fromisoformat(line["CF (Exact Time)"]) == event.at
        exact = event.at.strftime("%Y-%m-%d %H:%M:%S.%f")
        assert (line["Time"], line["Time Zone"]) == (exact[:-3], "UTC")
        assert line["Session Id"] == (event.session if isinstance(event.session, str) else ".")
        assert (line["CF (Outcome)"], line["CF (Trigger)"]) == (event.outcome, event.trigger)
        assert int(line["CF (Opportunity)"]) == event.opportunity
        for column in NUMBERS:
            value = getattr(event, column)
            assert (
                line[f"CF ({column.title()})"] == ""
                if np.isnan(value)
                else float(line[f"CF ({column.title()})"]) == value
            )


def test_the_columns_are_in_the_order_in_which_datashop_verifies_them() -> None:
    """Of the columns that its import tool knows, in the only order it takes; with those that it requires."""
    known = (
        "Anon Student Id", "Session Id", "Time", "Time Zone", "Duration (sec)", "Student Response Type", "Student Response Subtype",
        "Tutor Response Type", "Tutor Response Subtype", "Level", "Problem Name", "Problem View", "Problem Start Time", "Step Name",
        "Attempt At Step", "Outcome", "Selection", "Action", "Input", "Feedback Text", "Feedback Classification", "Help Level",
        "Total Num Hints", "Condition Name", "Condition Type", "KC", "KC Category", "School", "Class", "CF",
    )  # fmt: skip
    places = [known.index(column if column in known else column.partition(" (")[0]) for column in COLUMNS]
    assert places == sorted(places)
    required = {"Anon Student Id", "Session Id", "Time", "Level", "Problem Name", "Selection", "Action", "Input"}
    assert required <= {known[place] for place in places}


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """An extract of one month that holds these rows."""
    usual = {
        "learner": "1f", "cohort": "c0", "concept": "Mean", "at": BEGINNING, "outcome": "correct", "trigger": "quiz", "is_correct": True,
        "opportunity": 1, "before": 0.5, "after": 0.6, "delta": 0.1, "forgotten": 0.0, "gap": None, "session": None,
    }  # fmt: skip
    path = file_of(folder, "2026-01")
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([usual | row for row in rows], schema=SCHEMA), path)
    return folder


def manifest(rows: int, months: tuple[str, ...] = ("2026-01",)) -> Manifest:
    return Manifest("2026-11-27T00:00:00+00:00", True, rows, {}, [], [Month(month, rows, "", {}) for month in months])


def text(packed: Any) -> list[list[str]]:
    return [line.split("\t") for line in gzip.decompress(packed.getvalue()).decode().splitlines()]


@pytest.mark.parametrize("at_once", range(1, 9))
def test_the_order_within_an_instant_is_told_wherever_a_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    later = BEGINNING + timedelta(microseconds=1)
    rows = [
        {"at": BEGINNING}, {"at": later}, {"at": later}, {"at": later}, {"concept": "Mode", "at": later},
        {"learner": "2f", "concept": "Mode", "at": later}, {"learner": "2f", "concept": "Mode", "at": later},
    ]  # fmt: skip
    monkeypatch.setattr(exporting, "EVENTS_AT_ONCE", at_once)
    _, *found = text(as_datashop(written(tmp_path, rows), manifest(len(rows))))
    assert [row[COLUMNS.index("CF (Order Within Instant)")] for row in found] == ["", "1", "2", "3", "", "1", "2"]


def test_a_name_cannot_break_a_line(tmp_path: Path) -> None:
    names = ["a\tb", "two\r\nlines", "nul\0", "over~~under~~~", '"quoted', "a\u2028b\x85c\u200ed", "= 1 + 1"]
    packed = as_datashop(written(tmp_path, [{"concept": name} for name in names]), manifest(len(names)))
    path = tmp_path / "transactions.txt"
    path.write_bytes(packed.getvalue())
    skipped = Skipped()
    with open_table(path) as table:
        found = [event.concept for event in read_datashop(table, Clock(), skipped)]
    assert found == ["a b", "two  lines", "nul", "over~ ~under~ ~ ~", '"quoted', "a b c d", "= 1 + 1"]
    assert not skipped.reasons


def test_an_extract_without_events_is_a_heading(tmp_path: Path) -> None:
    assert text(as_datashop(tmp_path, manifest(0, ()))) == [list(COLUMNS)]
    assert text(as_datashop(written(tmp_path, []), manifest(0))) == [list(COLUMNS)]


def test_the_same_extract_gives_the_same_file(group: Path) -> None:
    assert as_datashop(group, read_manifest(group)).getvalue() == as_datashop(group, read_manifest(group)).getvalue()


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="extract again"):
        as_datashop(tmp_path, manifest(1))
    path = file_of(written(tmp_path, [{}]), "2026-01")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InvalidInput, match="extract again"):
        as_datashop(tmp_path, manifest(1))
