"""Events into the log: rows with ids, sent in batches, each a transaction of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Self

from mastery_core.database.protocol import Database
from mastery_core.ingest.event import Event
from mastery_core.ingest.ids import interaction_id, person_id, session_id
from mastery_core.ingest.occurrences import Occurrences
from mastery_core.ingest.reading import Skipped

REPEATED = "the same id as an earlier row"

_SESSIONS_REMEMBERED = 1 << 14


@dataclass(slots=True)
class ImportReport:
    """What an import came to.

    ``rows`` were read; each gave an interaction for each of its concepts, or was ``skipped`` ({reason: (how many, first
    line)}). Of the interactions some are new (``imported``), the others were ``already_there``. ``learners`` and
    ``concepts`` are the different ones met, ``new_learners`` those the log did not know.
    """

    rows: int = 0
    imported: int = 0
    already_there: int = 0
    skipped: dict[str, tuple[int, int]] = field(default_factory=dict)
    learners: int = 0
    new_learners: int = 0
    concepts: int = 0
    seconds: float = 0.0


class Sender:
    """Sends the events of one source to the log, and keeps the ``report``. A context manager."""

    def __init__(self, database: Database, source: str, skipped: Skipped) -> None:
        self.report = ImportReport(skipped=skipped.reasons)
        self._database = database
        self._source = source
        self._skipped = skipped
        self._occurrences = Occurrences()
        self._people: dict[str, str] = {}
        self._concepts: set[str] = set()
        self._session_id = lru_cache(_SESSIONS_REMEMBERED)(session_id)

    def send(self, events: list[Event], cohort: str | None) -> None:
        """Send one batch, its learners into ``cohort``. Where the batches are cut makes no difference to the ids."""
        people = [self._person(event.learner) for event in events]
        counts = self._occurrences.count([f"{who}|{event.key}" for who, event in zip(people, events, strict=True)])
        rows = [
            self._row(event, who, 0 if event.named else count)
            for event, who, count in zip(events, people, counts, strict=True)
            if not self._repeated(event, count)
        ]
        if not rows:
            return
        answer = self._database.call("import_outcomes", rows=rows, cohort=cohort)
        self.report.imported += answer["imported"]
        self.report.already_there += answer["already_there"]
        self.report.new_learners += answer["learners"]
        self.report.learners, self.report.concepts = len(self._people), len(self._concepts)

    def _person(self, learner: str) -> str:
        person = self._people.get(learner)
        if person is None:
            person = self._people[learner] = person_id(self._source, learner)
        return person

    def _repeated(self, event: Event, count: int) -> bool:
        if repeated := event.named and count > 0:
            self._skipped.add(REPEATED, event.line)
        return repeated

    def _row(self, event: Event, person: str, occurrence: int) -> dict[str, Any]:
        self._concepts.add(event.concept)
        return {
            "id": interaction_id(person, event.key, occurrence),
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


def batches(events: Iterable[Event], size: int) -> Iterator[list[Event]]:
    """The events in lists of ``size``, the last one shorter."""
    remaining = iter(events)
    while batch := list(islice(remaining, size)):
        yield batch
