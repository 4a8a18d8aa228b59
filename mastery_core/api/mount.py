"""The API as a part of the web app: made when somebody asks for it, for its libraries take a second that no screen waits for."""

from collections.abc import Callable
from threading import Lock
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from mastery_core.errors import InvalidInput
from mastery_core.identity.installation import EmbeddedInstallation, SupabaseInstallation
from mastery_core.settings import setting


def mounted(installation: EmbeddedInstallation | SupabaseInstallation) -> "OnFirstRequest":
    """The API of an installation, for ``Mount("/api", …)``; browsers may call it from ``MASTERY_CORS_ORIGINS``."""
    origins = cors_origins()

    def make() -> ASGIApp:
        from mastery_core.api.app import create_api  # noqa: PLC0415

        return create_api(installation.callers, installation.ping, cors_origins=origins)

    return OnFirstRequest(make)


class OnFirstRequest:
    """ASGI app that stands for the one that ``make`` makes, once, in a thread."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: ASGIApp | None = None
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await run_in_threadpool(self.made) if self._made is None else self._made
        await app(scope, receive, send)

    def made(self) -> ASGIApp:
        """The app, made now if it was not yet."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def cors_origins() -> list[str]:
    """The origins of ``MASTERY_CORS_ORIGINS``, separated by commas. Raises InvalidInput where one is none."""
    origins = [origin.strip() for origin in (setting("mastery", "cors_origins") or "").split(",")]
    return [_checked(origin) for origin in origins if origin]


def _checked(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
        raise InvalidInput(f'MASTERY_CORS_ORIGINS: "{origin}" is not an origin like https://tutor.example.')
    return origin
