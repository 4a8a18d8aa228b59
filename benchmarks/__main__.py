"""The command line: ``python -m benchmarks``."""

import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated

import orjson
import typer

from benchmarks import (
    api,
    cohorts,
    extracting,
    first_chart,
    growth,
    importing,
    measuring,
    over_postgrest,
    progress,
    recording,
    replaying,
    screens,
)
from benchmarks.machine import this_machine
from benchmarks.report import Result, as_document, as_table


class Name(StrEnum):
    """The benchmarks there are."""

    PROGRESS = "progress"
    GROWTH = "growth"
    RECORDING = "recording"
    REPLAY = "replay"
    IMPORT = "import"
    POSTGREST = "postgrest"
    API = "api"
    FIRST_CHART = "first-chart"
    SCREENS = "screens"
    COHORTS = "cohorts"
    EXTRACT = "extract"
    MEASURES = "measures"


BENCHMARKS: dict[Name, Callable[..., Iterator[Result]]] = {
    Name.PROGRESS: progress.measure,
    Name.GROWTH: growth.measure,
    Name.RECORDING: recording.measure,
    Name.REPLAY: replaying.measure,
    Name.IMPORT: importing.measure,
    Name.POSTGREST: over_postgrest.measure,
    Name.API: api.measure,
    Name.FIRST_CHART: first_chart.measure,
    Name.SCREENS: screens.measure,
    Name.COHORTS: cohorts.measure,
    Name.EXTRACT: extracting.measure,
    Name.MEASURES: measuring.measure,
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
    only: Annotated[list[Name] | None, typer.Option(help="Only this benchmark; may be given more than once.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rounds and a tenth of the replay: for trying out.")
    ] = False,
) -> None:
    """Measure the product beside the plainest other way of doing the same, each pair in turn in one run.

    Everything runs on a PostgreSQL of its own with made-up people, gone in the end. A missed bound is printed and is no
    failure: the exit code says whether it could be measured.
    """
    machine = this_machine()
    results: list[Result] = []
    for name in only or list(Name):
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results += BENCHMARKS[name](quick=quick)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(as_document(machine, results), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print(as_table(machine, results))


if __name__ == "__main__":
    app()
