"""All that is kept about one learner, to take along: one JSON document, an archive of CSV tables, or one table."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from mastery_core.identity.directory import Person

Row = dict[str, Any]
Rows = Iterable[tuple[str, Row]]

# Spreadsheets take a text that begins with one of these for a formula, and would run it.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# Without this mark at the beginning, Excel takes the text for Latin-1.
CSV_ENCODING = "utf-8-sig"

NOTES = """\
Numbers are numbers: scores and changes are shares, 0.5 is 50%. Times are ISO 8601 in UTC. An empty cell is nothing,
not zero. The tables are UTF-8 with commas. A text that begins with one of = + - @ has an apostrophe before it, so that
no spreadsheet takes it for a formula; the JSON export has it as it is."""

# What is in each table, and in each of its columns. Shares are between 0 and 1, times ISO 8601 in UTC.
ABOUT = {
    "profile": "Your profile.",
    "cohorts": "The cohorts you belong to.",
    "student_mastery": "Where you stand: one row a concept, as it was when last practised.",
    "learning_sessions": "Your sessions: one row a session.",
    "interactions": "What happened: one row for everything that was recorded. All other tables follow from this one.",
    "mastery_history": "Every change of a score: one row for each practice, and one for what time took away before it.",
    "mastery_daily": "What each day came to: one row a UTC day and concept.",
}
RECORD = ("student_mastery", "learning_sessions", "interactions", "mastery_history", "mastery_daily")
COLUMNS = {
    "profile": {
        "id": "you",
        "display_name": "your name",
        "role": "what you are here: student, instructor, researcher or admin",
        "time_zone": "your time zone; empty: your browser's",
        "weak_below": "the score below which a concept is weak for you; empty: the usual one",
        "mastered_from": "the score from which on a concept is mastered for you; empty: the usual one",
        "compares": "whether you see yourself beside your group",
        "in_research": "whether what you do may go, under another name, to researchers",
    },
    "cohorts": {"name": "its name"},
    "student_mastery": {
        "user_id": "you",
        "concept_tag": "the concept",
        "mastery_score": "the score right after the last practice; what was forgotten since is not yet taken off",
        "decay_factor": "the share that is kept a day without practice",
        "last_assessed_at": "the last practice",
        "observations": "how often it was practised",
        "practised": "what all practice together added to the score",
        "forgotten": "what time took away between practices, at most 0",
        "correct": "right answers",
        "graded": "answers that were right or wrong",
        "last_interaction_id": "the interaction that the score stands at",
    },
    "learning_sessions": {
        "id": "the session",
        "user_id": "you",
        "started_at": "its beginning",
        "ended_at": "its end; empty while it runs",
        "concepts_touched": "the concepts practised in it, as JSON",
        "total_interactions": "how much was recorded in it",
        "mastery_gained": "what its practice added to the score of each concept, as JSON",
        "metadata": "what the tutor noted, as JSON",
        "import_id": "the file import that made it; empty where none did",
    },
    "interactions": {
        "id": "the interaction",
        "student_id": "you",
        "type": "what you did, such as quiz_attempt",
        "concept_focus": "the concept",
        "outcome": "what came of it: correct, incorrect, confusion_detected, passive_read or reset",
        "intent": "what the tutor took you to want",
        "agent_used": "which part of the tutor answered",
        "scaffolding_level": "how much help was given",
        "metadata": "what the tutor noted, as JSON",
        "created_at": "when it happened",
        "session_id": "the session it belongs to",
        "custom_delta": "what it was worth, where the tutor said so; empty where the usual worth held",
        "reset_to": "the score that a reset put in force",
        "import_id": "the file import by which whoever teaches you brought it in; empty where none did",
    },
    "mastery_history": {
        "interaction_id": "the interaction that moved the score",
        "user_id": "you",
        "concept_tag": "the concept",
        "mastery_score": "the score after",
        "delta": "the change",
        "trigger_type": "what moved it: quiz, question, explanation, decay (time without practice) or reset",
        "opportunity": "how often the concept had been practised by then",
        "is_correct": "whether the answer was right; empty where it was no answer",
        "practised": "running total of what practice added",
        "forgotten": "running total of what time took away, at most 0",
        "correct": "running count of right answers",
        "graded": "running count of answers that were right or wrong",
        "session_id": "the session it belongs to",
        "created_at": "when it happened",
    },
    "mastery_daily": {
        "user_id": "you",
        "day": "the day, in UTC",
        "concept_tag": "the concept",
        "closing_score": "the score after the day's last practice",
        "closed_at": "the day's last practice",
        "previous_at": "the last practice before this day; empty on the first",
        "gained": "what practice added",
        "lost": "what practice took away, at most 0",
        "forgotten": "what time took away, at most 0",
        "adjusted": "what resets changed",
        "observations": "how often it was practised that day",
        "correct": "right answers",
        "graded": "answers that were right or wrong",
        "opportunity": "how often it had been practised by the end of the day",
    },
}


def write_json(file: BinaryIO, person: Person, rows: Rows, *, made_at: datetime) -> None:
    """Write everything as one JSON document into ``file``, row by row: values exactly as they are kept.

    ``rows`` are (table, row) pairs, table by table, as ``MasteryService.export`` gives them.
    """
    head = {
        "made_at": made_at.astimezone(UTC).isoformat(),
        "profile": profile(person),
        "cohorts": list(person.cohorts),
    }
    file.write(_json(head)[:-1])
    for table, of_table in _by_table(rows):
        file.write(b",\n" + _json(table) + b": [")
        file.writelines((b",\n" if number else b"\n") + _json(row) for number, row in enumerate(of_table))
        file.write(b"]")
    file.write(b"}\n")


def write_archive(file: BinaryIO, person: Person, rows: Rows, *, made_at: datetime) -> None:
    """Write everything as a zip archive into ``file``, row by row: a CSV file a table, and README.txt, which explains them."""
    own = [("profile", [profile(person)]), ("cohorts", [{"name": name} for name in person.cohorts])]
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", readme(person, made_at=made_at))
        for table, of_table in chain(own, _by_table(rows)):
            with archive.open(f"{table}.csv", "w", force_zip64=True) as entry:
                _write_rows(entry, table, of_table)


def write_csv(file: BinaryIO, table: str, rows: Rows) -> None:
    """Write the rows of one ``table`` as CSV into ``file``, row by row."""
    _write_rows(file, table, (row for name, row in rows if name == table))


def plain_text(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with an apostrophe before it where one would."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def profile(person: Person) -> Row:
    """What a person has chosen for themselves, as it is exported."""
    return {
        "id": person.id,
        "display_name": person.display_name,
        "role": person.role,
        "time_zone": person.time_zone,
        "weak_below": person.weak_below,
        "mastered_from": person.mastered_from,
        "compares": person.compares,
        "in_research": person.in_research,
    }


def readme(person: Person, *, made_at: datetime) -> str:
    """What an archive says about itself: what each of its tables and columns is."""
    parts = [
        f"The learning record of {person.display_name}, made on {made_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC.",
        NOTES,
    ]
    for table, columns in COLUMNS.items():
        lines = [f"  {name}: {what}" for name, what in columns.items()]
        parts.append("\n".join([f"{table}.csv: {ABOUT[table]}", *lines]))
    return "\n\n".join(parts) + "\n"


def _by_table(rows: Rows) -> Iterator[tuple[str, Iterable[Row]]]:
    """Each table of the record with its rows, which come together; after them the tables without any."""
    empty = dict.fromkeys(RECORD)
    for table, together in groupby(rows, key=itemgetter(0)):
        empty.pop(table, None)
        yield table, (row for _, row in together)
    yield from ((table, ()) for table in empty)


def _write_rows(file: Any, table: str, rows: Iterable[Row]) -> None:
    text = TextIOWrapper(file, encoding=CSV_ENCODING, newline="")
    writer = csv.writer(text)
    left = iter(rows)
    first = list(islice(left, 1))
    # In the order in which they are explained, and nothing left out that a row has.
    columns = list(COLUMNS[table] | first[0] if first else COLUMNS[table])
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in chain(first, left))
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    """Numbers as they are, truth as true and false, lists and objects as JSON."""
    if isinstance(value, str):
        return plain_text(value)
    return _ENCODER.encode(value) if isinstance(value, (bool, list, dict)) else value


def _json(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
