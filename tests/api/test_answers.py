"""What the API answers is what the service says."""

from dataclasses import asdict
from datetime import UTC, datetime

import httpx
import pytest

from mastery_core import MasteryService
from mastery_core.database import EmbeddedDatabase
from tests.api.door import outcome

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED_AT = {"at": AT.isoformat().replace("+00:00", "Z")}


@pytest.fixture
def service_of_mine(database: EmbeddedDatabase, me: str) -> MasteryService:
    return MasteryService(database.acting_as(me))


@pytest.fixture(autouse=True)
def practised(mine: httpx.Client) -> None:
    sent = [
        outcome(concept, result, at=f"2026-11-{day:02}T10:00:00Z")
        for day, concept, result in [
            (1, "Mean", "correct"), (2, "Mean", "incorrect"), (3, "Mode", "incorrect"), (3, "Mode", "incorrect"),
            (4, "Mode", "confusion_detected"), (15, "Mean", "correct"), (16, "z-scores", "passive_read"),
        ]
    ]  # fmt: skip
    mine.post("/mastery/outcomes", json=sent).raise_for_status()


def as_json(thing: object) -> object:
    import orjson

    return orjson.loads(orjson.dumps(thing))


def test_mastery(mine: httpx.Client, me: str, service_of_mine: MasteryService) -> None:
    said = mine.get("/mastery", params=ASKED_AT).json()
    assert said == as_json({"concepts": list(service_of_mine.get_user_mastery(me, at=AT).values())})
    assert {each["concept_tag"] for each in said["concepts"]} == {"Mean", "Mode", "z-scores"}


def test_mastery_of_some_concepts_and_as_last_practised(
    mine: httpx.Client, me: str, service_of_mine: MasteryService
) -> None:
    asked = {"concepts": ["Mean", "Mode", "Unknown"], "apply_decay": "false", **ASKED_AT}
    expected = service_of_mine.get_user_mastery(me, ["Mean", "Mode", "Unknown"], apply_decay=False, at=AT)
    assert mine.get("/mastery", params=asked).json() == as_json({"concepts": list(expected.values())})
    assert len(expected) == 2


def test_weak_concepts(mine: httpx.Client, me: str, service_of_mine: MasteryService) -> None:
    asked = {"threshold": 0.6, "limit": 2, **ASKED_AT}
    expected = service_of_mine.get_weak_concepts(me, 0.6, 2, at=AT)
    assert mine.get("/mastery/weak", params=asked).json() == as_json({"concepts": expected})
    assert [each.concept_tag for each in expected][:1] == ["Mode"]


def test_history(mine: httpx.Client, me: str, service_of_mine: MasteryService) -> None:
    asked = {"concept": "Mean", "days": 10, "limit": 3, **ASKED_AT}
    expected = service_of_mine.get_mastery_history(me, "Mean", 10, 3, at=AT)
    assert mine.get("/mastery/history", params=asked).json() == as_json({"history": expected})
    assert [row["trigger_type"] for row in expected] == ["quiz", "decay"]


def test_insights(mine: httpx.Client, me: str, service_of_mine: MasteryService) -> None:
    said = mine.get("/mastery/insights", params={"days": 30, **ASKED_AT}).json()
    assert said == as_json(asdict(service_of_mine.get_learning_insights(me, 30, at=AT)))
    assert said["total_interactions"] == 7
