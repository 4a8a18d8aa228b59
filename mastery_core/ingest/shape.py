"""What a file looks like before anybody has said how to read it: its columns, its first rows, and what they may mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mastery_core.ingest import assistments, datashop
from mastery_core.ingest.csv_file import OUTCOMES
from mastery_core.ingest.reading import open_table

ROWS_SHOWN = 8

# What the columns of a CSV are often called, the surest name first; compared as _plain makes them.
USUAL_NAMES = {
    "learner": (
        "learner", "learner id", "student", "student id", "user", "user id", "anon student id", "email", "e mail",
        "student email", "user email", "learner email", "email address", "username", "user name", "login", "person", "person id",
        "participant", "participant id", "sid", "student number",
    ),
    "concept": (
        "concept", "concept tag", "skill", "skill name", "topic", "knowledge component", "kc", "tag", "objective",
        "learning objective", "standard", "subject", "unit",
    ),
    "outcome": (
        "outcome", "result", "correct", "is correct", "correctness", "answer correct", "right", "response", "score",
    ),
    "at": (
        "at", "time", "timestamp", "created at", "date time", "datetime", "submitted at", "answered at", "start time",
        "problem start time", "date", "when",
    ),
    "session": ("session", "session id", "visit", "visit id"),
    "name": ("name", "full name", "learner name", "student name", "display name", "user full name"),
    "id": (
        "interaction id", "event id", "row id", "transaction id", "attempt id", "response id", "submission id", "log id",
        "answer id",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileShape:
    """A file's header, its first rows, and what is guessed from them.

    ``format`` is one of ``importer.FORMATS``. ``concept_columns`` are those that may name the concept in that format,
    ``mapping`` what each of a CSV's columns may stand for: {what: column}, empty for the other formats.
    """

    name: str
    columns: list[str]
    rows: list[list[str]]
    format: str
    concept_columns: list[str]
    mapping: dict[str, str]


def look(path: str | Path, name: str | None = None) -> FileShape:
    """Look at the beginning of a file, which messages call by its ``name``. InvalidInput if it is no table of text."""
    with open_table(path, name) as table:
        rows = [row for _, row in islice(table.rows(), ROWS_SHOWN)]
        columns = table.columns
        called = table.file.name
    kind = _format(columns)
    mapping = _mapping(columns, rows) if kind == "csv" else {}
    return FileShape(called, columns, rows, kind, _concept_columns(kind, columns), mapping)


def fixed_columns(kind: str, columns: Iterable[str]) -> dict[str, str]:
    """The columns that a format knows by their own names, beside the concept: {what: column}. None of a CSV's."""
    fixed = {
        "datashop": {"learner": (datashop.LEARNER,), "outcome": (datashop.OUTCOME,), "at": datashop.TIMES},
        "assistments": {"learner": assistments.LEARNERS, "outcome": (assistments.CORRECT,), "at": assistments.TIMES},
    }.get(kind, {})
    there = {column.casefold(): column for column in columns}
    found = {
        what: [there[name.casefold()] for name in names if name.casefold() in there] for what, names in fixed.items()
    }
    return {what: known[0] for what, known in found.items() if known}


def _format(columns: list[str]) -> str:
    there = {column.casefold() for column in columns}

    def has(*names: str) -> bool:
        return any(name.casefold() in there for name in names)

    if has(datashop.LEARNER) and has(datashop.OUTCOME):
        return "datashop"
    if has(*assistments.LEARNERS) and has(assistments.CORRECT) and has(*assistments.CONCEPTS):
        # A plain CSV may use these very names; what else an ASSISTments log has, it has not.
        return "assistments" if has(*assistments.ROW_IDS, assistments.HINT, "assignment_id", "problem_id") else "csv"
    return "csv"


def _concept_columns(kind: str, columns: list[str]) -> list[str]:
    if kind == "datashop":
        found = [column for column in columns if column.startswith("KC (")]
    elif kind == "assistments":
        known = [name.casefold() for name in assistments.CONCEPTS]
        found = sorted((c for c in columns if c.casefold() in known), key=lambda c: known.index(c.casefold()))
    else:
        found = columns
    return list(dict.fromkeys(column for column in found if column))


def _mapping(columns: list[str], rows: list[list[str]]) -> dict[str, str]:
    plain: dict[str, tuple[int, str]] = {}
    for place, column in enumerate(columns):
        if column and columns.count(column) == 1:
            plain.setdefault(_plain(column), (place, column))
    mapping: dict[str, str] = {}
    for what, names in USUAL_NAMES.items():
        found = [plain[name] for name in names if name in plain and plain[name][1] not in mapping.values()]
        if what == "outcome":  # the first whose values can be read, if any can
            found = [each for each in found if _all_outcomes(row[each[0]] for row in rows)] or found
        if found:
            mapping[what] = found[0][1]
    if "learner" not in mapping and "name" in mapping:
        mapping["learner"] = mapping.pop("name")
    return mapping


def _all_outcomes(texts: Iterable[str]) -> bool:
    return all(text.strip().lower() in OUTCOMES for text in texts)


def _plain(column: str) -> str:
    """In lower case, words apart: "userID", "User-Id" and "user_id" are all "user id"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    return " ".join(re.findall(r"[^\W_]+", apart.casefold()))
