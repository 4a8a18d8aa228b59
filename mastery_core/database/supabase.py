"""The Supabase transport: PostgREST over HTTP, with the token of the person who asks.

All callers share one pool of connections and nothing else: each has a client of its own, so no token meets another.
"""

import math
import time
from typing import Any

import httpx
import orjson
from postgrest import SyncPostgrestClient

from mastery_core.database.protocol import READS, TokenSource
from mastery_core.database.translation import LACKING, REFUSED, Meaning, error_of, not_sent, translated
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotSignedIn, Unavailable
from mastery_core.settings import SupabaseSettings

ANSWER_SECONDS, CONNECT_SECONDS = 10.0, 3.0
# Below what a gateway keeps an idle connection open (a minute or more): it does not close the one we are about to use.
POOL = httpx.Limits(max_connections=40, max_keepalive_connections=40, keepalive_expiry=30)
# A read is asked again after these pauses, as long as it has not taken this long already.
PAUSES, PATIENCE_SECONDS = (0.2, 0.8), 1.5

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
UNAUTHORIZED, INTERNAL_ERROR = 401, 500
BAD_GATEWAY = 502  # this and above: what stands before the database answered, or cannot reach it
SQLSTATE_LENGTH, NO_RIGHT = 5, "42501"

NO_PROJECT: Meaning = (Unavailable, "What answered is no Supabase project: check SUPABASE_URL.")
NOT_REACHED: Meaning = (Unavailable, "The database cannot be reached, nothing was changed: try again in a moment.")
UNKNOWN: Meaning = (
    Unavailable,
    "The database did not answer: what was sent may be recorded or not, and the same again under the same id is safe.",
)
# By PostgREST's code, else by the status.
MEANINGS: dict[str, Meaning] = {
    "PGRST202": LACKING,
    **dict.fromkeys(("PGRST000", "PGRST002", "PGRST003"), NOT_REACHED),  # refused before it ran
    "413": (InvalidInput, "This is more than the project takes at once: send less at a time."),
    "429": (Unavailable, "The project gets more requests than it takes: try again in a moment."),
}


class SupabaseDatabase:
    """A Supabase project, shared by everything in this process that asks it. Threads may share it too."""

    def __init__(
        self,
        settings: SupabaseSettings,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.settings = settings
        # HTTP/2 would put all threads on one connection, which httpx does not stand.
        self.http = httpx.Client(
            http2=False, timeout=httpx.Timeout(answer_seconds, connect=connect_seconds), limits=POOL
        )

    def acting_as(self, token: str | TokenSource) -> "SupabaseCaller":
        """The database under the rights of the person whose access token it is."""
        return SupabaseCaller(self, self.settings.publishable_key, token)

    def acting_as_service(self) -> "SupabaseCaller":
        """The database under the rights of the service. Raises NotAllowed where this installation has no secret key."""
        if self.settings.secret_key is None:
            raise NotAllowed("This needs the project's secret key: set SUPABASE_SECRET_KEY where it is to run.")
        return self.acting_with_key(self.settings.secret_key)

    def acting_with_key(self, secret_key: str) -> "SupabaseCaller":
        """The database under the rights of a key that somebody presented; the project decides what it is worth."""
        return SupabaseCaller(self, secret_key)

    def ping(self) -> None:
        """Return when the database itself has answered. Raises Unavailable."""
        nobody = SupabaseCaller(self, self.settings.publishable_key)
        try:
            nobody.call("status")
        except NotSignedIn:  # said by the database, which lets nobody in without a name
            return

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


class SupabaseCaller:
    """The database as one person, the service, or nobody may use it."""

    def __init__(self, database: SupabaseDatabase, key: str, token: str | TokenSource | None = None) -> None:
        self._database = database
        self._key = key
        self._token = token
        self._last: tuple[str | None, SyncPostgrestClient] | None = None

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Call ``public.<function>``; see ``Database.call``."""
        token = self._token() if callable(self._token) else self._token
        response = self._asked(token, function, arguments)
        if callable(self._token) and _is_token_refused(response):  # refused before it ran: a write may be sent again
            response = self._asked(self._token(refused=token), function, arguments)
        if not response.is_success:
            raise self._refusal(function, response)
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise error_of(NO_PROJECT, function) from error

    def _asked(self, token: str | None, function: str, arguments: dict[str, Any]) -> httpx.Response:
        """Ask, and ask again where that is safe and may help. Raises Unavailable where there is no answer."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        for pause in (*PAUSES, math.inf):
            failure: httpx.RequestError | httpx.Response
            try:
                failure = self._send(token, function, arguments)
            except httpx.RequestError as error:
                failure = error
            if not _may_pass(function, failure) or time.monotonic() + pause > give_up:
                break
            time.sleep(pause)
        if isinstance(failure, httpx.RequestError):
            raise _unanswered(function, is_sent=not isinstance(failure, NEVER_SENT)) from failure
        return failure

    def _send(self, token: str | None, function: str, arguments: dict[str, Any]) -> httpx.Response:
        request = self._client(token).rpc(function, arguments).request
        try:
            return request.send(httpx.Headers())
        except ValueError as error:  # NaN, or half a character
            raise not_sent(function, error) from error

    def _client(self, token: str | None) -> SyncPostgrestClient:
        """A client whose headers nobody changes: a newer token gets a newer client."""
        known = self._last
        if known is None or known[0] != token:
            known = self._last = (token, self._new_client(token))
        return known[1]

    def _new_client(self, token: str | None) -> SyncPostgrestClient:
        if not all(_is_header(value) for value in (self._key, token) if value is not None):
            raise NotSignedIn("This is no key or token of a project: sign in again.")
        headers = {"apikey": self._key} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        address = f"{self._database.settings.url}/rest/v1"
        return SyncPostgrestClient(address, headers=headers, http_client=self._database.http, retry_enabled=False)

    def _refusal(self, function: str, response: httpx.Response) -> MasteryError:
        code, sentence = _said(response)
        if response.status_code == UNAUTHORIZED:
            return self._not_signed_in(code)
        if len(code) == SQLSTATE_LENGTH:
            return translated(function, code, sentence)
        if meaning := MEANINGS.get(code) or MEANINGS.get(str(response.status_code)):
            return error_of(meaning, function)
        if response.status_code >= INTERNAL_ERROR:
            return _unanswered(function, is_sent=True)
        return error_of(REFUSED if code else NO_PROJECT, function, sentence)

    def _not_signed_in(self, code: str) -> MasteryError:
        if code:
            return NotSignedIn("Sign in first." if code == NO_RIGHT else "Your sign-in is over: sign in again.")
        if self._key == self._database.settings.publishable_key:
            return Unavailable("The project does not know this installation: check SUPABASE_PUBLISHABLE_KEY.")
        return NotSignedIn("The project does not know this key.")


def _is_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and value.strip() != ""


def _said(response: httpx.Response) -> tuple[str, str]:
    """Code and message of what PostgREST said; no code where somebody else answered."""
    try:
        document = orjson.loads(response.content)
        return str(document.get("code") or ""), str(document.get("message") or "")
    except (orjson.JSONDecodeError, AttributeError):
        return "", ""


def _is_token_refused(response: httpx.Response) -> bool:
    return response.status_code == UNAUTHORIZED and _said(response)[0].startswith("PGRST30")


def _may_pass(function: str, failure: httpx.RequestError | httpx.Response) -> bool:
    """Whether the same question may be asked again, and may then be answered."""
    if isinstance(failure, httpx.Response):
        return function in READS and failure.status_code >= BAD_GATEWAY
    return function in READS or isinstance(failure, NEVER_SENT)


def _unanswered(function: str, *, is_sent: bool) -> MasteryError:
    return error_of(UNKNOWN if is_sent and function not in READS else NOT_REACHED, function)
