"""A file into the log: read once to see that all of it is good, then read again and sent."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mastery_core.concept import check_name, shown
from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput
from mastery_core.ingest.assistments import read_assistments
from mastery_core.ingest.csv_file import read_csv
from mastery_core.ingest.datashop import read_datashop
from mastery_core.ingest.event import Event
from mastery_core.ingest.reading import Skipped, Table, open_table
from mastery_core.ingest.sending import ImportReport, Sender, batches
from mastery_core.ingest.times import Clock

FORMATS = ("datashop", "assistments", "csv")
MAX_LABEL_LENGTH = 200

Progress = Callable[[int, int], None]
Reader = Callable[[Table, Skipped], Iterator[Event]]

# Checking takes this share of an import's time, more or less; it only makes the progress even.
CHECKING = 0.1


def import_file(
    database: Database,
    path: str | Path,
    *,
    format: str,  # noqa: A002 - the word that people use for it
    concept_column: str | None = None,
    cohort: str | None = None,
    timezone: str = "UTC",
    mapping: Mapping[str, str] | None = None,
    source: str | None = None,
    batch_size: int = 5000,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import a file of ``format`` "datashop", "assistments" or "csv" into the log, and its learners into ``cohort``.

    The whole file is checked before anything is sent: InvalidInput, or NotFound for a missing file, then changed
    nothing. The ids of learners, sessions and interactions follow from what the file says, so importing it again, or
    again after an interruption, adds only what is not there yet. ``source`` (default: the format) keeps apart learners
    of different origin that have the same id. Times without a zone are taken in ``timezone``.
    ``on_progress(bytes_done, bytes_total)`` is called now and then. Memory does not grow with the file's length.
    """
    started = time.monotonic()
    if batch_size < 1:
        raise InvalidInput("The batch size is 1 at least.")
    cohort = None if cohort is None else check_name(cohort, "cohort", MAX_LABEL_LENGTH)
    source = check_name(format if source is None else source, "source", MAX_LABEL_LENGTH)
    practice = PracticeFile(path, reader_of(format, Clock(timezone), concept_column, mapping), batch_size=batch_size)
    progress = on_progress or (lambda _done, _total: None)

    practice.check(shared(progress, 0, CHECKING))
    skipped = Skipped()
    with Sender(database, source, skipped) as sender:
        for batch in practice.batches(skipped, shared(progress, CHECKING, 1)):
            sender.send(batch, cohort)
    sender.report.rows = practice.rows
    sender.report.seconds = time.monotonic() - started
    return sender.report


class PracticeFile:
    """A file of practice and how it is read, in batches of events. Messages call it by its ``name``, else by its path.

    ``rows`` are those read so far, or the last time.
    """

    def __init__(self, path: str | Path, reader: Reader, *, name: str | None = None, batch_size: int = 5000) -> None:
        self.rows = 0
        self.name = str(path) if name is None else name
        self._path = path
        self._reader = reader
        self._batch_size = batch_size

    def check(self, on_progress: Progress) -> None:
        """Read all of it. Raises InvalidInput for the first thing that cannot be read, NotFound for a missing file."""
        for _ in self.batches(Skipped(), on_progress):
            pass

    def batches(self, skipped: Skipped, on_progress: Progress) -> Iterator[list[Event]]:
        """The file's events. ``on_progress(bytes_done, bytes_total)`` is called after each batch, and at the end."""
        with open_table(self._path, self.name) as table:
            size = table.file.size
            for batch in batches(self._reader(table, skipped), self._batch_size):
                self.rows = table.count
                yield batch
                on_progress(table.file.position(), size)
            self.rows = table.count
            on_progress(size, size)


def shared(on_progress: Progress, start: float, end: float) -> Progress:
    """For a part of the work, from one share of all of it to another."""
    return lambda done, total: on_progress(round((start * total) + (end - start) * done), total)


def reader_of(name: str, clock: Clock, concept_column: str | None, mapping: Mapping[str, str] | None) -> Reader:
    """What reads a table of the format ``name``. Raises InvalidInput where the columns named do not go with it."""
    if name not in FORMATS:
        raise InvalidInput(f"There is no format {shown(name)}; there are {', '.join(FORMATS)}.")
    if name == "csv":
        columns = dict(mapping or {})
        if concept_column is not None and columns.setdefault("concept", concept_column) != concept_column:
            raise InvalidInput("The concept column is given twice, and not the same.")
        return lambda table, skipped: read_csv(table, clock, skipped, columns)
    if mapping:
        raise InvalidInput("Only the columns of a csv can be mapped; for other formats choose the concept column.")
    read = read_datashop if name == "datashop" else read_assistments
    return lambda table, skipped: read(table, clock, skipped, concept_column)
