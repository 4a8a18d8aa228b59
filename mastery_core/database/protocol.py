"""The contract between Python and SQL: named functions in, one JSON document out."""

from typing import Any, Protocol


class Database(Protocol):
    """The database as one person, or the service, may use it."""

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Call the SQL function ``public.<function>`` with named arguments and return its one document.

        Every function of the contract is idempotent (whatever is created is named by its caller), so a transport
        may repeat a call whose connection broke. Arguments that are left out take the function's own defaults.
        Raises the errors of ``mastery_core.errors``.
        """
        ...
