from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mastery_core.identity.sessions import SessionStore, key_of
from mastery_core.identity.shelves import MemoryShelf


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(clock: Clock) -> MemoryShelf:
    return MemoryShelf(capacity=3, now=clock)


@pytest.fixture
def store(shelf: MemoryShelf, clock: Clock) -> SessionStore:
    return SessionStore(shelf, now=clock)


def test_the_id_in_the_cookie_is_kept_only_as_its_hash(store: SessionStore, shelf: MemoryShelf) -> None:
    session_id, session = store.sign_in("ada", "student")

    assert len(session_id) >= 43  # 256 bits in base64
    assert session.key == key_of(session_id)
    assert session_id not in repr(vars(shelf))
    assert store.use(session_id) is None


def test_two_sign_ins_of_one_person_are_two_sessions(store: SessionStore) -> None:
    _, first = store.sign_in("ada", "student")
    _, second = store.sign_in("ada", "student")

    store.sign_out(first.key)

    assert store.use(first.key) is None
    assert store.use(second.key) is not None


def test_signing_out_twice_or_nobody_changes_nothing(store: SessionStore, shelf: MemoryShelf) -> None:
    _, session = store.sign_in("ada", "student")
    for key in (session.key, session.key, "unknown", None):
        store.sign_out(key)

    assert len(shelf) == 0


def test_a_session_ends_twelve_hours_after_its_last_use(store: SessionStore, clock: Clock) -> None:
    _, session = store.sign_in("ada", "student")
    clock.forward(hours=11)
    assert store.use(session.key) is not None
    clock.forward(hours=11)
    assert store.use(session.key) is not None
    clock.forward(hours=12)
    assert store.use(session.key) is None


def test_asking_whether_it_is_open_keeps_no_session_alive(store: SessionStore, clock: Clock) -> None:
    _, session = store.sign_in("ada", "student")
    for _ in range(11):
        clock.forward(hours=1)
        assert store.is_open(session.key)
    clock.forward(hours=1)
    assert not store.is_open(session.key)


def test_no_session_outlives_seven_days(store: SessionStore, clock: Clock) -> None:
    _, session = store.sign_in("ada", "student")
    for _ in range(7 * 24 - 1):
        clock.forward(hours=1)
        assert store.use(session.key) is not None
    clock.forward(hours=1)
    assert store.use(session.key) is None


def test_the_store_is_bounded_and_the_longest_unused_gives_way(store: SessionStore, shelf: MemoryShelf) -> None:
    keys = [store.sign_in(f"person {number}", "student")[1].key for number in range(3)]
    store.use(keys[0])

    store.sign_in("one more", "student")

    assert [store.is_open(key) for key in keys] == [True, False, True]
    assert len(shelf) == 3


def test_what_has_expired_gives_way_before_what_is_open(store: SessionStore, clock: Clock) -> None:
    _, old = store.sign_in("old", "student")
    clock.forward(hours=13)
    _, young = store.sign_in("young", "student")
    for name in ("younger", "youngest"):
        store.sign_in(name, "student")

    assert not store.is_open(old.key)
    assert store.is_open(young.key)


def test_many_threads_may_sign_in_and_out_at_once() -> None:
    shelf = MemoryShelf()
    store = SessionStore(shelf)

    def come_and_go(number: int) -> bool:
        _, session = store.sign_in(str(number), "student")
        found = store.use(session.key)
        if number % 2:
            store.sign_out(session.key)
        return found is not None and found.person_id == str(number)

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(come_and_go, range(2_000)))
    assert len(shelf) == 1_000
