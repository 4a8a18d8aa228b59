"""Cohorts of a hundred to ten thousand learners: what their screens ask, beside the bare SQL of the same answers, and how it grows."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg

from benchmarks.database import bare_sql, owner_connection, settle, temporary_home
from benchmarks.default_view import same
from benchmarks.learner import add_person
from benchmarks.load import load
from benchmarks.pairing import Act, Pair, Timings, in_turn
from benchmarks.report import Result, Size
from benchmarks.screens import MOST_BYTES, sign_in
from benchmarks.streamlit_server import streamlit_server, wait_until_ready
from mastery_core.cohort_service import CohortService, course_moments, moment_of
from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW

CONCEPTS, DAYS, GRID_ROWS = 60, 30, 1_000
# Learners, and how often each practised each concept.
SMALL = ((100, 1), (100, 10), (1_000, 1), (1_000, 10), (1_000, 50))
LARGE = ((10_000, 1), (10_000, 10))
ROUNDS, QUICK_ROUNDS = 11, 5
LARGE_ROUNDS = 5  # seconds each
# Of the columns of an answer, those that are numbers.
NUMBERS = slice(2, None)


@dataclass(frozen=True, slots=True)
class Class:
    """A cohort of the benchmark."""

    id: str
    learners: int
    times: int

    @property
    def name(self) -> str:
        return f"{self.learners:,} learners, {CONCEPTS} concepts, {self.times} times each"


def measure(*, quick: bool) -> Iterator[Result]:
    with ExitStack() as opened:
        home = opened.enter_context(temporary_home())
        database = EmbeddedDatabase(home)
        opened.callback(database.close)
        connection = opened.enter_context(owner_connection(database))
        instructor = add_person(connection, 1)
        classes = [_class(connection, instructor, *size) for size in (SMALL if quick else SMALL + LARGE)]
        settle(connection)
        for setting in ("work_mem = '128MB'", "enable_indexscan = off"):  # as the product's functions have them
            connection.execute(f"set {setting}")
        service = CohortService(database.acting_as(instructor))
        today = datetime.now(UTC).date()
        for each in classes:
            rounds = LARGE_ROUNDS if each.learners >= LARGE[0][0] else QUICK_ROUNDS if quick else ROUNDS
            _check_same(service, connection, each, today)
            yield _beside_bare(
                "Cohort", each, _cohort(service, each, today), _bare_cohort(connection, each, today), rounds
            )
            yield _beside_bare("Grid", each, _grid(service, each, today), _bare_grid(connection, each, today), rounds)
        of_size = {(each.learners, each.times): each for each in classes}
        rounds = QUICK_ROUNDS if quick else ROUNDS
        yield _growth(service, of_size[1_000, 50], of_size[1_000, 10], today, rounds, per_learner=False, bound=1.1)
        yield _growth(service, of_size[1_000, 10], of_size[100, 10], today, rounds, per_learner=True, bound=1)
        if not quick:
            yield _growth(
                service, of_size[10_000, 10], of_size[1_000, 10], today, LARGE_ROUNDS, per_learner=True, bound=1
            )
            ours = opened.enter_context(streamlit_server("dashboard.py", home))
            wait_until_ready(ours)
            yield from _first_view(ours, instructor, of_size[10_000, 10], connection, today, LARGE_ROUNDS)


def _beside_bare(screen: str, of: Class, ours: Act, bare: Act, rounds: int) -> Pair:
    measured, beside = in_turn(ours, bare, rounds=rounds)
    return Pair(
        "cohorts",
        Timings(f"{screen}, service ({of.name})", measured),
        Timings("bare SQL of the same answers", beside),
        bound=1.5,
    )


def _growth(
    service: CohortService, large: Class, small: Class, today: date, rounds: int, *, per_learner: bool, bound: float
) -> Pair:
    measured, beside = in_turn(_cohort(service, large, today), _cohort(service, small, today), rounds=rounds)
    things = (large.learners, small.learners) if per_learner else (1, 1)
    what = "Cohort, service a learner" if per_learner else "Cohort, service"
    return Pair(
        "cohorts",
        Timings(f"{what} ({large.name})", measured, things[0]),
        Timings(f"the same with {small.name}", beside, things[1]),
        bound=bound,
    )


def _first_view(
    ours: str, instructor: str, of: Class, connection: psycopg.Connection, today: date, rounds: int
) -> Iterator[Result]:
    path = f"/?cohort={of.id}"
    yield Size(
        "cohorts", f"Cohort, first view ({of.name})", load(ours, path, sign_in(ours, instructor)).size, MOST_BYTES
    )
    # A new session each time, as a first view has nothing kept.
    measured, beside = in_turn(
        lambda: load(ours, path, sign_in(ours, instructor)), _bare_cohort(connection, of, today), rounds=rounds
    )
    yield Pair(
        "cohorts",
        Timings(f"Cohort, sign-in and first view ({of.name})", measured),
        Timings("bare SQL of its answers", beside),
    )


def _class(connection: psycopg.Connection, instructor: str, learners: int, times: int) -> Class:
    named = {"name": f"{learners} x {times}", "learners": learners, "times": times, "concepts": CONCEPTS}
    for statement in ("cohort_members", "cohort_days", "cohort_standing"):
        connection.execute(bare_sql(statement), named)
    [cohort] = connection.execute("select id from public.cohorts where name = %(name)s", named).fetchone() or [None]
    connection.execute(
        "insert into public.cohort_members (cohort_id, user_id, role) values (%s, %s, 'instructor')",
        [cohort, instructor],
    )
    return Class(str(cohort), learners, times)


def _cohort(service: CohortService, of: Class, today: date) -> Act:
    """What the Cohort screen asks: its learners now and a period before, and how it went."""
    return lambda: (
        service.get_learners(of.id, today, DAYS),
        service.get_learners(of.id, today - timedelta(days=DAYS), DAYS),
        service.get_course(of.id, today, DAYS),
    )


def _bare_cohort(connection: psycopg.Connection, of: Class, today: date) -> Act:
    def ask() -> None:
        for day in (today, today - timedelta(days=DAYS)):
            _rows(connection, "cohort_learners", _of_learners(of, day))
        _rows(connection, "cohort_course", {"cohort": of.id, "moments": course_moments(today, DAYS)})

    return ask


def _grid(service: CohortService, of: Class, today: date) -> Act:
    """What the Grid asks: its learners in their order, and the cells of as many as it shows at once."""

    def ask() -> None:
        learners = service.get_learners(of.id, today, DAYS)
        service.get_cells(of.id, today, learners["id"].tolist()[:GRID_ROWS])

    return ask


def _bare_grid(connection: psycopg.Connection, of: Class, today: date) -> Act:
    def ask() -> None:
        learners = _rows(connection, "cohort_learners", _of_learners(of, today))
        shown = [row[0] for row in learners[:GRID_ROWS]]
        _rows(connection, "cohort_cells", {"learners": shown, "until": moment_of(today)})

    return ask


def _check_same(service: CohortService, connection: psycopg.Connection, of: Class, today: date) -> None:
    """Raise AssertionError where the bare statements answer something else, to 1e-6: time goes on between the two."""
    ours = service.get_learners(of.id, today - timedelta(days=DAYS), DAYS).sort_values("id")
    bare = sorted(
        _rows(connection, "cohort_learners", _of_learners(of, today - timedelta(days=DAYS))),
        key=lambda row: str(row[0]),
    )
    columns = ["known", "apart", "mean", "mean_stored", "weak", "mastered", "improving", "declining", "last_activity", "days", "observations",
               "graded", "correct", "gained", "lost"]  # fmt: skip
    same(
        np.nan_to_num(ours[columns].to_numpy(dtype=float)).tolist(),
        [[float(cell or 0) for cell in row[NUMBERS]] for row in bare],
    )
    course = service.get_course(of.id, today - timedelta(days=1), DAYS)
    moments = course_moments(today - timedelta(days=1), DAYS)
    rows = _rows(connection, "cohort_course", {"cohort": of.id, "moments": moments})
    known = course[course["learners"] > 0]
    same(
        known[["learners", "lower", "middle", "upper"]].to_numpy().tolist(),
        [[float(cell) for cell in row[1:]] for row in rows],
    )


def _of_learners(of: Class, day: date) -> dict[str, object]:
    return {
        "cohort": of.id, "since": day - timedelta(days=DAYS), "until": moment_of(day), "weak": WEAK_BELOW, "mastered": MASTERED_FROM,
    }  # fmt: skip


def _rows(connection: psycopg.Connection, name: str, arguments: dict[str, object]) -> list[tuple[object, ...]]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(bare_sql(name), arguments).fetchall()
