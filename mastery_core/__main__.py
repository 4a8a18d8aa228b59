"""The command line: ``python -m mastery_core``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from mastery_core import open_database
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.sample import make_sample
from mastery_core.ingest.sending import ImportReport

app = typer.Typer(
    help="Keep the mastery dashboard's house: bring practice data in, see who is there, rebuild what follows from the log.",
    epilog="The database is the one of $MASTERY_HOME, else of .mastery in the working directory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(soft_wrap=True)
err = Console(stderr=True)


class Format(StrEnum):
    """The file formats that can be read."""

    DATASHOP = "datashop"
    ASSISTMENTS = "assistments"
    CSV = "csv"


AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for a program.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file, plain or gzip.", show_default=False)],
    format: Annotated[Format, typer.Option(help="What kind of file it is.", show_default=False)],  # noqa: A002
    concept_column: Annotated[
        str | None, typer.Option(help='The column that names the concept, for instance "KC (Default)".')
    ] = None,
    cohort: Annotated[
        str | None, typer.Option(help="The cohort the learners join; made if there is none of that name.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="The zone of times that name none, for instance Europe/Berlin.")
    ] = "UTC",
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="For csv, as often as needed: field=column, for instance --column learner=student --column at=when."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="Where the learners' ids come from: the same id and source is the same person. Default: the format."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Bring a file of practice data into the log. The same file again changes nothing; after an interruption, run it again."""
    with database() as service, progress_bar(f"Importing {file.name}", quiet=json) as advance:
        report = import_file(
            service,
            file,
            format=format.value,
            concept_column=concept_column,
            cohort=cohort,
            timezone=timezone,
            mapping=mapping(column or []),
            source=source,
            on_progress=advance,
        )
    show_report(report, as_json=json)


@app.command()
def sample(*, json: AsJson = False) -> None:
    """Make the sample classroom: three cohorts, 90 learners, 20 concepts, ten weeks of practice up to today."""
    with database() as service, progress_bar("Making the sample classroom", quiet=json) as advance:
        report = make_sample(service, on_progress=advance)
    show_report(report, as_json=json)


@app.command()
def people(
    search: Annotated[str | None, typer.Argument(help="Part of a name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list at most.")] = 50,
    json: AsJson = False,
) -> None:
    """List the people there are, with their role, cohorts and last activity."""
    with database() as service:
        answer = service.call("people", search=search, max_people=limit)
    if json:
        print_json(answer)
        return
    table = Table(
        "Name", "Role", "Cohorts", "Outcomes", "Last activity", Column("Id", no_wrap=True, min_width=36), box=None
    )
    for person in answer["people"]:
        table.add_row(
            *map(plain, (person["display_name"], person["role"], ", ".join(person["cohorts"]))),
            f"{person['interactions']:,}", (person["last_activity"] or "never")[:10], person["id"],
        )  # fmt: skip
    out.print(table)
    out.print(f"{len(answer['people']):,} of {answer['total']:,}")


@app.command()
def replay(
    learner: Annotated[str | None, typer.Option(help="The id of one learner. Default: everybody.")] = None,
    concept: Annotated[str | None, typer.Option(help="One concept. Default: all.")] = None,
    json: AsJson = False,
) -> None:
    """Rebuild scores and history from the log, under the rules and settings now in force."""
    with database() as service, err.status("Replaying the log …"):
        answer = service.call("replay", learner=learner, concept=concept)
    show(answer, "Replayed {interactions:,} interactions of {pairs:,} learners' concepts.", as_json=json)


@app.command()
def backfill(
    learner: Annotated[str | None, typer.Option(help="The id of one learner. Default: everybody.")] = None,
    json: AsJson = False,
) -> None:
    """Make the history of scores from before there was a history. No score changes; again, it does nothing."""
    with database() as service, err.status("Making the history …"):
        answer = service.call("backfill", learner=learner)
    sentence = "Made the history of {pairs:,} learners' concepts from {interactions:,} interactions; {resets:,} end on their live score."
    show(answer, sentence, as_json=json)


@app.command()
def status(*, json: AsJson = False) -> None:
    """Say what is in the database and under which settings it works."""
    with database() as service:
        answer = service.call("status")
    if json:
        print_json(answer)
        return
    table = Table(box=None, show_header=False)
    for name, value in (answer | answer.pop("settings")).items():
        table.add_row(
            name.replace("_", " "), f"{value:,}" if isinstance(value, int | float) else plain(value or "never")
        )
    out.print(table)


@contextmanager
def database() -> Iterator[Database]:
    """The database under the service's rights: who has this machine's shell keeps the house."""
    opened = open_database()
    try:
        yield opened.acting_as_service()
    finally:
        opened.close()


@contextmanager
def progress_bar(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def mapping(columns: list[str]) -> dict[str, str]:
    """``["learner=student"]`` as ``{"learner": "student"}``."""
    pairs = [text.partition("=") for text in columns]
    for field, sign, column in pairs:
        if not (field and sign and column):
            raise InvalidInput(f'--column "{field}{sign}{column}" does not read field=column.')
    return {field: column for field, _, column in pairs}


def show_report(report: ImportReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    out.print(
        f"{report.rows:,} rows read, {report.imported:,} imported, {report.already_there:,} already there: "
        f"{report.learners:,} learners, {report.concepts:,} concepts, {report.seconds:.1f} s."
    )
    for reason, (count, line) in report.skipped.items():
        out.print(f"{count:,} skipped, first in line {line:,}: {plain(reason)}")


def show(answer: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    print_json(answer) if as_json else out.print(sentence.format(**answer))


def print_json(answer: object) -> None:
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")


def plain(text: object) -> str:
    """Text from elsewhere, so that rich does not read it as markup."""
    return str(text).replace("[", "\\[")


def main() -> None:
    try:
        app()
    except MasteryError as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
