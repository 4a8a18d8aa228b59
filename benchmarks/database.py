"""A database that a benchmark has for itself, on the real embedded PostgreSQL, gone when it ends."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, cast

import psycopg

from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.database.server import WATCH

SQL_FOLDER = Path(__file__).parent / "sql"


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder to be ``$MASTERY_HOME``, removed in the end."""
    home = Path(tempfile.mkdtemp(prefix="mastery-benchmark-"))
    try:
        yield home
    finally:
        with (home / WATCH).open("ab") as watched:  # who watches over the server would make the folder again
            fcntl.flock(watched, fcntl.LOCK_EX)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def temporary_database() -> Iterator[EmbeddedDatabase]:
    """A new database with the product's schema; its server stops in the end."""
    with temporary_home() as home:
        database = EmbeddedDatabase(home)
        try:
            yield database
        finally:
            database.close()


def owner_connection(database: EmbeddedDatabase) -> psycopg.Connection:
    """A plain connection as the owner: no row-level security; every statement is prepared at its first use."""
    return psycopg.connect(database.server.conninfo(), autocommit=True, prepare_threshold=0)


def bare_sql(name: str) -> LiteralString:
    """The statement in ``sql/<name>.sql``."""
    return cast("LiteralString", (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def settle(connection: psycopg.Connection) -> None:
    """Bring about what autovacuum would in a minute, and write out what a checkpoint would."""
    connection.execute("vacuum (analyze)")
    connection.execute("checkpoint")
