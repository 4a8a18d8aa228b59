"""The gate before every page, file and socket: whoever passes carries a name that the gate itself wrote."""

import re
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mastery_core.errors import Unavailable
from mastery_core.identity import cookies
from mastery_core.identity.html import page
from mastery_core.identity.sessions import Session, SessionStore, key_of

PERSON_HEADER = "x-app-sub"
SESSION_HEADER = "x-app-sid"
SIGN_IN_PATH = "/session/sign-in"

_OWN_HEADERS = b"x-app-"
_OPEN_PATHS = frozenset({"/_stcore/health", "/favicon.png", "/manifest.json"})
# The frontend's own files, and the API, which asks for a token instead of a cookie.
_OPEN_FOLDERS = ("/static/", "/api/")
# The sign-in, and nothing deeper: Streamlit finds its own addresses below any folder.
_SIGN_IN = re.compile(r"/session/[a-z-]+")
_FILES = "/media/"
_FOLDERS_WITHOUT_PAGES = (_FILES, "/component/", "/app/static/")
# How Streamlit names a file: the 16 bytes of its hash.
_FILE = re.compile(rb"/media/([0-9a-f]{32})")
_MOST_FILES_REMEMBERED = 20_000
_SECONDS_TO_SAY_GOODBYE = 30
# Bare JSON text: Streamlit's frontend shows it in its dialog when a tab comes back after its session has ended.
_SIGNED_OUT = "You are signed out. Reload to sign in again."
_NOT_YOURS = "This file was made for somebody else, or is gone. Make it again."


class SignedInOnly:
    """ASGI middleware: strips what a client says about itself, and says who it is from the session cookie.

    A signed-in request goes on with ``x-app-sub`` (the person) and ``x-app-sid`` (the session's key). Without a
    session a page answers 303 to the sign-in, anything else 401, and a socket is closed; the sign-in itself, the API,
    the health check and the frontend's own files are open. A socket that outlives its session is cut when it speaks up
    more than half a minute later: long enough for the page to say that it was signed out. A file goes only to people
    whose own socket was told its address: Streamlit itself gives it to whoever knows that. Where nobody can say who is
    signed in, a page says so with 503, and a socket may come back later.
    """

    def __init__(self, app: ASGIApp, sessions: SessionStore, clock: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._sessions = sessions
        self._clock = clock
        self._files_told: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            session = None if _is_open(scope["path"]) else await run_in_threadpool(self._session, scope)
        except Unavailable as error:
            await _cannot_say(scope, receive, send, error)
            return
        scope = _introduced(scope, session)
        if scope["type"] == "http" and session is not None and self._is_file_of_others(scope["path"], session):
            await JSONResponse(_NOT_YOURS, status_code=401)(scope, receive, send)
        elif scope["type"] == "http" and (session is not None or _is_open(scope["path"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refusal(scope)(scope, receive, send)
        elif session is not None:
            send_noting = self._noting_files(session.person_id, send)
            await self._app(scope, self._until_signed_out(session.key, receive, send), send_noting)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _session(self, scope: Scope) -> Session | None:
        session_id = cookies.session_id(HTTPConnection(scope))
        return self._sessions.use(key_of(session_id)) if session_id else None

    def _is_still_open(self, key: str) -> bool:
        try:
            return self._sessions.is_open(key)
        except Unavailable:  # the page itself will say so, and shows nothing
            return True

    def _is_file_of_others(self, path: str, session: Session) -> bool:
        return path.startswith(_FILES) and (session.person_id, path[len(_FILES) :][:32]) not in self._files_told

    def _noting_files(self, person_id: str, send: Send) -> Send:
        async def send_noting_files(message: Message) -> None:
            for file in _FILE.findall(message.get("bytes") or b""):
                self._files_told[person_id, file.decode()] = None
                self._files_told.move_to_end((person_id, file.decode()))
            while len(self._files_told) > _MOST_FILES_REMEMBERED:
                self._files_told.popitem(last=False)
            await send(message)

        return send_noting_files

    def _until_signed_out(self, key: str, receive: Receive, send: Send) -> Receive:
        seen_ended: float | None = None

        async def receive_while_signed_in() -> Message:
            nonlocal seen_ended
            message = await receive()
            if message["type"] != "websocket.receive" or await run_in_threadpool(self._is_still_open, key):
                return message
            seen_ended = self._clock() if seen_ended is None else seen_ended
            if self._clock() - seen_ended <= _SECONDS_TO_SAY_GOODBYE:
                return message
            await send({"type": "websocket.close", "code": 1008})
            return {"type": "websocket.disconnect", "code": 1008}

        return receive_while_signed_in


def _introduced(scope: Scope, session: Session | None) -> Scope:
    scope = {**scope, "headers": [pair for pair in scope["headers"] if not pair[0].lower().startswith(_OWN_HEADERS)]}
    if session is not None:
        headers = MutableHeaders(scope=scope)
        headers[PERSON_HEADER] = session.person_id
        headers[SESSION_HEADER] = session.key
    return scope


def _is_open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS) or _SIGN_IN.fullmatch(path) is not None


def _is_page(scope: Scope) -> bool:
    path = scope["path"]
    return (
        scope["method"] in {"GET", "HEAD"} and "/_stcore/" not in path and not path.startswith(_FOLDERS_WITHOUT_PAGES)
    )


def _refusal(scope: Scope) -> Response:
    if not _is_page(scope):
        return JSONResponse(_SIGNED_OUT, status_code=401)
    asked_for = quote(scope["path"])
    if scope["query_string"]:
        asked_for += "?" + scope["query_string"].decode("latin-1")
    headers = {"Cache-Control": "no-store"}
    return RedirectResponse(f"{SIGN_IN_PATH}?next={quote(asked_for, safe='/')}", status_code=303, headers=headers)


async def _cannot_say(scope: Scope, receive: Receive, send: Send, error: Unavailable) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013})
    elif _is_page(scope):
        await page("message.html", 503, title="Nobody can be signed in right now", message=str(error))(
            scope, receive, send
        )
    else:
        await JSONResponse(str(error), status_code=503)(scope, receive, send)
