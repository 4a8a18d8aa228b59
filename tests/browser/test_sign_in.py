"""Signing in and out as a visitor sees it, and what a visitor without a sign-in gets."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mastery_core.database import EmbeddedDatabase

AMINA, TARIQ = "Amina Diallo", "Tariq Haddad"
SIGN_IN = re.compile(r"/session/sign-in")

PageOf = Callable[..., Page]


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(SIGN_IN)


def _cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def test_a_visitor_picks_a_person_and_stays_signed_in(app_url: str, new_page: PageOf) -> None:
    page = new_page()
    page.goto(f"{app_url}/?from=here")
    expect(page).to_have_url(SIGN_IN)
    page.get_by_role("button", name=AMINA).click()

    expect(page.get_by_test_id("stSidebar").get_by_text(AMINA)).to_be_visible()
    expect(page).to_have_url(re.compile(r"from=here"))
    page.reload()
    expect(page.get_by_test_id("stSidebar").get_by_text(AMINA)).to_be_visible()
    second = page.context.new_page()
    second.goto(app_url)
    expect(second.get_by_test_id("stSidebar").get_by_text(AMINA)).to_be_visible()


def test_signing_out_in_one_tab_ends_every_tab_soon(app_url: str, signed_in_page: PageOf) -> None:
    page = signed_in_page(AMINA)
    idle = page.context.new_page()
    idle.goto(f"{app_url}/?from=here")
    expect(idle.get_by_test_id("stSidebar").get_by_text(AMINA)).to_be_visible()
    before = _cookies(page)

    _sign_out(page)

    expect(idle.get_by_text("You are signed out.")).to_be_visible()
    expect(idle.get_by_text(AMINA)).to_have_count(0)
    assert httpx.get(f"{app_url}/_stcore/host-config", cookies=before, timeout=60).status_code == 401
    idle.get_by_role("link", name="Sign in again").click()
    idle.get_by_role("button", name=AMINA).click()
    expect(idle).to_have_url(re.compile(r"from=here"))


def test_signing_in_as_somebody_else_ends_the_tabs_of_the_person_before(app_url: str, signed_in_page: PageOf) -> None:
    page = signed_in_page(AMINA)
    second = page.context.new_page()
    second.goto(f"{app_url}/session/sign-in")
    expect(second.get_by_text(f"You are signed in as {AMINA}.")).to_be_visible()
    second.get_by_role("button", name=TARIQ).click()

    expect(second.get_by_test_id("stSidebar").get_by_text(TARIQ)).to_be_visible()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_typing_narrows_the_list_and_enter_picks_the_only_one(
    app_url: str, new_page: PageOf, app_database: EmbeddedDatabase
) -> None:
    everybody = app_database.acting_as_service().call("find_people", who="", max_people=1)["total"]
    page = new_page()
    page.goto(f"{app_url}/session/sign-in")
    assert page.locator(".person").count() == everybody >= 93, "the sample's, and whom other tests made"
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("hadd")
    expect(page.locator(".person")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("stSidebar").get_by_text(TARIQ)).to_be_visible()


def test_the_keyboard_alone_is_enough(app_url: str, new_page: PageOf) -> None:
    page = new_page()
    page.goto(f"{app_url}/session/sign-in")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")
    first = page.locator(".person").first
    expect(first).to_be_focused()
    picked = first.locator(".name").inner_text()
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("stSidebar").get_by_text(picked)).to_be_visible()


def test_the_sign_in_works_without_javascript(app_url: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{app_url}/session/sign-in?next=/sessions")
        page.get_by_role("searchbox").fill("amina")
        page.get_by_role("button", name="Find").click()
        expect(page.locator(".person")).to_have_count(1)
        page.get_by_role("button", name=AMINA).click()

        expect(page).to_have_url(f"{app_url}/sessions")
        assert any(cookie["name"].startswith("mastery_session") for cookie in context.cookies())


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_sign_in_fits_every_screen_and_either_light(
    app_url: str, new_page: PageOf, width: int, color_scheme: str
) -> None:
    page = new_page(width, 844, color_scheme)
    page.goto(f"{app_url}/session/sign-in")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red = int(page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0])
    assert (red < 40) == (color_scheme == "dark")


def test_nothing_is_fetched_from_elsewhere(app_url: str, new_page: PageOf) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(app_url)
    page.get_by_role("button", name=AMINA).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith((app_url, "data:", "blob:"))] == []


def test_a_file_is_not_even_looked_for_by_a_stranger(app_url: str, signed_in_page: PageOf) -> None:
    cookies = _cookies(signed_in_page(AMINA))

    assert httpx.get(f"{app_url}/media/0123.csv", timeout=60).status_code == 401
    assert httpx.get(f"{app_url}/component/none/index.html", timeout=60).status_code == 401
    assert httpx.get(f"{app_url}/component/none/index.html", cookies=cookies, timeout=60).status_code == 404


def test_a_stolen_streamlit_session_opens_nothing(app_url: str, signed_in_page: PageOf) -> None:
    page, frames = signed_in_page(AMINA), list[bytes]()
    page.on("websocket", lambda socket: _keep_frames(socket, frames))
    page.reload()
    expect(page.get_by_test_id("stSidebar").get_by_text(AMINA)).to_be_visible()
    stolen = _session_id(frames)
    address = app_url.replace("http", "ws", 1) + "/_stcore/stream"

    with pytest.raises(InvalidStatus) as refusal:
        connect(address, subprotocols=["streamlit", "token", stolen])  # type: ignore[list-item]
    assert refusal.value.response.status_code == 403
    thief = {"Cookie": "; ".join(f"{name}={value}" for name, value in _cookies(signed_in_page(TARIQ)).items())}
    with connect(address, subprotocols=["streamlit", "token", stolen], additional_headers=thief) as socket:  # type: ignore[list-item]
        socket.send(b"\x5a\x00")  # BackMsg.rerun_script, empty
        assert _session_id([socket.recv(timeout=10, decode=False)]) != stolen


def _keep_frames(socket: WebSocket, frames: list[bytes]) -> None:
    socket.on("framereceived", lambda frame: frames.append(frame if isinstance(frame, bytes) else frame.encode()))


def _session_id(frames: list[bytes]) -> str:
    messages = [ForwardMsg.FromString(frame) for frame in frames]
    return next(str(each.new_session.initialize.session_id) for each in messages if each.HasField("new_session"))
