"""``GET /api/mastery`` of the running dashboard, against a bare FastAPI route that returns the same bytes."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.database import owner_connection, settle, temporary_home
from benchmarks.learner import CONCEPTS, add_person, practise
from benchmarks.pairing import Pair, Reading, Timings, in_turn
from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.identity.local_tokens import LocalTokens

ROOT = Path(__file__).parents[1]
PATH = "/api/mastery?at=2026-11-20T12:00:00Z"
CLIENTS = 16
REQUESTS = 800
INTERACTIONS = 20_000
ROUNDS, QUICK_ROUNDS = 15, 5
LONGEST_START_SECONDS = 60
LOOKS_EVERY_SECONDS = 0.05


def measure(*, quick: bool) -> Iterator[Pair]:
    with temporary_home() as home:
        token = _token_of_learner(home)
        headers = {"Authorization": f"Bearer {token}"}
        with _uvicorn("dashboard:app", MASTERY_HOME=str(home)) as address:
            content = (
                httpx.get(address + PATH, headers=headers, timeout=LONGEST_START_SECONDS).raise_for_status().content
            )
            saved = home / "content.json"
            saved.write_bytes(content)
            with _uvicorn("benchmarks.bare_api:app", BENCHMARK_CONTENT=str(saved)) as bare:
                ours, other = in_turn(
                    lambda: _ask(address, headers, content),
                    lambda: _ask(bare, headers, content),
                    rounds=QUICK_ROUNDS if quick else ROUNDS, warm_up=2,
                )  # fmt: skip
    yield Pair(
        "api",
        Timings(f"GET /api/mastery, {CLIENTS} clients ({CONCEPTS} concepts)", ours, REQUESTS),
        Timings("a bare FastAPI route with the same bytes", other, REQUESTS),
        Reading.RATE,
        unit="requests/s",
    )


def _token_of_learner(home: Path) -> str:
    database = EmbeddedDatabase(home)
    try:
        with owner_connection(database) as connection:
            learner = add_person(connection, 1)
            practise(database, connection, learner, INTERACTIONS, datetime.now(UTC))
            settle(connection)
    finally:
        database.close()
    return LocalTokens(home).issue(learner, timedelta(days=1))


@contextmanager
def _uvicorn(app: str, **environment: str) -> Iterator[str]:
    """The app in a process of its own; where it listens."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            return
        time.sleep(LOOKS_EVERY_SECONDS)
    raise TimeoutError(f"nobody listens within {LONGEST_START_SECONDS} seconds")


def _ask(address: str, headers: dict[str, str], expected: bytes) -> None:
    """All requests of one round; raises AssertionError where one is answered otherwise."""
    asyncio.run(_ask_at_once(httpx.URL(address + PATH), headers, expected))


async def _ask_at_once(url: httpx.URL, headers: dict[str, str], expected: bytes) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": url.netloc.decode(), **headers}.items())
    request = b"GET " + url.raw_path + b" HTTP/1.1\r\n" + lines.encode() + b"\r\n"
    clients = (_ask_in_turn(url, request, expected) for _ in range(CLIENTS))
    await asyncio.gather(*clients)


async def _ask_in_turn(url: httpx.URL, request: bytes, expected: bytes) -> None:
    """One client on one connection. Bare sockets: any HTTP library would need more time than the servers."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    for _ in range(REQUESTS // CLIENTS):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        assert await reader.readexactly(len(expected)) == expected
    writer.close()
    await writer.wait_closed()
