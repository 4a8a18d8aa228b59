"""One project: its database, its keys, its people, and its one address."""

import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from mastery_core.database import EmbeddedDatabase
from mastery_core.settings import SupabaseSettings
from tests.local_supabase.auth_double import AuthDouble
from tests.local_supabase.gateway import PUBLISHABLE_KEY, SECRET_KEY, Gateway, KeyCheck
from tests.local_supabase.postgrest import BINARY, PostgREST
from tests.local_supabase.signing import Signer

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class LocalSupabase:
    """A Supabase project on a loopback address, before the database of an ``EmbeddedDatabase``.

    ``postgrest`` can be stopped and started; ``gateway.hang`` keeps answers back; ``auth`` has the knobs of sign-in;
    ``mailbox`` is what was "sent", by address.
    """

    publishable_key = PUBLISHABLE_KEY
    secret_key = SECRET_KEY

    def __init__(self, database: EmbeddedDatabase, *, port: int = 0) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="local-supabase-"))
        self._signer = Signer()
        self._socket = _listening(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.postgrest = PostgREST(database.server.conninfo(), self._folder, self._signer)
        self.gateway = Gateway(self.postgrest.url, self._signer)
        self.auth = AuthDouble(database.server.conninfo(), self._signer, self.url)
        self.mailbox = self.auth.mailbox
        routes = [
            Mount("/auth/v1", routes=self.auth.routes()),
            Route("/rest/v1/{path:path}", self.gateway.pass_on, methods=METHODS),
        ]
        app = Starlette(routes=routes, middleware=[Middleware(KeyCheck)], lifespan=self.gateway.lifespan)
        self._front = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                ws="none",
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
                server_header=False,
                date_header=False,
            )
        )
        self._thread = threading.Thread(target=self._front.run, args=([self._socket],), daemon=True)

    @staticmethod
    def is_installed() -> bool:
        return BINARY.exists()

    def start(self) -> Self:
        self.auth.start()
        self.postgrest.start()
        self._thread.start()
        while not self._front.started and self._thread.is_alive():
            time.sleep(0.005)
        return self

    def close(self) -> None:
        self.gateway.hang = False
        self._front.should_exit = True
        self._thread.join()
        self._socket.close()
        self.postgrest.stop()
        self.auth.stop()
        shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def settings(self) -> SupabaseSettings:
        return SupabaseSettings(self.url, self.publishable_key, self.secret_key)

    def add_person(self, email: str, password: str | None = None, role: str | None = None) -> str:
        """Somebody with an account, and a role where one is named; returns their id."""
        return self.auth.add_person(email, password, {} if role is None else {"role": role})

    def token_for(
        self,
        person_id: str,
        *,
        expires_in: float = 3600,
        aud: str = "authenticated",
        iss: str | None = None,
        role: str = "authenticated",
    ) -> str:
        """An access token of a new session of somebody's; of what is not so, for tests of those who verify."""
        return self.auth.access_token(person_id, expires_in=expires_in, aud=aud, iss=iss or self.auth.issuer, role=role)

    def claims_of(self, token: str) -> dict[str, Any]:
        return self._signer.verified(token)


def _listening(port: int) -> socket.socket:
    """Named TCP in so many words: else asyncio leaves Nagle's algorithm on, and each answer waits for 40 ms."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening
