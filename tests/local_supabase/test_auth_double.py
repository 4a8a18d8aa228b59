"""The double of Supabase Auth speaks as Supabase Auth does: Supabase's own client understands it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt
import pytest
from supabase_auth import SyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.local_supabase import LocalSupabase

PASSWORD = "secret-1"
BACK = "http://localhost:8501/session/callback"


@pytest.fixture
def client_of() -> Iterator[Callable[[LocalSupabase], SyncGoTrueClient]]:
    with ExitStack() as open_clients:

        def make(supabase: LocalSupabase) -> SyncGoTrueClient:
            http = open_clients.enter_context(httpx.Client(trust_env=False))
            headers = {"apikey": supabase.publishable_key}
            return SyncGoTrueClient(
                url=supabase.auth.issuer, headers=headers, auto_refresh_token=False, flow_type="pkce", http_client=http
            )

        yield make


@pytest.fixture
def client(local_supabase: LocalSupabase, client_of: Callable[..., SyncGoTrueClient]) -> SyncGoTrueClient:
    return client_of(local_supabase)


@pytest.fixture
def email(local_supabase: LocalSupabase) -> str:
    """Somebody with an account."""
    email = f"{uuid4()}@example.org"
    local_supabase.add_person(email, PASSWORD, role="instructor")
    return email


def refused(act: Callable[[], object]) -> str:
    with pytest.raises((AuthApiError, AuthWeakPasswordError)) as refusal:
        act()
    return str(refusal.value.code)


def sign_in(client: SyncGoTrueClient, email: str, password: str = PASSWORD) -> tuple[str, str]:
    session = client.sign_in_with_password({"email": email, "password": password}).session
    assert session is not None
    return session.access_token, session.refresh_token


def code_after(address: str) -> str:
    """The code with which following a link comes back."""
    answer = httpx.get(address, trust_env=False)
    assert answer.headers["location"].startswith(BACK)
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def test_a_password_signs_in_and_a_wrong_one_does_not(
    local_supabase: LocalSupabase, client: SyncGoTrueClient, email: str
) -> None:
    token, _ = sign_in(client, email)
    claims = local_supabase.claims_of(token)
    assert (claims["email"], claims["role"], claims["iss"]) == (email, "authenticated", local_supabase.auth.issuer)
    assert claims["app_metadata"]["role"] == "instructor"
    assert refused(lambda: sign_in(client, email, "wrong")) == "invalid_credentials"
    assert refused(lambda: sign_in(client, "nobody@example.org")) == "invalid_credentials"


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(client: SyncGoTrueClient, email: str) -> None:
    _, first = sign_in(client, email)
    second = client.refresh_session(first).session
    assert second is not None
    assert refused(lambda: client.refresh_session(first)) == "refresh_token_already_used"
    assert refused(lambda: client.refresh_session(second.refresh_token)) == "refresh_token_not_found"


def test_signing_out_ends_one_session_or_all(
    local_supabase: LocalSupabase, client_of: Callable[..., SyncGoTrueClient], email: str
) -> None:
    here, there = client_of(local_supabase), client_of(local_supabase)
    sign_in(here, email)
    token, refresh = sign_in(there, email)
    here.sign_out({"scope": "local"})
    assert there.get_user(token).user.email == email
    sign_in(here, email)
    here.sign_out({"scope": "global"})
    assert refused(lambda: there.get_user(token)) == "session_not_found"
    assert refused(lambda: there.refresh_session(refresh)) == "refresh_token_not_found"


def test_a_revoked_session_refreshes_no_more(
    local_supabase: LocalSupabase, client: SyncGoTrueClient, email: str
) -> None:
    token, refresh = sign_in(client, email)
    local_supabase.auth.revoke(local_supabase.claims_of(token)["session_id"])
    assert refused(lambda: client.refresh_session(refresh)) == "refresh_token_not_found"


def test_a_code_by_mail_signs_in_once(local_supabase: LocalSupabase, client: SyncGoTrueClient, email: str) -> None:
    client.sign_in_with_otp({"email": email, "options": {"should_create_user": False}})
    code = local_supabase.mailbox[email][-1]["code"]
    wrong = "000000" if code != "000000" else "111111"
    assert refused(lambda: client.verify_otp({"type": "email", "email": email, "token": wrong})) == "otp_expired"
    assert client.verify_otp({"type": "email", "email": email, "token": code}).session is not None
    assert refused(lambda: client.verify_otp({"type": "email", "email": email, "token": code})) == "otp_expired"
    stranger = {"email": "nobody@example.org", "options": {"should_create_user": False}}
    assert refused(lambda: client.sign_in_with_otp(stranger)) == "otp_disabled"  # type: ignore[arg-type]


def test_a_forgotten_password_is_set_anew(local_supabase: LocalSupabase, client: SyncGoTrueClient, email: str) -> None:
    client.reset_password_for_email(email, {"redirect_to": BACK})
    mail = local_supabase.mailbox[email][-1]
    assert client.exchange_code_for_session({"auth_code": code_after(mail["link"])}).session is not None
    client.update_user({"password": "secret-2"})
    assert refused(lambda: client.update_user({"password": "no"})) == "weak_password"
    sign_in(client, email, "secret-2")
    client.reset_password_for_email(email, {"redirect_to": BACK})
    token_hash = local_supabase.mailbox[email][-1]["token_hash"]
    assert client.verify_otp({"type": "recovery", "token_hash": token_hash}).session is not None
    client.reset_password_for_email("nobody@example.org")
    assert local_supabase.mailbox["nobody@example.org"] == []


def test_signing_up_as_the_project_allows_it(local_supabase: LocalSupabase, client: SyncGoTrueClient) -> None:
    auth, emails = local_supabase.auth, [f"{uuid4()}@example.org" for _ in range(3)]
    assert client.sign_up({"email": emails[0], "password": PASSWORD}).session is not None
    assert refused(lambda: client.sign_up({"email": emails[0], "password": PASSWORD})) == "user_already_exists"
    try:
        auth.confirm_email = True
        assert client.sign_up({"email": emails[1], "password": PASSWORD}).session is None
        assert refused(lambda: sign_in(client, emails[1])) == "email_not_confirmed"
        code = local_supabase.mailbox[emails[1]][-1]["code"]
        assert client.verify_otp({"type": "signup", "email": emails[1], "token": code}).session is not None
        auth.signup_allowed = False
        assert refused(lambda: client.sign_up({"email": emails[2], "password": PASSWORD})) == "signup_disabled"
    finally:
        auth.confirm_email, auth.signup_allowed = False, True


def test_a_provider_sends_back_a_code_for_the_one_who_has_the_verifier(
    client: SyncGoTrueClient, local_supabase: LocalSupabase
) -> None:
    url = client.sign_in_with_oauth({"provider": "github", "options": {"redirect_to": BACK}}).url
    code = code_after(url)
    user = client.exchange_code_for_session({"auth_code": code}).user
    assert user is not None
    assert user.email == local_supabase.auth.provider_email
    client.sign_in_with_oauth({"provider": "github", "options": {"redirect_to": BACK}})
    other = {"auth_code": code_after(url), "code_verifier": "guessed"}
    assert refused(lambda: client.exchange_code_for_session(other)) == "bad_code_verifier"  # type: ignore[arg-type]
    assert httpx.get(url.replace("github", "google"), trust_env=False).status_code == 400


def test_tokens_are_verified_by_the_published_key(client: SyncGoTrueClient, local_supabase: LocalSupabase) -> None:
    person = str(uuid4())
    token = local_supabase.token_for(person)
    keys = jwt.PyJWKClient(f"{local_supabase.auth.issuer}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=["ES256"], audience="authenticated")["sub"] == person
    with pytest.raises(jwt.ExpiredSignatureError):
        local_supabase.claims_of(local_supabase.token_for(person, expires_in=-10))
    with pytest.raises(jwt.InvalidAudienceError):
        local_supabase.claims_of(local_supabase.token_for(person, aud="elsewhere"))


@pytest.mark.parametrize("path", ["/auth/v1/settings", "/auth/v1/user", "/rest/v1/rpc/status"])
@pytest.mark.parametrize("headers", [{}, {"apikey": "sb_publishable_of-another-project"}], ids=["no key", "wrong key"])
def test_nothing_is_behind_the_gate_without_a_key(
    path: str, headers: dict[str, str], local_supabase: LocalSupabase
) -> None:
    answer = httpx.get(f"{local_supabase.url}{path}", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert "API key" in answer.json()["message"]
