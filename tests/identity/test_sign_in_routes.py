from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from mastery_core.database import Database
from mastery_core.errors import Unavailable
from mastery_core.identity.directory import Directory
from mastery_core.identity.local_sign_in import LocalSignIn
from mastery_core.identity.middleware import SignedInOnly
from mastery_core.identity.preparation import Preparation, Progress, Stage
from mastery_core.identity.sessions import SessionStore, key_of
from mastery_core.identity.shelves import MemoryShelf

ADA = "00000000-0000-0000-0000-000000000001"
BEN = "00000000-0000-0000-0000-000000000002"
COOKIE = "mastery_session_8501"
SAME_ORIGIN = {"origin": "http://localhost:8501", "sec-fetch-site": "same-origin"}


def _not_needed(*arguments: object, **named: object) -> NoReturn:
    raise AssertionError(arguments, named)


@dataclass
class Desk:
    """The sign-in behind the gate, its database already open."""

    classroom: Database
    client_of: Callable[..., TestClient]

    def __post_init__(self) -> None:
        self.shelf = MemoryShelf()
        self.store = SessionStore(self.shelf)
        self.preparation = Preparation(_not_needed, _not_needed)
        self.preparation.progress = Progress(Stage.READY)
        self.client = self.browser()

    def browser(self, **where: str) -> TestClient:
        sign_in = LocalSignIn(self.store, self.preparation, lambda: Directory(self.classroom))
        gate = Middleware(SignedInOnly, sessions=self.store)
        return self.client_of(Starlette(routes=sign_in.routes(), middleware=[gate]), **where)

    def sign_in(self, person: str = ADA, **headers: str) -> int:
        form = {"person": person}
        status: int = self.client.post("/session/sign-in", data=form, headers=headers or SAME_ORIGIN).status_code
        return status

    @property
    def key(self) -> str:
        return key_of(self.client.cookies.get(COOKIE, ""))


@pytest.fixture
def desk(classroom: Database, client_of: Callable[..., TestClient]) -> Desk:
    return Desk(classroom, client_of)


def test_the_page_lists_everybody_as_a_button_and_escapes_their_names(desk: Desk) -> None:
    page = desk.client.get("/session/sign-in?next=/progress").text

    assert f'name="person" value="{ADA}"' in page
    assert "Ada Okafor" in page
    assert "Statistics 2026" in page
    assert "3 people" in page
    assert "&lt;b&gt;Mark&lt;/b&gt;" in page
    assert "<b>Mark</b>" not in page
    assert '<input type="hidden" name="next" value="/progress">' in page


def test_the_search_narrows_the_list_on_the_server(desk: Desk) -> None:
    page = desk.client.get("/session/sign-in?q=SILVA").text

    assert BEN in page
    assert ADA not in page
    assert "1 person with this in their name" in page


def test_a_search_for_nobody_says_so_and_leads_back(desk: Desk) -> None:
    page = desk.client.get("/session/sign-in", params={"q": '"><script>alert(1)</script>'}).text

    assert "Nobody is called" in page
    assert "<script>alert" not in page
    assert "see everybody" in page


def test_the_page_may_load_nothing_and_be_framed_by_nobody(desk: Desk) -> None:
    headers = desk.client.get("/session/sign-in").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_picking_a_person_signs_in_and_goes_on(desk: Desk) -> None:
    form = {"person": ADA, "next": "/progress?concept=mean"}
    answer = desk.client.post("/session/sign-in", data=form, headers=SAME_ORIGIN)

    session = desk.store.use(desk.key)
    assert (answer.status_code, answer.headers["location"]) == (303, "/progress?concept=mean")
    assert session is not None
    assert (session.person_id, session.role) == (ADA, "student")


def test_the_cookie_is_for_the_server_only(desk: Desk) -> None:
    answer = desk.client.post("/session/sign-in", data={"person": ADA})
    cookie = answer.headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "max-age=604800" in cookie
    assert "secure" not in cookie


def test_over_https_the_cookie_stays_on_https(desk: Desk) -> None:
    client = desk.browser(base_url="https://mastery.example")
    answer = client.post("/session/sign-in", data={"person": ADA})

    assert answer.headers["set-cookie"].startswith("mastery_session=")
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])
def test_the_sign_in_sends_nobody_to_another_site(desk: Desk, target: str) -> None:
    form = {"person": ADA, "next": target}
    answer = desk.client.post("/session/sign-in", data=form, headers=SAME_ORIGIN)

    assert answer.headers["location"] == "/"
    assert "evil" not in desk.client.get("/session/sign-in", params={"next": target}).text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:9999"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/session/sign-in", "/session/sign-out"])
def test_a_form_from_another_site_changes_nothing(desk: Desk, path: str, headers: dict[str, str]) -> None:
    assert desk.sign_in() == 303
    before = desk.key

    answer = desk.client.post(path, data={"person": BEN}, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert desk.store.is_open(before)


@pytest.mark.parametrize("person", ["", "nobody", "00000000-0000-0000-0000-0000000000ff", "' or 1=1 --"])
def test_picking_nobody_signs_nobody_in(desk: Desk, person: str) -> None:
    assert desk.sign_in(person) in {400, 404}
    assert len(desk.shelf) == 0


def test_signing_in_as_somebody_else_ends_the_session_before(desk: Desk) -> None:
    desk.sign_in(ADA)
    before = desk.key
    desk.sign_in(BEN)

    assert not desk.store.is_open(before)
    assert desk.store.is_open(desk.key)


def test_whoever_comes_back_is_told_who_they_are(desk: Desk) -> None:
    desk.sign_in(ADA)
    page = desk.client.get("/session/sign-in?next=/progress").text

    assert "You are signed in as <strong>Ada Okafor</strong>" in page
    assert 'href="/progress">Continue' in page


def test_signing_out_ends_the_session_and_takes_the_cookie_away(desk: Desk) -> None:
    desk.sign_in()
    before = desk.key
    answer = desk.client.post("/session/sign-out", headers=SAME_ORIGIN)

    assert (answer.status_code, answer.headers["location"]) == (303, "/session/sign-in")
    assert not desk.store.is_open(before)
    assert COOKIE not in desk.client.cookies


def test_a_link_to_the_sign_out_asks_first(desk: Desk) -> None:
    desk.sign_in()
    page = desk.client.get("/session/sign-out")

    assert 'method="post" action="/session/sign-out"' in page.text
    assert desk.store.is_open(desk.key)


def test_a_dead_cookie_is_taken_away(desk: Desk) -> None:
    desk.sign_in()
    desk.store.sign_out(desk.key)
    desk.client.get("/session/sign-in")

    assert COOKIE not in desk.client.cookies


def test_until_the_database_is_open_the_page_shows_how_far_it_is(desk: Desk) -> None:
    desk.preparation.progress = Progress(Stage.SAMPLE, done=30, total=90)
    page = desk.client.get("/session/sign-in").text

    assert '<progress aria-label="How far the sample classroom is" value="30" max="90">' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    told = desk.client.get("/session/preparing").json()
    assert told == {"stage": "sample", "done": 30, "total": 90, "message": ""}
    assert desk.sign_in() == 303
    assert len(desk.shelf) == 0


def test_a_failed_start_says_what_went_wrong(desk: Desk) -> None:
    desk.preparation.progress = Progress(Stage.FAILED, message="The database could not be opened. <disk> is full.")
    answer = desk.client.get("/session/sign-in")

    assert answer.status_code == 503
    assert "The database could not be opened. &lt;disk&gt; is full." in answer.text
    assert "refresh" not in answer.text


def test_a_database_that_goes_away_is_said_in_a_sentence(desk: Desk) -> None:
    class Away:
        def call(self, function: str, /, **arguments: object) -> object:
            raise Unavailable("The database did not answer. Try again in a moment.")

    desk.classroom = Away()
    answer = desk.client.get("/session/sign-in")

    assert answer.status_code == 503
    assert "The database did not answer. Try again in a moment." in answer.text
