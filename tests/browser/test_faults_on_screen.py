"""What goes wrong behind a screen is said on it in a sentence; when it is over, the screen is there again by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect

from mastery_core.database import EmbeddedDatabase
from tests.local_supabase import LocalSupabase

EMAIL, PASSWORD = "ada@school.example", "correct horse"
CONCEPT = "Standard deviation"


class Project:
    """A Supabase project of its own, whose parts may fail, and the app before it."""

    def __init__(self, database: EmbeddedDatabase, supabase: LocalSupabase, url: str) -> None:
        self.database = database
        self.supabase = supabase
        self.url = url

    def enter(self, page: Page) -> None:
        """Sign a browser in and open the screen."""
        form = {"email": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/session/sign-in", data=form, timeout=60)
        assert answer.status_code == 303
        cookies = [{"name": name, "value": value, "url": self.url} for name, value in answer.cookies.items()]
        page.context.add_cookies(cookies)  # type: ignore[arg-type]
        page.goto(self.url)
        expect_screen(page)


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory,
    start_local_supabase: Callable[[EmbeddedDatabase], LocalSupabase],
    start_app: Callable[..., AbstractContextManager[str]],
) -> Iterator[Project]:
    database = EmbeddedDatabase(tmp_path_factory.mktemp("home"))
    with start_local_supabase(database) as supabase:
        learner = supabase.add_person(EMAIL, PASSWORD)
        now = datetime.now(UTC)
        rows = [
            {
                "id": str(uuid4()), "learner": learner, "learner_name": "Ada", "concept": CONCEPT, "outcome": "correct",
                "type": "quiz_attempt", "at": (now - timedelta(days=days)).isoformat(),
            }
            for days in range(4)
        ]  # fmt: skip
        database.acting_as_service().call("import_outcomes", rows=rows)
        settings = {"SUPABASE_URL": supabase.url, "SUPABASE_PUBLISHABLE_KEY": supabase.publishable_key}
        with start_app(**settings) as url:
            yield Project(database, supabase, url)
    database.close()


def expect_screen(page: Page) -> None:
    expect(page.get_by_test_id("stMain").get_by_text(CONCEPT).first).to_be_attached()
    expect(page.get_by_role("alert")).to_have_count(0)


def expect_sentence(page: Page) -> None:
    expect(page.get_by_role("alert").first).to_contain_text("The database")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def kill(database: EmbeddedDatabase) -> None:
    """SIGKILL to the postmaster and everything it started."""
    pid = int((database.server.home / "postgres" / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_postgrest_is_away_for_a_while(project: Project, new_page: Callable[..., Page]) -> None:
    page = new_page()
    project.enter(page)
    project.supabase.postgrest.stop()
    try:
        page.reload()
        expect_sentence(page)
        page.get_by_role("button", name="Try again").click()
        expect_sentence(page)
    finally:
        project.supabase.postgrest.start()
    expect_screen(page)


def test_what_is_behind_hangs(project: Project, new_page: Callable[..., Page]) -> None:
    page = new_page()
    project.enter(page)
    project.supabase.gateway.hang = True
    try:
        page.reload()
        expect_sentence(page)
    finally:
        project.supabase.gateway.hang = False
    expect_screen(page)


def test_the_database_is_restarted(project: Project, new_page: Callable[..., Page]) -> None:
    page = new_page()
    project.enter(page)
    kill(project.database)
    page.reload()
    expect_sentence(page)
    project.database.recover()
    expect_screen(page)
