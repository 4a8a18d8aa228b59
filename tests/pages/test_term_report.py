"""The report of a term: a learner and who teaches them make the very same one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import Database
from mastery_core.errors import NotFound
from tests.pages.conftest import Classroom, Happened, Offered

Screen = Callable[..., AppTest]
Make = Callable[..., Classroom]

REPORT = "Report to print"
PROGRESS, DATA = "student/progress.py", "student/data.py"
NO_SUCH_LEARNER = "There is no such learner, or not one that you teach."
HOSTILE = "<b>Zoe</b> **md** $x$"
PRACTICE: list[Happened] = [
    (concept, outcome, days + place / 86_400)
    for concept, days in (("Bayes", 80.0), ("Bayes", 12.0), ("Sampling", 6.0), (HOSTILE, 3.0))
    for place, outcome in enumerate(("correct", "incorrect", "correct", "passive_read"))
]


def day(days_ago: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days_ago)


@pytest.fixture
def made(classroom: Make) -> Classroom:
    return classroom(
        ("Ada High", [("Bayes", "correct", days) for days in (5.0, 4.0, 3.0)]), (HOSTILE, PRACTICE), ("Nia New", [])
    )


@pytest.fixture
def opened(screen: Screen, made: Classroom) -> Callable[..., AppTest]:
    """A learner's Progress as their instructor gets it, with the popover of the report open."""

    def show(learner: int = 1, **parameters: str) -> AppTest:
        app = screen(
            made.teacher, PROGRESS, url_path="learner", learner=made.learners[learner], cohort=made.cohort, **parameters
        )
        app.session_state["learner_report"] = True
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return show


def days(app: AppTest) -> list[date]:
    return [each.value for each in app.date_input if each.label in ("From", "To")]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
@pytest.mark.parametrize("term", [(90, 1), (20, 4), (10, 10), (4_000, 70)])
def test_the_two_make_the_same_file_of_the_same_days(
    screen: Screen,
    made: Classroom,
    opened: Callable[..., AppTest],
    offered: Offered,
    query: Callable[..., object],
    zone: str,
    term: tuple[int, int],
) -> None:
    query("update profiles set weak_below = 0.58, mastered_from = 0.97 where id = %(id)s", id=made.learners[1])
    asked = {"report_from": str(day(term[0])), "report_to": str(day(term[1])), "timezone": zone}
    screen(made.learners[1], DATA, **asked)
    own_name, own = offered.pop(REPORT)
    opened(**asked)
    name, seen = offered.pop(REPORT)
    assert seen() == own()
    assert "58%" in seen()
    assert name == own_name == f"mastery-report-{made.learners[1][:8]}-{asked['report_from']}-{asked['report_to']}.html"


def test_it_opens_on_the_days_that_the_learner_begins_with(
    screen: Screen, made: Classroom, opened: Callable[..., AppTest]
) -> None:
    for zone in ("UTC", "Pacific/Kiritimati"):
        own, seen = screen(made.learners[1], DATA, timezone=zone), opened(timezone=zone)
        assert days(own) == days(seen)
        assert days(seen)[1] - days(seen)[0] == timedelta(days=90)


def test_the_days_are_those_of_who_looks(
    screen: Screen, made: Classroom, opened: Callable[..., AppTest], query: Callable[..., object]
) -> None:
    query("update profiles set time_zone = 'Pacific/Kiritimati' where id = %(id)s", id=made.teacher)
    query("update profiles set time_zone = 'Pacific/Midway' where id = %(id)s", id=made.learners[1])
    assert days(screen(made.learners[1], DATA)) < days(opened())


def test_the_next_learner_is_reported_of_the_same_days(
    made: Classroom, opened: Callable[..., AppTest], offered: Offered
) -> None:
    app = opened(report_from=str(day(50)), report_to=str(day(2)))
    way = "previous" if app.button(key="learner_next").disabled else "next"
    app.button(key=f"learner_{way}").click().run()
    assert app.query_params["learner"] != made.learners[1]
    assert days(app) == [day(50), day(2)]
    assert made.learners[1][:8] not in offered[REPORT][0]


def test_a_learner_without_practice_has_nothing_to_report(
    opened: Callable[..., AppTest], screen: Screen, made: Classroom, offered: Offered
) -> None:
    app = opened(2)
    assert "Nothing is recorded yet, so there is nothing to report." in [each.value for each in app.info]
    assert REPORT not in offered
    app = opened(1, report_from="2001-01-01", report_to="2001-02-03")
    assert "Nothing had been practised by 3 February 2001, so there is nothing to report." in [
        each.value for each in app.info
    ]
    app = opened(1, report_from=str(day(1)), report_to=str(day(3)))
    assert any(each.value.startswith("A term ends after it begins") for each in app.info)
    assert REPORT not in offered


def test_while_it_is_closed_nothing_is_asked_for_it(
    screen: Screen, made: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: Any) -> None:
        raise AssertionError("the report was asked for")

    monkeypatch.setattr("pages.student.term.offer", asked)
    app = screen(made.teacher, PROGRESS, url_path="learner", learner=made.learners[1])
    assert not app.exception
    assert days(app) == []


def test_the_learner_themselves_has_no_such_button_above_their_screens(screen: Screen, made: Classroom) -> None:
    app = screen(made.learners[1], PROGRESS)
    assert REPORT not in [each.proto.popover.label for each in app.get("popover")]


def test_who_teaches_them_no_more_gets_nothing(
    classroom: Make,
    made: Classroom,
    opened: Callable[..., AppTest],
    service: Database,
    offered: Offered,
) -> None:
    classroom(name=f"Another {uuid4()}", teacher=made.teacher)  # they go on as an instructor
    app = opened()
    _, make = offered.pop(REPORT)
    assert "Bayes" in make()
    service.call("remove_from_cohort", cohort=made.name, person=made.teacher)
    with pytest.raises(NotFound):
        make()
    app.run()
    assert [error.value for error in app.error] == [NO_SUCH_LEARNER]
    assert REPORT not in offered
