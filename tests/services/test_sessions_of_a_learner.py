"""A learner's sessions, listed and opened: what they came to, against the history that was written."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.model import LearningSession
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OUTCOMES = ("correct", "incorrect", "confusion_detected", "passive_read")
KINDS = {("quiz", True): "correct", ("quiz", False): "incorrect"}
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


def history_of(query: Query, session: str) -> pd.DataFrame:
    rows = query(
        "select h.* from mastery_history h where h.session_id = %(session)s order by created_at, interaction_id", session=session
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["trigger_type", "is_correct", "concept_tag", "delta"])


def assert_sums_up(found: LearningSession, history: pd.DataFrame) -> None:
    practice = history[history.trigger_type != "decay"]
    assert found.interactions == len(practice)
    assert found.graded == practice.is_correct.notna().sum()
    assert found.correct == (practice.is_correct == True).sum()  # noqa: E712 - elsewhere None
    assert found.concepts == practice.concept_tag.nunique()
    assert found.gained == pytest.approx(practice.delta[practice.delta > 0].sum(), abs=1e-12)
    assert found.lost == pytest.approx(practice.delta[practice.delta < 0].sum(), abs=1e-12)
    assert found.net == pytest.approx(practice.delta.sum(), abs=1e-12)


@pytest.fixture(scope="module")
def practised(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any]
) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """A learner with 12 sessions, one every other day, of 1 to 30 outcomes, and their rows by session."""
    chance, learner = random.Random(11), person()
    rows = {
        session: [
            import_row(
                learner, chance.choice("abcd"), chance.choice(OUTCOMES), MAY + 2 * number * DAY + minute * MINUTE,
                session=session,
            )
            for minute in range(chance.randint(1, 30))
        ]
        for number, session in enumerate(str(uuid4()) for _ in range(12))
    }  # fmt: skip
    service.call("import_outcomes", rows=[row for of_session in rows.values() for row in of_session])
    return learner, rows


def test_sessions_are_listed_newest_first_with_what_their_practice_came_to(
    service: Database, practised: tuple[str, dict[str, list[dict[str, Any]]]], query: Query
) -> None:
    learner, rows = practised
    found = MasteryService(service).get_sessions(learner, at=MAY + 29 * DAY)
    assert [each.id for each in found] == [*rows][::-1]
    for each in found:
        assert_sums_up(each, history_of(query, each.id))
        assert each.interactions == len(rows[each.id])
        assert each.minutes == len(rows[each.id]) - 1
        assert not each.by_hand


@pytest.mark.parametrize(("days", "limit"), [(5, 1_000), (30, 3), (3_000, 1), (0.001, 1_000), (30, 10**12)])
def test_the_sessions_of_the_days_up_to_a_moment(
    days: float, limit: int, service: Database, practised: tuple[str, dict[str, list[dict[str, Any]]]]
) -> None:
    learner, rows = practised
    at = MAY + 9 * DAY
    started = {session: datetime.fromisoformat(of_session[0]["at"]) for session, of_session in rows.items()}
    expected = [session for session, start in started.items() if at - timedelta(days=days) <= start <= at]
    found = MasteryService(service).get_sessions(learner, days, limit, at=at)
    assert [each.id for each in found] == expected[::-1][:limit]


def test_a_session_opened_shows_every_step_in_order(
    service: Database, practised: tuple[str, dict[str, list[dict[str, Any]]]], query: Query
) -> None:
    learner, rows = practised
    mastery = MasteryService(service)
    for listed in mastery.get_sessions(learner, at=MAY + 29 * DAY):
        detail, history = mastery.get_session(listed.id), history_of(query, listed.id)
        assert detail.session == listed
        assert detail.user_id == learner
        practice = history[history.trigger_type != "decay"]
        decay = history[history.trigger_type == "decay"].set_index("interaction_id").delta
        assert detail.event_count == len(detail.events) == len(practice)
        assert [each.outcome for each in detail.events] == [row["outcome"] for row in rows[listed.id]]
        for event, row in zip(detail.events, practice.itertuples(), strict=True):
            assert (event.at, event.concept_tag, event.opportunity) == (
                row.created_at,
                row.concept_tag,
                row.opportunity,
            )
            assert event.kind == KINDS.get((row.trigger_type, row.is_correct), row.trigger_type)
            assert (event.after, event.delta, event.before) == (
                row.mastery_score,
                row.delta,
                row.mastery_score - row.delta,
            )
            assert event.forgotten == decay.get(row.interaction_id, 0)
        by_concept = {
            concept: (of_concept.delta.clip(lower=0).sum(), of_concept.delta.clip(upper=0).sum())
            for concept, of_concept in practice.groupby("concept_tag")
        }
        assert {concept: pytest.approx(sums, abs=1e-12) for concept, sums in by_concept.items()} == detail.by_concept


def test_of_a_long_session_the_first_steps_and_all_sums(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    updates = [mastery.update_mastery(learner, "a", "correct", session, at=MAY + n * MINUTE) for n in range(4)]
    detail = mastery.get_session(session, limit=2)
    assert [each.at for each in detail.events] == [MAY, MAY + MINUTE]
    assert detail.event_count == detail.session.interactions == 4
    assert detail.by_concept == {"a": (pytest.approx(sum(update.delta for update in updates)), 0)}


def test_a_session_that_runs_is_counted_as_it_stands(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    empty = LearningSession(
        id=session, started_at=MAY, ended_at=None, interactions=0, graded=0, correct=0, concepts=0, gained=0, lost=0,
        by_hand=False,
    )  # fmt: skip
    assert mastery.get_sessions(learner, at=MAY + HOUR) == [empty]
    assert empty.minutes is None
    assert mastery.get_session(session).by_concept == {}
    mastery.update_mastery(learner, "a", "incorrect", session, at=MAY)
    mastery.update_mastery(learner, "b", "passive_read", at=MAY)
    [found] = mastery.get_sessions(learner, at=MAY + HOUR)
    assert replace(found, lost=0) == replace(empty, interactions=1, graded=1, concepts=1)
    assert found.lost == pytest.approx(-0.05)


def test_there_are_no_sessions_before_the_first(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_sessions(learner) == []
    mastery.start_session(learner, at=MAY)
    assert mastery.get_sessions(learner, at=MAY - MINUTE) == []
    assert mastery.get_sessions(learner, 30, at=MAY + 31 * DAY) == []
    assert len(mastery.get_sessions(learner, 30, at=MAY + 30 * DAY)) == 1


def test_resets_are_no_part_of_a_session(
    service: Database, mastery: MasteryService, learner: str, query: Query
) -> None:
    session = mastery.start_session(learner, at=MAY, by_hand=True)
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at)"
        " values (%(id)s, 'a', 0.9, %(at)s)",
        id=learner,
        at=MAY + MINUTE,
    )
    service.call("backfill", learner=learner)
    for ended in (False, True):
        if ended:
            mastery.end_session(session, at=MAY + HOUR)
        assert mastery.get_session(session).event_count == 0


@pytest.fixture
def by_hand(mastery: MasteryService, learner: str) -> str:
    """A session started by hand at noon, with outcomes before, in and after its hour, and in another session."""
    other = mastery.start_session(learner, at=MAY - MINUTE)
    mastery.update_mastery(learner, "before", "correct", at=MAY - MINUTE)
    session = mastery.start_session(learner, at=MAY, by_hand=True)
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    mastery.update_mastery(learner, "b", "incorrect", at=MAY + 30 * MINUTE)
    mastery.update_mastery(learner, "a", "correct", at=MAY + HOUR)
    mastery.update_mastery(learner, "c", "correct", session, at=MAY + 40 * MINUTE)
    mastery.update_mastery(learner, "a", "incorrect", other, at=MAY + 20 * MINUTE)
    mastery.update_mastery(learner, "after", "correct", at=MAY + HOUR + timedelta(microseconds=1))
    return session


def test_a_session_by_hand_takes_in_what_names_none_while_it_runs(
    mastery: MasteryService, learner: str, by_hand: str, query: Query
) -> None:
    running = mastery.get_session(by_hand)
    assert running.session.by_hand
    assert [event.concept_tag for event in running.events] == ["a", "b", "c", "a", "after"]
    [listed, _] = mastery.get_sessions(learner, at=MAY + HOUR)
    assert listed.id == by_hand
    assert (listed.interactions, listed.concepts, listed.ended_at) == (4, 3, None)
    summary = mastery.end_session(by_hand, at=MAY + HOUR)
    assert summary.total_interactions == 4
    assert summary.concepts_touched == ["a", "b", "c"]
    ended = mastery.get_session(by_hand)
    assert_sums_up(ended.session, history_of(query, by_hand))
    assert [event.concept_tag for event in ended.events] == ["a", "b", "c", "a"]
    assert summary.mastery_gained == {
        concept: pytest.approx(gained + lost, abs=1e-12) for concept, (gained, lost) in ended.by_concept.items()
    }
    outside = query(
        "select concept_focus from interactions where student_id = %(id)s and session_id is null", id=learner
    )
    assert {row["concept_focus"] for row in outside} == {"before", "after"}


def test_ending_a_session_by_hand_twice_gives_the_same_and_gathers_once(
    mastery: MasteryService, learner: str, by_hand: str
) -> None:
    with ThreadPoolExecutor(4) as threads:
        ends = [threads.submit(mastery.end_session, by_hand, at=MAY + HOUR) for _ in range(8)]
    assert len({repr(end.result()) for end in ends}) == 1
    mastery.update_mastery(learner, "b", "correct", at=MAY + 10 * MINUTE)  # too late to be taken in
    assert mastery.end_session(by_hand, at=MAY + 2 * HOUR).total_interactions == 4
    assert mastery.get_session(by_hand).session.interactions == 4


def test_what_a_session_took_in_stays_in_it_when_all_is_replayed(
    service: Database, mastery: MasteryService, learner: str, by_hand: str, query: Query
) -> None:
    mastery.end_session(by_hand, at=MAY + HOUR)
    before = mastery.get_session(by_hand)
    summaries = query("select * from learning_sessions where user_id = %(id)s order by id", id=learner)
    service.call("replay", learner=learner)
    assert mastery.get_session(by_hand) == before
    assert query("select * from learning_sessions where user_id = %(id)s order by id", id=learner) == summaries


def test_of_two_sessions_by_hand_the_first_to_end_takes_what_both_counted(
    mastery: MasteryService, learner: str
) -> None:
    first, second = (mastery.start_session(learner, at=MAY, by_hand=True) for _ in range(2))
    mastery.update_mastery(learner, "a", "correct", at=MAY + MINUTE)
    assert [mastery.get_session(each).event_count for each in (first, second)] == [1, 1]
    assert mastery.end_session(second, at=MAY + HOUR).total_interactions == 1
    assert mastery.end_session(first, at=MAY + HOUR).total_interactions == 0
    assert [mastery.get_session(each).event_count for each in (first, second)] == [0, 1]


def test_a_session_that_was_not_started_by_hand_takes_nothing_in(mastery: MasteryService, learner: str) -> None:
    session = mastery.start_session(learner, at=MAY)
    mastery.update_mastery(learner, "a", "correct", at=MAY + MINUTE)
    assert mastery.get_session(session).event_count == 0
    assert mastery.end_session(session, at=MAY + HOUR).total_interactions == 0


def test_others_practice_is_never_taken_in(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    session = mastery.start_session(learner, at=MAY, by_hand=True)
    other = person()
    MasteryService(transport.acting_as(other)).update_mastery(other, "a", "correct", at=MAY + MINUTE)
    assert mastery.get_session(session).event_count == 0
    assert mastery.end_session(session, at=MAY + HOUR).total_interactions == 0


def test_a_session_of_somebody_else_is_as_if_it_were_not_there(
    transport: Transport, mastery: MasteryService, learner: str, person: Callable[[], str]
) -> None:
    session = mastery.start_session(learner, at=MAY)
    stranger = MasteryService(transport.acting_as(person()))
    with pytest.raises(NotFound) as theirs:
        stranger.get_session(session)
    with pytest.raises(NotFound) as nobodys:
        stranger.get_session(str(uuid4()))
    assert str(theirs.value) == str(nobodys.value) == "There is no such session, or not one you may see."
    with pytest.raises(NotFound, match="no such person"):
        stranger.get_sessions(learner)
    with pytest.raises(InvalidInput, match="uuid"):
        stranger.get_session("7")
