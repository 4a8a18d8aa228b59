"""How often each row has been met, for files that do not fit in memory."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

_DIGEST_BYTES = 16
_PAGES_KEPT_KB = 65_536
_ASKED_AT_ONCE = 5_000  # bound values in one query; SQLite allows 32,766


class Occurrences:
    """Counts equal texts in a temporary file that goes away with it; memory stays at 64 MB at most."""

    def __init__(self) -> None:
        # An empty name is SQLite's private temporary database: in its cache while it fits, on disk beyond that.
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = off", "synchronous = off", f"cache_size = -{_PAGES_KEPT_KB}"):
            self._database.execute(f"pragma {setting}")
        self._database.execute("create table met (text blob primary key, times integer) without rowid")
        self._database.execute("begin")

    def count(self, texts: Sequence[str]) -> list[int]:
        """For each text, how often it was met before: in earlier calls, and earlier in this one."""
        digests = [blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest() for text in texts]
        met = self._met(digests)
        counts = []
        for digest in digests:
            counts.append(met[digest])
            met[digest] += 1
        in_page_order = sorted(set(digests))
        self._database.executemany(
            "replace into met values (?, ?)", ((digest, met[digest]) for digest in in_page_order)
        )
        return counts

    def _met(self, digests: list[bytes]) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        for start in range(0, len(digests), _ASKED_AT_ONCE):
            asked = digests[start : start + _ASKED_AT_ONCE]
            query = f"select text, times from met where text in ({','.join('?' * len(asked))})"  # noqa: S608 - marks only
            found.update(dict(self._database.execute(query, asked)))
        return found

    def close(self) -> None:
        """Let the temporary file go."""
        self._database.close()
