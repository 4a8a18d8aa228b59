"""The migrations, on an empty database and on one with the two tables there were before, on PostgreSQL 15 to 18."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from mastery_core.database import EmbeddedDatabase, migrations
from mastery_core.database.migrations import SQL_HOME, available, migrate
from tests.database.clusters import running

# Word for word as the brief prints them, but for the check, which as printed is not SQL.
THE_TABLES_BEFORE = """
CREATE TABLE student_mastery (
  user_id UUID REFERENCES auth.users(id),
  concept_tag TEXT NOT NULL,
  mastery_score FLOAT CHECK (0 <= mastery_score AND mastery_score <= 1),
  decay_factor FLOAT DEFAULT 0.95,
  last_assessed_at TIMESTAMP,
  PRIMARY KEY (user_id, concept_tag)
);
CREATE TABLE interactions (
  id UUID PRIMARY KEY,
  student_id UUID REFERENCES auth.users(id),
  type TEXT,
  concept_focus TEXT,
  outcome TEXT,
  intent TEXT,
  agent_used TEXT,
  scaffolding_level TEXT,
  metadata JSONB,
  created_at TIMESTAMP
);
"""
POLICIES_BEFORE = """
alter table student_mastery enable row level security;
alter table interactions enable row level security;
create policy "own mastery" on student_mastery for all using (auth.uid() = user_id) with check (mastery_score <= 1);
create policy "everybody's recent ones" on interactions for select to authenticated
  using (created_at > now() - interval '1 year');
create policy "fresh scores" on student_mastery for update using (last_assessed_at is not null);
grant all on student_mastery, interactions to authenticated, anon;
"""
ANN, BEN = UUID(int=1), UUID(int=2)
MARCH, JULY = datetime(2025, 3, 9, 2, 30), datetime(2025, 7, 1, 23, 59, 59, 999999)  # noqa: DTZ001
SCORES_BEFORE = [
    (ANN, "Mean", 0.62, 0.95, MARCH),
    (ANN, "Median", None, None, None),
    (ANN, "Mode", 0.0, 1.5, JULY),
    (ANN, "Range", 1.0, -0.5, JULY),
    (BEN, "Mean", 0.1, float("nan"), JULY),
    (BEN, "", 0.3, 0.9, MARCH),
]
LOG_BEFORE = [
    (UUID(int=11), ANN, "quiz_attempt", "Mean", "correct", Jsonb({"q": 1}), MARCH),
    (UUID(int=12), ANN, "quiz_attempt", "Mean", "incorrect", None, JULY),
    (UUID(int=13), ANN, None, "Mean", "guessed", None, JULY),
    (UUID(int=14), ANN, "question_asked", None, "confusion_detected", None, JULY),
    (UUID(int=15), None, None, "Mean", "correct", None, JULY),
    (UUID(int=16), BEN, "x", "Mean", "correct", None, None),
    (UUID(int=17), BEN, "x", "", None, None, MARCH),
    (UUID(int=18), BEN, "x", "Mean", "CORRECT", None, MARCH),
    (UUID(int=19), BEN, "x", "Unheard of", "passive_read", None, MARCH),
    (UUID(int=20), None, None, None, None, None, None),
]


@pytest.fixture(scope="module", params=["18", "16", "15"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """How to reach a PostgreSQL of each version."""
    if request.param == "18":
        database: EmbeddedDatabase = request.getfixturevalue("database")
        yield database.server.conninfo()
    else:
        with running(request.param) as conninfo:
            yield conninfo


def new_database(server: str, template: str = "template0") -> str:
    """Time there is not UTC unless somebody says so."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        make = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        connection.execute(sql.SQL("alter database {} set timezone to 'America/New_York'").format(sql.Identifier(name)))
    return make_conninfo(server, dbname=name)


@pytest.fixture
def empty(database: EmbeddedDatabase) -> str:
    return new_database(database.server.conninfo())


class Grown(NamedTuple):
    """A database that had the two tables and rows in them, brought up to date, and what it had held."""

    conninfo: str
    before: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def grown(server: str) -> Grown:
    conninfo = new_database(server)
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("show timezone").fetchone() == ("America/New_York",)
        connection.execute((SQL_HOME / "embedded" / "preamble.sql").read_bytes())
        connection.execute(THE_TABLES_BEFORE.encode())
        connection.execute(POLICIES_BEFORE.encode())
        cursor = connection.cursor()
        cursor.executemany(
            "insert into auth.users (id, email) values (%s, %s)", [(ANN, "ann@example.org"), (BEN, None)]
        )
        cursor.executemany("insert into student_mastery values (%s, %s, %s, %s, %s)", SCORES_BEFORE)
        cursor.executemany(
            "insert into interactions (id, student_id, type, concept_focus, outcome, metadata, created_at)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            LOG_BEFORE,
        )
    before = {
        table: rows(conninfo, f"select * from {table} order by 1, 2") for table in ("student_mastery", "interactions")
    }
    assert migrate(conninfo) == [migration.version for migration in available()]
    return Grown(conninfo, before)


def rows(conninfo: str, text: str) -> list[dict[str, Any]]:
    with psycopg.connect(conninfo, row_factory=dict_row) as connection:
        connection.execute("set timezone to 'UTC'")
        return connection.execute(text.encode()).fetchall()


def snapshot(conninfo: str) -> list[dict[str, Any]]:
    """The whole of the schema."""
    return rows(
        conninfo,
        """
        select 'column' as kind, table_schema || '.' || table_name || '.' || column_name as name,
               concat_ws(' ', data_type, is_nullable, column_default) as what
        from information_schema.columns where table_schema in ('public', 'auth', 'private', 'supabase_migrations')
        union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace
        union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
        union all select 'function', p.oid::regprocedure::text, md5(prosrc) || proacl::text
        from pg_proc p join pg_namespace n on n.oid = pronamespace where nspname in ('public', 'private', 'auth')
        union all select 'policy', tablename || '.' || policyname, concat_ws(' ', cmd, roles::text, qual, with_check)
        from pg_policies
        union all select 'rights', relname, relacl::text || relrowsecurity
        from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
        order by kind, name
        """,
    )


def test_both_ways_lead_to_the_same_schema_and_again_nothing_happens(server: str, grown: Grown) -> None:
    fresh = new_database(server)
    assert migrate(fresh) == [migration.version for migration in available()]

    def schema(conninfo: str) -> list[dict[str, Any]]:
        # The check on the score stands twice, once as it was written there before.
        written_before = "student_mastery.student_mastery_mastery_score_check"
        return [row for row in snapshot(conninfo) if row["name"] != written_before]

    made = schema(fresh)
    assert {"public.student_mastery.mastery_score", "mastery_history"} <= {row["name"] for row in made}
    assert schema(grown.conninfo) == made
    counted = "select (select count(*) from public.outcome_rules) + (select count(*) from public.mastery_settings) as n"
    for conninfo in (fresh, grown.conninfo):
        assert migrate(conninfo) == []
        assert schema(conninfo) == made
        assert rows(conninfo, counted) == [{"n": 6}]


def test_the_ledger_is_the_supabase_clis(empty: str) -> None:
    migrate(empty)
    columns = rows(
        empty,
        "select column_name, data_type, udt_name from information_schema.columns"
        " where table_schema = 'supabase_migrations' and table_name = 'schema_migrations' order by ordinal_position",
    )
    assert [tuple(column.values()) for column in columns] == [
        ("version", "text", "text"), ("statements", "ARRAY", "_text"), ("name", "text", "text"),
    ]  # fmt: skip
    ledger = rows(empty, "select * from supabase_migrations.schema_migrations order by version")
    files = sorted((SQL_HOME / "migrations").iterdir())
    assert [f"{row['version']}_{row['name']}.sql" for row in ledger] == [path.name for path in files]
    assert ["".join(row["statements"]) for row in ledger] == [path.read_text() for path in files]


def test_what_the_cli_has_applied_is_not_applied_again(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute(migrations.LEDGER.encode())
        connection.execute(
            "insert into supabase_migrations.schema_migrations values ('20261122090000', '{}', 'tables')"
        )
        connection.commit()
        with pytest.raises(psycopg.errors.InvalidSchemaName):
            migrate(empty)
    assert rows(empty, "select version from supabase_migrations.schema_migrations") == [{"version": "20261122090000"}]


def test_a_migration_that_fails_leaves_nothing_of_any(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SQL_HOME, tmp_path / "sql")
    (tmp_path / "sql" / "migrations" / "20991231000000_broken.sql").write_text("create table half (n int); select 1/0;")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "SQL_HOME", tmp_path / "sql")
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(empty)
    assert rows(empty, "select to_regclass('half') as half, to_regclass('student_mastery') as ours") == [
        {"half": None, "ours": None}
    ]
    assert migrate(empty)


def test_processes_that_open_a_new_database_at_once_take_turns(empty: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda _: migrate(empty), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(available())]


def test_no_row_of_the_tables_before_is_lost(grown: Grown) -> None:
    for table, changed in (("interactions", {"created_at"}), ("student_mastery", {"last_assessed_at", "decay_factor"})):
        now = rows(grown.conninfo, f"select * from {table} order by 1, 2")
        assert len(now) == len(grown.before[table]) > 5
        for row, old in zip(now, grown.before[table], strict=True):
            without_score = (
                {"mastery_score": 0.5} if table == "student_mastery" and old["mastery_score"] is None else {}
            )
            kept = {name: value for name, value in (old | without_score).items() if name not in changed}
            assert {name: row[name] for name in kept} == kept
    factors = rows(grown.conninfo, "select user_id, concept_tag, decay_factor from student_mastery")
    assert {(row["user_id"], row["concept_tag"]): row["decay_factor"] for row in factors} == {
        (ANN, "Mean"): 0.95,
        (ANN, "Median"): 0.95,
        (ANN, "Mode"): 1.0,
        (ANN, "Range"): 0.0,
        (BEN, "Mean"): 1.0,
        (BEN, ""): 0.9,
    }


def test_times_before_are_read_as_utc_whatever_the_sessions_zone(grown: Grown) -> None:
    types = rows(
        grown.conninfo,
        "select table_name, data_type from information_schema.columns where table_schema = 'public'"
        " and column_name in ('created_at', 'last_assessed_at') and table_name in ('student_mastery', 'interactions')",
    )
    assert {row["table_name"]: row["data_type"] for row in types} == {
        "student_mastery": "timestamp with time zone", "interactions": "timestamp with time zone",
    }  # fmt: skip
    expected = {row[0]: row[-1] and row[-1].replace(tzinfo=UTC) for row in LOG_BEFORE}
    log = rows(grown.conninfo, "select id, created_at from interactions")
    assert {row["id"]: row["created_at"] for row in log} == expected
    scores = rows(grown.conninfo, "select user_id, concept_tag, last_assessed_at from student_mastery")
    assert {(row["user_id"], row["concept_tag"]): row["last_assessed_at"] for row in scores} == {
        (user, concept): last and last.replace(tzinfo=UTC) for user, concept, _, _, last in SCORES_BEFORE
    }


def test_policies_and_rights_from_before_give_way(grown: Grown) -> None:
    policies = rows(
        grown.conninfo,
        "select tablename, cmd from pg_policies where tablename in ('student_mastery', 'interactions') order by 1",
    )
    assert [tuple(row.values()) for row in policies] == [("interactions", "SELECT"), ("student_mastery", "SELECT")]
    with psycopg.connect(grown.conninfo) as connection:
        connection.execute("select set_config('role', 'authenticated', true)")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [f'{{"sub": "{ANN}"}}'])
        assert connection.execute("select distinct student_id from interactions").fetchall() == [(ANN,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update student_mastery set mastery_score = 1")


def test_people_from_before_get_a_profile(grown: Grown) -> None:
    names = rows(grown.conninfo, "select id, display_name from profiles order by id")
    assert names == [{"id": ANN, "display_name": "ann"}, {"id": BEN, "display_name": "Learner"}]


@pytest.fixture
def conninfo(server: str, grown: Grown) -> str:
    """A copy to write to."""
    return new_database(server, conninfo_to_dict(grown.conninfo)["dbname"])


@pytest.fixture
def ask(conninfo: str) -> Iterator[Callable[..., Any]]:
    """Call a function as the service does."""
    with psycopg.connect(conninfo, autocommit=True) as connection:

        def call(function: str, **arguments: Any) -> Any:
            names = sql.SQL(", ").join(sql.SQL("{} => %s").format(sql.Identifier(name)) for name in arguments)
            query = sql.SQL("select {}({})").format(sql.Identifier("public", function), names)
            with connection.transaction():
                connection.execute("select set_config('role', 'service_role', true)")
                found = connection.execute(query, list(arguments.values())).fetchone()
            return found and found[0]

        yield call


def ask_as_the_screens_do(ask: Callable[..., Any], session: UUID, since: datetime) -> None:
    assert ask("learner_rules", learner=ANN)["deltas"]["correct"] == 0.1
    assert ask("learner_pulse", learner=ANN)
    assert ask("learner_attempts", learner=ANN, concept="Mean", max_rows=1)[0]["kind"] == "correct"
    assert [each["interactions"] for each in ask("learner_sessions", learner=ANN)] == [3]
    assert ask("learner_session", session=session)["event_count"] == 3
    assert sum(ask("learner_hours", learner=ANN, since=since, zone="Asia/Kolkata")["observations"]) == 5
    assert len(ask("learner_gaps", learner=ANN, since=since, edges=[0.0, 1.0])) == 2
    assert ask("learner_group", learner=BEN) == {"cohorts": [], "cohort_id": None, "concepts": []}
    assert len(ask("learner_export", learner=ANN, part="mastery_history", max_rows=2)) == 2
    assert ask("set_profile", person=BEN, display_name="Ben", weak_below=0.4)["weak_below"] == 0.4


def ask_as_an_instructor_does(ask: Callable[..., Any], cohort: str) -> None:
    about, since = {"cohort": cohort}, datetime(2025, 7, 31, tzinfo=UTC)
    until, bands = datetime(2025, 8, 31, tzinfo=UTC), {"weak": 0.5, "mastered": 0.8}
    assert ask("cohort_span", **about)["learners"] == 1
    assert ask("cohort_learners", **about, since=since.date(), until=until, **bands)["observations"] == [3]
    assert ask("cohort_course", **about, moments=[since, until])["learners"] == [0, 1]
    hardest, *_ = ask("cohort_concepts", **about, since=since.date(), moments=[since, until], **bands)
    assert (hardest["concept"], hardest["weak"], hardest["course"][0]) == ("New", 1, None)
    assert ask("cohort_cells", **about, until=until, concept="New")["concepts"][0]["observations"] == [3]
    assert ask("cohort_opportunities", **about, concept="New", until=until)["graded"] == [1, 1, 1]


def ask_as_a_researcher_does(ask: Callable[..., Any]) -> None:
    at = datetime(2025, 9, 1, tzinfo=UTC)
    imported = [
        {"id": str(uuid4()), "learner": str(uuid4()), "concept": "Mean", "outcome": "correct", "at": at.isoformat()}
        for _ in range(5)
    ]
    ask("import_outcomes", rows=Jsonb(imported), cohort="Shared")
    [cohort] = [each["id"] for each in ask("list_cohorts") if each["name"] == "Shared"]
    assert ask("research_days")["day"] == []
    assert ask("share_cohort", cohort=cohort, shared=True)["in_research"]
    days = ask("research_days")
    assert (days["day"], days["observations"]) == (["2025-09-01"], [5])
    learners = ask("research_learners", days=[at.date()])["learner"]
    told = ask("research_events", days=[at.date()], learners=learners)
    assert told["learner"] == [0, 1, 2, 3, 4]
    assert told["after"] == pytest.approx([0.6] * 5)
    assert not ask("take_part", learner=BEN, in_research=False)["in_research"]


def test_every_function_runs_on_every_version(ask: Callable[..., Any], conninfo: str) -> None:
    scores = {(user, concept): 0.5 if score is None else score for user, concept, score, _, _ in SCORES_BEFORE}
    resets = ask("backfill")
    assert resets["resets"] == len(SCORES_BEFORE)
    assert ask("backfill") == {"interactions": 0, "pairs": 0, "resets": 0}
    unheard_of = {(BEN, "Unheard of"): 0.52}
    stored = rows(conninfo, "select * from student_mastery")
    assert {(row["user_id"], row["concept_tag"]): row["mastery_score"] for row in stored} == pytest.approx(
        scores | unheard_of, abs=1e-12
    )
    session = uuid4()
    ask("start_session", learner=ANN, session=session, at=datetime(2025, 8, 1, tzinfo=UTC))
    at = [datetime(2025, 8, day, tzinfo=UTC) for day in (1, 9, 4)]
    for moment in at:
        ask(
            "record_outcome", learner=ANN, concept="Mean", outcome="correct", interaction=uuid4(), at=moment,
            session=session, custom_delta=0.01,
        )  # fmt: skip
    imported = [
        {"id": str(uuid4()), "learner": str(BEN), "concept": "New", "outcome": "incorrect", "at": moment.isoformat()}
        for moment in at
    ]
    assert ask("import_outcomes", rows=Jsonb(imported), cohort="Some")["imported"] == 3
    summary = ask("end_session", session=session, at=at[1])
    assert summary["total_interactions"] == 3
    assert summary["mastery_gained"]["Mean"] == pytest.approx(0.03)
    tables = ("mastery_history", "mastery_daily", "student_mastery", "learning_sessions")
    before = [rows(conninfo, f"select * from {table} t order by t::text") for table in tables]
    ask("replay")
    assert [rows(conninfo, f"select * from {table} t order by t::text") for table in tables] == before
    since = datetime(2025, 1, 1, tzinfo=UTC)
    assert ask("learner_mastery", learner=ANN)["concept_tag"]
    assert ask("learner_mastery", learner=ANN, at=at[0])["concept_tag"]
    assert ask("learner_practice", learner=ANN, moments=[since, datetime.now(UTC)])[0]["observations"] == 5
    assert len(ask("learner_history", learner=BEN, concept="New")) == 5
    assert ask("learner_curves", learner=ANN, concepts=["Mean"], since=since)["curves"]["Mean"]["at"]
    assert ask("learner_curves", learner=ANN, concepts=["Mean"], since=since, stretches=1)["curves"]["Mean"]["at"]
    assert ask("learner_days", learner=ANN, since=since)["concept_tag"]
    ask_as_the_screens_do(ask, session, since)
    assert ask("person", person=BEN)["cohorts"] == ["Some"]
    assert ask("people")["total"] == 2
    batch = [
        {"id": str(uuid4()), "learner": str(person), "concept": "Late", "outcome": "correct"} for person in (ANN, BEN)
    ]
    assert len(ask("record_outcomes", outcomes=Jsonb(batch))) == 2
    assert ask("grant_role", person=ANN, role="admin")["role"] == "admin"
    assert ask("find_people", who="ann@EXAMPLE.org")["people"][0]["role"] == "admin"
    assert ask("add_to_cohort", cohort="Some", person=ANN, role="instructor")["changed"]
    [cohort] = ask("list_cohorts")
    assert (cohort["students"], cohort["instructors"]) == (1, 1)
    assert [each["role"] for each in ask("cohort_people", cohort=cohort["id"])] == ["instructor", "student"]
    ask_as_an_instructor_does(ask, cohort["id"])
    assert ask("remove_from_cohort", cohort="Some", person=ANN)["changed"]
    ask_as_a_researcher_does(ask)
    assert ask("app_session_put", key="k", value=Jsonb({"a": 1}), seconds=9.0)
    assert ask("app_session_get", key="k") == {"a": 1}
    assert [ask("app_session_claim", key="k", seconds=9.0) for _ in range(2)] == [True, False]
    assert ask("app_session_touch", key="k", seconds=9.0)
    assert ask("app_session_delete", key="k")
    assert ask("status")["without_history"] == 0
    assert ask("erase_record", learner=ANN)["interactions"] > 0
    assert ask("erase_record", learner=ANN)["interactions"] == 0
