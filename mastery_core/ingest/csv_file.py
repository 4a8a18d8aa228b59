"""Any CSV of outcomes, its columns named by a mapping."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from mastery_core.concept import check_concept, shown
from mastery_core.errors import InvalidInput
from mastery_core.ingest.datashop import OUTCOMES as DATASHOP_OUTCOMES
from mastery_core.ingest.event import INTERACTION_TYPES, Event, check_learner, content_key
from mastery_core.ingest.reading import Column, Skipped, Table
from mastery_core.ingest.times import Clock
from mastery_core.model import Outcome

Value = TypeVar("Value")

# What an event needs and may have, and the columns taken for it where the mapping names none.
NEEDED = {
    "learner": ("learner",),
    "concept": ("concept",),
    "outcome": ("outcome",),
    "at": ("at", "time", "timestamp"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {"session": ("session",), "name": ("name",), "id": ()}

OUTCOMES = {
    **DATASHOP_OUTCOMES,
    **{outcome.value: outcome for outcome in Outcome},
    **dict.fromkeys(("1", "1.0", "true"), Outcome.CORRECT),
    **dict.fromkeys(("0", "0.0", "false"), Outcome.INCORRECT),
}


def read_csv(table: Table, clock: Clock, skipped: Skipped, mapping: Mapping[str, str] | None = None) -> Iterator[Event]:
    """The table's events in file order.

    ``mapping`` gives the column for ``learner``, ``concept``, ``outcome`` and ``at``, and if wanted for ``session``,
    ``name`` (what to call the learner) and ``id`` (what makes a row the same row wherever it is met again). What it
    leaves out is looked for under its own name; an empty text says that no column stands for it. Lines without a concept
    are added to ``skipped``. Raises InvalidInput for the first line that cannot be read.
    """
    places = _places(table, mapping or {})
    learner_of = Column(table, places["learner"], check_learner)
    concept_of = Column(table, places["concept"], _concept)
    outcome_of = Column(table, places["outcome"], _outcome)
    time_of = Column(table, places["at"], clock.read, repeats=False)
    session_of = _optional(table, places.get("session"), str.strip)
    name_of = _optional(table, places.get("name"), _name)
    id_of = _optional(table, places.get("id"), str.strip)
    for line, row in table.rows():
        concept = concept_of(line, row)
        if concept is None:
            skipped.add("no concept", line)
            continue
        outcome, at = outcome_of(line, row), time_of(line, row)
        session, row_id = session_of(line, row) or None, id_of(line, row)
        key = f"{row_id}\x1f{concept}" if row_id else content_key(row[time_of.index], outcome, concept, session)
        kind, learner, name = INTERACTION_TYPES[outcome], learner_of(line, row), name_of(line, row)
        yield Event(learner, concept, outcome, at, session, kind, line, key, bool(row_id), name)


def _places(table: Table, mapping: Mapping[str, str]) -> dict[str, int]:
    known = NEEDED | OPTIONAL
    if strange := mapping.keys() - known.keys():
        raise InvalidInput(f"A column can stand for {', '.join(known)}, but not for {', '.join(sorted(strange))}.")
    names = {
        what: (mapping[what],) if what in mapping else usual
        for what, usual in known.items()
        if what in NEEDED or mapping.get(what) != ""
    }
    places = {what: place for what, columns in names.items() if (place := table.find(*columns)) is not None}
    missing = [what for what in names if what not in places and (what in NEEDED or what in mapping)]
    if missing:
        described = [f"{shown(names[what][0])} (for {what})" for what in missing]
        raise table.missing("a CSV with the columns asked for", *described)
    return places


def _optional(
    table: Table, place: int | None, read: Callable[[str], Value | None]
) -> Callable[[int, list[str]], Value | None]:
    return Column(table, place, read) if place is not None else lambda _line, _row: None


def _concept(text: str) -> str | None:
    return check_concept(text) if text.strip() else None


def _name(text: str) -> str | None:
    return check_learner(text) if text.strip() else None


def _outcome(text: str) -> Outcome:
    outcome = OUTCOMES.get(text.strip().lower())
    if outcome is None:
        valid = ", ".join(Outcome)
        raise InvalidInput(f"The outcome {shown(text)} is unknown; valid are {valid}, and 1, 0, true, false.")
    return outcome
