"""A month of an extract of which some days were read again. DuckDB reads, sorts and writes it with all processors, and puts aside on disk
what does not fit into its memory: a month may be of millions of events.
"""

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa

from mastery_core.research.engines import DUCKDB_SETTINGS
from mastery_core.research.extract import SCHEMA

# What happened in one instant is of one day, all of it kept or all of it read again: it stays in its order.
ORDER = ("learner", "concept", "at", "place")


def write_merged(path: Path, days: Sequence[str], read_again: pa.Table, into: Path, *, rows_a_group: int) -> None:
    """Write ``into`` what the file of a month holds of other days, and what was ``read_again`` of these, in the order of an extract.

    Raises OSError where it cannot.
    """
    with tempfile.TemporaryDirectory(prefix="mastery-duckdb-") as aside:
        settings = DUCKDB_SETTINGS | {"preserve_insertion_order": True, "temp_directory": aside}
        try:
            with duckdb.connect(config=settings) as connection:
                held = connection.read_parquet(str(path), file_row_number=True, hive_partitioning=False)
                again = connection.from_arrow(read_again.append_column("place", pa.array(np.arange(len(read_again)))))
                merged = _merged(held, days, again)
                merged.write_parquet(str(into), compression="zstd", row_group_size=rows_a_group)
        except duckdb.Error as error:
            raise OSError(str(error)) from error


def _merged(
    held: duckdb.DuckDBPyRelation, days: Sequence[str], again: duckdb.DuckDBPyRelation
) -> duckdb.DuckDBPyRelation:
    is_read_again = nw.col("at").dt.date().is_in([date.fromisoformat(day) for day in days])
    kept = nw.from_native(held).rename({"file_row_number": "place"}).filter(~is_read_again)
    merged: duckdb.DuckDBPyRelation = (
        nw.concat([kept, nw.from_native(again)]).sort(*ORDER).select(SCHEMA.names).to_native()
    )
    return merged
