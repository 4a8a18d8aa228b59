"""The command line: ``python -m mastery_core``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from mastery_core.cohort_service import CohortService
from mastery_core.database import Database
from mastery_core.digest import as_text, digest
from mastery_core.errors import InvalidInput, MasteryError, NotFound
from mastery_core.identity.installation import EmbeddedInstallation, SupabaseInstallation, installation
from mastery_core.identity.local_tokens import LONGEST, LocalTokens
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.sample import make_sample
from mastery_core.ingest.sending import ImportReport
from mastery_core.research import commands as research

if TYPE_CHECKING:
    from mastery_core.database.supabase import SupabaseDatabase

app = typer.Typer(
    help="Keep the mastery dashboard's house: bring practice data in, see who is there, rebuild what follows from the log.",
    epilog="The database is the Supabase project of $SUPABASE_URL; without one, that of $MASTERY_HOME, else of .mastery in the working directory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cohort_app = typer.Typer(help="Say who is in which cohort, and who teaches it.", no_args_is_help=True)
app.add_typer(cohort_app, name="cohort")
app.add_typer(research.app, name="research")
SECONDS_FOR_A_JOB = 120
NOTHING_SHARED = (
    "Nothing to extract: no cohort is shared with researchers in which enough learners practised and take part. "
    "Those who teach a cohort share it on Manage, or: python -m mastery_core cohort share COHORT."
)
FIRST_DAY = date(1970, 1, 2)
out = Console(soft_wrap=True)
err = Console(stderr=True)


class Format(StrEnum):
    """The file formats that can be read."""

    DATASHOP = "datashop"
    ASSISTMENTS = "assistments"
    CSV = "csv"


AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for a program.")]
Who = Annotated[str, typer.Argument(metavar="PERSON", help="An id, an e-mail or a name.", show_default=False)]
WhichCohort = Annotated[str, typer.Argument(metavar="COHORT", help="The cohort's name or id.", show_default=False)]
CohortName = Annotated[str, typer.Argument(metavar="COHORT", help="The name or id of the cohort.", show_default=False)]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file, plain or gzip.", show_default=False)],
    format: Annotated[Format, typer.Option(help="What kind of file it is.", show_default=False)],  # noqa: A002
    concept_column: Annotated[
        str | None, typer.Option(help='The column that names the concept, for instance "KC (Default)".')
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option(help="The cohort the learners join, by name or id; made if there is none of that name."),
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
    """Make the sample classroom: three cohorts, who teaches them, 90 learners, 20 concepts, ten weeks of practice up to today."""
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
def grant(
    person: Who,
    role: Annotated[str, typer.Argument(help="student, instructor, researcher or admin.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Give somebody a role; student takes it away. It holds from their next click on."""
    with database() as service:
        answer = service.call("grant_role", person=find_person(service, person)["id"], role=role)
    show(answer, "{display_name}: {role}.", as_json=json)


@cohort_app.command("add")
def add_to_cohort(
    cohort: CohortName,
    person: Who,
    role: Annotated[str, typer.Option(help="student or instructor.")] = "student",
    create: Annotated[bool, typer.Option("--create", help="Make the cohort where there is none of that name.")] = False,
    json: AsJson = False,
) -> None:
    """Make somebody a student or an instructor of a cohort; again with another role, change it."""
    with database() as service:
        found = find_person(service, person)
        answer = service.call("add_to_cohort", cohort=cohort, person=found["id"], role=role, create_missing=create)
    sentence = "{name}: {role} of {cohort}." if answer["changed"] else "{name} was {role} of {cohort} already."
    show(answer | {"name": found["display_name"]}, sentence, as_json=json)


@cohort_app.command("remove")
def remove_from_cohort(cohort: CohortName, person: Who, json: AsJson = False) -> None:
    """Take somebody out of a cohort. What they practised stays."""
    with database() as service:
        found = find_person(service, person)
        answer = service.call("remove_from_cohort", cohort=cohort, person=found["id"])
    sentence = "{name} is no longer in {cohort}." if answer["changed"] else "{name} was not in {cohort}."
    show(answer | {"name": found["display_name"]}, sentence, as_json=json)


@cohort_app.command("share")
def share_cohort(
    cohort: CohortName,
    stop: Annotated[bool, typer.Option("--stop", help="Share it no longer.")] = False,
    json: AsJson = False,
) -> None:
    """Let researchers have what a cohort's learners do, under other names; who wants no part in it is left out."""
    with database() as service:
        found = find_cohort(service.call("list_cohorts"), cohort)
        answer = service.call("share_cohort", cohort=found["id"], shared=not stop)
    sentence = (
        "{name} is not shared with researchers." if stop else "{name} is shared with researchers, under other names."
    )
    show(answer | {"name": found["name"]}, sentence, as_json=json)


@cohort_app.command("list")
def list_cohorts(
    cohort: Annotated[str | None, typer.Argument(metavar="COHORT", help="List the people of this one.")] = None,
    json: AsJson = False,
) -> None:
    """List the cohorts, or the people of one."""
    with database() as service:
        answer = service.call("list_cohorts")
        if cohort is not None:
            answer = service.call("cohort_people", cohort=find_cohort(answer, cohort)["id"])
    if json:
        print_json(answer)
        return
    if cohort is None:
        table = Table("Cohort", "Students", "Instructors", "Archived", box=None)
        for one in answer:
            table.add_row(
                plain(one["name"]), str(one["students"]), str(one["instructors"]), (one["archived_at"] or "")[:10]
            )
    else:
        table = Table("Name", "Role", "Since", Column("Id", no_wrap=True, min_width=36), box=None)
        for one in answer:
            table.add_row(plain(one["display_name"]), one["role"], one["added_at"][:10], one["id"])
    out.print(table)


@app.command("digest")
def digest_(
    cohort: WhichCohort,
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The day of UTC it is for. Default: today.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Say who needs attention that did not a week before, and who no longer does: as text for a mail, or as JSON."""
    last_day = day_of(day) if day else today()
    with database() as service:
        found = find_cohort(service.call("list_cohorts"), cohort)
        told = digest(CohortService(service), found["id"], last_day)
    print_json(told) if json else sys.stdout.write(as_text(told))


@app.command("extract")
def extract_(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to: a new folder, or that of an extract.", show_default=False)
    ],
    json: AsJson = False,
) -> None:
    """Write what the learners of shared cohorts did, under other names, as Parquet files for research; again: only what changed."""
    from mastery_core.research.extract import extract  # noqa: PLC0415 - pyarrow takes its time, and only this command needs it

    with database() as service, progress_bar("Extracting", quiet=json) as advance:
        done = extract(service, folder, on_progress=advance)
    manifest = done.manifest
    if json:
        print_json(
            {"rows": manifest.rows, "months": len(manifest.months), "written": done.written, "removed": done.removed}
        )
    elif manifest.months:
        out.print(
            plain(
                f"{manifest.rows:,} events in {folder}, months: {len(manifest.months):,}, written now: {len(done.written):,}."
            )
        )
    else:
        out.print(NOTHING_SHARED)


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


@app.command()
def token(
    person: Annotated[str | None, typer.Argument(help="Whose: an id, an e-mail address or a name.")] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST.days, help="How many days it is good for.")] = 30,
    *,
    service: Annotated[bool, typer.Option("--service", help="The service's, which may act for every learner.")] = False,
) -> None:
    """Print a token for the REST API: who shows it is that person. Deleting token-key in the home voids every token."""
    installed = installation()
    if isinstance(installed, SupabaseInstallation):
        raise InvalidInput("On Supabase a person's token comes from its sign-in, and the service shows a secret key.")
    if service is (person is not None):
        raise InvalidInput("Name a person, or ask for the service's token with --service.")
    with database() as keeper:
        tokens, lifetime = LocalTokens(installed.open().server.home), timedelta(days=days)
        who = None if person is None else find_person(keeper, person)["id"]
    issued = tokens.issue_service(lifetime) if who is None else tokens.issue(who, lifetime)
    sys.stdout.write(f"{issued}\n")


@contextmanager
def database() -> Iterator[Database]:
    """The database under the service's rights: who has this machine's shell, and Supabase's secret key, keeps the house."""
    opened = database_for_jobs(installation())
    try:
        yield opened.acting_as_service()
    finally:
        opened.close()


def database_for_jobs(
    installed: EmbeddedInstallation | SupabaseInstallation,
) -> "EmbeddedInstallation | SupabaseDatabase":
    """The database; at Supabase one that is given more time to answer than a screen would wait."""
    if isinstance(installed, EmbeddedInstallation):
        return installed
    from mastery_core.database.supabase import SupabaseDatabase  # noqa: PLC0415

    return SupabaseDatabase(installed.settings, answer_seconds=SECONDS_FOR_A_JOB)


def find_person(service: Database, who: str) -> dict[str, Any]:
    """The one person of that id, e-mail or name. Raises NotFound where there is none, InvalidInput where there are several."""
    answer = service.call("find_people", who=who, max_people=5)
    people: list[dict[str, Any]] = answer["people"]
    if answer["exact"] and answer["total"] == 1:
        return people[0]
    candidates = ", ".join(f"{person['display_name']} ({person['id']})" for person in people)
    more = f" and {answer['total'] - len(people):,} more" if answer["total"] > len(people) else ""
    if answer["exact"]:
        raise InvalidInput(f'{answer["total"]:,} people are called "{who}", say which by id: {candidates}{more}.')
    if people:
        raise NotFound(f'Nobody is called "{who}"; there are {candidates}{more}.')
    raise NotFound(f'There is nobody with the id, e-mail or name "{who}".')


def find_cohort(cohorts: list[dict[str, Any]], which: str) -> dict[str, Any]:
    """The cohort of that name or id. Raises NotFound."""
    by_id = {cohort["id"]: cohort for cohort in cohorts}
    by_name = {cohort["name"]: cohort for cohort in cohorts}
    found = by_name.get(which.strip()) or by_id.get(which.strip().lower())
    if found is None:
        raise NotFound(f'There is no cohort "{which}".')
    return found


def day_of(text: str) -> date:
    """The day of UTC that the text says, from 1970 to today. Raises InvalidInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f'A day reads YYYY-MM-DD; "{text}" does not.') from None
    if not FIRST_DAY <= day <= today():
        raise InvalidInput(f"A day lies between {FIRST_DAY} and today; {day} does not.")
    return day


def today() -> date:
    return datetime.now(UTC).date()


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
    print_json(answer) if as_json else out.print(plain(sentence.format(**answer)))


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
