"""A double of Supabase Auth: what sign-in needs of it, in memory but for the people, who are in ``auth.users``.

It stands in because Supabase Auth is to be had as no package. Paths, answers and errors are those of Supabase Auth;
nothing in it is meant to be safe.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.local_supabase.signing import Signer

Body = dict[str, Any]
Handler = Callable[[Request, Body], Response]
SHORTEST_PASSWORD = 6
# Where a project keeps who signs in by what: that it is there tells a project from the embedded house. The double keeps nothing in it.
IDENTITIES = "create table if not exists auth.identities (id uuid primary key)"
SITE = "http://localhost:8501"  # where a link leads that names no other place
# What a code of the mail serves for, by the type it is verified as.
SERVES = {"email": {"magiclink", "signup"}}


class Refusal(Exception):
    def __init__(self, status: int, error_code: str, said: str, **more: Any) -> None:
        super().__init__(said)
        document = {"code": status, "error_code": error_code, "msg": said} | more
        self.answer = JSONResponse(document, status_code=status)


@dataclass
class Session:
    person_id: str
    id: str = field(default_factory=lambda: str(uuid4()))
    is_revoked: bool = False


@dataclass
class Mail:
    """A code that was sent; ``challenge`` where a browser waits to exchange what comes of the link."""

    kind: str
    email: str
    code: str
    token_hash: str
    challenge: str | None


class AuthDouble:
    """Knobs: ``access_token_seconds``, ``signup_allowed``, ``confirm_email``, ``providers``, ``provider_email``."""

    def __init__(self, conninfo: str, signer: Signer, project_url: str) -> None:
        self.issuer = f"{project_url}/auth/v1"
        self.mailbox: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.access_token_seconds: float = 3600
        self.signup_allowed = True
        self.confirm_email = False
        self.providers = {"github"}
        self.provider_email = "octocat@example.org"
        self._conninfo = conninfo
        self._signer = signer
        self._lock = threading.RLock()
        self._passwords: dict[str, str] = {}
        self._unconfirmed: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._refresh_tokens: dict[str, tuple[str, bool]] = {}  # session id, and whether it was used
        self._mails: list[Mail] = []
        self._codes: dict[str, tuple[str, str | None]] = {}  # person id and challenge, by the code to exchange

    def start(self) -> None:
        """Lay beside the people what a project has there."""
        self._query(IDENTITIES)

    def stop(self) -> None:
        with suppress(psycopg.OperationalError):  # a database that a test has stopped
            self._query("drop table if exists auth.identities")

    def routes(self) -> list[Route]:
        return [
            Route("/health", self._of(lambda *_: JSONResponse({"name": "GoTrue", "version": "double"}))),
            Route("/settings", self._of(self._settings)),
            Route("/.well-known/jwks.json", self._of(lambda *_: JSONResponse(self._signer.jwks()))),
            Route("/token", self._of(self._token), methods=["POST"]),
            Route("/user", self._of(self._user), methods=["GET", "PUT"]),
            Route("/logout", self._of(self._logout), methods=["POST"]),
            Route("/signup", self._of(self._signup), methods=["POST"]),
            Route("/otp", self._of(self._otp), methods=["POST"]),
            Route("/recover", self._of(self._recover), methods=["POST"]),
            Route("/verify", self._of(self._verify), methods=["POST"]),
            Route("/verify", self._of(self._follow_link)),
            Route("/authorize", self._of(self._authorize)),
        ]

    def add_person(
        self, email: str, password: str | None, app_metadata: Body, user_metadata: Body | None = None
    ) -> str:
        person_id = str(uuid4())
        self._query(
            "insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data)"
            " values (%s, 'authenticated', 'authenticated', %s, %s, %s)",
            person_id,
            email,
            Jsonb({"provider": "email", "providers": ["email"]} | app_metadata),
            Jsonb(user_metadata or {}),
        )
        if password is not None:
            self._passwords[person_id] = password
        return person_id

    def have_person(self, email: str, password: str, app_metadata: Body) -> str:
        """Somebody of that address with that password, made where they are not there yet."""
        known = self._person("email", email)
        if known is None:
            return self.add_person(email, password, app_metadata)
        self._passwords[str(known["id"])] = password
        return str(known["id"])

    def access_token(self, person_id: str, *, expires_in: float, session: Session | None = None, **claims: Any) -> str:
        session = session or self._new_session(person_id)
        person = self._person("id", person_id) or {"email": None, "raw_app_meta_data": {}, "raw_user_meta_data": {}}
        default = {
            "iss": self.issuer,
            "aud": "authenticated",
            "sub": person_id,
            "role": "authenticated",
            "email": person["email"],
            "app_metadata": person["raw_app_meta_data"] or {},
            "user_metadata": person["raw_user_meta_data"] or {},
            "session_id": session.id,
            "aal": "aal1",
            "is_anonymous": False,
        }
        return self._signer.signed(default | claims, expires_in=expires_in)

    def revoke(self, session_id: str) -> None:
        """End a session, as an administrator would: its refresh tokens are worth nothing any more."""
        self._sessions[session_id].is_revoked = True

    def _of(self, handler: Handler) -> Callable[..., Any]:
        def answered(request: Request, body: Body) -> Response:
            try:
                with self._lock:
                    return handler(request, body)
            except Refusal as refusal:
                return refusal.answer

        async def endpoint(request: Request) -> Response:
            body = await request.json() if await request.body() else {}
            return await run_in_threadpool(answered, request, body)

        return endpoint

    # --- what is asked ---

    def _settings(self, _: Request, __: Body) -> Response:
        external = {"email": True, "phone": False} | dict.fromkeys(["github", "google", "azure"], False)
        return JSONResponse(
            {
                "external": external | dict.fromkeys(self.providers, True),
                "disable_signup": not self.signup_allowed,
                "mailer_autoconfirm": not self.confirm_email,
                "phone_autoconfirm": False,
                "sms_provider": "",
                "saml_enabled": False,
            }
        )

    def _token(self, request: Request, body: Body) -> Response:
        grants: dict[str | None, Callable[[Body], Session]] = {
            "password": self._by_password,
            "refresh_token": self._by_refresh_token,
            "pkce": self._by_code,
        }
        grant = grants.get(request.query_params.get("grant_type"))
        if grant is None:
            raise Refusal(400, "validation_failed", "unsupported_grant_type")
        return self._signed_in(grant(body))

    def _by_password(self, body: Body) -> Session:
        person = self._person("email", str(body.get("email")).lower())
        password = None if person is None else self._passwords.get(str(person["id"]))
        if person is None or password is None or password != body.get("password"):
            raise Refusal(400, "invalid_credentials", "Invalid login credentials")
        if str(person["id"]) in self._unconfirmed:
            raise Refusal(400, "email_not_confirmed", "Email not confirmed")
        return self._new_session(str(person["id"]))

    def _by_refresh_token(self, body: Body) -> Session:
        known = self._refresh_tokens.get(str(body.get("refresh_token")))
        session = None if known is None else self._sessions[known[0]]
        if known is None or session is None or session.is_revoked:
            raise Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        if known[1]:
            session.is_revoked = True
            raise Refusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        self._refresh_tokens[body["refresh_token"]] = (session.id, True)
        return session

    def _by_code(self, body: Body) -> Session:
        if not body.get("auth_code") or not body.get("code_verifier"):
            raise Refusal(400, "validation_failed", "both auth code and code verifier should be non-empty")
        person_id, challenge = self._codes.pop(body["auth_code"], (None, None))
        if person_id is None:
            raise Refusal(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
        if _s256(body["code_verifier"]) != challenge:
            raise Refusal(400, "bad_code_verifier", "code challenge does not match previously saved code verifier")
        return self._new_session(person_id)

    def _user(self, request: Request, body: Body) -> Response:
        session = self._session_of(request)
        if password := body.get("password"):
            self._require_password(password)
            if self._passwords.get(session.person_id) == password:
                raise Refusal(422, "same_password", "New password should be different from the old password.")
            self._passwords[session.person_id] = password
        return JSONResponse(self._as_user(session.person_id))

    def _logout(self, request: Request, _: Body) -> Response:
        session = self._session_of(request)
        scope = request.query_params.get("scope", "global")
        for other in self._sessions.values():
            if other.person_id == session.person_id and (
                scope == "global" or (other.id == session.id) == (scope == "local")
            ):
                other.is_revoked = True
        return Response(status_code=204)

    def _signup(self, request: Request, body: Body) -> Response:
        email = self._new_email(body)
        self._require_password(body.get("password"))
        known = self._person("email", email)
        if known is not None:
            if self.confirm_email:  # does not say who has an account
                return JSONResponse(self._as_user(str(known["id"])) | {"id": str(uuid4()), "identities": []})
            raise Refusal(422, "user_already_exists", "User already registered")
        person_id = self.add_person(email, body["password"], {}, body.get("data"))
        if not self.confirm_email:
            return self._signed_in(self._new_session(person_id))
        self._unconfirmed.add(person_id)
        self._send("signup", email, request, body)
        return JSONResponse(self._as_user(person_id))

    def _otp(self, request: Request, body: Body) -> Response:
        email = str(body.get("email")).lower()
        kind = "magiclink"
        if self._person("email", email) is None:
            if not body.get("create_user", True) or not self.signup_allowed:
                raise Refusal(422, "otp_disabled", "Signups not allowed for otp")
            self.add_person(self._new_email(body), None, {}, body.get("data"))
            kind = "signup"
        self._send(kind, email, request, body)
        return JSONResponse({})

    def _recover(self, request: Request, body: Body) -> Response:
        email = str(body.get("email")).lower()
        if self._person("email", email) is not None:
            self._send("recovery", email, request, body)
        return JSONResponse({})

    def _verify(self, _: Request, body: Body) -> Response:
        serves = SERVES.get(str(body.get("type")), {body.get("type")})

        def fits(mail: Mail) -> bool:
            if token_hash := body.get("token_hash"):
                return mail.token_hash == token_hash
            return (mail.email, mail.code) == (str(body.get("email")).lower(), body.get("token"))

        mail = next((mail for mail in self._mails if mail.kind in serves and fits(mail)), None)
        return self._signed_in(self._new_session(self._opened(mail)))

    def _follow_link(self, request: Request, _: Body) -> Response:
        asked = request.query_params
        mail = next((mail for mail in self._mails if mail.token_hash == asked.get("token")), None)
        try:
            person_id = self._opened(mail)
        except Refusal as refusal:
            return _redirect(asked["redirect_to"], error="access_denied", error_description=str(refusal))
        assert mail is not None
        return _redirect(asked["redirect_to"], code=self._code_for(person_id, mail.challenge))

    def _authorize(self, request: Request, _: Body) -> Response:
        """A provider that knows who is there, and at once sends them back."""
        asked = request.query_params
        if asked.get("provider") not in self.providers:
            raise Refusal(400, "validation_failed", "Unsupported provider: provider is not enabled")
        person = self._person("email", self.provider_email)
        if person is None and not self.signup_allowed:
            said = "Signups not allowed for this instance"
            return _redirect(asked["redirect_to"], error="access_denied", error_description=said)
        metadata = {"provider": asked["provider"], "providers": [asked["provider"]]}
        person_id = self.add_person(self.provider_email, None, metadata) if person is None else str(person["id"])
        return _redirect(asked["redirect_to"], code=self._code_for(person_id, asked.get("code_challenge")))

    # --- what there is ---

    def _query(self, text: Any, *values: Any) -> list[Body]:
        with psycopg.connect(self._conninfo, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def _person(self, column: str, value: str) -> Body | None:
        return next(iter(self._query(f"select * from auth.users where {column} = %s", value)), None)

    def _new_session(self, person_id: str) -> Session:
        session = Session(person_id)
        self._sessions[session.id] = session
        return session

    def _session_of(self, request: Request) -> Session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
        try:
            session = self._sessions.get(self._signer.verified(token)["session_id"])
        except jwt.InvalidTokenError as error:
            raise Refusal(403, "bad_jwt", f"invalid JWT: {error}") from None
        if session is None or session.is_revoked:
            raise Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return session

    def _signed_in(self, session: Session) -> Response:
        refresh_token = secrets.token_urlsafe(9)
        self._refresh_tokens[refresh_token] = (session.id, False)
        lifetime = self.access_token_seconds
        return JSONResponse(
            {
                "access_token": self.access_token(session.person_id, expires_in=lifetime, session=session),
                "token_type": "bearer",
                "expires_in": int(lifetime),
                "expires_at": int(time.time() + lifetime),
                "refresh_token": refresh_token,
                "user": self._as_user(session.person_id),
            }
        )

    def _as_user(self, person_id: str) -> Body:
        person = self._person("id", person_id)
        if person is None:
            raise Refusal(403, "user_not_found", "User from sub claim in JWT does not exist")
        confirmed = None if person_id in self._unconfirmed else person["created_at"].isoformat()
        return {
            "id": person_id,
            "aud": "authenticated",
            "role": "authenticated",
            "email": person["email"],
            "email_confirmed_at": confirmed,
            "phone": "",
            "app_metadata": person["raw_app_meta_data"] or {},
            "user_metadata": person["raw_user_meta_data"] or {},
            "identities": [],
            "created_at": person["created_at"].isoformat(),
            "updated_at": person["updated_at"].isoformat(),
            "is_anonymous": False,
        }

    def _new_email(self, body: Body) -> str:
        if not self.signup_allowed:
            raise Refusal(422, "signup_disabled", "Signups not allowed for this instance")
        email = str(body.get("email") or "").lower()
        if "@" not in email:
            raise Refusal(400, "validation_failed", "Unable to validate email address: invalid format")
        return email

    def _require_password(self, password: str | None) -> None:
        if len(password or "") < SHORTEST_PASSWORD:
            said = f"Password should be at least {SHORTEST_PASSWORD} characters."
            raise Refusal(422, "weak_password", said, weak_password={"reasons": ["length"]})

    def _send(self, kind: str, email: str, request: Request, body: Body) -> None:
        """A newer mail of a kind takes the place of the one before it."""
        mail = Mail(kind, email, f"{secrets.randbelow(10**6):06}", secrets.token_hex(28), body.get("code_challenge"))
        self._mails = [old for old in self._mails if (old.kind, old.email) != (kind, email)] + [mail]
        query = {
            "token": mail.token_hash,
            "type": kind,
            "redirect_to": request.query_params.get("redirect_to", SITE),
        }
        link = f"{self.issuer}/verify?{urlencode(query)}"
        self.mailbox[email].append({"type": kind, "code": mail.code, "token_hash": mail.token_hash, "link": link})

    def _opened(self, mail: Mail | None) -> str:
        """Whose mail it is. It works once."""
        person = None if mail is None else self._person("email", mail.email)
        if mail is None or person is None:
            raise Refusal(403, "otp_expired", "Token has expired or is invalid")
        self._mails.remove(mail)
        self._unconfirmed.discard(str(person["id"]))
        return str(person["id"])

    def _code_for(self, person_id: str, challenge: str | None) -> str:
        code = str(uuid4())
        self._codes[code] = (person_id, challenge)
        return code


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _redirect(address: str, **query: str) -> Response:
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", status_code=302)
