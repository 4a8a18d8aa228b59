"""The pulse: a text that changes with whatever is recorded about a learner, and with nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import NotFound
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def test_every_thing_that_is_recorded_changes_it(
    service: Database, mastery: MasteryService, learner: str, import_row: Callable[..., Any]
) -> None:
    session = str(uuid4())
    things: dict[str, Callable[[], object]] = {
        "an outcome": lambda: mastery.update_mastery(learner, "a", "correct", at=MAY),
        "one in the same instant": lambda: mastery.update_mastery(learner, "a", "incorrect", at=MAY),
        "another concept": lambda: mastery.update_mastery(learner, "b", "passive_read", at=MAY),
        "a late outcome": lambda: mastery.update_mastery(learner, "a", "correct", at=MAY - DAY),
        "one that is worth nothing": lambda: mastery.update_mastery(learner, "b", "correct", custom_delta=0, at=MAY - DAY),
        "the start of a session": lambda: mastery.start_session(learner, at=MAY, session_id=session, by_hand=True),
        "the start of one before it": lambda: mastery.start_session(learner, at=MAY - DAY),
        "an outcome in a session": lambda: mastery.update_mastery(learner, "a", "correct", session, at=MAY + MINUTE),
        "its end": lambda: mastery.end_session(session, at=MAY + DAY),
        "an import": lambda: service.call("import_outcomes", rows=[import_row(learner, "a", "correct", MAY - 9 * DAY)]),
        "the end of all": lambda: mastery.erase_record(learner),
        "a new beginning": lambda: mastery.update_mastery(learner, "a", "correct", at=MAY),
    }  # fmt: skip
    pulse = mastery.get_pulse(learner)
    for name, thing in things.items():
        thing()
        before, pulse = pulse, mastery.get_pulse(learner)
        assert pulse != before, name


def test_reading_and_repeating_leave_it_as_it_is(
    service: Database, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    session, interaction = mastery.start_session(learner, at=MAY), str(uuid4())
    mastery.update_mastery(learner, "a", "correct", session, at=MAY, interaction_id=interaction)
    mastery.end_session(session, at=MAY + DAY)
    before = mastery.get_pulse(learner)
    other = person()
    for nothing_new in (
        lambda: mastery.get_user_mastery(learner),
        lambda: mastery.get_attempts(learner, "a"),
        lambda: mastery.get_sessions(learner),
        lambda: mastery.get_session(session),
        lambda: mastery.get_practice_hours(learner),
        lambda: mastery.get_answers_by_gap(learner, [0]),
        lambda: mastery.get_group(learner),
        lambda: list(mastery.export(learner)),
        lambda: mastery.end_session(session),
        lambda: mastery.start_session(learner, session_id=session),
        lambda: mastery.update_mastery(learner, "a", "correct", session, at=MAY, interaction_id=interaction),
        lambda: service.call("replay", learner=learner),
        lambda: MasteryService(service).update_mastery(other, "a", "correct", at=MAY),
    ):
        nothing_new()
        assert mastery.get_pulse(learner) == before


def test_a_pulse_is_ones_own(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    assert mastery.get_pulse(learner) == mastery.get_pulse(learner) != ""
    with pytest.raises(NotFound, match="no such person"):
        MasteryService(transport.acting_as(person())).get_pulse(learner)
