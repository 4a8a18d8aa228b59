"""The extract: what learners did, under other names, as Parquet files, one a month."""

import fcntl
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput, MasteryError

SCHEMA_VERSION = 2
MANIFEST = "manifest.json"
EVENTS = "events"
LOCK = ".lock"
# A document of the database holds about so many events, and a row group of a file at most.
EVENTS_AT_ONCE = 50_000

# Rows lie learner by learner, concept by concept, in the order in which they happened.
SCHEMA = pa.schema(
    [
        ("learner", pa.string()), ("cohort", pa.string()), ("concept", pa.string()), ("at", pa.timestamp("us", tz="UTC")),
        ("outcome", pa.string()), ("trigger", pa.string()), ("is_correct", pa.bool_()), ("opportunity", pa.int32()),
        ("successes", pa.int32()), ("failures", pa.int32()), ("before", pa.float64()), ("after", pa.float64()), ("delta", pa.float64()),
        ("forgotten", pa.float64()), ("gap", pa.float64()), ("session", pa.string()),
    ]
)  # fmt: skip
ABOUT = {
    "learner": "who: a keyed hash, the same in every extract",
    "cohort": "in which cohort: a keyed hash",
    "concept": "the concept",
    "at": "when, in UTC, to the microsecond",
    "outcome": "what was recorded: correct, incorrect, …",
    "trigger": "what kind of outcome: quiz, question, explanation, reset",
    "is_correct": "whether an answer was right; empty where nothing was answered",
    "opportunity": "how many observations of the learner on the concept there were by then, this one included",
    "successes": "how many of the learner's answers on the concept before this one were right",
    "failures": "how many of them were wrong",
    "before": "the score (0 to 1) that the outcome met, after time had taken its part",
    "after": "the score that it left",
    "delta": "what the outcome moved the score by",
    "forgotten": "what time had taken from the score since the concept was touched before: at most 0",
    "gap": "seconds since the concept was touched before; empty the first time",
    "session": "in which session: a keyed hash; empty outside of one",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of UTC in an extract. ``month`` reads 2026-03, ``sha256`` is of its file.

    ``days`` is what the database said of each day when it was read: see ``research_days``.
    """

    month: str
    rows: int
    sha256: str
    days: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an extract holds. Not ``complete``: it is under way or was interrupted, and the next run goes on from here.

    ``settings`` and ``rules`` are those in force when it was made: of decay and bands, and what outcomes are worth.
    """

    made_at: str
    complete: bool
    rows: int
    settings: dict[str, Any]
    rules: list[dict[str, Any]]
    months: list[Month] = field(default_factory=list)
    schema_version: int = SCHEMA_VERSION

    def fingerprint(self) -> str:
        """What tells the events of an extract from those of another: the SHA-256 of the lines that name those of its files, month by month.

        ``sha256sum DIR/events/*/events.parquet | cut -c1-64 | sha256sum`` gives the same.
        """
        lines = "".join(f"{month.sha256}\n" for month in sorted(self.months, key=lambda month: month.month))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a run did: the manifest that stands now, and the months that it wrote and removed."""

    manifest: Manifest
    written: tuple[str, ...]
    removed: tuple[str, ...]


def extract(database: Database, folder: Path, *, on_progress: Progress | None = None) -> Extracted:
    """Write what learners of shared cohorts did into ``folder``, or bring the extract there up to date.

    Only days of which something changed since are read; a run that was interrupted goes on where it stopped. Each file is whole or not
    there. ``on_progress(done, total)`` counts events, about. Raises NotAllowed for who is no researcher, InvalidInput for a folder that
    cannot be written to, holds something else, or the extract of another version.
    """
    with alone_in(folder):
        return bring_up_to_date(database, folder, on_progress)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """The folder of an extract, made where it is not there, with nobody else at work in it. Raises InvalidInput."""
    with _said_of(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / MANIFEST).exists() and any(not each.name.startswith(".") for each in folder.iterdir()):
            raise InvalidInput(f'"{folder}" holds other things and no extract: name a new folder, or an empty one.')
        lock = (folder / LOCK).open("w")
    with lock:
        with _said_of(folder):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InvalidInput(f'Another extract into "{folder}" is under way.') from None
        yield


def bring_up_to_date(database: Database, folder: Path, on_progress: Progress | None = None) -> Extracted:
    """As ``extract``, for who is ``alone_in`` the folder already."""
    there_are = database.call("research_days")
    wanted = _by_month(there_are)
    with _said_of(folder):
        held = {month.month: month for month in read_manifest(folder).months} if (folder / MANIFEST).exists() else {}
        kept = {name: month for name, month in held.items() if name in wanted and _is_whole(folder, month)}
        to_read = {name: days for name in sorted(wanted) if (days := _changed(kept.get(name), wanted[name]))}
        advance = _counting(sum(_events(there_are, to_read)), on_progress)
        _write_manifest(folder, there_are, kept, complete=False)
        _remove_others(folder, kept)
        for name, days in to_read.items():
            rows = _write_month(database, folder, name, days, advance, is_new=name not in kept)
            kept[name] = Month(name, rows, _sha256(file_of(folder, name)), wanted[name])
            _write_manifest(folder, there_are, kept, complete=False)
        manifest = _write_manifest(folder, there_are, kept, complete=True)
    return Extracted(manifest, tuple(to_read), tuple(sorted(held.keys() - wanted.keys())))


def read_manifest(folder: Path) -> Manifest:
    """What an extract says of itself. Raises InvalidInput where there is none, or it cannot be read here."""
    path = folder / MANIFEST
    try:
        told = orjson.loads(path.read_bytes())
        if (version := told["schema_version"]) == SCHEMA_VERSION:
            return Manifest(
                **told | {"months": [Month(**each | {"days": dict(each["days"])}) for each in told["months"]]}
            )
    except FileNotFoundError:
        raise InvalidInput(f'There is no extract in "{folder}": it has no {MANIFEST}.') from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f'"{path}" is not the manifest of an extract. Extract into another folder.') from error
    raise InvalidInput(
        f'The extract in "{folder}" has version {version} of the schema, and this program reads version {SCHEMA_VERSION}.'
        " Extract into another folder."
    )


def file_of(folder: Path, month: str) -> Path:
    """Where the events of a month lie."""
    return folder / EVENTS / f"month={month}" / "events.parquet"


@contextmanager
def _said_of(folder: Path) -> Iterator[None]:
    """What the file system refuses, as a sentence."""
    try:
        yield
    except MasteryError:  # some are errors of the system by name
        raise
    except (OSError, pa.ArrowException) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f'"{folder}" cannot be written to: {why}.') from error


def _by_month(there_are: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The signature of each day, by month."""
    months: dict[str, dict[str, str]] = defaultdict(dict)
    for day, signature in zip(there_are["day"], there_are["signature"], strict=True):
        months[day[:7]][day] = signature
    return months


def _is_whole(folder: Path, month: Month) -> bool:
    try:
        return _sha256(file_of(folder, month.month)) == month.sha256
    except OSError:
        return False


def _changed(kept: Month | None, wanted: dict[str, str]) -> list[str]:
    """The days that are not as they were read: changed, new, or gone."""
    held = kept.days if kept else {}
    return sorted(day for day in held.keys() | wanted.keys() if held.get(day) != wanted.get(day))


def _events(there_are: dict[str, Any], to_read: dict[str, list[str]]) -> Iterator[int]:
    days = {day for days in to_read.values() for day in days}
    return (n for day, n in zip(there_are["day"], there_are["observations"], strict=True) if day in days)


def _remove_others(folder: Path, months: Iterable[str]) -> None:
    """Remove the files of months that are not kept, and what an interruption left."""
    names = {f"month={month}" for month in months}
    for each in (folder / EVENTS).glob("month=*"):
        if each.name not in names:
            shutil.rmtree(each)
    for part in folder.rglob(".*.part"):
        part.unlink()


def _write_month(
    database: Database, folder: Path, month: str, days: list[str], advance: Callable[[int], None], *, is_new: bool
) -> int:
    """Write a month: what is read now of the ``days``, and what its file has of others. Returns its rows."""
    path = file_of(folder, month)
    path.parent.mkdir(parents=True, exist_ok=True)
    part, read = _part_of(path), _read(database, days, advance)
    if is_new:
        with pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
            for table in read:
                writer.write_table(table, row_group_size=EVENTS_AT_ONCE)
    else:
        from mastery_core.research.merging import write_merged  # noqa: PLC0415 - DuckDB takes its time to load

        table = pa.concat_tables([SCHEMA.empty_table(), *read])
        write_merged(path, days, table, part, rows_a_group=EVENTS_AT_ONCE)
    rows: int = pq.read_metadata(part).num_rows
    _put(part, path)
    return rows


def _read(database: Database, days: list[str], advance: Callable[[int], None]) -> Iterator[pa.Table]:
    """The events of the days, some learners at a time."""
    for names, cohorts, events in _at_once(database.call("research_learners", days=days)):
        yield _table(database.call("research_events", days=days, learners=names), names, cohorts)
        advance(events)


def _at_once(learners: dict[str, list[Any]]) -> Iterator[tuple[list[str], list[str], int]]:
    """The learners, in groups that come to about ``EVENTS_AT_ONCE``: names, cohorts, events."""
    names: list[str] = []
    cohorts: list[str] = []
    total = 0
    for name, cohort, events in zip(learners["learner"], learners["cohort"], learners["observations"], strict=True):
        if names and total + events > EVENTS_AT_ONCE:
            yield names, cohorts, total
            names, cohorts, total = [], [], 0
        names.append(name)
        cohorts.append(cohort)
        total += events
    if names:
        yield names, cohorts, total


def _table(answer: dict[str, list[Any]], names: list[str], cohorts: list[str]) -> pa.Table:
    place = pa.array(answer["learner"], pa.int32())
    columns = [
        pa.array(names, pa.string()).take(place),
        pa.array(cohorts, pa.string()).take(place),
        *(_column(answer[name], SCHEMA.field(name).type) for name in SCHEMA.names[2:]),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int64()).cast(kind) if pa.types.is_timestamp(kind) else pa.array(values, kind)


def _write_manifest(folder: Path, there_are: dict[str, Any], months: dict[str, Month], *, complete: bool) -> Manifest:
    manifest = Manifest(
        datetime.now(UTC).isoformat(timespec="seconds"),
        complete,
        sum(month.rows for month in months.values()),
        there_are["settings"],
        there_are["rules"],
        [months[name] for name in sorted(months)],
    )
    part = _part_of(folder / MANIFEST)
    part.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    _put(part, folder / MANIFEST)
    return manifest


def _part_of(path: Path) -> Path:
    """What a file is called until it is whole: nobody who reads a folder of Parquet looks at names that begin so."""
    return path.with_name(f".{path.name}.part")


def _put(part: Path, path: Path) -> None:
    """Put a file that is written in its place, so that it lies there whole or not at all."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counting(total: int, on_progress: Progress | None) -> Callable[[int], None]:
    """What adds up the events that are done, and tells of it. There can be more than there were when it was asked how many."""
    done = 0

    def advance(events: int) -> None:
        nonlocal done
        done += events
        if on_progress is not None:
            on_progress(min(done, total), total)

    return advance
