"""Supabase's own CLI applies the migrations to a bare PostgreSQL, and its advisor finds nothing to warn of."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from mastery_core.database.migrations import SQL_HOME, available, migrate
from tests.database.clusters import running

CLI = Path(__file__).parents[1] / "node_modules" / ".bin" / "supabase"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    """A PostgreSQL with what a Supabase project has before its first migration; the CLI comes by TCP."""
    if not CLI.exists():
        pytest.skip("There is no Supabase CLI here: run npm ci --prefix tests.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running("18", port=port) as conninfo:
        with psycopg.connect(conninfo) as connection:
            connection.execute((SQL_HOME / "embedded" / "preamble.sql").read_bytes())
        yield conninfo


@pytest.fixture(scope="module")
def run(bare: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the CLI on that database, from a copy of the project: it writes beside the migrations what it remembers."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(SQL_HOME, project / "supabase")
    port = conninfo_to_dict(bare)["port"]
    remote = f"--remote=postgresql://postgres:any@127.0.0.1:{port}/postgres?sslmode=disable"
    environment = os.environ | {"HOME": str(project), "DO_NOT_TRACK": "1", "NO_COLOR": "1"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CLI, *command, "--workdir", project, remote],
            env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def migrated(run: Run, bare: str) -> str:
    done = run("migration", "up", "--yes")
    assert done.returncode == 0, done.stderr
    return bare


def test_the_cli_and_the_product_agree_on_what_is_applied(migrated: str, run: Run) -> None:
    with psycopg.connect(migrated) as connection:
        applied = connection.execute(
            "select version, name from supabase_migrations.schema_migrations order by version"
        ).fetchall()
    assert applied == [(migration.version, migration.name) for migration in available()]
    assert migrate(migrated) == []
    again = run("migration", "up", "--yes")
    assert again.returncode == 0
    assert "Applying" not in again.stdout + again.stderr


def test_the_advisor_warns_of_nothing(migrated: str, run: Run) -> None:
    done = run("db", "advisors", "--fail-on", "warn")
    assert done.returncode == 0, done.stdout + done.stderr
    with psycopg.connect(migrated) as connection:
        connection.execute("create function private.careless() returns int language sql as 'select 1'")
    assert "private.careless" in run("db", "advisors", "--fail-on", "warn").stdout
