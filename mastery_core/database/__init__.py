"""The only way to PostgreSQL: one contract, and the transports that keep it.

The transports are loaded when they are asked for: a web server answers before its database client is in memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mastery_core.database.protocol import Database, TokenSource

if TYPE_CHECKING:
    from mastery_core.database.embedded import EmbeddedDatabase, open_database
    from mastery_core.database.supabase import SupabaseDatabase

__all__ = ["Database", "EmbeddedDatabase", "SupabaseDatabase", "TokenSource", "open_database"]

HOMES = {"EmbeddedDatabase": "embedded", "open_database": "embedded", "SupabaseDatabase": "supabase"}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
