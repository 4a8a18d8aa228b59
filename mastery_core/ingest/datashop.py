"""PSLC DataShop transaction exports: one line per transaction, one event for each of its knowledge components.

The columns are described at https://pslcdatashop.web.cmu.edu/help?page=export.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from mastery_core.concept import check_concept, shown
from mastery_core.errors import InvalidInput
from mastery_core.ingest.event import INTERACTION_TYPES, Event, check_learner, content_key
from mastery_core.ingest.reading import Column, Skipped, Table
from mastery_core.ingest.times import Clock
from mastery_core.model import Outcome

Value = TypeVar("Value")

LEARNER = "Anon Student Id"
OUTCOME = "Outcome"
SESSION = "Session Id"
TIMES = ("Time", "Problem Start Time")
ROW_ID = "Transaction Id"
# Custom fields of an extract: the time to the microsecond, and what came first of what is of one learner, concept and instant.
EXACT_TIME = "CF (Exact Time)"
ORDER = "CF (Order Within Instant)"

OUTCOMES = {
    "correct": Outcome.CORRECT,
    "incorrect": Outcome.INCORRECT,
    "hint": Outcome.CONFUSION_DETECTED,
    "study": Outcome.PASSIVE_READ,
}

_SEPARATOR = "~~"  # between the components of one model where they share a field
_NOTHING = {"", "."}
_PLACE = re.compile("[1-9][0-9]{0,8}")


def read_datashop(table: Table, clock: Clock, skipped: Skipped, concept_column: str | None = None) -> Iterator[Event]:
    """The table's events in file order.

    ``concept_column`` names the knowledge component column (or only the model: "Cluster" for "KC (Cluster)"); it may be
    left out where there is but one. Lines without a concept, and outcomes other than CORRECT, INCORRECT, HINT and
    STUDY, are added to ``skipped``. A session "." is none. Raises InvalidInput for the first line that cannot be read.
    """
    _check_columns(table)
    learner_of = Column(table, table.place(LEARNER), check_learner)
    outcome_of = Column(table, table.place(OUTCOME), lambda text: OUTCOMES.get(text.strip().lower()))
    concepts_of = _concepts(table, concept_column)
    places = map(table.find, (EXACT_TIME, *TIMES))
    times = [Column(table, place, clock.read, repeats=False) for place in places if place is not None]
    order_of = _order(table)
    session_at, id_at = table.find(SESSION), table.find(ROW_ID)
    for line, row in table.rows():
        outcome = outcome_of(line, row)
        if outcome is None:
            skipped.add(f"outcome {shown(row[outcome_of.index])} is not one that counts", line)
            continue
        concepts = concepts_of(line, row)
        if not concepts:
            skipped.add("no concept", line)
            continue
        time_of = _first_filled(times, row)
        learner, at, kind = learner_of(line, row), time_of(line, row), INTERACTION_TYPES[outcome]
        session = "" if session_at is None else row[session_at].strip()
        session_here = None if session in _NOTHING else session
        row_id = "" if id_at is None else row[id_at].strip()
        named, nth = bool(row_id), order_of(line, row)
        for concept in concepts:
            key = f"{row_id}\x1f{concept}" if row_id else content_key(row[time_of.index], outcome, concept, session)
            yield Event(learner, concept, outcome, at, session_here, kind, line, key, named, nth=nth)


def _check_columns(table: Table) -> None:
    missing = [name for name in (LEARNER, OUTCOME) if table.find(name) is None]
    if table.find(*TIMES) is None:
        missing.append(TIMES[0])
    if missing:
        raise table.missing("a DataShop transaction export", *map(shown, missing))


def _order(table: Table) -> Callable[[int, list[str]], int | None]:
    """What finds which of the events of one instant a row is, where an extract says so."""
    place = table.find(ORDER)
    return Column(table, place, _nth) if place is not None else lambda _line, _row: None


def _nth(text: str) -> int | None:
    text = text.strip()
    if text in _NOTHING:
        return None
    if not _PLACE.fullmatch(text):
        raise InvalidInput(f"{shown(text)} is not a place in an order; 1, 2, 3 are.")
    return int(text)


def _first_filled(columns: list[Column[Value]], row: list[str]) -> Column[Value]:
    for column in columns:
        if row[column.index].strip() not in _NOTHING:
            return column
    return columns[0]


def _concepts(table: Table, wanted: str | None) -> Callable[[int, list[str]], list[str]]:
    """What finds a row's concepts: a model may have several columns of one name, and several concepts in each."""
    columns = [Column(table, place, _split_concepts) for place in _concept_places(table, wanted)]
    if len(columns) == 1:
        return columns[0]
    return lambda line, row: list(dict.fromkeys(concept for column in columns for concept in column(line, row)))


def _concept_places(table: Table, wanted: str | None) -> list[int]:
    models = list(dict.fromkeys(name for name in table.columns if name.startswith("KC (")))
    if wanted is None and len(models) == 1:
        wanted = models[0]
    known = ", ".join(map(shown, models)) or "none"
    if wanted is None:
        raise table.file.problem(f"Choose the concept column; the knowledge component columns are: {known}.", 1)
    places = table.places(wanted) or table.places(f"KC ({wanted})")
    if not places:
        raise table.file.problem(f"There is no such column; the knowledge component columns are: {known}.", 1, wanted)
    return places


def _split_concepts(text: str) -> list[str]:
    return list(dict.fromkeys(check_concept(part) for part in text.split(_SEPARATOR) if part.strip()))
