"""The only way to PostgreSQL: one contract, and the transports that keep it.

The transports are loaded when they are asked for: a web server answers before its database client is in memory.
"""

from typing import TYPE_CHECKING, Any

from mastery_core.database.protocol import Database

if TYPE_CHECKING:
    from mastery_core.database.embedded import EmbeddedDatabase, open_database

__all__ = ["Database", "EmbeddedDatabase", "open_database"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mastery_core.database import embedded  # noqa: PLC0415

    return getattr(embedded, name)
