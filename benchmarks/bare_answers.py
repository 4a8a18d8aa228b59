"""The answers of the functions in ``public`` as plain rows: prepared statements as the owner, no rights, no JSON."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, LiteralString

import psycopg

from benchmarks.asked import Call
from benchmarks.database import bare_sql

Arguments = dict[str, Any]
Statement = tuple[LiteralString, Arguments]

# What belongs to no answer on a screen: who is signed in, and whether something new was recorded.
NO_ANSWERS = frozenset({"app_session_get", "app_session_touch", "learner_pulse"})


def bare_statements(calls: Iterable[Call]) -> list[Statement]:
    """The statements that answer the calls. Raises NotImplementedError for a function that has none yet."""
    return [statement for call in calls if call.function not in NO_ANSWERS for statement in _statements(call)]


def ask(connection: psycopg.Connection, statements: list[Statement]) -> list[list[Any]]:
    """The rows of each."""
    with connection.cursor(binary=True) as cursor:
        return [cursor.execute(statement, arguments).fetchall() for statement, arguments in statements]


def _statements(call: Call) -> Iterator[Statement]:
    if call.function not in STATEMENTS:
        raise NotImplementedError(f"there is no bare SQL for {call.function} yet")
    for name, arguments in STATEMENTS[call.function](call.arguments):
        yield bare_sql(name), arguments


def _as_they_are(*names: LiteralString) -> Callable[[Arguments], Iterator[tuple[str, Arguments]]]:
    return lambda given: ((name, given) for name in names)


def _standing(given: Arguments) -> Iterator[tuple[str, Arguments]]:
    names = ("standing", "trend") if given.get("concepts") is None else ("standing_of", "trend_of")
    return ((name, given) for name in names)


def _practice(given: Arguments) -> Iterator[tuple[str, Arguments]]:
    for since, until in pairwise(given["moments"]):
        yield (
            "practice",
            {"learner": given["learner"], "zone": given.get("zone", "UTC"), "since": since, "until": until},
        )


STATEMENTS: dict[str, Callable[[Arguments], Iterator[tuple[str, Arguments]]]] = {
    "learner_attempts": _as_they_are("attempts"),
    "learner_curves": _as_they_are("curve_starts", "curve_steps"),
    "learner_days": _as_they_are("days"),
    "learner_gaps": _as_they_are("gaps"),
    "learner_group": _as_they_are("cohorts", "group"),
    "learner_hours": _as_they_are("hours"),
    "learner_mastery": _standing,
    "learner_practice": _practice,
    "learner_rules": _as_they_are("rules"),
    "learner_session": _as_they_are("session_concepts", "session_events"),
    "learner_sessions": _as_they_are("sessions"),
    "person": _as_they_are("person"),
}
