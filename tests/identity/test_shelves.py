"""Sessions lie on any shelf alike: in memory, in the database's table, in a real Redis."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotAllowed, Unavailable
from mastery_core.identity.installation import SupabaseInstallation
from mastery_core.identity.sessions import SessionStore
from mastery_core.identity.shelves import MemoryShelf, Recent, RedisShelf, Shelf, TableShelf, shelf
from mastery_core.settings import SupabaseSettings


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("There is no Redis here: install Debian's redis-server.")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("Redis did not start.")


@pytest.fixture(params=["memory", "table", "redis", "recent"])
def any_shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "redis":
        return RedisShelf(request.getfixturevalue("redis"))
    if request.param == "table":
        service = request.getfixturevalue("service")
        return TableShelf(lambda: service)
    return Recent(MemoryShelf()) if request.param == "recent" else MemoryShelf()


@pytest.fixture
def key() -> str:
    return uuid4().hex


def test_what_is_put_is_there_until_it_is_taken_away(any_shelf: Shelf, key: str) -> None:
    assert any_shelf.get(key) is None
    any_shelf.put(key, {"name": "Zoë", "n": 1}, 60)
    any_shelf.put(key, {"name": "Zoë", "n": 2}, 60)
    assert any_shelf.get(key) == {"name": "Zoë", "n": 2}
    assert any_shelf.delete(key)
    assert not any_shelf.delete(key)
    assert any_shelf.get(key) is None


def test_nothing_stays_beyond_its_time(any_shelf: Shelf, key: str) -> None:
    any_shelf.put(key, {}, 0.05)
    time.sleep(0.1)
    assert any_shelf.get(key) is None


def test_a_touch_keeps_what_is_there_and_makes_nothing(any_shelf: Shelf, key: str) -> None:
    any_shelf.put(key, {}, 2)
    any_shelf.touch(key, 60)
    any_shelf.touch(f"{key} not there", 60)
    time.sleep(2.1)
    assert any_shelf.get(key) == {}
    assert any_shelf.get(f"{key} not there") is None


def test_a_replacement_brings_back_nothing_that_was_taken_away(any_shelf: Shelf, key: str) -> None:
    any_shelf.put(key, {"n": 1}, 60, only_replace=True)
    assert any_shelf.get(key) is None
    any_shelf.put(key, {"n": 1}, 60)
    any_shelf.put(key, {"n": 2}, 60, only_replace=True)
    assert any_shelf.get(key) == {"n": 2}


def test_a_claim_is_one_callers_until_it_lapses_or_the_key_is_put_anew(any_shelf: Shelf, key: str) -> None:
    any_shelf.put(key, {}, 60)
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: any_shelf.claim(key, 60), range(8))) == 1
    any_shelf.put(key, {}, 60)
    assert any_shelf.claim(key, 0.1)
    time.sleep(0.2)
    assert any_shelf.claim(key, 60)
    assert not any_shelf.claim(key, 60)
    any_shelf.put(key, {}, 60)
    assert any_shelf.claim(key, 60)


def test_a_sign_in_outlives_the_process_where_the_shelf_is_elsewhere(redis: str, service: Database) -> None:
    for makes in (lambda: Recent(RedisShelf(redis)), lambda: Recent(TableShelf(lambda: service))):
        session_id, session = SessionStore(makes()).sign_in("ada", "student")
        another = SessionStore(makes())
        assert session_id
        assert another.use(session.key) == session
        another.sign_out(session.key)
        assert SessionStore(makes()).use(session.key) is None


def test_a_redis_that_is_away_is_said_to_be_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(Unavailable, match="does not answer"):
        RedisShelf(f"redis://127.0.0.1:{port}/0").get("key")


def test_a_learner_reaches_no_session(learner_calls: Callable[..., object]) -> None:
    for function, arguments in {
        "app_session_get": {"key": "k"},
        "app_session_put": {"key": "k", "value": {}, "seconds": 1},
        "app_session_touch": {"key": "k", "seconds": 1},
        "app_session_delete": {"key": "k"},
        "app_session_claim": {"key": "k", "seconds": 1},
    }.items():
        with pytest.raises(NotAllowed):
            learner_calls(function, **arguments)


@pytest.fixture
def learner_calls(request: pytest.FixtureRequest) -> Callable[..., object]:
    database, person = request.getfixturevalue("database"), request.getfixturevalue("person")
    call: Callable[..., object] = database.acting_as(person()).call
    return call


def test_a_shelf_is_named_or_said_to_be_unknown(service: Database, tmp_path: Path) -> None:
    assert isinstance(shelf(None, lambda: service), MemoryShelf)
    assert isinstance(shelf("table", lambda: service), Recent)
    with pytest.raises(InvalidInput, match="MASTERY_SESSIONS is memory, table"):
        shelf(str(tmp_path), lambda: service)


def test_a_table_without_a_key_to_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTERY_SESSIONS", "table")
    with pytest.raises(InvalidInput, match="needs SUPABASE_SECRET_KEY"):
        SupabaseInstallation(SupabaseSettings("http://localhost", "sb_publishable_x"))
