"""Events into the log: rows with ids, sent in batches, each a transaction of its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Self

from mastery_core.database.protocol import Database
from mastery_core.ingest.event import Event
from mastery_core.ingest.ids import in_order, interaction_id, person_id, session_id
from mastery_core.ingest.occurrences import Occurrences
from mastery_core.ingest.reading import Skipped

REPEATED = "the same id as an earlier row"

_SESSIONS_REMEMBERED = 1 << 14

Row = dict[str, Any]


@dataclass(slots=True)
class ImportReport:
    """What an import came to.

    ``rows`` were read; each gave an interaction for each of its concepts, or was ``skipped`` ({reason: (how many, first
    line)}). Of the interactions some are new (``imported``), the others were ``already_there``. ``learners`` and
    ``concepts`` are the different ones met, ``new_learners`` those the log did not know. ``import_id`` is by what it can be
    undone, where it can be: see ``PracticeImport``.
    """

    rows: int = 0
    imported: int = 0
    already_there: int = 0
    skipped: dict[str, tuple[int, int]] = field(default_factory=dict)
    learners: int = 0
    new_learners: int = 0
    concepts: int = 0
    seconds: float = 0.0
    import_id: str | None = None

    def add(self, answer: dict[str, int], rows: "Rows") -> None:
        """Add what the log said to a batch of these ``rows``."""
        self.imported += answer["imported"]
        self.already_there += answer["already_there"]
        self.new_learners += answer["learners"]
        self.learners, self.concepts = len(rows.learners), len(rows.concepts)


class Rows:
    """Turns the events of one file into rows of the log, of whom ``person_of`` says who they are. A context manager.

    What it met is in ``learners`` (what the file calls them: who they are) and ``concepts``.
    """

    def __init__(self, person_of: Callable[[Event], str], skipped: Skipped) -> None:
        self.learners: dict[str, str] = {}
        self.concepts: set[str] = set()
        self._person_of = person_of
        self._skipped = skipped
        self._occurrences = Occurrences()
        self._session_id = lru_cache(_SESSIONS_REMEMBERED)(session_id)

    def of(self, events: list[Event]) -> list[tuple[Event, Row]]:
        """The events that count, each with its row. Where the batches are cut makes no difference to the ids."""
        people = [self._person(event) for event in events]
        counts = self._occurrences.count([f"{who}|{event.key}" for who, event in zip(people, events, strict=True)])
        return [
            (event, self._row(event, who, 0 if event.named else count))
            for event, who, count in zip(events, people, counts, strict=True)
            if not self._repeated(event, count)
        ]

    def _person(self, event: Event) -> str:
        person = self.learners.get(event.learner)
        if person is None:
            person = self.learners[event.learner] = self._person_of(event)
        return person

    def _repeated(self, event: Event, count: int) -> bool:
        if repeated := event.named and count > 0:
            self._skipped.add(REPEATED, event.line)
        return repeated

    def _row(self, event: Event, person: str, occurrence: int) -> Row:
        self.concepts.add(event.concept)
        key = interaction_id(person, event.key, occurrence)
        return {
            "id": key if event.nth is None else in_order(key, event.nth),
            "learner": person,
            "learner_name": event.name or event.learner,
            "concept": event.concept,
            "outcome": event.outcome.value,
            "at": event.at.isoformat(),
            "session": None if event.session is None else self._session_id(person, event.session),
            "type": event.type,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._occurrences.close()


class Sender:
    """Sends the events of one source to the log, and keeps the ``report``. A context manager."""

    def __init__(self, database: Database, source: str, skipped: Skipped) -> None:
        self.report = ImportReport(skipped=skipped.reasons)
        self._database = database
        self._rows = Rows(lambda event: person_id(source, event.learner), skipped)

    def send(self, events: list[Event], cohort: str | None) -> None:
        """Send one batch, its learners into ``cohort``. Where the batches are cut makes no difference to the ids."""
        rows = [row for _, row in self._rows.of(events)]
        if rows:
            self.report.add(self._database.call("import_outcomes", rows=rows, cohort=cohort), self._rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.__exit__()


def batches(events: Iterable[Event], size: int) -> Iterator[list[Event]]:
    """The events in lists of ``size``, the last one shorter."""
    remaining = iter(events)
    while batch := list(islice(remaining, size)):
        yield batch
