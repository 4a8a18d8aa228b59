"""The rules a learner's scores follow: the house's, with thresholds of their own."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import NotFound
from mastery_core.identity.directory import Directory
from mastery_core.model import Outcome, Rules
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
OF_THE_HOUSE = Rules(
    initial_score=0.5, decay_factor=0.95, decay_period_days=1, weak_below=0.5, mastered_from=0.8,
    deltas={
        Outcome.CORRECT: 0.10, Outcome.INCORRECT: -0.05, Outcome.CONFUSION_DETECTED: -0.03, Outcome.PASSIVE_READ: 0.02,
    },
)  # fmt: skip
Query = Callable[..., list[dict[str, Any]]]
SetThresholds = Callable[[float | None, float | None], None]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


@pytest.fixture
def set_thresholds(transport: Transport, learner: str) -> SetThresholds:
    def change(weak_below: float | None, mastered_from: float | None) -> None:
        Directory(transport.acting_as(learner)).set_profile(
            learner, display_name="Ann", time_zone=None, weak_below=weak_below, mastered_from=mastered_from, compares=False
        )  # fmt: skip

    return change


def test_who_has_set_nothing_follows_the_house(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_rules(learner) == OF_THE_HOUSE


def test_own_thresholds_are_ones_own_until_they_are_taken_back(
    mastery: MasteryService, learner: str, set_thresholds: SetThresholds, service: Database, person: Callable[[], str]
) -> None:
    set_thresholds(0.3, 0.95)
    for asking in (mastery, MasteryService(service)):
        rules = asking.get_rules(learner)
        assert (rules.weak_below, rules.mastered_from) == (0.3, 0.95)
        assert rules.deltas == OF_THE_HOUSE.deltas
    assert MasteryService(service).get_rules(person()) == OF_THE_HOUSE
    set_thresholds(None, 0.6)
    assert (mastery.get_rules(learner).weak_below, mastery.get_rules(learner).mastered_from) == (0.5, 0.6)
    set_thresholds(None, None)
    assert mastery.get_rules(learner) == OF_THE_HOUSE


@pytest.mark.parametrize("weak_below", [None, 0.2, 0.65])
def test_the_own_weak_threshold_says_when_a_concept_is_due(
    weak_below: float | None, mastery: MasteryService, learner: str, set_thresholds: SetThresholds
) -> None:
    for minute in range(3):
        mastery.update_mastery(learner, "a", "correct", at=MAY + timedelta(minutes=minute))
    set_thresholds(weak_below, None)
    [standing] = mastery.get_user_mastery(learner, at=MAY + timedelta(hours=1)).values()
    assert standing.last_assessed_at is not None
    assert standing.due_at is not None
    held = timedelta(days=math.log((weak_below or 0.5) / standing.stored_score) / math.log(0.95))
    assert abs(standing.due_at - (standing.last_assessed_at + held)) < timedelta(seconds=1)


def test_what_is_below_the_own_threshold_is_not_due_but_overdue(
    mastery: MasteryService, learner: str, set_thresholds: SetThresholds
) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    set_thresholds(0.7, 0.9)
    assert mastery.get_user_mastery(learner, at=MAY)["a"].due_at is None


def test_an_instructor_sees_the_thresholds_of_the_learner_and_strangers_nothing(
    transport: Transport, learner: str, set_thresholds: SetThresholds, service: Database, person: Callable[[], str]
) -> None:
    set_thresholds(0.3, 0.7)
    teacher, stranger = person(), person()
    cohort = f"Rules {learner}"
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor", create_missing=True)
    service.call("add_to_cohort", cohort=cohort, person=learner)
    rules = MasteryService(transport.acting_as(teacher)).get_rules(learner)
    assert (rules.weak_below, rules.mastered_from) == (0.3, 0.7)
    with pytest.raises(NotFound, match="no such person"):
        MasteryService(transport.acting_as(stranger)).get_rules(learner)


@pytest.fixture
def house(query: Query) -> Iterator[Callable[[float], None]]:
    """Moves the mastered threshold of the house, and back."""

    def move(mastered: float) -> None:
        query("update mastery_settings set mastered_threshold = %(mastered)s", mastered=mastered)

    yield move
    query("update mastery_settings set mastered_threshold = 0.8")


def test_thresholds_always_rise_whatever_the_house_does_later(
    mastery: MasteryService, learner: str, set_thresholds: SetThresholds, house: Callable[[float], None]
) -> None:
    set_thresholds(0.7, None)
    house(0.6)
    rules = mastery.get_rules(learner)
    assert (rules.weak_below, rules.mastered_from) == (0.5, 0.6)
    house(0.9)
    assert mastery.get_rules(learner).weak_below == 0.7
