"""Importing a file, beside the bare COPY of as many rows."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import numpy as np

from benchmarks.database import owner_connection, temporary_database, temporary_home
from benchmarks.pairing import Pair, Reading, Timings, in_turn
from mastery_core.ingest.importer import import_file

REAL_FILE = Path(__file__).parents[2] / "shared" / "data" / "statistics-practice.tsv.gz"
CONCEPT_COLUMN = "KC (Cluster)"
LEARNERS, CONCEPTS, ROWS = 383, 36, 46_726
ROUNDS = 5
FRESH = "truncate auth.users, public.cohorts, public.mastery_history, public.mastery_daily cascade"
COPY = "copy public.interactions_like (id, student_id, type, concept_focus, outcome, created_at) from stdin"


def measure(*, quick: bool) -> Iterator[Pair]:  # noqa: ARG001 - the file is what it is
    with temporary_home() as folder, temporary_database() as database, owner_connection(database) as connection:
        file, what = (
            (REAL_FILE, REAL_FILE.name) if REAL_FILE.exists() else (_made_up(folder), "a made-up DataShop file")
        )
        service, turn = database.acting_as_service(), count()

        def bring_in() -> None:
            report = import_file(
                service,
                file,
                format="datashop",
                concept_column=CONCEPT_COLUMN,
                cohort="Statistics",
                source=f"round {next(turn)}",
            )
            assert report.imported == report.rows, report

        bring_in()
        rows = connection.execute(
            "select id, student_id, type, concept_focus, outcome, created_at from public.interactions order by created_at"
        ).fetchall()
        connection.execute("create table public.interactions_like (like public.interactions including all)")

        def copy() -> None:
            with connection.cursor() as cursor, cursor.copy(COPY) as into:
                for row in rows:
                    into.write_row(row)

        ours, other = in_turn(
            bring_in, copy,
            before_ours=lambda: connection.execute(FRESH),
            before_other=lambda: connection.execute("truncate public.interactions_like"),
            rounds=ROUNDS,
        )  # fmt: skip
        yield Pair(
            "import",
            Timings(f"import of {what} ({len(rows):,} rows)", ours, len(rows)),
            Timings("bare COPY of as many rows", other, len(rows)),
            Reading.RATE,
            unit="rows/s",
        )


def _made_up(folder: Path) -> Path:
    rng = np.random.default_rng(20261122)
    file = folder / "practice.tsv.gz"
    seconds = np.sort(rng.integers(90 * 86_400, size=ROWS))
    outcomes = rng.choice(["CORRECT", "INCORRECT", "STUDY"], size=ROWS, p=[0.6, 0.3, 0.1])
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=6) as lines:
        print(
            "Anon Student Id", "Session Id", "Time", "Outcome", CONCEPT_COLUMN, "Transaction Id", sep="\t", file=lines
        )
        for second, outcome in zip(seconds, outcomes, strict=True):
            at = datetime(2015, 10, 1, tzinfo=UTC) + timedelta(seconds=int(second))
            learner = f"S{rng.integers(LEARNERS):03}"
            concept = f"Concept {rng.integers(CONCEPTS):02}"
            print(
                learner,
                f"{learner}-{at:%j}",
                f"{at:%Y-%m-%d %H:%M:%S}",
                outcome,
                concept,
                uuid4(),
                sep="\t",
                file=lines,
            )
    return file
