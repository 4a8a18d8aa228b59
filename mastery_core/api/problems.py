"""What went wrong, as RFC 9457 problem details: one sentence for people, a status for programs."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound, NotSignedIn, Unavailable

MEDIA_TYPE = "application/problem+json"
NO_STORE = {"Cache-Control": "no-store"}
SECONDS_TO_RETRY = 5

UNFORESEEN = "Something went wrong here. It is not your doing; the server's log says what happened."
NOT_JSON = "The body is not JSON."
BODY_TAGS = ("one", "many")  # pydantic names which of two bodies it took it for

STATUSES: dict[type[MasteryError], int] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    InvalidInput: 422,
    Unavailable: 503,
}
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(SECONDS_TO_RETRY)}}
SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}


class Flaw(BaseModel):
    """One thing in a request that cannot be."""

    where: str = Field(description="Where it is.", examples=["body.2.custom_delta"])
    what: str = Field(description="What is wrong with it.", examples=["Input should be less than or equal to 1"])


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(default="about:blank", description="The kind of problem: `about:blank`, the status says it.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The status.", examples=[404])
    detail: str = Field(description="One sentence that says what is wrong.", examples=["There is no such person."])
    errors: list[Flaw] | None = Field(default=None, description="Where and what, if the request itself is at fault.")


def problem(
    status: int, detail: str, *, errors: Sequence[Flaw] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """A response that says what went wrong."""
    content: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail,
    }  # fmt: skip
    if errors:
        content["errors"] = [flaw.model_dump() for flaw in errors]
    known = HEADERS.get(status, {})
    return Response(orjson.dumps(content), status, {**NO_STORE, **known, **(headers or {})}, MEDIA_TYPE)


def explain_problems(app: FastAPI) -> None:
    """Have everything that goes wrong in the app answered with problem details."""
    for kind in STATUSES:
        app.add_exception_handler(kind, _of_ours)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _unforeseen)


async def _of_ours(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return problem(status, str(error))


async def _of_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is what this is registered for
    return problem(error.status_code, SENTENCES.get(error.status_code, error.detail), headers=error.headers)


async def _of_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem(400, NOT_JSON)
    flaws = [Flaw(where=_where(each["loc"]), what=each["msg"]) for each in found]
    more = f", and {len(flaws) - 1:,} more" if len(flaws) > 1 else ""
    return problem(422, f"{flaws[0].where}: {flaws[0].what}{more}.", errors=flaws)


async def _unforeseen(_: Request, __: Exception) -> Response:
    return problem(500, UNFORESEEN)


def _where(place: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in place if step not in BODY_TAGS)
