"""A Streamlit app as a process of its own, as people start it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
OPTIONS = {"server.headless": "true", "server.address": "localhost", "browser.gatherUsageStats": "false"}
LONGEST_START_SECONDS = 60
LOOKS_EVERY_SECONDS = 0.02


@contextmanager
def streamlit_server(script: Path | str, home: Path, *, folder: Path = ROOT) -> Iterator[str]:
    """``streamlit run`` in ``folder`` with a home; gives its address at once, before it answers there."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": port}.items()]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        cwd=folder,
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


def wait_until_it_answers(address: str) -> None:
    wait_for(lambda: httpx.get(f"{address}/_stcore/health").is_success)


def wait_until_ready(address: str) -> None:
    """Until the dashboard at ``address`` has prepared its database."""
    wait_for(lambda: httpx.get(f"{address}/session/preparing").json()["stage"] == "ready")


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if is_so():
                return
        time.sleep(LOOKS_EVERY_SECONDS)
    raise TimeoutError(f"not so within {LONGEST_START_SECONDS} seconds")
