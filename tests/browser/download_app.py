"""The gate before a page with a download, and a way in for anybody who says who they are."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mastery_core.identity import cookies
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.sessions import SessionStore

sessions = SessionStore()


async def sign_in(request: Request) -> Response:
    person = request.query_params.get("person", "nobody")
    response = PlainTextResponse(person)
    cookies.set_session_id(response, request, sessions.sign_in(person, "student")[0])
    return response


app = st.App(
    Path(__file__).with_name("download_page.py"),
    routes=[Route("/session/sign-in", sign_in)],
    middleware=[Middleware(SignedInOnly, sessions=sessions)],
)
