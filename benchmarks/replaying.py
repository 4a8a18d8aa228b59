"""Replaying a million interactions, against copying as many rows of history from table to table."""

from collections.abc import Iterator

import psycopg

from benchmarks.database import bare_sql, owner_connection, settle, temporary_database
from benchmarks.pairing import Pair, Timings, in_turn

LEARNERS, CONCEPTS = 1_000, 20
INTERACTIONS, QUICK_INTERACTIONS = 1_000_000, 100_000
ROUNDS = 5
DERIVED = "truncate public.mastery_history, public.mastery_daily, public.student_mastery"


def measure(*, quick: bool) -> Iterator[Pair]:
    interactions = QUICK_INTERACTIONS if quick else INTERACTIONS
    with temporary_database() as database, owner_connection(database) as connection:
        service = database.acting_as_service()
        practise(connection, interactions)
        service.call("replay")
        connection.execute("create table public.history_to_copy as table public.mastery_history")
        (rows,) = connection.execute("select count(*) from public.history_to_copy").fetchone() or (0,)
        settle(connection)
        ours, other = in_turn(
            lambda: service.call("replay"),
            lambda: connection.execute("insert into public.history_copied select * from public.history_to_copy"),
            before_ours=lambda: _fresh(connection, DERIVED),
            before_other=lambda: _fresh(
                connection,
                "drop table if exists public.history_copied",
                "create table public.history_copied (like public.mastery_history including all)",
            ),
            rounds=ROUNDS,
        )
        yield Pair(
            "replay",
            Timings(f"replay of {interactions:,} interactions", ours),
            Timings(f"INSERT … SELECT of the {rows:,} rows of history it makes", other),
            bound=3,
        )


def practise(connection: psycopg.Connection, interactions: int) -> None:
    per_pair = interactions // (LEARNERS * CONCEPTS)
    connection.execute("select setseed(0.2)")
    connection.execute(bare_sql("many_learners"), {"learners": LEARNERS})
    connection.execute(bare_sql("much_practice"), {"learners": LEARNERS, "concepts": CONCEPTS, "per_pair": per_pair})


def _fresh(connection: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())
    connection.execute("checkpoint")
