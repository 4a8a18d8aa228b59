"""A learner reads what is their own, writes no table, and acts for nobody else; who is not signed in reads nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, NotAllowed, NotFound

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Query = Callable[..., list[dict[str, Any]]]
# Whose row it is, by table; None where everybody signed in may read all of it.
OWNER_COLUMN = {
    "student_mastery": "user_id",
    "interactions": "student_id",
    "learning_sessions": "user_id",
    "mastery_history": "user_id",
    "mastery_daily": "user_id",
    "profiles": "id",
    "cohort_members": "user_id",
    "cohorts": "id",
    "outcome_rules": None,
    "mastery_settings": None,
}
# Who teaches a cohort reads what is kept about it; by which column. A learner reads none of it.
OF_TEACHERS = {"cohort_invitations": "cohort_id", "imports": "cohort_id"}
READING = ("learner_mastery", "learner_practice", "learner_history", "learner_curves", "learner_days")
WRITING = ("record_outcome", "start_session", "end_session")
OF_THE_SERVICE = (
    "import_outcomes", "replay", "backfill", "add_person",
    "app_session_get", "app_session_put", "app_session_touch", "app_session_delete", "app_session_claim",
)  # fmt: skip
OF_KEEPERS = ("people", "find_people", "status", "grant_role", "add_to_cohort", "remove_from_cohort")


class Practised(NamedTuple):
    """A learner with a row of their own in every table."""

    id: str
    session: str
    interaction: str
    cohort: str


@pytest.fixture(scope="module")
def learners(
    database: EmbeddedDatabase, service: Database, import_row: Callable[..., Any], query: Query
) -> list[Practised]:
    made = []
    for cohort in ("Rights A", "Rights B"):
        learner, session = str(uuid4()), str(uuid4())
        row = import_row(learner, "Mean", "correct", NOON, session=session)
        service.call("import_outcomes", rows=[row], cohort=cohort)
        [found] = query("select id from cohorts where name = %(name)s", name=cohort)
        made.append(Practised(learner, session, row["id"], str(found["id"])))
        service.call("invite", cohort=str(found["id"]), addressee="somebody@rights.example", role="student")
        service.call("begin_import", **{"import": str(uuid4())}, cohort=str(found["id"]), file_name="rights.csv")
    return made


@contextmanager
def as_role(database: EmbeddedDatabase, role: str, claims: str) -> Iterator[psycopg.Connection]:
    """What a raw connection with these rights could do; nothing of it stays."""
    with psycopg.connect(database.server.conninfo()) as connection:
        connection.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)", [role, claims]
        )
        yield connection
        connection.rollback()


def as_person(database: EmbeddedDatabase, person: str) -> Any:
    return as_role(database, "authenticated", f'{{"sub": "{person}", "role": "authenticated"}}')


def test_every_table_is_guarded(query: Query) -> None:
    tables = query(
        "select relname, relrowsecurity from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    )
    guarded = {row["relname"] for row in tables if row["relrowsecurity"]}
    assert guarded == {row["relname"] for row in tables} == {*OWNER_COLUMN, *OF_TEACHERS}


@pytest.mark.parametrize("table", OWNER_COLUMN)
def test_a_learner_reads_own_rows_and_no_others(
    table: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    mine, other = learners
    with as_person(database, mine.id) as connection:
        rows = connection.execute(sql.SQL("select to_jsonb(t) from {} t").format(sql.Identifier(table))).fetchall()
        hidden = connection.execute(
            sql.SQL(
                "select count(*) from {} t where position(%s in t::text) > 0 or position(%s in t::text) > 0"
            ).format(sql.Identifier(table)),
            [other.id, other.cohort],
        ).fetchone()
    assert rows
    assert hidden == (0,)
    if column := OWNER_COLUMN[table]:
        assert {row[column] for (row,) in rows} == {mine.cohort if table == "cohorts" else mine.id}


@pytest.mark.parametrize("table", OF_TEACHERS)
def test_a_learner_reads_nothing_of_who_teaches(
    table: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    with as_person(database, learners[0].id) as connection:
        rows = connection.execute(sql.SQL("select from {}").format(sql.Identifier(table))).fetchall()
    assert rows == []


@pytest.mark.parametrize("table", [*OWNER_COLUMN, *OF_TEACHERS])
@pytest.mark.parametrize("role", ["authenticated", "service_role", "anon"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into {table} select * from {table} limit 1",
        "insert into {table} default values",
        "update {table} set {column} = {column}",
        "delete from {table}",
        "truncate {table}",
        "select from {table} for update",
        "alter table {table} disable row level security",
        "drop table {table}",
    ],
)
def test_nobody_writes_a_table(
    table: str, role: str, statement: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    others = OF_TEACHERS | {"outcome_rules": "outcome", "mastery_settings": "only_row"}
    column = OWNER_COLUMN.get(table) or others[table]
    query = sql.SQL(statement).format(table=sql.Identifier(table), column=sql.Identifier(column))
    with (
        as_role(database, role, f'{{"sub": "{learners[0].id}"}}') as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query)


@pytest.mark.parametrize("table", [*OWNER_COLUMN, *OF_TEACHERS, "auth.users", "supabase_migrations.schema_migrations"])
def test_who_is_not_signed_in_reads_no_table(table: str, database: EmbeddedDatabase) -> None:
    with as_role(database, "anon", "") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql.SQL("select from {}").format(sql.Identifier(*table.split("."))))


@pytest.mark.parametrize("table", ["auth.users", "supabase_migrations.schema_migrations"])
def test_a_learner_reads_nothing_behind_the_house(
    table: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    with as_person(database, learners[0].id) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql.SQL("select from {}").format(sql.Identifier(*table.split("."))))


def test_who_claims_to_be_nobody_reads_nothing(database: EmbeddedDatabase, learners: list[Practised]) -> None:
    for claims in ("", "{}", '{"sub": null}'):
        with as_role(database, "authenticated", claims) as connection:
            for table in (*OWNER_COLUMN, *OF_TEACHERS):
                rows = connection.execute(sql.SQL("select from {}").format(sql.Identifier(table))).fetchall()
                assert rows == [], table
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select record_outcome(%s, 'a', 'correct', gen_random_uuid())", [learners[0].id])


def test_every_function_has_its_doorkeeper(query: Query) -> None:
    may = {
        (row["schema"], row["name"], row["role"]): row["may"]
        for row in query(
            """
            select n.nspname as schema, p.proname as name, r.rolname as role,
                   has_function_privilege(r.oid, p.oid, 'execute') as may
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace, pg_roles r
            where n.nspname in ('public', 'private') and r.rolname in ('anon', 'authenticated', 'service_role')
            """
        )
    }
    public = {name for schema, name, _ in may if schema == "public"}
    assert not {key for key, allowed in may.items() if allowed and key[2] == "anon"}
    theirs = {
        name
        for (schema, name, role), allowed in may.items()
        if allowed and role == "authenticated" and schema == "public"
    }
    assert theirs == public - set(OF_THE_SERVICE)
    assert all(allowed for (schema, _, role), allowed in may.items() if schema == "public" and role == "service_role")


def test_a_private_table_is_granted_to_nobody(query: Query) -> None:
    granted = query(
        """
        select relname, r.rolname from pg_class c, pg_roles r
        where c.relnamespace = 'private'::regnamespace and c.relkind in ('r', 'v')
          and r.rolname in ('anon', 'authenticated', 'service_role')
          and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
        """
    )
    assert granted == []


def test_functions_with_more_rights_than_their_caller_stand_behind_a_door_and_fix_their_path(query: Query) -> None:
    definers = query(
        "select n.nspname as schema, proname, proconfig from pg_proc join pg_namespace n on n.oid = pronamespace"
        " where prosecdef and n.nspname in ('public', 'private')"
    )
    assert {row["schema"] for row in definers} == {"private"}
    for row in definers:
        assert 'search_path=""' in (row["proconfig"] or []), row["proname"]


@pytest.mark.parametrize("function", READING)
def test_a_learner_does_not_get_anothers_answers(
    function: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    mine, other = learners
    since = NOON - timedelta(days=1)
    arguments: dict[str, Any] = {
        "learner_curves": {"concepts": ["Mean"], "since": since},
        "learner_days": {"since": since},
        "learner_practice": {"moments": [since, NOON + timedelta(days=1)]},
    }.get(function, {})
    own = database.acting_as(mine.id).call(function, learner=mine.id, **arguments)
    assert "Mean" in str(own) or own[0]["observations"] == 1
    with pytest.raises(NotFound, match="no such person"):
        database.acting_as(mine.id).call(function, learner=other.id, **arguments)


def test_a_learner_does_not_see_another_person(database: EmbeddedDatabase, learners: list[Practised]) -> None:
    mine, other = learners
    assert database.acting_as(mine.id).call("person", person=mine.id)["cohorts"] == ["Rights A"]
    with pytest.raises(NotFound, match="no such person"):
        database.acting_as(mine.id).call("person", person=other.id)


def test_outcomes_and_sessions_of_another_cannot_be_written(
    database: EmbeddedDatabase, learners: list[Practised], tables_of: Callable[[str], Any], query: Query
) -> None:
    mine, other = learners
    before = tables_of(other.id), query("select * from learning_sessions where user_id = %(id)s", id=other.id)
    caller = database.acting_as(mine.id)
    outcome = {"concept": "Mean", "outcome": "correct", "at": NOON}
    with pytest.raises(NotAllowed, match="your own"):
        caller.call("record_outcome", learner=other.id, interaction=str(uuid4()), **outcome)
    with pytest.raises(NotFound, match="no session"):
        caller.call("record_outcome", learner=mine.id, interaction=str(uuid4()), session=other.session, **outcome)
    with pytest.raises(InvalidInput, match="taken"):
        caller.call("record_outcome", learner=mine.id, interaction=other.interaction, **outcome)
    with pytest.raises(NotAllowed, match="your own"):
        caller.call("start_session", learner=other.id, session=str(uuid4()), at=NOON)
    with pytest.raises(InvalidInput, match="taken"):
        caller.call("start_session", learner=mine.id, session=other.session, at=NOON)
    assert (tables_of(other.id), query("select * from learning_sessions where user_id = %(id)s", id=other.id)) == before


def test_a_foreign_session_cannot_be_ended(database: EmbeddedDatabase, person: Callable[[], str], query: Query) -> None:
    learner, session = person(), str(uuid4())
    database.acting_as(learner).call("start_session", learner=learner, session=session)
    with pytest.raises(NotFound, match=f"no session {session} of yours"):
        database.acting_as(person()).call("end_session", session=session)
    with pytest.raises(NotFound):
        database.acting_as(learner).call("end_session", session=str(uuid4()))
    assert query("select ended_at from learning_sessions where id = %(id)s", id=session) == [{"ended_at": None}]
    assert database.acting_as(learner).call("end_session", session=session)["ended_at"]


@pytest.mark.parametrize("function", [*OF_THE_SERVICE, *OF_KEEPERS])
def test_keeping_the_house_is_not_for_a_learner(
    function: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    mine, other = learners
    person, key = {"person": mine.id}, {"key": "some"}
    arguments: dict[str, Any] = {
        "import_outcomes": {"rows": [{}]},
        "find_people": {"who": other.id},
        "add_person": person | {"display_name": "Somebody"},
        "grant_role": person | {"role": "admin"},
        "add_to_cohort": person | {"cohort": "Rights B", "role": "instructor"},
        "remove_from_cohort": person | {"cohort": "Rights A"},
        "app_session_get": key,
        "app_session_put": key | {"value": {}, "seconds": 9.0},
        "app_session_touch": key | {"seconds": 9.0},
        "app_session_delete": key,
        "app_session_claim": key | {"seconds": 9.0},
    }.get(function, {})
    said = "for administrators" if function in OF_KEEPERS else f"denied for function {function}"
    with pytest.raises(NotAllowed, match=said):
        database.acting_as(mine.id).call(function, **arguments)


@pytest.mark.parametrize(
    "call",
    [
        "private.record_outcome(%(other)s, 'a', 'correct', gen_random_uuid(), null, null, 'x', now(), null)",
        "private.start_session(%(other)s, gen_random_uuid(), now(), null)",
        "private.end_session(%(session)s, now())",
        "private.import_outcomes('[]', null)",
        "private.replay(null, null)",
        "private.add_person(%(other)s, 'Somebody')",
        "private.backfill(null, null)",
        "private.backfill_missing(null)",
        "private.refold(array[%(other)s::uuid], array['Mean'], array[null::timestamptz])",
        "private.summarise_sessions(array[%(session)s::uuid])",
        "private.count_in_session(%(session)s)",
        "private.answer_of(%(other)s, %(interaction)s)",
        "private.lock_learner(%(other)s)",
        "private.people(null, 10)",
        "private.listed(%(other)s)",
        "private.standing_at(%(other)s, 'infinity')",
        "private.days_practised(%(other)s, '2026-01-01', now(), true, 'UTC')",
        "private.learner_mastery(%(other)s, now(), null, 7)",
        "private.learner_practice(%(other)s, array[now(), now()], 'UTC')",
        "private.learner_history(%(other)s, null, '-infinity', now(), 9)",
        "private.learner_curves(%(other)s, array['Mean'], '2026-01-01', now(), 9)",
        "private.learner_days(%(other)s, '2026-01-01', now())",
        "private.find_people('learner', 10)",
        "private.grant_role(%(other)s, 'student')",
        "private.add_to_cohort('Rights A', %(other)s, 'student', false)",
        "private.remove_from_cohort('Rights B', %(other)s)",
        "private.status()",
        "private.person(%(other)s)",
        "private.cohort_people((select cohort_id from cohort_members limit 1))",
        "private.cohort_named('Rights B', true)",
        "private.require_cohort(%(cohort)s)",
        "private.learners_of(%(cohort)s)",
        "private.standings_at(array[%(other)s::uuid], now())",
        "private.stretches_of(array[%(other)s::uuid], array[now()], null, true)",
        "private.cohort_span(%(cohort)s)",
        "private.cohort_learners(%(cohort)s, '2026-01-01', now(), 0.5, 0.8)",
        "private.cohort_course(%(cohort)s, array[now()], null)",
        "private.cohort_concepts(%(cohort)s, '2026-01-01', array[now()], 0.5, 0.8)",
        "private.cohort_cells(%(cohort)s, now(), null, null)",
        "private.cohort_opportunities(%(cohort)s, 'Mean', now(), 20)",
        "private.create_cohort(gen_random_uuid(), 'Rights of mine')",
        "private.rename_cohort(%(cohort)s, 'Rights of mine')",
        "private.archive_cohort(%(cohort)s, true)",
        "private.cohort_roster(%(cohort)s)",
        "private.plan_roster(%(cohort)s, '[]', true)",
        "private.add_roster(%(cohort)s, '[]', true, '[]')",
        "private.remove_member(%(cohort)s, %(other)s)",
        "private.put_back(%(cohort)s, %(other)s)",
        "private.invite(%(cohort)s, 'somebody@rights.example', 'student')",
        "private.withdraw_invitation(%(cohort)s, 'somebody@rights.example')",
        "private.answer_invitation(%(cohort)s, false)",
        "private.read_roster(%(cohort)s, '[]', true)",
        "private.people_at_hand(%(cohort)s)",
        "private.learner_of_cohort(%(cohort)s, 'Somebody')",
        "private.is_of_no_other(%(other)s, %(cohort)s)",
        "private.keep_cohort(%(cohort)s)",
        "private.own_addresses()",
        "private.begin_import(gen_random_uuid(), %(cohort)s, 'rights.csv')",
        "private.import_practice((select gen_random_uuid()), '[]')",
        "private.finish_import(gen_random_uuid(), '{}')",
        "private.undo_import(gen_random_uuid(), 10)",
        "private.cohort_imports(%(cohort)s)",
        "private.known_interactions(%(cohort)s, array[%(other)s::uuid], array[%(interaction)s::uuid])",
        "private.take_in('[]', %(cohort)s, null)",
        "private.take_out(gen_random_uuid(), 10)",
        "private.own_import(gen_random_uuid())",
        "private.require_learners(%(cohort)s, '[]')",
        "private.unlog_scores(array[%(other)s::uuid], array['Mean'], array[now()])",
        "private.settle_sessions(gen_random_uuid(), array[%(session)s::uuid])",
        "private.keep_bounds('[]')",
        "private.log_scores('[]')",
        "private.id_within(%(other)s, %(interaction)s)",
        "private.app_session_get('x')",
    ],
)
def test_the_rooms_behind_the_doors_are_shut_to_a_learner(
    call: str, database: EmbeddedDatabase, learners: list[Practised]
) -> None:
    mine, other = learners
    # The cohort is one they are in: a room about all of it is shut even so.
    values = {"other": other.id, "session": other.session, "interaction": other.interaction, "cohort": mine.cohort}
    refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.NoDataFound)
    with as_person(database, mine.id) as connection, pytest.raises(refused):
        connection.execute(f"select {call}".encode(), values)


def test_the_lists_of_the_policies_hold_a_learner_alone(database: EmbeddedDatabase, learners: list[Practised]) -> None:
    mine = learners[0]
    with as_person(database, mine.id) as connection:
        lists = connection.execute("select private.visible_people(), private.cohorts_taught()").fetchone()
        assert lists == ([UUID(mine.id)], [])


def test_a_learner_makes_nothing_in_the_database(database: EmbeddedDatabase, learners: list[Practised]) -> None:
    for statement in (
        b"create table public.mine (n int)",
        b"create table private.mine (n int)",
        b"create function public.mine() returns int language sql as 'select 1'",
        b"create function public.learner_mastery(uuid) returns jsonb language sql as 'select null::jsonb'",
        b"create or replace function auth.uid() returns uuid language sql as 'select null::uuid'",
        b"create schema mine",
        b"create trigger mine before insert on public.interactions execute function private.hold()",
    ):
        with as_person(database, learners[0].id) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_call_leaves_no_right_behind_on_its_connection(
    database: EmbeddedDatabase, service: Database, learners: list[Practised]
) -> None:
    """The pool hands the same connection to the service and then to a learner, and back."""
    mine, other = learners
    for _ in range(5):
        assert service.call("person", person=other.id)["id"] == other.id
        with pytest.raises(NotFound):
            database.acting_as(mine.id).call("person", person=other.id)
    with database.pool.connection() as connection:
        row = connection.execute("select current_user, current_setting('request.jwt.claims', true)").fetchone()
    assert row == ("postgres", "")


def test_only_a_uuid_can_be_a_person(database: EmbeddedDatabase) -> None:
    for wrong in ("", "me", "00000000-0000-0000-0000-00000000000", '", "role": "service_role'):
        with pytest.raises(InvalidInput, match="is not the id of a person"):
            database.acting_as(wrong)
