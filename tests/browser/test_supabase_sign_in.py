"""The sign-in on Supabase as a visitor sees it: the real app, the local Supabase behind it, a real browser before it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mastery_core.database import Database
from mastery_core.identity.sessions import key_of
from tests.local_supabase import LocalSupabase

SIGN_IN = re.compile(r"/session/sign-in")
PASSWORD = "correct horse"
LOADS = 200
SECONDS_FOR_A_PAGE = 60
RERUN = b"\x5a\x00"  # BackMsg.rerun_script, empty
# Opens the socket of a Streamlit page and asks for the page, as the frontend does, with this browser's cookies.
OPEN_SOCKET = """() => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/_stcore/stream", ["streamlit"]);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { window.socket = socket; resolve(); };
  socket.onclose = () => reject(new Error("The socket was closed."));
})"""
ASK_FOR_PAGE = "() => window.socket.send(new Uint8Array([0x5a, 0x00]))"
CLOSE_SOCKET = "() => { window.socket.onclose = null; window.socket.close(); }"

PageOf = Callable[..., Page]


@dataclass(frozen=True)
class Learner:
    id: str
    email: str
    name: str
    concept: str


@pytest.fixture
def new_learner(local_supabase: LocalSupabase, service: Database) -> Callable[[], Learner]:
    """``new_learner()``: somebody with an account and a few outcomes on a concept that nobody else has."""

    def make() -> Learner:
        name, concept = f"ada{uuid4().hex[:10]}", f"Concept {uuid4().hex[:10]}"
        email = f"{name}@school.example"
        learner = Learner(local_supabase.add_person(email, PASSWORD), email, name, concept)
        now = datetime.now(UTC)
        rows = [_outcome(learner, now - timedelta(days=days)) for days in range(4)]
        service.call("import_outcomes", rows=rows, cohort=None)
        return learner

    return make


@pytest.fixture
def learner(new_learner: Callable[[], Learner]) -> Learner:
    return new_learner()


@pytest.fixture
def page(new_page: PageOf) -> Page:
    return new_page()


def _outcome(learner: Learner, at: datetime) -> dict[str, str]:
    return {
        "id": str(uuid4()),
        "learner": learner.id,
        "learner_name": learner.name,
        "concept": learner.concept,
        "outcome": "correct",
        "type": "quiz",
        "at": at.isoformat(),
    }


def _enter(page: Page, learner: Learner, password: str = PASSWORD) -> None:
    """Fill in the page of the sign-in, which is open."""
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _sign_in(page: Page, url: str, learner: Learner) -> None:
    page.goto(f"{url}/session/sign-in")
    _enter(page, learner)
    _expect_name(page, learner)


def _come_in(page: Page, url: str, learner: Learner) -> dict[str, str]:
    """Sign this browser in without drawing a page, for tests about something else; its cookies."""
    form = {"email": learner.email, "password": PASSWORD}
    answer = httpx.post(f"{url}/session/sign-in", data=form, timeout=SECONDS_FOR_A_PAGE)
    assert answer.status_code == 303
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in answer.cookies.items()])
    return _cookies(page)


def _expect_name(page: Page, learner: Learner) -> None:
    expect(page.get_by_test_id("stSidebar").get_by_text(learner.name)).to_be_visible()


def _cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def _last_code(local_supabase: LocalSupabase, learner: Learner) -> str:
    return local_supabase.mailbox[learner.email][-1]["code"]


def test_a_password_leads_to_the_page_that_was_asked_for(supabase_app_url: str, page: Page, learner: Learner) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    expect(page).to_have_url(SIGN_IN)
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(learner.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))
    page.reload()
    _expect_name(page, learner)
    second = page.context.new_page()
    second.goto(supabase_app_url)
    _expect_name(second, learner)


def test_a_wrong_password_is_said_and_the_address_stays(supabase_app_url: str, page: Page, learner: Learner) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    _enter(page, learner, "wrong")

    expect(page.get_by_role("alert")).to_have_text("This e-mail and password do not match.")
    expect(page.get_by_label("E-mail")).to_have_value(learner.email)
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))


def test_signing_out_in_one_tab_ends_the_other(supabase_app_url: str, page: Page, learner: Learner) -> None:
    _sign_in(page, supabase_app_url, learner)
    before = _cookies(page)
    idle = page.context.new_page()
    idle.goto(f"{supabase_app_url}/?from=here")
    _expect_name(idle, learner)

    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(SIGN_IN)

    expect(idle.get_by_text("You are signed out.")).to_be_visible()
    expect(idle.get_by_text(learner.name)).to_have_count(0)
    assert (
        httpx.get(f"{supabase_app_url}/_stcore/host-config", cookies=before, timeout=SECONDS_FOR_A_PAGE).status_code
        == 401
    )
    idle.get_by_role("link", name="Sign in again").click()
    _enter(idle, learner)
    _expect_name(idle, learner)
    expect(idle).to_have_url(re.compile(r"from=here"))


def test_a_code_by_e_mail_signs_in(
    supabase_app_url: str, page: Page, learner: Learner, local_supabase: LocalSupabase
) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    page.get_by_role("link", name="Sign in by e-mail").click()
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_role("button", name="Send me the message").click()
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill(_last_code(local_supabase, learner))
    page.get_by_label("Code").press("Enter")

    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))


def test_the_link_in_the_e_mail_signs_in(
    supabase_app_url: str, page: Page, learner: Learner, local_supabase: LocalSupabase
) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    page.get_by_role("link", name="Sign in by e-mail").click()
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_role("button", name="Send me the message").click()
    expect(page.get_by_label("Code")).to_be_visible()
    mail = page.context.new_page()
    mail.goto(local_supabase.mailbox[learner.email][-1]["link"])

    _expect_name(mail, learner)
    expect(mail).to_have_url(re.compile(r"from=here"))


def test_a_forgotten_password_is_replaced(
    supabase_app_url: str, page: Page, learner: Learner, local_supabase: LocalSupabase
) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    page.get_by_role("link", name="Forgotten password").click()
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_role("button", name="Send me the message").click()
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(_last_code(local_supabase, learner))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("New password")).to_be_focused()
    page.get_by_label("New password").fill("another horse")
    page.get_by_role("button", name="Save and sign in").click()

    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))
    page.goto(f"{supabase_app_url}/session/sign-in")
    _enter(page, learner)
    expect(page.get_by_role("alert")).to_have_text("This e-mail and password do not match.")


def test_a_new_account_is_made_and_signed_in(supabase_app_url: str, page: Page) -> None:
    page.goto(f"{supabase_app_url}/?from=here")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("Zoë Ng")
    page.get_by_label("E-mail").fill(f"{uuid4()}@school.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()

    expect(page.get_by_test_id("stSidebar").get_by_text("Zoë Ng")).to_be_visible()
    expect(page).to_have_url(re.compile(r"from=here"))


def test_a_provider_signs_in(
    supabase_app_url: str,
    page: Page,
    learner: Learner,
    local_supabase: LocalSupabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_supabase.auth, "provider_email", learner.email)
    page.goto(f"{supabase_app_url}/?from=here")
    page.get_by_role("button", name="Continue with GitHub").click()

    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))


def test_the_sign_in_works_without_javascript(
    supabase_app_url: str,
    new_page: PageOf,
    learner: Learner,
    local_supabase: LocalSupabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{supabase_app_url}/?from=here")
    _enter(page, learner)
    expect(page).to_have_url(f"{supabase_app_url}/?from=here")

    monkeypatch.setattr(local_supabase.auth, "provider_email", learner.email)
    page.goto(f"{supabase_app_url}/session/sign-in?next=/%3Ffrom=there")
    page.get_by_role("button", name="Continue with GitHub").click()
    expect(page).to_have_url(f"{supabase_app_url}/?from=there")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("step", ["sign-in", "code", "sign-up"])
def test_the_pages_fit_every_screen_and_either_light(
    supabase_app_url: str, new_page: PageOf, step: str, width: int, color_scheme: str
) -> None:
    page = new_page(width, 844, color_scheme)
    page.goto(f"{supabase_app_url}/session/{step}")

    expect(page.get_by_label("E-mail")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red = int(page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0])
    assert (red < 40) == (color_scheme == "dark")


def test_an_access_token_that_ends_is_renewed_unseen(
    supabase_app_url: str,
    page: Page,
    learner: Learner,
    local_supabase: LocalSupabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_supabase.auth, "access_token_seconds", 1)
    _sign_in(page, supabase_app_url, learner)
    given = len(local_supabase.auth._refresh_tokens)
    page.goto(f"{supabase_app_url}/?from=here")
    expect(page.get_by_text(learner.concept).first).to_be_attached()

    assert len(local_supabase.auth._refresh_tokens) > given
    expect(page).to_have_url(re.compile(r"from=here"))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_revoked_session_leads_to_the_sign_in_and_back(
    supabase_app_url: str,
    page: Page,
    learner: Learner,
    local_supabase: LocalSupabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as knobs:
        knobs.setattr(local_supabase.auth, "access_token_seconds", 1)
        _sign_in(page, supabase_app_url, learner)
        expect(page.get_by_text(learner.concept).first).to_be_attached()
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        # Nothing that follows along is left to notice it first: whose page is half loaded by then is told in a dialog, without a way back.
        page.goto("about:blank")
    for session in list(local_supabase.auth._sessions.values()):
        if session.person_id == learner.id:
            local_supabase.auth.revoke(session.id)
    page.goto(f"{supabase_app_url}/?from=here")

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_text(learner.name)).to_have_count(0)
    page.get_by_role("link", name="Sign in again").click()
    _enter(page, learner)
    _expect_name(page, learner)
    expect(page).to_have_url(re.compile(r"from=here"))


def test_two_people_at_once_never_see_each_other(
    supabase_app_url: str, new_page: PageOf, new_learner: Callable[[], Learner]
) -> None:
    """In all that reaches two browsers over alternating loads of the page, side by side, nothing is of the other one.

    A load is a socket of the browser's own, over which the app sends the whole page; the last one is drawn as well.
    """
    browsers = [(new_page(), learner) for learner in (new_learner(), new_learner())]
    for page, learner in browsers:
        _come_in(page, supabase_app_url, learner)
        page.goto(f"{supabase_app_url}/_stcore/health")
    for _ in range(LOADS // 2):
        loads = [_begin_load(page) for page, _ in browsers]
        for (page, learner), (_, other), frames in zip(browsers, reversed(browsers), loads, strict=True):
            shown = _end_load(page, frames)
            assert learner.name.encode() in shown
            assert learner.concept.encode() in shown
            assert other.name.encode() not in shown
            assert other.concept.encode() not in shown
    for (page, learner), (_, other) in zip(browsers, reversed(browsers), strict=True):
        page.goto(supabase_app_url)
        _expect_name(page, learner)
        expect(page.get_by_text(learner.concept).first).to_be_attached()
        expect(page.get_by_text(other.concept)).to_have_count(0)
        expect(page.get_by_text(other.name)).to_have_count(0)


def _begin_load(page: Page) -> list[bytes]:
    """Ask for the page over a socket of this browser; what is received fills the list."""
    frames: list[bytes] = []
    page.once("websocket", lambda socket: socket.on("framereceived", partial(_keep, frames)))
    page.evaluate(OPEN_SOCKET)
    page.evaluate(ASK_FOR_PAGE)
    return frames


def _end_load(page: Page, frames: list[bytes]) -> bytes:
    """Everything of that load, when the script has come to its end."""
    end = time.monotonic() + SECONDS_FOR_A_PAGE
    while not any(_message(frame).HasField("script_finished") for frame in frames[-9:]):
        assert time.monotonic() < end, "The page did not come to its end."
        page.wait_for_timeout(10)
    page.evaluate(CLOSE_SOCKET)
    return b"".join(frames)


def _keep(frames: list[bytes], frame: bytes | str) -> None:
    frames.append(frame if isinstance(frame, bytes) else frame.encode())


def _message(frame: bytes) -> ForwardMsg:
    return ForwardMsg.FromString(frame)


@contextmanager
def _socket(url: str, headers: dict[str, str], *protocols: str) -> Iterator[list[bytes]]:
    """The whole page over a socket outside of any browser, which stays open."""
    address, subprotocols = url.replace("http", "ws", 1) + "/_stcore/stream", ["streamlit", *protocols]
    settings: dict[str, Any] = {"subprotocols": subprotocols, "additional_headers": headers}
    with connect(address, **settings, max_size=None, open_timeout=SECONDS_FOR_A_PAGE) as socket:
        socket.send(RERUN)
        frames = [socket.recv(timeout=SECONDS_FOR_A_PAGE, decode=False)]
        while not _message(frames[-1]).HasField("script_finished"):
            frames.append(socket.recv(timeout=SECONDS_FOR_A_PAGE, decode=False))
        yield frames


def _session_id(frames: list[bytes]) -> str:
    messages = [_message(frame) for frame in frames]
    return next(str(each.new_session.initialize.session_id) for each in messages if each.HasField("new_session"))


def _as_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def test_a_stolen_streamlit_session_opens_nothing(
    supabase_app_url: str, new_page: PageOf, new_learner: Callable[[], Learner]
) -> None:
    victim, thief = new_learner(), new_learner()
    cookies_of_victim = _come_in(new_page(), supabase_app_url, victim)
    cookies_of_thief = _come_in(new_page(), supabase_app_url, thief)
    with _socket(supabase_app_url, _as_header(cookies_of_victim)) as received:
        assert victim.concept.encode() in b"".join(received)
        stolen = _session_id(received)

        with pytest.raises(InvalidStatus) as refusal, _socket(supabase_app_url, {}, "token", stolen):
            pass
        assert refusal.value.response.status_code == 403
    # A Streamlit session can be resumed once its own socket is gone.
    with _socket(supabase_app_url, _as_header(cookies_of_thief), "token", stolen) as received:
        assert _session_id(received) != stolen
        assert thief.concept.encode() in b"".join(received)
        assert victim.concept.encode() not in b"".join(received)
        assert victim.name.encode() not in b"".join(received)


def test_identity_headers_of_a_visitor_are_ignored(
    supabase_app_url: str, new_page: PageOf, new_learner: Callable[[], Learner]
) -> None:
    victim, forger = new_learner(), new_learner()
    victims_key = key_of(_session_cookie(_come_in(new_page(), supabase_app_url, victim)))
    forged = {"x-app-sub": victim.id, "X-App-Sid": victims_key, "x-app-role": "admin"}
    assert httpx.get(supabase_app_url, headers=forged, timeout=SECONDS_FOR_A_PAGE).status_code == 303
    assert httpx.get(f"{supabase_app_url}/media/0.csv", headers=forged, timeout=SECONDS_FOR_A_PAGE).status_code == 401
    with pytest.raises(InvalidStatus), _socket(supabase_app_url, forged):
        pass

    own = _as_header(_come_in(new_page(), supabase_app_url, forger))
    with _socket(supabase_app_url, {**forged, **own}) as received:
        assert forger.concept.encode() in b"".join(received)
        assert victim.concept.encode() not in b"".join(received)


def _session_cookie(cookies: dict[str, str]) -> str:
    return next(value for name, value in cookies.items() if name.startswith("mastery_session"))


@contextmanager
def _site_with(form: str, host: str) -> Iterator[str]:
    """Another site, whose one page sends ``form`` by itself."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"{form}<script>document.forms[0].submit()</script>".encode())

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer((host, 0), Site)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://{host}:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


# The same host on another port is the same site to a cookie, but not the same origin.
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("step", ["sign-out", "sign-in", "provider"])
def test_a_form_on_another_site_changes_nothing(
    supabase_app_url: str, page: Page, learner: Learner, host: str, step: str
) -> None:
    before = _come_in(page, supabase_app_url, learner)
    form = (
        f'<form method="post" action="{supabase_app_url}/session/{step}"><input name="provider" value="github"></form>'
    )
    with _site_with(form, host) as elsewhere:
        page.goto(elsewhere)
        expect(page.get_by_role("heading")).to_have_text("Not from here")

    assert _cookies(page) == before
    assert (
        httpx.get(f"{supabase_app_url}/_stcore/host-config", cookies=before, timeout=SECONDS_FOR_A_PAGE).status_code
        == 200
    )


def test_nothing_is_fetched_from_elsewhere(supabase_app_url: str, page: Page, learner: Learner) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _sign_in(page, supabase_app_url, learner)
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith((supabase_app_url, "data:", "blob:"))] == []
