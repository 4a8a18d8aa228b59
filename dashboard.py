"""The web app in one process: the screens, the sign-in before them, and the database behind them.

``streamlit run dashboard.py`` or ``uvicorn dashboard:app``.
"""

import gc
import os
import socket
import sys
import time
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import ClassVar

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from mastery_core.api.mount import mounted
from mastery_core.database import Database
from mastery_core.errors import MasteryError, NotSignedIn, Unavailable
from mastery_core.identity.directory import Directory
from mastery_core.identity.installation import EmbeddedInstallation, SupabaseInstallation, installation
from mastery_core.identity.local_only import LocalOnly
from mastery_core.identity.local_sign_in import LocalSignIn
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.preparation import Preparation
from mastery_core.ingest.jobs import jobs

HERE = Path(__file__).resolve()
SECONDS_BETWEEN_TRIES = 10
UNFORESEEN = (
    "Something went wrong on this screen. It is not your doing, and nothing recorded is lost. "
    "Reload the page to try again; the terminal that runs the dashboard says what happened."
)

# What follows loads its modules when it runs, in a thread: until then the server already answers.


def make_sample(database: Database, *, on_progress: Callable[[int, int], None]) -> None:
    from mastery_core.ingest import sample  # noqa: PLC0415

    sample.make_sample(database, on_progress=on_progress)


def warm_up() -> None:
    """Load what the first screen draws with while nobody waits for it yet."""
    from mastery_core.charts.progress import progress_curves  # noqa: PLC0415
    from mastery_core.charts.standing import standing  # noqa: PLC0415

    import_module("mastery_core.mastery_service")
    progress_curves([], as_of=0.0).to_json()
    standing([]).to_json()
    # Streamlit collects garbage after every run, and nobody is answered meanwhile: what stays to the end need not be looked at again.
    gc.collect()
    gc.freeze()


class LocalHouse:
    """The embedded database, prepared while the server already answers; whoever is at this computer picks who to be."""

    def __init__(self, embedded: EmbeddedInstallation) -> None:
        self._preparation = Preparation(embedded.open, make_sample, warm_up)
        sign_in = LocalSignIn(embedded.sessions, self._preparation, lambda: Directory(embedded.acting_as_service()))
        self.routes = sign_in.routes()
        self.middleware = [] if os.environ.get("MASTERY_ALLOW_REMOTE") == "1" else [Middleware(LocalOnly)]

    def open(self) -> None:
        self._preparation.start()

    def close(self) -> None:
        self._preparation.close()


class SupabaseHouse:
    """A Supabase project: there is nothing to prepare, and its people sign in there."""

    middleware: ClassVar[list[Middleware]] = []

    def __init__(self, supabase: SupabaseInstallation) -> None:
        self._supabase = supabase
        from mastery_core.identity.supabase_sign_in import SupabaseSignIn  # noqa: PLC0415

        self.routes = SupabaseSignIn(supabase.sessions, supabase.auth).routes()

    def open(self) -> None:
        Thread(target=warm_up, daemon=True).start()

    def close(self) -> None:
        self._supabase.close()


def house_of(installed: EmbeddedInstallation | SupabaseInstallation) -> LocalHouse | SupabaseHouse:
    return LocalHouse(installed) if isinstance(installed, EmbeddedInstallation) else SupabaseHouse(installed)


house = house_of(installation())


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    house.open()
    if wants_browser():
        Thread(target=open_browser, args=(st.get_option("server.port"),), daemon=True).start()
    yield
    await run_in_threadpool(jobs.clear_folders)  # a process that a signal ends calls nothing at its exit
    await run_in_threadpool(house.close)


def wants_browser() -> bool:
    """Whether this is ``streamlit run`` on a desk: it opens a browser for plain scripts, but not for an ``st.App``."""
    return Path(sys.argv[0]).resolve() == HERE and not st.get_option("server.headless")


def open_browser(port: int) -> None:
    """Open a browser as soon as somebody answers there, which is after the lifespan has begun."""
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            webbrowser.open(f"http://localhost:{port}")
            return
        time.sleep(0.1)


def explain(error: Exception) -> bool:
    """Show an error of a screen as one sentence with a way on; Streamlit has written it to the terminal in full."""
    if isinstance(error, NotSignedIn):
        from pages import signed_in  # noqa: PLC0415

        signed_in.say_signed_out()
        return True
    st.error(str(error) if isinstance(error, MasteryError) else UNFORESEEN)
    if isinstance(error, Unavailable):
        st.button("Try again", icon=":material/refresh:")
        try_again_soon(time.monotonic())
    return True


@st.fragment(run_every=SECONDS_BETWEEN_TRIES)
def try_again_soon(failed_at: float) -> None:
    """Draw the screen again by itself: whoever waits for the database need not press anything."""
    if time.monotonic() - failed_at > SECONDS_BETWEEN_TRIES / 2:
        st.rerun()


async def progress(request: Request) -> RedirectResponse:
    """Progress is the first screen, and Streamlit serves that at the root alone."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/", status_code=307)


app = st.App(
    HERE.parent / "pages" / "navigation.py",
    routes=[*house.routes, Route("/progress", progress), Mount("/api", mounted(installation()))],
    middleware=[*house.middleware, Middleware(SignedInOnly, sessions=installation().sessions)],
    lifespan=lifespan,
    on_script_error=explain,
)
