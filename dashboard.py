"""The web app in one process: the screens, the sign-in before them, and the database behind them.

``streamlit run dashboard.py`` or ``uvicorn dashboard:app``.
"""

import os
import socket
import sys
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from mastery_core import open_database
from mastery_core.errors import MasteryError
from mastery_core.identity.directory import Directory
from mastery_core.identity.local_only import LocalOnly
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.preparation import Preparation
from mastery_core.identity.routes import SignIn
from mastery_core.identity.sessions import store
from mastery_core.ingest.sample import make_sample

HERE = Path(__file__).resolve()
UNFORESEEN = (
    "Something went wrong on this screen. It is not your doing, and nothing recorded is lost. "
    "Reload the page to try again; the terminal that runs the dashboard says what happened."
)

preparation = Preparation(open_database, make_sample)


def directory() -> Directory:
    return Directory(open_database().acting_as_service())


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
