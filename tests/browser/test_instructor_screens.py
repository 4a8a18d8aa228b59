"""The screens of a cohort as an instructor comes to them by clicking, and from a cohort down to a single answer."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mastery_core import MasteryService
from mastery_core.attention import attended
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.database import EmbeddedDatabase
from tests.browser import screens
from tests.browser.test_navigation import Way, seen, turn
from tests.browser.test_student_screens import Visitor

ELENA, KWAME = "Elena Marchetti", "Kwame Boateng"
LOOKS = {
    "desk, light": (1440, "light", ELENA),
    "desk, dark": (1440, "dark", KWAME),
    "phone, light": (390, "light", KWAME),
    "phone, dark": (390, "dark", ELENA),
}
EVERY_CONCEPT = "Every concept with its learners by band, mean, change and practice, hardest first"
EVERY_LEARNER = "Every learner, who needs attention first"
GRID = "Mastery of "
NOT_FOUND = "There is no such cohort, or not one that you teach. Choose one of yours above."
STEPS_TAKEN = "The steps of the session in order, with"
MIDDLE_OF_THIRD_BAR = """chart => {
  const plot = chart.querySelector(".js-plotly-plot"), {left, top} = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout, bar = plot._fullData[0];
  const middle = [...bar.x].map((_, row) => plot._fullData.slice(0, 4).reduce((sum, {x}) => sum + x[row], 0) / 2)[2];
  return [left + xaxis._offset + xaxis.l2p(middle), top + yaxis._offset + yaxis.l2p(bar.y[2])];
}"""
WEAK_BELOW = 50
MOST_TURNS = 10  # of the wheel
# A day of the past, which what is practised since does not change.
DAY = datetime.now(UTC).date() - timedelta(days=8)


def a_concept(page: Page) -> None:
    """From its name in the table of all of them."""
    screens.open_screen(page, "Concepts")
    first_concept(page)


def first_concept(page: Page) -> None:
    screens.open_row(page, EVERY_CONCEPT)
    expect(page.get_by_role("heading", name="Its learners, weakest first")).to_be_visible()
    screens.settle(page)


def a_learner(page: Page) -> None:
    """From their card, among those who need attention."""
    screens.open_screen(page, "Cohort")
    first_card(page).click()
    screens.arrive(page, "Progress")


def first_card(page: Page) -> Locator:
    return page.get_by_test_id("stMain").locator("a[href*='learner=']").first


def from_menu(title: str) -> Callable[[Page], None]:
    return lambda page: screens.open_screen(page, title)


WAYS = {title: from_menu(title) for title in ("Cohort", "Grid", "Concepts")} | {
    "One concept": a_concept, "A learner's Progress": a_learner,
}  # fmt: skip


@pytest.fixture(scope="module", params=LOOKS)
def visitor(request: pytest.FixtureRequest, app_url: str, browser: Browser) -> Iterator[Visitor]:
    width, color_scheme, name = LOOKS[request.param]
    with screens.signed_in(browser, app_url, name, width=width, color_scheme=color_scheme) as page:
        yield Visitor(page, WAYS)


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


@pytest.fixture
def taught(app_database: EmbeddedDatabase) -> Callable[[str], CohortService]:
    """What this instructor may ask."""

    def service(name: str) -> CohortService:
        found = app_database.acting_as_service().call("find_people", who=name, max_people=2)
        return CohortService(app_database.acting_as(found["people"][0]["id"]))

    return service


def test_the_figures_of_a_cohort_are_those_of_the_service(
    app_url: str, browser: Browser, taught: Callable[[str], CohortService]
) -> None:
    service = taught(KWAME)
    [cohort] = service.get_cohorts()
    learners = attended(service.get_learners(cohort.id, DAY, 30), moment_of(DAY).timestamp())
    course = service.get_course(cohort.id, DAY, 30)
    with screens.signed_in(browser, app_url, KWAME, f"/?as_of={DAY}") as page:
        figures = {label: metric.value for label, metric in screens.metrics(page).items()}
        assert figures == {
            "Learners": str(len(learners)),
            "Active in this range": f"{(learners['observations'] > 0).sum()} of {len(learners)}",
            "Mean mastery": f"{learners['mean'].mean():.0%}",
            "Needing attention": str(learners["needs"].sum()),
        } | {
            f"{glyph} {group.capitalize()}": str((learners["group"] == group).sum())
            for glyph, group in zip(
                "▼↘●★○", ("struggling", "slipping", "on track", "excelling", "not enough data"), strict=True
            )
        }
        drawn = screens.traces(page, "The learners' mean mastery over time")
        assert any(trace["y"] == pytest.approx(course["middle"].tolist(), nan_ok=True) for trace in drawn)
        rows = screens.table(page, re.compile(f"^{EVERY_LEARNER}"))
        assert len(rows) >= 5
        for row, of in zip(rows, learners.to_dict("records"), strict=False):
            assert row["Learner"] == of["name"]
            assert float(row["Mean now"] or "nan") == pytest.approx(of["mean"] * 100, abs=0.051, nan_ok=True)
            assert row["Practice"] == of["activity"]


def test_from_the_cohort_to_the_one_wrong_answer_behind_a_weak_cell_and_back_by_clicking(
    app_url: str, browser: Browser, app_database: EmbeddedDatabase, taught: Callable[[str], CohortService]
) -> None:
    service, log = taught(KWAME), MasteryService(app_database.acting_as_service())
    [cohort] = service.get_cohorts()
    cells = service.get_cells(cohort.id, datetime.now(UTC).date())
    ids = service.get_learners(cohort.id, DAY).set_index("name")["id"]
    with screens.signed_in(browser, app_url, KWAME) as page:
        screens.open_screen(page, "Grid")
        addresses = [page.url]
        rows, columns = page.get_by_role("figure", name=re.compile(f"^{GRID}")).evaluate(
            """chart => ["yaxis", "xaxis"].map(axis => chart.querySelector(".js-plotly-plot")._fullLayout[axis].ticktext)"""
        )
        assert len(columns) == len(cells.concepts)
        for mark in screens.marks(page, GRID):
            name, concept = rows[mark.y], cells.concepts[mark.x]
            attempts = log.get_attempts(ids[name], concept, 5)
            wrong = next((place for place, each in enumerate(attempts) if each.kind == "incorrect"), None)
            if mark.said[0] < WEAK_BELOW and mark.said[1] >= 3 and wrong is not None and attempts[wrong].session_id:
                break
        else:
            pytest.fail("No weak cell has a wrong answer behind it.")
        page.mouse.click(mark.left, mark.top)
        screens.arrive(page, "Concept")
        expect(page.get_by_text(f"You are looking at {name}'s screens")).to_be_visible()
        addresses.append(page.url)
        assert screens.table(page, "Attempts on this concept")[wrong]["What"] == "✕ wrong answer"
        screens.open_row(page, "Attempts on this concept", wrong, at_end=True)
        screens.arrive(page, "Sessions")
        expect(page.get_by_role("heading", name="What happened, in order")).to_be_visible()
        screens.settle(page)
        page.get_by_test_id("stExpander").get_by_text("The steps as a table", exact=True).click()
        screens.settle(page)
        step = step_at(page, attempts[wrong].at)
        assert (step["Concept"], step["What"]) == (concept, "✕ wrong answer")
        for address in addresses[::-1]:
            back_to(page, address)
        screens.arrive(page, "Grid")
        assert screens.marks(page, GRID)


def step_at(page: Page, moment: datetime) -> dict[str, str]:
    """The step of a session that was taken then, scrolled to in the table of all."""
    when = moment.replace(microsecond=0).isoformat(sep=" ")
    for _ in range(MOST_TURNS):
        steps = {step["When"]: step for step in screens.table(page, STEPS_TAKEN)}
        if when in steps:
            return steps[when]
        page.get_by_role("region", name=STEPS_TAKEN).hover()
        page.mouse.wheel(0, 8 * screens.ROW_HEIGHT)
    pytest.fail(f"No step was taken at {when}.")


def back_to(page: Page, address: str) -> None:
    """Go back to an address; a screen that was left by a click within it stands there twice."""
    for _ in range(2):
        page.go_back()
        page.wait_for_timeout(400)
        screens.settle(page)
        if page.url == address:
            return
    assert page.url == address


def test_a_click_on_a_bar_opens_its_concept(
    app_url: str, browser: Browser, taught: Callable[[str], CohortService]
) -> None:
    service = taught(KWAME)
    hardest = service.get_concepts(service.get_cohorts()[0].id, datetime.now(UTC).date())["concept"].tolist()
    with screens.signed_in(browser, app_url, KWAME, "/concepts") as page:
        screens.arrive(page, "Concepts")
        chart = page.get_by_role("figure", name=re.compile("^Learners by band on "))
        chart.scroll_into_view_if_needed()
        left, top = chart.evaluate(MIDDLE_OF_THIRD_BAR)
        page.mouse.click(left, top)
        expect(page.get_by_role("heading", level=2)).to_have_text(hardest[2])


def test_another_instructors_cohort_in_the_address_shows_the_sentence_and_nothing_of_it(
    app_url: str, browser: Browser, taught: Callable[[str], CohortService]
) -> None:
    hers = taught(ELENA).get_cohorts()[0]
    someone = taught(ELENA).get_learners(hers.id, DAY)["name"][0]
    with screens.signed_in(browser, app_url, KWAME, f"/?cohort={hers.id}") as page:
        for screen in ("Cohort", "Grid", "Concepts"):
            screens.open_screen(page, screen)
            expect(page.get_by_text(NOT_FOUND)).to_be_visible()
            shown = page.locator("body").inner_text()
            assert hers.name not in shown
            assert someone not in shown
            assert screens.metrics(page) == {}


def test_an_instructor_who_is_removed_from_a_cohort_is_refused_at_the_next_click(
    app_url: str, browser: Browser, app_database: EmbeddedDatabase, taught: Callable[[str], CohortService]
) -> None:
    keeper, cohort = app_database.acting_as_service(), taught(ELENA).get_cohorts()[-1]
    [elena] = keeper.call("find_people", who=ELENA, max_people=2)["people"]
    with screens.signed_in(browser, app_url, ELENA, f"/?cohort={cohort.id}") as page:
        name = first_card(page).inner_text()
        keeper.call("remove_from_cohort", cohort=cohort.name, person=elena["id"])
        try:
            page.get_by_role("radio", name="7 days").click()
            expect(page.get_by_text(NOT_FOUND)).to_be_visible()
            screens.settle(page)
            assert screens.metrics(page) == {}
            assert name not in page.locator("body").inner_text()
        finally:
            keeper.call("add_to_cohort", cohort=cohort.name, person=elena["id"], role="instructor")


def range_of_a_week(page: Page) -> None:
    page.get_by_role("radio", name="7 days").click()
    expect(page).to_have_url(re.compile(r"range=7"))


def moved_limit(page: Page) -> None:
    page.get_by_role("button", name="Move the limits").click()
    page.get_by_role("slider", name="Inactive after so many days").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"inactive=15"))
    assert "struggling" not in page.url, "only what was moved"
    page.keyboard.press("Escape")


def next_learner(page: Page) -> None:
    before = page.url
    page.locator(".st-key-learner_next button").click()
    page.wait_for_function("before => location.href !== before", arg=before)


def back_to_the_cohort(page: Page) -> None:
    page.get_by_role("link", name="Back to the cohort").click()
    screens.arrive(page, "Cohort")


def by_name(page: Page) -> None:
    page.get_by_role("radio", name="Name").click()
    expect(page).to_have_url(re.compile(r"sort=name"))


# One way through the screens, on which each step changes the view.
STEPS: list[Callable[[Page], None]] = [
    range_of_a_week, moved_limit, a_learner, next_learner, back_to_the_cohort, from_menu("Grid"), by_name, from_menu("Concepts"),
    first_concept,
]  # fmt: skip


@pytest.fixture(scope="module")
def way(app_url: str, browser: Browser) -> Iterator[Way]:
    """A window in which somebody has gone all the way, with the address and the view of each stop."""
    with screens.signed_in(browser, app_url, ELENA, f"/?as_of={DAY}") as page:
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


def test_a_reload_shows_the_same_view(way: Way) -> None:
    for address, view in list(zip(way.addresses, way.views, strict=True))[1::2]:
        way.page.goto(address)
        assert (way.page.url, seen(way.page)) == (address, view)
