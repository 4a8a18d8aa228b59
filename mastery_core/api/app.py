"""The app of the REST API, ready to be mounted."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from mastery_core.api.bounds import Bounds
from mastery_core.api.documents import DESCRIPTION, describe_problems_and_keys
from mastery_core.api.problems import explain_problems
from mastery_core.api.routes import health, mastery
from mastery_core.identity.bearer import Callers

MAX_BODY_BYTES = 1024 * 1024
MAX_SECONDS = 15
MOST_AT_ONCE = 24  # of the 40 threads of the web app's pool
SECONDS_A_PREFLIGHT_HOLDS = 600


def create_api(
    callers: Callable[[], Callers],
    ping: Callable[[], None],
    *,
    cors_origins: Sequence[str] = (),
    max_body_bytes: int = MAX_BODY_BYTES,
    max_seconds: float = MAX_SECONDS,
) -> FastAPI:
    """The API of an installation: ``callers`` makes what knows who calls, once; ``ping`` raises Unavailable.

    Browsers may call it from ``cors_origins`` alone, each written like https://tutor.example. No cookie is ever looked at.
    """
    app = FastAPIOffline(
        title="Mastery dashboard",
        version="1",
        description=DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,
        swagger_ui_parameters={"validatorUrl": None},  # it would send the document to swagger.io
    )
    app.state.callers = cache(callers)
    app.state.ping = ping
    app.state.turns = asyncio.Semaphore(MOST_AT_ONCE)
    app.include_router(health)
    app.include_router(mastery)
    app.add_middleware(Bounds, max_body_bytes=max_body_bytes, max_seconds=max_seconds)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "apikey", "Content-Type"],
            max_age=SECONDS_A_PREFLIGHT_HOLDS,
        )
    explain_problems(app)
    describe_problems_and_keys(app)
    return app
