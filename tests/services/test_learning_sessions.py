"""Sessions: what was done in one, counted as it happens and summed up when it ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotFound
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def test_a_session_sums_up_what_was_done_in_it(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    gained: dict[str, float] = {}
    for minute, (concept, outcome) in enumerate(
        [("b", "correct"), ("a", "incorrect"), ("b", "passive_read"), ("b", "correct")]
    ):
        update = mastery.update_mastery(learner, concept, outcome, session, at=MAY + timedelta(minutes=minute))
        gained[concept] = gained.get(concept, 0) + update.delta
    mastery.update_mastery(learner, "c", "correct", at=MAY)
    summary = mastery.end_session(session, at=MAY + timedelta(hours=1))
    assert summary.session_id == session
    assert summary.concepts_touched == ["a", "b"]
    assert summary.total_interactions == 4
    assert summary.mastery_gained == gained
    assert (summary.started_at, summary.ended_at) == (MAY, MAY + timedelta(hours=1))


def test_what_time_took_is_no_part_of_what_was_gained(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    for day in (0, 30):
        mastery.update_mastery(learner, "a", "correct", session, at=MAY + timedelta(days=day))
    assert mastery.end_session(session).mastery_gained == {"a": pytest.approx(0.2)}


def test_a_session_is_counted_while_it_runs(mastery: MasteryService, learner: str, query: Query) -> None:
    session = mastery.start_session(learner, at=MAY)
    for count, minute in enumerate((5, 9, 1), start=1):
        mastery.update_mastery(learner, "a", "correct", session, at=MAY + timedelta(minutes=minute))
        [row] = query("select total_interactions, ended_at from learning_sessions where id = %(id)s", id=session)
        assert row == {"total_interactions": count, "ended_at": None}


def test_late_and_repeated_outcomes_are_counted_once(mastery: MasteryService, learner: str) -> None:
    session, again = mastery.start_session(learner, at=MAY), str(uuid4())
    for minute in (5, 3, 9, 1):
        mastery.update_mastery(learner, "a", "correct", session, at=MAY + timedelta(minutes=minute))
    for _ in range(3):
        mastery.update_mastery(learner, "a", "correct", session, at=MAY, interaction_id=again)
    assert mastery.end_session(session).total_interactions == 5


def test_an_empty_session_is_summed_up_as_nothing(mastery: MasteryService, learner: str) -> None:
    summary = mastery.end_session(mastery.start_session(learner))
    assert (summary.concepts_touched, summary.total_interactions, summary.mastery_gained) == ([], 0, {})


def test_ending_twice_gives_the_same_summary(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    mastery.update_mastery(learner, "a", "correct", session, at=MAY)
    first = mastery.end_session(session, at=MAY + timedelta(hours=1))
    assert mastery.end_session(session, at=MAY + timedelta(hours=9)) == first
    with ThreadPoolExecutor(8) as threads:
        assert set(map(repr, threads.map(lambda _: mastery.end_session(session), range(8)))) == {repr(first)}


def test_an_outcome_that_comes_after_the_end_belongs_to_the_summary(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    mastery.update_mastery(learner, "b", "correct", session, at=MAY + timedelta(minutes=5))
    first = mastery.end_session(session, at=MAY + timedelta(hours=1))
    late = mastery.update_mastery(learner, "b", "incorrect", session, at=MAY + timedelta(minutes=1))
    afterwards = mastery.update_mastery(learner, "a", "correct", session, at=MAY + timedelta(hours=2))
    summary = mastery.end_session(session)
    assert summary.total_interactions == 3
    assert summary.concepts_touched == ["a", "b"]
    assert summary.mastery_gained == {
        "a": afterwards.delta,
        "b": pytest.approx(first.mastery_gained["b"] + late.delta, abs=1e-12),
    }
    assert summary.ended_at == first.ended_at


def test_an_outcome_elsewhere_that_changes_a_sessions_gains_changes_its_summary(
    mastery: MasteryService, learner: str
) -> None:
    """A score stops at 1: what came before decides what was left to gain."""
    session = mastery.start_session(learner, at=MAY)
    mastery.update_mastery(learner, "a", "correct", session, custom_delta=0.5, at=MAY)
    assert mastery.end_session(session, at=MAY).mastery_gained == {"a": 0.5}
    mastery.update_mastery(learner, "a", "correct", custom_delta=0.25, at=MAY - timedelta(microseconds=1))
    assert mastery.end_session(session).mastery_gained == {"a": pytest.approx(0.25)}


def test_imported_sessions_are_over_and_summed_up(
    service: Database, learner: str, import_row: Callable[..., Any]
) -> None:
    session = str(uuid4())
    rows = [
        import_row(learner, c, "correct", MAY + timedelta(minutes=n), session=session) for n, c in enumerate("abab")
    ]
    for batch in (rows[2:], rows[:1], rows):
        service.call("import_outcomes", rows=batch)
    summary = MasteryService(service).end_session(session)
    assert summary.total_interactions == 4
    assert summary.mastery_gained == {"a": pytest.approx(0.2), "b": pytest.approx(0.2)}
    assert (summary.started_at, summary.ended_at) == (MAY, MAY + timedelta(minutes=3))


def test_importing_into_a_session_that_runs_counts_in_it(
    service: Database, mastery: MasteryService, learner: str, import_row: Callable[..., Any], query: Query
) -> None:
    session = mastery.start_session(learner, at=MAY)
    mastery.update_mastery(learner, "a", "correct", session, at=MAY)
    rows = [import_row(learner, "a", "correct", MAY + timedelta(minutes=n), session=session) for n in (-1, 2)]
    for _ in range(2):
        service.call("import_outcomes", rows=rows)
    [row] = query("select total_interactions, ended_at from learning_sessions where id = %(id)s", id=session)
    assert row == {"total_interactions": 3, "ended_at": None}
    summary = mastery.end_session(session)
    assert summary.total_interactions == 3
    assert summary.mastery_gained == {"a": pytest.approx(0.3)}


def test_importing_into_a_session_of_somebody_else_is_refused(
    service: Database, mastery: MasteryService, learner: str, person: Callable[[], str], import_row: Callable[..., Any]
) -> None:
    session = mastery.start_session(learner, at=MAY)
    other = person()
    with pytest.raises((InvalidInput, NotFound), match="session"):
        service.call("import_outcomes", rows=[import_row(other, "a", "correct", MAY, session=session)])
    assert mastery.end_session(session, at=MAY).total_interactions == 0
    both = [import_row(who, "a", "correct", MAY, session=str(UUID(int=7))) for who in (learner, other)]
    with pytest.raises((InvalidInput, NotFound), match="session"):
        service.call("import_outcomes", rows=both)


def test_the_same_session_id_starts_it_once(mastery: MasteryService, learner: str) -> None:
    session = str(uuid4())
    assert mastery.start_session(learner, at=MAY, session_id=session) == session
    assert mastery.start_session(learner, at=MAY + timedelta(days=1), session_id=session) == session
    assert mastery.end_session(session, at=MAY + timedelta(days=2)).started_at == MAY


def test_no_session_ends_before_it_starts(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    assert mastery.end_session(session, at=MAY - timedelta(days=1)).ended_at == MAY


def test_a_session_of_another_is_refused(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    theirs = person()
    session = MasteryService(transport.acting_as(theirs)).start_session(theirs)
    with pytest.raises(NotFound, match=f"no session {session} of yours"):
        mastery.end_session(session)
    with pytest.raises(NotFound, match=f"no session {session}"):
        mastery.update_mastery(learner, "a", "correct", session)
    with pytest.raises(InvalidInput, match="taken"):
        mastery.start_session(learner, session_id=session)
    assert mastery.get_user_mastery(learner) == {}
