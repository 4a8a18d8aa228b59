"""Files of the tests' own making, and a stand-in for the log that remembers what it was sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATASHOP_HEADER = ["Anon Student Id", "Session Id", "Time", "Outcome", "KC (Topic)"]
DATASHOP_ROW = ["stu_1", "s1", "2015-11-02 19:49:38", "CORRECT", "mean"]


class RecordingDatabase:
    """A double, not a database: it keeps rows by id as the log does, and can break down before a given call."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.batches: list[int] = []
        self.cohorts: dict[str | None, set[str]] = {}
        self.people: dict[str, str] = {}
        self.teachers: set[tuple[str, str]] = set()
        self.shared: set[str] = set()
        self.roles: dict[str, str] = {}
        self._breaks_at = breaks_at

    def call(self, function: str, /, **arguments: Any) -> Any:
        if function == "add_person":
            return self.people.setdefault(arguments["person"], arguments["display_name"])
        if function == "add_to_cohort" and arguments["role"] == "instructor":
            return self.teachers.add((arguments["cohort"], self.people[arguments["person"]]))
        if function == "grant_role":
            return self.roles.update({self.people[arguments["person"]]: arguments["role"]})
        if function == "list_cohorts":
            return [{"id": name, "name": name} for name in self.cohorts]
        if function == "share_cohort":
            return self.shared.add(arguments["cohort"])
        assert function == "import_outcomes"
        if len(self.batches) == self._breaks_at:
            raise ConnectionError("the double breaks down here")
        rows = arguments["rows"]
        known = {row["learner"] for row in self.rows.values()}
        new = {row["id"]: row for row in rows if row["id"] not in self.rows}
        self.rows.update(new)
        self.batches.append(len(rows))
        learners = {row["learner"] for row in rows}
        self.cohorts.setdefault(arguments["cohort"], set()).update(learners)
        return {"imported": len(new), "already_there": len(rows) - len(new), "learners": len(learners - known)}


@pytest.fixture
def recorder() -> RecordingDatabase:
    return RecordingDatabase()


@pytest.fixture
def breaking_recorder() -> Callable[[int], RecordingDatabase]:
    return RecordingDatabase


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: bytes as they are, text in UTF-8, or a header and rows joined by a separator."""

    def write_file(content: bytes | str | list[list[str]], *, separator: str = ",", name: str = "practice.txt") -> Path:
        if isinstance(content, list):
            content = "".join(separator.join(row) + "\n" for row in content)
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def datashop(write: Callable[..., Path]) -> Callable[..., Path]:
    """Writes a DataShop export of one row for each dictionary of what is different in it."""

    def write_export(*changes: dict[str, str], header: list[str] = DATASHOP_HEADER) -> Path:
        usual = dict(zip(DATASHOP_HEADER, DATASHOP_ROW, strict=True))
        rows = [[(usual | change).get(column, "") for column in header] for change in changes]
        return write([header, *rows], separator="\t")

    return write_export
