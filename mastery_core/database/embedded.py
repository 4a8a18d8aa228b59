"""The embedded transport: a PostgreSQL of our own, called the way PostgREST calls Supabase's.

Each call is one transaction that sets the role and the claims of the one who asks and calls one function, sent in one
round trip: row-level security is in force on a laptop too.
"""

import logging
import threading
from contextlib import suppress
from functools import cache, cached_property
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
from mastery_core.database.translation import not_sent, translated
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, Unavailable

POOL_SIZE = 16
WAIT_SECONDS = 10.0

# What the pool meets reaches the caller as an error of ours; its log would say it again, once an attempt.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
logging.getLogger("psycopg").setLevel(logging.ERROR)

set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)

JSON_ARGUMENTS = """
select p.proname, argument.name
from pg_catalog.pg_proc p
cross join unnest(p.proargtypes, p.proargnames[1 : p.pronargs]) as argument (type, name)
where p.pronamespace = 'public'::regnamespace and argument.type = 'jsonb'::regtype
"""
BECOME = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"

# What a call may end with instead of an answer; the last two where a text is no text at all.
REFUSALS = (psycopg.Error, PoolTimeout, UnicodeEncodeError, orjson.JSONEncodeError)


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

    def ping(self) -> None:
        """Return when the database itself has answered. Raises Unavailable."""
        nobody = EmbeddedCaller(self, "anon", {"role": "anon"})
        with suppress(NotAllowed):  # said by the database, which lets nobody in without a name
            nobody.call("status")

    def close(self) -> None:
        """Give the connections back and leave the server, which stops when the last process has left it."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None
        self.server.leave()

    @cached_property
    def json_arguments(self) -> frozenset[tuple[str, str]]:
        """The arguments that are JSON documents, each as function and name."""
        with self.pool.connection() as connection:
            return frozenset(connection.execute(JSON_ARGUMENTS).fetchall())

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
        """Call ``public.<function>``; see ``Database.call``. A call whose connection broke is made again."""
        try:
            return self._transact(function, arguments)
        except REFUSALS as error:
            if not _lost(error):
                raise _translated(error, function) from error
        self._database.recover()
        try:
            return self._transact(function, arguments)
        except REFUSALS as error:
            if not _lost(error):
                raise _translated(error, function) from error
            self._database.server.start()  # raises, and says why, where the server cannot run
            if isinstance(error, PoolTimeout):
                raise Unavailable(f"The database is busy: no connection was free for {function}. Try again.") from error
            cause = self._database.server.why_it_stopped() or "it does not say why"
            raise Unavailable(f"The database stopped during {function}: {cause}.") from error

    def _transact(self, function: str, arguments: dict[str, Any]) -> Any:
        values = [self._adapted(function, name, value) for name, value in arguments.items()]
        with self._database.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            # Without explicit BEGIN, what one pipeline holds up to its end is one transaction.
            with connection.pipeline():
                cursor.execute(BECOME, [self._role, self._claims])
                cursor.execute(_call(function, tuple(arguments)), values)
            row = cursor.fetchone()
        return None if row is None else row[0]

    def _adapted(self, function: str, name: str, value: Any) -> Any:
        """A list is an array or a JSON document, a text a text or a JSON string: the function decides."""
        is_json = value is not None and (function, name) in self._database.json_arguments
        return Jsonb(value) if is_json else value


@cache
def _call(function: str, names: tuple[str, ...]) -> bytes:
    arguments = sql.SQL(", ").join(sql.SQL("{} => %s").format(sql.Identifier(name)) for name in names)
    return sql.SQL("select {}({})").format(sql.Identifier("public", function), arguments).as_bytes()


def _lost(error: Exception) -> bool:
    """Whether the connection is at fault rather than the call."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return isinstance(error, psycopg.OperationalError | PoolTimeout) and (not state or state.startswith(("57P", "08")))


def _translated(error: Exception, function: str) -> MasteryError:
    if not isinstance(error, psycopg.Error | PoolTimeout):  # half a character
        return not_sent(function, error)
    if isinstance(error, psycopg.Error) and error.sqlstate:
        return translated(function, error.sqlstate, error.diag.message_primary or str(error))
    if isinstance(error, psycopg.DataError):  # the driver's own refusal of an argument
        return translated(function, "22000", str(error))
    return translated(function, "08000" if _lost(error) else "", str(error))
