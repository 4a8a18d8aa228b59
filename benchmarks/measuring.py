"""Measures on 1, 10 and 100 million made-up events: beside hand-written SQL of the same, beside pandas, and how they grow.

``python -m benchmarks.measuring FOLDER NAME`` works out one measure of an extract and prints the most memory that it took, in bytes.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from benchmarks.database import bare_sql
from benchmarks.pairing import Act, Pair, Reading, Timings, in_turn
from benchmarks.report import Result, Size
from benchmarks.synthetic_events import write_synthetic_extract
from mastery_core.research import calibration, learning_curves, retention, selection, time_to_mastery
from mastery_core.research.engines import DUCKDB_SETTINGS, collect, open_events
from mastery_core.research.extract import file_of, read_manifest
from mastery_core.research.velocity import velocity

Lazy = nw.LazyFrame[Any]

SIZES = (1_000_000, 10_000_000, 100_000_000)
QUICK_SIZES = SIZES[:1]
PANDAS_MOST = 10_000_000
ROUNDS, MANY_ROUNDS = 5, 11
MANY_ROUNDS_UNTIL = 1_000_000
SQL_BOUND, PANDAS_BOUND, GROWTH_BOUND = 1.2, 5, 12
MOST_MEMORY = 4 * 10**9
SAME = 1e-9
SELECTED = selection.Selection(minimum=5)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as the product has it, the statement of ``sql/measures/`` that answers the same, and what tells its rows apart."""

    ours: Callable[[Lazy], pd.DataFrame]
    sql: str
    keys: Sequence[str]


MEASURES = {
    "velocity": Measure(lambda events: collect(velocity(events)), "velocity", ["learner"]),
    "velocity by concept": Measure(
        lambda events: collect(velocity(events, ["concept"])), "velocity_by_concept", ["learner", "concept"]
    ),
    "learning curves by concept": Measure(
        lambda events: collect(learning_curves.error_rates(events, ["concept"])),
        "error_rates",
        ["concept", "opportunity"],
    ),
    "opportunities to mastery by concept": Measure(
        lambda events: collect(time_to_mastery.counted(time_to_mastery.durations(events), by=["concept"])),
        "time_to_mastery",
        ["concept", "duration"],
    ),
    "days to mastery by concept": Measure(
        lambda events: collect(time_to_mastery.counted(time_to_mastery.durations(events), "days", ["concept"])),
        "time_to_mastery_in_days",
        ["concept", "duration"],
    ),
    "learners of time to mastery by concept": Measure(
        lambda events: collect(time_to_mastery.people(events, ["concept"])),
        "people",
        ["concept"],
    ),
    "retention by gap": Measure(lambda events: collect(retention.by_gap(events)), "by_gap", ["bin"]),
    "retention for half-lives by concept": Measure(
        lambda events: collect(retention.for_fit(events)), "for_fit", ["concept", "step"]
    ),
    "calibration scores": Measure(calibration.scores, "scores", ["forecaster"]),
    "calibration reliability": Measure(lambda events: collect(calibration.reliability(events)), "reliability", ["bin"]),
    "learning curves of a selection": Measure(
        lambda events: collect(learning_curves.error_rates(_at_opportunities(events), ["concept"])),
        "selected_error_rates",
        ["concept", "opportunity"],
    ),
    "selection cells": Measure(
        lambda events: collect(selection.cells(selection.lattice(events))), "cells", list(selection.CELL)
    ),
    "selection counts": Measure(
        lambda events: pd.DataFrame([asdict(selection.counts(selection.lattice(events), SELECTED))]),
        "counts",
        ["learners"],
    ),
}


def _at_opportunities(events: Lazy) -> Lazy:
    return selection.select(selection.lattice(events), SELECTED, nw.col("opportunity"))


def measure(*, quick: bool) -> Iterator[Result]:
    yield from measured(QUICK_SIZES if quick else SIZES)


def measured(sizes: Sequence[int]) -> Iterator[Result]:
    """All measures on extracts of about so many events. Growth, by a factor of ten, and memory are those of the last of several."""
    with ExitStack() as opened:
        home = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="mastery-benchmark-")))
        smaller: Path | None = None
        for size in sizes:
            folder = home / str(size)
            write_synthetic_extract(folder, size)
            is_largest = size == sizes[-1]
            for name in MEASURES:
                print(f"  {name} ({size:,} events) …", file=sys.stderr, flush=True)
                yield from _beside_sql(name, folder, size, smaller if is_largest else None)
                if size <= PANDAS_MOST:
                    yield _beside_pandas(name, folder, size)
                if is_largest and smaller is not None:
                    yield _memory(name, folder, size)
            smaller = folder


def _beside_sql(name: str, folder: Path, size: int, smaller: Path | None) -> Iterator[Pair]:
    """Beside SQL; and, in the same rounds, beside itself on the ``smaller`` extract."""
    of, events = MEASURES[name], open_events(folder)
    on_smaller: list[float] = []
    with _bare_connection(folder) as connection:
        bare = _bare(connection, of, folder)
        _check_same(name, of.ours(events), bare(), of.keys)
        ours, other = in_turn(
            lambda: of.ours(events),
            bare,
            before_ours=None if smaller is None else _timed(_on(of, open_events(smaller)), on_smaller),
            rounds=MANY_ROUNDS if size <= MANY_ROUNDS_UNTIL else ROUNDS,
        )
    yield Pair(
        "measures",
        Timings(f"{name} ({size:,} events)", ours),
        Timings("hand-written DuckDB SQL of the same", other),
        bound=SQL_BOUND,
    )
    if smaller is not None:
        yield Pair(
            "measures",
            Timings(f"{name} ({size:,} events)", ours),
            Timings("the same of a tenth of the events", on_smaller[-len(ours) :]),  # without the warm-up
            bound=GROWTH_BOUND,
        )


def _beside_pandas(name: str, folder: Path, size: int) -> Pair:
    """From opening the extract on: on pandas that reads it all."""
    of = MEASURES[name]
    ours, other = in_turn(
        lambda: of.ours(open_events(folder)), lambda: of.ours(open_events(folder, "pandas")), rounds=ROUNDS
    )
    return Pair(
        "measures",
        Timings(f"{name}, extract opened ({size:,} events)", ours),
        Timings("the same on pandas, extract read", other),
        Reading.SPEED_UP,
        bound=PANDAS_BOUND,
    )


def _memory(name: str, folder: Path, size: int) -> Size:
    """Of a process that does nothing else."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.measuring", str(folder), name], check=True, stdout=subprocess.PIPE, text=True
    )
    return Size("measures", f"{name}, peak memory ({size:,} events)", int(told.stdout), MOST_MEMORY)


def _bare_connection(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the settings of the product's."""
    aside = folder.with_name(f"{folder.name}-aside")
    return duckdb.connect(config=DUCKDB_SETTINGS | {"temp_directory": str(aside)})


def _bare(connection: duckdb.DuckDBPyConnection, of: Measure, folder: Path) -> Callable[[], pd.DataFrame]:
    statement = bare_sql(f"measures/{of.sql}")
    files = [str(file_of(folder, month.month)) for month in read_manifest(folder).months]
    return lambda: connection.sql(statement, params={"files": files}).df()


def _on(of: Measure, events: Lazy) -> Act:
    return lambda: of.ours(events)


def _timed(act: Act, seconds: list[float]) -> Act:
    """The same, which notes how long it took."""

    def run() -> None:
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)

    return run


def _check_same(name: str, ours: pd.DataFrame, bare: pd.DataFrame, keys: Sequence[str]) -> None:
    """Raise AssertionError where the bare statement answers something else."""
    one, other = (frame[list(ours.columns)].sort_values(list(keys), ignore_index=True) for frame in (ours, bare))
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=SAME, atol=SAME, obj=name)


def _peak_memory() -> int:
    """Bytes that this process held at most (Linux). Not getrusage's: that begins with what the process held that started it."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    MEASURES[sys.argv[2]].ours(open_events(Path(sys.argv[1])))
    print(_peak_memory())
