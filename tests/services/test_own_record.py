"""What is one's own: the profile, a copy of everything page by page, and its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import uuid4
from zoneinfo import available_timezones

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound
from mastery_core.identity.directory import Directory
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PAGE = 5_000
KEYS = {
    "student_mastery": ("concept_tag",),
    "learning_sessions": ("id",),
    "interactions": ("id",),
    "mastery_history": ("interaction_id", "trigger_type"),
    "mastery_daily": ("day", "concept_tag"),
}
Query = Callable[..., list[dict[str, Any]]]
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


@pytest.fixture
def directory(transport: Transport, learner: str) -> Directory:
    return Directory(transport.acting_as(learner))


def profile(**changes: Any) -> dict[str, Any]:
    unchanged: dict[str, Any] = {
        "display_name": "Ann", "time_zone": None, "weak_below": None, "mastered_from": None, "compares": False,
    }  # fmt: skip
    return unchanged | changes


def keys_of(query: Query, table: str, learner: str) -> set[tuple[str, ...]]:
    whose = "student_id" if table == "interactions" else "user_id"
    rows = query(f"select * from {table} where {whose} = %(id)s", id=learner)  # type: ignore[arg-type]
    return {tuple(str(row[column]) for column in KEYS[table]) for row in rows}


# The profile


def test_a_profile_is_what_one_last_made_it(directory: Directory, learner: str) -> None:
    for changes in (
        profile(
            display_name="  Ann Øst 🧠 ", time_zone="Asia/Kolkata", weak_below=0.35, mastered_from=1.0, compares=True
        ),
        profile(display_name="<b>Ann</b>", weak_below=0.79),
        profile(mastered_from=0.51, compares=True),
        profile(),
    ):
        saved = directory.set_profile(learner, **changes)
        assert saved == directory.person(learner)
        found = {name: getattr(saved, name) for name in changes}
        assert found == changes | {"display_name": changes["display_name"].strip()}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"display_name": " "}, "name is empty"),
    "a long name": ({"display_name": "x" * 201}, "201 characters"),
    "a name that runs backwards": ({"display_name": "a\u202eb"}, r"U\+202E"),
    "a zone that there is not": ({"time_zone": "Europe/Atlantis"}, 'no time zone "Europe/Atlantis"'),
    "a zone in other letters": ({"time_zone": "europe/berlin"}, "no time zone"),
    "a zone as an offset": ({"time_zone": "+05:30"}, "no time zone"),
    "weak as mastered": ({"weak_below": 0.7, "mastered_from": 0.7}, "thresholds"),
    "weak above mastered": ({"weak_below": 0.8, "mastered_from": 0.7}, "thresholds"),
    "weak above the house's mastered": ({"weak_below": 0.8}, "thresholds"),
    "mastered below the house's weak": ({"mastered_from": 0.5}, "thresholds"),
    "a weak threshold of nothing": ({"weak_below": 0.0}, "thresholds"),
    "one below nothing": ({"weak_below": -0.1}, "thresholds"),
    "more than all": ({"mastered_from": 1.01}, "thresholds"),
}


@pytest.mark.parametrize(("changes", "gist"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_in_a_profile_is_refused(
    changes: dict[str, Any], gist: str, directory: Directory, learner: str
) -> None:
    before = directory.set_profile(learner, **profile(time_zone="Europe/Berlin", weak_below=0.4))
    with pytest.raises(InvalidInput, match=gist):
        directory.set_profile(learner, **profile(**changes))
    assert directory.person(learner) == before


@pytest.mark.parametrize("threshold", ["weak_below", "mastered_from"])
def test_what_is_no_number_is_no_threshold(threshold: str, directory: Directory, learner: str) -> None:
    for number in (float("nan"), float("inf"), "much"):
        with pytest.raises(MasteryError):
            directory.set_profile(learner, **profile(**{threshold: number}))
    assert getattr(directory.person(learner), threshold) is None


def test_every_zone_that_python_offers_can_be_kept(query: Query) -> None:
    known = {row["name"] for row in query("select name from pg_timezone_names")}
    assert available_timezones() - {"localtime", "Factory"} <= known


def test_nobody_changes_or_erases_what_is_anothers(
    transport: Transport,
    service: Database,
    learner: str,
    mastery: MasteryService,
    person: Callable[[], str],
    query: Query,
) -> None:
    mastery.update_mastery(learner, "a", "correct", at=MAY)
    stranger, teacher, admin = person(), person(), person()
    service.call("add_to_cohort", cohort=f"Own {learner}", person=learner, create_missing=True)
    service.call("add_to_cohort", cohort=f"Own {learner}", person=teacher, role="instructor")
    service.call("grant_role", person=admin, role="admin")
    for who in (stranger, teacher, admin):
        with pytest.raises(NotAllowed, match="your own"):
            Directory(transport.acting_as(who)).set_profile(learner, **profile())
        with pytest.raises(NotAllowed, match="your own"):
            MasteryService(transport.acting_as(who)).erase_record(learner)
    with pytest.raises(NotFound, match="no such person"):
        list(MasteryService(transport.acting_as(stranger)).export(learner))
    assert len(keys_of(query, "interactions", learner)) == 1
    service.call("grant_role", person=admin, role="student")


# A copy of everything


def test_an_export_is_everything_once_and_in_order(
    service: Database, mastery: MasteryService, learner: str, import_row: Import, query: Query
) -> None:
    rows = [
        import_row(learner, f"concept {n % 7}", "correct", MAY + n * DAY, session=str(uuid4()) if n % 2 else None)
        for n in range(30)
    ]
    service.call("import_outcomes", rows=rows)
    query(  # rows from before, which count for nothing
        "insert into interactions (id, student_id, concept_focus, outcome, created_at) values"
        " (gen_random_uuid(), %(id)s, null, 'correct', now()), (gen_random_uuid(), %(id)s, 'a', 'correct', null),"
        " (gen_random_uuid(), %(id)s, 'a', 'guessed', now())",
        id=learner,
    )
    found = list(mastery.export(learner))
    assert [table for table, _ in groupby(found, lambda pair: pair[0])] == [*KEYS]
    for table, key in KEYS.items():
        exported = [tuple(str(row[column]) for column in key) for name, row in found if name == table]
        assert len(set(exported)) == len(exported)
        assert set(exported) == keys_of(query, table, learner)
    assert sum(table == "interactions" for table, _ in found) == 33


def test_who_has_done_nothing_takes_nothing_along(mastery: MasteryService, learner: str) -> None:
    assert list(mastery.export(learner)) == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_pages_meet_without_a_gap_or_an_overlap(
    size: int, service: Database, learner: str, import_row: Import, transport: Transport
) -> None:
    """Rows in one instant and of one concept straddle the borders."""
    service.call(
        "import_outcomes", rows=[import_row(learner, "ab"[n % 2], "correct", MAY + n // 4 * DAY) for n in range(12)]
    )
    caller = transport.acting_as(learner)
    for part, key in (
        ("interactions", ("concept_focus", "created_at", "id")),
        ("mastery_history", ("created_at", "interaction_id", "trigger_type")),
        ("mastery_daily", ("day", "concept_tag")),
    ):
        whole = caller.call("learner_export", learner=learner, part=part)
        pages, after = [], None
        while rows := caller.call("learner_export", learner=learner, part=part, after=after, max_rows=size):
            assert len(rows) <= size
            pages += rows
            after = {column: rows[-1][column] for column in key}
        assert pages == whole
        assert len(whole) >= 6


def test_more_than_a_page_is_all_there(
    database: EmbeddedDatabase, person: Callable[[], str], import_row: Import, query: Query
) -> None:
    learner = person()
    rows = [import_row(learner, f"c{n % 3}", "correct", MAY + n * timedelta(seconds=1)) for n in range(PAGE + 1)]
    database.acting_as_service().call("import_outcomes", rows=rows)
    caller = database.acting_as(learner)
    assert len(caller.call("learner_export", learner=learner, part="interactions", max_rows=10**6)) == PAGE
    found = list(MasteryService(caller).export(learner))
    assert sum(table == "interactions" for table, _ in found) == PAGE + 1
    for table, key in KEYS.items():
        exported = [tuple(str(row[column]) for column in key) for name, row in found if name == table]
        assert len(exported) == len(set(exported))
        assert set(exported) == keys_of(query, table, learner)


@pytest.mark.parametrize("part", ["profiles", "", "auth.users", None])
def test_there_is_no_other_part_of_an_export(part: str | None, transport: Transport, learner: str) -> None:
    with pytest.raises(InvalidInput, match="no part"):
        transport.acting_as(learner).call("learner_export", learner=learner, part=part)


def test_the_key_of_anothers_row_opens_nothing(
    transport: Transport, service: Database, learner: str, person: Callable[[], str], import_row: Import
) -> None:
    other = person()
    service.call("import_outcomes", rows=[import_row(who, "a", "correct", MAY) for who in (learner, other)])
    [theirs] = service.call("learner_export", learner=other, part="interactions")
    after = {column: theirs[column] for column in ("concept_focus", "created_at", "id")} | {"user_id": other}
    found = transport.acting_as(learner).call("learner_export", learner=learner, part="interactions", after=after)
    assert {row["student_id"] for row in found} <= {learner}


# Its end


@pytest.fixture
def recorded(mastery: MasteryService, learner: str) -> str:
    """The id of a session that runs, of a learner with sessions, outcomes and days behind them."""
    ended = mastery.start_session(learner, at=MAY)
    for day in range(3):
        mastery.update_mastery(learner, "a", "correct", ended, at=MAY + day * DAY)
        mastery.update_mastery(learner, "b", "incorrect", at=MAY + day * DAY)
    mastery.end_session(ended, at=MAY + 3 * DAY)
    running = mastery.start_session(learner, at=MAY + 3 * DAY, by_hand=True)
    mastery.update_mastery(learner, "b", "correct", at=MAY + 4 * DAY)
    return running


def test_what_is_erased_is_gone_and_again_nothing_goes(
    mastery: MasteryService, directory: Directory, learner: str, recorded: str, query: Query
) -> None:
    before, there = directory.person(learner), {table: len(keys_of(query, table, learner)) for table in KEYS}
    assert mastery.erase_record(learner) == there
    assert all(there.values())
    assert list(mastery.export(learner)) == []
    assert mastery.erase_record(learner) == dict.fromkeys(KEYS, 0)
    assert mastery.get_user_mastery(learner) == {}
    assert mastery.get_sessions(learner, 36_500) == []
    after = directory.person(learner)
    assert (after.interactions, after.first_activity, after.last_activity) == (0, None, None)
    assert (after.display_name, after.cohorts) == (before.display_name, before.cohorts)
    with pytest.raises(NotFound):
        mastery.get_session(recorded)


def test_others_keep_what_is_theirs(
    service: Database, mastery: MasteryService, learner: str, recorded: str, person: Callable[[], str], query: Query
) -> None:
    other = person()
    theirs = MasteryService(service)
    theirs.update_mastery(other, "a", "correct", theirs.start_session(other, at=MAY), at=MAY)
    before = [keys_of(query, table, other) for table in KEYS]
    mastery.erase_record(learner)
    assert [keys_of(query, table, other) for table in KEYS] == before
    assert all(before)


def test_recording_after_the_end_starts_anew(
    mastery: MasteryService, learner: str, recorded: str, assert_telescopes: Callable[[str], None]
) -> None:
    mastery.erase_record(learner)
    update = mastery.update_mastery(learner, "a", "correct", at=MAY)
    assert (update.old_score, update.new_score) == (0.5, pytest.approx(0.6))
    assert mastery.get_user_mastery(learner)["a"].observations == 1
    assert_telescopes(learner)


def test_a_session_that_ran_is_over_without_a_trace(mastery: MasteryService, learner: str, recorded: str) -> None:
    mastery.erase_record(learner)
    with pytest.raises(NotFound, match=f"no session {recorded}"):
        mastery.update_mastery(learner, "a", "correct", recorded, at=MAY)
    with pytest.raises(NotFound, match=f"no session {recorded} of yours"):
        mastery.end_session(recorded)
    assert mastery.get_user_mastery(learner) == {}
    assert mastery.start_session(learner, at=MAY, session_id=recorded) == recorded


def test_a_score_from_before_the_log_and_rows_that_count_for_nothing_go_too(
    mastery: MasteryService, learner: str, query: Query
) -> None:
    query("insert into student_mastery (user_id, concept_tag, mastery_score) values (%(id)s, 'old', 0.9)", id=learner)
    query("insert into interactions (id, student_id) values (gen_random_uuid(), %(id)s)", id=learner)
    gone = mastery.erase_record(learner)
    assert (gone["student_mastery"], gone["interactions"]) == (1, 1)
    assert list(mastery.export(learner)) == []


def test_erasing_while_recording_leaves_a_record_that_holds(
    mastery: MasteryService, learner: str, recorded: str, assert_telescopes: Callable[[str], None]
) -> None:
    def work(number: int) -> None:
        if number % 6 == 5:
            mastery.erase_record(learner)
        else:
            mastery.update_mastery(learner, "ab"[number % 2], "correct", at=MAY + (number * 7 % 5) * MINUTE)

    def end(_: int) -> None:
        with suppress(NotFound):
            mastery.end_session(recorded)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, number) for number in range(24)] + [threads.submit(end, n) for n in range(4)]:
            done.result()
    mastery.update_mastery(learner, "a", "correct", at=MAY + DAY)
    assert_telescopes(learner)
