"""The API as a part of the web app, which does not wait for it."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from mastery_core.api.mount import OnFirstRequest

HERE = Path(__file__).resolve().parents[2]


def test_it_is_made_once_when_somebody_asks() -> None:
    made = []

    def make() -> ASGIApp:
        made.append(1)
        return PlainTextResponse("here")

    async def ask(app: ASGIApp) -> list[str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return [response.text for response in await asyncio.gather(*(client.get("/") for _ in range(8)))]

    app = OnFirstRequest(make)
    assert made == []
    with ThreadPoolExecutor() as elsewhere:  # in this thread a browser's loop may be running
        assert elsewhere.submit(asyncio.run, ask(app)).result() == ["here"] * 8
    assert made == [1]


def test_the_web_app_starts_without_the_libraries_of_the_api() -> None:
    code = (
        "import sys, mastery_core.api.mount; print(sorted({'fastapi', 'jwt', 'pandas', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
