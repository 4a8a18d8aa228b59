"""Screens as the people of a real database see them."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import streamlit as st
from streamlit.elements.widgets.button import ButtonMixin
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.identity.installation import extract_folder, installation
from mastery_core.research.extract import extract

ROOT = Path(__file__).parents[2]
SECONDS = 30
# What opens at the root: for a student, for who teaches, and for a researcher.
FIRST_SCREENS = ("student/progress.py", "instructor/cohort.py", "researcher/data.py")

# What happened: a concept, an outcome, and how many days ago.
Happened = tuple[str, str, float]
# What a button gives that was drawn, by its label: the file's name, and the making of it.
Offered = dict[str, tuple[str, Callable[[], Any]]]
# Of these learners of research, a quarter each answers so many days apart; the third concept is one of the first few alone.
RESEARCHED = ("Bayes", "<b>Box plots</b>", "Sampling")
LEARNERS, ANSWERS, SPACINGS, FEW = 80, 8, (1 / 96, 1.0, 2.0, 4.0), 6
# What is imported for a cohort, as ``import_outcomes`` takes it.
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Classroom:
    """A cohort, by id and name, its instructor, and the ids of its learners in the order in which they were given."""

    cohort: str
    name: str
    teacher: str
    learners: list[str]


@pytest.fixture(autouse=True)
def at_home(database: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Screens open the database of the tests, and nothing that an earlier test's session kept."""
    monkeypatch.setenv("MASTERY_HOME", str(database.server.home))
    monkeypatch.syspath_prepend(str(ROOT))
    st.cache_data.clear()


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Offered:
    """The files that were offered on a screen."""
    kept: Offered = {}
    drawn = ButtonMixin.download_button

    def draw(self: Any, label: str, data: Callable[[], Any], file_name: str, *rest: Any, **more: Any) -> bool:
        kept[label] = file_name, data
        return drawn(self, label, data, file_name, *rest, **more)

    monkeypatch.setattr(ButtonMixin, "download_button", draw)
    monkeypatch.setattr(st, "download_button", st._main.download_button)
    return kept


@pytest.fixture
def learner(service: Database, import_row: Callable[..., dict[str, object]]) -> Callable[..., str]:
    """Make a learner to whom all this happened, and return their id."""

    def make(happened: Iterable[Happened], name: str = "Maya Okafor", cohort: str = "Pages") -> str:
        person, now = str(uuid4()), datetime.now(UTC)
        rows = [
            import_row(person, concept, outcome, now - timedelta(days=days), learner_name=name)
            for concept, outcome, days in happened
        ]
        service.call("import_outcomes", rows=rows, cohort=cohort)
        return person

    return make


@pytest.fixture
def instructor(service: Database, person: Callable[[], str]) -> Callable[..., str]:
    """Make an instructor of a cohort, which is made where there is none of that name, and return their id."""

    def make(cohort: str, someone: str | None = None) -> str:
        teacher = someone or person()
        service.call("add_to_cohort", cohort=cohort, person=teacher, role="instructor", create_missing=True)
        return teacher

    return make


@pytest.fixture
def classroom(
    service: Database,
    learner: Callable[..., str],
    instructor: Callable[..., str],
    person: Callable[[], str],
    query: Callable[..., object],
) -> Callable[..., Classroom]:
    """Make a cohort of learners, each with a name and what happened to them; ``teacher`` where they are to have another cohort."""

    def make(
        *learners: tuple[str, Iterable[Happened]], name: str | None = None, teacher: str | None = None
    ) -> Classroom:
        name = name or f"Class {uuid4()}"
        teacher = instructor(name, teacher)
        ids = []
        for who, happened in learners:
            if happened:
                ids.append(learner(happened, who, name))
                continue
            ids.append(person())
            query("update profiles set display_name = %(who)s where id = %(id)s", who=who, id=ids[-1])
            service.call("add_to_cohort", cohort=name, person=ids[-1])
        [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
        return Classroom(cohort, name, teacher, ids)

    return make


@pytest.fixture
def nothing_extracted(at_home: None, query: Callable[..., object]) -> None:
    """Nor shared: what earlier tests shared is theirs."""
    shutil.rmtree(extract_folder(), ignore_errors=True)
    query("update cohorts set in_research_since = null")


@pytest.fixture
def researcher(person: Callable[[], str], service: Database) -> str:
    someone = person()
    service.call("grant_role", person=someone, role="researcher")
    return someone


@pytest.fixture(scope="session")
def researcher_of(
    service: Database, query: Callable[..., object], person: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., str]:
    """Make somebody a researcher whose screens have an extract of such shared cohorts, and return their id.

    An extract is made once for its ``name`` and laid there again for the next test that asks for it.
    """
    made: dict[str, Path] = {}

    def of(name: str, *cohorts: Callable[[], Rows]) -> str:
        if name not in made:
            query("update cohorts set in_research_since = null")
            for rows in cohorts:
                _share(service, rows())
            made[name] = tmp_path_factory.mktemp("extract") / name
            extract(service, made[name])
            query("update cohorts set in_research_since = null")
        shutil.rmtree(extract_folder(), ignore_errors=True)
        shutil.copytree(made[name], extract_folder())
        someone = person()
        service.call("grant_role", person=someone, role="researcher")
        return someone

    return of


@pytest.fixture
def of_eighty(researcher_of: Callable[..., str], import_row: Callable[..., dict[str, object]]) -> str:
    """A researcher with an extract of eighty learners of a cohort, who answered eight times over weeks: enough to judge forecasts on."""
    now = datetime.now(UTC)

    def rows() -> Rows:
        return [
            import_row(
                learner, concept, "incorrect" if (number * 7 + answer * 3 + place) % (3 + number % 4) == 0 else "correct",
                now - timedelta(days=30 - answer * SPACINGS[number % 4], minutes=number + place),
            )
            for number, learner in enumerate(str(uuid4()) for _ in range(LEARNERS))
            for place, concept in enumerate(RESEARCHED)
            for answer in range(ANSWERS)
            if place < 2 or number < FEW
        ]  # fmt: skip

    return researcher_of("eighty", rows)


def _share(service: Database, rows: Rows) -> None:
    name = f"Measured {uuid4()}"
    service.call("import_outcomes", rows=rows, cohort=name)
    [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
    service.call("share_cohort", cohort=cohort, shared=True)


@pytest.fixture
def screen() -> Callable[..., AppTest]:
    """A screen (``student/sessions.py``) as a person who is signed in gets it at an address with these parameters.

    ``url_path`` where it is another than the file's name: ``learner`` is Progress for who teaches.
    """

    def show(
        person: str,
        script: str = "student/progress.py",
        *,
        url_path: str | None = None,
        timezone: str = "UTC",
        **parameters: str | list[str],
    ) -> AppTest:
        _, session = installation().sessions.sign_in(person, "student")
        app = AppTest.from_file(ROOT / "pages" / "navigation.py", default_timeout=SECONDS)
        app.user = {"sub": person, "sid": session.key}
        app.context = {"timezone": timezone}
        if url_path or script not in FIRST_SCREENS:
            # As switch_page does it, which would have to run another screen first, with widgets that bind the same parameters.
            app._page_hash = calc_hash(url_path or Path(script).stem.replace("_", "-"))
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return show
