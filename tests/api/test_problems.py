"""Whatever goes wrong is said in one sentence, with a status that a program understands."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mastery_core.api.app import MOST_AT_ONCE, create_api
from mastery_core.errors import MasteryError, NotSignedIn, Unavailable
from mastery_core.identity.bearer import Caller
from tests.api.door import Door, assert_problem, served

JSON = {"Content-Type": "application/json"}
ID = str(uuid4())
SECONDS_UNTIL_LOGGED = 30

BAD_BODIES: dict[str, tuple[str | bytes, int, str]] = {
    "no JSON": ("{", 400, "not JSON"),
    "nothing": ("", 422, "body: Field required"),
    "no UTF-8": (b'"\xff"', 400, "not JSON"),
    "NaN": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","custom_delta":NaN}}', 400, "not JSON"),
    "Infinity": ("[Infinity]", 400, "not JSON"),
    "half a surrogate pair": (f'{{"id":"{ID}","concept":"\\ud800","outcome":"correct"}}', 400, "not JSON"),
    "deep": ("[" * 100_000, 400, "not JSON"),
    "deep and whole": ("[" * 900 + "]" * 900, 422, "body.0"),
    "deep in a field": (f'{{"id":"{ID}","concept":{"[" * 900 + "]" * 900},"outcome":"correct"}}', 422, "body.concept"),
    "a huge number": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","custom_delta":{"9" * 400}}}', 400, "not JSON"),
    "a large number": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","custom_delta":1e300}}', 422, "custom_delta"),
    "a large integer": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","custom_delta":{10**30}}}', 422, "custom_delta"),
    "NUL": (f'{{"id":"{ID}","concept":"a\\u0000b","outcome":"correct"}}', 422, "U+0000"),
    "NUL as the kind": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","type":"a\\u0000b"}}', 422, "NUL"),
    "an empty concept": (f'{{"id":"{ID}","concept":" ","outcome":"correct"}}', 422, "concept is empty"),
    "a long concept": (f'{{"id":"{ID}","concept":"{"x" * 501}","outcome":"correct"}}', 422, "body.concept"),
    "a time without a zone": (
        f'{{"id":"{ID}","concept":"Mean","outcome":"correct","at":"2026-11-01T10:00:00"}}', 422, "time with its zone",
    ),
    "a number as time": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","at":1700000000}}', 422, "time with its zone"),
    "a time before all": (
        f'{{"id":"{ID}","concept":"Mean","outcome":"correct","at":"0001-01-01T00:00:00+23:00"}}', 422, "0001-01-01",
    ),
    "an unknown field": (f'{{"id":"{ID}","concept":"Mean","outcome":"correct","score":1}}', 422, "body.score"),
    "no id": ('{"concept":"Mean","outcome":"correct"}', 422, "body.id"),
    "no uuid": ('{"id":"7","concept":"Mean","outcome":"correct"}', 422, "body.id"),
    "text": ('"x"', 422, "body"),
    "null": ("null", 422, "body"),
    "a number": ("1e999", 400, "not JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "gist"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_cannot_be_is_refused_and_changes_nothing(
    body: str | bytes, status: int, gist: str, mine: httpx.Client, query: Any, me: str
) -> None:
    problem = assert_problem(mine.post("/mastery/outcomes", content=body, headers=JSON), status, gist)
    assert ("errors" in problem) == (": " in problem["detail"] and problem["detail"].startswith("body"))
    assert query("select 1 from interactions where student_id = %(me)s", me=me) == []


BAD_QUERIES = {
    "/mastery?at=2026-11-01T10:00:00": "time with its zone",
    "/mastery?at=2026-11-01T10:00:00+01:00": "%2B",
    "/mastery?at=1700000000": "time with its zone",
    "/mastery?at=0001-01-01T00:00:00%2B23:00": "0001-01-01",
    "/mastery?at=2026-13-01T10:00:00Z": "query.at",
    "/mastery?learner=me": "query.learner",
    "/mastery?apply_decay=perhaps": "query.apply_decay",
    "/mastery?concepts=a%00b": "NUL",
    "/mastery?concept=Mean": "query.concept",
    "/mastery/weak?threshold=1.1": "query.threshold",
    "/mastery/weak?threshold=nan": "query.threshold",
    "/mastery/weak?limit=0": "query.limit",
    "/mastery/weak?limit=" + "9" * 5_000: "query.limit",
    "/mastery/history?days=0": "query.days",
    "/mastery/history?days=inf": "query.days",
    "/mastery/history?days=1e9": "query.days",
    "/mastery/history?limit=10001": "query.limit",
    "/mastery/history?concept=%00": "NUL",
    "/mastery/insights?days=many": "query.days",
    "/mastery/insights?unknown=1": "query.unknown",
}


@pytest.mark.parametrize(("address", "gist"), BAD_QUERIES.items(), ids=lambda text: text[:50])
def test_a_question_that_cannot_be_is_refused(address: str, gist: str, mine: httpx.Client) -> None:
    assert_problem(mine.get(address), 422, gist)


@pytest.mark.parametrize(
    "address", ["/mastery?concepts=%ED%A0%80&concepts=%FF", "/mastery/history?concept=%F0%9F%A7%A0"]
)
def test_any_text_may_name_a_concept_that_is_not_there(address: str, mine: httpx.Client) -> None:
    assert mine.get(address).status_code == 200


@pytest.mark.parametrize("session", ["7", "%00", "x" * 500, "00000000-0000-0000-0000-00000000000g"])
def test_a_session_has_a_uuid(session: str, mine: httpx.Client) -> None:
    assert_problem(mine.post(f"/mastery/session/{session}/end"), 422, "path.session_id")


def test_a_session_that_is_not_mine_is_not_there(mine: httpx.Client) -> None:
    assert_problem(mine.post(f"/mastery/session/{uuid4()}/end"), 404, "no session")


@pytest.mark.parametrize("path", ["/", "/nothing", "/mastery/", "/mastery/history/x", "/mastery/session//end"])
def test_an_unknown_address_is_said(path: str, mine: httpx.Client) -> None:
    assert_problem(mine.get(path), 404, "nothing at this address")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_wrong_method_is_said(method: str, mine: httpx.Client) -> None:
    refused = mine.request(method, "/mastery")
    assert_problem(refused, 405, "method")
    assert refused.headers["allow"] == "GET"


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_that_does_not_say_it_is_json_is_refused(kind: str | None, mine: httpx.Client) -> None:
    headers = {"Content-Type": kind} if kind else {}
    for path in ("/mastery/outcomes", "/mastery/session/start", f"/mastery/session/{uuid4()}/end"):
        assert_problem(mine.post(path, content=b"{}", headers=headers), 415, "application/json")


def test_json_with_a_character_set_is_json(mine: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert mine.post("/mastery/session/start", content=b"{}", headers=headers).status_code == 201


def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(mine: httpx.Client) -> None:
    def piece_by_piece() -> Iterator[bytes]:
        yield b"["
        for _ in range(20):
            yield b" " * 64 * 1024

    refused = [
        mine.post("/mastery/outcomes", content=body, headers=JSON) for body in (b"[" + b" " * 2**20, piece_by_piece())
    ]
    for response in refused:
        assert_problem(response, 413, "larger than 1,048,576 bytes")


def refusing(error: Exception) -> Any:
    class Refusing:
        def caller(self, *_: object) -> Caller:
            raise error

    return Refusing()


@pytest.fixture
def serve() -> Iterator[Callable[..., httpx.Client]]:
    """An API of one's own: what makes the callers, the ping, and its bounds."""
    open_things: list[Any] = []

    def serve(callers: Any, ping: Callable[[], None] = lambda: None, **bounds: Any) -> httpx.Client:
        behind = served(create_api(lambda: callers, ping, **bounds))
        client = httpx.Client(base_url=behind.__enter__(), timeout=30, limits=httpx.Limits(max_connections=None))
        open_things.append((behind, client))
        return client

    yield serve
    for behind, client in open_things:
        client.close()
        behind.__exit__(None, None, None)


def test_a_database_that_is_away_is_said_and_when_to_come_back(serve: Callable[..., httpx.Client]) -> None:
    refused = serve(refusing(Unavailable("The database is away."))).get("/mastery")
    assert_problem(refused, 503, "The database is away.")
    assert refused.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    "error", [RuntimeError("secret of the house"), MasteryError("The database refused x: secret.")]
)
def test_what_nobody_foresaw_tells_nothing_and_is_logged(error: Exception, serve: Callable[..., httpx.Client]) -> None:
    log, logged = logging.getLogger("uvicorn.error"), LoggedErrors()
    log.addHandler(logged)
    try:
        problem = assert_problem(serve(refusing(error)).get("/mastery"), 500, "not your doing")
        assert logged.errors.get(timeout=SECONDS_UNTIL_LOGGED) is error
    finally:
        log.removeHandler(logged)
    assert "secret" not in str(problem)


class LoggedErrors(logging.Handler):
    """What was logged, as it comes: the server does so after its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: Queue[BaseException | None] = Queue()

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.errors.put(record.exc_info[1])


def test_where_the_callers_cannot_be_known_yet_the_next_request_tries_again(serve: Callable[..., httpx.Client]) -> None:
    tries = []

    class NotYet:
        def caller(self, *_: object) -> Caller:
            tries.append(1)
            raise Unavailable("Not yet.") if len(tries) == 1 else NotSignedIn("Sign in.")

    client = serve(NotYet())
    assert [client.get("/mastery").status_code for _ in "ab"] == [503, 401]


def test_health_says_that_the_process_lives_whatever_the_database_does(serve: Callable[..., httpx.Client]) -> None:
    def away() -> None:
        raise Unavailable("The database is away.")

    client = serve(refusing(Unavailable("away")), away)
    assert client.get("/health").json() == {"status": "ok"}
    assert_problem(client.get("/ready"), 503, "The database is away.")


def test_a_database_that_hangs_is_not_ready_after_two_seconds(serve: Callable[..., httpx.Client]) -> None:
    release = threading.Event()
    client = serve(refusing(Unavailable("away")), lambda: release.wait(20) and None)
    started = time.monotonic()
    assert_problem(client.get("/ready"), 503, "did not answer in time")
    assert time.monotonic() - started < 15
    release.set()


class Hanging:
    def __init__(self) -> None:
        self.release = threading.Event()
        self.waiting = 0
        self._lock = threading.Lock()

    def caller(self, *_: object) -> Caller:
        with self._lock:
            self.waiting += 1
        self.release.wait(20)
        raise NotSignedIn("Sign in.")


def test_an_answer_that_takes_too_long_is_given_up(serve: Callable[..., httpx.Client]) -> None:
    hanging = Hanging()
    client = serve(hanging, max_seconds=1)
    assert_problem(client.get("/mastery"), 504, "no answer in time")
    assert client.get("/health").status_code == 200
    hanging.release.set()


def test_while_the_database_hangs_the_api_leaves_threads_to_others(serve: Callable[..., httpx.Client]) -> None:
    hanging = Hanging()
    client = serve(hanging)
    with ThreadPoolExecutor(60) as threads:
        waiting = [threads.submit(client.get, "/mastery") for _ in range(60)]
        while hanging.waiting < MOST_AT_ONCE:
            time.sleep(0.01)
        assert client.get("/ready").status_code == 200
        assert hanging.waiting == MOST_AT_ONCE
        hanging.release.set()
        assert {each.result().status_code for each in waiting} == {401}


def test_a_request_that_takes_too_long_is_given_up(
    embedded_api: Door, me: str, database: Any, local_tokens: Any
) -> None:
    from mastery_core.identity.bearer import EmbeddedCallers

    app = create_api(lambda: EmbeddedCallers(lambda: database, local_tokens), lambda: None, max_seconds=2)
    with served(app) as url:
        port = httpx.URL(url).port
        assert port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
            slow.sendall(
                b"POST /api/mastery/outcomes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer " + embedded_api.token_of(me).encode() + b"\r\nContent-Length: 100\r\n\r\n[{"
            )
            said = slow.recv(4096)
            assert said.startswith(b"HTTP/1.1 408"), said
            assert b"application/problem+json" in said
        assert httpx.get(f"{url}/health").status_code == 200
