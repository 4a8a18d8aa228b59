"""The web addresses of the sign-in on Supabase: by password, by a message, or by way of a provider."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotSignedIn
from mastery_core.identity import cookies
from mastery_core.identity.forms import Form, form_of, not_from_here
from mastery_core.identity.html import NO_STORE, page
from mastery_core.identity.middleware import SIGN_IN_PATH
from mastery_core.identity.rate_limit import SignInLimits, TooManyTries, limits_beside
from mastery_core.identity.same_site import is_cross_site, same_site_path
from mastery_core.identity.sessions import Session, SessionStore, Tokens, key_of
from mastery_core.identity.supabase_auth import MessageKind, MessageSent, SignedIn, SupabaseAuth, in_words
from mastery_core.settings import public_url, setting

FOLDER = "/session"
# As long as the links of Supabase's messages work.
MESSAGE_LIFETIME = timedelta(hours=1)
NEW_PASSWORD_LIFETIME = timedelta(minutes=15)
LONGEST_EMAIL = 254  # RFC 5321
LONGEST_PASSWORD = 72  # bytes; Supabase takes no more

_STATUS: dict[type[MasteryError], int] = {InvalidInput: 400, NotSignedIn: 401, NotAllowed: 403, TooManyTries: 429}
_PROVIDER_NAMES = {
    "azure": "Microsoft",
    "github": "GitHub",
    "gitlab": "GitLab",
    "linkedin": "LinkedIn",
    "linkedin_oidc": "LinkedIn",
    "slack_oidc": "Slack",
    "workos": "WorkOS",
}
_ELSEWHERE = (
    "This link works only in the browser that asked for it. Enter the code of the message there, or ask for a new one."
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message somebody may ask for, and the page where they do."""

    kind: MessageKind
    path: str
    title: str
    lead: str


CODE = Message(
    "email",
    f"{FOLDER}/code",
    "Sign in by e-mail",
    "You get a message to sign in with. No password is needed.",
)
FORGOTTEN = Message(
    "recovery",
    f"{FOLDER}/forgotten",
    "Choose a new password",
    "You get a message with which you can choose a new password.",
)


@dataclass(frozen=True)
class SupabaseSignIn:
    """The sign-in of a Supabase project. Tokens stay here; a browser holds an opaque id, new at every sign-in.

    ``public_url`` is where browsers reach this dashboard, unless each request says so itself.
    """

    sessions: SessionStore
    auth: SupabaseAuth
    limits: SignInLimits = field(default_factory=lambda: limits_beside(setting("mastery", "sessions")))
    public_url: str | None = field(default_factory=public_url)

    def routes(self) -> list[Route]:
        return [
            _shown("sign-in", self.show),
            _posted("sign-in", self.sign_in),
            _shown("code", partial(self.ask_for_message, CODE)),
            _posted("code", partial(self.send_message, CODE)),
            _shown("forgotten", partial(self.ask_for_message, FORGOTTEN)),
            _posted("forgotten", partial(self.send_message, FORGOTTEN)),
            _posted("verify", self.verify),
            _shown("new-password", self.ask_for_new_password),
            _posted("new-password", self.set_password),
            _shown("sign-up", self.ask_to_sign_up),
            _posted("sign-up", self.sign_up),
            _posted("provider", self.go_to_provider),
            _shown("callback", self.come_back),
            _posted("callback", self.follow_link),
            _shown("sign-out", self.ask_to_sign_out),
            _posted("sign-out", self.sign_out),
        ]

    def show(self, request: Request) -> Response:
        """The ways in that the project has."""
        response = self._sign_in_page(request, same_site_path(request.query_params.get("next")))
        if cookies.session_id(request) and self._session(request) is None:
            cookies.clear_session_id(response, request)
        return response

    def sign_in(self, request: Request, form: Form) -> Response:
        """By password."""
        go_on_to, email = _next(form), form.get("email", "").strip()
        try:
            _check_email(email)
            password = _given(form, "password", "Enter your password.")
            signed_in = self._guess(request, email, lambda: self.auth.sign_in(email, password))
        except MasteryError as trouble:
            return self._sign_in_page(request, go_on_to, email, trouble)
        return self._begin(request, signed_in, go_on_to)

    def ask_for_message(self, message: Message, request: Request) -> Response:
        """Whom to send it to."""
        return _page("ask_for_message.html", message=message, go_on_to=_asked_next(request), email="")

    def send_message(self, message: Message, request: Request, form: Form) -> Response:
        """Send it, if there is such an account, and ask for its code."""
        go_on_to, email = _next(form), form.get("email", "").strip()
        again = "again" in form
        send = self.auth.recover if message is FORGOTTEN else self.auth.send_code
        try:
            _check_email(email)
            self.limits.message(_address(request), email)
            sent = send(email, self._callback(request))
        except MasteryError as trouble:
            template = "enter_code.html" if again else "ask_for_message.html"
            return _page(template, trouble, message=message, go_on_to=go_on_to, email=email)
        return self._enter_code(request, message, sent, email, go_on_to)

    def verify(self, request: Request, form: Form) -> Response:
        """By the code of a message."""
        go_on_to, email = _next(form), form.get("email", "").strip()
        message = FORGOTTEN if form.get("kind") == FORGOTTEN.kind else CODE
        try:
            _check_email(email)
            code = "".join(_given(form, "code", "Enter the code of the message.").split())
            signed_in = self._guess(request, email, lambda: self.auth.verify_code(email, code, message.kind))
        except MasteryError as trouble:
            return _page("enter_code.html", trouble, message=message, go_on_to=go_on_to, email=email)
        return self._come_in(request, signed_in, go_on_to, needs_password=message is FORGOTTEN)

    def ask_for_new_password(self, request: Request) -> Response:
        """For whoever just came in by a message; anybody else needs the message first."""
        note = self._take_note(request)
        if note is None or "tokens" not in note:
            return RedirectResponse(FORGOTTEN.path, status_code=303, headers=NO_STORE)
        return self._new_password_page(request, note)

    def set_password(self, request: Request, form: Form) -> Response:
        """Set the new password and sign in with it."""
        note = self._take_note(request)
        if note is None or "tokens" not in note:
            trouble = NotSignedIn("This took too long. Ask for another message.")
            return _page("ask_for_message.html", trouble, message=FORGOTTEN, go_on_to=_next(form), email="")
        try:
            password = _new_password(form)
            signed_in = self.auth.set_password(Tokens(**note["tokens"]), password)
        except MasteryError as refused:
            return self._new_password_page(request, note, refused)
        return self._begin(request, signed_in, note["next"])

    def ask_to_sign_up(self, request: Request) -> Response:
        """For a new account, where the project lets people make one."""
        go_on_to = _asked_next(request)
        if not self.auth.offer().sign_up:
            return self._sign_in_page(request, go_on_to, trouble=in_words("signup_disabled"))
        return _page("sign_up.html", go_on_to=go_on_to, email="", name="")

    def sign_up(self, request: Request, form: Form) -> Response:
        """Make the account; sign in, or ask to confirm the address."""
        go_on_to, email, name = _next(form), form.get("email", "").strip(), form.get("name", "").strip()
        try:
            _check_email(email)
            password = _new_password(form)
            self.limits.message(_address(request), email)
            answer = self.auth.sign_up(email, password, name, self._callback(request))
        except MasteryError as trouble:
            return _page("sign_up.html", trouble, go_on_to=go_on_to, email=email, name=name)
        if isinstance(answer, SignedIn):
            return self._begin(request, answer, go_on_to)
        return self._enter_code(request, CODE, answer, email, go_on_to)

    def go_to_provider(self, request: Request, form: Form) -> Response:
        """A page that goes on to the provider: the answer to a form may not itself lead to another site (CSP)."""
        go_on_to, provider = _next(form), form.get("provider", "")
        try:
            address, verifier = self.auth.oauth_start(provider, self._callback(request))
        except MasteryError as trouble:
            return self._sign_in_page(request, go_on_to, trouble=trouble)
        response = _page("go_to_provider.html", address=address, name=_provider_name(provider))
        self._keep_note(response, request, {"verifier": verifier, "next": go_on_to}, MESSAGE_LIFETIME)
        return response

    def come_back(self, request: Request) -> Response:
        """From a provider or by the link of a message."""
        asked = request.query_params
        if asked.get("token_hash"):
            return _page("confirm_link.html", token_hash=asked["token_hash"], kind=asked.get("type", ""))
        note = self._take_note(request) or {}
        go_on_to = note.get("next", "/")
        try:
            if "code" not in asked:
                raise in_words(asked.get("error_code") or asked.get("error"))
            if "verifier" not in note:
                raise NotSignedIn(_ELSEWHERE)
            signed_in = self.auth.exchange(asked["code"], note["verifier"])
        except MasteryError as trouble:
            return self._sign_in_page(request, go_on_to, trouble=trouble)
        return self._come_in(request, signed_in, go_on_to, needs_password=note.get("needs_password", False))

    def follow_link(self, request: Request, form: Form) -> Response:
        """A link works once, so it takes a button: programs that look through mail follow links, but press none."""
        go_on_to, kind = (self._take_note(request) or {}).get("next", "/"), form.get("type", "")
        try:
            signed_in = self.auth.verify_link(form.get("token_hash", ""), kind)
        except MasteryError as trouble:
            return self._sign_in_page(request, go_on_to, trouble=trouble)
        return self._come_in(request, signed_in, go_on_to, needs_password=kind in {"recovery", "invite"})

    def ask_to_sign_out(self, request: Request) -> Response:
        """For whoever types the address: a link must not sign anybody out, a button may."""
        if self._session(request) is None:
            return RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE)
        return page("sign_out.html")

    def sign_out(self, request: Request, _: Form) -> Response:
        """End the session in every tab; the platform hears of it after the answer."""
        tokens = self._end_session(request)
        task = BackgroundTask(self.auth.sign_out, tokens) if tokens else None
        response = RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE, background=task)
        cookies.clear_session_id(response, request)
        return response

    def _guess(self, request: Request, email: str, attempt: Callable[[], SignedIn]) -> SignedIn:
        """What ``attempt`` answers, counted."""
        address = _address(request)
        self.limits.guess(address, email)
        try:
            signed_in = attempt()
        except NotSignedIn:
            self.limits.wrong(address)
            raise
        self.limits.right(email)
        return signed_in

    def _come_in(self, request: Request, signed_in: SignedIn, go_on_to: str, *, needs_password: bool) -> Response:
        if not needs_password:
            return self._begin(request, signed_in, go_on_to)
        response = RedirectResponse(f"{FOLDER}/new-password", status_code=303, headers=NO_STORE)
        note = {"tokens": asdict(signed_in.tokens), "email": signed_in.email, "next": go_on_to}
        self._keep_note(response, request, note, NEW_PASSWORD_LIFETIME)
        return response

    def _begin(self, request: Request, signed_in: SignedIn, go_on_to: str) -> Response:
        """A session of its own for this sign-in; the one this browser had ends."""
        before = self._end_session(request)
        session_id, _ = self.sessions.sign_in(signed_in.person_id, signed_in.role, signed_in.tokens)
        task = BackgroundTask(self.auth.sign_out, before) if before else None
        response = RedirectResponse(go_on_to, status_code=303, headers=NO_STORE, background=task)
        cookies.set_session_id(response, request, session_id)
        response.delete_cookie(_note_cookie(request), path=FOLDER)
        return response

    def _sign_in_page(
        self, request: Request, go_on_to: str, email: str = "", trouble: MasteryError | None = None
    ) -> Response:
        offer = self.auth.offer()
        return _page(
            "sign_in.html",
            trouble,
            offer=offer,
            providers=[(provider, _provider_name(provider)) for provider in offer.providers],
            is_signed_in=self._session(request) is not None,
            go_on_to=go_on_to,
            email=email,
        )

    def _enter_code(self, request: Request, message: Message, sent: MessageSent, email: str, go_on_to: str) -> Response:
        response = _page("enter_code.html", message=message, go_on_to=go_on_to, email=email)
        note = {"verifier": sent.verifier, "next": go_on_to, "needs_password": message is FORGOTTEN}
        self._keep_note(response, request, note, MESSAGE_LIFETIME)
        return response

    def _new_password_page(
        self, request: Request, note: dict[str, Any], trouble: MasteryError | None = None
    ) -> Response:
        response = _page("new_password.html", trouble, email=note["email"])
        self._keep_note(response, request, note, NEW_PASSWORD_LIFETIME)
        return response

    def _callback(self, request: Request) -> str:
        return f"{(self.public_url or str(request.base_url)).rstrip('/')}{FOLDER}/callback"

    def _session(self, request: Request) -> Session | None:
        session_id = cookies.session_id(request)
        return self.sessions.use(key_of(session_id)) if session_id else None

    def _end_session(self, request: Request) -> Tokens | None:
        session_id = cookies.session_id(request)
        return self.sessions.sign_out(key_of(session_id)) if session_id else None

    def _keep_note(self, response: Response, request: Request, note: dict[str, Any], lifetime: timedelta) -> None:
        """Remember something of this browser until its next step; only the id of the note leaves."""
        response.set_cookie(
            _note_cookie(request),
            self.sessions.keep(note, lifetime),
            max_age=int(lifetime.total_seconds()),
            path=FOLDER,
            httponly=True,
            samesite="lax",
            secure=self._callback(request).startswith("https://"),
        )

    def _take_note(self, request: Request) -> dict[str, Any] | None:
        return self.sessions.take(request.cookies.get(_note_cookie(request)))


def _shown(name: str, show: Callable[[Request], Response]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_in_words, partial(show, request))

    return Route(f"{FOLDER}/{name}", endpoint, methods=["GET"])


def _posted(name: str, act: Callable[[Request, Form], Response]) -> Route:
    async def endpoint(request: Request) -> Response:
        if is_cross_site(request):
            return not_from_here()
        try:
            form = await form_of(request)
        except HTTPException:
            return page("message.html", 400, title="That is too much", message="This form was too long to be read.")
        return await run_in_threadpool(_in_words, partial(act, request, form))

    return Route(f"{FOLDER}/{name}", endpoint, methods=["POST"])


def _in_words(answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except MasteryError as trouble:
        return page("message.html", 503, title="Nobody can be signed in right now", message=str(trouble))


def _page(template: str, trouble: MasteryError | None = None, **values: Any) -> Response:
    status = 200 if trouble is None else _STATUS.get(type(trouble), 503)
    response = page(f"supabase/{template}", status, trouble="" if trouble is None else str(trouble), **values)
    if isinstance(trouble, TooManyTries):
        response.headers["Retry-After"] = str(trouble.seconds)
    return response


def _next(form: Form) -> str:
    return same_site_path(form.get("next"))


def _asked_next(request: Request) -> str:
    return same_site_path(request.query_params.get("next"))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _note_cookie(request: Request) -> str:
    return f"{cookies.cookie_name(request)}_note"


def _check_email(email: str) -> None:
    name, at, host = email.rpartition("@")
    if not (name and at and host) or len(email) > LONGEST_EMAIL or not email.isprintable() or " " in email:
        raise in_words("validation_failed")


def _given(form: Form, name: str, otherwise: str) -> str:
    value = form.get(name, "")
    if not value.strip():
        raise InvalidInput(otherwise)
    return value


def _new_password(form: Form) -> str:
    password = _given(form, "password", "Enter a password.")
    if len(password.encode()) > LONGEST_PASSWORD:
        raise InvalidInput(f"A password has at most {LONGEST_PASSWORD} characters.")
    return password


def _provider_name(provider: str) -> str:
    return _PROVIDER_NAMES.get(provider, provider.capitalize())
