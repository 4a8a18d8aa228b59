"""What the functions about keeping a cohort hold to where the services cannot look: beside others who write, and in a real project."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.ingest.ids import cohort_learner_id

Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def teacher(query: Query) -> str:
    [made] = query(
        'insert into auth.users (id, raw_app_meta_data) values (gen_random_uuid(), \'{"role": "instructor"}\') returning id::text'
    )
    return str(made["id"])


@pytest.fixture
def cohort(database: EmbeddedDatabase, teacher: str) -> str:
    return new_cohort(database.acting_as(teacher))


def new_cohort(keeper: Database) -> str:
    made: str = keeper.call("create_cohort", cohort=str(uuid4()), name=f"Kept {uuid4()}")["id"]
    return made


@contextmanager
def held(database: EmbeddedDatabase, statement: bytes, *values: Any) -> Iterator[psycopg.Connection]:
    """Something done by somebody else who has not yet come to an end."""
    with psycopg.connect(database.server.conninfo()) as connection:
        connection.execute(statement, values)
        yield connection


def waits(query: Query) -> bool:
    return bool(query("select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%_roster%'"))


def until_it_waits(query: Query, work: Future[Any]) -> None:
    for _ in range(6000):
        if waits(query):
            return
        assert not work.done(), work.exception()
        time.sleep(0.01)
    raise AssertionError("it neither waits nor ends")


@given(called=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_python_and_sql_give_a_cohorts_learner_the_same_id(called: str, query: Query) -> None:
    cohort = "0B5AB8F1-5F0C-4C59-9F53-0A7E2B1F8D11"
    [row] = query("select private.learner_of_cohort(%(cohort)s, %(called)s)::text as id", cohort=cohort, called=called)
    assert row["id"] == cohort_learner_id(cohort, called)


def test_whoever_goes_out_of_sight_while_a_list_waits_is_not_added(
    database: EmbeddedDatabase, teacher: str, cohort: str, person: Callable[[], str], query: Query
) -> None:
    keeper, learner = database.acting_as(teacher), person()
    elsewhere = new_cohort(keeper)
    query("insert into cohort_members (cohort_id, user_id) values (%(c)s, %(p)s)", c=elsewhere, p=learner)
    lines = [{"line": 1, "id": learner}]
    plan = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=False)
    assert plan[0]["verdict"] == "add"
    with (
        ThreadPoolExecutor(1) as pool,
        held(database, b"select private.remove_member(%s, %s)", elsewhere, learner) as removing,
    ):
        adding = pool.submit(keeper.call, "add_roster", cohort=cohort, lines=lines, make_new=False, plan=plan)
        until_it_waits(query, adding)
        removing.commit()
        with pytest.raises(InvalidInput, match="something else"):
            adding.result()
    assert query("select user_id from cohort_members where user_id = %(p)s", p=learner) == []


def test_an_own_learner_in_whom_others_get_a_stake_while_a_list_waits_does_not_come_back(
    database: EmbeddedDatabase, teacher: str, cohort: str, service: Database, query: Query
) -> None:
    keeper, lines = database.acting_as(teacher), [{"line": 1, "name": "Ann Lee"}]
    ann, other = cohort_learner_id(cohort, "Ann Lee"), new_cohort(service)
    plan = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    keeper.call("add_roster", cohort=cohort, lines=lines, make_new=True, plan=plan)
    keeper.call("remove_member", cohort=cohort, person=ann)
    plan = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    assert plan[0]["person"] == ann
    by_keeper = b"select private.add_to_cohort((select name from cohorts where id = %s), %s, 'student', false)"
    with ThreadPoolExecutor(1) as pool, held(database, by_keeper, other, ann) as joining:
        adding = pool.submit(keeper.call, "add_roster", cohort=cohort, lines=lines, make_new=True, plan=plan)
        until_it_waits(query, adding)
        joining.commit()
        with pytest.raises(InvalidInput, match="something else"):
            adding.result()
    with pytest.raises(NotFound):
        keeper.call("person", person=ann)


def test_who_teaches_no_more_while_a_list_waits_adds_nothing(
    database: EmbeddedDatabase, teacher: str, cohort: str, query: Query
) -> None:
    keeper, lines = database.acting_as(teacher), [{"line": 1, "name": "Ann Lee"}]
    plan = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    with (
        ThreadPoolExecutor(1) as pool,
        held(database, b"select private.remove_member(%s, %s)", cohort, teacher) as removing,
    ):
        adding = pool.submit(keeper.call, "add_roster", cohort=cohort, lines=lines, make_new=True, plan=plan)
        until_it_waits(query, adding)
        removing.commit()
        with pytest.raises(NotFound, match="no such cohort"):
            adding.result()
    assert query("select user_id from cohort_members where cohort_id = %(c)s", c=cohort) == []


def test_a_learner_made_by_another_meanwhile_is_looked_at_again(
    database: EmbeddedDatabase, teacher: str, cohort: str, query: Query
) -> None:
    keeper, lines = database.acting_as(teacher), [{"line": 1, "name": "Ann Lee"}, {"line": 2, "name": "Bo"}]
    plan = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    made = cohort_learner_id(cohort, "Ann Lee")
    with (
        ThreadPoolExecutor(1) as pool,
        held(database, b"insert into auth.users (id, email) values (%s, %s)", made, f"{made}@x.edu") as making,
    ):
        adding = pool.submit(keeper.call, "add_roster", cohort=cohort, lines=lines, make_new=True, plan=plan)
        until_it_waits(query, adding)
        making.commit()
        with pytest.raises(InvalidInput, match="something else"):
            adding.result()
    again = keeper.call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    assert [row["verdict"] for row in again] == ["refused", "new"]


def test_an_email_that_nobody_has_confirmed_gets_no_invitation(
    database: EmbeddedDatabase, teacher: str, cohort: str, query: Query
) -> None:
    """A Supabase project says when an e-mail was confirmed; whoever signs up with somebody else's has not."""
    email, guest = f"{uuid4()}@x.edu", str(uuid4())
    query("insert into auth.users (id, email) values (%(id)s, %(email)s)", id=guest, email=email)
    database.acting_as(teacher).call("invite", cohort=cohort, addressee=email, role="instructor")
    claims = f'{{"sub": "{guest}", "role": "authenticated"}}'
    with psycopg.connect(database.server.conninfo()) as connection:
        connection.execute("alter table auth.users add column email_confirmed_at timestamptz")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])

        def invitations() -> Any:
            row = connection.execute("select private.my_invitations()").fetchone()
            return row and row[0]

        assert invitations() == []
        with pytest.raises(psycopg.errors.NoDataFound), connection.transaction():
            connection.execute("select private.answer_invitation(%s, true)", [cohort])
        connection.execute("update auth.users set email_confirmed_at = now() where id = %s", [guest])
        assert [each["cohort"] for each in invitations()] == [cohort]
        connection.rollback()


@pytest.mark.parametrize("gone", ["the cohort", "who was removed", "who removed"])
def test_what_is_gone_takes_its_departures_and_invitations_along(
    gone: str, database: EmbeddedDatabase, teacher: str, cohort: str, person: Callable[[], str], query: Query
) -> None:
    keeper, learner = database.acting_as(teacher), person()
    query("insert into cohort_members (cohort_id, user_id) values (%(c)s, %(p)s)", c=cohort, p=learner)
    keeper.call("remove_member", cohort=cohort, person=learner)
    keeper.call("invite", cohort=cohort, addressee=learner, role="student")
    if gone == "the cohort":
        query("delete from cohorts where id = %(c)s", c=cohort)
    else:
        query("delete from auth.users where id = %(p)s", p=learner if gone == "who was removed" else teacher)
    departures = query("select removed_by from private.departures where cohort_id = %(c)s", c=cohort)
    invitations = query("select addressee from cohort_invitations where cohort_id = %(c)s", c=cohort)
    assert departures == ([{"removed_by": None}] if gone == "who removed" else [])
    assert invitations == []


def test_an_invitation_by_email_goes_with_who_has_it(
    database: EmbeddedDatabase, teacher: str, cohort: str, query: Query
) -> None:
    guest, email, other = str(uuid4()), f"Guest.{uuid4()}@X.edu", f"{uuid4()}@x.edu"
    query("insert into auth.users (id, email) values (%(id)s, %(email)s)", id=guest, email=email)
    for addressee in (email, other):
        database.acting_as(teacher).call("invite", cohort=cohort, addressee=addressee, role="instructor")
    query("delete from auth.users where id = %(id)s", id=guest)
    left = query("select addressee from cohort_invitations where cohort_id = %(c)s", c=cohort)
    assert left == [{"addressee": other}]


@pytest.mark.parametrize("is_undone", [False, True])
def test_who_is_put_back_is_there_as_before(
    is_undone: bool,  # noqa: FBT001
    database: EmbeddedDatabase,
    teacher: str,
    cohort: str,
    person: Callable[[], str],
    query: Query,
) -> None:
    keeper, learner, key = database.acting_as(teacher), person(), str(uuid4())
    query("insert into imports (id, cohort_id, file_name) values (%(k)s, %(c)s, 'x.csv')", k=key, c=cohort)
    query(
        "insert into cohort_members (cohort_id, user_id, added_at, import_id)"
        " values (%(c)s, %(p)s, now() - interval '9 days', %(k)s)",
        c=cohort, p=learner, k=key,
    )  # fmt: skip
    membership = "select * from cohort_members where cohort_id = %(c)s and user_id = %(p)s"
    [before] = query(membership, c=cohort, p=learner)
    keeper.call("remove_member", cohort=cohort, person=learner)
    if is_undone:
        keeper.call("undo_import", **{"import": key})
    keeper.call("put_back", cohort=cohort, person=learner)
    assert query(membership, c=cohort, p=learner) == [before | ({"import_id": None} if is_undone else {})]


def test_a_cohort_gets_none_of_the_learners_of_one_that_was_deleted(
    database: EmbeddedDatabase, teacher: str, cohort: str, query: Query
) -> None:
    lines = [{"line": 1, "name": "Ann Lee"}]
    plan = database.acting_as(teacher).call("plan_roster", cohort=cohort, lines=lines, make_new=True)
    database.acting_as(teacher).call("add_roster", cohort=cohort, lines=lines, make_new=True, plan=plan)
    query("delete from cohorts where id = %(c)s", c=cohort)
    [other] = query(
        'insert into auth.users (id, raw_app_meta_data) values (gen_random_uuid(), \'{"role": "instructor"}\') returning id::text'
    )
    keeper = database.acting_as(other["id"])
    made = keeper.call("create_cohort", cohort=cohort, name=f"Kept {uuid4()}")["id"]
    assert made != cohort
    [row] = keeper.call("plan_roster", cohort=made, lines=lines, make_new=True)
    assert (row["verdict"], row["person"]) == ("new", None)
