"""An extract of made-up practice, of any size: ``python -m benchmarks.synthetic_events FOLDER EVENTS``."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.database import bare_sql
from mastery_core.research.extract import EVENTS_AT_ONCE, MANIFEST, SCHEMA, Manifest, Month, file_of

SEED = 20261127
# On average: 50 concepts of the 200 that there are, and 19.2 observations of each.
EVENTS_A_LEARNER = 960
# What is made at once: of a month about as many as the product writes at once.
LEARNERS_AT_ONCE = 1_000


def write_synthetic_extract(folder: Path, events: int, seed: int = SEED) -> int:
    """Write an extract of about so many events into a new folder, the same for the same seed. Returns how many there are.

    Two years, 50 cohorts, each with a course of 50 of 200 concepts. Learners practise a concept 1 to 60 times in sessions ever further
    apart; four fifths are answers, right as often as their score before says, about. Scores are made up, not reckoned by the rules.
    Raises FileExistsError where the folder is there.
    """
    folder.mkdir(parents=True)
    rows: dict[str, int] = {}
    with ExitStack() as opened:
        writers: dict[str, pq.ParquetWriter] = {}
        for month, table in _parts(max(1, round(events / EVENTS_A_LEARNER)), seed):
            if month not in writers:
                file_of(folder, month).parent.mkdir(parents=True)
                writers[month] = opened.enter_context(
                    pq.ParquetWriter(file_of(folder, month), SCHEMA, compression="zstd")
                )
            writers[month].write_table(table, row_group_size=EVENTS_AT_ONCE)
            rows[month] = rows.get(month, 0) + table.num_rows
    _write_manifest(folder, rows)
    return sum(rows.values())


def _parts(learners: int, seed: int) -> Iterator[tuple[str, pa.Table]]:
    """The events of some learners at a time, month by month, in the order of an extract."""
    with duckdb.connect() as connection:
        connection.execute("set variable seed = $seed", {"seed": seed})
        *macros, table = bare_sql("measures/synthetic_learners").split(";\n\n")
        for macro in macros:
            connection.execute(macro)
        connection.execute(table, {"learners": learners})
        asked = bare_sql("measures/synthetic_events")
        for first in range(0, learners, LEARNERS_AT_ONCE):
            some = connection.sql(asked, params={"first": first, "until": first + LEARNERS_AT_ONCE})
            yield from _by_month(some.to_arrow_table())


def _by_month(made: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """A table that is sorted by month, cut where the next one begins."""
    months = pc.value_counts(made["month"])
    events, begins = made.drop_columns("month").cast(SCHEMA), 0
    for month, rows in zip(months.field("values").to_pylist(), months.field("counts").to_pylist(), strict=True):
        yield month, events.slice(begins, rows)
        begins += rows


def _write_manifest(folder: Path, rows: dict[str, int]) -> None:
    months = [Month(month, rows[month], _sha256(file_of(folder, month)), {}) for month in sorted(rows)]
    manifest = Manifest("2026-11-27T00:00:00+00:00", True, sum(rows.values()), {}, [], months)
    (folder / MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    print(f"{write_synthetic_extract(Path(sys.argv[1]), int(sys.argv[2])):,} events")
