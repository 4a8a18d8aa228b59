"""What an engine keeps, worked out once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from mastery_core.research.engines import collect, keeping, kept, open_events

Lazy = nw.LazyFrame[Any]


def test_what_is_kept_has_the_same_rows_and_goes_on_from_there(frame: pd.DataFrame, events: Lazy) -> None:
    counted = events.group_by("learner", "concept").agg(nw.len().alias("events"))
    held = kept(counted)
    pd.testing.assert_frame_equal(
        collect(held, ["learner", "concept"]), collect(counted, ["learner", "concept"]), check_dtype=False
    )
    joined = events.join(held, on=["learner", "concept"], how="inner").filter(nw.col("events") >= 5)
    size = frame.groupby(["learner", "concept"]).learner.transform("size")
    assert len(collect(joined.select("learner", "events"))) == (size >= 5).sum()


def test_what_is_kept_is_not_read_again(extracts: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shutil.copytree(extracts("sample"), tmp_path / "copy")
    events = open_events(folder)
    held = kept(events.group_by("learner").agg(nw.len().alias("events")))
    before = collect(held, ["learner"])
    for path in folder.rglob("*.parquet"):
        path.unlink()
    pd.testing.assert_frame_equal(collect(held, ["learner"]), before)
    with pytest.raises(duckdb.IOException):
        collect(events)


def test_at_the_end_of_the_block_nothing_is_kept(lazily: Callable[[pd.DataFrame], Lazy], made: pd.DataFrame) -> None:
    events = lazily(made)
    with keeping(events.select("learner")) as rows:
        assert len(collect(rows)) == len(made)
    native = rows.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        with pytest.raises(duckdb.CatalogException):
            collect(rows)
    assert len(collect(events)) == len(made)
