"""A small classroom in a real database, and a browser-like client on the computer it runs on."""

import warnings
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from starlette.types import ASGIApp

from mastery_core import open_database
from mastery_core.database import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have the next httpx, which nothing else here needs.
    from starlette.testclient import TestClient

ADA, BEN, MARK = (str(UUID(int=number)) for number in (1, 2, 3))
HERE = "http://localhost:8501"


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Three learners, as the service sees them: Ada and Ben in cohorts, and one whose name is HTML."""
    database = open_database(tmp_path_factory.mktemp("home"))
    service = database.acting_as_service()
    service.call("import_outcomes", rows=[_outcome(ADA, "Ada Okafor")], cohort="Statistics 2026")
    service.call("import_outcomes", rows=[_outcome(BEN, "Ben Silva")], cohort="Statistics 2025")
    service.call("import_outcomes", rows=[_outcome(MARK, "<b>Mark</b>")], cohort=None)
    yield service
    database.close()


@pytest.fixture
def client_of() -> Callable[..., TestClient]:
    """A client of an app that keeps cookies and follows no redirects, by default on this very computer."""

    def make(app: ASGIApp, address: str = "127.0.0.1", base_url: str = HERE) -> TestClient:
        return TestClient(app, base_url=base_url, client=(address, 50_000), follow_redirects=False)

    return make


def _outcome(learner: str, name: str) -> dict[str, str]:
    return {
        "id": str(uuid4()),
        "learner": learner,
        "learner_name": name,
        "concept": "mean",
        "outcome": "correct",
        "type": "quiz",
        "at": "2026-11-20T10:00:00Z",
    }
