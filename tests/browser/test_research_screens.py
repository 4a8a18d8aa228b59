"""A researcher's screens of figures in a browser: one selection for all of them, files to take along, and nobody's name in what is sent."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from mastery_core.ingest.classroom import COHORTS, LEARNERS
from mastery_core.research_service import ResearchService
from tests.browser import screens
from tests.browser.test_extract_on_screen import MAREN
from tests.browser.test_instructor_screens import ELENA
from tests.browser.test_navigation import Way, from_menu, seen, turn
from tests.browser.test_student_screens import Visitor
from tests.conftest import Console

AMINA = "Amina Diallo"
# The screens, and how many figures each draws.
FIGURES = {"Velocity": 1, "Learning curves": 1, "Time to mastery": 1, "Retention": 2, "Calibration": 1}
ADDRESSES = [f"/{title.lower().replace(' ', '-')}" for title in FIGURES]
SELECTED = re.compile(r"[\d,]+ events? of [\d,]+ learners? selected")
FAULT = "Something went wrong on this screen"
EVERY_GROUP = re.compile("^Every group with its learners")
EVERY_CONCEPT = re.compile("^Every concept with the category of its curve")
EVERY_GAP = re.compile("^Right answers by class of gaps")
EVERY_HALF_LIFE = re.compile("^Every concept: its half-life")
VERDICT = re.compile("forecasts clearly better|not clear that the proposal forecasts better|there is nothing to change")
CONCEPT, MINIMUM = "Box plots and outliers", "20"


@dataclass
class Window:
    """A window in which the researcher goes about, with what the server sends into it and what it fetches."""

    page: Page
    frames: list[bytes] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._keep))
        self.page.on("request", lambda request: self.fetched.append(request.url))

    def _keep(self, frame: bytes | str) -> None:
        self.frames.append(frame.encode() if isinstance(frame, str) else frame)

    def open(self, title: str) -> Page:
        screens.open_screen(self.page, title)
        return self.page


@pytest.fixture(scope="module")
def research(app_database: EmbeddedDatabase, app_home: Path) -> Iterator[ResearchService]:
    """What the researcher may ask, with an extract of the sample. Where there was none before, there is none after."""
    [maren] = app_database.acting_as_service().call("find_people", who=MAREN, max_people=2)["people"]
    service = ResearchService(app_database.acting_as(maren["id"]), app_home / "extract")
    was_there = service.folder.exists()
    service.extract()
    yield service
    if not was_there:
        shutil.rmtree(service.folder)


def window_of(browser: Browser, app_url: str, width: int, color_scheme: str) -> Iterator[Window]:
    with screens.signed_in(browser, app_url, MAREN, "/profile", width=width, color_scheme=color_scheme) as page:
        window = Window(page)
        window.listen()
        page.goto(app_url)
        screens.arrive(page, "Data")
        yield window


@pytest.fixture(scope="module")
def desk(research: ResearchService, app_url: str, browser: Browser) -> Iterator[Window]:
    yield from window_of(browser, app_url, 1440, "light")


@pytest.fixture(scope="module")
def phone(research: ResearchService, app_url: str, browser: Browser) -> Iterator[Window]:
    yield from window_of(browser, app_url, 390, "dark")


def with_figures(title: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        screens.open_screen(page, title)
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(FIGURES[title])
        expect(page.get_by_text(FAULT)).to_have_count(0)

    return go


WAYS = {title: with_figures(title) for title in FIGURES}


@pytest.fixture(scope="module", params=["desk", "phone"])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    return Visitor(request.getfixturevalue(request.param).page, WAYS)


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_draws_its_figures_without_a_complaint_in_the_console(visitor: Visitor, screen: str) -> None:
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


def test_velocities_told_apart_by_cohort_have_a_row_each_and_two_cohorts_are_compared(
    desk: Window, research: ResearchService
) -> None:
    cohorts = [each.name for each in research.choices().cohorts]
    page = desk.open("Velocity")
    choose(page, "Cohort", "by=cohort")
    assert sorted(row["Cohort"] for row in screens.table(page, EVERY_GROUP)) == sorted(cohorts)
    before = screens.metrics(page)
    choose_from(page, "Second cohort", cohorts[2], f"other={cohorts[2]}")
    after = screens.metrics(page)
    assert cohorts[1] in before
    assert {cohorts[0], cohorts[2]} <= after.keys()
    assert after["Difference"] != before["Difference"]
    expect(page.get_by_text(re.compile(f"{cohorts[2]} gains .* than {cohorts[0]}"))).to_be_visible()


def test_a_limit_moved_by_the_keyboard_changes_categories_and_a_row_opens_its_concept(desk: Window) -> None:
    page = desk.open("Learning curves")
    before = screens.metrics(page)["Low and flat"]
    page.get_by_role("button", name="Move the limits").click()
    page.get_by_role("slider", name="Low and flat below").press("End")
    expect(page).to_have_url(re.compile("limit_low=100"))
    page.keyboard.press("Escape")
    screens.settle(page)
    assert screens.metrics(page)["Low and flat"] != before
    first = screens.table(page, EVERY_CONCEPT)[0]
    assert first["Category"] == "low and flat"
    screens.open_row(page, EVERY_CONCEPT)
    expect(page).to_have_url(re.compile("curve="))
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=2)).to_have_text(first["Concept"])
    screens.settle(page)
    assert screens.metrics(page)["Category"].value == "Low and flat"
    assert page.get_by_test_id("stPlotlyChart").count() == 1


def test_mastery_takes_opportunities_or_days(desk: Window) -> None:
    page = desk.open("Time to mastery")
    before = screens.metrics(page)
    choose(page, "Days", "unit=days")
    after = screens.metrics(page)
    assert (before["Median"].beside, after["Median"].beside) == ("opportunities", "days")
    assert after["Pairs"] == before["Pairs"]


def test_the_rates_of_retention_are_those_of_its_counts(desk: Window) -> None:
    page = desk.open("Retention")
    rows = [row for row in screens.table(page, EVERY_GAP) if row["Answers"]]
    answers, right, rate = ([number(row[name]) for row in rows] for name in ("Answers", "Right", "Right answers"))
    assert number(screens.metrics(page)["Answers after a gap"].value) == sum(answers)
    assert rate == pytest.approx([100 * part / whole for part, whole in zip(right, answers, strict=True)], abs=0.051)
    assert any(number(row["Half-life, days"]) > 0 for row in screens.table(page, EVERY_HALF_LIFE))


def test_a_proposal_ends_in_a_verdict_and_can_be_had_as_sql(desk: Window) -> None:
    page = desk.open("Calibration")
    page.get_by_role("button", name="Work out what would forecast better").click()
    expect(page.get_by_test_id("stAlert").filter(has_text=VERDICT)).to_be_visible()
    screens.settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Proposal as SQL").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines.index("begin;") < lines.index("commit;")


@pytest.mark.parametrize("title", FIGURES)
def test_a_figure_is_taken_along_as_csv_and_as_a_document_that_loads_nothing(
    desk: Window, browser: Browser, tmp_path: Path, title: str
) -> None:
    page = desk.open(title)
    head = next(csv.reader(downloaded(page, "as CSV", tmp_path).read_text(encoding="utf-8-sig").splitlines()))
    assert len(head) > 1
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in head)
    document = downloaded(page, "as HTML", tmp_path)
    with browser.new_context(offline=True) as context:
        reader, noise = context.new_page(), screens.Noise()
        noise.listen(reader)
        reader.goto(document.as_uri())
        expect(reader.locator(".main-svg").first).to_be_visible()
        expect(reader.get_by_text(SELECTED)).to_be_visible()
        assert noise.take() == []


def downloaded(page: Page, kind: str, folder: Path) -> Path:
    """The file that the first button of this kind gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=kind).first.click()
    download.value.save_as(folder / download.value.suggested_filename)
    return folder / download.value.suggested_filename


def number(shown: str) -> float:
    return float(shown.replace(",", "") or 0)


def choose(page: Page, label: str, in_address: str) -> None:
    """One of several that stand beside each other."""
    page.get_by_role("radio", name=label, exact=True).click()
    expect(page).to_have_url(re.compile(in_address))
    screens.settle(page)


def choose_from(page: Page, label: str, option: str, in_address: str) -> None:
    """One of a list, found by the letters it begins with."""
    page.get_by_role("combobox", name=label).click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option).click()
    expect(page).to_have_url(re.compile(in_address))
    page.keyboard.press("Escape")
    screens.settle(page)


def held(page: Page) -> Locator:
    """The sentence that says how much is selected."""
    return page.get_by_test_id("stMain").get_by_text(SELECTED)


@pytest.fixture(scope="module")
def way(research: ResearchService, app_url: str, browser: Browser) -> Iterator[Way]:
    """A window in which somebody has selected something by hand and gone on to another screen, with the address and the view of each stop."""
    steps: list[Callable[[Page], None]] = [
        lambda page: choose_from(page, "Concepts", CONCEPT, f"on_concepts={concept_id(CONCEPT)}"),
        lambda page: choose(page, MINIMUM, f"minimum={MINIMUM}"),
        from_menu("Time to mastery"),
    ]
    with screens.signed_in(browser, app_url, MAREN, "/velocity") as page:
        addresses, views = [page.url], [seen(page)]
        for step in steps:
            step(page)
            views.append(seen(page))
            addresses.append(page.url)
        yield Way(page, addresses, views)


def test_what_is_selected_by_hand_changes_the_figures_and_holds_on_another_screen(way: Way) -> None:
    *on_velocity, elsewhere = way.views
    learners = [number(view.figures["Learners"].value) for view in on_velocity]
    assert learners == sorted(set(learners), reverse=True), "fewer each time"
    assert f"on_concepts={concept_id(CONCEPT)}" in way.addresses[-1]
    assert [MINIMUM, "true"] in elsewhere.controls
    expect(held(way.page)).to_contain_text(f"of {learners[-1]:.0f} learners selected")


def test_a_reload_keeps_the_selection_and_back_undoes_it(way: Way) -> None:
    way.page.reload()
    assert (way.page.url, seen(way.page)) == (way.addresses[-1], way.views[-1])
    for stop in range(len(way.views) - 2, -1, -1):
        turn(way, way.page.go_back, stop, left=stop)


# Between them they type all of the addresses.
@pytest.mark.parametrize(("name", "addresses"), [(AMINA, ADDRESSES[::2]), (ELENA, ADDRESSES[1::2])])
def test_who_is_no_researcher_and_types_an_address_sees_their_own_first_screen(
    research: ResearchService, app_url: str, browser: Browser, name: str, addresses: list[str]
) -> None:
    with screens.signed_in(browser, app_url, name, addresses[0]) as page:
        title = page.get_by_role("heading", level=1).inner_text()
        assert title not in FIGURES
        menu = page.get_by_test_id("stSidebar").get_by_role("link").all_inner_texts()
        assert title in "".join(menu)
        assert [each for each in FIGURES if each in "".join(menu)] == []
        for address in addresses[1:]:
            page.goto(f"{app_url}{address}")
            screens.arrive(page, title)
            expect(page.get_by_role("dialog")).to_contain_text("Page not found")
            expect(held(page)).to_have_count(0)


def test_nothing_is_fetched_from_elsewhere(desk: Window, app_url: str) -> None:
    assert any(url.startswith(app_url) for url in desk.fetched)
    assert [url for url in desk.fetched if not url.startswith((app_url, "data:", "blob:"))] == []


def test_nothing_that_is_sent_says_who_a_learner_is(
    desk: Window, research: ResearchService, app_database: EmbeddedDatabase
) -> None:
    for title in FIGURES:
        desk.open(title)
    sent = b"".join(desk.frames)
    assert research.choices().cohorts[0].name.encode() in sent, "what is sent can be read"
    console = Console(app_database)
    people = console.query(
        "select p.id::text, p.display_name, u.email from profiles p join auth.users u on u.id = p.id where p.display_name = any(%(names)s)",
        names=list(LEARNERS),
    )
    cohorts = console.query("select id::text, name from cohorts where name = any(%(names)s)", names=list(COHORTS))
    console.connection.close()
    assert people
    assert cohorts
    secrets = {secret for row in (*people, *cohorts) for secret in row.values() if secret}
    assert [each for each in secrets if each.encode() in sent or json.dumps(each)[1:-1].encode() in sent] == []
