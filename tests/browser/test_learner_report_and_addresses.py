"""What an instructor takes along of learners: the report that they make themselves, and their e-mail addresses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mastery_core.database import EmbeddedDatabase
from tests.browser import screens
from tests.conftest import Console

ELENA, KWAME, AMINA = "Elena Marchetti", "Kwame Boateng", "Amina Diallo"
TERM = "report_from=2026-01-05&report_to=2026-10-30"
REPORT = "Report to print"
EVERY_LEARNER = "Every learner, who needs attention first"
TICKS, NAMES = 16, 70  # how far from the left the boxes and the names of the table are


@pytest.fixture(scope="module")
def console(app_database: EmbeddedDatabase) -> Iterator[Console]:
    console = Console(app_database)
    yield console
    console.connection.close()


@pytest.fixture(scope="module")
def addresses(console: Console) -> dict[str, str]:
    """Every learner's address, by name, in the cohort of Kwame, which those of the sample do not have."""
    rows = console.query(
        "update auth.users u set email = p.id || '@stat.example' from profiles p join cohort_members m on m.user_id = p.id"
        " where p.id = u.id and m.cohort_id in (select t.cohort_id from cohort_members t join profiles i on i.id = t.user_id"
        " where i.display_name = %(name)s) returning p.display_name, u.email",
        name=KWAME,
    )
    return {row["display_name"]: row["email"] for row in rows}


def downloaded(page: Page, folder: Path) -> tuple[str, str]:
    """The name and the text of the file that the last button of the report gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=REPORT).last.click()
    download.value.save_as(folder / "report.html")
    return download.value.suggested_filename, (folder / "report.html").read_text(encoding="utf-8")


def test_an_instructor_prints_the_report_that_the_learner_prints(
    app_url: str, browser: Browser, console: Console, tmp_path: Path
) -> None:
    [learner] = console.query("select id from profiles where display_name = %(name)s", name=AMINA)
    with screens.signed_in(browser, app_url, AMINA, f"/data?{TERM}") as page:
        own = downloaded(page, tmp_path)
    with screens.signed_in(browser, app_url, ELENA, f"/learner?learner={learner['id']}&{TERM}") as page:
        page.get_by_role("button", name=REPORT).click()
        expect(page.get_by_role("button", name=REPORT)).to_have_count(2)
        screens.settle(page)
        assert downloaded(page, tmp_path) == own
    assert AMINA in own[1]
    assert "Amina" not in own[0]


def table_of(page: Page) -> Locator:
    region = page.get_by_role("region", name=EVERY_LEARNER)
    region.evaluate("table => table.scrollIntoView({block: 'start'})")
    page.mouse.wheel(0, -120)  # the head of the page lies over it
    page.wait_for_timeout(screens.MILLISECONDS_TO_LIE_STILL)
    return region.locator(".dvn-scroller")


def click(page: Page, row: int, across: int) -> None:
    box = table_of(page).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across, box["y"] + screens.HEAD_HEIGHT + screens.ROW_HEIGHT * (row + 0.5))
    page.wait_for_timeout(screens.MILLISECONDS_TO_LIE_STILL)


@pytest.mark.parametrize("width", [1440, 390])
def test_addresses_of_the_learners_ticked_are_copied_and_a_name_still_opens_its_learner(
    app_url: str, browser: Browser, addresses: dict[str, str], width: int
) -> None:
    with screens.signed_in(
        browser, app_url, KWAME, width=width, permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        names = [row["Learner"] for row in screens.table(page, EVERY_LEARNER)]
        for row in (0, 2):
            click(page, row, TICKS)
            screens.settle(page)
        page.get_by_role("button", name="E-mail addresses").click()
        box = page.get_by_test_id("stCode")
        expect(box).to_have_text(f"{addresses[names[0]]}, {addresses[names[2]]}")
        expect(page.get_by_text("2 e-mail addresses.")).to_be_visible()
        box.hover()
        box.get_by_role("button").click()
        assert page.evaluate("navigator.clipboard.readText()") == f"{addresses[names[0]]}, {addresses[names[2]]}"
        page.keyboard.press("Escape")
        click(page, 1, NAMES)
        screens.arrive(page, "Progress")
        expect(page.get_by_test_id("stMain").get_by_text(names[1], exact=True).first).to_be_visible()
