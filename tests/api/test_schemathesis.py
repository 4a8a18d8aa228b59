"""Thousands of made-up requests against the API's own document: no 5xx, and nothing that it does not say."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from mastery_core.api.app import create_api
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.bearer import EmbeddedCallers
from mastery_core.identity.local_tokens import LocalTokens
from tests.api.door import A_DAY, served

CONFIG = Path(__file__).with_name("schemathesis.toml")
FEWEST_CASES = 2_000
SECONDS_ON_A_BUSY_MACHINE = 120  # how slow it may be is not what is asked here
OPEN = ("/health", "/ready", "/openapi.json")


class Watched:
    """The API, and what was asked of it: (method, address, status), the ids of sessions left out."""

    def __init__(self, database: EmbeddedDatabase, tokens: LocalTokens) -> None:
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.url = ""
        callers = EmbeddedCallers(lambda: database, tokens)
        self._app = create_api(lambda: callers, database.ping, max_seconds=SECONDS_ON_A_BUSY_MACHINE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                path = scope["path"].removeprefix("/api")
                address = "/mastery/session/{id}/end" if path.endswith("/end") else path
                self.answers[scope["method"], address, message["status"]] += 1
            await send(message)

        await self._app(scope, receive, send_watched)

    def statuses(self) -> set[int]:
        return {status for _, _, status in self.answers}


@pytest.fixture
def watched(
    database: EmbeddedDatabase, local_tokens: LocalTokens, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watched]:
    monkeypatch.setattr("mastery_core.api.routes.SECONDS_TO_BE_READY", SECONDS_ON_A_BUSY_MACHINE)
    watched = Watched(database, local_tokens)
    with served(watched) as url:
        watched.url = url
        yield watched


def schemathesis(watched: Watched, folder: Path, *options: str) -> str:
    """Run it in a folder of its own; what it says. Raises AssertionError where it found something."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", *options]
    done = subprocess.run(
        [*command, f"{watched.url}/openapi.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    return done.stdout


def test_whatever_is_sent_the_answer_is_one_that_the_document_names(
    watched: Watched, local_tokens: LocalTokens, person: Callable[[], str], tmp_path: Path
) -> None:
    token = local_tokens.issue(person(), A_DAY)
    schemathesis(watched, tmp_path, "--header", f"Authorization: Bearer {token}")
    assert watched.answers.total() >= FEWEST_CASES, watched.answers.total()
    assert max(watched.statuses()) < 500
    good = {(method, address) for method, address, status in watched.answers if status < 300}
    assert good >= {
        ("GET", "/health"), ("GET", "/ready"), ("GET", "/mastery"), ("GET", "/mastery/weak"), ("GET", "/mastery/history"),
        ("GET", "/mastery/insights"), ("POST", "/mastery/session/start"), ("POST", "/mastery/session/{id}/end"),
        ("POST", "/mastery/outcomes"),
    }, "each of them was also asked something that it can answer"  # fmt: skip


def test_without_a_token_whatever_is_sent_is_not_even_read(watched: Watched, tmp_path: Path) -> None:
    schemathesis(watched, tmp_path, "--phases", "examples,coverage")
    of_mastery = {status for _, address, status in watched.answers if address.startswith("/mastery")}
    assert of_mastery <= {401, 404, 405}
    assert {status for _, address, status in watched.answers if address in OPEN} <= {200, 405}
    assert watched.answers.total() > 300
