"""What the invited see, and what their answer does."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.database import Database, EmbeddedDatabase
from tests.pages.conftest import Classroom
from tests.pages.reading import markup, said

PROFILE, PROGRESS = "profile.py", "student/progress.py"
HOSTILE = "<b>bold</b> **md** $x$ :red[no] www.x.org 🧠"
BAYES = [("Bayes", "correct", 2.0)]

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def class_of_one(classroom: Make, query: Query) -> Classroom:
    made = classroom(("Ada High", BAYES))
    query("update profiles set display_name = 'Elena Marchetti' where id = %(id)s", id=made.teacher)
    return made


@pytest.fixture
def invite(database: EmbeddedDatabase, class_of_one: Classroom) -> Callable[..., None]:
    """Invite somebody, by their id, into the class."""

    def ask(person: str, role: str = "student") -> None:
        CohortKeeping(database.acting_as(class_of_one.teacher)).invite(class_of_one.cohort, person, role)

    return ask


def members(database: EmbeddedDatabase, of: Classroom) -> dict[str, str]:
    people, _ = CohortKeeping(database.acting_as(of.teacher)).get_people(of.cohort)
    return {each.id: each.role for each in people}


def menu(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.sidebar.get("page_link")]


def answered(app: AppTest, label: str) -> AppTest:
    [button] = [each for each in app.main.button if each.label == label]
    button.click().run()
    assert not app.exception, app.exception[0].message
    return app


def test_nobody_is_shown_an_invitation_that_there_is_not(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), PROFILE)
    assert not [each.label for each in app.main.button if each.label in {"Accept", "Decline"}]
    assert not [label for label in menu(app) if "invitation" in label]


def test_the_invited_find_it_from_every_screen_and_are_told_who_will_see_what(
    learner: Callable[..., str], screen: Screen, invite: Callable[..., None]
) -> None:
    someone = learner(BAYES)
    invite(someone)
    assert "1 invitation" in menu(screen(someone, PROGRESS))
    app = screen(someone, PROFILE)
    assert "**Elena Marchetti** asks you to join" in markup(app)
    assert "as a student. Who teaches it will see your practice" in markup(app)


def test_who_accepts_is_in_the_cohort_at_once(
    learner: Callable[..., str],
    screen: Screen,
    invite: Callable[..., None],
    class_of_one: Classroom,
    database: EmbeddedDatabase,
) -> None:
    someone = learner(BAYES)
    invite(someone)
    app = screen(someone, PROFILE)
    assert someone not in members(database, class_of_one)
    app = answered(app, "Accept")
    assert members(database, class_of_one)[someone] == "student"
    assert "You are in" in app.success[0].value
    assert class_of_one.name in app.main.text[0].value
    assert "1 invitation" not in menu(app)
    assert "asks you to join" not in markup(app)


def test_who_declines_is_not_and_the_invitation_is_gone(
    learner: Callable[..., str],
    screen: Screen,
    invite: Callable[..., None],
    class_of_one: Classroom,
    database: EmbeddedDatabase,
) -> None:
    someone = learner(BAYES)
    invite(someone)
    app = answered(screen(someone, PROFILE), "Decline")
    assert someone not in members(database, class_of_one)
    assert "You declined" in app.success[0].value
    assert "1 invitation" not in menu(app)
    _, invitations = CohortKeeping(database.acting_as(class_of_one.teacher)).get_people(class_of_one.cohort)
    assert invitations == []


def test_who_accepts_to_teach_has_the_screens_for_it(
    learner: Callable[..., str],
    screen: Screen,
    invite: Callable[..., None],
    class_of_one: Classroom,
    database: EmbeddedDatabase,
) -> None:
    someone = learner(BAYES)
    invite(someone, "instructor")
    app = screen(someone, PROFILE)
    assert "asks you to teach" in markup(app)
    assert "Manage" not in menu(app)
    app = answered(app, "Accept")
    assert members(database, class_of_one)[someone] == "instructor"
    assert "Manage" in menu(app)
    assert app.title[0].value == "Profile"


def test_an_invitation_that_was_withdrawn_meanwhile_is_said_to_be_gone(
    learner: Callable[..., str],
    screen: Screen,
    invite: Callable[..., None],
    class_of_one: Classroom,
    database: EmbeddedDatabase,
) -> None:
    someone = learner(BAYES)
    invite(someone)
    app = screen(someone, PROFILE)
    CohortKeeping(database.acting_as(class_of_one.teacher)).withdraw(class_of_one.cohort, someone)
    app = answered(app, "Accept")
    assert len(app.error) == 1
    assert someone not in members(database, class_of_one)
    assert "asks you to join" not in markup(app)


def test_names_in_an_invitation_are_text(
    learner: Callable[..., str], screen: Screen, classroom: Make, query: Query, database: EmbeddedDatabase
) -> None:
    made = classroom(name=f"{HOSTILE} class")
    query("update profiles set display_name = %(name)s where id = %(id)s", name=HOSTILE, id=made.teacher)
    someone = learner(BAYES)
    CohortKeeping(database.acting_as(made.teacher)).invite(made.cohort, someone, "student")
    app = screen(someone, PROFILE)
    assert HOSTILE not in markup(app)
    assert ":red[" not in markup(app)
    assert ":red[" not in markup(answered(app, "Accept"))


def test_everybody_but_a_researcher_is_shown_their_id(
    person: Callable[[], str], screen: Screen, service: Database
) -> None:
    someone = person()
    app = screen(someone, PROFILE)
    assert [each.value for each in app.code] == [someone]
    assert "Your id" in said(app)
    researcher = person()
    service.call("grant_role", person=researcher, role="researcher")
    assert not screen(researcher, PROFILE).code


def test_a_researcher_is_shown_no_invitation(
    person: Callable[[], str], screen: Screen, service: Database, invite: Callable[..., None]
) -> None:
    researcher = person()
    service.call("grant_role", person=researcher, role="researcher")
    invite(researcher)
    app = screen(researcher, PROFILE)
    assert "invitation" not in "".join(menu(app))
    assert "Accept" not in [each.label for each in app.main.button]
