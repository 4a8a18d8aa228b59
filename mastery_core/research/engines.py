"""Engines: where measures run. The same expressions on DuckDB in this process, on pandas for what is tiny, on Apache Spark for what is large."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mastery_core.errors import InvalidInput
from mastery_core.research.extract import SCHEMA, file_of, read_manifest

Lazy = nw.LazyFrame[Any]

# How much DuckDB may take before it puts aside on disk what it is at work on; measures answer in any order, so that none need be preserved.
DUCKDB_SETTINGS: dict[str, Any] = {
    "memory_limit": "3GB", "preserve_insertion_order": False, "TimeZone": "UTC", "autoinstall_known_extensions": False,
}  # fmt: skip
SPARK_MISSING = (
    "Spark runs where pyspark is installed: pip install -r requirements-spark.txt. It needs Java 17 or later on this machine, or "
    "SPARK_REMOTE to say where a cluster answers."
)
_kept = count()


def open_events(folder: Path, engine: str = "duckdb") -> Lazy:
    """The events of an extract, for a measure: the columns of ``SCHEMA`` and ``seconds``, when it was since 1970 (UTC).

    ``engine``: one of ``ENGINES``. Nothing is read before it is asked for, but on pandas. Raises InvalidInput where there is no extract,
    where it is of another version, was interrupted, is damaged or empty, and where the engine is unknown or not installed.
    """
    if engine not in ENGINES:
        raise InvalidInput(f'There is no engine "{engine}", only: {", ".join(ENGINES)}.')
    events: Lazy = nw.from_native(ENGINES[engine](_whole_files(folder))).lazy()
    return events


def kept(frame: Lazy) -> Lazy:
    """The same rows, worked out once for all that is asked of them. They stay as long as the events that they came from are open."""
    return _worked_out(frame)[0]


@contextmanager
def keeping(frame: Lazy) -> Iterator[Lazy]:
    """As ``kept``, until the end of the block."""
    rows, let_go = _worked_out(frame)
    try:
        yield rows
    finally:
        let_go()


def _worked_out(frame: Lazy) -> tuple[Lazy, Callable[[], object]]:
    """The rows of a frame, where the engine keeps them, and what lets go of them."""
    native = frame.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        name = f"kept_{next(_kept)}"
        # Of the connection of the events. What is asked of the count that this gives is about the table alone, not about what it came from.
        made = cast("duckdb.DuckDBPyRelation", native.query("asked", f"create temp table {name} as from asked"))
        rows = cast("duckdb.DuckDBPyRelation", made.query("made", f"from {name}"))
        return nw.from_native(rows).lazy(), lambda: made.query("made", f"drop table {name}")
    if frame.implementation.is_spark_like():
        cached = native.cache()
        cached.count()  # Spark caches what is asked for, when it is
        return nw.from_native(cached).lazy(), cached.unpersist
    return frame, lambda: None


def collect(measured: Lazy, by: Sequence[str] = ()) -> pd.DataFrame:
    """The rows of a measure, sorted ``by`` columns: engines answer in any order. Sums of whole numbers are int64 from each of them."""
    # By way of Arrow: PySpark's own way to pandas is not for pandas 3.
    table: pa.Table = measured.collect(backend="pyarrow").to_native()
    rows: pd.DataFrame = table.cast(_told(table.schema)).to_pandas()
    return (rows.sort_values(list(by), kind="stable") if by else rows).reset_index(drop=True)


def _told(schema: pa.Schema) -> pa.Schema:
    """DuckDB adds whole numbers up in 128 bits, which Arrow has for decimal numbers alone."""
    types = [pa.int64() if pa.types.is_decimal(each) and each.scale == 0 else each for each in schema.types]
    return pa.schema([*zip(schema.names, types, strict=True)], metadata=schema.metadata)


def _whole_files(folder: Path) -> list[Path]:
    """The files of an extract, each looked at. Raises InvalidInput with the first that is not as the manifest says."""
    manifest = read_manifest(folder)
    if not manifest.complete:
        raise InvalidInput(
            f'The extract in "{folder}" was interrupted: extract into it again, and it goes on from there.'
        )
    if not manifest.rows:
        raise InvalidInput(
            f'The extract in "{folder}" is empty: no cohort is shared with researchers, or nobody takes part.'
        )
    files = [file_of(folder, month.month) for month in manifest.months]
    for path, month in zip(files, manifest.months, strict=True):
        name = path.relative_to(folder)  # where the folder lies on a server is not for who looks at a screen
        try:
            about = pq.ParquetFile(path)
        except FileNotFoundError:
            raise InvalidInput(f'"{name}" is missing from the extract: extract again.') from None
        except (OSError, pa.ArrowException) as error:
            raise InvalidInput(f'"{name}" of the extract is damaged: extract again.') from error
        if about.schema_arrow.names != SCHEMA.names or about.metadata.num_rows != month.rows:
            raise InvalidInput(f'"{name}" is not what the manifest of the extract tells of: extract again.')
    return files


@cache
def _duckdb_of_this_process() -> duckdb.DuckDBPyConnection:
    """One for all extracts: they stay within its memory together, and to start it takes as long as many a measure."""
    aside = Path(tempfile.gettempdir()) / f"mastery-duckdb-{os.getpid()}"
    return duckdb.connect(config=DUCKDB_SETTINGS | {"temp_directory": str(aside)})


def _duckdb(files: list[Path]) -> duckdb.DuckDBPyRelation:
    connection = _duckdb_of_this_process().cursor()  # of its own for what is ``kept``
    read = connection.read_parquet([str(path) for path in files], hive_partitioning=False)
    return read.project('*, epoch_us("at") / 1e6 as seconds')


def _pandas(files: list[Path]) -> pd.DataFrame:
    events: pd.DataFrame = pd.concat([pq.ParquetFile(path).read().to_pandas() for path in files], ignore_index=True)
    return events.assign(seconds=events["at"].astype("int64") / 1e6)


def _spark(files: list[Path]) -> Any:
    try:
        from pyspark.sql import SparkSession, functions  # noqa: PLC0415 - of an optional requirement
    except ImportError as error:
        raise InvalidInput(SPARK_MISSING) from error
    if not os.environ.get("SPARK_REMOTE") and shutil.which("java") is None:
        raise InvalidInput(SPARK_MISSING)
    builder = SparkSession.builder.appName("mastery").config("spark.sql.session.timeZone", "UTC")
    if not os.environ.get("SPARK_REMOTE"):
        builder = (
            builder.master("local[*]").config("spark.ui.enabled", "false").config("spark.driver.host", "localhost")
        )
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
    read = builder.getOrCreate().read.parquet(*[str(path) for path in files])
    return read.withColumn("seconds", functions.unix_micros("at") / functions.lit(1e6))


ENGINES: dict[str, Callable[[list[Path]], Any]] = {"duckdb": _duckdb, "pandas": _pandas, "spark": _spark}
