"""The web addresses of the sign-in on Supabase, behind the gate and before the local Supabase."""

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mastery_core.errors import NotSignedIn
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.rate_limit import SignInLimits
from mastery_core.identity.sessions import SessionStore, Tokens, key_of
from mastery_core.identity.supabase_auth import SupabaseAuth
from mastery_core.identity.supabase_sign_in import SupabaseSignIn
from mastery_core.settings import SupabaseSettings
from tests.local_supabase import LocalSupabase

PASSWORD = "correct horse"
COOKIE, NOTE = "mastery_session_8501", "mastery_session_8501_note"
HERE = "http://localhost:8501"
SAME_ORIGIN = {"origin": HERE, "sec-fetch-site": "same-origin"}
POSTS = ["sign-in", "code", "forgotten", "verify", "new-password", "sign-up", "provider", "callback", "sign-out"]


class Desk:
    """The sign-in behind the gate, and browsers before it."""

    def __init__(self, settings: SupabaseSettings, client_of: Callable[..., TestClient]) -> None:
        self.store = SessionStore()
        self.limits = SignInLimits()
        self.auth = SupabaseAuth(settings)
        self.client_of = client_of
        self.client = self.browser()

    def browser(self, public_url: str | None = None, **where: str) -> TestClient:
        sign_in = SupabaseSignIn(self.store, self.auth, self.limits, public_url)
        page = Route("/progress", lambda request: PlainTextResponse(_person_of(request)))
        gate = Middleware(SignedInOnly, sessions=self.store)
        return self.client_of(Starlette(routes=[*sign_in.routes(), page], middleware=[gate]), **where)

    def post(self, step: str, **form: str) -> httpx.Response:
        return self.client.post(f"/session/{step}", data=form, headers=SAME_ORIGIN)

    def get(self, address: str) -> httpx.Response:
        return self.client.get(address)

    def sign_in(self, email: str, password: str = PASSWORD, **form: str) -> httpx.Response:
        return self.post("sign-in", email=email, password=password, **form)

    @property
    def key(self) -> str:
        return key_of(self.client.cookies.get(COOKIE, ""))

    @property
    def person(self) -> str | None:
        session = self.store.use(self.key)
        return session and session.person_id

    @property
    def tokens(self) -> Tokens:
        return self.store.tokens(self.key, self.auth.refresh)


def _person_of(request: Request) -> str:
    return request.headers["x-app-sub"]


@pytest.fixture
def desk(local_supabase: LocalSupabase, client_of: Callable[..., TestClient]) -> Iterator[Desk]:
    desk = Desk(local_supabase.settings(), client_of)
    yield desk
    desk.auth.close()


@pytest.fixture
def email(local_supabase: LocalSupabase) -> str:
    """The address of somebody with an account and a password."""
    email = _email()
    local_supabase.add_person(email, PASSWORD)
    return email


def _email() -> str:
    return f"{uuid4()}@school.example"


def _id_of(local_supabase: LocalSupabase, email: str) -> str:
    person = local_supabase.auth._person("email", email)
    assert person is not None
    return str(person["id"])


def _trouble(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def _link_to(answer: httpx.Response) -> str:
    """Where a page that goes on by itself leads to."""
    found = re.search(r'http-equiv="refresh" content="0; url=(.*?)"', answer.text)
    assert found is not None
    return html.unescape(found[1])


def _followed(address: str) -> str:
    """Where the platform sends a browser that goes to ``address``: path and query."""
    parts = urlsplit(httpx.get(address).headers["location"])
    return f"{parts.path}?{parts.query}"


def test_a_password_signs_in_and_goes_on(desk: Desk, local_supabase: LocalSupabase, email: str) -> None:
    answer = desk.sign_in(email, next="/progress?concept=mean")

    assert (answer.status_code, answer.headers["location"]) == (303, "/progress?concept=mean")
    assert desk.person == _id_of(local_supabase, email)
    assert desk.get("/progress").text == desk.person


def test_the_browser_holds_an_opaque_id_and_no_token(desk: Desk, email: str) -> None:
    answer = desk.sign_in(email)
    tokens = desk.tokens

    set_cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=lax" in set_cookie
    for cookie in desk.client.cookies.values():
        assert not {tokens.access_token, tokens.refresh_token} & {cookie}
    assert tokens.access_token not in answer.text + str(answer.headers)


def test_over_https_the_cookies_stay_on_https(desk: Desk, email: str) -> None:
    desk.client = desk.browser(base_url="https://mastery.example")
    note = desk.client.post("/session/code", data={"email": email}).headers["set-cookie"].lower()
    session = desk.client.post("/session/sign-in", data={"email": email, "password": PASSWORD}).headers["set-cookie"]

    assert "secure" in note
    assert "secure" in session.lower()


def test_a_wrong_password_says_so_and_keeps_the_address(desk: Desk, email: str) -> None:
    answer = desk.sign_in(email, "wrong", next="/progress")

    assert answer.status_code == 401
    assert _trouble(answer) == "This e-mail and password do not match."
    assert f'value="{email}"' in answer.text
    assert 'value="/progress"' in answer.text
    assert "wrong" not in answer.text
    assert desk.person is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Enter an e-mail address like name@school.org."),
        ({"email": "ada"}, "Enter an e-mail address like name@school.org."),
        ({"email": "a b@c.d", "password": "x"}, "Enter an e-mail address like name@school.org."),
        ({"email": "a" * 250 + "@c.de", "password": "x"}, "Enter an e-mail address like name@school.org."),
        ({"email": "ada@school.example"}, "Enter your password."),
        ({"email": "ada@school.example", "password": " "}, "Enter your password."),
    ],
)
def test_what_is_missing_is_said_without_asking_the_platform(desk: Desk, form: dict[str, str], sentence: str) -> None:
    answer = desk.post("sign-in", **form)

    assert (answer.status_code, _trouble(answer)) == (400, sentence)


def test_what_was_entered_is_escaped(desk: Desk) -> None:
    answer = desk.post("sign-in", email='"><script>alert(1)</script>@x.y', password="x", next='/"><script>')

    assert "<script>" not in answer.text


@pytest.mark.parametrize("step", POSTS)
def test_a_form_that_is_too_long_is_refused(desk: Desk, step: str) -> None:
    assert desk.post(step, email="a" * 10_000).status_code == 400
    assert desk.post(step, **{str(number): "" for number in range(20)}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:9999"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
    ],
)
@pytest.mark.parametrize("step", POSTS)
def test_a_form_from_another_site_changes_nothing(desk: Desk, email: str, step: str, headers: dict[str, str]) -> None:
    desk.sign_in(email)
    before = desk.key
    form = {"email": email, "password": PASSWORD, "provider": "github"}

    answer = desk.client.post(f"/session/{step}", data=form, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert desk.store.is_open(before)


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])
def test_no_step_sends_anybody_to_another_site(desk: Desk, email: str, target: str) -> None:
    assert desk.sign_in(email, next=target).headers["location"] == "/"
    for step in ("sign-in", "code", "forgotten", "sign-up"):
        assert "evil" not in desk.client.get(f"/session/{step}", params={"next": target}).text
    for step in ("code", "forgotten", "provider", "verify"):
        assert "evil" not in desk.post(step, email=_email(), provider="github", code="1", next=target).text


def test_every_sign_in_has_an_id_of_its_own_and_ends_the_one_before(desk: Desk, email: str) -> None:
    desk.client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="localhost.local")
    desk.sign_in(email)
    first, tokens = desk.key, desk.tokens
    assert first != key_of("chosen-by-somebody-else")

    desk.sign_in(email)

    assert desk.key != first
    assert not desk.store.is_open(first)
    with pytest.raises(NotSignedIn):
        desk.auth.refresh(tokens)


def test_signing_out_ends_the_session_here_and_at_the_platform(desk: Desk, email: str) -> None:
    desk.sign_in(email)
    key, tokens = desk.key, desk.tokens
    assert 'method="post" action="/session/sign-out"' in desk.get("/session/sign-out").text
    assert desk.store.is_open(key)

    answer = desk.post("sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/session/sign-in")
    assert not desk.store.is_open(key)
    assert COOKIE not in desk.client.cookies
    with pytest.raises(NotSignedIn):
        desk.auth.refresh(tokens)


def test_whoever_comes_back_is_told_that_they_are_signed_in(desk: Desk, email: str) -> None:
    desk.sign_in(email)
    page = desk.get("/session/sign-in?next=/progress").text

    assert "You are signed in." in page
    assert 'href="/progress">Continue' in page


def test_a_dead_cookie_is_taken_away(desk: Desk, email: str) -> None:
    desk.sign_in(email)
    desk.store.sign_out(desk.key)
    desk.get("/session/sign-in")

    assert COOKIE not in desk.client.cookies


def test_a_code_signs_in_and_goes_on(desk: Desk, local_supabase: LocalSupabase, email: str) -> None:
    page = desk.post("code", email=email, next="/progress")
    code = local_supabase.mailbox[email][-1]["code"]
    assert email in page.text
    assert code not in page.text

    answer = desk.post("verify", email=email, code=f" {code[:3]} {code[3:]}", kind="email", next="/progress")

    assert (answer.status_code, answer.headers["location"]) == (303, "/progress")
    assert desk.person == _id_of(local_supabase, email)
    assert NOTE not in desk.client.cookies


def test_the_link_of_the_message_signs_in_only_the_browser_that_asked(
    desk: Desk, local_supabase: LocalSupabase, email: str
) -> None:
    desk.post("code", email=email, next="/progress")
    come_back = _followed(local_supabase.mailbox[email][-1]["link"])
    elsewhere = desk.browser()

    refused = elsewhere.get(come_back)
    answer = desk.get(come_back)

    assert refused.status_code == 401
    assert "only in the browser that asked for it" in _trouble(refused)
    assert (answer.status_code, answer.headers["location"]) == (303, "/progress")
    assert desk.person == _id_of(local_supabase, email)


def test_a_wrong_code_says_so_and_lets_one_try_again(desk: Desk, local_supabase: LocalSupabase, email: str) -> None:
    desk.post("code", email=email)
    answer = desk.post("verify", email=email, code="wrong", kind="email")

    assert answer.status_code == 401
    assert "wrong, too old or was used already" in _trouble(answer)
    code = local_supabase.mailbox[email][-1]["code"]
    assert desk.post("verify", email=email, code=code, kind="email").status_code == 303


def test_nobody_learns_from_the_pages_who_has_an_account(
    desk: Desk, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    monkeypatch.setattr(local_supabase.auth, "signup_allowed", False)
    nobody = _email()
    for step in ("code", "forgotten"):
        desk.limits = SignInLimits()
        desk.client = desk.browser()
        known, unknown = desk.post(step, email=email), desk.post(step, email=nobody)
        same = known.text.replace(email, nobody)

        assert re.sub(r'nonce="[^"]*"', "", same) == re.sub(r'nonce="[^"]*"', "", unknown.text)
        assert known.status_code == unknown.status_code == 200
        assert known.headers.keys() == unknown.headers.keys()


def test_a_second_message_waits_a_minute_and_the_code_can_still_be_entered(desk: Desk, email: str) -> None:
    desk.post("code", email=email)
    answer = desk.post("code", email=email, again="1")

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "Too many tries" in _trouble(answer)
    assert 'autocomplete="one-time-code"' in answer.text


def test_a_forgotten_password_is_replaced_by_code(desk: Desk, local_supabase: LocalSupabase, email: str) -> None:
    desk.post("forgotten", email=email, next="/progress")
    code = local_supabase.mailbox[email][-1]["code"]
    answer = desk.post("verify", email=email, code=code, kind="recovery", next="/progress")
    assert (answer.status_code, answer.headers["location"]) == (303, "/session/new-password")
    assert desk.person is None
    assert email in desk.get("/session/new-password").text
    assert "at least 6 characters" in _trouble(desk.post("new-password", password="short"))

    answer = desk.post("new-password", password="another horse")

    assert (answer.status_code, answer.headers["location"]) == (303, "/progress")
    assert desk.person == _id_of(local_supabase, email)
    assert desk.sign_in(email).status_code == 401
    assert desk.sign_in(email, "another horse").status_code == 303


def test_a_forgotten_password_is_replaced_by_link(desk: Desk, local_supabase: LocalSupabase, email: str) -> None:
    desk.post("forgotten", email=email, next="/progress")
    answer = desk.get(_followed(local_supabase.mailbox[email][-1]["link"]))

    assert answer.headers["location"] == "/session/new-password"
    assert desk.post("new-password", password="another horse").headers["location"] == "/progress"


def test_a_session_alone_does_not_let_anybody_set_a_password(desk: Desk, email: str) -> None:
    desk.sign_in(email)

    assert desk.get("/session/new-password").headers["location"] == "/session/forgotten"
    assert "This took too long" in _trouble(desk.post("new-password", password="another horse"))
    assert desk.sign_in(email).status_code == 303


def test_a_new_password_is_no_longer_than_the_platform_takes(
    desk: Desk, local_supabase: LocalSupabase, email: str
) -> None:
    desk.post("forgotten", email=email)
    desk.post("verify", email=email, code=local_supabase.mailbox[email][-1]["code"], kind="recovery")

    assert _trouble(desk.post("new-password", password="ä" * 37)) == "A password has at most 72 characters."
    assert desk.post("new-password", password="ä" * 36).status_code == 303


@pytest.mark.parametrize("kind", ["email", "recovery"])
def test_a_link_with_a_hash_is_used_by_a_button_only(
    desk: Desk, local_supabase: LocalSupabase, email: str, kind: str
) -> None:
    desk.post("code" if kind == "email" else "forgotten", email=email, next="/progress")
    token_hash = local_supabase.mailbox[email][-1]["token_hash"]
    for _ in range(2):
        page = desk.get(f"/session/callback?token_hash={token_hash}&type={kind}")
        assert f'name="token_hash" value="{token_hash}"' in page.text
    assert desk.person is None

    answer = desk.post("callback", token_hash=token_hash, type=kind)

    assert answer.headers["location"] == ("/progress" if kind == "email" else "/session/new-password")


def test_a_new_account_signs_in_at_once(desk: Desk, local_supabase: LocalSupabase) -> None:
    email = _email()
    answer = desk.post("sign-up", email=email, password=PASSWORD, name="Zoë Ng", next="/progress")

    assert answer.headers["location"] == "/progress"
    assert desk.person == _id_of(local_supabase, email)


def test_a_new_account_confirms_its_address_first(
    desk: Desk, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "confirm_email", True)
    email = _email()
    page = desk.post("sign-up", email=email, password=PASSWORD, name="Zoë Ng", next="/progress")
    assert "Check your mail" in page.text
    assert desk.person is None

    answer = desk.get(_followed(local_supabase.mailbox[email][-1]["link"]))

    assert answer.headers["location"] == "/progress"
    assert desk.person == _id_of(local_supabase, email)


def test_what_was_wrong_with_a_new_account_is_said(desk: Desk, email: str) -> None:
    answer = desk.post("sign-up", email=_email(), password="short", name="Zoë Ng")

    assert "at least 6 characters" in _trouble(answer)
    assert 'value="Zoë Ng"' in answer.text
    assert "Sign in instead" in _trouble(desk.post("sign-up", email=email, password=PASSWORD, name="Zoë Ng"))


def test_where_accounts_are_not_made_by_people_no_page_offers_it(
    desk: Desk, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "signup_allowed", False)

    assert "Create an account" not in desk.get("/session/sign-in").text
    assert "Accounts are made by whoever runs" in _trouble(desk.get("/session/sign-up"))
    answer = desk.post("sign-up", email=_email(), password=PASSWORD, name="Zoë Ng")
    assert (answer.status_code, "Ask them for one" in _trouble(answer)) == (403, True)


def test_a_provider_signs_in_the_browser_that_set_out(
    desk: Desk, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "provider_email", email := _email())
    assert "Continue with GitHub" in desk.get("/session/sign-in").text
    page = desk.post("provider", provider="github", next="/progress")
    address = _link_to(page)
    assert address.startswith(f"{local_supabase.url}/auth/v1/authorize")
    assert parse_qs(urlsplit(address).query)["redirect_to"] == [f"{HERE}/session/callback"]
    come_back = _followed(address)

    assert desk.browser().get(come_back).status_code == 401
    assert desk.get(come_back).headers["location"] == "/progress"
    assert desk.person == _id_of(local_supabase, email)
    assert desk.get(come_back).status_code == 401


def test_a_code_of_somebody_else_signs_nobody_in(
    desk: Desk, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "provider_email", _email())
    thief = desk.browser()
    bait = _followed(_link_to(thief.post("/session/provider", data={"provider": "github"})))
    desk.post("provider", provider="github")

    answer = desk.get(bait)

    assert (answer.status_code, desk.person) == (401, None)


def test_people_come_back_to_the_address_the_dashboard_is_known_by(desk: Desk) -> None:
    browser = desk.browser(public_url="https://mastery.example/")
    answer = browser.post("/session/provider", data={"provider": "github"})

    assert parse_qs(urlsplit(_link_to(answer)).query)["redirect_to"] == ["https://mastery.example/session/callback"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("error=access_denied&error_description=Call+0900+123", "cancelled or refused"),
        ("error=access_denied&error_code=otp_expired", "wrong, too old or was used already"),
        ("error=server_error&error_code=unexpected_failure", "The sign-in was refused."),
        ("code=unknown", "only in the browser that asked for it"),
        ("", "The sign-in was refused."),
    ],
)
def test_what_went_wrong_elsewhere_is_said_in_our_own_words(desk: Desk, query: str, sentence: str) -> None:
    answer = desk.get(f"/session/callback?{query}")

    assert sentence in _trouble(answer)
    assert "0900" not in answer.text


def test_a_refusal_elsewhere_leads_back_to_where_one_was_going(desk: Desk) -> None:
    desk.post("provider", provider="github", next="/progress")

    assert 'value="/progress"' in desk.get("/session/callback?error=access_denied").text


def test_guessing_is_slowed_down_and_says_for_how_long(desk: Desk, email: str) -> None:
    answers = [desk.sign_in(email, "wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "Too many tries" in _trouble(answers[-1])
    assert desk.sign_in(email).status_code == 429
    assert desk.sign_in(_email(), "wrong").status_code == 401


def test_codes_are_guessed_at_as_slowly_as_passwords(desk: Desk, email: str) -> None:
    answers = [desk.post("verify", email=email, code=str(number), kind="email") for number in range(6)]

    assert answers[-1].status_code == 429


def test_a_platform_that_is_away_is_said_on_the_page(client_of: Callable[..., TestClient]) -> None:
    desk = Desk(SupabaseSettings("http://127.0.0.1:1", "sb_publishable_x"), client_of)
    answer = desk.sign_in("ada@school.example")

    assert (answer.status_code, _trouble(answer)) == (
        503,
        "The sign-in does not answer right now. Try again in a moment.",
    )
    assert 'value="ada@school.example"' in answer.text
    assert desk.get("/session/sign-in").status_code == 200


@pytest.mark.parametrize("step", ["sign-in", "code", "forgotten", "sign-up", "callback?token_hash=0&type=email"])
def test_the_pages_load_nothing_and_are_kept_by_nobody(desk: Desk, step: str) -> None:
    headers = desk.get(f"/session/{step}").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
