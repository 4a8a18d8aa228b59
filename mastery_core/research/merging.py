"""A month of an extract of which some days were read again. DuckDB reads, sorts and writes it with all processors, and puts aside on disk
what does not fit into its memory: a month may be of millions of events.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

SETTINGS: dict[str, Any] = {"memory_limit": "3GB", "autoinstall_known_extensions": False}
# What happened in one instant is of one day, and stays in the order of the database. Days without a calendar of time zones, which takes longer.
MERGED = """
select * exclude (source, place) from (
  select * exclude (file_row_number), 0 as source, file_row_number as place
  from read_parquet($path, file_row_number = true, hive_partitioning = false)
  where make_timestamp(epoch_us("at"))::date not in (select unnest($days::date[]))
  union all
  select * exclude (place), 1, place from read_again
)
order by learner, concept, "at", source, place
"""


def write_merged(path: Path, days: Sequence[str], read_again: pa.Table, into: Path, *, rows_a_group: int) -> None:
    """Write ``into`` what the file of a month holds of other days, and what was ``read_again`` of these, in the order of an extract.

    Raises OSError where it cannot.
    """
    with tempfile.TemporaryDirectory(prefix="mastery-duckdb-") as aside:
        try:
            with duckdb.connect(config=SETTINGS | {"temp_directory": aside}) as connection:
                connection.register(
                    "read_again", read_again.append_column("place", pa.array(np.arange(len(read_again))))
                )
                merged = connection.sql(MERGED, params={"path": str(path), "days": list(days)})
                merged.write_parquet(str(into), compression="zstd", row_group_size=rows_a_group)
        except duckdb.Error as error:
            raise OSError(str(error)) from error
