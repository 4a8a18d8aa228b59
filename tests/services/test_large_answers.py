"""No answer is cut, though PostgREST ends a set of rows after 1,000 without a word."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from tests.local_supabase import LocalSupabase, Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
CONCEPTS, STEPS, PEOPLE = 1_200, 1_500, 1_100
Import = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def busy(transport: Transport, person: Callable[[], str], import_row: Import) -> str:
    """A learner of many concepts, one of them practised every minute."""
    learner = person()
    rows = [import_row(learner, f"concept {number}", "correct", MAY) for number in range(CONCEPTS)]
    rows += [import_row(learner, "often", "correct", MAY + timedelta(minutes=step)) for step in range(STEPS)]
    for first in range(0, len(rows), 1_000):
        transport.acting_as_service().call("import_outcomes", rows=rows[first : first + 1_000])
    return learner


@pytest.fixture
def many_people(query: Callable[..., Any]) -> Iterator[str]:
    """What the names of many people begin with."""
    family = f"family {uuid4()}"
    query(
        "insert into auth.users (id, raw_user_meta_data)"
        " select gen_random_uuid(), jsonb_build_object('display_name', format('%%s %%s', %(family)s::text, n))"
        " from generate_series(1, %(people)s) n",
        family=family,
        people=PEOPLE,
    )
    yield family
    query("delete from auth.users where raw_user_meta_data ->> 'display_name' like %(f)s", f=f"{family}%")


def test_rows_are_cut_at_1000(local_supabase: LocalSupabase, busy: str) -> None:
    """So that the tests below could fail."""
    headers = {"apikey": local_supabase.publishable_key, "authorization": f"Bearer {local_supabase.token_for(busy)}"}
    rows = httpx.get(f"{local_supabase.url}/rest/v1/mastery_history", headers=headers, trust_env=False).json()
    assert len(rows) == 1_000


def test_a_history_is_answered_whole(transport: Transport, busy: str) -> None:
    history = MasteryService(transport.acting_as(busy)).get_mastery_history(
        busy, "often", limit=10_000, at=MAY + timedelta(days=2)
    )
    assert len([row for row in history if row["trigger_type"] != "decay"]) == STEPS
    assert len(history) == 2 * STEPS - 1
    assert history[0]["opportunity"] == STEPS


def test_every_concept_of_a_learner_is_answered(transport: Transport, busy: str) -> None:
    mastery = MasteryService(transport.acting_as(busy))
    standing = mastery.get_user_mastery(busy)
    assert len(standing) == CONCEPTS + 1
    curves = mastery.get_mastery_curves(busy, list(standing), at=MAY + timedelta(days=2))
    assert len(curves) == CONCEPTS + 1


def test_everybody_is_answered(service: Database, many_people: str) -> None:
    answer = service.call("people", search=many_people, max_people=5_000)
    assert answer["total"] == len(answer["people"]) == PEOPLE
