"""Browsers may call from the origins that were named, and from no other."""

from collections.abc import Iterator

import httpx
import pytest

from mastery_core.api.app import create_api
from mastery_core.api.mount import cors_origins
from mastery_core.errors import InvalidInput
from mastery_core.identity.bearer import EmbeddedCallers
from mastery_core.identity.local_tokens import LocalTokens
from tests.api.door import Door, opened

TUTOR = "https://tutor.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture(scope="module")
def opened_to_tutor(database: object, local_tokens: LocalTokens) -> Iterator[httpx.Client]:
    callers = EmbeddedCallers(lambda: database, local_tokens)  # type: ignore[arg-type, return-value]
    with opened(create_api(lambda: callers, lambda: None, cors_origins=[TUTOR]), str, {}) as door:
        yield door.nobody()


def headers_of_cors(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [TUTOR, "null", "http://localhost:8501"])
def test_closed_unless_it_is_opened(origin: str, embedded_api: Door) -> None:
    client = embedded_api.nobody()
    preflight = client.options("/mastery/outcomes", headers={"Origin": origin, **PREFLIGHT})
    assert (preflight.status_code, headers_of_cors(preflight)) == (405, {})
    assert headers_of_cors(client.get("/mastery", headers={"Origin": origin})) == {}


def test_open_to_the_origin_that_was_named(opened_to_tutor: httpx.Client) -> None:
    preflight = opened_to_tutor.options("/mastery/outcomes", headers={"Origin": TUTOR, **PREFLIGHT})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == TUTOR
    assert "access-control-allow-credentials" not in preflight.headers
    for path in ("/health", "/mastery", "/nothing"):
        assert opened_to_tutor.get(path, headers={"Origin": TUTOR}).headers["access-control-allow-origin"] == TUTOR
    too_large = opened_to_tutor.post("/mastery/outcomes", headers={"Origin": TUTOR}, content=b" " * 2**21)
    assert (too_large.status_code, too_large.headers["access-control-allow-origin"]) == (413, TUTOR)


@pytest.mark.parametrize(
    "origin", ["https://tutor.example.evil.example", "http://tutor.example", "null", "https://TUTOR.example:444"]
)
def test_closed_to_every_other_origin(origin: str, opened_to_tutor: httpx.Client) -> None:
    preflight = opened_to_tutor.options("/mastery/outcomes", headers={"Origin": origin, **PREFLIGHT})
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in opened_to_tutor.get("/health", headers={"Origin": origin}).headers


def test_origins_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTERY_CORS_ORIGINS", raising=False)
    assert cors_origins() == []
    monkeypatch.setenv("MASTERY_CORS_ORIGINS", f" {TUTOR}, http://localhost:3000 ,")
    assert cors_origins() == [TUTOR, "http://localhost:3000"]


@pytest.mark.parametrize(
    "wrong", ["*", "tutor.example", f"{TUTOR}/", "ftp://tutor.example", "https://", "https://*.example/x"]
)
def test_what_is_no_origin_is_said_at_the_start(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTERY_CORS_ORIGINS", wrong)
    with pytest.raises(InvalidInput, match="is not an origin like"):
        cors_origins()
