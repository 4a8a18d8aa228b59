"""A server killed between any two statements of a write leaves all of it or none, and comes back by itself."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql

from mastery_core.database import EmbeddedDatabase
from mastery_core.database.embedded import POOL_SIZE
from mastery_core.errors import Unavailable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ON_TIME = [
    "before insert interactions",
    "after insert interactions",
    "after insert mastery_history",
    "after update student_mastery",
    "after insert mastery_daily",
    "after update learning_sessions",
]
LATE = [
    "after insert interactions",
    "after delete mastery_history",
    "after delete mastery_daily",
    "after update student_mastery",
    "after update learning_sessions",
    "after update interactions",
]
# Each learner's writes stop at a point of their own for as long as somebody holds the lock.
HOLDS = """
create table hold_points (learner uuid primary key, point text not null);
create function hold() returns trigger language plpgsql as $$
declare
  touched jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
begin
  if exists (
    select from public.hold_points
    where learner = coalesce(touched ->> 'user_id', touched ->> 'student_id')::uuid
      and point = lower(concat_ws(' ', tg_when, tg_op, tg_table_name))) then
    perform pg_advisory_xact_lock_shared(4711);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
"""
TABLES = ("interactions", "mastery_history", "student_mastery", "mastery_daily", "learning_sessions")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    """A database of its own: it will be killed."""
    database = EmbeddedDatabase(tmp_path_factory.mktemp("killed"))
    with psycopg.connect(database.server.conninfo(), autocommit=True) as connection:
        connection.execute(HOLDS.encode())
        for table in TABLES:
            for when in ("before", "after"):
                connection.execute(
                    sql.SQL(
                        "create trigger {} {} insert or update or delete on {} for each row execute function hold()"
                    ).format(sql.Identifier(f"hold_{when}"), sql.SQL(when), sql.Identifier(table))
                )
    yield database
    database.close()


@pytest.fixture
def practised(own: EmbeddedDatabase, console_of: Callable[..., Any]) -> Callable[[str], dict[str, Any]]:
    """A learner with three days of practice in a session that is over, whose next write will stop at a point."""

    def make(point: str, *, late: bool = False) -> dict[str, Any]:
        with closing(console_of(own).connection) as connection:
            learner, session = str(uuid4()), str(uuid4())
            connection.execute("insert into auth.users (id) values (%s)", [learner])
            caller = own.acting_as(learner)
            caller.call("start_session", learner=learner, session=session, at=NOON)
            outcome = {"learner": learner, "concept": "a", "outcome": "correct", "session": session}
            for day in range(3):
                at = NOON + timedelta(days=day)
                caller.call("record_outcome", **outcome, at=at, interaction=str(uuid4()))
            caller.call("end_session", session=session)
            connection.execute("insert into hold_points values (%s, %s)", [learner, point])
        at = NOON + (timedelta(days=1, hours=1) if late else timedelta(days=3))
        return outcome | {"at": at, "interaction": str(uuid4())}

    return make


def kill(database: EmbeddedDatabase) -> None:
    """SIGKILL to the postmaster and everything it started, at once."""
    pid = int((database.server.home / "postgres" / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    assert len(processes) > 2
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=30)


@contextmanager
def holding(database: EmbeddedDatabase) -> Iterator[Callable[[int], None]]:
    """Writes stop at their points; what it gives waits until so many have."""
    with psycopg.connect(database.server.conninfo(), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(4711)")

        def wait(count: int) -> None:
            waiting = "select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
            end = time.monotonic() + 60
            while (stopped := len(connection.execute(waiting).fetchall())) != count:
                assert time.monotonic() < end, f"{stopped} of {count} writes came to their points"
                time.sleep(0.01)

        yield wait


def write_once(database: EmbeddedDatabase, write: dict[str, Any]) -> None:
    """The same call as the transport's, without its second attempt."""
    names = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in write
    )
    with psycopg.connect(database.server.conninfo()) as connection:
        connection.execute("set local role authenticated")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [f'{{"sub": "{write["learner"]}"}}'])
        connection.execute(sql.SQL("select record_outcome({})").format(names), write)


def everything_of(console: Any, learner: str) -> dict[str, list[dict[str, Any]]]:
    logged = {
        "interactions": "select * from interactions where student_id = %(id)s order by created_at, id",
        "learning_sessions": "select * from learning_sessions where user_id = %(id)s",
    }
    return console.tables_of(learner) | {name: console.query(text, id=learner) for name, text in logged.items()}


def assert_counted_once(console: Any, learner: str) -> None:
    everything = everything_of(console, learner)
    assert len(everything["interactions"]) == 4
    assert [session["total_interactions"] for session in everything["learning_sessions"]] == [4]
    assert sum(row["trigger_type"] != "decay" for row in everything["mastery_history"]) == 4
    console.assert_telescopes(learner)


def test_killed_between_any_two_statements_leaves_none_of_it_and_the_same_id_again_counts_once(
    own: EmbeddedDatabase, practised: Callable[..., dict[str, Any]], console_of: Callable[..., Any]
) -> None:
    writes = [practised(point) for point in ON_TIME] + [practised(point, late=True) for point in LATE]
    console = console_of(own)
    before = [everything_of(console, write["learner"]) for write in writes]
    console.connection.close()
    with (
        ThreadPoolExecutor(len(writes)) as threads,
        suppress(psycopg.OperationalError),
        holding(own) as wait_until_stopped,
    ):
        writing = [threads.submit(write_once, own, write) for write in writes]
        wait_until_stopped(len(writes))
        kill(own)
    assert all(isinstance(each.exception(), psycopg.OperationalError) for each in writing)
    for write, rows in zip(writes, before, strict=True):
        seen = own.acting_as(write["learner"]).call("learner_history", learner=write["learner"])
        assert len(seen) == len(rows["mastery_history"])
    console = console_of(own)
    for write, rows in zip(writes, before, strict=True):
        assert everything_of(console, write["learner"]) == rows
    for write in writes:
        answers = [own.acting_as(write["learner"]).call("record_outcome", **write) for _ in range(2)]
        assert [answer.pop("repeated") for answer in answers] == [False, True]
        assert answers[0] == answers[1]
        assert_counted_once(console, write["learner"])
    console.connection.close()


def test_who_was_writing_when_it_was_killed_still_gets_an_answer_and_counts_once(
    own: EmbeddedDatabase, practised: Callable[..., dict[str, Any]], console_of: Callable[..., Any]
) -> None:
    writes = [practised("after insert mastery_history"), practised("after update interactions", late=True)]
    with (
        ThreadPoolExecutor(len(writes)) as threads,
        suppress(psycopg.OperationalError),
        holding(own) as wait_until_stopped,
    ):
        writing = [threads.submit(own.acting_as(write["learner"]).call, "record_outcome", **write) for write in writes]
        wait_until_stopped(len(writes))
        kill(own)
    assert [each.result()["repeated"] for each in writing] == [False, False]
    console = console_of(own)
    for write in writes:
        assert_counted_once(console, write["learner"])
    console.connection.close()


def test_killed_after_the_write_leaves_all_of_it_and_many_callers_at_once_bring_the_server_back(
    own: EmbeddedDatabase, practised: Callable[..., dict[str, Any]], console_of: Callable[..., Any]
) -> None:
    write = practised("nowhere")
    write_once(own, write)
    console = console_of(own)
    before = everything_of(console, write["learner"])
    console.connection.close()
    kill(own)
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(lambda _: own.acting_as(write["learner"]).call("record_outcome", **write), range(20))
        )
    assert all(answer["repeated"] for answer in answers)
    console = console_of(own)
    assert everything_of(console, write["learner"]) == before
    assert_counted_once(console, write["learner"])
    console.connection.close()


def test_who_finds_no_connection_free_is_told_that_and_not_that_the_database_stopped(own: EmbeddedDatabase) -> None:
    with closing(EmbeddedDatabase(own.server.home)) as busy, ExitStack() as taken:
        for _ in range(POOL_SIZE):
            taken.enter_context(busy.pool.connection())
        busy.pool.timeout = 0.1
        with pytest.raises(Unavailable, match="busy: no connection was free for status"):
            busy.ping()
        taken.close()
        busy.ping()
