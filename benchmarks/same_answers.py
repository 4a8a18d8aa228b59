"""Whether the bare SQL says what the functions in ``public`` say: the numbers of both, to 1e-9."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import psycopg

from benchmarks.asked import Call
from benchmarks.bare_answers import ask, bare_statements
from benchmarks.default_view import same
from mastery_core.database import Database

Rows = list[list[Any]]


def check_same(call: Call, database: Database, connection: psycopg.Connection) -> None:
    """Raise AssertionError where the bare statements of a call answer something else.

    What thins or closes days (``learner_curves``, ``learner_days``) is compared in the benchmark of Progress.
    """
    if call.function in NUMBERS:
        answer = database.call(call.function, **call.arguments)
        ours, others = NUMBERS[call.function](answer, ask(connection, bare_statements([call])))
        same(ours, others)


def _picked(rows: list[dict[str, Any]], *names: str) -> list[list[float]]:
    return [[float(row[name]) for name in names] for row in rows]


def _cut(rows: list[Any], *places: int) -> list[list[float]]:
    return [[float(row[place] or 0) for place in places] for row in rows]


def _attempts(answer: Any, rows: Rows) -> tuple[Any, Any]:
    names = ("before", "after", "delta", "forgotten", "opportunity")
    return _picked(answer, *names), _cut(rows[0], 5, 6, 7, 8, 9)


def _sessions(answer: Any, rows: Rows) -> tuple[Any, Any]:
    names = ("interactions", "graded", "correct", "concepts", "gained", "lost")
    return _picked(answer, *names), _cut(rows[0], 5, 6, 7, 8, 9, 10)


def _session(answer: Any, rows: Rows) -> tuple[Any, Any]:
    concepts, events = rows
    names = ("before", "after", "delta", "forgotten", "opportunity")
    ours = [gained_and_lost for _, gained_and_lost in sorted(answer["by_concept"].items())]
    return (
        [*chain(*ours, *_picked(answer["events"], *names))],
        [*chain(*_cut(sorted(concepts), 4, 5), *_cut(events, 5, 6, 7, 8, 9))],
    )


def _hours(answer: Any, rows: Rows) -> tuple[Any, Any]:
    names = ("observations", "graded", "correct", "gained", "lost", "outside")
    return list(zip(*(answer[name] for name in names), strict=True)), _cut(rows[0], 1, 2, 3, 4, 5, 6)


def _gaps(answer: Any, rows: Rows) -> tuple[Any, Any]:
    found = {number: (graded, correct) for number, graded, correct in rows[0]}
    return answer, [found.get(number, (0, 0)) for number in range(1, len(answer) + 1)]


def _group(answer: Any, rows: Rows) -> tuple[Any, Any]:
    ours = _picked(answer["concepts"], "learners", "lower", "middle", "upper")
    return ours, [[learners, *(round(score * 20) / 20 for score in quartiles)] for _, learners, quartiles in rows[1]]


def _standing(answer: Any, rows: Rows) -> tuple[Any, Any]:
    standing, trend = rows
    recent = {concept: numbers for concept, *numbers in trend}
    others = [
        (stored, observations, *recent.get(concept, (0, 0, 0))) for concept, stored, _, observations, *_ in standing
    ]
    columns = ("stored_score", "observations", "recent_delta", "recent_forgetting", "recent_events")
    return sorted(zip(*(answer[column] for column in columns), strict=True)), sorted(others)


def _practice(answer: Any, rows: Rows) -> tuple[Any, Any]:
    names = ("observations", "correct", "graded", "practised", "forgotten", "concepts", "days_practised")
    return _picked(answer, *names), [row for [row] in rows]


NUMBERS: dict[str, Callable[[Any, Rows], tuple[Any, Any]]] = {
    "learner_attempts": _attempts,
    "learner_gaps": _gaps,
    "learner_group": _group,
    "learner_hours": _hours,
    "learner_mastery": _standing,
    "learner_practice": _practice,
    "learner_session": _session,
    "learner_sessions": _sessions,
}
