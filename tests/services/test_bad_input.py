"""Bad input is refused with one clear sentence of the right kind, and changes nothing."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
NAIVE = datetime(2025, 5, 1, 12)  # noqa: DTZ001
SOMEBODY = str(uuid4())
Query = Callable[..., list[dict[str, Any]]]
Call = Callable[[MasteryService, str], object]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    mastery = MasteryService(transport.acting_as(learner))
    mastery.update_mastery(learner, "Mean", "correct", mastery.start_session(learner, at=MAY), at=MAY)
    return mastery


@pytest.fixture(autouse=True)
def nothing_changed(mastery: MasteryService, query: Query) -> Iterator[None]:
    def everything() -> list[Any]:
        tables = (
            "interactions", "mastery_history", "mastery_daily", "student_mastery", "learning_sessions", "profiles",
            "cohorts", "cohort_members", "outcome_rules", "mastery_settings", "auth.users",
        )  # fmt: skip
        return [query(f"select count(*), sum(hashtext(t::text)) from {table} t") for table in tables]  # type: ignore[arg-type]

    before = everything()
    yield
    assert everything() == before


def assert_refused(refused: pytest.ExceptionInfo[MasteryError], kind: type[MasteryError]) -> None:
    sentence = str(refused.value)
    assert type(refused.value) is kind
    assert sentence == sentence.strip()
    assert len(sentence.splitlines()) == 1
    assert 15 < len(sentence) < 250
    assert sentence.isprintable()


WRITES: dict[str, tuple[Call, type[MasteryError], str]] = {
    "unknown outcome": (
        lambda m, me: m.update_mastery(me, "Mean", "guessed"),
        InvalidInput, 'Unknown outcome "guessed".*correct, incorrect, confusion_detected, passive_read',
    ),
    "a reset is no outcome": (lambda m, me: m.update_mastery(me, "Mean", "reset"), InvalidInput, 'Unknown outcome "reset"'),
    "long unknown outcome": (lambda m, me: m.update_mastery(me, "Mean", "x" * 9999), InvalidInput, "Unknown outcome"),
    "empty outcome": (lambda m, me: m.update_mastery(me, "Mean", ""), InvalidInput, 'Unknown outcome ""'),
    "empty concept": (lambda m, me: m.update_mastery(me, "", "correct"), InvalidInput, "concept is empty"),
    "blank concept": (lambda m, me: m.update_mastery(me, " \t\u3000\n", "correct"), InvalidInput, "concept is empty"),
    "long concept": (
        lambda m, me: m.update_mastery(me, "x" * 10_000, "correct"), InvalidInput, "10,000 characters long, and 500 is the most",
    ),
    "NUL in concept": (lambda m, me: m.update_mastery(me, "a\0b", "correct"), InvalidInput, r"U\+0000"),
    "right to left": (lambda m, me: m.update_mastery(me, "a\u202eb", "correct"), InvalidInput, r"U\+202E"),
    "isolate": (lambda m, me: m.update_mastery(me, "a\u2066b", "correct"), InvalidInput, r"U\+2066"),
    "arabic mark": (lambda m, me: m.update_mastery(me, "a\u061cb", "correct"), InvalidInput, r"U\+061C"),
    "newline in concept": (lambda m, me: m.update_mastery(me, "a\nb", "correct"), InvalidInput, r"U\+000A"),
    "half a character": (lambda m, me: m.update_mastery(me, "a\ud800b", "correct"), InvalidInput, r"U\+D800"),
    "delta of NaN": (lambda m, me: m.update_mastery(me, "Mean", "correct", custom_delta=math.nan), InvalidInput, "delta.*nan"),
    "delta of 7": (lambda m, me: m.update_mastery(me, "Mean", "correct", custom_delta=7), InvalidInput, "between -1 and 1.* 7"),
    "delta of -1.1": (lambda m, me: m.update_mastery(me, "Mean", "correct", custom_delta=-1.1), InvalidInput, "-1.1"),
    "infinite delta": (lambda m, me: m.update_mastery(me, "Mean", "correct", custom_delta=math.inf), InvalidInput, "inf"),
    "text as delta": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", custom_delta="0.1"), InvalidInput, "custom_delta",  # type: ignore[arg-type]
    ),
    "naive time": (lambda m, me: m.update_mastery(me, "Mean", "correct", at=NAIVE), InvalidInput, "no time zone"),
    "before 1970": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", at=datetime(1969, 12, 31, tzinfo=UTC)),
        InvalidInput, "1969-12-31.*before 1970 or in the future",
    ),
    "in the future": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", at=datetime.now(UTC) + timedelta(days=2)),
        InvalidInput, "in the future",
    ),
    "the last moment there is": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", at=datetime.max.replace(tzinfo=UTC)), InvalidInput, "future",
    ),
    "a time that UTC does not have": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=9)))),
        InvalidInput, "9999-12-31",
    ),
    "no uuid as interaction": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", interaction_id="first"), InvalidInput, "uuid.*first",
    ),
    "no uuid as session": (lambda m, me: m.update_mastery(me, "Mean", "correct", "first"), InvalidInput, "uuid.*first"),
    "NUL in session": (lambda m, me: m.update_mastery(me, "Mean", "correct", "a\0b"), InvalidInput, "NUL"),
    "unknown session": (lambda m, me: m.update_mastery(me, "Mean", "correct", SOMEBODY), NotFound, f"no session {SOMEBODY}"),
    "somebody else": (lambda m, me: m.update_mastery(SOMEBODY, "Mean", "correct"), NotAllowed, "your own"),
    "no uuid as person": (lambda m, me: m.update_mastery("me", "Mean", "correct"), InvalidInput, "uuid.*me"),
    "NUL in kind": (
        lambda m, me: m.update_mastery(me, "Mean", "correct", interaction_type="a\0b"), InvalidInput, "NUL",
    ),
    "session of somebody else": (lambda m, me: m.start_session(SOMEBODY), NotAllowed, "your own"),
    "session of no person": (lambda m, me: m.start_session("me"), InvalidInput, "uuid.*me"),
    "session with a bad id": (lambda m, me: m.start_session(me, session_id="7"), InvalidInput, "uuid.*7"),
    "session at a naive time": (lambda m, me: m.start_session(me, at=NAIVE), InvalidInput, "no time zone"),
    "session in the future": (
        lambda m, me: m.start_session(me, at=datetime(2999, 1, 1, tzinfo=UTC)), InvalidInput, "in the future",
    ),
    "ending what is no session": (lambda m, me: m.end_session("7"), InvalidInput, "uuid.*7"),
    "ending an unknown session": (lambda m, me: m.end_session(SOMEBODY), NotFound, f"no session {SOMEBODY} of yours"),
    "ending at a naive time": (lambda m, me: m.end_session(SOMEBODY, at=NAIVE), InvalidInput, "no time zone"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "gist"), WRITES.values(), ids=WRITES)
def test_a_bad_write_is_refused(
    call: Call, kind: type[MasteryError], gist: str, mastery: MasteryService, learner: str
) -> None:
    with pytest.raises(MasteryError, match=gist) as refused:
        call(mastery, learner)
    assert_refused(refused, kind)


READS: dict[str, Callable[..., object]] = {
    "mastery": lambda m, who, **others: m.get_user_mastery(who, **others),
    "weak": lambda m, who, **others: m.get_weak_concepts(who, **others),
    "history": lambda m, who, **others: m.get_mastery_history(who, **others),
    "insights": lambda m, who, **others: m.get_learning_insights(who, **others),
    "curves": lambda m, who, **others: m.get_mastery_curves(who, ["Mean"], **others),
    "daily": lambda m, who, **others: m.get_daily_mastery(who, **others),
    "attempts": lambda m, who, **others: m.get_attempts(who, "Mean", **others),
    "sessions": lambda m, who, **others: m.get_sessions(who, **others),
    "hours": lambda m, who, **others: m.get_practice_hours(who, **others),
    "gaps": lambda m, who, **others: m.get_answers_by_gap(who, [0, 1], **others),
    "group": lambda m, who, **others: m.get_group(who, **others),
}
TIMELESS: dict[str, Callable[[MasteryService, str], object]] = {
    "rules": lambda m, who: m.get_rules(who),
    "pulse": lambda m, who: m.get_pulse(who),
    "export": lambda m, who: list(m.export(who)),
}
ALL_READS: dict[str, Callable[..., object]] = READS | TIMELESS


@pytest.mark.parametrize("read", ALL_READS.values(), ids=ALL_READS)
def test_an_unknown_person_is_not_found(
    read: Callable[..., object], mastery: MasteryService, service: Database
) -> None:
    for asking in (mastery, MasteryService(service)):
        with pytest.raises(MasteryError, match="no such person") as refused:
            read(asking, SOMEBODY)
        assert_refused(refused, NotFound)


@pytest.mark.parametrize("read", ALL_READS.values(), ids=ALL_READS)
@pytest.mark.parametrize("who", ["", "me", "a\0b", "00000000-0000-0000-0000-0000000000000"])
def test_what_is_no_id_is_refused(read: Callable[..., object], who: str, mastery: MasteryService) -> None:
    with pytest.raises(MasteryError, match=r"uuid|NUL") as refused:
        read(mastery, who)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_naive_moment_is_refused(read: Callable[..., object], mastery: MasteryService, learner: str) -> None:
    with pytest.raises(MasteryError, match="2025-05-01T12:00:00 has no time zone") as refused:
        read(mastery, learner, at=NAIVE)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_any_moment_in_utc_can_be_asked_about(
    read: Callable[..., object], moment: datetime, mastery: MasteryService, learner: str
) -> None:
    read(mastery, learner, at=moment)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_moment_that_utc_does_not_have_is_refused(
    read: Callable[..., object], mastery: MasteryService, learner: str
) -> None:
    east = timezone(timedelta(hours=9))
    with pytest.raises(MasteryError, match="0001-01-01") as refused:
        read(mastery, learner, at=datetime.min.replace(tzinfo=east))
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize(
    "read", [READS[name] for name in READS if name not in ("mastery", "weak", "attempts", "group")]
)
@pytest.mark.parametrize("days", [0, -1, math.nan, math.inf, -math.inf, 1e9, "30", None])
def test_days_that_cannot_be_are_refused(
    read: Callable[..., object], days: Any, mastery: MasteryService, learner: str
) -> None:
    with pytest.raises(MasteryError, match=f"days is a number above 0.*this one is {days}") as refused:
        read(mastery, learner, days=days)
    assert_refused(refused, InvalidInput)


def test_a_person_of_the_service_must_be_there(service: Database) -> None:
    mastery = MasteryService(service)
    for call in (lambda: mastery.update_mastery(SOMEBODY, "Mean", "correct"), lambda: mastery.start_session(SOMEBODY)):
        with pytest.raises(MasteryError, match="no such person") as refused:
            call()
        assert_refused(refused, NotFound)


def test_who_was_never_made_can_record_nothing(transport: Transport) -> None:
    with pytest.raises(MasteryError, match="no such person") as refused:
        MasteryService(transport.acting_as(SOMEBODY)).update_mastery(SOMEBODY, "Mean", "correct")
    assert_refused(refused, NotFound)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_a_threshold_is_a_score(threshold: float, mastery: MasteryService, learner: str) -> None:
    with pytest.raises(MasteryError, match=f"threshold is a score between 0 and 1; this one is {threshold}") as refused:
        mastery.get_weak_concepts(learner, threshold)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_is_at_least_1(limit: int, mastery: MasteryService, learner: str) -> None:
    for call in (mastery.get_weak_concepts, mastery.get_mastery_history, mastery.get_sessions):
        with pytest.raises(MasteryError, match=f"limit is at least 1; this one is {limit}") as refused:
            call(learner, limit=limit)
        assert_refused(refused, InvalidInput)
    with pytest.raises(MasteryError, match=f"limit is at least 1; this one is {limit}") as refused:
        mastery.get_session(mastery.get_sessions(learner, at=MAY)[0].id, limit)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize(("limit", "skip"), [(0, 0), (-1, 0), (20, -1), (0, -1)])
def test_attempts_are_skipped_forwards(limit: int, skip: int, mastery: MasteryService, learner: str) -> None:
    with pytest.raises(
        MasteryError, match=f"limit is at least 1 and skip at least 0; these are {limit} and {skip}"
    ) as refused:
        mastery.get_attempts(learner, "Mean", limit, skip)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize(
    "edges", [[], [1], [-1, 0], [0, 0], [0, 3, 1], [0, math.nan], [math.nan], [0, 1, math.inf], [0, -math.inf]]
)
def test_edges_of_gaps_begin_with_0_and_rise(edges: list[float], mastery: MasteryService, learner: str) -> None:
    with pytest.raises(MasteryError, match="edges_days begins with 0 and rises; this is") as refused:
        mastery.get_answers_by_gap(learner, edges)
    assert_refused(refused, InvalidInput)


@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "x" * 9999, "a'b"])
def test_a_zone_that_there_is_not_is_refused(zone: str, mastery: MasteryService, learner: str) -> None:
    standing = mastery.get_user_mastery(learner)
    for call in (
        lambda: mastery.get_practice_hours(learner, zone=zone, at=MAY),
        lambda: mastery.get_period_insights(learner, standing, zone=zone, at=MAY),
    ):
        with pytest.raises(MasteryError, match="time zone") as refused:
            call()
        assert_refused(refused, InvalidInput)


def test_concepts_that_cannot_be_are_answered_with_nothing_or_refused(mastery: MasteryService, learner: str) -> None:
    assert mastery.get_user_mastery(learner, ["", "x" * 10_000, "\u202e"]) == {}
    assert mastery.get_mastery_history(learner, "x" * 10_000) == []
    for call in (
        lambda: mastery.get_user_mastery(learner, ["a\0b"]),
        lambda: mastery.get_mastery_history(learner, "a\0b"),
    ):
        with pytest.raises(MasteryError, match="NUL") as refused:
            call()
        assert_refused(refused, InvalidInput)


def test_scores_outside_0_to_1_cannot_be_stored(mastery: MasteryService, learner: str, owner: Any) -> None:
    import psycopg

    for score in ("1.01", "-0.01", "NaN"):
        for statement in (
            b"update student_mastery set mastery_score = %s::float where user_id = %s",
            b"update mastery_history set mastery_score = %s::float where user_id = %s",
            b"update interactions set reset_to = %s::float where student_id = %s",
        ):
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(statement, [score, learner])
