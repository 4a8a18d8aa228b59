"""The attempts on one concept: each step of the score, against a plain calculation from what was recorded."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import NotFound
from mastery_core.model import Attempt
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
KINDS = {
    "correct": "correct",
    "incorrect": "incorrect",
    "confusion_detected": "question",
    "passive_read": "explanation",
}
Query = Callable[..., list[dict[str, Any]]]
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def attempts_of(rows: list[dict[str, Any]]) -> list[Attempt]:
    """What imported rows of one concept come to, newest first, in plain Python."""
    found: list[Attempt] = []
    for row in sorted(rows, key=lambda row: (row["at"], row["id"])):
        at = datetime.fromisoformat(row["at"])
        stood = found[-1].after if found else 0.5
        before = stood * 0.95 ** ((at - found[-1].at) / DAY) if found else 0.5
        after = min(1.0, max(0.0, before + WORTH[row["outcome"]]))
        found.append(
            Attempt(
                row["id"], at, KINDS[row["outcome"]], row["outcome"], before, after, after - before, before - stood,
                len(found) + 1, row["session"],
            )
        )  # fmt: skip
    return found[::-1]


def assert_same(found: list[Attempt], expected: list[Attempt]) -> None:
    numbers = dict.fromkeys(("before", "after", "delta", "forgotten"), 0.0)
    assert [replace(each, **numbers) for each in found] == [replace(each, **numbers) for each in expected]
    for each, other in zip(found, expected, strict=True):
        for number in numbers:
            assert getattr(each, number) == pytest.approx(getattr(other, number), abs=1e-9)
        assert each.before + each.delta == each.after
        assert each.forgotten <= 0


@pytest.fixture(scope="module")
def practised(service: Database, person: Callable[[], str], import_row: Import) -> tuple[str, list[dict[str, Any]]]:
    """A learner with 130 outcomes on "a" in 40 days, some in one instant, some in a session, and others on "b"."""
    chance, learner, session = random.Random(7), person(), str(uuid4())
    rows = [
        import_row(
            learner, "a" if n < 130 else "b", chance.choice([*WORTH]), MAY + timedelta(hours=chance.randrange(40 * 24)),
            session=session if n % 5 == 0 else None,
        )
        for n in range(170)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows)
    return learner, [row for row in rows if row["concept"] == "a"]


@settings(max_examples=40)
@given(hours=st.integers(-24, 42 * 24), limit=st.integers(1, 150), skip=st.integers(0, 150))
def test_attempts_are_those_of_a_plain_calculation(
    hours: int, limit: int, skip: int, service: Database, practised: tuple[str, list[dict[str, Any]]]
) -> None:
    learner, rows = practised
    at = MAY + timedelta(hours=hours)
    by_then = [each for each in attempts_of(rows) if each.at <= at]
    assert_same(MasteryService(service).get_attempts(learner, "a", limit, skip, at=at), by_then[skip : skip + limit])


def test_the_newest_observations_come_first_and_are_counted_by_the_standing(
    service: Database, practised: tuple[str, list[dict[str, Any]]]
) -> None:
    learner, rows = practised
    mastery = MasteryService(service)
    [newest, *_] = found = mastery.get_attempts(learner, "a")
    assert len(found) == 20
    standing = mastery.get_user_mastery(learner)["a"]
    assert (newest.after, newest.at, newest.opportunity) == (
        standing.stored_score, standing.last_assessed_at, standing.observations,
    )  # fmt: skip
    assert standing.observations == len(rows)


def test_a_late_outcome_takes_its_place(mastery: MasteryService, learner: str) -> None:
    for day in (0, 2, 1):
        mastery.update_mastery(learner, "a", "correct", at=MAY + day * DAY)
    found = mastery.get_attempts(learner, "a")
    assert [each.at for each in found] == [MAY + 2 * DAY, MAY + DAY, MAY]
    assert [each.opportunity for each in found] == [3, 2, 1]
    assert found[0].forgotten == pytest.approx(found[1].after * (0.95 - 1), abs=1e-9)


def test_a_score_stops_at_1_and_at_0_and_says_what_was_left_to_gain(mastery: MasteryService, learner: str) -> None:
    for step, custom_delta in enumerate((0.45, 0.2)):
        at = MAY + timedelta(milliseconds=step)
        mastery.update_mastery(learner, "a", "correct", custom_delta=custom_delta, at=at)
    mastery.update_mastery(learner, "b", "incorrect", custom_delta=-1, at=MAY)
    deltas = sorted(each.delta for each in mastery.get_attempts(learner, "a"))
    assert deltas == pytest.approx([0.05, 0.45])
    [floor] = mastery.get_attempts(learner, "b")
    assert (floor.before, floor.after, floor.delta, floor.forgotten) == (0.5, 0, -0.5, 0)


def test_a_score_from_before_the_log_is_a_reset_that_counts_for_no_observation(
    service: Database, mastery: MasteryService, learner: str, query: Query
) -> None:
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at)"
        " values (%(id)s, 'a', 0.9, %(at)s)",
        id=learner,
        at=MAY,
    )
    assert mastery.get_attempts(learner, "a") == []
    service.call("backfill", learner=learner)
    mastery.update_mastery(learner, "a", "correct", at=MAY + DAY)
    answer, reset = mastery.get_attempts(learner, "a")
    assert (reset.kind, reset.outcome, reset.opportunity, reset.at) == ("reset", "reset", 0, MAY)
    assert (reset.before, reset.after, reset.delta) == (0.5, 0.9, pytest.approx(0.4))
    assert (answer.opportunity, answer.before) == (1, pytest.approx(0.9 * 0.95))
    assert mastery.get_user_mastery(learner)["a"].observations == 1


@pytest.mark.parametrize("concept", ["x" * 500, "<b>b</b> & 🧠", "שלום", "a%_\\'\""])
def test_any_name_is_found_and_no_other(concept: str, mastery: MasteryService, learner: str) -> None:
    mastery.update_mastery(learner, concept, "correct", at=MAY)
    assert len(mastery.get_attempts(learner, concept)) == 1
    assert mastery.get_attempts(learner, concept + "x") == []
    assert mastery.get_attempts(learner, "x" * 10_000) == []


def test_nothing_was_tried_before_the_first_or_after_the_last(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_attempts(learner, "a") == []
    mastery.update_mastery(learner, "a", "passive_read", at=MAY)
    assert mastery.get_attempts(learner, "a", at=MAY - timedelta(microseconds=1)) == []
    assert mastery.get_attempts(learner, "a", skip=1) == []
    assert mastery.get_attempts(learner, "a", limit=10**12, skip=10**12) == []
    [only] = mastery.get_attempts(learner, "a", limit=10**12, at=MAY)
    assert (only.kind, only.before, only.after, only.session_id) == ("explanation", 0.5, pytest.approx(0.52), None)


def test_attempts_are_ones_own(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    other = person()
    theirs = MasteryService(transport.acting_as(other))
    assert theirs.get_attempts(other, "a") == []
    with pytest.raises(NotFound, match="no such person"):
        theirs.get_attempts(learner, "a")
