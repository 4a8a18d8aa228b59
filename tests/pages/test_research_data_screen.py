"""A researcher's Data, and where others say what goes into it: Manage, and Profile."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import Database
from mastery_core.errors import NotAllowed
from mastery_core.identity.installation import extract_folder
from tests.pages.conftest import Classroom, Offered

DATA, MANAGE, PROFILE = "researcher/data.py", "instructor/manage.py", "profile.py"
NAME = "=1+1"
OF_ONE = [("Mean", "correct", 3.0), ("Mean", "incorrect", 2.5), (NAME, "correct", 1.0)]
pytestmark = pytest.mark.usefixtures("nothing_extracted")
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shared(classroom: Callable[..., Classroom], service: Database) -> Classroom:
    group = classroom(*((f"Learner {n}", OF_ONE) for n in range(6)))
    service.call("share_cohort", cohort=group.cohort, shared=True)
    return group


def extracted(app: AppTest) -> AppTest:
    return app.button(key="research_extract").click().run()


def figures(app: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def said(app: AppTest) -> list[str]:
    return [each.value for each in (*app.success, *app.info, *app.error)]


def test_what_was_extracted_is_counted_and_taken_along(
    screen: Screen, researcher: str, shared: Classroom, offered: Offered
) -> None:
    app = screen(researcher, DATA)
    assert "Nothing has been extracted" in said(app)[0]
    assert not app.metric
    app = extracted(app)
    assert said(app)[0].startswith("18 events extracted")
    assert figures(app) == {"Events": "18", "Learners": "6", "Cohorts": "1", "Concepts": "2"}
    name, make = offered["Events as Parquet"]
    with ZipFile(make()) as archive:
        assert name.endswith(".zip")
        parts = [
            pd.read_parquet(BytesIO(archive.read(each))) for each in archive.namelist() if each.endswith(".parquet")
        ]
        assert "manifest.json" in archive.namelist()
    parquet = pd.concat(parts, ignore_index=True)
    with ZipFile(offered["Events as CSV"][1]()) as archive:
        csv = pd.concat(
            [pd.read_csv(BytesIO(archive.read(each))) for each in archive.namelist() if each.endswith(".csv")],
            ignore_index=True,
        )
    assert len(parquet) == len(csv) == 18
    for column in ("before", "after", "delta", "forgotten", "gap", "opportunity"):
        pd.testing.assert_series_equal(csv[column], parquet[column], check_dtype=False)
    assert set(parquet.concept) == {"Mean", NAME}
    assert set(csv.concept) == {"Mean", f"'{NAME}"}, "no spreadsheet runs it"
    assert not {*shared.learners, shared.cohort} & set(csv.to_numpy().ravel())


def test_again_only_what_changed_is_read(screen: Screen, researcher: str, shared: Classroom, service: Database) -> None:
    app = extracted(screen(researcher, DATA))
    app = extracted(app)
    assert "Nothing has changed" in said(app)[0]
    service.call("erase_record", learner=shared.learners[0])
    app = extracted(app)
    assert said(app)[0].startswith("15 events extracted")
    assert figures(app)["Learners"] == "5"


def test_where_nothing_is_shared_it_is_said_how_it_comes_to_be(screen: Screen, researcher: str) -> None:
    app = extracted(screen(researcher, DATA))
    assert "no cohort is shared" in said(app)[-1]
    assert not app.metric


def test_a_file_is_for_who_is_a_researcher_when_it_is_made_and_of_who_is_there_then(
    screen: Screen, researcher: str, shared: Classroom, offered: Offered, service: Database
) -> None:
    extracted(screen(researcher, DATA))
    service.call("take_part", learner=shared.learners[0], in_research=False)
    with ZipFile(offered["Events as Parquet"][1]()) as archive:
        parts = [
            pd.read_parquet(BytesIO(archive.read(each))) for each in archive.namelist() if each.endswith(".parquet")
        ]
    assert pd.concat(parts).learner.nunique() == 5
    service.call("grant_role", person=researcher, role="student")
    for label in ("Events as Parquet", "Events as CSV"):
        with pytest.raises(NotAllowed):
            offered[label][1]()


@pytest.mark.parametrize("spoil", [lambda _: {}, lambda told: told | {"schema_version": 1}], ids=["damaged", "earlier"])
def test_an_extract_that_cannot_be_read_is_made_anew(
    screen: Screen, researcher: str, shared: Classroom, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    assert shared
    app = extracted(screen(researcher, DATA))
    manifest = extract_folder() / "manifest.json"
    manifest.write_bytes(orjson.dumps(spoil(orjson.loads(manifest.read_bytes()))))
    app = app.run()
    assert "Nothing has been extracted" in said(app)[-1]
    assert said(extracted(app))[0].startswith("18 events extracted")


def test_nobody_else_has_the_screen(screen: Screen, shared: Classroom) -> None:
    for someone in (shared.teacher, shared.learners[0]):
        app = screen(someone, DATA)
        assert app.title[0].value != "Data"


def test_who_teaches_shares_a_cohort_and_ends_it(
    screen: Screen, classroom: Callable[..., Classroom], query: Query
) -> None:
    group = classroom(("Ada", OF_ONE))

    def is_shared() -> bool:
        return bool(
            query("select in_research_since from cohorts where id = %(id)s", id=group.cohort)[0]["in_research_since"]
        )

    app = screen(group.teacher, MANAGE)
    assert not is_shared()
    app = app.button(key="manage_share").click().run()
    assert is_shared()
    assert "Shared with researchers" in app.success[0].value
    assert app.button(key="manage_share").label == "Stop sharing with researchers"
    app = app.button(key="manage_share").click().run()
    assert not is_shared()
    assert "No longer shared" in app.success[0].value


def test_a_learner_says_whether_they_take_part(screen: Screen, shared: Classroom, query: Query) -> None:
    learner = shared.learners[0]

    def takes_part() -> bool:
        return bool(query("select private.takes_part(%(id)s) as choice", id=learner)[0]["choice"])

    app = screen(learner, PROFILE)
    assert app.toggle(key="profile_research").value
    app = app.toggle(key="profile_research").set_value(False).run()
    assert not takes_part()
    assert "You take no part" in app.success[0].value
    assert not screen(learner, PROFILE).toggle(key="profile_research").value
    app = app.toggle(key="profile_research").set_value(True).run()
    assert takes_part()
