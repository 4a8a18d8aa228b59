"""The real app with its own sample classroom, and a real browser before it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 120
MILLISECONDS_TO_WAIT = 30_000  # A busy machine is slow now and then.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=MILLISECONDS_TO_WAIT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("There is no browser here: install Debian's chromium, or put Chrome on the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``streamlit run dashboard.py`` answers, on an empty home that it fills with the sample by itself."""
    folder = tmp_path_factory.mktemp("app")
    url = f"http://localhost:{_free_port()}"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", url.rpartition(":")[2]],
            cwd=ROOT,
            env={**os.environ, "MASTERY_HOME": str(folder / "home")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``new_page(width=, height=, color_scheme=)``: a page of a fresh profile, closed at the end of the test."""
    contexts = []

    def make(width: int = 1440, height: int = 900, color_scheme: str = "light") -> Page:
        size = ViewportSize(width=width, height=height)
        context = browser.new_context(viewport=size, color_scheme=color_scheme)  # type: ignore[arg-type]
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in_page(app_url: str, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """``signed_in_page(person_name, width=, height=, color_scheme=)``: the first screen of that person."""

    def sign_in(person_name: str, width: int = 1440, height: int = 900, color_scheme: str = "light") -> Page:
        page = new_page(width, height, color_scheme)
        page.goto(f"{app_url}/session/sign-in")
        page.locator(".person", has=page.get_by_text(person_name, exact=True)).first.click()
        page.get_by_test_id("stMain").wait_for()
        return page

    return sign_in


def _free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            stage = httpx.get(f"{url}/session/preparing").json()["stage"]
        except httpx.TransportError:
            stage = "not listening"
        if stage == "ready":
            return
        if stage == "failed":
            break
        time.sleep(0.1)
    pytest.fail(f"The app did not become ready. Its terminal said:\n{log.read_text()}")
