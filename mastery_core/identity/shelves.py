"""Where sessions are kept: in this process, or where several processes and a restart find them again."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Protocol

import orjson

from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput, Unavailable

CAPACITY = 20_000
SECONDS_TRUSTED = 2.0
SECONDS_BETWEEN_TOUCHES = 60.0

Value = dict[str, Any]


class Shelf(Protocol):
    """Small JSON documents by key, each for a while. Safe to use from any thread; raises Unavailable."""

    def get(self, key: str) -> Value | None:
        """What lies there; None when nothing does, or its time is over."""
        ...

    def put(self, key: str, value: Value, seconds: float, *, only_replace: bool = False) -> None:
        """Lay it there for so many seconds, free of any claim; ``only_replace``: nothing where nothing lies."""
        ...

    def touch(self, key: str, seconds: float) -> None:
        """Keep what lies there for so many seconds from now; where nothing lies, nothing happens."""
        ...

    def delete(self, key: str) -> bool:
        """Take it away; whether there was something to take."""
        ...

    def claim(self, key: str, seconds: float) -> bool:
        """True for one caller only, until so many seconds are over or the key is put anew."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryShelf:
    """Kept in this process. Above ``capacity`` what is over goes first, then what was used longest ago."""

    def __init__(self, capacity: int = CAPACITY, now: Callable[[], datetime] = _utc_now) -> None:
        self._capacity = capacity
        self._now = now
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[Value, datetime]] = OrderedDict()
        self._claims: dict[str, datetime] = {}

    def get(self, key: str) -> Value | None:
        with self._lock:
            return self._open(key)

    def put(self, key: str, value: Value, seconds: float, *, only_replace: bool = False) -> None:
        with self._lock:
            if only_replace and self._open(key) is None:
                return
            self._kept[key] = (value, self._until(seconds))
            self._kept.move_to_end(key)
            self._claims.pop(key, None)
            self._make_room()

    def touch(self, key: str, seconds: float) -> None:
        with self._lock:
            value = self._open(key)
            if value is not None:
                self._kept[key] = (value, self._until(seconds))
                self._kept.move_to_end(key)

    def delete(self, key: str) -> bool:
        with self._lock:
            found = self._open(key) is not None
            self._kept.pop(key, None)
            self._claims.pop(key, None)
            return found

    def claim(self, key: str, seconds: float) -> bool:
        with self._lock:
            if self._open(key) is None or self._claims.get(key, self._now()) > self._now():
                return False
            self._claims[key] = self._until(seconds)
            return True

    def __len__(self) -> int:
        return len(self._kept)

    def _open(self, key: str) -> Value | None:
        value, until = self._kept.get(key, (None, None))
        if until is not None and until <= self._now():
            self._forget(key)
            return None
        return value

    def _until(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    def _forget(self, key: str) -> None:
        del self._kept[key]
        self._claims.pop(key, None)

    def _make_room(self) -> None:
        if len(self._kept) <= self._capacity:
            return
        for key in [key for key, (_, until) in self._kept.items() if until <= self._now()]:
            self._forget(key)
        while len(self._kept) > self._capacity:
            self._forget(next(iter(self._kept)))


class TableShelf:
    """Kept in the database, in a table that only the service reaches."""

    def __init__(self, service: Callable[[], Database]) -> None:
        self._service = service

    def get(self, key: str) -> Value | None:
        value: Value | None = self._service().call("app_session_get", key=key)
        return value

    def put(self, key: str, value: Value, seconds: float, *, only_replace: bool = False) -> None:
        self._service().call("app_session_put", key=key, value=value, seconds=seconds, only_replace=only_replace)

    def touch(self, key: str, seconds: float) -> None:
        self._service().call("app_session_touch", key=key, seconds=seconds)

    def delete(self, key: str) -> bool:
        return bool(self._service().call("app_session_delete", key=key))

    def claim(self, key: str, seconds: float) -> bool:
        return bool(self._service().call("app_session_claim", key=key, seconds=seconds))


class RedisShelf:
    """Kept in Redis, or what speaks its language."""

    def __init__(self, url: str) -> None:
        from redis import Redis  # noqa: PLC0415 - only who uses it loads it
        from redis.backoff import ConstantBackoff  # noqa: PLC0415
        from redis.exceptions import ConnectionError as Lost  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        self._redis = Redis.from_url(
            url, socket_timeout=3, socket_connect_timeout=3, health_check_interval=30,
            retry=Retry(ConstantBackoff(0.1), 1), retry_on_error=[Lost],
        )  # fmt: skip
        self._error = RedisError

    def get(self, key: str) -> Value | None:
        text = self._ask(lambda: self._redis.get(_name(key)))
        value: Value | None = orjson.loads(text) if text is not None else None
        return value

    def put(self, key: str, value: Value, seconds: float, *, only_replace: bool = False) -> None:
        text, milliseconds = orjson.dumps(value), _milliseconds(seconds)
        self._ask(lambda: self._redis.set(_name(key), text, px=milliseconds, xx=only_replace))
        self._ask(lambda: self._redis.delete(_claim(key)))

    def touch(self, key: str, seconds: float) -> None:
        self._ask(lambda: self._redis.pexpire(_name(key), _milliseconds(seconds)))

    def delete(self, key: str) -> bool:
        return bool(self._ask(lambda: self._redis.delete(_name(key))))

    def claim(self, key: str, seconds: float) -> bool:
        return bool(self._ask(lambda: self._redis.set(_claim(key), b"1", px=_milliseconds(seconds), nx=True)))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self._error as error:
            raise Unavailable("The store of the sign-ins does not answer. Try again in a moment.") from error


class Recent:
    """A shelf elsewhere, asked for the same key at most every two seconds, and told of its use once a minute.

    What another process took away may so be seen for two seconds more.
    """

    def __init__(self, shelf: Shelf, now: Callable[[], datetime] = _utc_now) -> None:
        self._shelf = shelf
        self._seen = MemoryShelf(now=now)
        self._touched = MemoryShelf(now=now)

    def get(self, key: str) -> Value | None:
        seen = self._seen.get(key)
        if seen is None:
            seen = {"value": self._shelf.get(key)}
            self._seen.put(key, seen, SECONDS_TRUSTED)
        value: Value | None = seen["value"]
        return value

    def put(self, key: str, value: Value, seconds: float, *, only_replace: bool = False) -> None:
        self._shelf.put(key, value, seconds, only_replace=only_replace)
        self._seen.delete(key)

    def touch(self, key: str, seconds: float) -> None:
        if self._touched.get(key) is None:
            self._touched.put(key, {}, SECONDS_BETWEEN_TOUCHES)
            self._shelf.touch(key, seconds)

    def delete(self, key: str) -> bool:
        self._seen.delete(key)
        return self._shelf.delete(key)

    def claim(self, key: str, seconds: float) -> bool:
        self._seen.delete(key)
        return self._shelf.claim(key, seconds)


def shelf(named: str | None, service: Callable[[], Database]) -> Shelf:
    """The shelf of that name: ``memory`` (the default), ``table``, or the address of a Redis."""
    if named in {None, "memory"}:
        return MemoryShelf()
    if named == "table":
        return Recent(TableShelf(service))
    if named is not None and named.startswith(("redis://", "rediss://", "unix://")):
        return Recent(RedisShelf(named))
    raise InvalidInput("MASTERY_SESSIONS is memory, table, or the address of a Redis (redis://host:6379/0).")


def _name(key: str) -> str:
    return f"mastery:session:{key}"


def _claim(key: str) -> str:
    return f"mastery:claim:{key}"


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
