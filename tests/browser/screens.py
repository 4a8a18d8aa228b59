"""The screens in a browser: how to come to them by clicking, when they are drawn, and what they show."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, ViewportSize, expect

MILLISECONDS_TO_WAIT = 60_000  # A busy machine is slow now and then.
MILLISECONDS_TO_LIE_STILL = 300

TITLES = ("Progress", "Concept", "Sessions", "Insights", "Review plan", "My group", "My data", "Profile", "Help")

SETTLED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.dataset.testScriptState === "notRunning" && app.dataset.testConnectionState === "CONNECTED"
    && document.querySelector("h1") && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")
    && [...document.querySelectorAll("[data-testid=stPlotlyChart]")].every(chart => chart.querySelector(".main-svg"));
}"""
METRICS = """() => [...document.querySelectorAll("[data-testid=stMetric]")].map(metric => {
  const text = part => metric.querySelector(`[data-testid=stMetric${part}]`)?.innerText.trim() ?? "";
  return [text("Label"), text("Value"), text("Delta"), text("DeltaDescription")];
})"""
CONTROLS = """() => [...document.querySelectorAll("[data-testid=stMain] :is([role=radio], [role=spinbutton], input)")].map(
  control => [control.ariaLabel ?? control.innerText, control.ariaChecked ?? control.ariaValueText ?? control.value])"""
HEAD_HEIGHT, ROW_HEIGHT, CELL_EDGE = 35, 35, 40
# How much of the page lies beyond the window's edge; and of its main part, which scrolls by itself.
HIDDEN_WIDTH = """() => Math.max(...[document.scrollingElement, document.querySelector("[data-testid=stMain]")].map(
  part => part.scrollWidth - part.clientWidth))"""
SESSIONS_LISTED = re.compile(r"^[\d,]+ sessions?, newest first")
# A table draws itself on a canvas, and puts the rows that can be seen into the canvas for those who listen.
CELLS = """canvas => [...canvas.querySelectorAll("tr")].map(row => [...row.children].map(cell => cell.innerText))"""
# What a chart draws, with the arrays that came as base64 unpacked.
TRACES = """chart => chart.querySelector(".js-plotly-plot")._fullData.map(
  ({name, type, x, y, text}) => ({name, type, x: [...x ?? []], y: [...y ?? []], text: [text ?? []].flat()}))"""

# Where in the window the middle of a mark of a chart is: trace by trace, those that can be clicked, x, y and what goes with them.
MARKS = """chart => {
  const plot = chart.querySelector(".js-plotly-plot"), {left, top} = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout;
  return plot._fullData.filter(({type, customdata}) => type.startsWith("scatter") && customdata?.length).flatMap(({x, y, customdata}) => [...x].map((each, place) => ({
    x: each, y: y[place], said: [...customdata[place]],
    left: left + xaxis._offset + xaxis.l2p(each), top: top + yaxis._offset + yaxis.l2p(y[place]),
  })));
}"""


@dataclass(frozen=True)
class Metric:
    label: str
    value: str
    change: str
    beside: str


@dataclass
class Noise:
    """What a page complained about while it was looked at."""

    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._keep_complaint)
        page.on("pageerror", lambda error: self.heard.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: self.heard.append(f"failed: {request.url} {request.failure}"))
        page.on("response", self._keep_refusal)

    def _keep_refusal(self, response: Response) -> None:
        if response.status >= 400:
            self.heard.append(f"{response.status}: {response.url}")

    def _keep_complaint(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.heard.append(f"{message.type}: {message.text}")

    def take(self) -> list[str]:
        """What was heard since it was taken before."""
        heard, self.heard = self.heard, []
        return heard


@contextmanager
def signed_in(browser: Browser, app_url: str, name: str, address: str = "/", **context: Any) -> Iterator[Page]:
    """A window of a fresh profile in which this person opens an address; ``width=`` and what ``new_context`` takes."""
    size = ViewportSize(width=context.pop("width", 1440), height=900)
    with browser.new_context(viewport=size, **context) as opened:
        opened.set_default_timeout(MILLISECONDS_TO_WAIT)
        page = opened.new_page()
        page.goto(f"{app_url}/session/sign-in?{urlencode({'next': address})}")
        page.locator(".person", has=page.get_by_text(name, exact=True)).first.click()
        page.get_by_role("heading", level=1).wait_for()
        settle(page)
        yield page


def settle(page: Page) -> None:
    """Wait until the screen is drawn, and nothing of the one before it is left."""
    page.wait_for_function(SETTLED)


def open_screen(page: Page, title: str) -> None:
    """Open a screen as a person would who is not there yet: by its name in the menu, which a narrow window hides."""
    if page.get_by_role("heading", level=1).inner_text() == title:
        return
    link = page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True)
    box = link.bounding_box()
    if box is None or box["x"] < 0:
        page.get_by_test_id("stExpandSidebarButton").click()
    link.click()
    arrive(page, title)


def arrive(page: Page, title: str) -> None:
    """Wait for the screen of this title."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    settle(page)


def open_row(page: Page, alt: str | re.Pattern[str], row: int = 0, *, at_end: bool = False) -> None:
    """Click on the first cell of a row of the table with this alternative text; ``at_end``: on the last."""
    shown_table(page, alt)
    cells = page.get_by_role("region", name=alt).locator(".dvn-scroller")
    box = cells.bounding_box()
    assert box is not None
    across = box["width"] - CELL_EDGE if at_end else CELL_EDGE
    cells.click(position={"x": across, "y": HEAD_HEIGHT + ROW_HEIGHT * (row + 0.5)})


def metrics(page: Page) -> dict[str, Metric]:
    """The figures of the screen, by label."""
    return {label: Metric(label, *others) for label, *others in page.evaluate(METRICS)}


def controls(page: Page) -> list[list[str]]:
    """What stands in the controls of the screen."""
    found: list[list[str]] = page.evaluate(CONTROLS)
    return found


def table(page: Page, alt: str | re.Pattern[str]) -> list[dict[str, str]]:
    """The rows that can be seen of the table with this alternative text, each cell by the name of its column."""
    head, *rows = shown_table(page, alt).evaluate(CELLS)
    return [dict(zip(head, row, strict=True)) for row in rows]


def shown_table(page: Page, alt: str | re.Pattern[str]) -> Locator:
    """The canvas of the table with this alternative text, when it is on the screen and drawn."""
    region = page.get_by_role("region", name=alt)
    region.scroll_into_view_if_needed()
    region.locator("canvas tbody tr").first.wait_for(state="attached")
    page.wait_for_timeout(MILLISECONDS_TO_LIE_STILL)
    return region.locator("canvas").first


def traces(page: Page, alt: str) -> list[dict[str, Any]]:
    """What the chart whose alternative text begins so draws, trace by trace."""
    chart = page.get_by_role("figure", name=re.compile(f"^{re.escape(alt)}"))
    drawn: list[dict[str, Any]] = chart.evaluate(TRACES)
    return drawn


@dataclass(frozen=True)
class Mark:
    """A mark of a chart that can be clicked, with what goes with it (``customdata``); ``left`` and ``top`` are of the window."""

    x: int
    y: int
    said: list[float]
    left: float
    top: float


def marks(page: Page, alt: str) -> list[Mark]:
    """The marks of the chart whose alternative text begins so, which is brought into the window."""
    chart = page.get_by_role("figure", name=re.compile(f"^{re.escape(alt)}"))
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(MILLISECONDS_TO_LIE_STILL)
    return [Mark(**mark) for mark in chart.evaluate(MARKS)]
