"""The API behind a real server, and how its callers come in."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from mastery_core.api.mount import OnFirstRequest

A_DAY = timedelta(days=1)
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Door:
    """An API, and how its callers show who they are."""

    url: str
    token_of: Callable[[str], str]
    service: dict[str, str]
    clients: list[httpx.Client] = field(default_factory=list)

    def nobody(self) -> httpx.Client:
        return self.client({})

    def person(self, person_id: str) -> httpx.Client:
        return self.client({"Authorization": f"Bearer {self.token_of(person_id)}"})

    def keeper(self) -> httpx.Client:
        """The service."""
        return self.client(self.service)

    def client(self, headers: dict[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers=headers, timeout=120)
        self.clients.append(client)
        return client


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of the app below ``/api``, as the dashboard mounts it."""
    mounted = Starlette(routes=[Mount("/api", OnFirstRequest(lambda: app))])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(mounted, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def opened(app: ASGIApp, token_of: Callable[[str], str], service: dict[str, str]) -> Iterator[Door]:
    with served(app) as url:
        door = Door(url, token_of, service)
        yield door
        for client in door.clients:
            client.close()


def outcome(concept: str = "Mean", result: str = "correct", **others: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "concept": concept, "outcome": result} | others


def assert_problem(response: httpx.Response, status: int, gist: str) -> dict[str, Any]:
    """It is problem details with this status and a sentence that holds ``gist``."""
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"]) == (status, status), problem
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    assert gist in problem["detail"]
    assert problem["type"] == "about:blank"
    assert problem["title"]
    return problem
