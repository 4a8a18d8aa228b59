"""Who calls from outside, by the token or key they show, and what they may then ask the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

import jwt

from mastery_core.database.protocol import Database
from mastery_core.errors import NotSignedIn, Unavailable
from mastery_core.settings import SupabaseSettings

if TYPE_CHECKING:
    from mastery_core.database.embedded import EmbeddedDatabase
    from mastery_core.database.supabase import SupabaseDatabase
    from mastery_core.identity.local_tokens import LocalTokens

AUDIENCE = "authenticated"
ALGORITHMS = ("ES256", "RS256")
CLAIMS = ("exp", "sub", "aud", "iss")
LEEWAY_SECONDS = 10
SECRET_KEY = "sb_secret_"  # noqa: S105 - how Supabase's secret keys begin

KEYS_LAST_SECONDS = 600  # as long as Supabase's own edge keeps them
KEYS_TIMEOUT_SECONDS = 3
SECONDS_BETWEEN_TRIES = 5
SECONDS_BETWEEN_REFRESHES = 30

NO_TOKEN = "Send a token: Authorization: Bearer …"  # noqa: S105
NOT_A_TOKEN = "This is not a token of this dashboard."  # noqa: S105
NOT_FOR_HERE = "This token is not for this dashboard."
EXPIRED = "This token has expired: get a new one."

Role = Literal["authenticated", "service_role"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. ``sub`` is a person's id where the role is ``authenticated``."""

    sub: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls, and the database under their rights. ``person_id`` is None for the service."""

    database: Database
    person_id: str | None


class Callers(Protocol):
    """How an installation knows who calls."""

    def caller(self, authorization: str | None, apikey: str | None) -> Caller:
        """Who shows these two headers. Raises NotSignedIn, and Unavailable where that cannot be found out now."""
        ...


class EmbeddedCallers:
    """Callers of the embedded database: they show local tokens."""

    def __init__(self, open_database: "Callable[[], EmbeddedDatabase]", tokens: "LocalTokens") -> None:
        self._open_database = open_database
        self._tokens = tokens

    def caller(self, authorization: str | None, apikey: str | None) -> Caller:  # noqa: ARG002 - there are no keys here
        """See ``Callers.caller``."""
        claims = self._tokens.verify(bearer_token(authorization))
        database = self._open_database()
        if claims.role == "service_role":
            return Caller(database.acting_as_service(), None)
        return Caller(database.acting_as(claims.sub), claims.sub)


class SupabaseCallers:
    """Callers of a Supabase project: a person's token is verified and passed on, a secret key is passed on."""

    def __init__(self, database: "SupabaseDatabase", verifier: "TokenVerifier") -> None:
        self._database = database
        self._verifier = verifier

    def caller(self, authorization: str | None, apikey: str | None) -> Caller:
        """See ``Callers.caller``. Whether a secret key is a good one, the platform says when it is used."""
        if authorization is None and apikey is not None and _may_be_secret_key(apikey):
            return Caller(self._database.acting_with_key(apikey), None)
        token = bearer_token(authorization)
        claims = self._verifier.verify(token)
        return Caller(self._database.acting_as(token), None if claims.role == "service_role" else claims.sub)


class TokenVerifier:
    """Tells the access tokens of a Supabase project's sign-in by the project's public keys. Safe to use from any thread."""

    def __init__(self, settings: SupabaseSettings) -> None:
        self._issuer = f"{settings.url}/auth/v1"
        self._keys = _Keys(
            f"{self._issuer}/.well-known/jwks.json",
            lifespan=KEYS_LAST_SECONDS,
            timeout=KEYS_TIMEOUT_SECONDS,
            cooldown_duration=SECONDS_BETWEEN_REFRESHES,
        )

    def verify(self, token: str) -> Claims:
        """What the token says. Raises NotSignedIn unless it is good, Unavailable where the keys cannot be had."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotSignedIn(NOT_A_TOKEN)
            key = self._keys.get_signing_key(header.get("kid", ""))
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(
                "Whether your token is good cannot be checked right now: try again in a moment."
            ) from error
        except jwt.PyJWTError as error:
            raise NotSignedIn(NOT_A_TOKEN) from error
        return verified(token, key, algorithms=ALGORITHMS, issuer=self._issuer)


class _Keys(jwt.PyJWKClient):
    """The published keys. Where they could not be had, the next try waits: who asks meanwhile is told at once."""

    _next_try = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._one_at_a_time = Lock()

    def get_jwk_set(self, refresh: bool = False) -> jwt.PyJWKSet:  # noqa: FBT001 - the library's signature
        with self._one_at_a_time:  # whoever waited finds the keys already there
            return super().get_jwk_set(refresh)

    def fetch_data(self) -> Any:
        if time.monotonic() < self._next_try:
            raise jwt.PyJWKClientConnectionError("the last try has just failed")
        try:
            return super().fetch_data()
        except (jwt.PyJWTError, ValueError) as error:  # ValueError: what came is no JSON
            self._next_try = time.monotonic() + SECONDS_BETWEEN_TRIES
            raise jwt.PyJWKClientConnectionError(str(error)) from error


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises NotSignedIn where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn(NO_TOKEN)
    return token.strip()


def verified(token: str, key: Any, *, algorithms: tuple[str, ...], issuer: str) -> Claims:
    """The claims of a token that this key signed, for here and not yet over. Raises NotSignedIn, and says why."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            audience=AUDIENCE,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": list(CLAIMS)},
        )
        return _claims(claims)
    except jwt.ExpiredSignatureError as error:
        raise NotSignedIn(EXPIRED) from error
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError, jwt.MissingRequiredClaimError) as error:
        raise NotSignedIn(NOT_FOR_HERE) from error
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise NotSignedIn(NOT_A_TOKEN) from error


def _claims(claims: dict[str, Any]) -> Claims:
    role, sub = claims.get("role"), claims["sub"]
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    if role == "service_role":
        return Claims(sub, "service_role", expires_at)
    if role == "authenticated":
        return Claims(str(UUID(sub)), "authenticated", expires_at)
    raise NotSignedIn(NOT_FOR_HERE)


def _may_be_secret_key(apikey: str) -> bool:
    return apikey.startswith(SECRET_KEY) and apikey.isascii() and apikey.isprintable() and " " not in apikey
