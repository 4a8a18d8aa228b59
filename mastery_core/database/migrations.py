"""The migrations of ``supabase/migrations``, applied and recorded as the Supabase CLI does it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

SQL_HOME = Path(__file__).parents[2] / "supabase"
# Two processes that open a new database at once take turns.
LOCK = 20261122

LEDGER = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
"""


class Migration(NamedTuple):
    version: str
    name: str
    path: Path


def available() -> list[Migration]:
    """Every migration there is, oldest first."""
    paths = sorted((SQL_HOME / "migrations").glob("*.sql"))
    return [Migration(path.stem.partition("_")[0], path.stem.partition("_")[2], path) for path in paths]


def migrate(conninfo: str, *, preamble: bool = True) -> list[str]:
    """Apply what is not applied yet and return the versions applied.

    ``preamble`` first lays what a Supabase project has before its first migration. Each migration is one transaction.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if not list(_missing(connection)):
            return []
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            if preamble:
                connection.execute((SQL_HOME / "embedded" / "preamble.sql").read_bytes())
            connection.execute(LEDGER)
            return [_apply(connection, migration) for migration in list(_missing(connection))]


def _missing(connection: psycopg.Connection) -> Iterator[Migration]:
    applied: set[str] = set()
    if connection.execute("select to_regclass('supabase_migrations.schema_migrations') is not null").fetchone() == (
        True,
    ):
        rows = connection.execute("select version from supabase_migrations.schema_migrations").fetchall()
        applied = {version for (version,) in rows}
    return (migration for migration in available() if migration.version not in applied)


def _apply(connection: psycopg.Connection, migration: Migration) -> str:
    text = migration.path.read_text(encoding="utf-8")
    connection.execute(text.encode())
    connection.execute(
        "insert into supabase_migrations.schema_migrations (version, statements, name) values (%s, %s, %s)",
        [migration.version, [text], migration.name],
    )
    return migration.version
