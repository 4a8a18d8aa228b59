"""Practice from a file into a cohort by who teaches it: looked at first, and undone as a whole."""

import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from mastery_core.concept import shown
from mastery_core.database.protocol import Database
from mastery_core.errors import MasteryError, NotFound, Unavailable
from mastery_core.ingest.event import Event
from mastery_core.ingest.ids import cohort_learner_id
from mastery_core.ingest.importer import CHECKING, PracticeFile, reader_of, shared
from mastery_core.ingest.jobs import Cancelled
from mastery_core.ingest.reading import Skipped
from mastery_core.ingest.sending import ImportReport, Row, Rows
from mastery_core.ingest.text_file import problem_in
from mastery_core.ingest.times import Clock

Progress = Callable[[int, int], None]

EVENTS_SHOWN = 8
# An import that is neither done nor undone, and was not touched for so long, is one that nobody works on any more.
INTERRUPTED_SECONDS = 120
PAUSE_SECONDS = 1.0

_BATCH = 2000  # a call of a person must come through within seconds, also where the database is small
_SMALL_BATCH = 100  # what an undo tries at last, where a whole one does not come through
_AT_MOST_NAMED = 255


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read: see ``import_file``."""

    format: str
    concept_column: str | None = None
    mapping: Mapping[str, str] | None = None
    timezone: str = "UTC"


@dataclass(slots=True)
class MetLearner:
    """A learner of a file: what it calls them, and who they are in the cohort.

    ``person`` is None where they are not in it yet, and ``name`` then what they will be called.
    """

    called: str
    person: str | None
    name: str
    interactions: int = 0


@dataclass(slots=True)
class DryRun:
    """What importing a file would come to. The fields are those of ``ImportReport``, and what was met in the file."""

    rows: int = 0
    interactions: int = 0
    already_there: int = 0
    skipped: dict[str, tuple[int, int]] = field(default_factory=dict)
    learners: list[MetLearner] = field(default_factory=list)
    concepts: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    first_events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Count one interaction of the file."""
        self.interactions += 1
        self.concepts[event.concept] = self.concepts.get(event.concept, 0) + 1
        self.first = event.at if self.first is None else min(self.first, event.at)
        self.last = event.at if self.last is None else max(self.last, event.at)
        if len(self.first_events) < EVENTS_SHOWN:
            self.first_events.append(event)

    @property
    def new_learners(self) -> list[MetLearner]:
        """Those whom the import would bring into the cohort."""
        return [learner for learner in self.learners if learner.person is None]


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a cohort. ``interactions`` of it are still there; ``report`` is an ``ImportReport``'s fields.

    ``state`` is "running", "done", "undoing", "undone", or "interrupted": neither done nor undone, and nobody works on
    it any more. ``mine``: made by the one who asks.
    """

    id: str
    file_name: str
    state: str
    started_at: datetime
    touched_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    report: dict[str, Any] | None
    interactions: int
    made_by: str | None
    mine: bool


class PracticeImport:
    """Imports into one cohort, as the one whom ``database`` acts for may make them.

    A learner of a file is the student of the cohort whose id or e-mail it gives, or who is called so; else one that the
    cohort makes, and the same one whenever a file or a list calls them so. Methods raise the errors of
    ``mastery_core.errors``: NotFound for a cohort or import that is not there, or not to be seen. ``name`` is what
    messages call the file, else its path; ``on_progress(done, total)`` is called now and then, and what it raises stops
    the work.
    """

    def __init__(self, database: Database, cohort_id: str) -> None:
        self.database = database
        self.cohort_id = cohort_id

    def check(
        self, path: str | Path, reading: Reading, *, name: str | None = None, on_progress: Progress | None = None
    ) -> DryRun:
        """What importing the file would come to. InvalidInput for the first thing that cannot be read."""
        file, students, skipped = self._file(path, reading, name), self._students(path, name), Skipped()
        dry_run = DryRun(skipped=skipped.reasons)
        with Rows(students.meet, skipped) as rows:
            for batch in file.batches(skipped, on_progress or _nobody):
                met = rows.of(batch)
                for event, _ in met:
                    students.met[event.learner].interactions += 1
                    dry_run.add(event)
                dry_run.already_there += self._known([row for _, row in met], students)
        dry_run.rows = file.rows
        dry_run.learners = list(students.met.values())
        return dry_run

    def run(
        self, path: str | Path, reading: Reading, *, name: str | None = None, on_progress: Progress | None = None
    ) -> ImportReport:
        """Import the file: all of it, or, where that fails or is cancelled, nothing. Takes it back by ``undo`` then.

        The same file again, or one that has some of it, adds only what is not there yet.
        """
        started = time.monotonic()
        progress = on_progress or _nobody
        file, students, skipped = self._file(path, reading, name), self._students(path, name), Skipped()
        file.check(shared(progress, 0, CHECKING))
        report = ImportReport(skipped=skipped.reasons, import_id=str(uuid4()))
        try:
            self._call(
                "begin_import", report.import_id, cohort=self.cohort_id, file_name=shown_name(name or Path(path).name)
            )
            with Rows(students.meet, skipped) as rows:
                for batch in file.batches(skipped, shared(progress, CHECKING, 1)):
                    if of_batch := [row | students.called(event) for event, row in rows.of(batch)]:
                        report.add(self._call("import_practice", report.import_id, rows=of_batch), rows)
            report.rows = file.rows
            report.new_learners = sum(learner.person is None for learner in students.met.values())
            report.seconds = time.monotonic() - started
            self._call("finish_import", report.import_id, report=asdict(report))
        except BaseException as error:
            self._take_back(report, error, progress)
            raise
        return report

    def undo(self, import_id: str, *, on_progress: Progress | None = None) -> int:
        """Take an import out again, as if it had never been; how many interactions that were.

        Where it is interrupted, the same again goes on. Practice that was recorded since stays, and so does who made it.
        """
        progress, removed = on_progress or _nobody, 0
        size, failed = _BATCH, None
        while True:
            try:
                answer = self.database.call("undo_import", **{"import": import_id}, max_interactions=size)
            except Unavailable:
                if size == failed:
                    raise
                time.sleep(PAUSE_SECONDS)
                size, failed = max(size // 2, min(size, _SMALL_BATCH)), size
                continue
            failed = None
            removed += int(answer["removed"])
            progress(removed, removed + answer["remaining"])
            if answer["state"] == "undone":
                return removed

    def get_imports(self) -> list[Import]:
        """The cohort's imports, the newest first."""
        return [_import(row) for row in self.database.call("cohort_imports", cohort=self.cohort_id)]

    def _file(self, path: str | Path, reading: Reading, name: str | None) -> PracticeFile:
        reader = reader_of(reading.format, Clock(reading.timezone), reading.concept_column, reading.mapping)
        return PracticeFile(path, reader, name=name, batch_size=_BATCH)

    def _students(self, path: str | Path, name: str | None) -> "_Students":
        roster = self.database.call("cohort_roster", cohort=self.cohort_id)
        people = [person for person in roster["people"] if person["role"] == "student"]
        return _Students(self.cohort_id, people, str(path) if name is None else name)

    def _known(self, rows: list[Row], students: "_Students") -> int:
        """How many of the rows are in the log already."""
        asked = [(row["learner"], row["id"]) for row in rows if row["learner"] in students.by_id]
        if not asked:
            return 0
        learners, ids = zip(*asked, strict=True)
        known: int = self.database.call(
            "known_interactions", cohort=self.cohort_id, learners=list(learners), interactions=list(ids)
        )
        return known

    def _take_back(self, report: ImportReport, error: BaseException, progress: Progress) -> None:
        """Undo what was imported before the error; on_progress counts down what is left of it."""

        def count_down(done: int, total: int) -> None:
            with suppress(Cancelled):
                progress(total - done, total)

        try:
            self.undo(str(report.import_id), on_progress=count_down)
        except NotFound:  # it had not begun
            return
        except MasteryError as second:
            said = str(error) or type(error).__name__
            raise Unavailable(
                f"{said} What was imported until then could not be taken back ({second}): undo it in the list of imports."
            ) from error

    def _call(self, function: str, import_id: str | None, **arguments: Any) -> Any:
        """Ask for something about an import, and once more where it is not known what came of it."""
        arguments["import"] = import_id
        try:
            return self.database.call(function, **arguments)
        except Unavailable:
            time.sleep(PAUSE_SECONDS)
            return self.database.call(function, **arguments)


class _Students:
    """The students of a cohort, and whom a file means: ``met`` are its learners by what it calls them."""

    def __init__(self, cohort_id: str, people: Iterable[Mapping[str, Any]], file_name: str) -> None:
        self.by_id: dict[str, str] = {}
        self.met: dict[str, MetLearner] = {}
        self._cohort_id = cohort_id
        self._file_name = file_name
        self._by_email: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._met_by_name: dict[str, str] = {}
        for person in people:
            self.by_id[person["id"]] = person["display_name"]
            if person["email"]:
                self._by_email[person["email"].casefold()] = person["id"]
            self._by_name.setdefault(_composed(person["display_name"]), []).append(person["id"])

    def meet(self, event: Event) -> str:
        """The id of the event's learner, who from now on is in ``met``."""
        own = cohort_learner_id(self._cohort_id, _called(event.learner))
        person = self._known(event, own)
        name = event.name or event.learner if person is None else self.by_id[person]
        self.met[event.learner] = MetLearner(event.learner, person, name)
        return own if person is None else person

    def called(self, event: Event) -> Row:
        """What a row of the event says beside who the learner is."""
        return {"called": _called(event.learner)}

    def _known(self, event: Event, own: str) -> str | None:
        person = _uuid(event.learner) or ""
        if person in self.by_id:
            return person
        person = self._by_email.get(event.learner.casefold(), own)
        if person in self.by_id:
            return person
        namesakes = self._called_so(event.learner)
        if len(namesakes) > 1:
            raise problem_in(
                self._file_name,
                f"{len(namesakes)} students of the cohort are called {shown(event.learner)}: "
                "have the file give e-mail addresses or ids instead of names.",
                event.line,
            )
        return namesakes[0] if namesakes else self._known_by_other_name(event)

    def _known_by_other_name(self, event: Event) -> str | None:
        """Who is called as the file's name column says, where it cannot be somebody else."""
        namesakes = self._called_so(event.name or "")
        if len(namesakes) != 1:
            return None
        other = self._met_by_name.setdefault(namesakes[0], event.learner)
        if other != event.learner:
            raise problem_in(
                self._file_name,
                f"The learners {shown(other)} and {shown(event.learner)} are both called {shown(event.name or '')}, "
                "as a student of the cohort is: have the file give that student's e-mail address or id.",
                event.line,
            )
        return namesakes[0]

    def _called_so(self, name: str) -> list[str]:
        """Who has this name; nobody by a name that is an address or an id, which anybody could take for theirs."""
        return [] if "@" in name or _uuid(name) else self._by_name.get(name, [])


def _called(learner: str) -> str:
    """What a learner who is new to the cohort is known by: an e-mail in lower case, anything else as it is."""
    return learner.lower() if "@" in learner else learner


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def shown_name(name: str) -> str:
    """A file's name as the list of imports can show it: without what cannot be seen, and of a long one its beginning."""
    seen = "".join(sign for sign in name if sign.isprintable()).strip()
    return seen[:_AT_MOST_NAMED].strip() or "a file without a name"


def _import(row: Mapping[str, Any]) -> Import:
    is_idle = row["idle_seconds"] > INTERRUPTED_SECONDS and row["state"] in {"running", "undoing"}
    return Import(
        id=row["id"],
        file_name=row["file_name"],
        state="interrupted" if is_idle else row["state"],
        started_at=datetime.fromisoformat(row["started_at"]),
        touched_at=datetime.fromisoformat(row["touched_at"]),
        finished_at=_moment(row["finished_at"]),
        undone_at=_moment(row["undone_at"]),
        report=row["report"],
        interactions=row["interactions"],
        made_by=row["made_by"],
        mine=row["mine"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _nobody(_done: int, _total: int) -> None:
    pass
