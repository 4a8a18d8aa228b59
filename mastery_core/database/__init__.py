"""The only way to PostgreSQL: one contract, and the transports that keep it."""

import threading
from pathlib import Path

from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.database.protocol import Database
from mastery_core.database.server import default_home

__all__ = ["Database", "EmbeddedDatabase", "open_database"]

_open: dict[Path, EmbeddedDatabase] = {}
_lock = threading.Lock()


def open_database(home: Path | str | None = None) -> EmbeddedDatabase:
    """The database of a home directory (default ``$MASTERY_HOME``, else ``.mastery`` here), started where it is not running.

    One per home and process: asking again is cheap. Raises Unavailable when it cannot be started.
    """
    wanted = Path(home).resolve() if home is not None else default_home()
    with _lock:
        if wanted not in _open:
            _open[wanted] = EmbeddedDatabase(wanted)
        return _open[wanted]
