"""Mastery: per learner and concept, with history, forgetting, trend, sessions and insights.

The two names are loaded when they are asked for: pandas and a database client take a second, and not every part that
stands in this package needs them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mastery_core.database import open_database
    from mastery_core.mastery_service import MasteryService

__all__ = ["MasteryService", "open_database"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "open_database":
        from mastery_core.database import open_database  # noqa: PLC0415

        return open_database
    from mastery_core.mastery_service import MasteryService  # noqa: PLC0415

    return MasteryService
