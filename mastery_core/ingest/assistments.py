"""ASSISTments problem logs: one line per problem (2012-13) or per action (2017), one event each.

The columns are described at https://sites.google.com/site/assistmentsdata. The 2009-10 and 2015 files hold no times,
and mastery that decays cannot be told without them.
"""

from collections.abc import Callable, Iterator

from mastery_core.concept import check_concept, shown
from mastery_core.errors import InvalidInput
from mastery_core.ingest.event import INTERACTION_TYPES, Event, check_learner, content_key
from mastery_core.ingest.reading import Column, Skipped, Table
from mastery_core.ingest.times import Clock
from mastery_core.model import Outcome

LEARNERS = ("user_id", "studentId")
CONCEPTS = ("skill_name", "skill")
CORRECT = "correct"
TIMES = ("start_time", "startTime", "timestamp")
HINT = "hint"
ROW_IDS = ("problem_log_id", "actionId")

_NO_CONCEPT = {"", "noskill", "na", "nan"}


def read_assistments(
    table: Table, clock: Clock, skipped: Skipped, concept_column: str | None = None
) -> Iterator[Event]:
    """The table's events in file order.

    ``concept_column`` names another column than ``skill_name`` or ``skill``. Lines without a skill, or with partial
    credit (neither right nor wrong), are added to ``skipped``; an asked-for hint is confusion. Raises InvalidInput for
    the first line that cannot be read, and for a file without times.
    """
    concepts = (concept_column,) if concept_column else CONCEPTS
    _check_columns(table, concepts)
    learner_of = Column(table, table.place(*LEARNERS), check_learner)
    concept_of = Column(table, table.place(*concepts), _concept)
    time_of = Column(table, table.place(*TIMES), clock.read, repeats=False)
    outcome_of = _outcomes(table)
    id_at = table.find(*ROW_IDS)
    for line, row in table.rows():
        concept = concept_of(line, row)
        if concept is None:
            skipped.add("no concept", line)
            continue
        outcome = outcome_of(line, row)
        if outcome is None:
            skipped.add("partial credit is neither correct nor incorrect", line)
            continue
        learner, at, kind = learner_of(line, row), time_of(line, row), INTERACTION_TYPES[outcome]
        row_id = "" if id_at is None else row[id_at].strip()
        key = f"{row_id}\x1f{concept}" if row_id else content_key(row[time_of.index], outcome, concept, None)
        yield Event(learner, concept, outcome, at, None, kind, line, key, named=bool(row_id))


def _check_columns(table: Table, concepts: tuple[str, ...]) -> None:
    missing = [names for names in (LEARNERS, concepts, (CORRECT,)) if table.find(*names) is None]
    if missing:
        raise table.missing("an ASSISTments problem log", *(" or ".join(map(shown, names)) for names in missing))
    if table.find(*TIMES) is None:
        needed = ", ".join(map(shown, TIMES))
        which = "the files of 2012-13 and 2017 have one, those of 2009-10 and 2015 have none"
        raise table.file.problem(f"A time column is needed, one of {needed}; {which}.", 1)


def _concept(text: str) -> str | None:
    return None if text.strip().lower() in _NO_CONCEPT else check_concept(text)


def _outcomes(table: Table) -> Callable[[int, list[str]], Outcome | None]:
    """What finds a row's outcome: None for partial credit."""
    answer_of = Column(table, table.place(CORRECT), _answer)
    hint_at = table.find(HINT)
    if hint_at is None:
        return answer_of
    hint_of = Column(table, hint_at, _asked_for_hint)
    return lambda line, row: Outcome.CONFUSION_DETECTED if hint_of(line, row) else answer_of(line, row)


def _answer(text: str) -> Outcome | None:
    share = _number(text)
    if share is None or not 0 <= share <= 1:
        raise InvalidInput(f"{shown(text)} is not an answer; 1 is correct, 0 incorrect, and what is between, in part.")
    return {1.0: Outcome.CORRECT, 0.0: Outcome.INCORRECT}.get(share)


def _asked_for_hint(text: str) -> bool:
    count = _number(text or "0")
    if count is None:
        raise InvalidInput(f"{shown(text)} is not a number of hints.")
    return count > 0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
