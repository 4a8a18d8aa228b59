"""No request is larger, and none takes longer, than it may."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mastery_core.api.problems import problem

TOO_LARGE = "The body is larger than {:,} bytes."
TOO_SLOW_A_REQUEST = "The request did not arrive in time."
TOO_SLOW_AN_ANSWER = (
    "There was no answer in time. What was sent may have been recorded: the same ids again change nothing."
)


class Bounds:
    """ASGI middleware: 413 where the body is too large, 408 where it is not whole in time, 504 where the answer is late.

    Work in a thread cannot be stopped: it goes on to its own end, and its answer is dropped.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_seconds: float) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_seconds = max_seconds
        self._left_behind: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif int(Headers(scope=scope).get("content-length", "0")) > self._max_body_bytes:
            await problem(413, TOO_LARGE.format(self._max_body_bytes))(scope, receive, send)
        else:
            await self._in_time(scope, _Exchange(receive, send, self._max_body_bytes))

    async def _in_time(self, scope: Scope, exchange: "_Exchange") -> None:
        work = asyncio.ensure_future(self._app(scope, exchange.receive, exchange.send))
        try:
            done, _ = await asyncio.wait({work}, timeout=self._max_seconds)
        except asyncio.CancelledError:
            work.cancel()
            raise
        if done or exchange.has_begun:
            await work
            return
        late = problem(408, TOO_SLOW_A_REQUEST) if exchange.is_receiving else problem(504, TOO_SLOW_AN_ANSWER)
        if exchange.is_receiving:
            work.cancel()
        self._left_behind.add(work)  # the loop itself holds its tasks weakly
        work.add_done_callback(self._left_behind.discard)
        await late(scope, exchange.receive, exchange.take_over())


class _Exchange:
    """One request and its answer, watched."""

    def __init__(self, receive: Receive, send: Send, max_body_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._bytes_left = max_body_bytes
        self._max_body_bytes = max_body_bytes
        self.is_receiving = False
        self.has_begun = False

    async def receive(self) -> Message:
        self.is_receiving = True
        message = await self._receive()
        self.is_receiving = False
        self._bytes_left -= len(message.get("body", b""))
        if self._bytes_left < 0:
            raise HTTPException(413, TOO_LARGE.format(self._max_body_bytes))
        return message

    async def send(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)

    def take_over(self) -> Send:
        """The way to the client, for somebody else: what is sent through ``send`` from now on is dropped."""
        send, self._send = self._send, _drop
        return send


async def _drop(_: Message) -> None:
    """Nobody waits for it any more."""
