"""The API at both of the databases it can have."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from mastery_core.api.app import create_api
from mastery_core.database import EmbeddedDatabase
from mastery_core.database.supabase import SupabaseDatabase
from mastery_core.identity.bearer import EmbeddedCallers, SupabaseCallers, TokenVerifier
from mastery_core.identity.local_tokens import LocalTokens
from tests.api.door import A_DAY, Door, opened
from tests.local_supabase import UNHURRIED_SECONDS, LocalSupabase


@pytest.fixture(scope="session")
def local_tokens(tmp_path_factory: pytest.TempPathFactory) -> LocalTokens:
    return LocalTokens(tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="session")
def embedded_api(database: EmbeddedDatabase, local_tokens: LocalTokens) -> Iterator[Door]:
    callers = EmbeddedCallers(lambda: database, local_tokens)
    app = create_api(lambda: callers, database.ping, max_seconds=UNHURRIED_SECONDS)
    service = {"Authorization": f"Bearer {local_tokens.issue_service(A_DAY)}"}
    with opened(app, lambda person: local_tokens.issue(person, A_DAY), service) as door:
        yield door


@pytest.fixture(scope="session")
def supabase_api(local_supabase: LocalSupabase) -> Iterator[Door]:
    settings = local_supabase.settings()
    database = SupabaseDatabase(settings, answer_seconds=UNHURRIED_SECONDS)
    callers = SupabaseCallers(database, TokenVerifier(settings))
    app = create_api(lambda: callers, database.ping, max_seconds=UNHURRIED_SECONDS)
    with opened(app, local_supabase.token_for, {"apikey": local_supabase.secret_key}) as door:
        yield door
    database.close()


@pytest.fixture(scope="session", params=["embedded", "supabase"])
def api(request: pytest.FixtureRequest) -> Door:
    """The API over either transport."""
    door: Door = request.getfixturevalue(f"{request.param}_api")
    return door


@pytest.fixture
def me(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mine(api: Door, me: str) -> httpx.Client:
    """The API as I may use it."""
    return api.person(me)
