"""From the start of the process to the first chart in a browser, against a Streamlit page that is only a chart."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.database import temporary_home
from benchmarks.pairing import Pair, Timings, in_turn
from benchmarks.report import Result, Skipped
from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.identity.directory import Directory
from mastery_core.ingest.sample import make_sample

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SERVER_OPTIONS = {"server.headless": "true", "server.address": "localhost", "browser.gatherUsageStats": "false"}
CURVES = ".st-key-curves .js-plotly-plot .main-svg"  # the sparkline above them comes sooner
CHART = ".js-plotly-plot .main-svg"
ROUNDS, QUICK_ROUNDS = 9, 5
LONGEST_START_SECONDS = 60
LOOKS_EVERY_SECONDS = 0.02


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
            _wait_for(lambda: httpx.get(f"{address}/_stcore/health").is_success)
            _wait_for_chart(context, address, CHART)

        def from_nothing() -> None:
            open_things.close()
            _wait_for(lambda: not (home / "postgres" / "postmaster.pid").exists())

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
    address = open_things.enter_context(_streamlit(script, home))
    context = browser.new_context()
    open_things.callback(context.close)
    return address, context


def _wait_for_chart(context: BrowserContext, address: str, chart: str) -> None:
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.locator(chart).first.wait_for(state="visible", timeout=LONGEST_START_SECONDS * 1000)


@contextmanager
def _streamlit(script: str, home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = [f"--{name}={value}" for name, value in {**SERVER_OPTIONS, "server.port": port}.items()]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *options],
        cwd=ROOT,
        env={**os.environ, "MASTERY_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        try:
            server.wait(LONGEST_START_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _sign_in(context: BrowserContext, address: str, person: str) -> None:
    _wait_for(lambda: httpx.get(f"{address}/session/preparing").json()["stage"] == "ready")
    context.request.post(
        f"{address}/session/sign-in", form={"person": person, "next": "/"}, headers={"Origin": address}, max_redirects=0
    )
    assert context.cookies(), "nobody was signed in"


def _wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if is_so():
                return
        time.sleep(LOOKS_EVERY_SECONDS)
    raise TimeoutError(f"not so within {LONGEST_START_SECONDS} seconds")
