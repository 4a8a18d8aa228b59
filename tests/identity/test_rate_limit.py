import logging
from uuid import uuid4

import pytest

from mastery_core.identity.rate_limit import SignInLimits, TooManyTries, limits_beside

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def limits() -> SignInLimits:
    return SignInLimits()


def _email() -> str:
    return f"{uuid4()}@school.example"


def test_one_account_is_guessed_at_five_times_a_minute_from_wherever(limits: SignInLimits) -> None:
    email = _email()
    for number in range(5):
        limits.guess(f"192.0.2.{number}", email)

    with pytest.raises(TooManyTries, match=r"Too many tries. Wait .+ and try again."):
        limits.guess(THERE, f" {email.upper()}")
    limits.guess(THERE, _email())


def test_who_got_in_begins_anew(limits: SignInLimits) -> None:
    email = _email()
    for _ in range(12):
        limits.guess(HERE, email)
        limits.right(email)


def test_a_class_behind_one_router_gets_in(limits: SignInLimits) -> None:
    for _ in range(60):
        email = _email()
        limits.guess(HERE, email)
        limits.right(email)


def test_an_own_account_does_not_buy_more_guesses_at_others(limits: SignInLimits) -> None:
    own = _email()
    for _ in range(30):
        limits.guess(HERE, _email())
        limits.wrong(HERE)
        limits.right(own)

    with pytest.raises(TooManyTries):
        limits.guess(HERE, own)
    limits.guess(THERE, own)


def test_one_computer_has_all_the_addresses_of_its_network(limits: SignInLimits) -> None:
    for number in range(30):
        limits.wrong(f"2001:db8::{number:x}")

    with pytest.raises(TooManyTries):
        limits.guess("2001:db8::ffff", _email())
    limits.guess("2001:db8:0:1::1", _email())


def test_addresses_of_the_older_kind_are_not_one_network(limits: SignInLimits) -> None:
    for number in range(30):
        limits.wrong(f"::ffff:192.0.2.{number}")

    limits.guess("::ffff:198.51.100.1", _email())


def test_a_minute_lies_between_two_messages_to_one_address(limits: SignInLimits) -> None:
    email = _email()
    limits.message(HERE, email)

    with pytest.raises(TooManyTries) as refusal:
        limits.message(THERE, email)
    assert 1 <= refusal.value.seconds <= 60
    limits.message(THERE, _email())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "a second"), (42, "42 seconds"), (60, "a minute"), (91, "2 minutes"), (3600, "60 minutes")],
)
def test_the_wait_is_said_as_people_say_it(seconds: int, words: str) -> None:
    assert str(TooManyTries(seconds)) == f"Too many tries. Wait {words} and try again."


def test_what_is_kept_names_nobody(limits: SignInLimits) -> None:
    email = _email()
    limits.guess(HERE, email)
    limits.message(HERE, email)

    kept = list(limits._limiter.storage.storage)  # type: ignore[attr-defined]
    assert len(kept) >= 4
    assert not any(email in name for name in kept)


def test_nobody_is_held_up_where_tries_cannot_be_counted(caplog: pytest.LogCaptureFixture) -> None:
    limits = limits_beside("redis://127.0.0.1:1/0")
    email = _email()
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            limits.guess(HERE, email)
            limits.wrong(HERE)
            limits.right(email)

    assert "not counted" in caplog.text
    assert email not in caplog.text
