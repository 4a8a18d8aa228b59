"""Who is signed in, for how long: kept in memory, ended for every tab at once."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

IDLE_LIMIT = timedelta(hours=12)
LONGEST = timedelta(days=7)
CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one person in one browser. ``key`` is the SHA-256 of the id that only the cookie holds."""

    key: str
    person_id: str
    role: str
    created: datetime
    expires: datetime


def key_of(session_id: str) -> str:
    """The key a session is kept under: what leaks from memory or a log cannot be presented as a cookie."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SessionStore:
    """The open sessions of this process. Safe to use from any thread.

    A session ends ``idle_limit`` after its last use and ``longest`` after it began, whichever comes first. Above
    ``capacity`` the session that was used longest ago gives way.
    """

    def __init__(
        self,
        *,
        idle_limit: timedelta = IDLE_LIMIT,
        longest: timedelta = LONGEST,
        capacity: int = CAPACITY,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._idle_limit = idle_limit
        self._longest = longest
        self._capacity = capacity
        self._now = now
        self._lock = Lock()
        self._by_key: OrderedDict[str, Session] = OrderedDict()

    def sign_in(self, person_id: str, role: str) -> tuple[str, Session]:
        """Begin a session: the random 256-bit id for the cookie, which is not kept here, and the session."""
        session_id = secrets.token_urlsafe(32)
        now = self._now()
        session = Session(key_of(session_id), person_id, role, created=now, expires=self._expiry(now, now))
        with self._lock:
            self._by_key[session.key] = session
            self._make_room(now)
        return session_id, session

    def use(self, key: str | None) -> Session | None:
        """The open session of that key, kept alive for another while; None when there is none or it has ended."""
        with self._lock:
            session = self._open(key)
            if session is None:
                return None
            session = replace(session, expires=self._expiry(session.created, self._now()))
            self._by_key[session.key] = session
            self._by_key.move_to_end(session.key)
            return session

    def is_open(self, key: str | None) -> bool:
        """Whether that session is still open, asked without keeping it alive."""
        with self._lock:
            return self._open(key) is not None

    def sign_out(self, key: str | None) -> None:
        """End that session for every tab; ending it again changes nothing."""
        with self._lock:
            self._by_key.pop(key or "", None)

    def __len__(self) -> int:
        return len(self._by_key)

    def _open(self, key: str | None) -> Session | None:
        session = self._by_key.get(key or "")
        if session is not None and session.expires <= self._now():
            del self._by_key[session.key]
            return None
        return session

    def _expiry(self, created: datetime, now: datetime) -> datetime:
        return min(now + self._idle_limit, created + self._longest)

    def _make_room(self, now: datetime) -> None:
        if len(self._by_key) <= self._capacity:
            return
        for key in [session.key for session in self._by_key.values() if session.expires <= now]:
            del self._by_key[key]
        while len(self._by_key) > self._capacity:
            self._by_key.popitem(last=False)


store = SessionStore()
"""The one store of this process: the middleware and the pages ask the same."""
