"""Supabase Auth as the sign-in needs it: who comes in by password, by a message, or by way of a provider."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, cast, get_args

import httpx
from pydantic import ValidationError
from supabase_auth import AuthResponse, SyncGoTrueClient, SyncMemoryStorage
from supabase_auth.constants import STORAGE_KEY
from supabase_auth.errors import (
    AuthApiError,
    AuthError,
    AuthRetryableError,
    AuthSessionMissingError,
    AuthWeakPasswordError,
)
from supabase_auth.types import EmailOtpType, Provider

from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotSignedIn, Unavailable
from mastery_core.identity.bearer import TokenVerifier
from mastery_core.identity.rate_limit import TooManyTries
from mastery_core.identity.sessions import Tokens
from mastery_core.settings import SupabaseSettings

_LOGGER = logging.getLogger(__name__)

SECONDS_TO_ANSWER = httpx.Timeout(10, connect=3)
SECONDS_TO_OFFER = 3.0  # the page waits for it
SECONDS_OFFER_HOLDS = 300.0
SECONDS_UNTIL_ASKED_AGAIN = 15.0

PROVIDERS: frozenset[str] = frozenset(get_args(Provider))
LINK_TYPES: frozenset[str] = frozenset(get_args(EmailOtpType))
# Azure sends no e-mail address unless it is asked for.
_SCOPES = {"azure": "email"}

ROLES = frozenset({"student", "instructor", "researcher", "admin"})

MessageKind = Literal["email", "recovery"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose token was verified."""

    person_id: str
    role: str
    email: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message is on its way, if there is such an account. Its link works in the browser that knows ``verifier``."""

    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """Which ways in the project has."""

    by_email: bool = True
    by_message: bool = False
    sign_up: bool = False
    providers: tuple[str, ...] = ()


PASSWORD_ONLY = Offer()


class SupabaseAuth:
    """The project's sign-in. Safe to use from any thread: every call has a client of its own, over one pool.

    Everything raises a MasteryError whose sentence may be shown: NotSignedIn, InvalidInput, NotAllowed, TooManyTries,
    and Unavailable where the platform does not answer. No sentence and no log line holds an address, key or token.
    """

    def __init__(self, settings: SupabaseSettings, http_client: httpx.Client | None = None) -> None:
        self._url = f"{settings.url}/auth/v1"
        self._headers = {"apikey": settings.publishable_key}
        self._http = http_client or httpx.Client(http2=False, timeout=SECONDS_TO_ANSWER)
        self._verifier = TokenVerifier(settings)
        self._offer = PASSWORD_ONLY
        self._offer_ends = 0.0

    def sign_in(self, email: str, password: str) -> SignedIn:
        """By password."""
        with _errors_in_words():
            return self._signed_in(self._client().sign_in_with_password({"email": email, "password": password}))

    def sign_up(self, email: str, password: str, name: str, redirect_to: str) -> SignedIn | MessageSent:
        """A new account; signed in at once where the project does not confirm addresses."""
        client, storage = self._client_and_storage()
        with _errors_in_words():
            answer = client.sign_up(
                {
                    "email": email,
                    "password": password,
                    "options": {"data": {"display_name": name}, "email_redirect_to": redirect_to},
                }
            )
            return MessageSent(_verifier_in(storage)) if answer.session is None else self._signed_in(answer)

    def send_code(self, email: str, redirect_to: str) -> MessageSent:
        """A one-time code and link by e-mail. The answer is the same whether or not there is such an account."""
        client, storage = self._client_and_storage()
        with _errors_in_words(), _telling_nobody():
            client.sign_in_with_otp(
                {
                    "email": email,
                    "options": {"should_create_user": self.offer().sign_up, "email_redirect_to": redirect_to},
                }
            )
        return MessageSent(_verifier_in(storage))

    def recover(self, email: str, redirect_to: str) -> MessageSent:
        """A code and link to choose a new password with. The answer is the same whether or not there is an account."""
        client, storage = self._client_and_storage()
        with _errors_in_words(), _telling_nobody():
            client.reset_password_for_email(email, {"redirect_to": redirect_to})
        return MessageSent(_verifier_in(storage))

    def verify_code(self, email: str, code: str, kind: MessageKind) -> SignedIn:
        """By the code that a message held."""
        with _errors_in_words():
            return self._signed_in(self._client().verify_otp({"email": email, "token": code, "type": kind}))

    def verify_link(self, token_hash: str, kind: str) -> SignedIn:
        """By the link of a message whose template names ``token_hash`` and ``type``."""
        if kind not in LINK_TYPES:
            raise InvalidInput("This link is incomplete. Ask for a new one.")
        with _errors_in_words():
            answer = self._client().verify_otp({"token_hash": token_hash, "type": cast("EmailOtpType", kind)})
            return self._signed_in(answer)

    def set_password(self, tokens: Tokens, password: str) -> SignedIn:
        """A new password for whoever just came in by a message."""
        client = self._client()
        with _errors_in_words():
            client.set_session(tokens.access_token, tokens.refresh_token)
            client.update_user({"password": password})
            return self._signed_in(AuthResponse(session=client.get_session()))

    def oauth_start(self, provider: str, redirect_to: str) -> tuple[str, str]:
        """Where the browser goes to sign in with ``provider``, and the verifier that what comes back is exchanged with."""
        if provider not in self.offer().providers:
            raise InvalidInput("This way to sign in is not open here. Choose another.")
        client, storage = self._client_and_storage()
        answer = client.sign_in_with_oauth(
            {
                "provider": cast("Provider", provider),
                "options": {"redirect_to": redirect_to, "scopes": _SCOPES.get(provider, "")},
            }
        )
        return answer.url, _verifier_in(storage)

    def exchange(self, code: str, verifier: str) -> SignedIn:
        """By the code with which a provider, or the link of a message, sent the browser back."""
        with _errors_in_words():
            answer = self._client().exchange_code_for_session(
                {"auth_code": code, "code_verifier": verifier, "redirect_to": ""}
            )
            return self._signed_in(answer)

    def refresh(self, tokens: Tokens) -> Tokens:
        """Newer tokens. Raises NotSignedIn where the platform gives none, Unavailable where it does not answer."""
        try:
            with _errors_in_words():
                return self._signed_in(self._client().refresh_session(tokens.refresh_token)).tokens
        except (NotAllowed, InvalidInput):
            raise NotSignedIn("You are signed out. Sign in again to go on.") from None

    def sign_out(self, tokens: Tokens) -> None:
        """End this session, and no other, at the platform. Never raises: here it has ended already."""
        try:
            client = self._client()
            client.set_session(tokens.access_token, tokens.refresh_token)
            client.sign_out({"scope": "local"})
        except (AuthError, ValidationError) as error:
            _LOGGER.info("A session could not be ended at Supabase: %s.", type(error).__name__)

    def offer(self) -> Offer:
        """Which ways in there are, asked every five minutes; by password only while that cannot be had."""
        if time.monotonic() >= self._offer_ends:
            self._offer, holds = self._asked_offer()
            self._offer_ends = time.monotonic() + holds
        return self._offer

    def close(self) -> None:
        self._http.close()

    def _asked_offer(self) -> tuple[Offer, float]:
        try:
            address = f"{self._url}/settings"
            response = self._http.get(address, headers=self._headers, timeout=SECONDS_TO_OFFER)
            answer = response.raise_for_status().json()
            external = answer["external"]
            providers = tuple(sorted(name for name in PROVIDERS if external.get(name)))
            by_email, sign_up = bool(external.get("email", True)), not answer.get("disable_signup", True)
        except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError) as error:
            _LOGGER.warning("Supabase does not say which ways to sign in it has: %s.", type(error).__name__)
            return PASSWORD_ONLY, SECONDS_UNTIL_ASKED_AGAIN
        return Offer(by_email, by_email, sign_up and by_email, providers), SECONDS_OFFER_HOLDS

    def _client(self) -> SyncGoTrueClient:
        return self._client_and_storage()[0]

    def _client_and_storage(self) -> tuple[SyncGoTrueClient, SyncMemoryStorage]:
        storage = SyncMemoryStorage()
        client = SyncGoTrueClient(
            url=self._url,
            headers=self._headers,
            storage=storage,
            http_client=self._http,
            persist_session=False,
            auto_refresh_token=False,
            flow_type="pkce",
        )
        return client, storage

    def _signed_in(self, answer: AuthResponse) -> SignedIn:
        session = answer.session
        if session is None:
            raise NotSignedIn("This step is done. Sign in to go on.")
        person_id = self._verified_person(session.access_token)
        # Counted from now, by this computer's clock: the platform's own may go differently.
        tokens = Tokens(session.access_token, session.refresh_token, time.time() + session.expires_in)
        return SignedIn(person_id, _role(session.user.app_metadata), session.user.email or "", tokens)

    def _verified_person(self, token: str) -> str:
        try:
            claims = self._verifier.verify(token)
        except NotSignedIn as error:
            _LOGGER.warning("Supabase Auth gave a token that is not good: %s", error)
            raise NotSignedIn(REFUSED) from None
        except Unavailable:
            raise Unavailable(AWAY) from None
        if claims.role != "authenticated":
            raise NotSignedIn(REFUSED)
        return claims.sub


def _role(app_metadata: dict[str, Any]) -> str:
    role = app_metadata.get("role")
    return role if role in ROLES else "student"


def _verifier_in(storage: SyncMemoryStorage) -> str:
    return (storage.get_item(f"{STORAGE_KEY}-code-verifier") or "").partition("/")[0]


REFUSED = "The sign-in was refused. Try again, or choose another way."
AWAY = "The sign-in does not answer right now. Try again in a moment."
_TOO_LATE = NotSignedIn, "This sign-in took too long or was used already. Begin again."
_TAKEN = InvalidInput, "There is an account with this e-mail already. Sign in instead."

# What the platform says by code, in words for whoever wants to come in.
SENTENCES: dict[str, tuple[type[MasteryError], str]] = {
    "access_denied": (NotSignedIn, "The sign-in was cancelled or refused. Try again, or choose another way."),
    "bad_code_verifier": (NotSignedIn, "This sign-in was begun in another browser. Begin again here."),
    "email_address_invalid": (InvalidInput, "Enter an e-mail address that can receive messages."),
    "email_address_not_authorized": (NotAllowed, "No message can be sent to this address. Use another one."),
    "email_exists": _TAKEN,
    "email_not_confirmed": (
        NotSignedIn,
        "This e-mail address is not confirmed yet. Follow the link in the message that was sent to it.",
    ),
    "email_provider_disabled": (NotAllowed, "Signing in by e-mail is not open here. Choose another way."),
    "flow_state_expired": _TOO_LATE,
    "flow_state_not_found": _TOO_LATE,
    "invalid_credentials": (NotSignedIn, "This e-mail and password do not match."),
    "otp_expired": (NotSignedIn, "This code or link is wrong, too old or was used already. Ask for a new one."),
    "provider_email_needs_verification": (
        NotSignedIn,
        "The provider does not know that this e-mail address is yours. Confirm it there, then try again.",
    ),
    "same_password": (InvalidInput, "This is the password you have already. Choose another one."),
    "signup_disabled": (NotAllowed, "Accounts are made by whoever runs this dashboard. Ask them for one."),
    "user_already_exists": _TAKEN,
    "user_banned": (NotAllowed, "This account is closed. Ask whoever runs this dashboard."),
    "validation_failed": (InvalidInput, "Enter an e-mail address like name@school.org."),
}
# Said only of accounts that are there, or that are not: whoever asks for a message is not told.
_TELLING = {"otp_disabled", "user_not_found", "over_email_send_rate_limit", "signup_disabled", "email_not_confirmed"}


def in_words(code: str | None) -> MasteryError:
    """What an error code of the platform means to whoever wants to come in."""
    kind, sentence = SENTENCES.get(code or "", (NotSignedIn, REFUSED))
    return kind(sentence)


@contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except AuthError as error:
        _say(error)
    except ValidationError:
        _LOGGER.warning("Supabase Auth gave an answer of an unknown form.")
        raise Unavailable(AWAY) from None


@contextmanager
def _telling_nobody() -> Iterator[None]:
    try:
        yield
    except AuthApiError as error:
        if error.code not in _TELLING:
            raise


def _say(error: AuthError) -> NoReturn:
    """Raise ``error`` as one of the house. Its own text may hold an address, so it is neither shown nor logged."""
    status = getattr(error, "status", 0)
    if isinstance(error, AuthWeakPasswordError):
        raise InvalidInput(error.message) from None
    if status == 429:
        raise TooManyTries from None
    if isinstance(error, AuthSessionMissingError):
        raise NotSignedIn(REFUSED) from None
    _LOGGER.info("Supabase Auth refused: %s %s.", status, error.code)
    # Without a code it was not Supabase Auth that answered, but something before it.
    if isinstance(error, AuthRetryableError) or status >= 500 or error.code is None:
        raise Unavailable(AWAY) from None
    raise in_words(error.code) from None
