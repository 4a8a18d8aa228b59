"""The default view of one learner with a hundred times the interactions."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.database import owner_connection, settle, temporary_database
from benchmarks.default_view import ask_service, draw, drawn_concepts
from benchmarks.learner import add_person, practise
from benchmarks.pairing import Act, Pair, Timings, in_turn
from mastery_core import MasteryService
from mastery_core.database.embedded import EmbeddedDatabase

FEW, MANY = 2_000, 200_000
ROUNDS, QUICK_ROUNDS = 41, 11
WARM_UP = 8


def measure(*, quick: bool) -> Iterator[Pair]:
    now = datetime.now(UTC)
    with temporary_database() as database, owner_connection(database) as connection:
        busy, idle = add_person(connection, 1), add_person(connection, 2)
        practise(database, connection, busy, MANY, now)
        practise(database, connection, idle, FEW, now)
        settle(connection)
        ours, other = in_turn(
            _view(database, busy, now),
            _view(database, idle, now),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=WARM_UP,
        )
        yield Pair(
            "growth",
            Timings(f"Progress, calls and figures ({MANY:,} interactions)", ours),
            Timings(f"the same with {FEW:,}", other),
            bound=1.5,
        )


def _view(database: EmbeddedDatabase, learner: str, now: datetime) -> Act:
    service = MasteryService(database.acting_as(learner))
    concepts = drawn_concepts(service, learner, now)
    return lambda: draw(ask_service(service, learner, concepts, now), now)
