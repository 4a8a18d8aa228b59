"""The web addresses of the sign-in without passwords: pick a person, sign out, and how far the first start is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mastery_core.errors import MasteryError, NotFound
from mastery_core.identity import cookies
from mastery_core.identity.directory import Directory, Person
from mastery_core.identity.forms import form_of, not_from_here
from mastery_core.identity.html import NO_STORE, page
from mastery_core.identity.middleware import SIGN_IN_PATH
from mastery_core.identity.picker import picker
from mastery_core.identity.preparation import Preparation, Stage
from mastery_core.identity.same_site import is_cross_site, same_site_path
from mastery_core.identity.sessions import Session, SessionStore, key_of

_MAX_SEARCH_LENGTH = 100


@dataclass(frozen=True)
class LocalSignIn:
    """The sign-in of an installation without passwords: whoever is here picks who to be."""

    sessions: SessionStore
    preparation: Preparation
    directory: Callable[[], Directory]

    def routes(self) -> list[Route]:
        return [
            Route("/session/sign-in", self.show, methods=["GET"]),
            Route("/session/sign-in", self.sign_in, methods=["POST"]),
            Route("/session/sign-out", self.ask_to_sign_out, methods=["GET"]),
            Route("/session/sign-out", self.sign_out, methods=["POST"]),
            Route("/session/preparing", self.preparing, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """The people to pick from; until they can be had, how far the preparation is."""
        progress = self.preparation.progress
        if progress.stage is not Stage.READY:
            status = 503 if progress.stage is Stage.FAILED else 200
            return page("preparing.html", status, progress=progress)
        response = await self._pick(request, same_site_path(request.query_params.get("next")))
        if cookies.session_id(request) and await self._session(request) is None:
            cookies.clear_session_id(response, request)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Begin a session as the person posted and go on to ``next``; a session this browser had ends."""
        if is_cross_site(request):
            return not_from_here()
        if self.preparation.progress.stage is not Stage.READY:
            return RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE)
        form = await form_of(request)
        go_on_to = same_site_path(form.get("next"))
        try:
            person = await run_in_threadpool(lambda: self.directory().person(form.get("person", "")))
        except MasteryError as error:
            return await self._pick(request, go_on_to, trouble=error)
        await self._end_session(request)
        session_id, _ = await run_in_threadpool(self.sessions.sign_in, person.id, person.role)
        response = RedirectResponse(go_on_to, status_code=303, headers=NO_STORE)
        cookies.set_session_id(response, request, session_id)
        return response

    async def ask_to_sign_out(self, request: Request) -> Response:
        """For whoever types the address: a link must not sign anybody out, a button may."""
        if await self._session(request) is None:
            return RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE)
        return page("sign_out.html")

    async def sign_out(self, request: Request) -> Response:
        """End the session in every tab."""
        if is_cross_site(request):
            return not_from_here()
        await self._end_session(request)
        response = RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE)
        cookies.clear_session_id(response, request)
        return response

    async def preparing(self, _: Request) -> Response:
        """``{"stage", "done", "total", "message"}`` of the preparation."""
        return JSONResponse(asdict(self.preparation.progress), headers=NO_STORE)

    async def _pick(self, request: Request, go_on_to: str, trouble: MasteryError | None = None) -> Response:
        search = request.query_params.get("q", "").strip()[:_MAX_SEARCH_LENGTH]
        session = await self._session(request)
        try:
            found = await run_in_threadpool(lambda: self.directory().find(search))
            current = await run_in_threadpool(self._person, session)
        except MasteryError as error:
            return page("message.html", 503, title="The people cannot be listed right now", message=str(error))
        return page(
            "sign_in.html",
            _status(trouble),
            picker=picker(found),
            search=search,
            go_on_to=go_on_to,
            current=current,
            trouble=_sentence(trouble),
        )

    def _person(self, session: Session | None) -> Person | None:
        try:
            return self.directory().person(session.person_id) if session else None
        except NotFound:
            return None

    async def _session(self, request: Request) -> Session | None:
        session_id = cookies.session_id(request)
        return await run_in_threadpool(self.sessions.use, key_of(session_id)) if session_id else None

    async def _end_session(self, request: Request) -> None:
        session_id = cookies.session_id(request)
        if session_id:
            await run_in_threadpool(self.sessions.sign_out, key_of(session_id))


def _status(trouble: MasteryError | None) -> int:
    if trouble is None:
        return 200
    return 404 if isinstance(trouble, NotFound) else 400


def _sentence(trouble: MasteryError | None) -> str:
    if trouble is None:
        return ""
    return "That person is no longer here. Pick somebody else." if isinstance(trouble, NotFound) else str(trouble)
