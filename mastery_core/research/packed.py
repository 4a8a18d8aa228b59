"""An extract as one file to take along."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mastery_core import table_file
from mastery_core.errors import InvalidInput
from mastery_core.research.extract import MANIFEST, Manifest, file_of


@dataclass(frozen=True, slots=True)
class Counts:
    """How many different ones an extract knows."""

    learners: int
    cohorts: int
    concepts: int


def counts(folder: Path, manifest: Manifest) -> Counts:
    """The learners, cohorts and concepts of an extract. Raises InvalidInput where a file cannot be read."""
    names = {column: set[str]() for column in ("learner", "cohort", "concept")}
    try:
        for month in manifest.months:
            table = pq.ParquetFile(file_of(folder, month.month)).read(columns=list(names))
            for column, found in names.items():
                found.update(pc.unique(table[column]).to_pylist())
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput("A file of the extract cannot be read just now: extract again.") from error
    return Counts(len(names["learner"]), len(names["cohort"]), len(names["concept"]))


def as_parquet(folder: Path, manifest: Manifest) -> BytesIO:
    """The extract as it lies there, in one archive: its manifest, and a Parquet file a month."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        archive.write(folder / MANIFEST, MANIFEST)
        for month in manifest.months:
            path = file_of(folder, month.month)
            archive.write(path, path.relative_to(folder))
    return packed


def as_csv(folder: Path, manifest: Manifest) -> BytesIO:
    """The same with a CSV file a month, as ``table_file`` writes it: in UTF-8, no text such as a spreadsheet would run."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.write(folder / MANIFEST, MANIFEST)
        for month in manifest.months:
            events = pq.ParquetFile(file_of(folder, month.month)).read().to_pandas()
            archive.writestr(f"events-{month.month}.csv", table_file.as_csv(events))
    return packed
