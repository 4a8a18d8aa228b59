"""Right answers by the time since a concept was practised before, against a plain calculation from the moments."""

import bisect
import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import NotFound
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EDGES = (0, 1, 3, 7, 14, 30)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
Query = Callable[..., list[dict[str, Any]]]
Event = tuple[datetime, str, str]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def counted(events: Sequence[Event], edges: Sequence[float], since: datetime, at: datetime) -> list[list[int]]:
    """[answers, right ones] by class of the gap before them, in plain Python."""
    classes = [[0, 0] for _ in edges]
    before: dict[str, datetime] = {}
    for moment, concept, outcome in sorted(events):
        if concept in before and since <= moment <= at and outcome in ("correct", "incorrect"):
            of_gap = classes[bisect.bisect_right(edges, (moment - before[concept]) / DAY) - 1]
            of_gap[0] += 1
            of_gap[1] += outcome == "correct"
        before[concept] = moment
    return classes


@pytest.fixture(scope="module")
def practised(service: Database, person: Callable[[], str], import_row: Callable[..., Any]) -> tuple[str, list[Event]]:
    """A learner with outcomes on many concepts in 120 days, each of another rhythm, and those outcomes."""
    chance, learner = random.Random(13), person()
    moments = {
        (MAY + timedelta(minutes=chance.randrange(120 * 1_440)), f"concept {chance.randrange(n % 40 + 1)}")
        for n in range(500)
    }
    events = [(at, concept, chance.choice(OUTCOMES)) for at, concept in sorted(moments)]
    service.call("import_outcomes", rows=[import_row(learner, concept, outcome, at) for at, concept, outcome in events])
    return learner, events


edges = st.lists(st.floats(0.01, 60), max_size=6, unique=True).map(lambda days: [0.0, *sorted(days)])


@settings(max_examples=40)
@given(
    hours=st.integers(-24, 130 * 24), days=st.sampled_from([0.5, 7, 30, 365]), edges=st.one_of(st.just(EDGES), edges)
)
def test_gaps_are_those_of_a_plain_calculation(
    hours: int, days: float, edges: Sequence[float], service: Database, practised: tuple[str, list[Event]]
) -> None:
    learner, events = practised
    at = MAY + timedelta(hours=hours)
    found = MasteryService(service).get_answers_by_gap(learner, edges, days, at=at)
    assert found.from_days.tolist() == list(edges)
    assert found.to_days.tolist() == [*edges[1:], math.inf]
    assert found[["graded", "correct"]].values.tolist() == counted(events, edges, at - timedelta(days=days), at)


def test_a_gap_belongs_to_the_class_that_it_begins(mastery: MasteryService, learner: str) -> None:
    for at in (MAY, MAY + DAY, MAY + 2 * DAY - timedelta(seconds=1), MAY + 5 * DAY):
        mastery.update_mastery(learner, "a", "correct", at=at)
    found = mastery.get_answers_by_gap(learner, [0, 1, 3], at=MAY + 9 * DAY)
    assert found.graded.tolist() == [1, 1, 1]


def test_the_first_practice_has_no_gap_and_what_is_no_answer_ends_one(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_answers_by_gap(learner, EDGES).graded.sum() == 0
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    mastery.update_mastery(learner, "b", "passive_read", at=MAY)
    assert mastery.get_answers_by_gap(learner, EDGES, at=MAY + DAY).graded.sum() == 0
    mastery.update_mastery(learner, "b", "incorrect", at=MAY + 4 * DAY)
    mastery.update_mastery(learner, "a", "confusion_detected", at=MAY + 9 * DAY)
    found = mastery.get_answers_by_gap(learner, EDGES, at=MAY + 9 * DAY)
    assert found.graded.tolist() == [0, 0, 1, 0, 0, 0]
    assert found.correct.sum() == 0
    assert found.dtypes.astype(str).to_dict() == {
        "from_days": "float64", "to_days": "float64", "graded": "int64", "correct": "int64",
    }  # fmt: skip


@pytest.mark.parametrize("days", [5, 10, 60])
def test_a_gap_may_reach_back_before_the_range(days: float, mastery: MasteryService, learner: str) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    mastery.update_mastery(learner, "a", "correct", at=MAY + 20 * DAY)
    found = mastery.get_answers_by_gap(learner, EDGES, days, at=MAY + 20 * DAY)
    assert found.graded.tolist() == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("days", [1, 30])
def test_a_score_from_before_the_log_is_no_practice_that_a_gap_could_begin_with(
    days: float, service: Database, mastery: MasteryService, learner: str, query: Query
) -> None:
    for concept, assessed in (("a", MAY), ("b", None)):
        query(
            "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at)"
            " values (%(id)s, %(concept)s, 0.9, %(assessed)s)",
            id=learner,
            concept=concept,
            assessed=assessed,
        )
        mastery.update_mastery(learner, concept, "correct", at=MAY + 5 * DAY)
    assert mastery.get_answers_by_gap(learner, EDGES, days, at=MAY + 5 * DAY).graded.sum() == 0
    mastery.update_mastery(learner, "a", "incorrect", at=MAY + 7 * DAY)
    found = mastery.get_answers_by_gap(learner, EDGES, days, at=MAY + 7 * DAY)
    assert found.graded.tolist() == [0, 1, 0, 0, 0, 0]


def test_gaps_are_ones_own(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    other = person()
    theirs = MasteryService(transport.acting_as(other))
    for at in (MAY, MAY + DAY):
        mastery.update_mastery(learner, "a", "correct", at=at)
    assert theirs.get_answers_by_gap(other, EDGES, at=MAY + DAY).graded.sum() == 0
    with pytest.raises(NotFound, match="no such person"):
        theirs.get_answers_by_gap(learner, EDGES)


def test_one_class_holds_all(mastery: MasteryService, learner: str) -> None:
    for day in range(4):
        mastery.update_mastery(learner, "a", "correct", at=MAY + day * DAY)
    found = mastery.get_answers_by_gap(learner, (0,), at=MAY + 9 * DAY)
    pd.testing.assert_frame_equal(
        found, pd.DataFrame({"from_days": [0.0], "to_days": [math.inf], "graded": [3], "correct": [3]})
    )
