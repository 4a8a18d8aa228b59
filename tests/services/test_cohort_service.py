"""What is said of a cohort, each figure against a plain calculation from the raw log, on every transport."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService, decay
from mastery_core.cohort_service import COURSE_POINTS, CohortService, course_moments
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError, NotFound
from tests.local_supabase import Transport
from tests.services import plain_cohort as plain

DAY = timedelta(days=1)
TODAY = datetime.now(UTC).date()
BEGINNING = TODAY - 40 * DAY
MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
FIRST_OF_MAY = MAY.date()
OUTCOMES = [*plain.WORTH]
CONCEPTS = ["Mean", "Median", "Mode", "Range", "Variance"]
LEARNER_COLUMNS = {
    "id": "str", "name": "str", "known": "int64", "apart": "int64", "mean": "float64", "mean_stored": "float64", "weak": "int64",
    "mastered": "int64", "declining": "int64", "improving": "int64", "last_activity": "float64", "days": "int64",
    "observations": "int64", "graded": "int64", "correct": "int64", "gained": "float64", "lost": "float64",
}  # fmt: skip
CONCEPT_COLUMNS = {
    "concept": "str", "learners": "int64", "apart": "int64", "weak": "int64", "developing": "int64", "mastered": "int64",
    "mean": "float64", "mean_before": "float64", "course": "object", "practising": "int64", "observations": "int64",
    "graded": "int64", "correct": "int64", "practised": "float64",
}  # fmt: skip
COURSE_COLUMNS = {
    "at": "datetime64[us, UTC]", "learners": "int64", "lower": "float64", "middle": "float64", "upper": "float64",
}  # fmt: skip
Query = Callable[..., list[dict[str, Any]]]
Import = Callable[..., dict[str, Any]]
Person = Callable[[], str]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in frame.dtypes.items()}


def drift(moment: datetime, day: date) -> float:
    """How far off a figure may be: what a share loses between the moment of the calculation and now, while the day lasts."""
    return 1e-9 + (plain.end_of(day) - moment) / DAY * 0.06


class Class(NamedTuple):
    """A cohort, who teaches it, its learners' names by id, and their log."""

    id: str
    name: str
    teacher: str
    names: dict[str, str]
    frame: pd.DataFrame


def history(chance: random.Random, learner: str, wrong: float, reads: float, count: int) -> list[tuple[Any, ...]]:
    """Outcomes of a learner up to yesterday, so many of them wrong, or no answers at all."""
    events = []
    for _ in range(count):
        at = noon(BEGINNING) + timedelta(minutes=chance.randrange(-720, 39 * 1_440 + 719))
        answer = "incorrect" if chance.random() < wrong else "correct"
        outcome = chance.choice(OUTCOMES[2:]) if chance.random() < reads else answer
        events.append((learner, chance.choice(CONCEPTS), outcome, at))
    return events


@pytest.fixture(scope="module")
def classroom(service: Database, person: Person, import_row: Import, query: Query) -> Class:
    """Eight learners with 40 days of history that arrives out of order; two of them without any; a teacher who practises too."""
    chance, cohort, teacher = random.Random(26), f"Class {uuid4()}", person()
    names = {
        str(uuid4()): name
        for name in ("ada", "Ada", "<b>Bo</b> & Co.", "Zoë 👩‍🔬", "Émile", "'; --", "nobody yet", "Øyvind")
    }
    steady, second, weak, falling, reader, seldom, *empty = names
    events = [
        *history(chance, steady, 0.2, 0.2, 120),
        *history(chance, second, 0.35, 0.3, 60),
        *history(chance, weak, 0.9, 0.1, 80),
        *history(chance, falling, 0.1, 0.1, 90),
        *history(chance, reader, 0.5, 0.9, 40),
        *history(chance, seldom, 0.4, 0.2, 7),
        # Too few observations for anybody to know anything of it.
        *((learner, "Rare", "correct", noon(BEGINNING + 20 * DAY)) for learner in (steady, weak, weak)),
        # Of late everything goes wrong.
        *((falling, concept, "incorrect", noon(TODAY - n * DAY)) for concept in CONCEPTS[:3] for n in (1, 2, 3, 5)),
        # The first and the last moment of a day, and today.
        (steady, "Mean", "correct", noon(BEGINNING + 10 * DAY).replace(hour=0)),
        (steady, "Mean", "correct", datetime.combine(BEGINNING + 10 * DAY, time.max, UTC)),
        *((second, "Mode", outcome, datetime.combine(TODAY, time(), UTC)) for outcome in OUTCOMES),
    ]
    log = pd.DataFrame(events, columns=["learner", "concept", "outcome", "at"])
    log["id"] = [str(uuid4()) for _ in events]
    rows = [
        import_row(row.learner, row.concept, row.outcome, row.at, id=row.id, learner_name=names[row.learner])
        for row in log.itertuples()
    ]
    chance.shuffle(rows)
    for part in range(3):
        service.call("import_outcomes", rows=rows[part::3], cohort=cohort)
    service.call("import_outcomes", rows=[import_row(teacher, c, "correct", MAY) for c in CONCEPTS for _ in range(5)])
    for learner in empty:
        query(
            "insert into auth.users (id, raw_user_meta_data)"
            " values (%(id)s, jsonb_build_object('display_name', %(name)s::text))",
            id=learner,
            name=names[learner],
        )
        service.call("add_to_cohort", cohort=cohort, person=learner)
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor")
    [found] = query("select id::text from cohorts where name = %(name)s", name=cohort)
    return Class(found["id"], cohort, teacher, names, plain.folded(log))


@pytest.fixture(scope="module")
def cohorts(transport: Transport, classroom: Class) -> CohortService:
    return CohortService(transport.acting_as(classroom.teacher))


days_back = st.integers(0, 60)
ranges = st.sampled_from([1, 2, 7, 30, 90])
TODAY_AND_BEFORE_ANYTHING = (0, 17, 40, 41, 4_000)


@pytest.mark.parametrize("back", TODAY_AND_BEFORE_ANYTHING)
def test_a_learner_is_described_on_a_day_as_by_a_plain_calculation(
    back: int, cohorts: CohortService, classroom: Class
) -> None:
    assert_learners(cohorts, classroom, TODAY - back * DAY, 30)


@settings(max_examples=15)
@given(back=days_back, days=ranges, weak=st.floats(0, 0.7), mastered=st.floats(0.7, 1))
def test_learners_are_those_of_a_plain_calculation(
    back: int, days: int, weak: float, mastered: float, cohorts: CohortService, classroom: Class
) -> None:
    assert_learners(cohorts, classroom, TODAY - back * DAY, days, weak=weak, mastered=mastered)


def assert_learners(cohorts: CohortService, classroom: Class, day: date, days: int, **limits: float) -> None:
    moment = plain.end_of(day)
    found = cohorts.get_learners(classroom.id, day, days, **limits)
    names = classroom.names
    in_order = sorted(names, key=lambda learner: (names[learner].casefold(), learner))
    assert found.id.tolist() == in_order
    assert found.name.tolist() == [names[learner] for learner in in_order]
    expected = plain.learners(classroom.frame, in_order, day, days, moment, **limits)
    unclear = expected.pop("unclear").to_numpy()
    for trend in ("improving", "declining"):
        more = found[trend].to_numpy() - expected.pop(trend).to_numpy()
        assert ((more >= 0) & (more <= unclear)).all(), trend
    pd.testing.assert_frame_equal(
        found[list(expected)], expected.reset_index(drop=True), rtol=0, atol=drift(moment, day)
    )
    assert dtypes(found) == LEARNER_COLUMNS


@settings(max_examples=15)
@given(
    back=days_back, days=ranges, points=st.sampled_from([2, 5, COURSE_POINTS]),
    concept=st.sampled_from([None, None, *CONCEPTS, "Rare", "nothing"]),
)  # fmt: skip
@example(back=0, days=30, points=COURSE_POINTS, concept=None)
@example(back=17, days=30, points=COURSE_POINTS, concept="Mean")
@example(back=4_000, days=30, points=COURSE_POINTS, concept=None)
def test_the_course_is_that_of_numpys_percentiles_of_the_learners_means(
    back: int, days: int, points: int, concept: str | None, cohorts: CohortService, classroom: Class
) -> None:
    day = TODAY - back * DAY
    found = cohorts.get_course(classroom.id, day, days, concept, points=points)
    assert dtypes(found) == COURSE_COLUMNS
    expected = plain.course(classroom.frame, found["at"].tolist(), concept)
    pd.testing.assert_frame_equal(found[list(expected)], expected, rtol=0, atol=1e-9)


@given(back=st.integers(0, 30_000), days=st.integers(1, 36_500), points=st.integers(2, 40))
def test_a_course_goes_in_even_steps_from_the_end_of_the_day_before_the_range_to_its_end(
    back: int, days: int, points: int
) -> None:
    day = TODAY - back * DAY
    before = plain.end_of(day)
    *earlier, last = course_moments(day, days, points)
    assert before <= last <= plain.end_of(day)
    assert earlier[0] == plain.end_of(day - days * DAY)
    assert len(earlier) + 1 == min(points, days + 1)
    ends = [moment.date() for moment in earlier]
    assert [plain.end_of(each) for each in ends] == earlier
    steps = np.diff([each.toordinal() for each in [*ends, day]])
    assert steps.min() >= 1
    assert steps.max() - steps.min() <= 1


@settings(max_examples=15)
@given(back=days_back, days=ranges, weak=st.floats(0, 0.7), mastered=st.floats(0.7, 1))
@example(back=0, days=30, weak=0.5, mastered=0.8)
@example(back=17, days=30, weak=0.5, mastered=0.8)
@example(back=4_000, days=30, weak=0.5, mastered=0.8)
def test_concepts_are_those_of_a_plain_calculation(
    back: int, days: int, weak: float, mastered: float, cohorts: CohortService, classroom: Class
) -> None:
    day = TODAY - back * DAY
    moment = plain.end_of(day)
    found = cohorts.get_concepts(classroom.id, day, days, weak=weak, mastered=mastered)
    expected = plain.concepts(classroom.frame, day, days, moment, weak=weak, mastered=mastered)
    pd.testing.assert_frame_equal(
        found[list(expected)], expected.astype({"concept": "str"}), rtol=0, atol=drift(moment, day)
    )
    assert dtypes(found) == CONCEPT_COLUMNS
    moments = cohorts.get_course(classroom.id, day, days)["at"].tolist()
    means = plain.concept_means(classroom.frame, moments).loc[found.concept.tolist()]
    courses = np.array(found.course.tolist(), dtype="float64").reshape(means.shape)
    np.testing.assert_allclose(courses, means, rtol=0, atol=drift(moment, day))
    np.testing.assert_array_equal(found.mean_before, courses[:, 0])
    np.testing.assert_allclose(found["mean"], courses[:, -1], rtol=0, atol=drift(moment, day))


@settings(max_examples=15)
@given(
    back=days_back, concept=st.sampled_from([None, None, *CONCEPTS, "Rare", "nothing"]),
    chosen=st.none() | st.lists(st.integers(0, 7), unique=True),
)  # fmt: skip
@example(back=0, concept=None, chosen=None)
@example(back=17, concept=None, chosen=[])
@example(back=17, concept="Mean", chosen=[5, 1])
@example(back=4_000, concept=None, chosen=None)
def test_cells_are_those_of_a_plain_calculation(
    back: int, concept: str | None, chosen: list[int] | None, cohorts: CohortService, classroom: Class
) -> None:
    day, learners = TODAY - back * DAY, [*classroom.names]
    moment = plain.end_of(day)
    named = None if chosen is None else [learners[place] for place in chosen]
    cells = cohorts.get_cells(classroom.id, day, named, concept)
    assert cells.learners == named if named is not None else set(cells.learners) == set(learners)
    every = plain.standing(classroom.frame, moment)
    every = every[every.learner.isin(cells.learners) & ((every.concept == concept) if concept else True)]
    assert cells.concepts == sorted(set(every.concept))
    score, observations = plain.cells(every, cells.learners, cells.concepts)
    np.testing.assert_allclose(cells.score, score, rtol=0, atol=drift(moment, day))
    np.testing.assert_array_equal(cells.observations, observations)
    assert (cells.score.dtype, cells.observations.dtype) == (np.float64, np.int64)


@settings(max_examples=15)
@given(back=days_back, concept=st.sampled_from([*CONCEPTS, "Rare", "nothing"]), most=st.sampled_from([1, 3, 20, 500]))
@example(back=0, concept="Mode", most=20)
@example(back=17, concept="Mean", most=20)
@example(back=4_000, concept="Mean", most=20)
def test_opportunities_are_those_of_a_plain_calculation(
    back: int, concept: str, most: int, cohorts: CohortService, classroom: Class
) -> None:
    day = TODAY - back * DAY
    found = cohorts.get_opportunities(classroom.id, concept, day, most)
    expected = plain.opportunities(classroom.frame, concept, plain.end_of(day), most)
    pd.testing.assert_frame_equal(found, expected)


def test_the_span_is_from_the_first_day_to_the_last_moment(cohorts: CohortService, classroom: Class) -> None:
    span = cohorts.get_span(classroom.id)
    times = classroom.frame["at"]
    assert (span.id, span.name, span.learners) == (classroom.id, classroom.name, 8)
    assert (span.first_day, span.last_activity) == (times.min().date(), times.max())
    assert isinstance(span.first_day, date)


def test_figures_of_one_learner_are_those_on_the_learners_own_screens(
    transport: Transport, cohorts: CohortService, classroom: Class
) -> None:
    day = TODAY - 3 * DAY
    cells = cohorts.get_cells(classroom.id, day)
    rows = cohorts.get_learners(classroom.id, day).set_index("id")
    for place, learner in enumerate(cells.learners):
        own = MasteryService(transport.acting_as(learner)).get_user_mastery(learner, at=plain.end_of(day))
        known = [each.mastery_score for each in own.values() if each.observations >= 3]
        assert rows["mean"][learner] == pytest.approx(np.mean(known) if known else np.nan, nan_ok=True)
        found = {concept: cells.score[place, n] for n, concept in enumerate(cells.concepts)}
        assert {concept: each.mastery_score for concept, each in own.items()} == pytest.approx(
            {concept: score for concept, score in found.items() if not np.isnan(score)}
        )


def test_columns_come_in_the_order_in_which_they_are_described(cohorts: CohortService, classroom: Class) -> None:
    assert list(cohorts.get_learners(classroom.id, TODAY)) == list(LEARNER_COLUMNS)
    assert list(cohorts.get_concepts(classroom.id, TODAY)) == list(CONCEPT_COLUMNS)
    assert list(cohorts.get_course(classroom.id, TODAY)) == list(COURSE_COLUMNS)
    assert list(cohorts.get_opportunities(classroom.id, "Mean", TODAY)) == ["opportunity", "graded", "correct"]


def test_names_come_as_they_are_and_by_the_alphabet(cohorts: CohortService, classroom: Class) -> None:
    found = cohorts.get_learners(classroom.id, TODAY)
    assert found.name.str.casefold().tolist() == [
        "'; --", "<b>bo</b> & co.", "ada", "ada", "nobody yet", "zoë 👩‍🔬", "émile", "øyvind",
    ]  # fmt: skip
    assert dict(zip(found.id, found.name, strict=True)) == classroom.names


@pytest.fixture
def teacher(person: Person) -> str:
    return person()


@pytest.fixture
def cohort(service: Database, teacher: str, query: Query) -> str:
    """A cohort of the teacher's with nobody in it yet."""
    name = f"Cohort {uuid4()}"
    service.call("add_to_cohort", cohort=name, person=teacher, role="instructor", create_missing=True)
    [found] = query("select id::text from cohorts where name = %(name)s", name=name)
    return str(found["id"])


@pytest.fixture
def taught(transport: Transport, teacher: str) -> CohortService:
    return CohortService(transport.acting_as(teacher))


@pytest.fixture
def practise(service: Database, import_row: Import, query: Query) -> Callable[..., None]:
    """Put somebody into a cohort, with these outcomes on a concept at one moment."""

    def give(cohort: str, learner: str, *outcomes: str, concept: str = "a", at: datetime = MAY) -> None:
        [found] = query("select name from cohorts where id = %(id)s", id=cohort)
        service.call("add_to_cohort", cohort=found["name"], person=learner)
        rows = [import_row(learner, concept, outcome, at) for outcome in outcomes]
        service.call("import_outcomes", rows=rows)

    return give


def figures(service: CohortService, cohort: str, day: date = FIRST_OF_MAY, days: int = 30) -> dict[str, Any]:
    """All that is said of a cohort, as plain values."""
    cells = service.get_cells(cohort, day)
    said = {
        "learners": service.get_learners(cohort, day, days).to_dict("index"),
        "course": service.get_course(cohort, day, days).to_dict("list"),
        "concepts": service.get_concepts(cohort, day, days).to_dict("index"),
        "cells": {
            learner: dict(zip(cells.concepts, zip(*row, strict=True), strict=True))
            for learner, *row in zip(cells.learners, cells.score.tolist(), cells.observations.tolist(), strict=True)
        },
        "opportunities": service.get_opportunities(cohort, "a", day).to_dict("list"),
        "span": service.get_span(cohort),
    }
    # What is not known is equal to itself here.
    return {name: repr(value) for name, value in said.items()}


def test_who_has_no_data_is_listed_and_changes_no_figure(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None]
) -> None:
    practise(cohort, person(), "correct", "correct", "incorrect")
    practise(cohort, person(), "correct", "correct", "correct")
    before, newcomer = figures(taught, cohort), person()
    rows = taught.get_learners(cohort, FIRST_OF_MAY).set_index("id")
    practise(cohort, newcomer)
    after = figures(taught, cohort)
    assert {name for name in after if after[name] != before[name]} == {"learners", "cells", "span"}
    joined = taught.get_learners(cohort, FIRST_OF_MAY).set_index("id")
    pd.testing.assert_frame_equal(joined.drop(index=newcomer).loc[rows.index], rows)
    mine = joined.loc[newcomer]
    assert mine[["mean", "mean_stored", "last_activity"]].isna().all()
    assert (mine.drop(["name", "mean", "mean_stored", "last_activity"]) == 0).all()
    cells = taught.get_cells(cohort, FIRST_OF_MAY, [newcomer])
    assert (cells.learners, cells.concepts, cells.score.shape) == ([newcomer], [], (1, 0))
    assert taught.get_span(cohort).learners == 3


def test_figures_are_the_same_in_whichever_way_and_order_outcomes_arrived(
    taught: CohortService, cohort: str, service: Database, person: Person, import_row: Import,
    practise: Callable[..., None],
) -> None:  # fmt: skip
    chance, imported, one_by_one, late = random.Random(8), person(), person(), person()
    events = [
        (chance.choice("ab"), chance.choice(OUTCOMES), MAY + timedelta(hours=hour))
        for hour in sorted(chance.sample(range(12 * 24), 40))
    ]
    for learner, arrived in ((one_by_one, events), (late, chance.sample(events, len(events)))):
        practise(cohort, learner)
        for concept, outcome, at in arrived:
            service.call(
                "record_outcome", learner=learner, concept=concept, outcome=outcome, at=at, interaction=str(uuid4())
            )  # fmt: skip
    practise(cohort, imported)
    service.call("import_outcomes", rows=[import_row(imported, *event) for event in events])
    for later in (0, 3, 8, 13):
        day = FIRST_OF_MAY + later * DAY
        rows = taught.get_learners(cohort, day, 5).drop(columns=["id", "name"])
        assert rows.observations.min() > 0
        pd.testing.assert_frame_equal(rows, rows.iloc[[0, 0, 0]].reset_index(drop=True), rtol=0, atol=1e-12)
        cells = taught.get_cells(cohort, day)
        assert cells.observations.tolist() == [cells.observations[0].tolist()] * 3
        np.testing.assert_array_equal(cells.score, cells.score[[0, 0, 0]])


def test_a_cohort_without_learners_is_an_empty_answer(taught: CohortService, cohort: str) -> None:
    day = FIRST_OF_MAY
    learners, concepts = taught.get_learners(cohort, day), taught.get_concepts(cohort, day)
    assert (len(learners), dtypes(learners)) == (0, LEARNER_COLUMNS)
    assert (len(concepts), dtypes(concepts)) == (0, CONCEPT_COLUMNS)
    course = taught.get_course(cohort, day)
    assert (course.learners.tolist(), dtypes(course)) == ([0] * COURSE_POINTS, COURSE_COLUMNS)
    assert course[["lower", "middle", "upper"]].isna().all(axis=None)
    cells = taught.get_cells(cohort, day)
    assert (cells.learners, cells.concepts, cells.score.shape, cells.observations.shape) == ([], [], (0, 0), (0, 0))
    assert taught.get_opportunities(cohort, "a", day).to_dict("list") == {
        "opportunity": [], "graded": [], "correct": [],
    }  # fmt: skip
    span = taught.get_span(cohort)
    assert (span.learners, span.first_day, span.last_activity) == (0, None, None)


def test_instructors_are_no_learners(
    taught: CohortService, cohort: str, teacher: str, service: Database, person: Person, import_row: Import,
    practise: Callable[..., None],
) -> None:  # fmt: skip
    learner = person()
    practise(cohort, learner, "correct", "correct", "correct")
    before = figures(taught, cohort)
    service.call("import_outcomes", rows=[import_row(teacher, concept, "incorrect", MAY) for concept in "aaaab"])
    assert figures(taught, cohort) == before
    assert taught.get_learners(cohort, FIRST_OF_MAY).id.tolist() == [learner]
    assert taught.get_cells(cohort, FIRST_OF_MAY, [teacher, learner]).learners == [learner]


def test_who_leaves_a_cohort_is_gone_from_its_figures(
    taught: CohortService, cohort: str, service: Database, person: Person, practise: Callable[..., None], query: Query
) -> None:
    learner, leaver = person(), person()
    practise(cohort, learner, "correct", "correct", "correct")
    before = figures(taught, cohort)
    practise(cohort, leaver, "incorrect", "incorrect", "incorrect", concept="b")
    assert figures(taught, cohort) != before
    [found] = query("select name from cohorts where id = %(id)s", id=cohort)
    service.call("remove_from_cohort", cohort=found["name"], person=leaver)
    assert figures(taught, cohort) == before


def test_an_archived_cohort_still_answers(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None], query: Query
) -> None:
    practise(cohort, person(), "correct", "incorrect", "correct")
    before, before_span = figures(taught, cohort), taught.get_span(cohort)
    query("update cohorts set archived_at = %(at)s where id = %(id)s", at=MAY + DAY, id=cohort)
    span = taught.get_span(cohort)
    assert span.archived_at == MAY + DAY
    assert figures(taught, cohort) == before | {"span": repr(span)}
    assert replace(span, archived_at=None) == before_span
    assert [(each.id, each.archived_at) for each in taught.get_cohorts()] == [(cohort, MAY + DAY)]


def test_cohorts_come_by_name_and_archived_ones_last(
    transport: Transport, service: Database, teacher: str, query: Query
) -> None:
    mark = uuid4()
    for name in ("b", "A", "C", "a0"):
        service.call(
            "add_to_cohort", cohort=f"{name} {mark}", person=teacher, role="instructor", create_missing=True
        )  # fmt: skip
    query("update cohorts set archived_at = now() where name = %(name)s", name=f"A {mark}")
    found = CohortService(transport.acting_as(teacher)).get_cohorts()
    assert [each.name.split()[0] for each in found] == ["a0", "b", "C", "A"]
    assert [(each.students, each.instructors) for each in found] == [(0, 1)] * 4
    assert [each.archived_at is None for each in found] == [True, True, True, False]


ASKED: dict[str, Callable[[CohortService, str], object]] = {
    "span": lambda service, cohort: service.get_span(cohort),
    "learners": lambda service, cohort: service.get_learners(cohort, TODAY),
    "course": lambda service, cohort: service.get_course(cohort, TODAY),
    "concepts": lambda service, cohort: service.get_concepts(cohort, TODAY),
    "cells": lambda service, cohort: service.get_cells(cohort, TODAY),
    "opportunities": lambda service, cohort: service.get_opportunities(cohort, "Mean", TODAY),
}
RANGED: dict[str, Callable[[CohortService, str, Any], object]] = {
    "learners": lambda service, cohort, days: service.get_learners(cohort, TODAY, days),
    "course": lambda service, cohort, days: service.get_course(cohort, TODAY, days),
    "concepts": lambda service, cohort, days: service.get_concepts(cohort, TODAY, days),
}
ON_A_DAY: dict[str, Callable[[CohortService, str, date], object]] = {
    "learners": lambda service, cohort, day: service.get_learners(cohort, day),
    "course": lambda service, cohort, day: service.get_course(cohort, day),
    "concepts": lambda service, cohort, day: service.get_concepts(cohort, day),
    "cells": lambda service, cohort, day: service.get_cells(cohort, day),
    "opportunities": lambda service, cohort, day: service.get_opportunities(cohort, "Mean", day),
}


def assert_refused(refused: pytest.ExceptionInfo[MasteryError], kind: type[MasteryError]) -> None:
    sentence = str(refused.value)
    assert type(refused.value) is kind
    assert len(sentence.splitlines()) == 1
    assert 15 < len(sentence) < 250
    assert sentence.isprintable()


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_cohort_is_shown_to_who_teaches_it_and_to_nobody_else(
    ask: Callable[[CohortService, str], object], transport: Transport, service: Database, classroom: Class,
    person: Person,
) -> None:  # fmt: skip
    stranger, fellow = person(), next(iter(classroom.names))
    service.call(
        "add_to_cohort", cohort=f"Elsewhere {uuid4()}", person=stranger, role="instructor", create_missing=True
    )  # fmt: skip
    ask(CohortService(transport.acting_as(classroom.teacher)), classroom.id)
    ask(CohortService(service), classroom.id)
    for asker in (stranger, fellow):
        with pytest.raises(MasteryError, match="There is no such cohort, or not one you may see") as refused:
            ask(CohortService(transport.acting_as(asker)), classroom.id)
        assert_refused(refused, NotFound)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_cohort_that_there_is_not_is_not_found(
    ask: Callable[[CohortService, str], object], cohorts: CohortService, service: Database
) -> None:
    for asked in (cohorts, CohortService(service)):
        with pytest.raises(MasteryError, match="There is no such cohort") as refused:
            ask(asked, str(uuid4()))
        assert_refused(refused, NotFound)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("wrong", ["", "STAT 101", "a\0b", "00000000-0000-0000-0000-0000000000000", "'; --"])
def test_what_is_no_id_is_refused(
    ask: Callable[[CohortService, str], object], wrong: str, cohorts: CohortService
) -> None:
    with pytest.raises(MasteryError, match=r"uuid|NUL") as refused:
        ask(cohorts, wrong)
    assert_refused(refused, InvalidInput)


def test_a_learner_or_concept_that_cannot_be_is_answered_with_nothing_or_refused(
    cohorts: CohortService, classroom: Class
) -> None:
    unknown = cohorts.get_cells(classroom.id, TODAY, [str(uuid4())])
    assert (unknown.learners, unknown.concepts) == ([], [])
    assert cohorts.get_opportunities(classroom.id, "x" * 10_000, TODAY).empty
    for call in (
        lambda: cohorts.get_cells(classroom.id, TODAY, ["STAT 101"]),
        lambda: cohorts.get_cells(classroom.id, TODAY, concept="a\0b"),
        lambda: cohorts.get_course(classroom.id, TODAY, concept="a\0b"),
        lambda: cohorts.get_opportunities(classroom.id, "a\0b", TODAY),
    ):
        with pytest.raises(MasteryError, match=r"uuid|NUL") as refused:
            call()
        assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("ask", RANGED.values(), ids=RANGED)
@pytest.mark.parametrize("days", [0, -1, 2.5, 40_000, 10**30, float("nan"), "30", None])
def test_days_that_cannot_be_are_refused(
    ask: Callable[[CohortService, str, Any], object], days: Any, cohorts: CohortService, classroom: Class
) -> None:
    with pytest.raises(MasteryError, match=r"days is a whole number from 1 to 36,?500; this one is") as refused:
        ask(cohorts, classroom.id, days)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("ask", RANGED.values(), ids=RANGED)
@pytest.mark.parametrize("days", [1, 36_500])
def test_a_range_may_be_a_day_or_a_century(
    ask: Callable[[CohortService, str, Any], object], days: int, cohorts: CohortService, classroom: Class
) -> None:
    ask(cohorts, classroom.id, days)


@pytest.mark.parametrize(
    "limits", [{"weak": float("nan")}, {"weak": -0.1}, {"mastered": 1.1}, {"mastered": float("nan")}]
)
def test_a_limit_that_is_no_share_is_refused(
    limits: dict[str, float], cohorts: CohortService, classroom: Class
) -> None:
    for ask in (cohorts.get_learners, cohorts.get_concepts):
        with pytest.raises(MasteryError) as refused:
            ask(classroom.id, TODAY, **limits)  # type: ignore[operator]
        assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("number", [-1, 0, 10**10])
def test_a_number_of_points_or_of_opportunities_that_cannot_be_is_refused(
    number: int, cohorts: CohortService, classroom: Class
) -> None:
    with pytest.raises(MasteryError) as refused:
        cohorts.get_opportunities(classroom.id, "Mean", TODAY, number)
    assert_refused(refused, InvalidInput)
    if number < 1:
        for ask in (cohorts.get_course, cohorts.get_concepts):
            with pytest.raises(MasteryError) as refused:
                ask(classroom.id, TODAY, points=number)
            assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("ask", ON_A_DAY.values(), ids=ON_A_DAY)
@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), TODAY + DAY, date.max])
def test_any_day_can_be_asked_about(
    ask: Callable[[CohortService, str, date], object], day: date, cohorts: CohortService, classroom: Class
) -> None:
    ask(cohorts, classroom.id, day)


@pytest.mark.parametrize("days", [1, 30, 10_000, 36_500])
def test_what_was_practised_half_a_century_ago_is_forgotten_without_an_error(
    days: int, taught: CohortService, cohort: str, person: Person, practise: Callable[..., None]
) -> None:
    learner = person()
    practise(cohort, learner, "correct", "correct", "correct", at=datetime(1970, 1, 1, tzinfo=UTC))
    figures(taught, cohort, TODAY, days)
    [row] = taught.get_learners(cohort, TODAY, days).itertuples()
    assert (row.known, row.weak) == (1, 1)
    assert (row.mean, row.mean_stored) == pytest.approx((0, 0.8), abs=1e-12)
    [concept] = taught.get_concepts(cohort, TODAY, days).itertuples()
    assert concept.mean == pytest.approx(0, abs=1e-12)
    assert taught.get_course(cohort, TODAY, days).middle.iloc[-1] == pytest.approx(0, abs=1e-12)
    assert taught.get_cells(cohort, TODAY).score.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("idle", [timedelta(0), timedelta(minutes=1), DAY, 2_000 * DAY])
@pytest.mark.parametrize("factor", [0, 1e-200, 0.5, 1])
def test_any_share_that_is_kept_a_day_gives_what_the_rule_of_forgetting_says(
    factor: float, idle: timedelta, taught: CohortService, cohort: str, person: Person,
    practise: Callable[..., None], query: Query,
) -> None:  # fmt: skip
    learner, day = person(), FIRST_OF_MAY
    practised = plain.end_of(day) - idle
    practise(cohort, learner, "correct", "correct", "correct", at=practised)
    query("update student_mastery set decay_factor = %(kept)s where user_id = %(id)s", kept=factor, id=learner)
    figures(taught, cohort, day, 400)
    figures(taught, cohort, TODAY, 36_500)
    left = pytest.approx(float(decay.retained(0.8, factor, idle / DAY)), abs=1e-9)
    assert taught.get_cells(cohort, day).score.item() == left
    assert taught.get_learners(cohort, day)["mean"].item() == left
    assert taught.get_concepts(cohort, day)["mean"].item() == left
    assert taught.get_course(cohort, day).middle.iloc[-1] == left


@pytest.fixture
def period(query: Query) -> Iterator[Callable[[float], None]]:
    """Sets the period in which a share is kept, and sets it back."""

    def change(days: float) -> None:
        query("update mastery_settings set decay_period_days = %(days)s", days=days)

    yield change
    query("update mastery_settings set decay_period_days = 1")


def test_forgetting_keeps_to_the_period_of_the_house(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None], period: Callable[[float], None]
) -> None:
    end = plain.end_of(FIRST_OF_MAY)
    practise(cohort, person(), "correct", "correct", "correct", at=end - 7 * DAY)
    period(14)
    left = pytest.approx(0.8 * 0.95**0.5, abs=1e-9)
    assert taught.get_cells(cohort, FIRST_OF_MAY).score.item() == left
    assert taught.get_learners(cohort, FIRST_OF_MAY)["mean"].item() == left
    assert taught.get_concepts(cohort, FIRST_OF_MAY)["mean"].item() == left
    assert taught.get_course(cohort, FIRST_OF_MAY).middle.iloc[-1] == left


@pytest.mark.parametrize("score", [0.75, 1e-300, 5e-324, 0])
@pytest.mark.parametrize("last", [None, MAY - 3 * DAY, MAY - 18_000 * DAY])
def test_scores_from_before_the_log_are_too_little_to_know_and_raise_nothing(
    score: float, last: datetime | None, taught: CohortService, cohort: str, person: Person,
    practise: Callable[..., None], query: Query,
) -> None:  # fmt: skip
    learner = person()
    practise(cohort, learner)
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
        " values (%(id)s, 'a', %(score)s, 0.95, %(last)s)",
        id=learner,
        score=score,
        last=last,
    )
    figures(taught, cohort, FIRST_OF_MAY, 30)
    figures(taught, cohort, TODAY, 36_500)
    [row] = taught.get_learners(cohort, FIRST_OF_MAY).itertuples()
    assert (row.known, row.apart, row.weak, row.observations) == (0, 1, 0, 0)
    assert np.isnan(row.mean)
    left = float(decay.retained(score, 0.95, 0 if last is None else (plain.end_of(FIRST_OF_MAY) - last) / DAY))
    cells = taught.get_cells(cohort, FIRST_OF_MAY)
    assert cells.observations.item() == 0
    assert cells.score.item() == pytest.approx(left, abs=1e-9)


def test_a_score_from_before_the_log_is_not_there_before_it_was_assessed(
    transport: Transport,
    taught: CohortService,
    cohort: str,
    person: Person,
    practise: Callable[..., None],
    query: Query,
) -> None:
    learner = person()
    practise(cohort, learner)
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at)"
        " values (%(id)s, 'a', 0.75, 0.95, %(last)s)",
        id=learner,
        last=MAY,
    )
    own = MasteryService(transport.acting_as(learner))
    for day in (FIRST_OF_MAY - 2 * DAY, FIRST_OF_MAY):
        assert taught.get_cells(cohort, day).concepts == [*own.get_user_mastery(learner, at=plain.end_of(day))]
        assert len(taught.get_concepts(cohort, day)) == (day == FIRST_OF_MAY)
        assert taught.get_learners(cohort, day).apart.tolist() == [int(day == FIRST_OF_MAY)]


def test_a_reset_is_neither_practice_nor_an_observation(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None], query: Query, service: Database
) -> None:
    learner = person()
    practise(cohort, learner, "correct", at=MAY)
    query(
        "insert into interactions (id, student_id, concept_focus, outcome, reset_to, created_at)"
        " values (gen_random_uuid(), %(id)s, 'a', 'reset', 0.75, %(at)s)",
        id=learner, at=MAY - 5 * DAY,
    )  # fmt: skip
    service.call("replay", learner=learner)
    practise(cohort, learner, "incorrect", at=MAY + DAY)
    practise(cohort, learner, "correct", at=MAY + DAY + timedelta(hours=1))
    [before] = taught.get_learners(cohort, FIRST_OF_MAY - DAY).itertuples()
    assert (before.known, before.apart, before.days, before.observations) == (0, 1, 0, 0)
    assert (before.gained, before.lost, before.improving, before.declining) == (0, 0, 0, 0)
    [row] = taught.get_learners(cohort, FIRST_OF_MAY + DAY).itertuples()
    assert (row.known, row.days, row.observations, row.graded, row.correct) == (1, 2, 3, 3, 2)
    assert taught.get_opportunities(cohort, "a", FIRST_OF_MAY + DAY, 3).to_dict("list") == {
        "opportunity": [1, 2, 3], "graded": [1, 1, 1], "correct": [1, 0, 1],
    }  # fmt: skip


def test_the_band_of_the_trend_ends_above_what_a_right_and_a_wrong_answer_come_to(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None]
) -> None:
    """Improving is above +0.05, declining below -0.05: these come to exactly that."""
    practise(cohort, person(), "correct", "incorrect", concept="up")
    practise(cohort, person(), "correct", "incorrect", "incorrect", "incorrect", concept="down")
    found = taught.get_learners(cohort, FIRST_OF_MAY)
    assert (found.improving.tolist(), found.declining.tolist()) == ([0, 0], [0, 0])


def test_the_trend_is_of_the_last_7_days_and_of_practice_alone(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None]
) -> None:
    learner, day = person(), FIRST_OF_MAY
    practise(cohort, learner, "correct", "correct", concept="up", at=MAY - 6 * DAY)
    practise(cohort, learner, "incorrect", "incorrect", concept="down", at=MAY - 6 * DAY)
    practise(cohort, learner, "incorrect", concept="once", at=MAY - 6 * DAY)
    for later, expected in ((-7, (0, 0)), (-6, (1, 1)), (0, (1, 1)), (1, (0, 0))):
        [row] = taught.get_learners(cohort, day + later * DAY).itertuples()
        assert (row.improving, row.declining) == expected, later


def test_an_outcome_dated_later_today_counts_with_its_day_everywhere(
    taught: CohortService, cohort: str, person: Person, practise: Callable[..., None]
) -> None:
    """A tutor's clock may be ahead: the log takes what is dated up to a day from now. A cohort is looked at by whole days."""
    learner = person()
    midnight = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    practise(cohort, learner, "correct", "correct", "correct", at=midnight)
    practise(cohort, learner, "incorrect", at=midnight + DAY - timedelta(microseconds=1))
    cells = taught.get_cells(cohort, midnight.date())
    assert cells.observations.tolist() == [[4]]
    [concept] = taught.get_concepts(cohort, midnight.date()).itertuples()
    course = taught.get_course(cohort, midnight.date())
    assert cells.score.item() == pytest.approx(concept.mean) == pytest.approx(course["middle"].iloc[-1])
    assert concept.course[-1] == pytest.approx(concept.mean)
