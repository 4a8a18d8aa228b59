"""How often each row has been met, for files that do not fit in memory."""

import sqlite3
from hashlib import blake2b
from types import TracebackType

_DIGEST_BYTES = 16
_PAGES_KEPT_KB = 16_384

_COUNT = """
    insert into met values (?, 0) on conflict (key) do update set times = times + 1 returning times
"""


class Occurrences:
    """Counts equal texts in a temporary file that goes away with it; memory stays at some 16 MB. A context manager."""

    def __init__(self) -> None:
        # An empty name is SQLite's private temporary database: in its cache while it fits, on disk beyond that.
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = off", "synchronous = off", f"cache_size = -{_PAGES_KEPT_KB}"):
            self._database.execute(f"pragma {setting}")
        self._database.execute("create table met (key blob primary key, times integer) without rowid")
        self._database.execute("begin")

    def met_before(self, text: str) -> int:
        """How often the text was given before this time: 0, then 1, then 2."""
        digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
        times: int = self._database.execute(_COUNT, (digest,)).fetchone()[0]
        return times

    def __enter__(self) -> "Occurrences":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
