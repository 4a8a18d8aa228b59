"""What the Import screen says: which files, how they are read, what a check found, and what an import and its undoing come to."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from mastery_core.errors import MasteryError
from mastery_core.ingest.practice_import import DryRun, Import, ImportReport
from mastery_core.model import Outcome
from pages import words
from pages.links import as_label
from pages.words import count

MANY_CONCEPTS = 300
ENDINGS = ("csv", "tsv", "txt", "gz")
TO_UNDO = {"done", "interrupted"}
FORMATS = {"datashop": "DataShop transactions", "assistments": "ASSISTments problem log", "csv": "Any other table"}
FILES = (
    "A **DataShop** transaction export, an **ASSISTments** problem log that has times, or **any table** with a column each for the "
    "learner, the concept, the outcome and the time. Nothing is imported before you have seen what the file would do."
)
FORMAT = (
    "What wrote the file. It is guessed from the names of the columns. Of a DataShop or ASSISTments file you choose the concept "
    "alone, of any other table the columns one by one."
)
CONCEPT = (
    "The column whose text is the concept practised. A DataShop file may divide its material in several ways (knowledge component "
    "models): choose one with names that you would like to read on the other screens. A row may name several concepts, with `~~` "
    "between them."
)
ZONE = "A time in the file that says no zone of its own, such as 2026-01-31 14:05:00, is a time of this zone."
COLUMNS = {
    "learner": ("Learner", "Who it was: a name, an e-mail or an id. It is looked for among the learners of the cohort."),
    "concept": ("Concept", "What was practised. Rows without one are skipped, and counted."),
    "outcome": ("Outcome", "correct or incorrect (also 1 and 0, true and false), hint or confusion_detected, study or passive_read."),
    "at": ("Time", "When it was: such as 2026-01-31 14:05:00, with a zone or without, or seconds since 1970."),
}  # fmt: skip
MORE_COLUMNS = {
    "session": ("Session", "What makes rows of a learner one sitting."),
    "name": ("Name", "What to call a new learner, where the learner's column holds an id."),
    "id": ("Row id", "What makes a row the same row wherever it is met again. Without it, a row's content does."),
}
ALL_COLUMNS = COLUMNS | MORE_COLUMNS
NO_COLUMN = "— none —"
CHOOSE_COLUMNS = "Choose the columns above, then the whole file can be checked."
MEETING = (
    "A learner of the file is looked for **in this cohort**, by id, by e-mail and by name. Who is not found is made as a new learner of "
    "this cohort; nobody of another cohort is touched, whatever their name."
)
CHECK = "Reads the file from beginning to end and says what an import would do. Nothing is changed by it."
VOID = "The file, or how it is read, is another than the one that was checked: check again to see what it would do now."
EXAMPLE = """learner,name,concept,outcome,at,session
ann@example.edu,Ann Lee,Sampling,correct,2026-09-14 09:02:11,Monday
ann@example.edu,Ann Lee,Sampling,incorrect,2026-09-14 09:03:40,Monday
bo@example.edu,Bo Chen,Box plots,correct,2026-09-14 09:02:55,Monday
bo@example.edu,Bo Chen,Box plots,hint,2026-09-15 16:20:03,Tuesday
"""
EXAMPLE_ABOUT = (
    "One row for each answer. A learner who is in the cohort already is written as the cohort knows them: by id, by e-mail or by name. "
    "Comma, semicolon or tab may stand between the columns, their names and order are yours, and more columns do no harm. Save it as "
    "UTF-8; packed with gzip it is read too."
)
OUTCOMES = {
    Outcome.CORRECT: "right answer",
    Outcome.INCORRECT: "wrong answer",
    Outcome.CONFUSION_DETECTED: "asked for help",
    Outcome.PASSIVE_READ: "read an explanation",
}
BROKEN = "This went wrong in a way that was not foreseen; the log of the server says how."
NOTHING_LEFT = "Nothing of it was left behind."
SOME_LEFT = "Not all of it could be taken back: see *Earlier imports* below."
TAKEN_BACK = "The import was cancelled, and everything that had come in was taken back."
ARCHIVED = "This cohort is archived, so nothing comes in until it is taken out of the archive, on *Manage*. What came in before can be undone."
NO_IMPORTS = "Nothing has come into this cohort from a file yet."
CANCEL = {"check": "Cancel", "import": "Cancel and take everything back"}
INTERRUPTED = "It did not come to its end. Undo it, or import the same file again: then only what is missing comes in."
MAY_LEAVE = "You may leave this screen: it goes on, and is here when you come back. Stay signed in until it has ended."


def heading(what: str) -> str:
    """What a column is read as, as a heading says it."""
    label, _ = ALL_COLUMNS[what]
    return label.lower()


def first_rows(number: int) -> str:
    return (
        f"The first {count(number, 'row')} as the file has {'it' if number == 1 else 'them'}, the columns that are read first."
        if number
        else "There is no row below the header."
    )


# What a job does, while it works and while it is taken back


def at_work(kind: str, file: str, share: float) -> str:
    doing = {"check": "Checking", "import": "Importing", "undo": "Undoing the import of"}[kind]
    return f"{doing} {as_label(file)}: {words.percent(share)}"


def cancelling(kind: str) -> str:
    return "Taking everything back that came in so far; the bar shows what is left" if kind == "import" else "Stopping"


def elsewhere(kind: str, file: str, cohort: str | None) -> str:
    """That something works for another cohort."""
    what = {"check": "The check of a file for", "import": "An import into", "undo": "The undoing of an import into"}[
        kind
    ]
    return (
        f"{what} {as_label(cohort) if cohort else 'another cohort'} is at work: {as_label(file)}. Only one thing at a time; when it has "
        "ended you can go on here."
    )


def failed(error: BaseException | None) -> str:
    """The sentence of an error, as Markdown shows it letter by letter."""
    return as_label(str(error)) if isinstance(error, MasteryError) else BROKEN


# What a check found


def checked_before(file: str) -> str:
    """Which file a report is of that stands there without the file above it."""
    return f"You have checked **{as_label(file)}**. Choose a file above to look at another one, or to read this one in another way."


def new(found: DryRun) -> int:
    return found.interactions - found.already_there


def left_out(found: DryRun) -> str:
    number = _rows_of(found.skipped)
    return f"{number:,} skipped" if number else "none skipped"


def rows(found: DryRun) -> str:
    return (
        f"Rows of the file below its header: {found.rows:,}. A row gives an answer for each concept it names; together "
        f"{count(found.interactions, 'answer')}, counting requests for help and explanations read."
    )


def to_import(found: DryRun) -> str:
    return f"{found.interactions:,} in the file − {found.already_there:,} there already = **{new(found):,}**. These are new to the log."


def there_already(found: DryRun) -> str:
    return (
        f"Of the {found.interactions:,} in the file, {found.already_there:,} are in the log already, from an earlier import of these rows. "
        "They are left as they are; nothing is counted twice."
    )


def learners(found: DryRun) -> str:
    made = len(found.new_learners)
    return f"Different learners of the rows that count: {len(found.learners) - made:,} in this cohort already + {made:,} to be made = **{len(found.learners):,}**."


def concepts(found: DryRun) -> str:
    return f"Different names in the column of the concept: {len(found.concepts):,}. The table below lists them."


def made(found: DryRun) -> str:
    number = len(found.new_learners)
    return f"{number:,} will be made" if number else "all in the cohort"


def time_span(found: DryRun, zone: ZoneInfo) -> str:
    if found.first is None or found.last is None:
        return "No row of the file counts."
    return f"From **{moment(found.first, zone)}** to **{moment(found.last, zone)}** ({zone.key})."


def skipped(reasons: Mapping[str, tuple[int, int]]) -> str:
    number = _rows_of(reasons)
    return f"**{count(number, 'row')} skipped**, and why"


def _rows_of(reasons: Mapping[str, tuple[int, int]]) -> int:
    return sum(number for number, _ in reasons.values())


def doubts(found: DryRun, in_cohort: int) -> list[str]:
    """What looks like a wrong choice, each with what to do."""
    told = []
    if len(found.concepts) > MANY_CONCEPTS:
        told.append(
            f"{len(found.concepts):,} different concepts: perhaps the column holds questions or steps, and another one is meant."
        )
    if found.learners and in_cohort and len(found.new_learners) == len(found.learners):
        told.append(
            f"None of the file's learners is among the {count(in_cohort, 'learner')} of this cohort. If they are the same people, let the "
            "file name them as the cohort does: by id, by e-mail or by name."
        )
    return told


def button(found: DryRun) -> str:
    return f"Import {count(new(found), 'answer')} of {count(len(found.learners), 'learner')}"


def nothing_new(found: DryRun) -> str:
    return (
        "Everything in this file is in the log already: there is nothing to import."
        if found.interactions
        else "No row of this file counts, so there is nothing to import. Perhaps other columns are meant."
    )


# What was imported, and what is undone


def imported(report: ImportReport, file: str) -> str:
    there = f" {report.already_there:,} more were there already." if report.already_there else ""
    made = f", {report.new_learners:,} of them new" if report.new_learners else ""
    return (
        f"**{count(report.imported, 'answer')}** of **{count(report.learners, 'learner')}**{made}, on "
        f"**{count(report.concepts, 'concept')}**, came in from {as_label(file)}.{there}"
    )


def undone(removed: int, file: str) -> str:
    return f"The import of {as_label(file)} is undone: {count(removed, 'answer')} removed."


def undo_question(asked: Import) -> str:
    return (
        f"The import of **{as_label(asked.file_name)}** is taken back.\n\n"
        f"**What goes:** the {count(asked.interactions, 'answer')} of it that {'is' if asked.interactions == 1 else 'are'} in the log, "
        "sessions that are empty without them, and the learners it made of whom nothing else remains.\n\n"
        "**What stays:** everything that was there before, everything that was recorded since, and whoever has a part in it. Every score "
        "is reckoned anew, as if the file had never come.\n\n"
        "The same file can be imported again."
    )


def undo(file: str) -> str:
    """What the button says, with the file's name for who hears it without the line beside it."""
    return f"Undo {as_label(file)}…"


def undo_help(file: str) -> str:
    return f"Asks once, then takes back all that came in from {as_label(file)}."


def when(each: Import, zone: ZoneInfo) -> str:
    """When an import began, and by whom."""
    return f"{moment(each.started_at, zone)}, by {as_label(each.made_by) if each.made_by else 'somebody who is gone'}"


def state(each: Import, stands: str, zone: ZoneInfo) -> str:
    """How an import ``stands``, in a colour and in words."""
    there = f"{count(each.interactions, 'answer')} in the log"
    if stands == "done":
        return f":green[✓ done] · {there}"
    if stands == "undone":
        ended = f" on {moment(each.undone_at, zone)}" if each.undone_at else ""
        return f":gray[↶ undone{ended}]"
    if stands == "running":
        return f":blue[… coming in] · {there} so far"
    return ":blue[… being undone]" if stands == "undoing" else f":orange[▲ interrupted] · {there}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{words.day_with_year(at, zone)}, {at.astimezone(zone):%H:%M}"
