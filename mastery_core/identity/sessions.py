"""Who is signed in, for how long, and with whose tokens: ended for every tab at once."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mastery_core.errors import NotSignedIn, Unavailable
from mastery_core.identity.shelves import MemoryShelf, Shelf

IDLE_LIMIT = timedelta(hours=12)
LONGEST = timedelta(days=7)
# A token that ends within this time is renewed before it is used: no request sets out with one that ends on the way.
RENEW_BEFORE = timedelta(seconds=60)
_SECONDS_TO_RENEW = 15.0
_SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the platform knows a person by. ``expires_at``: when the access token ends, in seconds of Unix time."""

    access_token: str
    refresh_token: str
    expires_at: float

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at})"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one person in one browser. ``key`` is the SHA-256 of the id that only the cookie holds."""

    key: str
    person_id: str
    role: str
    created: datetime


def key_of(session_id: str) -> str:
    """The key a session is kept under: what leaks from memory or a log cannot be presented as a cookie."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SessionStore:
    """The open sessions, on a shelf. Safe to use from any thread; raises Unavailable where the shelf cannot be reached.

    A session ends ``idle_limit`` after its last use and ``longest`` after it began, whichever comes first.
    """

    def __init__(
        self,
        shelf: Shelf | None = None,
        *,
        idle_limit: timedelta = IDLE_LIMIT,
        longest: timedelta = LONGEST,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._shelf = MemoryShelf(now=now) if shelf is None else shelf
        self._idle_limit = idle_limit
        self._longest = longest
        self._now = now

    def sign_in(self, person_id: str, role: str, tokens: Tokens | None = None) -> tuple[str, Session]:
        """Begin a session: the random 256-bit id for the cookie, which is not kept here, and the session."""
        session_id = secrets.token_urlsafe(32)
        session = Session(key_of(session_id), person_id, role, created=self._now())
        if tokens is not None:
            self._shelf.put(_tokens_of(session.key), asdict(tokens), self._longest.total_seconds())
        kept = {"person_id": person_id, "role": role, "created": session.created.isoformat()}
        self._shelf.put(session.key, kept, self._seconds_left(session))
        return session_id, session

    def use(self, key: str | None) -> Session | None:
        """The open session of that key, kept alive for another while; None when there is none or it has ended."""
        session = self.look(key)
        if session is not None:
            self._shelf.touch(session.key, self._seconds_left(session))
        return session

    def is_open(self, key: str | None) -> bool:
        """Whether that session is still open, asked without keeping it alive."""
        return self.look(key) is not None

    def look(self, key: str | None) -> Session | None:
        """The open session of that key, asked without keeping it alive."""
        kept = self._shelf.get(key) if key else None
        if not key or kept is None:
            return None
        session = Session(key, kept["person_id"], kept["role"], datetime.fromisoformat(kept["created"]))
        return session if self._seconds_left(session) > 0 else None

    def sign_out(self, key: str | None) -> Tokens | None:
        """End that session for every tab; the tokens it had, which its platform may be told of. Again changes nothing."""
        if not key:
            return None
        kept = self._shelf.get(_tokens_of(key))
        self._shelf.delete(key)
        self._shelf.delete(_tokens_of(key))
        return Tokens(**kept) if kept else None

    def tokens(self, key: str, renew: Callable[[Tokens], Tokens], refused: str | None = None) -> Tokens:
        """The tokens of a session, renewed by one caller at a time when they are about to end.

        ``refused`` is an access token that was not accepted although it should not have ended yet. ``renew`` raises
        NotSignedIn where the platform knows the session no longer: then it ends here too. Raises NotSignedIn.
        """
        tokens = self._tokens(key)
        deadline = time.monotonic() + _SECONDS_TO_RENEW
        while self._is_due(tokens, refused):
            if self._shelf.claim(_tokens_of(key), _SECONDS_TO_RENEW):
                return self._renewed(key, renew, refused)
            if time.monotonic() > deadline:
                raise Unavailable("The sign-in could not be renewed in time. Try again in a moment.")
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            tokens = self._tokens(key)
        return tokens

    def keep(self, note: dict[str, Any], lifetime: timedelta) -> str:
        """Keep a note between two steps of a sign-in: the random id to ask for it by, once."""
        note_id = secrets.token_urlsafe(32)
        self._shelf.put(_note_of(note_id), note, lifetime.total_seconds())
        return note_id

    def take(self, note_id: str | None) -> dict[str, Any] | None:
        """The note of that id, which is gone then; None when there is none, or its time is over."""
        note = self._shelf.get(_note_of(note_id)) if note_id else None
        return note if note_id and self._shelf.delete(_note_of(note_id)) else None

    def _tokens(self, key: str) -> Tokens:
        kept = self._shelf.get(_tokens_of(key)) if self.is_open(key) else None
        if kept is None:
            raise NotSignedIn("You are signed out. Sign in again to go on.")
        return Tokens(**kept)

    def _renewed(self, key: str, renew: Callable[[Tokens], Tokens], refused: str | None) -> Tokens:
        """Renew for everybody who waits; what another process renewed in between is as good."""
        tokens = self._tokens(key)
        try:
            if self._is_due(tokens, refused):
                tokens = renew(tokens)
        except NotSignedIn:
            self.sign_out(key)
            raise
        except Unavailable:
            if tokens.access_token == refused or tokens.expires_at <= self._now().timestamp():
                raise
        finally:  # also frees the claim
            self._shelf.put(_tokens_of(key), asdict(tokens), self._longest.total_seconds(), only_replace=True)
        return tokens

    def _is_due(self, tokens: Tokens, refused: str | None) -> bool:
        ends_in = tokens.expires_at - self._now().timestamp()
        return tokens.access_token == refused or ends_in < RENEW_BEFORE.total_seconds()

    def _seconds_left(self, session: Session) -> float:
        return min(self._idle_limit, session.created + self._longest - self._now()).total_seconds()


def _tokens_of(key: str) -> str:
    return f"{key}:tokens"


def _note_of(note_id: str) -> str:
    return f"{key_of(note_id)}:note"
