"""The command line of a researcher: ``python -m mastery_core research …``, on the folder of an extract. No database is asked."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import pandas as pd
import typer
from rich.console import Console
from rich.markup import escape

from mastery_core.errors import InvalidInput

if TYPE_CHECKING:
    from mastery_core.research.findings import Selected

app = typer.Typer(help="Measure how fast people learn and forget, on an extract.", no_args_is_help=True)
out = Console(soft_wrap=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an extract.", show_default=False)]
Cohorts = Annotated[list[str] | None, typer.Option("--cohort", help="Only this cohort; may be repeated.")]
Concepts = Annotated[list[str] | None, typer.Option("--concept", help="Only this concept; may be repeated.")]
First = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="The first month (UTC).")]
Last = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="The last month (UTC).")]
Minimum = Annotated[int, typer.Option(help="Only learners with so many observations of a concept: 1, 3, 5, 10 or 20.")]
Engine = Annotated[str, typer.Option(help="Where it runs: duckdb, pandas or spark.")]
By = Annotated[list[str] | None, typer.Option("--by", help="Told apart by concept, cohort or week; may be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for a program.")]


def measure(name: str, about: str) -> None:
    """Add the command of a measure."""

    @app.command(name, help=about)
    def command(
        folder: Folder,
        cohort: Cohorts = None,
        concept: Concepts = None,
        first: First = None,
        last: Last = None,
        minimum: Minimum = 1,
        by: By = None,
        engine: Engine = "duckdb",
        csv: Annotated[Path | None, typer.Option(metavar="DIR", help="Write each table there as a CSV file.")] = None,
        json: AsJson = False,
    ) -> None:
        from mastery_core.research.findings import MEASURES  # noqa: PLC0415 - the engines take their time to load

        groups = tuple(dict.fromkeys(by or ()))
        if unknown := [each for each in groups if each not in MEASURES[name].by]:
            there_are = ", ".join(MEASURES[name].by) or "nothing"
            raise InvalidInput(f'{name} cannot be told by "{unknown[0]}", only by: {there_are}.')
        found = opened(folder, cohort, concept, first, last, minimum, engine)
        tables = MEASURES[name].tables(found, groups)
        if csv is not None:
            write(tables, csv)
        if json:
            print_json(found, tables)
        elif csv is None:
            print_tables(found, tables)


# Named here too, so that asking for help does not load the engines; a test holds the names to those of findings.MEASURES.
ABOUT = {
    "velocity": "How fast learners learn.",
    "curves": "Learning curves, and the Additive Factors Model.",
    "time-to-mastery": "How long mastery takes.",
    "retention": "What is still known after a gap.",
    "calibration": "How well the score forecasts answers.",
}
for _name, _about in ABOUT.items():
    measure(_name, _about)


@app.command("refit")
def refit_(
    folder: Folder,
    cohort: Cohorts = None,
    concept: Concepts = None,
    minimum: Minimum = 1,
    engine: Engine = "duckdb",
) -> None:
    """Print the SQL that would put in force the decay and the worth of outcomes that forecast better, with what was measured."""
    from mastery_core.research.findings import proposal  # noqa: PLC0415
    from mastery_core.research.refit import as_sql  # noqa: PLC0415

    sys.stdout.write(as_sql(proposal(opened(folder, cohort, concept, None, None, minimum, engine))))


def opened(
    folder: Path,
    cohorts: Sequence[str] | None,
    concepts: Sequence[str] | None,
    first: str | None,
    last: str | None,
    minimum: int,
    engine: str,
) -> "Selected":
    """The selection that the options name. Raises InvalidInput."""
    from mastery_core.research.findings import open_selection  # noqa: PLC0415
    from mastery_core.research.selection import Selection  # noqa: PLC0415

    return open_selection(folder, Selection(tuple(cohorts or ()), tuple(concepts or ()), first, last, minimum), engine)


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Each table as a CSV file. Raises InvalidInput where they cannot be written."""
    from mastery_core.table_file import as_csv  # noqa: PLC0415

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            (folder / f"{name.replace(' ', '-')}.csv").write_bytes(as_csv(table))
    except OSError as error:
        raise InvalidInput(f'"{folder}" cannot be written to: {error.strerror}.') from error


def print_tables(found: "Selected", tables: dict[str, pd.DataFrame]) -> None:
    out.print(f"{found.held.events:,} events of {found.held.learners:,} learners.")
    for name, table in tables.items():
        out.print(f"\n[bold]{name}[/bold]")
        out.print(escape(table.to_string(index=False, na_rep="", float_format=_figure)), highlight=False)


def _figure(value: float) -> str:
    """Four digits of a figure, all of a count."""
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"


def print_json(found: "Selected", tables: dict[str, pd.DataFrame]) -> None:
    told = {name: orjson.loads(table.to_json(orient="records", double_precision=15)) for name, table in tables.items()}
    answer = {"learners": found.held.learners, "events": found.held.events, "tables": told}
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
