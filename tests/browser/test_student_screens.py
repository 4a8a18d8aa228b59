"""Every student screen as a person comes to it by clicking: on a desk and on a phone, by day and by night."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import screens
from tests.browser.axe import violations
from tests.browser.keyboard import unreached

# How wide the window is, what the system prefers, and who looks.
LOOKS = {
    "desk, light": (1440, "light", "Amina Diallo"),
    "desk, dark": (1440, "dark", "Mateo Quiroga"),
    "phone, light": (390, "light", "Ingrid Solheim"),
    "phone, dark": (390, "dark", "Rohan Deshpande"),
}


def a_concept(page: Page) -> None:
    """From its name in the table of the first screen."""
    screens.open_screen(page, "Progress")
    screens.open_row(page, "Every concept with its mastery, trend and dates, weakest first")
    screens.arrive(page, "Concept")


def a_session(page: Page) -> None:
    """From the list of the sessions."""
    screens.open_screen(page, "Sessions")
    screens.open_row(page, screens.SESSIONS_LISTED)
    expect(page.get_by_role("heading", name="What happened, in order")).to_be_visible()
    screens.settle(page)


def the_group(page: Page) -> None:
    """With the comparison, which is off until somebody wants it."""
    screens.open_screen(page, "My group")
    wants = page.get_by_role("switch", name="Show me beside my group")
    if not wants.is_checked():
        page.get_by_text("Show me beside my group").click()
    expect(page.get_by_role("heading", name="Concept by concept")).to_be_visible()
    screens.settle(page)


def from_menu(title: str) -> Callable[[Page], None]:
    return lambda page: screens.open_screen(page, title)


WAYS = {title: from_menu(title) for title in screens.TITLES} | {
    "Concept": a_concept, "One session": a_session, "My group": the_group,
}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """What was found on a screen."""

    complaints: list[str]
    hidden_width: int
    violations: list[str]
    unreached: list[str]


class Visitor:
    """Somebody who goes from screen to screen in one window, and looks at each once."""

    def __init__(self, page: Page, ways: Mapping[str, Callable[[Page], None]] = WAYS) -> None:
        self._page, self._ways = page, ways
        self._noise = screens.Noise()
        self._noise.listen(page)
        self._visits: dict[str, Visit] = {}

    def visit(self, screen: str) -> Visit:
        if screen not in self._visits:
            self._ways[screen](self._page)
            self._visits[screen] = Visit(
                hidden_width=self._page.evaluate(screens.HIDDEN_WIDTH),
                violations=violations(self._page),
                unreached=unreached(self._page),
                complaints=self._noise.take(),
            )
        return self._visits[screen]


@pytest.fixture(scope="module", params=LOOKS)
def visitor(request: pytest.FixtureRequest, app_url: str, browser: Browser) -> Iterator[Visitor]:
    width, color_scheme, name = LOOKS[request.param]
    with screens.signed_in(browser, app_url, name, width=width, color_scheme=color_scheme) as page:
        yield Visitor(page)


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_opens_by_clicking_without_a_complaint_in_the_console(visitor: Visitor, screen: str) -> None:
    assert visitor.visit(screen).complaints == []


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_is_not_wider_than_the_window(visitor: Visitor, screen: str) -> None:
    assert visitor.visit(screen).hidden_width <= 0


@pytest.mark.parametrize("screen", WAYS)
def test_axe_finds_no_serious_violation_that_is_ours(visitor: Visitor, screen: str) -> None:
    assert visitor.visit(screen).violations == []


@pytest.mark.parametrize("screen", WAYS)
def test_the_keyboard_alone_reaches_every_control(visitor: Visitor, screen: str) -> None:
    assert visitor.visit(screen).unreached == []


def test_what_is_wrong_would_be_found(app_url: str, browser: Browser) -> None:
    with screens.signed_in(browser, app_url, "Amina Diallo") as page:
        page.evaluate("""() => document.querySelector("[data-testid=stMain] h1").insertAdjacentHTML("afterend",
            '<p style="color: #999; background: #fff">Pale</p><button tabindex="-1" style="width: 3000px">Out of reach</button>'
        )""")
        assert [found for found in violations(page) if found.startswith("color-contrast: <p style")]
        assert unreached(page) == ["BUTTON Out of reach"]
        assert page.evaluate(screens.HIDDEN_WIDTH) > 0
