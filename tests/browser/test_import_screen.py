"""The Import screen in a browser: a file comes in behind a progress bar, is cancelled, imported and undone."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from mastery_core.database import EmbeddedDatabase
from tests.browser import screens
from tests.browser.test_instructor_screens import ELENA, KWAME, LOOKS
from tests.browser.test_student_screens import Visit, Visitor

IMPORT = "/practice-import"
LEARNERS, ROWS = 60, 12_000
FIRST = datetime(2026, 9, 14, 9, tzinfo=UTC)
TABLES = ("interactions", "learning_sessions", "profiles", "cohort_members", "mastery_history", "student_mastery")
FILE = "Statistics 101 *autumn*.csv"


def practice(rows: int) -> FilePayload:
    """A file of so many answers, by learners whom no cohort has."""
    lines = (
        f"Newcomer {row % LEARNERS},Concept {row % 7},{row % 3 % 2},{FIRST + timedelta(seconds=row):%Y-%m-%d %H:%M:%S}"
        for row in range(rows)
    )
    text = "\n".join(["learner,concept,outcome,at", *lines])
    return {"name": FILE, "mimeType": "text/csv", "buffer": text.encode()}


def button(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("button", name=re.compile(name)).first


def choose(page: Page, file: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name="How it is read")).to_be_visible()
    screens.settle(page)


def check(page: Page) -> None:
    button(page, "Check the whole file").click()
    expect(button(page, r"Import [\d,]+ answers")).to_be_enabled()
    screens.settle(page)


def undo(page: Page) -> None:
    button(page, "Undo .*…").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("is undone:")).to_be_visible()
    screens.settle(page)


@pytest.fixture
def counted(app_database: EmbeddedDatabase, console_of: Callable[..., Any]) -> Iterator[Callable[[], dict[str, int]]]:
    """How much there is in the tables that an import writes."""
    console = console_of(app_database)

    def count() -> dict[str, int]:
        return {table: console.query(f"select count(*) from {table}")[0]["count"] for table in TABLES}

    yield count
    console.connection.close()


def chosen(page: Page) -> None:
    screens.open_screen(page, "Import")
    choose(page, practice(40))


def imported(page: Page) -> None:
    button(page, r"Import [\d,]+ answers").click()
    expect(page.get_by_text("came in from")).to_be_visible()
    screens.settle(page)


def undone(page: Page) -> None:
    undo(page)


WAYS = {
    "nothing chosen": lambda page: screens.open_screen(page, "Import"),
    "a file chosen": chosen,
    "a file checked": check,
    "a file imported": imported,
    "an import undone": undone,
}


@pytest.fixture(scope="module", params=LOOKS)
def looks(request: pytest.FixtureRequest, app_url: str, browser: Browser) -> Iterator[dict[str, Visit]]:
    """What the screen looks like in each of its states, one after the other."""
    width, color_scheme, name = LOOKS[request.param]
    with screens.signed_in(browser, app_url, name, width=width, color_scheme=color_scheme) as page:
        visitor = Visitor(page, WAYS)
        yield {state: visitor.visit(state) for state in WAYS}


@pytest.mark.parametrize("state", WAYS)
def test_no_state_complains_is_too_wide_or_out_of_reach(looks: dict[str, Visit], state: str) -> None:
    visit = looks[state]
    assert (visit.complaints, max(0, visit.hidden_width), visit.violations, visit.unreached) == ([], 0, [], [])


def test_a_cancelled_import_leaves_nothing_and_a_finished_one_can_be_undone(
    app_url: str, browser: Browser, counted: Callable[[], dict[str, int]]
) -> None:
    before = counted()
    with screens.signed_in(browser, app_url, KWAME, IMPORT) as page:
        choose(page, practice(ROWS))
        check(page)
        assert counted() == before, "a check changes nothing"
        button(page, "Import 12,000 answers of 60 learners").click()
        expect(page.get_by_role("progressbar").first).to_be_visible()
        button(page, "Cancel and take everything back").click()
        expect(page.get_by_text("everything that had come in was taken back")).to_be_visible()
        assert counted() == before
        button(page, "Import 12,000 answers").click()
        expect(page.get_by_text("came in from")).to_be_visible()
        assert counted()["interactions"] == before["interactions"] + ROWS
        undo(page)
    assert counted() == before


def test_who_leaves_while_a_file_comes_in_finds_it_on_the_way_back(
    app_url: str, browser: Browser, counted: Callable[[], dict[str, int]]
) -> None:
    before = counted()
    with screens.signed_in(browser, app_url, ELENA, IMPORT) as page:
        choose(page, practice(ROWS))
        check(page)
        button(page, "Import 12,000 answers").click()
        expect(button(page, "Cancel and take everything back")).to_be_visible()
        screens.open_screen(page, "Grid")
        page.reload()
        screens.open_screen(page, "Import")
        expect(page.get_by_text("came in from")).to_be_visible()
        assert "*autumn*" in page.get_by_test_id("stMain").inner_text()
        page.get_by_role("link", name="Open the cohort").click()
        screens.arrive(page, "Cohort")
        screens.open_screen(page, "Import")
        undo(page)
    assert counted() == before
