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
_CHECKING = 0.1


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
    reader = _reader(format, Clock(timezone), concept_column, mapping)
    progress = on_progress or (lambda _done, _total: None)

    _check(path, reader, batch_size, progress)
    skipped = Skipped()
    with open_table(path) as table, Sender(database, source, skipped) as sender:
        size = table.file.size
        for batch in batches(reader(table, skipped), batch_size):
            sender.send(batch, cohort)
            progress(round(_CHECKING * size + (1 - _CHECKING) * table.file.position()), size)
        progress(size, size)
    sender.report.rows = table.count
    sender.report.seconds = time.monotonic() - started
    return sender.report


def _check(path: str | Path, reader: Reader, batch_size: int, progress: Progress) -> None:
    with open_table(path) as table:
        for _ in batches(reader(table, Skipped()), batch_size):
            progress(round(_CHECKING * table.file.position()), table.file.size)


def _reader(name: str, clock: Clock, concept_column: str | None, mapping: Mapping[str, str] | None) -> Reader:
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
