"""How often somebody may try to get in: counted for each e-mail address and for each computer that asks."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from mastery_core.errors import Unavailable

_LOGGER = logging.getLogger(__name__)

# Guesses of one account's password or code, from wherever they come; the longer it goes on, the slower it gets.
GUESSES = parse_many("5/minute; 30/hour")
# Wrong guesses from one address, whomever they are about. Only those: a whole class may come in through one router.
WRONG_GUESSES = parse_many("30/minute; 300/hour")
MESSAGES_TO_ONE = parse_many("1/minute; 6/hour")
MESSAGES_FROM_ONE = parse_many("30/minute; 120/hour")


class TooManyTries(Unavailable):
    """The same may be tried again after ``seconds``."""

    def __init__(self, seconds: int = 60) -> None:
        super().__init__(f"Too many tries. Wait {_in_words(seconds)} and try again.")
        self.seconds = seconds


class SignInLimits:
    """Counts tries in ``storage_url``: this process's memory, or a Redis. E-mail addresses are kept hashed."""

    def __init__(self, storage_url: str = "memory://") -> None:
        self._limiter = FixedWindowRateLimiter(storage_from_string(storage_url, wrap_exceptions=True))

    def guess(self, address: str, email: str) -> None:
        """Count one try to get in as ``email``, before it is made. Raises TooManyTries."""
        self._check(WRONG_GUESSES, "wrong", _network(address))
        self._count(GUESSES, "guess", _hashed(email))

    def wrong(self, address: str) -> None:
        """The try was wrong."""
        with _never_in_the_way():
            for limit in WRONG_GUESSES:
                self._limiter.hit(limit, "wrong", _network(address))

    def right(self, email: str) -> None:
        """The try was right: the account's count begins anew. The address's does not, or a thief's own account would do."""
        with _never_in_the_way():
            for limit in GUESSES:
                self._limiter.clear(limit, "guess", _hashed(email))

    def message(self, address: str, email: str) -> None:
        """Count one message to ``email``, whether or not there is such an account. Raises TooManyTries."""
        self._count(MESSAGES_FROM_ONE, "from", _network(address))
        self._count(MESSAGES_TO_ONE, "to", _hashed(email))

    def _count(self, limits: list[RateLimitItem], *name: str) -> None:
        with _never_in_the_way():
            for limit in limits:
                if not self._limiter.hit(limit, *name):
                    raise self._too_many(limit, *name)

    def _check(self, limits: list[RateLimitItem], *name: str) -> None:
        with _never_in_the_way():
            for limit in limits:
                if not self._limiter.test(limit, *name):
                    raise self._too_many(limit, *name)

    def _too_many(self, limit: RateLimitItem, *name: str) -> TooManyTries:
        ends = self._limiter.get_window_stats(limit, *name).reset_time
        return TooManyTries(max(1, math.ceil(ends - time.time())))


def limits_beside(sessions: str | None) -> SignInLimits:
    """Tries are counted where the sessions are kept, if that is a Redis that several processes share; else in memory."""
    if sessions is None or not sessions.startswith(("redis://", "rediss://", "unix://")):
        return SignInLimits()
    return SignInLimits(f"redis+{sessions}" if sessions.startswith("unix://") else sessions)


@contextmanager
def _never_in_the_way() -> Iterator[None]:
    """Where tries cannot be counted, nobody is held up: the platform counts too."""
    try:
        yield
    except StorageError as error:
        _LOGGER.warning("Tries to sign in are not counted: %s.", type(error.storage_error).__name__)


def _network(address: str) -> str:
    """The address; of IPv6 the network, since one computer has all of its addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return address


def _hashed(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()


def _in_words(seconds: int) -> str:
    if seconds <= 90:
        return "a minute" if seconds > 50 else f"{seconds} seconds" if seconds > 1 else "a second"
    return f"{math.ceil(seconds / 60)} minutes"
