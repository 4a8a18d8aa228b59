"""The client of Supabase Auth, before the local Supabase and before a platform that misbehaves."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from mastery_core.errors import InvalidInput, NotAllowed, NotSignedIn, Unavailable
from mastery_core.identity.rate_limit import TooManyTries
from mastery_core.identity.sessions import Tokens
from mastery_core.identity.supabase_auth import PASSWORD_ONLY, MessageSent, SignedIn, SupabaseAuth
from mastery_core.settings import SupabaseSettings
from tests.local_supabase import LocalSupabase

PASSWORD = "correct horse"
BACK = "http://localhost:8501/session/callback"
TOKENS = Tokens("eyJ.secret.token", "refresh-secret", 0)


@pytest.fixture
def auth(local_supabase: LocalSupabase) -> Iterator[SupabaseAuth]:
    auth = SupabaseAuth(local_supabase.settings())
    yield auth
    auth.close()


@pytest.fixture
def email(local_supabase: LocalSupabase) -> str:
    """The address of somebody with an account and a password."""
    email = _email()
    local_supabase.add_person(email, PASSWORD)
    return email


def _email() -> str:
    return f"{uuid4()}@school.example"


def _body(request: httpx.Request) -> dict[str, Any]:
    return json.loads(request.content) if request.content else {}


def _code_to(local_supabase: LocalSupabase, email: str) -> str:
    return local_supabase.mailbox[email][-1]["code"]


def _sent_back(address: str) -> dict[str, list[str]]:
    """The query with which the platform sends a browser back that goes to ``address``."""
    return parse_qs(urlsplit(httpx.get(address).headers["location"]).query)


@pytest.mark.parametrize("role", [None, "instructor", "researcher", "admin"])
def test_a_password_signs_in_with_the_role_of_the_account(
    auth: SupabaseAuth, local_supabase: LocalSupabase, role: str | None
) -> None:
    email = _email()
    person = local_supabase.add_person(email, PASSWORD, role)

    signed_in = auth.sign_in(email, PASSWORD)

    assert (signed_in.person_id, signed_in.role, signed_in.email) == (person, role or "student", email)
    assert local_supabase.claims_of(signed_in.tokens.access_token)["sub"] == person
    assert 3500 < signed_in.tokens.expires_at - time.time() <= 3600


def test_a_role_nobody_knows_is_a_student(auth: SupabaseAuth, local_supabase: LocalSupabase) -> None:
    email = _email()
    local_supabase.add_person(email, PASSWORD, "emperor")

    assert auth.sign_in(email, PASSWORD).role == "student"


def test_a_wrong_password_and_an_unknown_address_sound_the_same(auth: SupabaseAuth, email: str) -> None:
    said = set()
    for address in (email, _email()):
        with pytest.raises(NotSignedIn) as refusal:
            auth.sign_in(address, "wrong")
        said.add(str(refusal.value))

    assert said == {"This e-mail and password do not match."}


def test_tokens_are_renewed_once_each(auth: SupabaseAuth, email: str) -> None:
    first = auth.sign_in(email, PASSWORD).tokens
    second = auth.refresh(first)

    assert second.refresh_token != first.refresh_token
    with pytest.raises(NotSignedIn):
        auth.refresh(first)


@pytest.mark.parametrize("refresh_token", ["", "unknown"])
def test_a_session_that_nobody_knows_is_not_signed_in(auth: SupabaseAuth, refresh_token: str) -> None:
    with pytest.raises(NotSignedIn):
        auth.refresh(Tokens("", refresh_token, 0))


def test_signing_out_ends_this_session_and_no_other(auth: SupabaseAuth, email: str) -> None:
    here, elsewhere = auth.sign_in(email, PASSWORD).tokens, auth.sign_in(email, PASSWORD).tokens
    auth.sign_out(here)

    with pytest.raises(NotSignedIn):
        auth.refresh(here)
    assert auth.refresh(elsewhere)


def test_an_access_token_that_is_over_is_no_hindrance_to_signing_out(
    auth: SupabaseAuth, local_supabase: LocalSupabase, email: str
) -> None:
    signed_in = auth.sign_in(email, PASSWORD)
    over = replace(signed_in.tokens, access_token=local_supabase.token_for(signed_in.person_id, expires_in=-60))
    auth.sign_out(over)

    with pytest.raises(NotSignedIn):
        auth.refresh(signed_in.tokens)


def test_signing_out_never_fails(auth: SupabaseAuth) -> None:
    auth.sign_out(TOKENS)
    auth.sign_out(Tokens("", "", 0))
    nobody = SupabaseAuth(SupabaseSettings("http://127.0.0.1:1", "sb_publishable_x"))
    nobody.sign_out(TOKENS)


def test_a_code_from_the_mail_signs_in_once(auth: SupabaseAuth, local_supabase: LocalSupabase, email: str) -> None:
    auth.send_code(email, BACK)
    code = _code_to(local_supabase, email)

    assert auth.verify_code(email, code, "email").email == email
    with pytest.raises(NotSignedIn, match="wrong, too old or was used already"):
        auth.verify_code(email, code, "email")


def test_the_link_from_the_mail_works_for_whoever_asked_for_it(
    auth: SupabaseAuth, local_supabase: LocalSupabase, email: str
) -> None:
    sent = auth.send_code(email, BACK)
    link = local_supabase.mailbox[email][-1]["link"]

    assert parse_qs(urlsplit(link).query)["redirect_to"] == [BACK]
    assert auth.exchange(_sent_back(link)["code"][0], sent.verifier).email == email


def test_the_hash_of_a_message_signs_in(auth: SupabaseAuth, local_supabase: LocalSupabase, email: str) -> None:
    auth.send_code(email, BACK)

    assert auth.verify_link(local_supabase.mailbox[email][-1]["token_hash"], "email").email == email
    with pytest.raises(InvalidInput, match="This link is incomplete"):
        auth.verify_link("anything", "sms")


def test_nobody_learns_who_has_an_account(
    auth: SupabaseAuth, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "signup_allowed", False)
    nobody = _email()

    assert isinstance(auth.send_code(nobody, BACK), MessageSent)
    assert isinstance(auth.recover(nobody, BACK), MessageSent)
    assert nobody not in local_supabase.mailbox


def test_nobody_learns_who_was_sent_a_message_before() -> None:
    refusal = {"code": 429, "error_code": "over_email_send_rate_limit", "msg": "you can only request this after 60 s"}
    auth = _auth_that_hears(httpx.Response(429, json=refusal))

    assert isinstance(auth.send_code(_email(), BACK), MessageSent)
    assert isinstance(auth.recover(_email(), BACK), MessageSent)


def test_a_code_makes_no_account_where_people_may_not_sign_up(
    local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(local_supabase.auth, "signup_allowed", False)
    with httpx.Client(event_hooks={"request": [lambda request: asked.append(_body(request))]}) as client:
        SupabaseAuth(local_supabase.settings(), client).send_code(_email(), BACK)

    assert asked[-1]["create_user"] is False


def test_a_forgotten_password_is_replaced(auth: SupabaseAuth, local_supabase: LocalSupabase, email: str) -> None:
    auth.recover(email, BACK)
    signed_in = auth.verify_code(email, _code_to(local_supabase, email), "recovery")

    assert auth.set_password(signed_in.tokens, "another horse").person_id == signed_in.person_id
    assert auth.sign_in(email, "another horse").email == email
    with pytest.raises(NotSignedIn):
        auth.sign_in(email, PASSWORD)


def test_the_platform_says_what_is_wrong_with_a_new_password(auth: SupabaseAuth, email: str) -> None:
    tokens = auth.sign_in(email, PASSWORD).tokens

    with pytest.raises(InvalidInput, match="Password should be at least 6 characters"):
        auth.set_password(tokens, "short")
    with pytest.raises(InvalidInput, match="Choose another one"):
        auth.set_password(tokens, PASSWORD)


def test_a_new_account_is_signed_in_under_its_name(
    auth: SupabaseAuth, local_supabase: LocalSupabase, console: Any
) -> None:
    email = _email()
    signed_in = auth.sign_up(email, PASSWORD, "Zoë Ng", BACK)

    assert isinstance(signed_in, SignedIn)
    rows = console.query("select display_name from profiles where id = %(id)s", id=signed_in.person_id)
    assert rows == [{"display_name": "Zoë Ng"}]
    with pytest.raises(InvalidInput, match="There is an account with this e-mail already"):
        auth.sign_up(email, PASSWORD, "Zoë Ng", BACK)


def test_a_new_account_confirms_its_address_where_the_project_asks_for_it(
    auth: SupabaseAuth, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "confirm_email", True)
    email = _email()

    assert isinstance(auth.sign_up(email, PASSWORD, "Zoë Ng", BACK), MessageSent)
    with pytest.raises(NotSignedIn, match="not confirmed yet"):
        auth.sign_in(email, PASSWORD)
    assert auth.verify_code(email, _code_to(local_supabase, email), "email").email == email
    assert isinstance(auth.sign_up(email, PASSWORD, "Zoë Ng", BACK), MessageSent)


def test_no_account_is_made_where_the_project_allows_none(
    auth: SupabaseAuth, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "signup_allowed", False)

    with pytest.raises(NotAllowed, match="Accounts are made by whoever runs this dashboard"):
        auth.sign_up(_email(), PASSWORD, "Zoë Ng", BACK)


def test_a_provider_sends_back_whom_only_the_verifier_lets_in(
    auth: SupabaseAuth, local_supabase: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_supabase.auth, "provider_email", email := _email())
    address, verifier = auth.oauth_start("github", BACK)
    other_address, _ = auth.oauth_start("github", BACK)

    assert verifier not in address
    assert auth.exchange(_sent_back(address)["code"][0], verifier).email == email
    with pytest.raises(NotSignedIn, match="begun in another browser"):
        auth.exchange(_sent_back(other_address)["code"][0], verifier)


@pytest.mark.parametrize("provider", ["google", "", "../admin"])
def test_only_providers_of_the_project_are_gone_to(auth: SupabaseAuth, provider: str) -> None:
    with pytest.raises(InvalidInput, match="not open here"):
        auth.oauth_start(provider, BACK)


def test_what_the_project_offers_is_asked_once_in_a_while(local_supabase: LocalSupabase) -> None:
    asked: list[httpx.URL] = []
    with httpx.Client(event_hooks={"request": [lambda request: asked.append(request.url)]}) as client:
        auth = SupabaseAuth(local_supabase.settings(), client)
        offers = [auth.offer() for _ in range(5)]

    assert offers[0].providers == ("github",)
    assert offers[0].sign_up
    assert len(asked) == 1


def test_clients_of_many_people_are_never_mixed_up(auth: SupabaseAuth, local_supabase: LocalSupabase) -> None:
    people = {email: local_supabase.add_person(email, PASSWORD) for email in (_email() for _ in range(12))}
    auth.sign_in(next(iter(people)), PASSWORD)  # the project's keys are known from here on

    def come_and_go(email: str) -> set[str]:
        signed_in = auth.sign_in(email, PASSWORD)
        renewed = auth.refresh(signed_in.tokens)
        return {signed_in.person_id, str(local_supabase.claims_of(renewed.access_token)["sub"])}

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(come_and_go, people)) == [{person} for person in people.values()]


CALLS: list[Callable[[SupabaseAuth], Any]] = [
    lambda auth: auth.sign_in("ada@school.example", PASSWORD),
    lambda auth: auth.sign_up("ada@school.example", PASSWORD, "Ada", BACK),
    lambda auth: auth.send_code("ada@school.example", BACK),
    lambda auth: auth.recover("ada@school.example", BACK),
    lambda auth: auth.verify_code("ada@school.example", "123456", "email"),
    lambda auth: auth.verify_link("0123", "email"),
    lambda auth: auth.exchange("code", "verifier"),
    lambda auth: auth.refresh(TOKENS),
]
ANSWERS = {
    "bad gateway": httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "fault": httpx.Response(500, json={"code": 500, "error_code": "unexpected_failure", "msg": "ada@school.example"}),
    "wrong key": httpx.Response(401, json={"message": "Invalid API key", "hint": "eyJ.secret.token"}),
    "forbidden page": httpx.Response(403, html="<h1>Forbidden</h1>"),
    "missing page": httpx.Response(404, json={"message": "no Route matched with those values"}),
    "busy": httpx.Response(
        429, json={"code": 429, "error_code": "over_request_rate_limit", "msg": "ada@school.example"}
    ),
}


def _auth_that_hears(answer: httpx.Response) -> SupabaseAuth:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return SupabaseAuth(SupabaseSettings("https://project.supabase.example", "sb_publishable_secret"), client)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: str(call.__code__.co_names[0]))
def test_a_platform_in_trouble_is_unavailable_and_ends_no_session(
    call: Callable[[SupabaseAuth], Any], answer: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as trouble:
        call(_auth_that_hears(answer))

    assert isinstance(trouble.value, TooManyTries) == (answer.status_code == 429)
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("mastery_core"))
    for secret in ("ada@school.example", "sb_publishable_secret", "eyJ.secret", "refresh-secret"):
        assert secret not in ours + str(trouble.value)


def test_an_answer_of_an_unknown_form_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        _auth_that_hears(httpx.Response(200, json={"welcome": True})).sign_in("ada@school.example", PASSWORD)


def test_a_platform_that_is_away_is_unavailable_and_offers_the_password() -> None:
    auth = SupabaseAuth(SupabaseSettings("http://127.0.0.1:1", "sb_publishable_x"))

    assert auth.offer() == PASSWORD_ONLY
    with pytest.raises(Unavailable, match="does not answer right now"):
        auth.sign_in("ada@school.example", PASSWORD)


@pytest.mark.parametrize("settings", [{}, [], {"external": None}, {"external": []}], ids=str)
def test_settings_of_an_unknown_form_offer_the_password(settings: Any) -> None:
    assert _auth_that_hears(httpx.Response(200, json=settings)).offer() == PASSWORD_ONLY


@pytest.mark.parametrize(
    "claims",
    [{"aud": "elsewhere"}, {"iss": "https://evil.example/auth/v1"}, {"role": "service_role"}, {"expires_in": -60}],
)
def test_a_token_that_is_not_for_here_signs_nobody_in(local_supabase: LocalSupabase, claims: dict[str, Any]) -> None:
    person = local_supabase.add_person(_email(), PASSWORD)
    token = local_supabase.token_for(person, **claims)
    user = {"id": person, "aud": "", "app_metadata": {}, "user_metadata": {}, "created_at": "2026-01-01T00:00:00Z"}
    answer = {"access_token": token, "refresh_token": "r", "expires_in": 60, "token_type": "bearer", "user": user}
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer))) as client:
        auth = SupabaseAuth(local_supabase.settings(), client)
        with pytest.raises(NotSignedIn):
            auth.sign_in("ada@school.example", PASSWORD)


def test_tokens_do_not_show_in_what_is_printed(auth: SupabaseAuth, email: str) -> None:
    signed_in = auth.sign_in(email, PASSWORD)
    printed = repr(signed_in) + repr(auth.send_code(email, BACK))

    assert signed_in.tokens.access_token not in printed
    assert signed_in.tokens.refresh_token not in printed
