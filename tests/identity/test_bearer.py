"""The tokens of a Supabase project, told by the keys that it publishes."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from mastery_core.errors import NotSignedIn, Unavailable
from mastery_core.identity import bearer
from mastery_core.identity.bearer import TokenVerifier, bearer_token
from mastery_core.settings import SupabaseSettings

PERSON = str(uuid4())
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
STRANGERS_KEY = ec.generate_private_key(ec.SECP256R1())


def published(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    public: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)  # type: ignore[arg-type]
    return public | {"kid": kid, "use": "sig", "alg": "ES256" if algorithm is ECAlgorithm else "RS256"}


class Project:
    """The one address of a project that a verifier asks: where its keys are published."""

    def __init__(self) -> None:
        self.content: bytes = orjson.dumps({"keys": [published(EC_KEY, "one"), published(RSA_KEY, "two")]})
        self.status = 200
        self.pause = 0.0
        self.asked = 0
        project = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                project.asked += 1
                time.sleep(project.pause)
                self.send_response(project.status if self.path == "/auth/v1/.well-known/jwks.json" else 404)
                self.end_headers()
                self.wfile.write(project.content)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def token(self, key: Any = EC_KEY, algorithm: str = "ES256", kid: str | None = "one", **changed: Any) -> str:
        claims = {
            "sub": PERSON, "role": "authenticated", "aud": "authenticated", "iss": f"{self.url}/auth/v1",
            "exp": int(time.time()) + 3600,
        } | changed  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(said, key, algorithm=algorithm, headers={"kid": kid} if kid else {})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def project() -> Iterator[Project]:
    project = Project()
    yield project
    project.close()


@pytest.fixture
def verifier(project: Project) -> TokenVerifier:
    return TokenVerifier(SupabaseSettings(project.url, "sb_publishable_x"))


def test_a_persons_token_says_who_they_are(project: Project, verifier: TokenVerifier) -> None:
    exp = int(time.time()) + 60
    claims = verifier.verify(project.token(exp=exp))
    assert (claims.sub, claims.role, claims.expires_at.timestamp()) == (PERSON, "authenticated", exp)
    assert verifier.verify(project.token(RSA_KEY, "RS256", "two")).sub == PERSON


def test_the_keys_are_asked_for_once(project: Project, verifier: TokenVerifier) -> None:
    with ThreadPoolExecutor(16) as threads:
        subjects = set(threads.map(lambda _: verifier.verify(project.token()).sub, range(100)))
    assert (subjects, project.asked) == ({PERSON}, 1)


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed_with_the_public_key(project: Project) -> str:
    """HS256 with the published key as its secret: PyJWT itself would not make it."""
    import base64
    import hashlib
    import hmac

    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    claims = jwt.decode(project.token(), options={"verify_signature": False})
    signed = part(orjson.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"})) + b"." + part(orjson.dumps(claims))
    signature = hmac.new(public_pem(EC_KEY), signed, hashlib.sha256).digest()
    return (signed + b"." + part(signature)).decode()


REFUSED: dict[str, tuple[Callable[[Project], str], str]] = {
    "expired": (lambda p: p.token(exp=int(time.time()) - 60), "expired"),
    "without an end": (lambda p: p.token(exp=None), "not for this dashboard"),
    "for somebody else": (lambda p: p.token(aud="other"), "not for this dashboard"),
    "of somebody else": (lambda p: p.token(iss="https://other.example/auth/v1"), "not for this dashboard"),
    "without a person": (lambda p: p.token(sub=None), "not for this dashboard"),
    "with no person's id": (lambda p: p.token(sub="me"), "not a token"),
    "of nobody": (lambda p: p.token(role="anon"), "not for this dashboard"),
    "without a role": (lambda p: p.token(role=None), "not for this dashboard"),
    "not yet good": (lambda p: p.token(nbf=int(time.time()) + 600), "not a token"),
    "alg none": (lambda p: p.token(None, "none"), "not a token"),
    "HS256 with the public key": (signed_with_the_public_key, "not a token"),
    "HS256 with a secret": (lambda p: p.token("s" * 32, "HS256"), "not a token"),
    "another's signature": (lambda p: p.token(STRANGERS_KEY), "not a token"),
    "another's key": (lambda p: p.token(STRANGERS_KEY, kid="stranger"), "not a token"),
    "one key's name, another's signature": (lambda p: p.token(RSA_KEY, "RS256", "one"), "not a token"),
    "without a key's name": (lambda p: p.token(kid=None), "not a token"),
    "changed": (lambda p: p.token()[:-4] + "AAAA", "not a token"),
    "cut": (lambda p: p.token().rpartition(".")[0], "not a token"),
    "empty": (lambda _: "", "not a token"),
    "garbage": (lambda _: "a.b.c", "not a token"),
    "no ASCII": (lambda _: "ü.ü.ü", "not a token"),
    "a key of the project": (lambda _: "sb_secret_x", "not a token"),
}


@pytest.mark.parametrize(("make", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_is_not_good_is_refused_with_a_reason(
    make: Callable[[Project], str], sentence: str, project: Project, verifier: TokenVerifier
) -> None:
    with pytest.raises(NotSignedIn, match=sentence):
        verifier.verify(make(project))


def test_garbage_cannot_make_us_hammer_the_project(project: Project, verifier: TokenVerifier) -> None:
    for n in range(50):
        with pytest.raises(NotSignedIn):
            verifier.verify(project.token(STRANGERS_KEY, kid=f"key {n}"))
    assert project.asked == 1


def test_a_new_key_is_found(project: Project, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier.verify(project.token())
    project.content = orjson.dumps({"keys": [published(STRANGERS_KEY, "new")]})
    clock = time.monotonic() + bearer.SECONDS_BETWEEN_REFRESHES + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert verifier.verify(project.token(STRANGERS_KEY, kid="new")).sub == PERSON
    with pytest.raises(NotSignedIn):
        verifier.verify(project.token())


@pytest.mark.parametrize(
    ("status", "content"),
    [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": []}'), (200, b"\xff"), (302, b"")],
)
def test_keys_that_cannot_be_had_are_said_once_and_asked_for_again_later(
    status: int, content: bytes, project: Project, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, project.status, project.content = project.content, status, content
    for _ in range(20):
        with pytest.raises(Unavailable, match="cannot be checked right now"):
            verifier.verify(project.token())
    assert project.asked == 1
    project.status, project.content = 200, good
    clock = time.monotonic() + bearer.SECONDS_BETWEEN_TRIES + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert verifier.verify(project.token()).sub == PERSON


def test_a_project_that_hangs_is_not_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "KEYS_TIMEOUT_SECONDS", 0.05)
    project.pause = 1
    with pytest.raises(Unavailable):
        TokenVerifier(SupabaseSettings(project.url, "sb_publishable_x")).verify(project.token())


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "token", "BearerX"])
def test_without_a_token_nobody_calls(header: str | None) -> None:
    with pytest.raises(NotSignedIn, match="Authorization: Bearer"):
        bearer_token(header)


@pytest.mark.parametrize("header", ["Bearer x", "bearer x", " BEARER   x "])
def test_the_scheme_is_written_as_one_likes(header: str) -> None:
    assert bearer_token(header) == "x"
