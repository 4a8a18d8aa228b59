"""The embedded transport: a PostgreSQL of our own, called the way PostgREST calls Supabase's.

Each call is one transaction that sets the role and the claims of the one who asks and calls one function, sent in one
round trip: row-level security is in force on a laptop too.
"""

import logging
import threading
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from mastery_core.database.migrations import migrate
from mastery_core.database.server import Server, default_home
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound, Unavailable

POOL_SIZE = 16
WAIT_SECONDS = 10.0

# What the pool meets reaches the caller as an error of ours; its log would say it again, once an attempt.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
logging.getLogger("psycopg").setLevel(logging.ERROR)

set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)

BECOME = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"


class EmbeddedDatabase:
    """The embedded PostgreSQL of one home directory, shared by everything in this process that asks for it."""

    def __init__(self, home: Path | None = None) -> None:
        self.server = Server(home)
        self._pool: ConnectionPool[psycopg.Connection] | None = None
        self._lock = threading.Lock()
        self._open()

    def acting_as(self, person_id: str) -> "EmbeddedCaller":
        """The database under the rights of one person. Raises InvalidInput where the id is not a UUID."""
        try:
            subject = str(UUID(str(person_id)))
        except ValueError as error:
            raise InvalidInput(f'"{person_id}" is not the id of a person: it must be a UUID.') from error
        return EmbeddedCaller(self, "authenticated", {"sub": subject, "role": "authenticated"})

    def acting_as_service(self) -> "EmbeddedCaller":
        """The database under the rights of the service: every learner's rows, and the functions that keep the house."""
        return EmbeddedCaller(self, "service_role", {"role": "service_role"})

    def close(self) -> None:
        """Give the connections back and leave the server, which stops when the last process has left it."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None
        self.server.leave()

    @property
    def pool(self) -> ConnectionPool[psycopg.Connection]:
        return self._pool or self._open()

    def recover(self) -> None:
        """Bring the server back where it was lost, and drop the connections that broke with it."""
        with self._lock:
            self.server.start()
            if self._pool is not None:
                self._pool.check()

    def _open(self) -> ConnectionPool[psycopg.Connection]:
        with self._lock:
            if self._pool is None:
                self.server.start()
                migrate(self.server.conninfo())
                self._pool = ConnectionPool(
                    self.server.conninfo(),
                    kwargs={"autocommit": True, "prepare_threshold": 0},
                    min_size=1,
                    max_size=POOL_SIZE,
                    timeout=WAIT_SECONDS,
                    reconnect_timeout=WAIT_SECONDS,
                    open=True,
                )
            return self._pool


_open: dict[Path, EmbeddedDatabase] = {}
_opening = threading.Lock()


def open_database(home: Path | str | None = None) -> EmbeddedDatabase:
    """The database of a home directory (default ``$MASTERY_HOME``, else ``.mastery`` here), started where it is not running.

    One per home and process: asking again is cheap. Raises Unavailable when it cannot be started.
    """
    wanted = Path(home).resolve() if home is not None else default_home()
    with _opening:
        if wanted not in _open:
            _open[wanted] = EmbeddedDatabase(wanted)
        return _open[wanted]


class EmbeddedCaller:
    """The embedded database as one person, or the service, may use it."""

    def __init__(self, database: EmbeddedDatabase, role: str, claims: dict[str, str]) -> None:
        self._database = database
        self._role = role
        self._claims = orjson.dumps(claims).decode()

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Call ``public.<function>``; see ``Database.call``."""
        query = _call(function, tuple(arguments))
        values = [_adapted(value) for value in arguments.values()]
        try:
            return self._transact(query, values)
        except (psycopg.Error, PoolTimeout) as error:
            if not _lost(error):
                raise _translated(error, function) from error
        self._database.recover()
        try:
            return self._transact(query, values)
        except (psycopg.Error, PoolTimeout) as error:
            if not _lost(error):
                raise _translated(error, function) from error
            self._database.server.start()  # raises, and says why, where the server cannot run
            cause = self._database.server.why_it_stopped() or "it does not say why"
            raise Unavailable(f"The database stopped during {function}: {cause}.") from error

    def _transact(self, query: bytes, values: list[Any]) -> Any:
        with self._database.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            # Without explicit BEGIN, what one pipeline holds up to its end is one transaction.
            with connection.pipeline():
                cursor.execute(BECOME, [self._role, self._claims])
                cursor.execute(query, values)
            row = cursor.fetchone()
        return None if row is None else row[0]


@cache
def _call(function: str, names: tuple[str, ...]) -> bytes:
    arguments = sql.SQL(", ").join(sql.SQL("{} => %s").format(sql.Identifier(name)) for name in names)
    return sql.SQL("select {}({})").format(sql.Identifier("public", function), arguments).as_bytes()


def _lost(error: psycopg.Error | PoolTimeout) -> bool:
    """Whether the connection is at fault rather than the call."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return isinstance(error, psycopg.OperationalError | PoolTimeout) and (not state or state.startswith(("57P", "08")))


def _adapted(value: Any) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return Jsonb(value)
    return value


def _translated(error: psycopg.Error | PoolTimeout, function: str) -> MasteryError:
    state = getattr(error, "sqlstate", None) or ""
    diagnosis = getattr(error, "diag", None)
    sentence = (diagnosis and diagnosis.message_primary) or str(error).splitlines()[0]
    if state == "P0002":
        return NotFound(sentence)
    if state == "42501":
        return NotAllowed(sentence)
    if state in {"53100", "53200"}:
        return Unavailable(f"The database has run out of room, nothing was changed: {sentence}.")
    if state[:2] in {"22", "23"} or isinstance(error, psycopg.DataError):
        return InvalidInput(sentence)
    if isinstance(error, psycopg.OperationalError | PoolTimeout):
        return Unavailable(f"The database did not answer: {sentence}. Try again in a moment.")
    return MasteryError(f"The database refused {function}: {sentence}.")
