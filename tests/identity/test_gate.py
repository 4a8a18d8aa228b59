from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.sessions import SessionStore, key_of

SOCKET_PATH = "/_stcore/stream"
SOCKET = f"ws://localhost:8501{SOCKET_PATH}"
FORGED = [("x-app-sub", "ben"), ("X-App-Sub", "ben"), ("x-app-sid", "0"), ("X-APP-ROLE", "instructor")]


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse(request.headers.items())


async def _echo_socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(websocket.headers.items())
    async for message in websocket.iter_bytes():
        await (websocket.send_bytes(message) if message.startswith(b"tell") else websocket.send_text("heard"))


@dataclass
class House:
    """An app behind the gate that tells what it was told, and a clock for the gate."""

    store: SessionStore = field(default_factory=SessionStore)
    seconds: float = 0.0

    def app(self) -> Starlette:
        gate = Middleware(SignedInOnly, sessions=self.store, clock=lambda: self.seconds)
        methods = ["GET", "HEAD", "POST", "PUT"]
        return Starlette(
            routes=[WebSocketRoute(SOCKET_PATH, _echo_socket), Route("/{path:path}", _echo, methods=methods)],
            middleware=[gate],
        )


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def stranger(house: House, client_of: Callable[..., TestClient]) -> TestClient:
    return client_of(house.app())


@pytest.fixture
def client_of_person(house: House, client_of: Callable[..., TestClient]) -> Callable[[str], TestClient]:
    app = house.app()

    def make(person: str) -> TestClient:
        session_id, _ = house.store.sign_in(person, "student")
        client = client_of(app)
        client.cookies.set("mastery_session_8501", session_id)
        return client

    return make


@pytest.fixture
def ada(client_of_person: Callable[[str], TestClient]) -> TestClient:
    return client_of_person("ada")


def test_a_page_sends_a_stranger_to_the_sign_in_and_back(stranger: TestClient) -> None:
    answer = stranger.get("/progress?concept=mean%20value&at=2026-01-01")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/session/sign-in?next=/progress%3Fconcept%3Dmean%2520value%26at%3D2026-01-01"


@pytest.mark.parametrize(
    "path",
    [
        "/media/0123.csv",
        "/_stcore/host-config",
        "/_stcore/upload_file/1/2",
        "/_stcore/agent/interact",
        "/_stcore/health/more",
        "/progress/_stcore/host-config",
        "/component/table/index.html",
        "/app/static/log.csv",
        "/session/_stcore/host-config",
        "/session/deeper/_stcore/upload_file/1/2",
    ],
)
def test_a_file_or_a_stream_answers_a_stranger_401(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 401


def test_a_stranger_can_post_nothing_but_the_sign_in(stranger: TestClient) -> None:
    assert stranger.post("/progress").status_code == 401
    assert stranger.put("/session/preparing/x").status_code == 401
    assert stranger.post("/session/sign-in").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/session/sign-in",
        "/session/preparing",
        "/_stcore/health",
        "/api/mastery",
        "/static/js/index.js",
        "/favicon.png",
    ],
)
def test_what_a_stranger_needs_to_sign_in_is_open(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize("cookie", ["", "forged", "x" * 5_000])
def test_a_forged_cookie_opens_nothing(house: House, stranger: TestClient, cookie: str) -> None:
    house.store.sign_in("ada", "student")
    stranger.cookies.set("mastery_session_8501", cookie)

    assert stranger.get("/media/0123.csv").status_code == 401


def test_the_kept_hash_is_no_cookie(house: House, stranger: TestClient) -> None:
    _, session = house.store.sign_in("ada", "student")
    stranger.cookies.set("mastery_session_8501", session.key)

    assert stranger.get("/media/0123.csv").status_code == 401


def test_what_is_signed_in_says_the_gate_and_not_the_client(ada: TestClient) -> None:
    told = ada.get("/progress", headers=FORGED).json()

    session_id = ada.cookies["mastery_session_8501"]
    assert [pair for pair in told if pair[0].startswith("x-app-")] == [
        ["x-app-sub", "ada"],
        ["x-app-sid", key_of(session_id)],
    ]


def test_a_forged_header_without_a_session_says_nothing(stranger: TestClient) -> None:
    told = stranger.get("/session/preparing", headers=FORGED).json()

    assert not [pair for pair in told if pair[0].startswith("x-app-")]


def test_a_socket_carries_the_name_that_the_gate_wrote(ada: TestClient) -> None:
    with ada.websocket_connect(SOCKET, headers=dict(FORGED)) as socket:
        told = socket.receive_json()

    assert [pair[1] for pair in told if pair[0] == "x-app-sub"] == ["ada"]
    assert not [pair for pair in told if pair[0] == "x-app-role"]


def test_a_stranger_gets_no_socket(stranger: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect(SOCKET, headers=dict(FORGED)):
        pass


def test_a_file_is_for_whom_the_app_told_its_address(
    client_of_person: Callable[[str], TestClient], stranger: TestClient
) -> None:
    ada, ada_elsewhere, ben = client_of_person("ada"), client_of_person("ada"), client_of_person("ben")
    address = f"/media/{'0a' * 16}.csv"
    assert ada.get(address).status_code == 401
    with ada.websocket_connect(SOCKET) as socket:
        socket.receive_json()
        # What follows an address in a message may look like more of it.
        socket.send_bytes(f"tell {address}b/media/{'0b' * 16}b2".encode())
        socket.receive_bytes()

    assert ada.get(address).status_code == 200
    assert ada.get(f"/media/{'0b' * 16}").status_code == 200
    assert ada_elsewhere.get(address).status_code == 200
    assert ben.get(address).status_code == 401
    assert stranger.get(address).status_code == 401
    assert ada.get(f"/media/{'0c' * 16}.csv").status_code == 401


def test_the_gate_forgets_the_files_told_longest_ago(
    client_of_person: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mastery_core.identity.middleware._MOST_FILES_REMEMBERED", 2)
    ada = client_of_person("ada")
    files = [f"/media/{number:032x}.csv" for number in range(3)]
    with ada.websocket_connect(SOCKET) as socket:
        socket.receive_json()
        for file in files:
            socket.send_bytes(f"tell {file}".encode())
            socket.receive_bytes()

    assert [ada.get(file).status_code for file in files] == [401, 200, 200]


def test_nobody_gets_in_after_the_sign_out(house: House, ada: TestClient) -> None:
    house.store.sign_out(key_of(ada.cookies["mastery_session_8501"]))

    assert ada.get("/media/0123.csv").status_code == 401
    with pytest.raises(WebSocketDisconnect), ada.websocket_connect(SOCKET):
        pass


def test_an_open_socket_may_say_goodbye_after_the_sign_out_and_is_cut_then(house: House, ada: TestClient) -> None:
    with ada.websocket_connect(SOCKET) as socket:
        socket.receive_json()
        socket.send_bytes(b"before")
        assert socket.receive_text() == "heard"
        house.store.sign_out(key_of(ada.cookies["mastery_session_8501"]))

        socket.send_bytes(b"the run that shows the sentence")
        assert socket.receive_text() == "heard"
        house.seconds = 31
        socket.send_bytes(b"too late")
        with pytest.raises(WebSocketDisconnect) as cut:
            socket.receive_text()

    assert cut.value.code == 1008


def test_two_dashboards_on_one_computer_keep_apart(house: House, ada: TestClient) -> None:
    answer = ada.get("/progress", headers={"host": "localhost:8502"})

    assert answer.status_code == 303
