"""The web app in one process: the screens, the sign-in before them, and the database behind them.

``streamlit run dashboard.py`` or ``uvicorn dashboard:app``.
"""

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
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from mastery_core.database import Database
from mastery_core.errors import MasteryError
from mastery_core.identity.directory import Directory
from mastery_core.identity.local_only import LocalOnly
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.preparation import Preparation
from mastery_core.identity.routes import SignIn
from mastery_core.identity.sessions import store

if TYPE_CHECKING:
    from mastery_core.database import EmbeddedDatabase

HERE = Path(__file__).resolve()
UNFORESEEN = (
    "Something went wrong on this screen. It is not your doing, and nothing recorded is lost. "
    "Reload the page to try again; the terminal that runs the dashboard says what happened."
)

# What follows loads its modules when it runs, in a thread: until then the server already answers.


def open_database() -> "EmbeddedDatabase":
    import mastery_core  # noqa: PLC0415

    return mastery_core.open_database()


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


def directory() -> Directory:
    return Directory(open_database().acting_as_service())


preparation = Preparation(open_database, make_sample, warm_up)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    preparation.start()
    if wants_browser():
        Thread(target=open_browser, args=(st.get_option("server.port"),), daemon=True).start()
    yield
    await run_in_threadpool(preparation.close)


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
    """Show an error of a screen as one sentence; Streamlit itself has written it to the terminal in full."""
    st.error(str(error) if isinstance(error, MasteryError) else UNFORESEEN)
    return True


def middleware() -> list[Middleware]:
    gate = Middleware(SignedInOnly, sessions=store)
    if os.environ.get("MASTERY_ALLOW_REMOTE") == "1":
        return [gate]
    return [Middleware(LocalOnly), gate]


app = st.App(
    HERE.parent / "pages" / "navigation.py",
    routes=SignIn(store, preparation, directory).routes(),
    middleware=middleware(),
    lifespan=lifespan,
    on_script_error=explain,
)
