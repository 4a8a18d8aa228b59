"""A month brought up to date: what was kept and what was read again, beside pandas that sorts the same."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mastery_core.research.extract import SCHEMA
from mastery_core.research.merging import write_merged

A_DAY = 86_400_000_000  # microseconds
MARCH = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000
ORDER = ["learner", "concept", "at"]
READ_AGAIN = ("2026-03-01", "2026-03-17")


def rows(many: int, days: list[int], first: int) -> pd.DataFrame:
    """In the order of an extract. ``opportunity`` tells one row from each other; many lie in one instant, some at the ends of a day."""
    random = np.random.default_rng(first)
    instants = random.choice([0, 1, 3_600_000_000, A_DAY - 1], many)
    frame = pd.DataFrame(
        {
            "learner": random.choice(["0a", "9f", "c3", "ä"], many),
            "concept": random.choice(["Algebra", "algebra", "Ångström", "zeta"], many),
            "at": pd.to_datetime(MARCH + random.choice(days, many) * A_DAY + instants, unit="us", utc=True),
            "is_correct": random.choice([True, False, None], many),
            "gap": random.choice([0.1, None], many),
        }
    )
    placed = frame.sort_values(ORDER, kind="stable", ignore_index=True)
    return placed.assign(opportunity=np.arange(first, first + many)).reindex(columns=SCHEMA.names)


def as_table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False)


@pytest.mark.parametrize("again", [0, 1, 60_000])
def test_it_is_in_the_order_of_an_extract_and_within_an_instant_as_it_came(tmp_path: Path, again: int) -> None:
    path, into = tmp_path / "kept.parquet", tmp_path / "merged.parquet"
    kept, read = rows(200_000, [0, 1, 15, 16, 17, 30], 0), rows(again, [0, 16], 1_000_000)
    pq.write_table(as_table(kept), path)
    write_merged(path, READ_AGAIN, as_table(read), into, rows_a_group=50_000)
    left = kept[~kept["at"].dt.strftime("%Y-%m-%d").isin(READ_AGAIN)]
    assert 0 < len(left) < len(kept)
    expected = as_table(pd.concat([left, read]).sort_values(ORDER, kind="stable"))
    written = pq.ParquetFile(into).read()
    assert written.schema.names == SCHEMA.names
    assert written.schema.types == SCHEMA.types
    assert written.cast(SCHEMA).equals(expected)


def test_where_it_cannot_be_written_the_system_says_so(tmp_path: Path) -> None:
    pq.write_table(as_table(rows(1, [0], 0)), tmp_path / "kept.parquet")
    with pytest.raises(OSError, match="nowhere"):
        write_merged(
            tmp_path / "kept.parquet", READ_AGAIN, SCHEMA.empty_table(), tmp_path / "nowhere" / "x", rows_a_group=10
        )
