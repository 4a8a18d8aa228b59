"""What every screen of a researcher says: what is selected, what is withheld, and how to cite and reproduce its figures."""

from datetime import datetime
from shlex import quote

from mastery_core.comparison import FEWEST
from mastery_core.research.extract import Manifest
from mastery_core.research.selection import MINIMUMS, Choice, Held, Selection
from pages import clock, words
from pages.researcher.explained import data
from pages.words import count

PROGRAM = "python -m mastery_core research"
# Scores are folded from the first event on: its command knows no months.
OF_ALL_MONTHS = "refit"
TOGETHER = "all"
GROUPS = {TOGETHER: "Nothing", "cohort": "Cohort", "concept": "Concept", "week": "Week"}
NOTHING_TO_CHOOSE = (
    f"Nowhere in the extract did at least {FEWEST} learners of a cohort practise the same concept in the same month, about as often: a "
    "figure of fewer would tell of single learners."
)
UNKNOWN = (
    "The address asks for something that is not to be chosen, or not any more: it is left out here. Choose again, and it is gone from the "
    "address too."
)
COHORTS = "Each by the name that the extract has for it, with how many learners can be selected in it. None chosen: all of them."
CONCEPTS = "Each with how many learners can be selected on it. None chosen: all of them."
MONTHS = "Months of UTC, both included. What was practised before counts on: an opportunity keeps its number."
MINIMUM = (
    f"Of the learners on a concept, those who made at least so many observations on it in the whole extract: {MINIMUMS[0]} leaves out "
    "nobody. An observation is everything but a reset."
)
HELD = (
    "Selected are whole cells. A cell is what learners of a cohort did on a concept in a month (UTC), of one kind (answers, others, resets), "
    f"by how often they observed it in all ({', '.join(map(str, MINIMUMS))} or more). A cell of fewer than {FEWEST} learners is in no "
    "selection, so that no two selections differ by what so few did. Figures of points within cells (opportunities, classes of gaps, "
    f"weeks, tenths of the scale) leave out those of fewer than {FEWEST} cell by cell, and so may be of fewer events than stand here."
)
REPRODUCE = (
    "This gives the same numbers. `DIR` is the folder of the extract: unpack *Events as Parquet* of the screen **Data** there, or write it "
    "with `python -m mastery_core extract DIR`. `--csv OTHER` writes each table as a file, `--json` prints them for a program."
)
FINGERPRINT = (
    "The fingerprint is the same for the same events: `sha256sum DIR/events/*/events.parquet | cut -c1-64 | sha256sum` begins with it. "
    "Another one means that somebody practised, came or left since."
)
FINGERPRINT_DIGITS = 16


def no_extract(manifest: Manifest | None) -> str:
    """Why there is nothing to measure."""
    if manifest is None:
        return "Figures are made of an extract: what the learners of shared cohorts did, under other names. There is none yet."
    return data.NOTHING if manifest.complete else data.INCOMPLETE


def option(name: str, choice: Choice) -> str:
    return f"{name} · {count(choice.learners, 'learner')}"


def held(found: Held) -> str:
    """How much is selected, and how much can never be."""
    return f"**{count(found.events, 'event')}** of **{count(found.learners, 'learner')}** selected. {withheld(found)}"


def withheld(found: Held) -> str:
    if found.withheld_events is None:
        return f"What fewer than {FEWEST} learners did alike is withheld; how much that is would tell of them."
    if not found.withheld_events:
        return "Nothing is withheld."
    return (
        f"{count(found.withheld_events, 'event')} of the whole extract {'is' if found.withheld_events == 1 else 'are'} withheld, where "
        f"fewer than {FEWEST} learners did alike."
    )


def selected(selection: Selection) -> str:
    """The selection in words, letter by letter."""
    first, last = selection.first_month or "the first", selection.last_month or "the last"
    return (
        f"Cohorts: {', '.join(selection.cohorts) or 'all'}. Concepts: {', '.join(selection.concepts) or 'all'}. Months (UTC): {first} to "
        f"{last}. Observations of a concept, at least: {selection.minimum}."
    )


def command_line(command: str, selection: Selection, by: tuple[str, ...] = ()) -> str:
    """The command line of a measure of this selection, as a shell reads it."""
    options = [("--cohort", each) for each in selection.cohorts] + [("--concept", each) for each in selection.concepts]
    if selection.first_month and command != OF_ALL_MONTHS:
        options.append(("--from", selection.first_month))
    if selection.last_month and command != OF_ALL_MONTHS:
        options.append(("--to", selection.last_month))
    if selection.minimum != MINIMUMS[0]:
        options.append(("--minimum", str(selection.minimum)))
    options += [("--by", each) for each in by]
    return " ".join([f"{PROGRAM} {command} DIR", *(f"{name} {quote(value)}" for name, value in options)])


def source(manifest: Manifest) -> str:
    """What the figures are made of. How many events the extract has is not said: less what is selected it would be what is withheld."""
    made_at = datetime.fromisoformat(manifest.made_at).astimezone(clock.UTC_ZONE)
    return (
        f"Mastery extract of {words.day_with_year(made_at, clock.UTC_ZONE)}, {made_at:%H:%M} UTC, schema version {manifest.schema_version}, fingerprint "
        f"{manifest.fingerprint()[:FINGERPRINT_DIGITS]}."
    )


def cite(manifest: Manifest) -> str:
    return f"To cite, with the command above: *{source(manifest)}*"


def notes(found: Held, selection: Selection, manifest: Manifest) -> list[str]:
    """What a figure that is passed on says of itself."""
    counted = f"{count(found.events, 'event')} of {count(found.learners, 'learner')} selected."
    small = f"Points and groups of fewer than {FEWEST} learners are withheld."
    return [f"{counted} {small}", selected(selection), source(manifest)]
