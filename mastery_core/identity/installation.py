"""Which house this is: the embedded database without passwords, or a Supabase project with its sign-in.

What differs between the two is decided here once; screens, API and command line ask the ``Installation``.
"""

from functools import cache, cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput
from mastery_core.identity.sessions import Session, SessionStore
from mastery_core.identity.shelves import shelf
from mastery_core.settings import SupabaseSettings, setting, supabase_settings

if TYPE_CHECKING:
    from mastery_core.database.embedded import EmbeddedDatabase
    from mastery_core.database.supabase import SupabaseDatabase
    from mastery_core.identity.bearer import Callers
    from mastery_core.identity.supabase_auth import SupabaseAuth

# Clients of a database are loaded when they are needed, in a thread: until then the web server already answers.


class Installation(Protocol):
    """The database, and who is signed in."""

    @property
    def sessions(self) -> SessionStore: ...

    def acting_for(self, session: Session) -> Database:
        """The database under the rights of the person of a session."""
        ...

    def acting_as_service(self) -> Database:
        """The database under the rights of the service."""
        ...

    def sign_out(self, key: str | None) -> None:
        """End a session, in every tab."""
        ...

    def callers(self) -> "Callers":
        """Who calls the REST API, by what they show."""
        ...

    def ping(self) -> None:
        """Ask whether the database answers. Raises Unavailable."""
        ...

    def close(self) -> None: ...


class EmbeddedInstallation:
    """A database of this computer, whose people need no password."""

    def __init__(self) -> None:
        self.sessions = SessionStore(shelf(setting("mastery", "sessions"), self.acting_as_service))

    def open(self) -> "EmbeddedDatabase":
        from mastery_core.database import open_database  # noqa: PLC0415

        return open_database()

    def acting_for(self, session: Session) -> Database:
        return self.open().acting_as(session.person_id)

    def acting_as_service(self) -> Database:
        return self.open().acting_as_service()

    def sign_out(self, key: str | None) -> None:
        self.sessions.sign_out(key)

    def callers(self) -> "Callers":
        from mastery_core.identity.bearer import EmbeddedCallers  # noqa: PLC0415
        from mastery_core.identity.local_tokens import LocalTokens  # noqa: PLC0415

        return EmbeddedCallers(self.open, LocalTokens(self.open().server.home))

    def ping(self) -> None:
        self.open().ping()

    def close(self) -> None:
        self.open().close()


class SupabaseInstallation:
    """A Supabase project: its people sign in there, and every call carries the person's own token."""

    def __init__(self, settings: SupabaseSettings) -> None:
        self.settings = settings
        kept_on = setting("mastery", "sessions")
        if kept_on == "table" and not settings.secret_key:
            raise InvalidInput("MASTERY_SESSIONS=table needs SUPABASE_SECRET_KEY: nobody else reaches that table.")
        self.sessions = SessionStore(shelf(kept_on, self.acting_as_service))

    @cached_property
    def database(self) -> "SupabaseDatabase":
        from mastery_core.database.supabase import SupabaseDatabase  # noqa: PLC0415

        return SupabaseDatabase(self.settings)

    @cached_property
    def auth(self) -> "SupabaseAuth":
        from mastery_core.identity.supabase_auth import SupabaseAuth  # noqa: PLC0415

        return SupabaseAuth(self.settings)

    def acting_for(self, session: Session) -> Database:
        def token(refused: str | None = None) -> str:
            return self.sessions.tokens(session.key, self.auth.refresh, refused).access_token

        return self.database.acting_as(token)

    def acting_as_service(self) -> Database:
        return self.database.acting_as_service()

    def sign_out(self, key: str | None) -> None:
        tokens = self.sessions.sign_out(key)
        if tokens is not None:  # the platform may take its time, and may be told in vain
            Thread(target=self.auth.sign_out, args=(tokens,), daemon=True).start()

    def callers(self) -> "Callers":
        from mastery_core.identity.bearer import SupabaseCallers, TokenVerifier  # noqa: PLC0415

        return SupabaseCallers(self.database, TokenVerifier(self.settings))

    def ping(self) -> None:
        self.database.ping()

    def close(self) -> None:
        for made in ("database", "auth"):
            if made in vars(self):
                getattr(self, made).close()


def extract_folder() -> Path:
    """Where the extract for this installation's researchers lies: beside its database, or where that would be."""
    from mastery_core.database.server import default_home  # noqa: PLC0415

    return default_home() / "extract"


@cache
def installation() -> EmbeddedInstallation | SupabaseInstallation:
    """The one installation of this process. Raises InvalidInput where its settings are not usable."""
    settings = supabase_settings()
    return EmbeddedInstallation() if settings is None else SupabaseInstallation(settings)
