"""What is recorded while a screen is open shows on it within seconds, and nothing else about it changes."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from mastery_core import MasteryService
from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.local_tokens import LocalTokens
from tests.browser import screens

NAME = "Priya Venkataraman"
MILLISECONDS_OF_A_PULSE = 5_000

Write = Callable[[str], None]


@pytest.fixture(scope="module")
def learner(app_database: EmbeddedDatabase) -> str:
    found = app_database.acting_as_service().call("find_people", who=NAME, max_people=2)
    person: str = found["people"][0]["id"]
    return person


@pytest.fixture(scope="module")
def concept(app_database: EmbeddedDatabase, learner: str) -> str:
    """The one practised last, which every screen draws by itself."""
    masteries = MasteryService(app_database.acting_as(learner)).get_user_mastery(learner).values()
    return max(masteries, key=lambda mastery: (mastery.last_assessed_at, mastery.observations)).concept_tag


@pytest.fixture(scope="module", params=["database", "API"])
def write(
    request: pytest.FixtureRequest, app_database: EmbeddedDatabase, app_home: Path, app_url: str, learner: str
) -> Write:
    """``write(concept)``: a right answer, recorded in one of the two ways."""
    service = MasteryService(app_database.acting_as(learner))
    if request.param == "database":
        return lambda concept: service.update_mastery(learner, concept, "correct")
    token = {"Authorization": f"Bearer {LocalTokens(app_home).issue(learner, timedelta(hours=1))}"}

    def post(concept: str) -> None:
        outcome = {"id": str(uuid4()), "concept": concept, "outcome": "correct"}
        httpx.post(f"{app_url}/api/mastery/outcomes", json=outcome, headers=token, timeout=60).raise_for_status()

    return post


@pytest.fixture(scope="module")
def pages(app_url: str, browser: Browser, learner: str, concept: str) -> Iterator[dict[str, Page]]:
    """Progress, the screen of the concept, and My data: each open in a tab."""
    with screens.signed_in(browser, app_url, NAME) as page:
        opened = {"Progress": page, "Concept": page.context.new_page(), "My data": page.context.new_page()}
        opened["Concept"].goto(f"{app_url}/concept?concept={concept_id(concept)}")
        opened["My data"].goto(f"{app_url}/data")
        for title, tab in opened.items():
            screens.arrive(tab, title)
        yield opened


def expect_soon(page: Page, figure: str, text: str) -> None:
    """The figure holds this by itself; ``-s`` shows after how many seconds, which a busy machine makes more."""
    began = time.monotonic()
    metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text(figure, exact=True))
    expect(metric).to_contain_text(text)
    print(f"{figure}: shown after {time.monotonic() - began:.1f} s")


def practised(page: Page) -> int:
    """How many observations Progress counts."""
    return int(screens.metrics(page)["Days practised"].beside.split()[0])


def test_an_outcome_shows_on_every_open_screen(pages: dict[str, Page], write: Write, concept: str) -> None:
    of_all, of_concept = practised(pages["Progress"]), int(screens.metrics(pages["Concept"])["Observations"].value)
    write(concept)
    expect_soon(pages["Progress"], "Days practised", f"{of_all + 1} observations")
    expect_soon(pages["Concept"], "Observations", f"{of_concept + 1}")


def test_nothing_moves_under_somebody_who_looks(pages: dict[str, Page], write: Write, concept: str) -> None:
    page = pages["Progress"]
    numbers = page.get_by_test_id("stExpander").filter(has_text="The numbers behind the curves")
    if not numbers.locator("details[open]").count():
        numbers.locator("summary").click()
    expect(numbers.get_by_test_id("stDataFrame")).to_be_visible()
    page.evaluate("window.stayed = true")
    page.get_by_role("heading", name="Where you stand").scroll_into_view_if_needed()
    before = scrolled(page)
    show_one_more(page, write, concept)

    assert scrolled(page) == before > 0
    expect(numbers.locator("details[open]").get_by_test_id("stDataFrame")).to_be_visible()
    assert page.evaluate("window.stayed && performance.getEntriesByType('navigation').length") == 1


def show_one_more(page: Page, write: Write, concept: str) -> None:
    """Record an outcome, and see it counted."""
    screens.settle(page)
    count = practised(page)
    write(concept)
    expect_soon(page, "Days practised", f"{count + 1} observations")
    screens.settle(page)


def test_a_closer_look_stays_while_nothing_is_recorded(pages: dict[str, Page]) -> None:
    page = pages["Concept"]
    stretch = zoomed(page, "Mastery of")
    page.wait_for_timeout(MILLISECONDS_OF_A_PULSE)

    assert x_range(page, "Mastery of") == stretch


def test_a_text_half_typed_stays(pages: dict[str, Page], write: Write, concept: str) -> None:
    page = pages["My data"]
    typed = page.get_by_role("textbox", name=re.compile("delete my data"))
    if not typed.is_visible():
        page.get_by_text("What goes, what stays, and how").click()
    typed.press_sequentially("delete my")
    count = practised(pages["Progress"])
    write(concept)
    expect_soon(pages["Progress"], "Days practised", f"{count + 1} observations")
    page.wait_for_timeout(MILLISECONDS_OF_A_PULSE)
    screens.settle(page)

    expect(typed).to_have_value("delete my")
    typed.fill("")


def zoomed(page: Page, chart: str) -> list[str]:
    """Look closer at the middle of a chart, and say which stretch of time that is."""
    drawn = page.locator(f'[data-testid=stPlotlyChart][aria-label^="{chart}"]')
    drawn.scroll_into_view_if_needed()
    box = drawn.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    whole = x_range(page, chart)
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert x_range(page, chart) != whole
    return x_range(page, chart)


def x_range(page: Page, chart: str) -> list[str]:
    drawn = page.locator(f'[data-testid=stPlotlyChart][aria-label^="{chart}"]')
    stretch: list[str] = drawn.evaluate(
        "chart => chart.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.map(String)"
    )
    return stretch


def scrolled(page: Page) -> float:
    down: float = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    return down


def test_a_pulse_that_left_before_a_choice_came_back_does_not_undo_it(app_url: str, browser: Browser) -> None:
    """On a slow line the browser asks, between a choice and its answer, with the address and the widgets of before."""
    held: list[Callable[[], None]] = []
    is_slow = False

    def pass_on(to_browser: WebSocketRoute) -> None:
        server = to_browser.connect_to_server()
        server.on_message(
            lambda message: held.append(lambda: to_browser.send(message)) if is_slow else to_browser.send(message)
        )

    day = (datetime.now(UTC) - timedelta(days=9)).date()
    with screens.signed_in(browser, app_url, NAME) as page:
        page.route_web_socket(re.compile("/_stcore/stream"), pass_on)
        page.reload()
        screens.settle(page)
        spins = {part: page.get_by_role("spinbutton", name=f"{part}, As of") for part in ("year", "month", "day")}
        for part, text in zip(spins, str(day).split("-"), strict=True):
            spins[part].press_sequentially(text)
        is_slow = True
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.wait_for_timeout(MILLISECONDS_OF_A_PULSE)
        is_slow = False
        for send in held:
            send()
        page.wait_for_timeout(MILLISECONDS_OF_A_PULSE)
        screens.settle(page)
        assert page.url == f"{app_url}/?as_of={day}"
