"""From the start of the process to the first chart in a browser, against a Streamlit page that is only a chart."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.database import temporary_home
from benchmarks.pairing import Pair, Timings, in_turn
from benchmarks.report import Result, Skipped
from benchmarks.streamlit_server import (
    LONGEST_START_SECONDS,
    streamlit_server,
    wait_for,
    wait_until_it_answers,
    wait_until_ready,
)
from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.identity.directory import Directory
from mastery_core.ingest.sample import make_sample

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CURVES = ".st-key-curves .js-plotly-plot .main-svg"  # the sparkline above them comes sooner
CHART = ".js-plotly-plot .main-svg"
ROUNDS, QUICK_ROUNDS = 9, 5


def measure(*, quick: bool) -> Iterator[Result]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        yield Skipped("first-chart", "there is no Chromium here")
        return
    with temporary_home() as home, sync_playwright() as playwright, ExitStack() as open_things:
        person = _sample_student(home)
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_OPTIONS)

        def see_dashboard() -> None:
            address, context = _start("dashboard.py", home, browser, open_things)
            _sign_in(context, address, person)
            _wait_for_chart(context, address, CURVES)

        def see_one_chart() -> None:
            address, context = _start("benchmarks/one_chart.py", home, browser, open_things)
            wait_until_it_answers(address)
            _wait_for_chart(context, address, CHART)

        def from_nothing() -> None:
            open_things.close()
            wait_for(lambda: not (home / "postgres" / "postmaster.pid").exists())

        ours, other = in_turn(
            see_dashboard, see_one_chart,
            before_ours=from_nothing, before_other=from_nothing, rounds=QUICK_ROUNDS if quick else ROUNDS,
        )  # fmt: skip
        from_nothing()
        browser.close()
    yield Pair(
        "first-chart",
        Timings("streamlit run dashboard.py to the first chart", ours),
        Timings("the same of a page with one chart", other),
        bound=1.5,
    )


def _sample_student(home: Path) -> str:
    database = EmbeddedDatabase(home)
    service = database.acting_as_service()
    make_sample(service)
    student = next(person for person in Directory(service).people() if person.role == "student")
    database.close()
    return student.id


def _start(script: str, home: Path, browser: Browser, open_things: ExitStack) -> tuple[str, BrowserContext]:
    """A server being started and a fresh profile to look at it with; ``open_things`` ends both."""
    address = open_things.enter_context(streamlit_server(script, home))
    context = browser.new_context()
    open_things.callback(context.close)
    return address, context


def _wait_for_chart(context: BrowserContext, address: str, chart: str) -> None:
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.locator(chart).first.wait_for(state="visible", timeout=LONGEST_START_SECONDS * 1000)


def _sign_in(context: BrowserContext, address: str, person: str) -> None:
    wait_until_ready(address)
    context.request.post(
        f"{address}/session/sign-in", form={"person": person, "next": "/"}, headers={"Origin": address}, max_redirects=0
    )
    assert context.cookies(), "nobody was signed in"
