"""Who may do what: every table and every function, for everybody, as one table, asked through both transports.

The rows asked for are of ``student``, who is in the cohort that ``instructor`` teaches and ``removed`` taught. ``other`` is a fellow
student. *allowed*: what was asked for was seen or done. *filtered*: as if it were not there. *denied*: SQLSTATE 42501.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from psycopg import sql

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.database.embedded import EmbeddedCaller
from mastery_core.errors import NotAllowed, NotFound

MATRIX = """
                       anon    student  other     instructor elsewhere removed   researcher admin    service
select
  student_mastery      denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  interactions         denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learning_sessions    denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  mastery_history      denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  mastery_daily        denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  profiles             denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_members       denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohorts              denied  allowed  allowed   allowed    filtered  filtered  filtered   allowed  allowed
  cohort_invitations   denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  imports              denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  outcome_rules        denied  allowed  allowed   allowed    allowed   allowed   filtered   allowed  allowed
  mastery_settings     denied  allowed  allowed   allowed    allowed   allowed   filtered   allowed  allowed
insert
  every table          denied  denied   denied    denied     denied    denied    denied     denied   denied
update
  every table          denied  denied   denied    denied     denied    denied    denied     denied   denied
delete
  every table          denied  denied   denied    denied     denied    denied    denied     denied   denied
call
  record_outcome       denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  record_outcomes      denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  start_session        denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  end_session          denied  allowed  filtered  filtered   filtered  filtered  filtered   filtered allowed
  learner_mastery      denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_practice     denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_history      denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_curves       denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_days         denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_rules        denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_pulse        denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_attempts     denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_sessions     denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_session      denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_hours        denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_gaps         denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_group        denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  learner_export       denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  set_profile          denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  erase_record         denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  person               denied  allowed  filtered  allowed    filtered  filtered  filtered   allowed  allowed
  list_cohorts         denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_people        denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_span          denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_learners      denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_course        denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_concepts      denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_cells         denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_opportunities denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_roster        denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  plan_roster          denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  add_roster           denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  remove_member        denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  put_back             denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  invite               denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  withdraw_invitation  denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  rename_cohort        denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  archive_cohort       denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  create_cohort        denied  denied   denied    allowed    allowed   denied    denied     allowed  allowed
  my_invitations       denied  allowed  filtered  filtered   filtered  filtered  filtered   filtered filtered
  answer_invitation    denied  allowed  filtered  filtered   filtered  filtered  filtered   filtered filtered
  begin_import         denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  import_practice      denied  filtered filtered  allowed    filtered  filtered  filtered   filtered filtered
  finish_import        denied  filtered filtered  allowed    filtered  filtered  filtered   filtered filtered
  undo_import          denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  cohort_imports       denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  known_interactions   denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  people               denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  find_people          denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  grant_role           denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  add_to_cohort        denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  remove_from_cohort   denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  status               denied  denied   denied    denied     denied    denied    denied     allowed  allowed
  research_days        denied  denied   denied    denied     denied    denied    allowed    allowed  allowed
  research_learners    denied  denied   denied    denied     denied    denied    allowed    allowed  allowed
  research_events      denied  denied   denied    denied     denied    denied    allowed    allowed  allowed
  share_cohort         denied  filtered filtered  allowed    filtered  filtered  filtered   allowed  allowed
  take_part            denied  allowed  denied    denied     denied    denied    denied     denied   allowed
  import_outcomes      denied  denied   denied    denied     denied    denied    denied     denied   allowed
  replay               denied  denied   denied    denied     denied    denied    denied     denied   allowed
  add_person           denied  denied   denied    denied     denied    denied    denied     denied   allowed
  backfill             denied  denied   denied    denied     denied    denied    denied     denied   allowed
  app_session_put      denied  denied   denied    denied     denied    denied    denied     denied   allowed
  app_session_get      denied  denied   denied    denied     denied    denied    denied     denied   allowed
  app_session_claim    denied  denied   denied    denied     denied    denied    denied     denied   allowed
  app_session_touch    denied  denied   denied    denied     denied    denied    denied     denied   allowed
  app_session_delete   denied  denied   denied    denied     denied    denied    denied     denied   allowed
"""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COHORT = "Matrix"
# By which column and value the row of the student is found.
ROW = {
    "student_mastery": ("user_id", "student"),
    "interactions": ("student_id", "student"),
    "learning_sessions": ("user_id", "student"),
    "mastery_history": ("user_id", "student"),
    "mastery_daily": ("user_id", "student"),
    "profiles": ("id", "student"),
    "cohort_members": ("user_id", "student"),
    "cohorts": ("id", "cohort"),
    "cohort_invitations": ("cohort_id", "cohort"),
    "imports": ("cohort_id", "cohort"),
    "outcome_rules": ("outcome", "correct"),
    "mastery_settings": ("only_row", "true"),
}


def rows_of(text: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(action, table or function, verdict by who asks) for each line."""
    who: list[str] = []
    action = ""
    for line in text.strip("\n").splitlines():
        if not line.startswith(" "):
            action = line
        elif not who:
            who = line.split()
        else:
            *names, verdicts = line[2:23].strip(), dict(zip(who, line[23:].split(), strict=True))
            for name in ROW if names == ["every table"] else names:
                yield action, name, verdicts


LINES = list(rows_of(MATRIX))


class Cast(dict[str, str]):
    """Ids by what somebody, or something, is in the matrix."""


class Asked(Protocol):
    """A way to ask the database as somebody; each answers with a verdict."""

    def touch(self, who: str, action: str, table: str, column: str, value: str) -> str: ...

    def call(self, who: str, function: str, proof: str, arguments: dict[str, Any]) -> str: ...


@pytest.fixture(scope="module")
def cast(
    database: EmbeddedDatabase, service: Database, import_row: Callable[..., Any], query: Callable[..., Any]
) -> Iterator[Cast]:
    names = ("student", "other", "instructor", "elsewhere", "removed", "researcher", "admin", "leaver")
    people = {name: str(uuid4()) for name in names}
    for name, person in people.items():
        query(
            "insert into auth.users (id, email) values (%(id)s, %(email)s)", id=person, email=f"{name}@matrix.example"
        )
    session = str(uuid4())
    practise(service, Cast(people, session=session), import_row)
    for name in ("instructor", "removed"):
        service.call("add_to_cohort", cohort=COHORT, person=people[name], role="instructor")
    service.call("add_to_cohort", cohort="Matrix 2", person=people["elsewhere"], role="instructor", create_missing=True)
    service.call("remove_from_cohort", cohort=COHORT, person=people["removed"])
    service.call("grant_role", person=people["researcher"], role="researcher")
    service.call("grant_role", person=people["admin"], role="admin")
    [cohort] = query("select id from cohorts where name = %(name)s", name=COHORT)
    cast = Cast(people, session=session, cohort=str(cohort["id"]))
    invite(service, cast)
    begin_imports(database, cast)
    yield cast
    service.call("grant_role", person=people["admin"], role="student")


def practise(service: Database, cast: Cast, import_row: Callable[..., Any]) -> None:
    practised = [
        import_row(cast["student"], "Mean", "correct", NOON, session=cast["session"]),
        import_row(cast["other"], "Mean", "incorrect", NOON),
    ]
    service.call("import_outcomes", rows=practised, cohort=COHORT)


def invite(service: Database, cast: Cast) -> None:
    """The student may teach the cohort, if they accept."""
    service.call("invite", cohort=cast["cohort"], addressee=cast["student"], role="instructor")


def begin_imports(database: EmbeddedDatabase, cast: Cast) -> None:
    """Two imports of the instructor: one that runs, and one to undo."""
    for name in ("import", "mistake"):
        cast[name] = str(uuid4())
        database.acting_as(cast["instructor"]).call("begin_import", **begun(cast, cast[name]))


def begun(cast: Cast, key: str) -> dict[str, str]:
    return {"import": key, "cohort": cast["cohort"], "file_name": "matrix.csv"}


class OverEmbedded:
    """A connection with the role and claims that the transport sets; its own caller for functions."""

    def __init__(self, database: EmbeddedDatabase, cast: Cast) -> None:
        self._database, self._cast = database, cast

    def touch(self, who: str, action: str, table: str, column: str, value: str) -> str:
        statement = {
            "select": "select from {table} where {column} = %(value)s",
            "insert": "insert into {table} ({column}) values (%(value)s)",
            "update": "update {table} set {column} = %(value)s where {column} = %(value)s",
            "delete": "delete from {table} where {column} = %(value)s",
        }[action]
        query = sql.SQL(statement).format(table=sql.Identifier(table), column=sql.Identifier(column))
        with self._as(who) as connection:
            try:
                return "allowed" if connection.execute(query, {"value": value}).rowcount else "filtered"
            except psycopg.errors.InsufficientPrivilege:
                return "denied"

    def call(self, who: str, function: str, proof: str, arguments: dict[str, Any]) -> str:
        try:
            answer = self._caller(who).call(function, **arguments)
        except NotAllowed:
            return "denied"
        except NotFound:
            return "filtered"
        return verdict(answer, proof)

    def _caller(self, who: str) -> Database:
        if who == "anon":
            return EmbeddedCaller(self._database, "anon", {"role": "anon"})
        return self._database.acting_as_service() if who == "service" else self._database.acting_as(self._cast[who])

    @contextmanager
    def _as(self, who: str) -> Iterator[psycopg.Connection]:
        role = {"anon": "anon", "service": "service_role"}.get(who, "authenticated")
        claims = orjson.dumps({"role": role} | ({"sub": self._cast[who]} if role == "authenticated" else {})).decode()
        with self._database.pool.connection() as connection, connection.transaction(force_rollback=True):
            connection.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)", [role, claims]
            )
            yield connection


class OverPostgREST:
    """Bare HTTP requests to the real PostgREST, with tokens signed as a project signs them."""

    def __init__(self, supabase: Any, cast: Cast) -> None:
        self._http = httpx.Client(base_url=f"{supabase.url}/rest/v1", timeout=30)
        self._supabase, self._cast = supabase, cast
        self._tokens = {"anon": {"apikey": supabase.publishable_key}, "service": {"apikey": supabase.secret_key}}

    def touch(self, who: str, action: str, table: str, column: str, value: str) -> str:
        method = {"select": "GET", "insert": "POST", "update": "PATCH", "delete": "DELETE"}[action]
        where = {} if action == "insert" else {column: f"eq.{value}"}
        body = {column: value} if action in {"insert", "update"} else None
        return self._asked(who, method, f"/{table}", where, body, proof="{")

    def call(self, who: str, function: str, proof: str, arguments: dict[str, Any]) -> str:
        return self._asked(who, "POST", f"/rpc/{function}", {}, arguments, proof)

    def close(self) -> None:
        self._http.close()

    def _asked(self, who: str, method: str, path: str, where: dict[str, str], body: Any, proof: str) -> str:
        headers = self._headers(who) | {"Content-Type": "application/json", "Prefer": "return=representation"}
        content = None if body is None else orjson.dumps(body)
        answer = self._http.request(method, path, params=where, headers=headers, content=content)
        if answer.is_success:
            return verdict(answer.json(), proof)
        refusals = {"42501": "denied", "P0002": "filtered"}
        assert answer.json()["code"] in refusals, answer.text
        return refusals[answer.json()["code"]]

    def _headers(self, who: str) -> dict[str, str]:
        if who not in self._tokens:
            token = self._supabase.token_for(self._cast[who])
            self._tokens[who] = {"apikey": self._supabase.publishable_key, "Authorization": f"Bearer {token}"}
        return self._tokens[who]


def verdict(answer: Any, proof: str) -> str:
    return "allowed" if proof in orjson.dumps(answer).decode() else "filtered"


@pytest.fixture(scope="module", params=["embedded", "postgrest"])
def asked(request: pytest.FixtureRequest, database: EmbeddedDatabase, cast: Cast) -> Iterator[Asked]:
    if request.param == "embedded":
        yield OverEmbedded(database, cast)
        return
    over = OverPostgREST(request.getfixturevalue("local_supabase"), cast)
    yield over
    over.close()


def question(function: str, cast: Cast, import_row: Callable[..., Any]) -> tuple[dict[str, Any], str]:
    """How a function is asked about the student, and what stands in the answer of who may."""
    learner, session = cast["student"], str(uuid4())
    outcome = {"learner": learner, "concept": "Mean", "outcome": "correct"}
    since, until = NOON - timedelta(days=1), NOON + timedelta(days=1)
    add, cohort = {"cohort": COHORT, "person": learner}, {"cohort": cast["cohort"]}
    ongoing = {"import": cast["import"]}
    questions: dict[str, tuple[dict[str, Any], str]] = {
        "record_outcome": ({**outcome, "interaction": session, "at": NOON}, session),
        "record_outcomes": ({"outcomes": [{**outcome, "id": session, "at": NOON}]}, session),
        "start_session": ({"learner": learner, "session": session}, session),
        "end_session": ({"session": cast["session"]}, cast["session"]),
        "learner_mastery": ({"learner": learner}, "Mean"),
        "learner_practice": ({"learner": learner, "moments": [since, until]}, '"days_practised":1'),
        "learner_history": ({"learner": learner, "since": since}, learner),
        "learner_curves": ({"learner": learner, "concepts": ["Mean"], "since": since}, "Mean"),
        "learner_days": ({"learner": learner, "since": since}, "Mean"),
        "learner_rules": ({"learner": learner}, "weak_threshold"),
        "learner_pulse": ({"learner": learner}, '"'),
        "learner_attempts": ({"learner": learner, "concept": "Mean"}, "opportunity"),
        "learner_sessions": ({"learner": learner}, cast["session"]),
        "learner_session": ({"session": cast["session"]}, learner),
        "learner_hours": ({"learner": learner, "since": since}, "2026-03-02T12:00:00"),
        "learner_gaps": ({"learner": learner, "since": since, "edges": [0]}, "[["),
        "learner_group": ({"learner": learner}, "cohorts"),
        "learner_export": ({"learner": learner, "part": "student_mastery"}, "Mean"),
        "set_profile": ({"person": learner, "display_name": "student"}, learner),
        "erase_record": ({"learner": learner}, "mastery_history"),
        "person": ({"person": learner}, learner),
        "list_cohorts": ({}, cast["cohort"]),
        "cohort_people": (cohort, learner),
        "cohort_span": (cohort, cast["cohort"]),
        "cohort_learners": ({**cohort, "since": since.date(), "until": until, "weak": 0.5, "mastered": 0.8}, learner),
        "cohort_course": ({**cohort, "moments": [since, until]}, '"middle":['),
        "cohort_concepts": (
            {**cohort, "since": since.date(), "moments": [since, until], "weak": 0.5, "mastered": 0.8},
            "Mean",
        ),
        "cohort_cells": ({**cohort, "until": until}, learner),
        "cohort_opportunities": ({**cohort, "concept": "Mean", "until": until}, '"opportunity":[1'),
        "cohort_roster": (cohort, learner),
        "plan_roster": ({**cohort, "lines": [{"line": 1, "id": learner}], "make_new": False}, '"already"'),
        "add_roster": (
            {
                **cohort,
                "lines": [{"line": 1, "id": learner}],
                "make_new": False,
                "plan": [{"line": 1, "verdict": "already", "person": learner}],
            },
            '"added":0',
        ),
        "remove_member": ({**cohort, "person": cast["leaver"]}, cast["leaver"]),
        "put_back": ({**cohort, "person": learner}, learner),
        "invite": ({**cohort, "addressee": "somebody@matrix.example", "role": "student"}, "somebody@matrix.example"),
        "withdraw_invitation": ({**cohort, "addressee": "somebody@matrix.example"}, "changed"),
        "rename_cohort": ({**cohort, "name": COHORT}, cast["cohort"]),
        "archive_cohort": ({**cohort, "archived": False}, cast["cohort"]),
        "create_cohort": ({"cohort": session, "name": f"{COHORT} {session}"}, session),
        "my_invitations": ({}, cast["cohort"]),
        "answer_invitation": ({**cohort, "accept": False}, cast["cohort"]),
        "begin_import": (begun(cast, session), session),
        "import_practice": (
            {**ongoing, "rows": [import_row(learner, "Mean", "correct", NOON, called="student")]},
            '"imported":1',
        ),
        "finish_import": ({**ongoing, "report": {}}, cast["import"]),
        "undo_import": ({"import": cast["mistake"]}, "remaining"),
        "cohort_imports": (cohort, cast["import"]),
        "known_interactions": ({**cohort, "learners": [learner], "interactions": [session]}, "0"),
        "research_days": ({}, "weak_threshold"),
        "research_learners": ({"days": [NOON.date()]}, '"observations":['),
        "research_events": ({"days": [NOON.date()], "learners": []}, '"opportunity":['),
        "share_cohort": ({**cohort, "shared": False}, cast["cohort"]),
        "take_part": ({"learner": learner, "in_research": True}, learner),
        "people": ({"search": "student", "max_people": 1000}, learner),
        "find_people": ({"who": learner}, learner),
        "grant_role": ({"person": learner, "role": "student"}, learner),
        "add_to_cohort": (add, learner),
        "remove_from_cohort": ({"cohort": COHORT, "person": cast["leaver"]}, cast["leaver"]),
        "status": ({}, "history_rows"),
        "import_outcomes": ({"rows": [import_row(learner, "Mode", "correct", NOON)]}, '"imported":1'),
        "replay": ({"learner": learner}, '"pairs":'),
        "add_person": ({"person": learner, "display_name": "Somebody"}, learner),
        "backfill": ({"learner": learner}, '"pairs":'),
        "app_session_put": ({"key": "matrix", "value": {"is": "there"}, "seconds": 60}, "true"),
        "app_session_get": ({"key": "matrix"}, "there"),
        "app_session_claim": ({"key": "matrix", "seconds": 0}, "true"),
        "app_session_touch": ({"key": "matrix", "seconds": 60}, "true"),
        "app_session_delete": ({"key": "matrix"}, "true"),
    }
    return questions[function]


@pytest.mark.parametrize(("action", "table", "verdicts"), [line for line in LINES if line[0] != "call"])
def test_tables(action: str, table: str, verdicts: dict[str, str], asked: Asked, cast: Cast) -> None:
    column, value = ROW[table]
    found = {who: asked.touch(who, action, table, column, cast.get(value, value)) for who in verdicts}
    assert found == verdicts


@pytest.mark.parametrize(("function", "verdicts"), [line[1:] for line in LINES if line[0] == "call"])
def test_functions(
    function: str,
    verdicts: dict[str, str],
    asked: Asked,
    cast: Cast,
    service: Database,
    import_row: Callable[..., Any],
    database: EmbeddedDatabase,
) -> None:
    found = {}
    for who in verdicts:
        arguments, proof = question(function, cast, import_row)
        found[who] = asked.call(who, function, proof, arguments)
    if function == "erase_record":
        practise(service, cast, import_row)
    if function == "answer_invitation":
        invite(service, cast)
    if function == "finish_import":
        begin_imports(database, cast)
    assert found == verdicts


def test_no_table_and_no_function_is_missing(query: Callable[..., Any]) -> None:
    tables = query(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r','v','m','p','f')"
    )
    functions = query("select proname from pg_proc where pronamespace = 'public'::regnamespace")
    for action in ("select", "insert", "update", "delete"):
        assert {row["relname"] for row in tables} == {table for each, table, _ in LINES if each == action}
    assert {row["proname"] for row in functions} == {function for action, function, _ in LINES if action == "call"}
