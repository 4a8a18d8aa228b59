from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from mastery_core.identity.local_only import LocalOnly


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


APP = Starlette(routes=[Route("/", _hello), WebSocketRoute("/talk", _talk)], middleware=[Middleware(LocalOnly)])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_computer_comes_in(client_of: Callable[..., TestClient], address: str) -> None:
    client = client_of(APP, address)

    assert client.get("/").text == "hello"
    with client.websocket_connect("ws://localhost:8501/talk") as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize(
    "address", ["192.168.1.7", "10.0.0.1", "::ffff:192.168.1.7", "fe80::1", "2001:db8::1", "unknown"]
)
def test_another_computer_is_told_why_it_stays_out(client_of: Callable[..., TestClient], address: str) -> None:
    client = client_of(APP, address)
    answer = client.get("/")

    assert answer.status_code == 403
    assert "MASTERY_ALLOW_REMOTE=1" in answer.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://localhost:8501/talk"):
        pass


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8501", "LocalHost:80", "127.0.0.1:8501", "[::1]:8501", "[::1]"]
)
def test_the_names_of_this_computer_are_served(client_of: Callable[..., TestClient], host: str) -> None:
    assert client_of(APP).get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:8501:1",
        "",
        "::1",
    ],
)
def test_a_page_that_renames_itself_to_this_computer_stays_out(client_of: Callable[..., TestClient], host: str) -> None:
    client = client_of(APP)

    assert client.get("/", headers={"host": host}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://localhost:8501/talk", headers={"host": host}),
    ):
        pass


def test_two_host_headers_are_refused(client_of: Callable[..., TestClient]) -> None:
    headers = [("host", "localhost:8501"), ("host", "evil.example")]

    assert client_of(APP).get("/", headers=headers).status_code == 403
