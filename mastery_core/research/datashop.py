"""An extract as PSLC DataShop takes it: a transaction a line, its fields separated by tabs.

The columns, their names and their order are those of https://pslcdatashop.web.cmu.edu/help?page=importFormatTd.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mastery_core.errors import InvalidInput
from mastery_core.research.extract import EVENTS_AT_ONCE, SCHEMA, Manifest, file_of

# DataShop's words for outcomes, which its importer and ours read. Another outcome is written in capitals; neither counts it.
OUTCOMES = {"correct": "CORRECT", "incorrect": "INCORRECT", "confusion_detected": "HINT", "passive_read": "STUDY"}
# What DataShop expects of the two sides of an answer, and of a question.
STUDENT_RESPONSES = {"quiz": "ATTEMPT", "question": "HINT_REQUEST"}
TUTOR_RESPONSES = {"quiz": "RESULT", "question": "HINT_MSG"}
# DataShop wants a session with every transaction: this is none.
NO_SESSION = "."

# Columns of an extract that go along as custom fields: the importer has no need of them.
TOLD = ("outcome", "trigger", "opportunity", "successes", "failures", "before", "after", "delta", "forgotten", "gap")
COLUMNS = (
    "Anon Student Id", "Session Id", "Time", "Time Zone", "Student Response Type", "Tutor Response Type", "Level (Concept)",
    "Problem Name", "Step Name", "Outcome", "Selection", "Action", "Input", "KC (Concept)", "Class", "CF (Exact Time)",
    "CF (Order Within Instant)", *(f"CF ({name.title()})" for name in TOLD),
)  # fmt: skip

# As in ``concept``: what no name may hold, and no field.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SEPARATOR = re.compile("~(?=~)")  # ~~ stands between the concepts of one transaction
_COMPRESSION = 6


def as_datashop(folder: Path, manifest: Manifest) -> BytesIO:
    """The extract as one text file of transactions, UTF-8 and packed with gzip; memory holds that, and some events at a time.

    The columns are ``COLUMNS``. A concept is its own level, problem and step, for an extract knows no problems; a class is a cohort. ``Time``
    is in UTC, cut to the milliseconds that DataShop reads; the exact time and what came first in one instant are custom fields.

    ``import_file(..., format="datashop")`` brings every outcome of ``OUTCOMES`` back, whatever its time zone, and the same numbers follow
    under the same rules and settings: see the manifest. The people are others, by their names here, and sessions are theirs. What does not
    come back: resets (their line says RESET, and is skipped), what an outcome was worth where whoever recorded it said so, and of names
    invisible characters (which become spaces) and ``~~`` (``~ ~``). Raises InvalidInput where a file cannot be read.
    """
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=_COMPRESSION, mtime=0) as file:
        file.write("\t".join(COLUMNS).encode() + b"\n")
        for month in manifest.months:
            for events in _whole_instants(file_of(folder, month.month)):
                file.write(_lines(events))
    return packed


def _whole_instants(path: Path) -> Iterator[pa.Table]:
    """The events of a month, some at a time, and what happened in one instant together."""
    held = SCHEMA.empty_table()
    try:
        for batch in pq.ParquetFile(path).iter_batches(EVENTS_AT_ONCE):
            events = pa.concat_tables([held, pa.Table.from_batches([batch])])
            last = int(_starts(events)[-1])
            if last:
                yield events.slice(0, last)
            held = events.slice(last)
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput("A file of the extract cannot be read just now: extract again.") from error
    if held.num_rows:
        yield held


def _starts(events: pa.Table) -> NDArray[np.intp]:
    """Where something begins that one learner did on one concept in one instant."""
    same = np.ones(events.num_rows - 1, dtype=bool)
    for name in ("learner", "concept", "at"):
        column = events[name]
        same &= np.asarray(pc.equal(column.slice(1), column.slice(0, len(column) - 1)), dtype=bool)
    return np.flatnonzero(np.append(True, ~same))


def _order(events: pa.Table) -> pa.Array:
    """What came first, second and so on of what one learner did on one concept in one instant; null where it is alone."""
    starts = _starts(events)
    sizes = np.diff(starts, append=events.num_rows)
    nth = np.arange(events.num_rows) - np.repeat(starts, sizes) + 1
    return pa.array(nth, mask=np.repeat(sizes, sizes) == 1)


def _lines(events: pa.Table) -> bytes:
    """The lines of some events, each with its end."""
    columns = [pc.fill_null(column.cast(pa.string()), "") for column in _columns(events).values()]
    lines = pc.binary_join_element_wise(*columns, "\t")
    return "".join(f"{line}\n" for line in lines.to_pylist()).encode()


def _columns(events: pa.Table) -> dict[str, pa.ChunkedArray | pa.Array]:
    concept = _mapped(events["concept"], _name)
    nothing = pa.nulls(events.num_rows, pa.string())
    fields = (
        events["learner"], pc.fill_null(events["session"], NO_SESSION), _time(events["at"], "ms"),
        pa.array(["UTC"] * events.num_rows, pa.string()), _mapped(events["trigger"], STUDENT_RESPONSES.get),
        _mapped(events["trigger"], TUTOR_RESPONSES.get), concept, concept, concept, _mapped(events["outcome"], _outcome), nothing,
        nothing, nothing, concept, events["cohort"], pc.binary_join_element_wise(_time(events["at"], "us"), "+00:00", ""), _order(events),
        *(events[name] for name in TOLD),
    )  # fmt: skip
    return dict(zip(COLUMNS, fields, strict=True))


def _time(at: pa.ChunkedArray, unit: str) -> pa.ChunkedArray:
    return pc.strftime(at.cast(pa.timestamp(unit, tz="UTC"), safe=False), format="%Y-%m-%d %H:%M:%S")


def _mapped(values: pa.ChunkedArray, name_of: Callable[[str], str | None]) -> pa.Array:
    """Each text as ``name_of`` has it, which is asked once for each different one."""
    encoded = values.combine_chunks().dictionary_encode()
    names = pa.array([name_of(each) for each in encoded.dictionary.to_pylist()], pa.string())
    return names.take(encoded.indices)


def _outcome(outcome: str) -> str:
    return OUTCOMES.get(outcome, outcome.upper())


def _name(concept: str) -> str:
    """The concept as one field can hold it."""
    return _SEPARATOR.sub("~ ", _UNSEEN.sub(" ", concept))
