"""What the API says of itself is so."""

import dataclasses
import re
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from mastery_core import model
from mastery_core.api import models
from tests.api.door import Door

METHODS = {"get", "post"}


@pytest.fixture(scope="module")
def document(embedded_api: Door) -> dict[str, Any]:
    said: dict[str, Any] = embedded_api.nobody().get("/openapi.json").json()
    return said


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation for path, item in document["paths"].items() for method, operation in item.items()
    }


def test_the_addresses_are_those_of_the_brief_and_what_a_tutor_needs(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "/api"}]
    assert set(operations(document)) == {
        "get /health", "get /ready", "get /mastery", "get /mastery/weak", "get /mastery/history", "get /mastery/insights",
        "post /mastery/session/start", "post /mastery/session/{session_id}/end", "post /mastery/outcomes",
    }  # fmt: skip


def test_every_address_says_what_it_is_for_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    for address, operation in operations(document).items():
        assert operation["description"], address
        for status, response in operation["responses"].items():
            assert response["description"], (address, status)
            assert list(response["content"]) == [
                "application/json" if status.startswith("2") else "application/problem+json"
            ], (address, status)
        if "/mastery" in address:
            assert operation["security"] == [{"token": []}, {"secretKey": []}], address
            assert {"401", "422", "500", "503", "504"} <= operation["responses"].keys(), address
    assert document["components"]["securitySchemes"].keys() == {"token", "secretKey"}


def test_every_field_says_what_it_means(document: dict[str, Any]) -> None:
    for address, operation in operations(document).items():
        for parameter in operation.get("parameters", []):
            assert "description" in parameter or parameter["name"] == "session_id", (address, parameter["name"])
    for name, schema in document["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            assert {"description", "$ref", "examples", "items"} & said.keys(), (name, field)


@pytest.mark.parametrize(
    ("documented", "answered"),
    [
        (models.ConceptStanding, model.ConceptMastery), (models.Insights, model.LearningInsights),
        (models.Summary, model.SessionSummary),
    ],
)  # fmt: skip
def test_what_is_documented_is_what_the_service_answers(documented: type[BaseModel], answered: type) -> None:
    assert set(documented.model_fields) == {field.name for field in dataclasses.fields(answered)}


def test_rows_of_the_history_are_documented_as_they_are() -> None:
    assert set(models.HistoryEntry.model_fields) == set(model.HistoryRow.__annotations__)


def test_the_page_of_the_documents_fetches_nothing_from_elsewhere(embedded_api: Door) -> None:
    client = embedded_api.nobody()
    page = client.get("/docs").text
    fetched = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(fetched) == 3
    for address in fetched:
        assert address.startswith("/api/"), address
        assert client.get(address.removeprefix("/api")).status_code == 200, address
    assert re.findall(r"https?://[^'\" ]+", page) == []
    assert '"validatorUrl": null' in page


def test_the_assets_of_the_page_leave_no_way_out_of_their_folder(embedded_api: Door) -> None:
    address = httpx.URL(embedded_api.url + "/static-offline-docs/%2e%2e/core.py")
    assert embedded_api.nobody().get(address).status_code == 404
