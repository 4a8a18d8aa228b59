"""``python -m mastery_core token`` as a person types it, and the API that takes what it prints."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.bearer import EmbeddedCallers
from mastery_core.identity.local_tokens import LocalTokens

HERE = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(database: EmbeddedDatabase) -> Run:
    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = (
            os.environ | {"MASTERY_HOME": str(database.server.home), "COLUMNS": "200", "NO_COLOR": "1"} | settings
        )
        command = [sys.executable, "-m", "mastery_core", "token", *arguments]
        return subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def callers(database: EmbeddedDatabase) -> EmbeddedCallers:
    return EmbeddedCallers(lambda: database, LocalTokens(database.server.home))


@pytest.fixture(scope="module")
def ada(owner: object) -> str:
    statement = (
        "insert into auth.users (id, email, raw_user_meta_data) values"
        " (gen_random_uuid(), 'ada@school.example', '{\"display_name\": \"Ada of the tokens\"}') returning id"
    )
    return str(owner.execute(statement).fetchone()["id"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["ada@school.example", "ada of the TOKENS", "id"])
def test_it_prints_the_token_alone(who: str, ada: str, run: Run, callers: EmbeddedCallers) -> None:
    done = run(ada if who == "id" else who, "--days", "1")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert callers.caller(f"Bearer {done.stdout.strip()}", None).person_id == ada


def test_the_services_token_is_nobodys(run: Run, callers: EmbeddedCallers) -> None:
    caller = callers.caller(f"Bearer {run('--service').stdout.strip()}", None)
    assert caller.person_id is None
    assert caller.database.call("status")["people"] > 0


@pytest.mark.parametrize(
    ("arguments", "settings", "gist"),
    [
        (["nobody at all"], {}, "nobody with the id, e-mail or name"),
        (["of the tokens"], {}, "there are Ada of the tokens ("),
        ([], {}, "Name a person"),
        (["ada@school.example", "--service"], {}, "Name a person"),
        (["x"], {"SUPABASE_URL": "http://localhost:1", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"}, "its sign-in"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    arguments: list[str], settings: dict[str, str], gist: str, ada: str, run: Run
) -> None:
    done = run(*arguments, **settings)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert gist in done.stderr
