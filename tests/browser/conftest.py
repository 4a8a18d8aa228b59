"""The real app with its own sample classroom, and a real browser before it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from mastery_core.database import EmbeddedDatabase
from tests.local_supabase import LocalSupabase

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 120
MILLISECONDS_TO_WAIT = 60_000  # A busy machine is slow now and then.
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
def app_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app keeps its data, for tests that look at, or write, the same."""
    return tmp_path_factory.mktemp("app") / "home"


@pytest.fixture(scope="session")
def app_url(app_home: Path) -> Iterator[str]:
    """Where ``streamlit run dashboard.py`` answers, on an empty home that it fills with the sample by itself."""
    with running_app(app_home.parent) as url:
        yield url


def running_app(folder: Path) -> AbstractContextManager[str]:
    """The app with its data in ``folder / "home"``, ready with the sample."""
    return _running(folder, _is_prepared, MASTERY_HOME=str(folder / "home"))


@pytest.fixture(scope="session")
def app_database(app_url: str, app_home: Path) -> Iterator[EmbeddedDatabase]:
    """The database of that app, from another process: this one."""
    database = EmbeddedDatabase(app_home)
    yield database
    database.close()


@pytest.fixture(scope="session")
def supabase_app_url(tmp_path_factory: pytest.TempPathFactory, local_supabase: LocalSupabase) -> Iterator[str]:
    """Where the same app answers that has the local Supabase behind it."""
    project = {"SUPABASE_URL": local_supabase.url, "SUPABASE_PUBLISHABLE_KEY": local_supabase.publishable_key}
    with _running(tmp_path_factory.mktemp("app"), _shows_sign_in, **project) as url:
        yield url


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[str]]:
    """``with start_app(SUPABASE_URL=, …) as url``: another of the app, for tests that have a project of their own.

    ``script=`` is another app, with a sign-in of its own.
    """
    return lambda **named: _running(tmp_path_factory.mktemp("app"), _shows_sign_in, **named)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``new_page(width=, height=, color_scheme=)``: a page of a fresh profile, closed at the end of the test.

    More names go to Playwright's ``new_context``.
    """
    contexts = []

    def make(width: int = 1440, height: int = 900, color_scheme: str = "light", **more: Any) -> Page:
        size = ViewportSize(width=width, height=height)
        context = browser.new_context(viewport=size, color_scheme=color_scheme, **more)  # type: ignore[arg-type]
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
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


@contextmanager
def _running(
    folder: Path, is_ready: Callable[[str], bool], script: str = "dashboard.py", **environment: str
) -> Iterator[str]:
    url = f"http://localhost:{_free_port()}"
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", url.rpartition(":")[2]],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until(is_ready, url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _is_prepared(url: str) -> bool:
    stage: str = httpx.get(f"{url}/session/preparing", timeout=60).json()["stage"]
    assert stage != "failed"
    return stage == "ready"


def _shows_sign_in(url: str) -> bool:
    return httpx.get(f"{url}/session/sign-in", timeout=60).is_success


def _wait_until(is_ready: Callable[[str], bool], url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    with suppress(AssertionError):
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(httpx.TransportError):
                if is_ready(url):
                    return
            time.sleep(0.1)
    pytest.fail(f"The app did not become ready. Its terminal said:\n{log.read_text()}")
