"""What stands before PostgREST at Supabase, as far as tests meet it: the API keys, and the way on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.local_supabase.signing import Signer

PUBLISHABLE_KEY = "sb_publishable_local-tests-only"
SECRET_KEY = "sb_secret_local-tests-only"
NEEDS_NO_KEY = ("/auth/v1/verify", "/auth/v1/authorize", "/auth/v1/callback", "/auth/v1/.well-known/")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "content-length"}
SERVICE_TOKEN_SECONDS = 300


class KeyCheck:
    """Refuses what comes without a key of the project, before anything behind it is asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and not scope["path"].startswith(NEEDS_NO_KEY):
            answer = _refusal(Request(scope).headers.get("apikey"))
        await (answer or self.app)(scope, receive, send)


def _refusal(key: str | None) -> Response | None:
    if key in {PUBLISHABLE_KEY, SECRET_KEY}:
        return None
    said = "Invalid API key" if key else "No API key found in request"
    return JSONResponse({"message": said, "hint": "Double check your Supabase API key."}, status_code=401)


class Gateway:
    """Passes ``/rest/v1`` on to PostgREST. Knobs: ``hang`` (PostgREST never answers)."""

    def __init__(self, postgrest_url: str, signer: Signer) -> None:
        self.hang = False
        self._postgrest_url = postgrest_url
        self._signer = signer
        self._service_token = ("", 0.0)

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        async with httpx.AsyncClient(
            base_url=self._postgrest_url, timeout=30, limits=httpx.Limits(max_connections=None), trust_env=False
        ) as client:
            self._client = client
            yield

    async def pass_on(self, request: Request) -> Response:
        while self.hang:
            await asyncio.sleep(0.02)
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        # An opaque secret key becomes a service token; any Authorization that came along goes on as it is.
        if request.headers["apikey"] == SECRET_KEY and "authorization" not in request.headers:
            headers.append(("authorization", f"Bearer {self._token_of_service()}"))
        address = httpx.URL("/" + request.path_params["path"], query=request.url.query.encode() or None)
        try:
            answer = await self._client.request(request.method, address, headers=headers, content=await request.body())
        except httpx.TransportError:
            return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, media_type="text/html")
        kept = {name: value for name, value in answer.headers.items() if name not in {*HOP_BY_HOP, "content-encoding"}}
        return Response(answer.content, answer.status_code, kept)

    def _token_of_service(self) -> str:
        token, until = self._service_token
        if time.monotonic() > until:
            token = self._signer.signed({"role": "service_role"}, expires_in=2 * SERVICE_TOKEN_SECONDS)
            self._service_token = (token, time.monotonic() + SERVICE_TOKEN_SECONDS)
        return token
