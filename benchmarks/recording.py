"""Recording outcomes, against the bare writes of the same three rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import psycopg

from benchmarks.database import bare_sql, owner_connection, settle, temporary_database
from benchmarks.learner import CONCEPTS, add_person, concept_name, practise
from benchmarks.pairing import Pair, Reading, Timings, in_turn
from mastery_core.database.protocol import Database

WRITES = [bare_sql(name) for name in ("write_interaction", "write_history", "write_mastery")]
BEFORE = 20_000
OUTCOMES = 300
ROUNDS, QUICK_ROUNDS = 11, 5


def measure(*, quick: bool) -> Iterator[Pair]:
    with temporary_database() as database, owner_connection(database) as connection:
        ours, theirs = add_person(connection, 1), add_person(connection, 2)
        for learner in (ours, theirs):
            practise(database, connection, learner, BEFORE, datetime.now(UTC))
        settle(connection)
        caller, turn, other_turn = database.acting_as(ours), count(), count()

        def record() -> None:
            for _ in range(OUTCOMES):
                _record(caller, ours, concept_name(next(turn) % CONCEPTS))

        def write() -> None:
            for _ in range(OUTCOMES):
                _write(connection, theirs, concept_name(next(other_turn) % CONCEPTS))

        seconds, other_seconds = in_turn(record, write, rounds=QUICK_ROUNDS if quick else ROUNDS)
        yield Pair(
            "recording",
            Timings("record_outcome, one after the other", seconds, OUTCOMES),
            Timings("its three row writes, bare", other_seconds, OUTCOMES),
            Reading.RATE,
            bound=0.6,
            unit="outcomes/s",
        )


def _record(caller: Database, learner: str, concept: str) -> None:
    caller.call(
        "record_outcome",
        learner=learner, concept=concept, outcome="correct", interaction=str(uuid4()), session=None, custom_delta=None,
        interaction_type="quiz_attempt", at=datetime.now(UTC),
    )  # fmt: skip


def _write(connection: psycopg.Connection, learner: str, concept: str) -> None:
    row = {"interaction": str(uuid4()), "learner": learner, "concept": concept, "at": datetime.now(UTC)}
    with connection.transaction():
        for statement in WRITES:
            connection.execute(statement, row)
