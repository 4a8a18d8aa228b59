"""An extract for research, beside COPY of the same rows; and one that is brought up to date, beside one made anew."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.database import bare_sql, owner_connection, settle, temporary_database, temporary_home
from benchmarks.pairing import Pair, Reading, Timings, in_turn
from benchmarks.replaying import practise
from mastery_core.database.protocol import Database
from mastery_core.research.extract import extract

INTERACTIONS, QUICK_INTERACTIONS = 5_000_000, 500_000
NEW_SHARE = 0.01
ROWS_A_CALL = 5_000
ROUNDS = 5
COHORT = "Everybody"


def measure(*, quick: bool) -> Iterator[Pair]:
    interactions = QUICK_INTERACTIONS if quick else INTERACTIONS
    with temporary_home() as folder, temporary_database() as database, owner_connection(database) as connection:
        service = database.acting_as_service()
        practise(connection, interactions)
        service.call("replay")
        _share(connection)
        settle(connection)
        rows = extract(service, folder / "kept").manifest.rows
        full, copied = in_turn(
            lambda: extract(service, folder / "new"),
            lambda: _copy(connection, folder / "copied.csv"),
            before_ours=lambda: shutil.rmtree(folder / "new", ignore_errors=True),
            rounds=ROUNDS,
        )
        yield Pair(
            "extract",
            Timings(f"extract of {rows:,} events", full, rows),
            Timings("COPY … TO of the same rows", copied, rows),
            Reading.RATE,
            bound=0.3,
            unit="rows/s",
        )
        turn = count(1)
        update, anew = in_turn(
            lambda: extract(service, folder / "kept"),
            lambda: extract(service, folder / "new"),
            before_ours=lambda: _go_on(service, connection, int(interactions * NEW_SHARE), next(turn)),
            before_other=lambda: shutil.rmtree(folder / "new", ignore_errors=True),
            rounds=ROUNDS,
        )
        yield Pair(
            "extract",
            Timings(f"the same brought up to date after {NEW_SHARE:.0%} more", update),
            Timings("the extract made anew", anew),
            bound=0.1,
        )


def _share(connection: psycopg.Connection) -> None:
    """Everybody in one cohort, which is shared with researchers."""
    connection.execute("insert into public.cohorts (name, in_research_since) values (%s, now())", [COHORT])
    connection.execute(
        "insert into public.cohort_members (cohort_id, user_id)"
        " select c.id, p.id from public.cohorts c cross join public.profiles p where c.name = %s",
        [COHORT],
    )


def _go_on(service: Database, connection: psycopg.Connection, events: int, turn: int) -> None:
    """Let learners practise once more, so many times in all, of late."""
    pairs = connection.execute(
        "select user_id::text, concept_tag from public.student_mastery order by user_id, concept_tag"
    ).fetchall()
    now = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=turn)
    for first in range(0, events, ROWS_A_CALL):
        rows = [
            {
                "id": str(uuid4()), "learner": learner, "learner_name": "", "concept": concept, "outcome": "correct",
                "at": (now + timedelta(microseconds=n)).isoformat(), "session": None, "type": "quiz_attempt",
            }
            for n in range(first, min(first + ROWS_A_CALL, events))
            for learner, concept in [pairs[n % len(pairs)]]
        ]  # fmt: skip
        service.call("import_outcomes", rows=rows)


def _copy(connection: psycopg.Connection, path: Path) -> None:
    with (
        path.open("wb") as file,
        connection.cursor().copy(f"copy ({bare_sql('extract_events')}) to stdout (format csv)") as rows,
    ):
        for part in rows:
            file.write(part)
