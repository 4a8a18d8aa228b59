"""Progress for a learner with 20,000 interactions, against the bare SQL of the same answers and against the brief's way."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.briefs_way import BriefsWay
from benchmarks.database import owner_connection, settle, temporary_database
from benchmarks.default_view import ask_bare, ask_service, check_same, draw, drawn_concepts
from benchmarks.learner import CONCEPTS, add_person, practise
from benchmarks.pairing import Pair, Reading, Timings, in_turn
from mastery_core import MasteryService

INTERACTIONS = 20_000
ROUNDS, QUICK_ROUNDS = 41, 11
WARM_UP = 8  # PostgreSQL weighs a prepared statement's plans for five executions


def measure(*, quick: bool) -> Iterator[Pair]:
    rounds = QUICK_ROUNDS if quick else ROUNDS
    now = datetime.now(UTC)
    with temporary_database() as database, owner_connection(database) as connection:
        learner = add_person(connection, 1)
        practise(database, connection, learner, INTERACTIONS, now)
        settle(connection)
        service = MasteryService(database.acting_as(learner))
        brief = BriefsWay(database.pool, learner, now)
        concepts = drawn_concepts(service, learner, now)
        answers = ask_service(service, learner, concepts, now)
        check_same(answers, ask_bare(connection, learner, concepts, now))
        who = f"{INTERACTIONS:,} interactions, {CONCEPTS} concepts"

        ours, other = in_turn(
            lambda: draw(ask_service(service, learner, concepts, now), now),
            lambda: ask_bare(connection, learner, concepts, now),
            rounds=rounds, warm_up=WARM_UP,
        )  # fmt: skip
        yield Pair(
            "progress",
            Timings(f"Progress, calls and figures ({who})", ours),
            Timings("bare SQL of the same answers", other),
            bound=2,
        )
        ours, other = in_turn(
            lambda: ask_service(service, learner, concepts, now),
            lambda: ask_bare(connection, learner, concepts, now),
            rounds=rounds, warm_up=WARM_UP,
        )  # fmt: skip
        yield Pair("progress", Timings("Progress, calls alone", ours), Timings("bare SQL of the same answers", other))
        ours, other = in_turn(
            lambda: ask_service(service, learner, concepts, now),
            lambda: brief.page(learner, concepts),
            rounds=rounds, warm_up=WARM_UP,
        )  # fmt: skip
        yield Pair(
            "progress",
            Timings("Progress, calls alone", ours),
            Timings("the brief's way, a trend query a concept", other),
            Reading.SPEED_UP,
            bound=5,
        )
