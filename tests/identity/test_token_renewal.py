"""The tokens of a session are renewed by one caller at a time, before they end; what ends them ends the session."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest

from mastery_core.errors import NotSignedIn, Unavailable
from mastery_core.identity.sessions import SessionStore, Tokens
from mastery_core.identity.shelves import MemoryShelf, Recent


def tokens(name: str, *, ends_in: float) -> Tokens:
    return Tokens(f"access {name}", f"refresh {name}", time.time() + ends_in)


@pytest.fixture
def store() -> SessionStore:
    return SessionStore()


@pytest.fixture
def signed_in(store: SessionStore) -> Callable[..., str]:
    def sign_in(*, ends_in: float) -> str:
        return store.sign_in("ada", "student", tokens("1", ends_in=ends_in))[1].key

    return sign_in


class Platform:
    """Renews each refresh token once, slowly, and counts."""

    def __init__(self) -> None:
        self.names = count(2)
        self.used: list[str] = []

    def renew(self, old: Tokens) -> Tokens:
        self.used.append(old.refresh_token)
        time.sleep(0.1)
        return tokens(str(next(self.names)), ends_in=3600)


def forbidden(_: Tokens) -> Tokens:
    raise AssertionError("nothing had to be renewed")


def test_tokens_that_hold_are_not_renewed(store: SessionStore, signed_in: Callable[..., str]) -> None:
    assert store.tokens(signed_in(ends_in=3600), forbidden).access_token == "access 1"


def test_tokens_about_to_end_are_renewed_once_for_all_who_ask(
    store: SessionStore, signed_in: Callable[..., str]
) -> None:
    key, platform, together = signed_in(ends_in=30), Platform(), Barrier(16)

    def ask(_: int) -> str:
        together.wait()
        return store.tokens(key, platform.renew).access_token

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(16))) == {"access 2"}
    assert platform.used == ["refresh 1"]


def test_two_processes_with_one_shelf_renew_once() -> None:
    shelf, platform, together = MemoryShelf(), Platform(), Barrier(8)
    stores = [SessionStore(Recent(shelf)) for _ in range(8)]
    key = stores[0].sign_in("ada", "student", tokens("1", ends_in=30))[1].key

    def ask(store: SessionStore) -> str:
        together.wait()
        return store.tokens(key, platform.renew).access_token

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, stores)) == {"access 2"}
    assert platform.used == ["refresh 1"]


def test_a_token_that_was_refused_is_renewed_though_it_should_hold(
    store: SessionStore, signed_in: Callable[..., str]
) -> None:
    key, platform = signed_in(ends_in=3600), Platform()
    assert store.tokens(key, platform.renew, refused="access 1").access_token == "access 2"
    assert store.tokens(key, platform.renew, refused="access 1").access_token == "access 2"
    assert platform.used == ["refresh 1"]


def test_a_session_that_the_platform_ended_ends_here(store: SessionStore, signed_in: Callable[..., str]) -> None:
    key = signed_in(ends_in=30)

    def refuse(_: Tokens) -> Tokens:
        raise NotSignedIn("The session is over.")

    with pytest.raises(NotSignedIn):
        store.tokens(key, refuse)
    assert not store.is_open(key)
    with pytest.raises(NotSignedIn):
        store.tokens(key, forbidden)


def test_while_the_platform_is_away_a_token_that_still_holds_is_used(
    store: SessionStore, signed_in: Callable[..., str]
) -> None:
    def away(_: Tokens) -> Tokens:
        raise Unavailable("The platform does not answer.")

    holding, over = signed_in(ends_in=30), signed_in(ends_in=-1)
    assert store.tokens(holding, away).access_token == "access 1"
    with pytest.raises(Unavailable):
        store.tokens(over, away)
    assert store.tokens(over, Platform().renew).access_token == "access 2"


def test_a_sign_out_during_the_renewal_stays_a_sign_out(store: SessionStore, signed_in: Callable[..., str]) -> None:
    key = signed_in(ends_in=30)

    def meanwhile(old: Tokens) -> Tokens:
        store.sign_out(key)
        return Platform().renew(old)

    store.tokens(key, meanwhile)
    assert not store.is_open(key)
    with pytest.raises(NotSignedIn):
        store.tokens(key, forbidden)


def test_signing_out_gives_the_tokens_back_once(store: SessionStore, signed_in: Callable[..., str]) -> None:
    key = signed_in(ends_in=3600)
    ended = store.sign_out(key)
    assert ended is not None
    assert ended.refresh_token == "refresh 1"
    assert "refresh 1" not in repr(ended)
    assert store.sign_out(key) is None


def test_a_note_is_taken_once(store: SessionStore) -> None:
    note_id = store.keep({"verifier": "secret"}, timedelta(minutes=10))
    assert store.take(note_id) == {"verifier": "secret"}
    assert store.take(note_id) is None
    assert store.take(None) is None
