"""What may be asked and recorded at which address."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

import anyio
import orjson
from anyio import to_thread
from fastapi import APIRouter, Body, Depends, Query
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mastery_core.api import models
from mastery_core.api.documents import PROBLEMS_OF_ALL, SECURITY, problems
from mastery_core.api.problems import NO_STORE
from mastery_core.errors import InvalidInput, Unavailable
from mastery_core.identity.bearer import Caller
from mastery_core.mastery_service import MasteryService

SECONDS_TO_BE_READY = 2

NOT_READY = "The database did not answer in time."
NO_LEARNER = "Name the learner: the service has no mastery of its own."
JSON_ALONE = "Send the body as application/json."


class JsonRequest(Request):
    """A request whose body is strict JSON: no NaN, no half a surrogate pair, nothing nested a thousand deep."""

    async def json(self) -> Any:
        return orjson.loads(await self.body())


class SignedInRoute(APIRoute):
    """Who calls is found out before anything of the request is read, and no more are answered at once than may be.

    All of the web app shares one pool of threads: while the database hangs, the API leaves some to the sign-in.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_who_is_known(request: Request) -> Response:
            async with request.app.state.turns:
                request.state.caller = await run_in_threadpool(_caller, request)
                if _has_body(request) and not _is_json(request):
                    raise HTTPException(415, JSON_ALONE)
                return await answer(JsonRequest(request.scope, request.receive))

        return answer_who_is_known


def _caller(request: Request) -> Caller:
    caller: Caller = request.app.state.callers().caller(
        request.headers.get("authorization"), request.headers.get("apikey")
    )
    return caller


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


class Asking:
    """Who asks, and the service that answers them."""

    def __init__(self, caller: Caller) -> None:
        self.mastery = MasteryService(caller.database)
        self._person_id = caller.person_id

    def about(self, learner: UUID | None) -> str:
        """The learner named, else the one who asks."""
        if learner is not None:
            return str(learner)
        if self._person_id is None:
            raise InvalidInput(NO_LEARNER)
        return self._person_id


async def _asking(request: Request) -> Asking:
    return Asking(request.state.caller)


WhoAsks = Annotated[Asking, Depends(_asking)]

health = APIRouter(tags=["state"])
mastery = APIRouter(
    prefix="/mastery",
    tags=["mastery"],
    route_class=SignedInRoute,
    responses=PROBLEMS_OF_ALL,
)


@health.get("/health", response_model=models.State)
async def is_alive() -> Response:
    """Whether the process lives."""
    return _answer({"status": "ok"})


@health.get("/ready", response_model=models.State, responses=problems(503))
async def is_ready(request: Request) -> Response:
    """Whether the database answers within two seconds."""
    with anyio.move_on_after(SECONDS_TO_BE_READY):
        await to_thread.run_sync(request.app.state.ping, abandon_on_cancel=True)
        return _answer({"status": "ready"})
    raise Unavailable(NOT_READY)


@mastery.get("", response_model=models.Standing, responses=problems(404), openapi_extra=SECURITY)
def standing(asking: WhoAsks, asked: Annotated[models.MasteryQuestion, Query()]) -> Response:
    """Where a learner stands, by concept: what is practised, what is forgotten since, and where it leads."""
    learner = asking.about(asked.learner)
    masteries = asking.mastery.get_user_mastery(learner, asked.concepts, asked.apply_decay, at=asked.at)
    return _answer({"concepts": list(masteries.values())})


@mastery.get("/weak", response_model=models.Standing, responses=problems(404), openapi_extra=SECURITY)
def weak(asking: WhoAsks, asked: Annotated[models.WeakQuestion, Query()]) -> Response:
    """The concepts whose score is below the threshold, weakest first."""
    learner = asking.about(asked.learner)
    return _answer({"concepts": asking.mastery.get_weak_concepts(learner, asked.threshold, asked.limit, at=asked.at)})


@mastery.get("/history", response_model=models.History, responses=problems(404), openapi_extra=SECURITY)
def history(asking: WhoAsks, asked: Annotated[models.HistoryQuestion, Query()]) -> Response:
    """The changes of a learner's scores, newest first; what time took away stands in rows of its own."""
    learner = asking.about(asked.learner)
    rows = asking.mastery.get_mastery_history(learner, asked.concept, asked.days, asked.limit, at=asked.at)
    return _answer({"history": rows})


@mastery.get("/insights", response_model=models.Insights, responses=problems(404), openapi_extra=SECURITY)
def insights(asking: WhoAsks, asked: Annotated[models.Ranged, Query()]) -> Response:
    """What the practice of some days came to."""
    return _answer(asking.mastery.get_learning_insights(asking.about(asked.learner), asked.days, at=asked.at))


@mastery.post(
    "/session/start",
    status_code=201,
    response_model=models.Session,
    responses=problems(400, 403, 404, 408, 413, 415),
    openapi_extra=SECURITY,
)
def start_session(asking: WhoAsks, new: models.NewSession | None = None) -> Response:
    """Start a learning session. The same id again starts no other."""
    new = new or models.NewSession()
    learner, named = asking.about(new.learner), new.session_id
    session_id = asking.mastery.start_session(learner, at=new.at, session_id=str(named) if named else None)
    return _answer({"session_id": session_id}, 201)


@mastery.post(
    "/session/{session_id}/end",
    response_model=models.Summary,
    responses=problems(400, 403, 404, 408, 413, 415),
    openapi_extra=SECURITY,
)
def end_session(asking: WhoAsks, session_id: UUID, end: models.SessionEnd | None = None) -> Response:
    """End a learning session of one's own and sum it up. Ending it again returns the same summary."""
    return _answer(asking.mastery.end_session(str(session_id), at=end.at if end else None))


@mastery.post(
    "/outcomes",
    response_model=models.Updates,
    responses=problems(400, 403, 404, 408, 413, 415),
    openapi_extra=SECURITY,
)
def record(asking: WhoAsks, sent: Annotated[models.OneOrMany, Body()]) -> Response:
    """Record one outcome, or an array of up to 1,000: all of them or, where one is refused, none."""
    outcomes = sent if isinstance(sent, list) else [sent]
    rows = [_row(outcome, asking.about(outcome.learner)) for outcome in outcomes]
    return _answer({"updates": asking.mastery.update_many(rows)})


def _row(outcome: models.NewOutcome, learner: str) -> dict[str, Any]:
    ids = {"id": str(outcome.id), "learner": learner, "session": str(outcome.session) if outcome.session else None}
    return outcome.model_dump() | ids


def _answer(content: object, status: int = 200) -> Response:
    """The service's own dataclasses, straight to JSON: their fields are the ones of ``models``."""
    return Response(orjson.dumps(content), status, NO_STORE, "application/json")
