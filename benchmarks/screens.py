"""Each screen of a learner with three years of practice: its bytes, and its cost beside the bare SQL of the same answers
and an equal bare page.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from benchmarks.asked import Call, asked_during
from benchmarks.bare_answers import ask, bare_statements
from benchmarks.bare_pages import write_pages
from benchmarks.database import owner_connection, settle, temporary_home
from benchmarks.learner import add_classmates, add_person, practise
from benchmarks.load import Load, load
from benchmarks.page_tree import kinds, tree_of
from benchmarks.pairing import Pair, Timings, in_turn
from benchmarks.report import Result, Size
from benchmarks.same_answers import check_same
from benchmarks.streamlit_server import ROOT, streamlit_server, wait_until_it_answers, wait_until_ready
from mastery_core.concept import concept_id
from mastery_core.database.embedded import EmbeddedDatabase

INTERACTIONS, CONCEPTS, DAYS = 200_000, 300, 3 * 365
MOST_BYTES = 1_000_000
AS_LARGE = 0.1  # a bare page is equal when its bytes differ by no more than this share
ROUNDS, QUICK_ROUNDS = 15, 5
WARM_UP = 8  # PostgreSQL weighs a prepared statement's plans for five executions
LATEST_CONCEPT = (
    "select concept_tag from public.student_mastery where user_id = %s order by last_assessed_at desc limit 1"
)
LATEST_SESSION = "select id from public.learning_sessions where user_id = %s order by started_at desc limit 1"


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen's address, what it sent when it was first seen, and what it asked the database for that."""

    path: str
    sent: Load
    asked: list[Call]


def measure(*, quick: bool) -> Iterator[Result]:
    with ExitStack() as opened:
        home = opened.enter_context(temporary_home())
        database = EmbeddedDatabase(home)
        opened.callback(database.close)
        connection = opened.enter_context(owner_connection(database))
        learner = _busy_learner(database, connection)
        ours = opened.enter_context(streamlit_server("dashboard.py", home))
        wait_until_ready(ours)
        cookies = sign_in(ours, learner)
        whole, at_first = _paths(connection, learner)
        screens = {name: _screen(path, ours, cookies, home, connection) for name, path in at_first.items()}
        for screen in screens.values():
            for call in screen.asked:
                check_same(call, database.acting_as(learner), connection)
        for name, screen in screens.items():
            yield Size("screens", f"{name}, first view", screen.sent.size, MOST_BYTES)
        for name, path in whole.items():
            yield Size("screens", f"{name}, all three years", load(ours, path, cookies).size, MOST_BYTES)

        folder = _bare_app(home, screens)
        bare = opened.enter_context(streamlit_server(folder / "app.py", home, folder=folder))
        wait_until_it_answers(bare)
        for name, screen in screens.items():
            _check_equal(name, screen.sent, load(bare, f"/{name}"))
            yield _compared(name, screen, ours, cookies, bare, connection, QUICK_ROUNDS if quick else ROUNDS)


def _compared(
    name: str, screen: Screen, ours: str, cookies: str, bare: str, connection: psycopg.Connection, rounds: int
) -> Pair:
    statements = bare_statements(screen.asked)

    def bare_way() -> None:
        ask(connection, statements)
        load(bare, f"/{name}")

    measured, beside = in_turn(
        lambda: load(ours, screen.path, cookies), bare_way, rounds=rounds, warm_up=WARM_UP,
    )  # fmt: skip
    return Pair(
        "screens",
        Timings(f"{name}, first view", measured),
        Timings("bare SQL of the answers and an equal bare page", beside),
        bound=2,
    )


def _busy_learner(database: EmbeddedDatabase, connection: psycopg.Connection) -> str:
    """Somebody with three years of practice, in a cohort beside which they want to see themselves."""
    now = datetime.now(UTC)
    learner = add_person(connection, 1)
    practise(database, connection, learner, INTERACTIONS, now, concepts=CONCEPTS, days=DAYS)
    add_classmates(database, connection, learner, now)
    connection.execute("update public.profiles set compares = true where id = %s", [learner])
    settle(connection)
    return learner


def sign_in(address: str, person: str) -> str:
    """The cookies of a new session, as the header that brings them back."""
    form = {"person": person, "next": "/"}
    answer = httpx.post(f"{address}/session/sign-in", data=form, headers={"Origin": address})
    if not answer.cookies:
        raise RuntimeError("nobody was signed in")
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def _paths(connection: psycopg.Connection, learner: str) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses of screens over the whole range, and of every screen as it is first seen."""
    [concept] = connection.execute(LATEST_CONCEPT, [learner]).fetchone() or [""]
    [session] = connection.execute(LATEST_SESSION, [learner]).fetchone() or [""]
    of_concept = f"/concept?concept={concept_id(concept)}"
    whole = {
        "progress": "/?range=All",
        "concept": f"{of_concept}&range=All",
        "sessions": "/sessions?range=All",
        "insights": "/insights?range=All",
    }
    return whole, {
        "progress": "/",
        "concept": of_concept,
        "sessions": "/sessions",
        "session": f"/sessions?session={session}",
        "insights": "/insights",
        "review-plan": "/review-plan",
        "group": "/group",
        "data": "/data",
        "profile": "/profile",
        "help": "/help",
    }


def _screen(path: str, address: str, cookies: str, home: Path, connection: psycopg.Connection) -> Screen:
    """Loaded twice: what is made once in the life of a process belongs to no screen."""
    load(address, path, cookies)
    sent: list[Load] = []
    asked = asked_during(lambda: sent.append(load(address, path, cookies)), home, connection)
    return Screen(path, sent[0], asked)


def _bare_app(home: Path, screens: Mapping[str, Screen]) -> Path:
    """A folder with the bare pages, served with the settings of the dashboard."""
    folder = home / "bare"
    folder.mkdir()
    icon = ROOT / "pages" / "icon.svg"
    write_pages(folder, {name: screen.sent.messages() for name, screen in screens.items()}, icon)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit", ignore=shutil.ignore_patterns("secrets*"))
    return folder


def _check_equal(name: str, ours: Load, bare: Load) -> None:
    """Raise AssertionError unless the bare page has as many elements of each kind, and is about as large."""
    mine, others = kinds(tree_of(ours.messages())), kinds(tree_of(bare.messages()))
    print(f"{name}: {ours.size:,} bytes, bare {bare.size:,}; {mine.total()} elements", file=sys.stderr, flush=True)
    assert mine == others, f"{name}: more here {mine - others}, more there {others - mine}"
    assert abs(bare.size - ours.size) <= AS_LARGE * ours.size, f"{name}: {bare.size} bytes for {ours.size}"
