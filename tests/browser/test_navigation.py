"""An address is a view: Back, Forward, a reload and a pasted address show what was there before."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import screens

MILLISECONDS_TO_BEGIN = 400  # after a step, until the server has said that it draws
NAME = "Nguyễn Thu Hà"
# A day of the past: what is shown does not change while it is looked at.
DAY = (datetime.now(UTC) - timedelta(days=9)).date()


@dataclass(frozen=True)
class View:
    """What somebody would recognise a view by."""

    headings: list[str]
    controls: list[list[str]]
    figures: dict[str, screens.Metric]


def seen(page: Page) -> View:
    """What there is to see when it does not change any more."""
    before = None
    while True:
        page.wait_for_timeout(MILLISECONDS_TO_BEGIN)
        screens.settle(page)
        view = View(
            page.get_by_test_id("stMain").get_by_role("heading").all_inner_texts(),
            screens.controls(page),
            screens.metrics(page),
        )
        if view == before:
            return view
        before = view


def range_of_a_week(page: Page) -> None:
    page.get_by_role("radio", name="7 days").click()
    expect(page).to_have_url(re.compile(r"range=7"))


def day_of_the_past(page: Page) -> None:
    for part, text in (("year", f"{DAY.year:04}"), ("month", f"{DAY.month:02}"), ("day", f"{DAY.day:02}")):
        page.get_by_role("spinbutton", name=f"{part}, As of").press_sequentially(text)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(f"as_of={DAY}"))


def concept_of_a_table(page: Page) -> None:
    screens.open_row(page, "Every concept with its mastery, trend and dates, weakest first")
    screens.arrive(page, "Concept")


def other_concept(page: Page) -> None:
    before = page.url
    page.locator(".st-key-concept_stronger button").click()
    page.wait_for_function("before => location.href !== before", arg=before)


def session_of_an_attempt(page: Page) -> None:
    screens.open_row(page, "Attempts on this concept", at_end=True)
    screens.arrive(page, "Sessions")
    expect(page.get_by_role("heading", name="What happened, in order")).to_be_visible()


def session_of_the_list(page: Page) -> None:
    screens.open_row(page, screens.SESSIONS_LISTED)
    expect(page.get_by_role("heading", name="What happened, in order")).to_be_visible()


def from_menu(title: str) -> Callable[[Page], None]:
    return lambda page: screens.open_screen(page, title)


# One way through the screens, on which each step changes the view.
STEPS: list[Callable[[Page], None]] = [
    range_of_a_week, day_of_the_past, from_menu("Insights"), from_menu("Profile"), from_menu("Progress"), concept_of_a_table,
    other_concept, session_of_an_attempt, from_menu("Insights"), from_menu("Sessions"), session_of_the_list, from_menu("Review plan"), from_menu("Help"),
]  # fmt: skip


@dataclass(frozen=True)
class Way:
    page: Page
    addresses: list[str]
    views: list[View]


@pytest.fixture(scope="module")
def way(app_url: str, browser: Browser) -> Iterator[Way]:
    """A window in which somebody has gone all the way, with the address and the view of each stop."""
    with screens.signed_in(browser, app_url, NAME) as page:
        addresses, views = [page.url], [seen(page)]
        for step in STEPS:
            screens.settle(page)
            step(page)
            views.append(seen(page))
            addresses.append(page.url)
        yield Way(page, addresses, views)


def test_back_and_forward_show_each_view_again(way: Way) -> None:
    last = len(way.views) - 1
    for stop in range(last - 1, -1, -1):
        turn(way, way.page.go_back, stop, left=stop)
    for stop in range(1, last + 1):
        turn(way, way.page.go_forward, stop, left=stop - 1)


def turn(way: Way, one_page: Callable[[], object], stop: int, left: int) -> None:
    """Come to a stop. A screen that was left by a click in a table stands there once more, and shows what it showed."""
    one_page()
    view = seen(way.page)
    if way.page.url != way.addresses[stop]:
        assert view == way.views[left]
        one_page()
        view = seen(way.page)
    assert (way.page.url, view) == (way.addresses[stop], way.views[stop])


def test_a_pasted_address_shows_the_same_view_after_signing_in_and_so_does_a_reload(
    way: Way, app_url: str, browser: Browser
) -> None:
    for address, view in zip(way.addresses, way.views, strict=True):
        with screens.signed_in(browser, app_url, NAME, address.removeprefix(app_url)) as page:
            assert (page.url, seen(page)) == (address, view)
            page.reload()
            assert (page.url, seen(page)) == (address, view)


def test_the_name_of_the_first_screen_leads_to_it(app_url: str, browser: Browser) -> None:
    with screens.signed_in(browser, app_url, NAME, f"/progress?range=7+days&as_of={DAY}") as page:
        screens.arrive(page, "Progress")
        expect(page).to_have_url(f"{app_url}/?range=7+days&as_of={DAY}")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("radio", name="7 days")).to_be_checked()
