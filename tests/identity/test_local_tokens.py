"""Tokens of an installation without Supabase: who may show them, and what makes them void."""

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from mastery_core.errors import InvalidInput, NotSignedIn, Unavailable
from mastery_core.identity.local_tokens import KEY_FILE, LocalTokens

A_DAY = timedelta(days=1)
HERE = Path(__file__).resolve().parents[2]


def test_a_token_says_who_it_is_for_and_until_when(tmp_path: Path) -> None:
    person = str(uuid4())
    claims = LocalTokens(tmp_path).verify(LocalTokens(tmp_path).issue(person, A_DAY))
    assert (claims.sub, claims.role) == (person, "authenticated")
    assert timedelta(hours=23) < claims.expires_at - datetime.now(UTC) <= A_DAY


def test_a_token_of_the_service_is_no_persons(tmp_path: Path) -> None:
    tokens = LocalTokens(tmp_path)
    assert tokens.verify(tokens.issue_service(A_DAY)).role == "service_role"


def test_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    LocalTokens(tmp_path).issue_service(A_DAY)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_processes_that_begin_at_once_agree_on_the_key(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import timedelta; from pathlib import Path;"
        "from mastery_core.identity.local_tokens import LocalTokens; sys.stdin.read(1);"
        "print(LocalTokens(Path(sys.argv[1])).issue_service(timedelta(days=1)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    started = [
        subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("g")
        process.stdin.flush()
    issued = [process.communicate()[0].strip() for process in started]
    assert all(LocalTokens(tmp_path).verify(token).role == "service_role" for token in issued)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_without_the_key_every_token_is_void_at_once(tmp_path: Path) -> None:
    tokens = LocalTokens(tmp_path)
    token = tokens.issue(str(uuid4()), A_DAY)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(NotSignedIn, match="not a token"):
        tokens.verify(token)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_key_signs_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    for act in (lambda: LocalTokens(tmp_path).issue_service(A_DAY), lambda: LocalTokens(tmp_path).verify("x.y.z")):
        with pytest.raises(Unavailable, match="damaged"):
            act()


def test_a_home_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        LocalTokens(tmp_path / "nowhere").issue_service(A_DAY)


@pytest.mark.parametrize("lifetime", [timedelta(0), -A_DAY, timedelta(days=3651)])
def test_a_lifetime_that_cannot_be_is_refused(lifetime: timedelta, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="at most 3,650 days"):
        LocalTokens(tmp_path).issue_service(lifetime)


def test_a_token_of_another_home_is_not_good_here(tmp_path: Path) -> None:
    homes = [tmp_path / "here", tmp_path / "there"]
    for home in homes:
        home.mkdir()
    here, there = map(LocalTokens, homes)
    with pytest.raises(NotSignedIn):
        here.verify(there.issue(str(uuid4()), A_DAY))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "not for this dashboard"),
        ({"aud": "somebody"}, "not for this dashboard"),
        ({"iss": "https://elsewhere.example"}, "not for this dashboard"),
        ({"sub": None}, "not for this dashboard"),
        ({"sub": "me"}, "not a token"),
        ({"role": "anon"}, "not for this dashboard"),
        ({"role": None}, "not for this dashboard"),
        ({"role": ["service_role"]}, "not for this dashboard"),
        ({"exp": 10**30}, "not a token"),
        ({"nbf": 10**10}, "not a token"),
    ],
)
def test_claims_that_are_not_for_here_are_refused(changed: dict[str, object], sentence: str, tmp_path: Path) -> None:
    tokens = LocalTokens(tmp_path)
    token = tokens.issue(str(uuid4()), A_DAY)
    key = (tmp_path / KEY_FILE).read_bytes()
    claims = jwt.decode(token, key, algorithms=["HS256"], audience="authenticated") | changed
    forged = jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm="HS256")
    with pytest.raises(NotSignedIn, match=sentence):
        tokens.verify(forged)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "\0", "é" * 10, "x" * 100_000])
def test_what_is_no_token_is_refused(token: str, tmp_path: Path) -> None:
    with pytest.raises(NotSignedIn, match="not a token"):
        LocalTokens(tmp_path).verify(token)


def test_a_token_without_a_signature_is_refused(tmp_path: Path) -> None:
    tokens = LocalTokens(tmp_path)
    claims = jwt.decode(tokens.issue_service(A_DAY), options={"verify_signature": False})
    with pytest.raises(NotSignedIn):
        tokens.verify(jwt.encode(claims, None, algorithm="none"))
