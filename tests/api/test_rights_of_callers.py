"""Who may ask and record what, by the token they show."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from mastery_core.identity.local_tokens import KEY_FILE, LocalTokens
from tests.api.door import A_DAY, Door, assert_problem, outcome
from tests.local_supabase import LocalSupabase

READS = ("/mastery", "/mastery/weak", "/mastery/history", "/mastery/insights")
SOMEBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def taught(owner: Any, person: Callable[[], str]) -> tuple[str, str, str]:
    """A learner, who teaches their cohort, and who teaches another."""
    learner, teacher, stranger = person(), person(), person()
    for cohort, members in (
        (str(uuid4()), [(learner, "student"), (teacher, "instructor")]),
        (str(uuid4()), [(stranger, "instructor")]),
    ):
        owner.execute("insert into cohorts (id, name) values (%s, %s)", [cohort, cohort])
        for member, role in members:
            owner.execute(
                "insert into cohort_members (cohort_id, user_id, role) values (%s, %s, %s)", [cohort, member, role]
            )
    return learner, teacher, stranger


@pytest.mark.parametrize("path", READS)
def test_a_learner_reads_their_own_and_nobody_elses(
    path: str, api: Door, mine: httpx.Client, me: str, person: Any
) -> None:
    mine.post("/mastery/outcomes", json=outcome()).raise_for_status()
    own = mine.get(path)
    assert own.status_code == 200
    assert own.headers["cache-control"] == "no-store"
    assert mine.get(path, params={"learner": me}).json().keys() == own.json().keys()
    assert_problem(mine.get(path, params={"learner": person()}), 404, "no such person")
    assert_problem(mine.get(path, params={"learner": SOMEBODY}), 404, "no such person")


@pytest.mark.parametrize("path", READS)
def test_an_instructor_reads_the_learners_of_their_cohorts(path: str, api: Door, taught: tuple[str, str, str]) -> None:
    learner, teacher, stranger = taught
    api.person(learner).post("/mastery/outcomes", json=outcome()).raise_for_status()
    own = api.person(learner).get(path, params={"at": "2100-01-01T00:00:00Z"}).json()
    seen = api.person(teacher).get(path, params={"learner": learner, "at": "2100-01-01T00:00:00Z"})
    assert seen.json() == own
    assert_problem(api.person(stranger).get(path, params={"learner": learner}), 404, "no such person")


def test_nobody_records_for_somebody_else(api: Door, taught: tuple[str, str, str], query: Any) -> None:
    learner, teacher, stranger = taught
    for other in (teacher, stranger):
        client = api.person(other)
        assert_problem(client.post("/mastery/outcomes", json=outcome(learner=learner)), 403, "your own")
        assert_problem(client.post("/mastery/session/start", json={"learner": learner}), 403, "your own")
    session = api.person(learner).post("/mastery/session/start").json()["session_id"]
    assert_problem(api.person(teacher).post(f"/mastery/session/{session}/end"), 404, "no session")
    assert query("select 1 from interactions where student_id = %(learner)s", learner=learner) == []


def test_the_service_records_for_every_learner_it_names(api: Door, me: str, mine: httpx.Client) -> None:
    keeper = api.keeper()
    session = keeper.post("/mastery/session/start", json={"learner": me}).json()["session_id"]
    recorded = keeper.post("/mastery/outcomes", json=outcome(learner=me, session=session))
    assert recorded.json()["updates"][0]["user_id"] == me
    assert keeper.post(f"/mastery/session/{session}/end").json()["total_interactions"] == 1
    assert [each["concept_tag"] for each in mine.get("/mastery").json()["concepts"]] == ["Mean"]
    for path in READS:
        assert keeper.get(path, params={"learner": me}).status_code == 200
        assert_problem(keeper.get(path), 422, "Name the learner")
    assert_problem(keeper.post("/mastery/outcomes", json=outcome()), 422, "Name the learner")
    assert_problem(keeper.post("/mastery/session/start"), 422, "Name the learner")
    assert_problem(keeper.get("/mastery", params={"learner": SOMEBODY}), 404, "no such person")


CALLS = [
    *(("GET", path, None) for path in READS),
    ("POST", "/mastery/session/start", None),
    ("POST", f"/mastery/session/{SOMEBODY}/end", None),
    ("POST", "/mastery/outcomes", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_without_a_token_nothing_is_answered_whatever_is_sent(method: str, path: str, body: object, api: Door) -> None:
    refused = api.nobody().request(method, path, json=body)
    assert_problem(refused, 401, "Authorization: Bearer")
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/health", "/ready", "/openapi.json", "/docs"])
def test_what_says_how_the_api_is_asks_nobody_who_they_are(path: str, api: Door) -> None:
    assert api.nobody().get(path).status_code == 200


def test_a_cookie_is_nobody(api: Door, me: str) -> None:
    client = api.client(
        {"Cookie": f"mastery_session={api.token_of(me)}; Authorization={api.token_of(me)}", "x-app-sub": me}
    )
    assert_problem(client.get("/mastery"), 401, "Authorization: Bearer")


BAD_HEADERS = {
    "garbage": "Bearer a.b.c", "no ASCII": "Bearer é".encode(), "Basic": "Basic dXNlcjpwYXNz", "empty": "Bearer",
    "a key": "Bearer sb_secret_x", "long": "Bearer " + "x" * 30_000,
}  # fmt: skip


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_what_is_no_token_is_refused(header: str | bytes, api: Door) -> None:
    refused = api.nobody().get("/mastery", headers={"Authorization": header})
    assert_problem(refused, 401, "oken")


def test_a_token_of_the_embedded_house_is_refused_when_it_is_not_good(
    embedded_api: Door, me: str, tmp_path: Any
) -> None:
    strangers = LocalTokens(tmp_path)
    good = jwt.decode(embedded_api.token_of(me), options={"verify_signature": False})
    key = (tmp_path / KEY_FILE).read_bytes() if strangers.issue_service(A_DAY) else b""
    for token in (strangers.issue(me, A_DAY), jwt.encode(good, key), jwt.encode(good, None, algorithm="none")):
        refused = embedded_api.client({"Authorization": f"Bearer {token}"}).get("/mastery")
        assert_problem(refused, 401, "not a token")


@pytest.mark.parametrize(
    ("changed", "gist"),
    [
        ({"expires_in": -60}, "expired"),
        ({"aud": "other"}, "not for this dashboard"),
        ({"iss": "https://other.example/auth/v1"}, "not for this dashboard"),
        ({"role": "anon"}, "not for this dashboard"),
    ],
)
def test_a_token_of_the_project_is_refused_when_it_is_not_good(
    changed: dict[str, Any], gist: str, supabase_api: Door, local_supabase: LocalSupabase, me: str
) -> None:
    token = local_supabase.token_for(me, **changed)
    assert_problem(supabase_api.client({"Authorization": f"Bearer {token}"}).get("/mastery"), 401, gist)


def test_a_key_that_the_project_does_not_know_is_refused(supabase_api: Door, me: str) -> None:
    for key in ("sb_secret_wrong", "sb_secret_é".encode(), "sb_publishable_x", ""):
        refused = supabase_api.client({"apikey": key}).get("/mastery", params={"learner": me})
        assert refused.status_code == 401, refused.text
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_person_who_shows_the_projects_open_key_too_is_that_person(
    supabase_api: Door, local_supabase: LocalSupabase, me: str
) -> None:
    headers = {"apikey": local_supabase.publishable_key, "Authorization": f"Bearer {supabase_api.token_of(me)}"}
    assert supabase_api.client(headers).get("/mastery").json() == {"concepts": []}


def test_a_token_that_ends_is_refused_from_then_on(supabase_api: Door, local_supabase: LocalSupabase, me: str) -> None:
    token = local_supabase.token_for(me, expires_in=-9)  # within the leeway
    client = supabase_api.client({"Authorization": f"Bearer {token}"})
    end = time.monotonic() + 10
    while (response := client.get("/mastery")).status_code != 401 and time.monotonic() < end:
        time.sleep(0.2)
    assert_problem(response, 401, "")
