"""The gate before every page, file and socket: whoever passes carries a name that the gate itself wrote."""

from collections.abc import Callable
from time import monotonic
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mastery_core.identity import cookies
from mastery_core.identity.sessions import Session, SessionStore, key_of

PERSON_HEADER = "x-app-sub"
SESSION_HEADER = "x-app-sid"
SIGN_IN_PATH = "/session/sign-in"

_OWN_HEADERS = b"x-app-"
_OPEN_PATHS = frozenset(
    {SIGN_IN_PATH, "/session/sign-out", "/session/preparing", "/_stcore/health", "/favicon.png", "/manifest.json"}
)
_OPEN_FOLDER = "/static/"
_FOLDERS_WITHOUT_PAGES = ("/media/", "/component/", "/app/static/", "/api/")
_SECONDS_TO_SAY_GOODBYE = 30
# Bare JSON text: Streamlit's frontend shows it in its dialog when a tab comes back after its session has ended.
_SIGNED_OUT = "You are signed out. Reload to sign in again."


class SignedInOnly:
    """ASGI middleware: strips what a client says about itself, and says who it is from the session cookie.

    A signed-in request goes on with ``x-app-sub`` (the person) and ``x-app-sid`` (the session's key). Without a
    session a page answers 303 to the sign-in, anything else 401, and a socket is closed; the sign-in itself, the
    health check and the frontend's own files are open. A socket that outlives its session is cut when it speaks up
    more than half a minute later: long enough for the page to say that it was signed out.
    """

    def __init__(self, app: ASGIApp, sessions: SessionStore, clock: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        session = self._session(scope)
        scope = _introduced(scope, session)
        if scope["type"] == "http" and (session is not None or _is_open(scope["path"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refusal(scope)(scope, receive, send)
        elif session is not None:
            await self._app(scope, self._until_signed_out(session.key, receive, send), send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _session(self, scope: Scope) -> Session | None:
        session_id = cookies.session_id(HTTPConnection(scope))
        return self._sessions.use(key_of(session_id)) if session_id else None

    def _until_signed_out(self, key: str, receive: Receive, send: Send) -> Receive:
        seen_ended: float | None = None

        async def receive_while_signed_in() -> Message:
            nonlocal seen_ended
            message = await receive()
            if message["type"] != "websocket.receive" or self._sessions.is_open(key):
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
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDER)


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
