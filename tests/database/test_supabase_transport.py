"""The Supabase transport: nobody is taken for another, no write is sent twice by itself, failures are told in words."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.database import EmbeddedDatabase, SupabaseDatabase
from mastery_core.database.protocol import READS
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotSignedIn, Unavailable
from mastery_core.settings import SupabaseSettings
from tests.local_supabase import UNHURRIED_SECONDS, LocalSupabase

Query = Callable[..., list[dict[str, Any]]]
NOT_EXPIRED, EXPIRED = 3600, -3600


@pytest.fixture(scope="module")
def supabase(local_supabase: LocalSupabase) -> Iterator[SupabaseDatabase]:
    supabase = SupabaseDatabase(local_supabase.settings(), answer_seconds=UNHURRIED_SECONDS)
    yield supabase
    supabase.close()


class Tokens:
    """A token source with a token for now and those for later; it keeps what was refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.refused: list[str] = []

    def __call__(self, refused: str | None = None) -> str:
        if refused is not None:
            self.refused.append(refused)
            self.tokens.pop(0)
        if not self.tokens:
            raise NotSignedIn("The session is over.")
        return self.tokens[0]


# --- what the contract says of functions ---


def test_reads_are_the_functions_that_are_stable(query: Query) -> None:
    stable = query(
        "select proname from pg_proc"
        " where pronamespace = 'public'::regnamespace and prokind = 'f' and provolatile in ('s', 'i')"
    )
    assert {row["proname"] for row in stable} == READS


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys, mastery_core.database\n"
        "assert not {'httpx', 'postgrest', 'psycopg'} & sys.modules.keys()\n"
        "mastery_core.database.SupabaseDatabase\n"
        "assert 'postgrest' in sys.modules and 'psycopg' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- who asks ---


def test_40_threads_with_different_tokens_never_mix(
    supabase: SupabaseDatabase, local_supabase: LocalSupabase, person: Callable[[], str]
) -> None:
    people = [person() for _ in range(40)]
    for number, learner in enumerate(people):
        supabase.acting_as_service().call(
            "record_outcome", learner=learner, concept=f"of {number}", outcome="correct", interaction=str(uuid4())
        )
    barrier = threading.Barrier(40)

    def ask(number: int) -> list[list[str]]:
        caller = supabase.acting_as(local_supabase.token_for(people[number]))
        barrier.wait()
        return [caller.call("learner_mastery", learner=people[number])["concept_tag"] for _ in range(3)]

    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(ask, range(40)))
    assert answers == [[[f"of {number}"]] * 3 for number in range(40)]


def test_nobody_is_asked_to_sign_in(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    with pytest.raises(NotSignedIn, match=r"^Sign in first\.$"):
        supabase.acting_with_key(local_supabase.publishable_key).call("status")


@pytest.mark.parametrize("token", ["", "a.b.c", "nonsense", "sb_secret_local-tests-only", "ü", "a\r\nb: c"])
def test_what_is_no_token_signs_nobody_in(supabase: SupabaseDatabase, token: str) -> None:
    with pytest.raises(NotSignedIn, match="sign in again"):
        supabase.acting_as(token).call("status")


def test_a_secret_key_acts_as_the_service(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    assert supabase.acting_as_service().call("status")["people"] >= 0
    assert supabase.acting_with_key(local_supabase.secret_key).call("status")["people"] >= 0


@pytest.mark.parametrize("key", ["sb_secret_of-another-project", "", "ü"])
def test_a_key_of_another_project_is_worth_nothing(supabase: SupabaseDatabase, key: str) -> None:
    with pytest.raises(NotSignedIn, match="project"):
        supabase.acting_with_key(key).call("status")


def test_without_a_secret_key_there_is_no_service(local_supabase: LocalSupabase) -> None:
    supabase = SupabaseDatabase(SupabaseSettings(local_supabase.url, local_supabase.publishable_key))
    with pytest.raises(NotAllowed, match="SUPABASE_SECRET_KEY"):
        supabase.acting_as_service()
    supabase.close()


# --- tokens that end ---


def test_an_expired_token_is_renewed_unseen(
    supabase: SupabaseDatabase, local_supabase: LocalSupabase, person: Callable[[], str]
) -> None:
    learner = person()
    old, new = (local_supabase.token_for(learner, expires_in=left) for left in (EXPIRED, NOT_EXPIRED))
    tokens = Tokens(old, new)
    caller = supabase.acting_as(tokens)
    write = {"learner": learner, "concept": "a", "outcome": "correct", "interaction": str(uuid4())}
    assert caller.call("record_outcome", **write)["repeated"] is False
    assert caller.call("learner_mastery", learner=learner)["observations"] == [1]
    assert tokens.refused == [old]


def test_a_token_is_renewed_once_a_call(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    old = [local_supabase.token_for(str(uuid4()), expires_in=EXPIRED) for _ in range(3)]
    tokens = Tokens(*old)
    with pytest.raises(NotSignedIn, match="Your sign-in is over: sign in again"):
        supabase.acting_as(tokens).call("person", person=str(uuid4()))
    assert tokens.refused == old[:1]


def test_what_the_source_says_in_the_end_is_said(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    tokens = Tokens(local_supabase.token_for(str(uuid4()), expires_in=EXPIRED))
    with pytest.raises(NotSignedIn, match="The session is over"):
        supabase.acting_as(tokens).call("person", person=str(uuid4()))


def test_a_token_without_a_source_ends_the_sign_in(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    token = local_supabase.token_for(str(uuid4()), expires_in=EXPIRED)
    with pytest.raises(NotSignedIn, match="Your sign-in is over: sign in again"):
        supabase.acting_as(token).call("person", person=str(uuid4()))


# --- what may stand in between ---


class Stub(ThreadingHTTPServer):
    """Something that answers every request with ``answer``, or, where there is none, hangs up; it counts them."""

    def __init__(self, *, listens: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Answering, bind_and_activate=False)
        self.server_bind()
        if listens:
            self.server_activate()
        self.answer: tuple[int, bytes] | None = None
        self.asked = 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def listen(self) -> None:
        self.server_activate()
        self.serve_forever(0.01)

    def settings(self) -> SupabaseSettings:
        return SupabaseSettings(self.url, "sb_publishable_seldom", "sb_secret_very")


class _Answering(BaseHTTPRequestHandler):
    server: Stub

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1
        if self.server.answer is None:
            self.close_connection = True
            return
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        thread = threading.Thread(target=stub.serve_forever, args=(0.01,))
        thread.start()
        yield stub
        stub.shutdown()
        thread.join()


@pytest.fixture
def before_stub(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[SupabaseDatabase]:
    monkeypatch.setattr("mastery_core.database.supabase.PATIENCE_SECONDS", UNHURRIED_SECONDS)
    supabase = SupabaseDatabase(stub.settings(), answer_seconds=UNHURRIED_SECONDS)
    yield supabase
    supabase.close()


def told(supabase: SupabaseDatabase, function: str) -> MasteryError:
    with pytest.raises(MasteryError) as failure:
        supabase.acting_as("token").call(function)
    sentence = str(failure.value)
    for secret in ("seldom", "very", "token", "127.0.0.1", "html", "Traceback"):
        assert secret not in sentence
    assert len(sentence) < 300
    assert sentence.isprintable()
    return failure.value


PAGE = b"<html><body><h1>502 Bad Gateway</h1>cloudflare</body></html>"
KNOWN = {
    "a page": (200, PAGE, Unavailable, "no Supabase project: check SUPABASE_URL"),
    "not found": (404, PAGE, Unavailable, "no Supabase project: check SUPABASE_URL"),
    "moved": (301, b"", Unavailable, "no Supabase project"),
    "unknown key": (401, b'{"message":"Invalid API key"}', Unavailable, "check SUPABASE_PUBLISHABLE_KEY"),
    "too large": (413, PAGE, InvalidInput, "send less at a time"),
    "too often": (429, b'{"message":"rate limit"}', Unavailable, "try again in a moment"),
    "took too long": (500, b'{"code":"57014","message":"canceling statement"}', Unavailable, "took too long"),
    "disk full": (503, b'{"code":"53100","message":"no space left"}', Unavailable, "run out of room.*no space left"),
    "deadlock": (500, b'{"code":"40P01","message":"deadlock detected"}', Unavailable, "deadlock.*Try again"),
    "too many": (503, b'{"code":"53300","message":"too many clients"}', Unavailable, "too many clients.*Try again"),
    "no cache yet": (503, b'{"code":"PGRST002","message":"Could not query"}', Unavailable, "nothing was changed"),
    "pool is full": (504, b'{"code":"PGRST003","message":"Timed out"}', Unavailable, "nothing was changed"),
    "anything else": (400, b'{"code":"PGRST100","message":"parse error"}', MasteryError, "refused.*parse error"),
    "raised": (400, b'{"code":"P0001","message":"Not on a Sunday"}', MasteryError, "refused.*Not on a Sunday"),
    "a list": (400, b"[1]", Unavailable, "no Supabase project"),
}


@pytest.mark.parametrize(("status", "body", "kind", "gist"), KNOWN.values(), ids=KNOWN)
def test_what_answers_is_told_in_words(
    status: int, body: bytes, kind: type, gist: str, stub: Stub, before_stub: SupabaseDatabase
) -> None:
    stub.answer = (status, body)
    failure = told(before_stub, "record_outcome")
    assert type(failure) is kind
    assert re.search(gist, str(failure))
    assert stub.asked == 1


@pytest.mark.parametrize("answer", [(502, PAGE), (503, PAGE), (504, b""), (522, PAGE), None])
def test_a_read_is_asked_again_and_a_write_is_not(
    answer: tuple[int, bytes] | None, stub: Stub, before_stub: SupabaseDatabase
) -> None:
    stub.answer = answer
    assert "nothing was changed: try again" in str(told(before_stub, "learner_mastery"))
    assert stub.asked == 3
    stub.asked = 0
    assert "may be recorded or not, and the same again under the same id is safe" in str(
        told(before_stub, "record_outcome")
    )
    assert stub.asked == 1


@pytest.mark.parametrize("function", ["learner_mastery", "record_outcome"])
def test_where_nobody_listens_nothing_was_changed(function: str) -> None:
    with Stub() as closed:
        settings = closed.settings()
    supabase = SupabaseDatabase(settings)
    assert "cannot be reached, nothing was changed" in str(told(supabase, function))
    supabase.close()


@pytest.mark.parametrize("function", ["learner_mastery", "record_outcome"])
def test_what_was_never_sent_is_sent_when_somebody_listens(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mastery_core.database.supabase.PATIENCE_SECONDS", UNHURRIED_SECONDS)
    monkeypatch.setattr("mastery_core.database.supabase.PAUSES", (0.2, 0.8, 5, 5))
    with Stub(listens=False) as late:
        late.answer = (200, b'"done"')
        thread = threading.Timer(0.05, late.listen)
        thread.start()
        supabase = SupabaseDatabase(late.settings(), answer_seconds=UNHURRIED_SECONDS)
        assert supabase.acting_as_service().call(function) == "done"
        assert late.asked == 1
        supabase.close()
        late.shutdown()
        thread.join()


# --- is it there? ---


def test_a_ping_is_answered_by_the_database(
    supabase: SupabaseDatabase, database: EmbeddedDatabase, stub: Stub, before_stub: SupabaseDatabase
) -> None:
    supabase.ping()
    database.ping()
    for answer in [(200, PAGE), (401, b'{"message":"Invalid API key"}'), (503, b'{"code":"PGRST000"}')]:
        stub.answer = answer
        with pytest.raises(Unavailable):
            before_stub.ping()


def test_settings_and_callers_show_no_key(supabase: SupabaseDatabase, local_supabase: LocalSupabase) -> None:
    shown = f"{supabase!r} {supabase.settings!r} {supabase.acting_as_service()!r}"
    assert local_supabase.secret_key not in shown
    assert local_supabase.publishable_key not in shown
