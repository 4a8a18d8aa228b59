"""Practice of the first seconds of 1970, which is a day before any that a screen offers, is shown as of the first that it does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Classroom

AT = datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)
FIRST_OFFERED = date(1970, 1, 2)
OF_COHORT = ("cohort", "grid", "concepts", "compare", "manage", "practice_import")
OF_LEARNER = ("progress", "concept", "sessions", "insights", "review_plan", "group", "data")
# The second one's clock says that it was in 1969.
ZONES = ("UTC", "America/New_York")

Screen = Callable[..., AppTest]


@pytest.fixture
def made(classroom: Callable[..., Classroom]) -> Classroom:
    days = (datetime.now(UTC) - AT) / timedelta(days=1)
    return classroom(("Ada Early", [("Bayes", "correct", days)]))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", OF_COHORT)
def test_who_teaches_gets_every_screen(made: Classroom, screen: Screen, name: str, zone: str) -> None:
    more = {"against": "before"} if name == "compare" else {}
    app = screen(made.teacher, f"instructor/{name}.py", cohort=made.cohort, timezone=zone, **more)
    assert not app.exception
    if name in ("cohort", "grid", "concepts"):
        assert app.date_input[0].value == FIRST_OFFERED
        assert "Nothing practised yet" not in [each.value for each in app.subheader]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", OF_LEARNER)
def test_the_learner_gets_every_screen(made: Classroom, screen: Screen, name: str, zone: str) -> None:
    app = screen(made.learners[0], f"student/{name}.py", timezone=zone)
    assert not app.exception
    assert {each.value for each in app.date_input if each.label in ("As of", "From", "To")} <= {FIRST_OFFERED}


@pytest.mark.parametrize("zone", ZONES)
def test_who_teaches_gets_the_learners_screens_and_the_report(made: Classroom, screen: Screen, zone: str) -> None:
    app = screen(
        made.teacher, "student/progress.py", url_path="learner", learner=made.learners[0], cohort=made.cohort, timezone=zone
    )  # fmt: skip
    app.session_state["learner_report"] = True
    app.run()
    assert not app.exception
    assert [each.value for each in app.date_input if each.label in ("From", "To")] == [FIRST_OFFERED] * 2
