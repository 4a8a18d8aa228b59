"""A learner beside their group: quartiles against numpy, and nothing from which anybody's own score could be read."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotFound
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
COLUMNS = {"concept": "str", "learners": "int64", "lower": "float64", "middle": "float64", "upper": "float64"}
Query = Callable[..., list[dict[str, Any]]]
Import = Callable[..., dict[str, Any]]
Person = Callable[[], str]
Events = dict[str, list[tuple[datetime, str, str]]]


@pytest.fixture
def cohort() -> str:
    return f"Group {uuid4()}"


@pytest.fixture
def practise(service: Database, import_row: Import) -> Callable[..., None]:
    """Put people into a cohort, each with as many right answers on a concept at one moment as they are given."""

    def give(cohort: str, answers: dict[str, int], concept: str = "a", at: datetime = MAY) -> None:
        rows = [import_row(who, concept, "correct", at) for who, count in answers.items() for _ in range(count)]
        service.call("import_outcomes", rows=rows, cohort=cohort)

    return give


def as_learner(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def to_5_points(score: float) -> float:
    return round(score * 20) / 20


def scores_at(events: Events, concept: str, moment: datetime) -> list[float]:
    """The scores of those with three observations by then, forgetting since, in plain Python."""
    scores = []
    for of_learner in events.values():
        score, last, count = 0.5, None, 0
        for at, _, outcome in sorted(event for event in of_learner if event[1] == concept and event[0] <= moment):
            score *= 0.95 ** ((at - (last or at)) / DAY)
            score, last, count = min(1.0, max(0.0, score + WORTH[outcome])), at, count + 1
        if last is not None and count >= 3:
            scores.append(score * 0.95 ** ((moment - last) / DAY))
    return scores


@pytest.fixture(scope="module")
def classroom(service: Database, person: Person, import_row: Import) -> tuple[str, Events]:
    """A cohort of nine with 40 outcomes each on five concepts in 20 days, and their instructor, who practises too."""
    chance, cohort, teacher = random.Random(17), f"Class {uuid4()}", person()
    events: Events = {
        person(): [
            (MAY + timedelta(minutes=chance.randrange(20 * 1_440)), chance.choice("abcde"), chance.choice([*WORTH]))
            for _ in range(40)
        ]
        for _ in range(9)
    }
    rows = [import_row(who, concept, outcome, at) for who, own in events.items() for at, concept, outcome in own]
    service.call("import_outcomes", rows=rows, cohort=cohort)
    service.call("import_outcomes", rows=[import_row(teacher, c, "correct", MAY) for c in "abcde" for _ in range(5)])
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor")
    return cohort, events


@settings(max_examples=30)
@given(hours=st.integers(-48, 40 * 24))
def test_quartiles_are_those_of_numpy_at_the_end_of_the_day(
    hours: int, service: Database, classroom: tuple[str, Events]
) -> None:
    _, events = classroom
    at = MAY + timedelta(hours=hours)
    end = at.replace(hour=23, minute=59, second=59, microsecond=999_999)
    found = MasteryService(service).get_group(next(iter(events)), at=at)
    assert [(cohort.learners, cohort.id) for cohort in found.cohorts] == [(9, found.cohort_id)]
    scores = {concept: scores_at(events, concept, end) for concept in "abcde"}
    shown = {concept: known for concept, known in scores.items() if len(known) >= 5}
    assert found.concepts.concept.tolist() == [*shown]
    assert found.concepts.learners.tolist() == [len(known) for known in shown.values()]
    for row in found.concepts.itertuples():
        quartiles = np.quantile([to_5_points(score) for score in shown[str(row.concept)]], [0.25, 0.5, 0.75])
        for number, quartile in zip((row.lower, row.middle, row.upper), quartiles, strict=True):
            assert number == pytest.approx(to_5_points(number), abs=1e-12)
            assert abs(number - quartile) < 0.025 + 1e-9  # which way a half goes is open
    assert {name: str(kind) for name, kind in found.concepts.dtypes.items()} == COLUMNS


def test_four_are_no_group_and_five_are(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    answers = {person(): count for count in (3, 3, 4, 5)}
    me = as_learner(transport, next(iter(answers)))
    practise(cohort, answers)
    alone = me.get_group(next(iter(answers)), at=MAY)
    assert (alone.cohorts, alone.cohort_id, alone.concepts.empty) == ([], None, True)
    practise(cohort, {person(): 3})
    together = me.get_group(next(iter(answers)), at=MAY)
    assert [(each.name, each.learners) for each in together.cohorts] == [(cohort, 5)]
    [row] = together.concepts.to_dict("records")
    # 0.8, 0.8, 0.8, 0.9, 1.0 at noon, twelve hours of forgetting later
    assert row == {"concept": "a", "learners": 5, "lower": 0.8, "middle": 0.8, "upper": 0.9}


def test_who_has_too_little_data_is_left_out_and_so_is_a_concept_that_four_have(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    answers = {person(): count for count in (3, 3, 3, 4, 2)}
    practise(cohort, answers)
    me = next(iter(answers))
    assert as_learner(transport, me).get_group(me, at=MAY).concepts.empty
    practise(cohort, {person(): 5, person(): 1})
    [row] = as_learner(transport, me).get_group(me, at=MAY).concepts.to_dict("records")
    assert row["learners"] == 5
    assert as_learner(transport, me).get_group(me, at=MAY).cohorts[0].learners == 7


def test_instructors_are_not_counted_and_not_shown_a_group_of_theirs(
    transport: Transport, service: Database, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    *learners, teacher = people = [person() for _ in range(6)]
    practise(cohort, dict.fromkeys(people[:4], 3))
    practise(f"{cohort} elsewhere", {teacher: 10, people[4]: 3})
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor")
    me = as_learner(transport, learners[0])
    assert me.get_group(learners[0], at=MAY).cohorts == []
    service.call("add_to_cohort", cohort=cohort, person=learners[4])
    assert me.get_group(learners[0], at=MAY).concepts.learners.tolist() == [5]
    assert me.get_group(learners[0], at=MAY).concepts.upper.tolist() == [0.8]
    assert as_learner(transport, teacher).get_group(teacher, at=MAY).cohorts == []
    # The teacher opens a learner, and sees the group in the cohort they teach.
    seen = as_learner(transport, teacher).get_group(learners[0], at=MAY)
    assert [each.name for each in seen.cohorts] == [cohort]


def test_an_instructor_sees_of_a_learners_groups_only_the_one_they_teach(
    transport: Transport, service: Database, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    learners, teacher = [person() for _ in range(5)], person()
    for name in (cohort, f"{cohort} elsewhere"):
        practise(name, dict.fromkeys(learners, 3))
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor")
    own = as_learner(transport, learners[0]).get_group(learners[0], at=MAY)
    seen = as_learner(transport, teacher).get_group(learners[0], at=MAY)
    assert [each.name for each in own.cohorts] == [cohort, f"{cohort} elsewhere"]
    assert [each.name for each in seen.cohorts] == [cohort]
    with pytest.raises(NotFound, match="no such cohort"):
        as_learner(transport, teacher).get_group(learners[0], own.cohorts[1].id)


def test_one_of_several_cohorts_is_chosen_by_its_id(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    me, *others = learners = [person() for _ in range(9)]
    practise(f"{cohort} B", dict.fromkeys(learners[:5], 3))
    practise(f"{cohort} A", dict.fromkeys([me, *others[4:]], 3))
    mastery = as_learner(transport, me)
    first = mastery.get_group(me, at=MAY)
    assert [each.name for each in first.cohorts] == [f"{cohort} A", f"{cohort} B"]
    assert first.cohort_id == first.cohorts[0].id
    assert mastery.get_group(me, first.cohorts[1].id, at=MAY).cohort_id == first.cohorts[1].id


def test_a_cohort_that_is_not_theirs_small_or_over_is_as_if_it_were_not_there(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None], query: Query
) -> None:
    me, *others = [person() for _ in range(6)]
    practise(cohort, {me: 3})
    practise(f"{cohort} theirs", dict.fromkeys(others, 3))
    practise(f"{cohort} over", dict.fromkeys([me, *others], 3))
    query("update cohorts set archived_at = now() where name = %(name)s", name=f"{cohort} over")
    found = query("select id::text from cohorts where strpos(name, %(name)s) = 1", name=cohort)
    mastery = as_learner(transport, me)
    assert mastery.get_group(me, at=MAY).cohorts == []
    said = set()
    for cohort_id in (str(uuid4()), *(row["id"] for row in found)):
        with pytest.raises(NotFound) as refused:
            mastery.get_group(me, cohort_id, at=MAY)
        said.add(str(refused.value))
    assert said == {"There is no such cohort, or not one of five learners or more that you are in."}
    with pytest.raises(InvalidInput, match="uuid"):
        mastery.get_group(me, "STAT 101")
    with pytest.raises(NotFound, match="no such person"):
        mastery.get_group(others[0])


def test_the_group_is_that_at_the_end_of_a_day_and_never_of_today(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    me, *others = [person() for _ in range(5)]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    practise(cohort, dict.fromkeys([me, *others], 3), at=today - DAY - timedelta(hours=1))
    practise(cohort, dict.fromkeys([me, *others], 3), "today", at=today)
    mastery = as_learner(transport, me)

    def shown(at: datetime | None) -> Sequence[Any]:
        return mastery.get_group(me, at=at).concepts.to_dict("records")

    assert [row["concept"] for row in shown(None)] == ["a"]
    assert shown(None) == shown(today - DAY) == shown(today + 400 * DAY) == shown(datetime.max.replace(tzinfo=UTC))
    assert shown(today - 2 * DAY) == shown(today - DAY - timedelta(microseconds=1))
    assert shown(today - 2 * DAY)[0]["middle"] == 0.8
    assert shown(today - 2 * DAY - timedelta(microseconds=1)) == shown(datetime.min.replace(tzinfo=UTC)) == []


def test_shifting_ones_own_score_by_a_hair_tells_nothing_of_the_neighbours(
    transport: Transport, person: Person, cohort: str, practise: Callable[..., None]
) -> None:
    """Of six, the lower quartile lies between two of them: exact, it would tip where three parts and one part meet."""
    me, *others = [person() for _ in range(6)]
    practise(cohort, {me: 3, others[0]: 3} | dict.fromkeys(others[1:], 5))
    mastery, evening = as_learner(transport, me), MAY.replace(hour=23)
    mastery.update_mastery(me, "a", "correct", custom_delta=0.0486, at=evening)
    answers = []
    for _ in range(18):  # from 0.83 to 0.865: the exact quartile goes from 0.866 to 0.891
        mastery.update_mastery(me, "a", "correct", custom_delta=0.002, at=evening)
        answers.append(mastery.get_group(me, at=MAY).concepts.to_dict("records"))
    assert answers[0][0]["learners"] == 6
    assert answers == answers[:1] * 18


def test_an_empty_learner_has_no_group(transport: Transport, person: Person) -> None:
    me = person()
    found = as_learner(transport, me).get_group(me)
    assert (found.cohorts, found.cohort_id, found.concepts.empty) == ([], None, True)
    assert {name: str(kind) for name, kind in found.concepts.dtypes.items()} == COLUMNS
