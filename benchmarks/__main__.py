"""The command line: ``python -m benchmarks``."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any, Protocol

import orjson
import typer

from benchmarks import first_chart, growth, importing, progress, recording, replaying
from benchmarks.machine import Machine, this_machine
from benchmarks.pairing import Pair
from benchmarks.report import as_document, as_table


class Benchmark(Protocol):
    def __call__(self, *, quick: bool) -> Iterator[Pair]: ...


class Name(StrEnum):
    PROGRESS = "progress"
    GROWTH = "growth"
    RECORDING = "recording"
    REPLAY = "replay"
    IMPORT = "import"
    FIRST_CHART = "first-chart"


BENCHMARKS: dict[Name, Benchmark] = {
    Name.PROGRESS: progress.measure,
    Name.GROWTH: growth.measure,
    Name.RECORDING: recording.measure,
    Name.REPLAY: replaying.measure,
    Name.IMPORT: importing.measure,
    Name.FIRST_CHART: first_chart.measure,
}
