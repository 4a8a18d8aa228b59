"""Profile, as people of every role see it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.database import Database, EmbeddedDatabase

PROFILE = "profile.py"

Learner = Callable[..., str]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


def saved(query: Query, person: str) -> dict[str, Any]:
    [row] = query(
        "select display_name, time_zone, weak_below, mastered_from, compares from profiles where id = %(id)s", id=person
    )
    return row


def save(app: AppTest, button: str = "Save") -> AppTest:
    [found] = [each for each in app.button if each.label == button]
    return found.click().run()


def test_somebody_new_sees_their_name_the_browsers_clock_and_the_usual_thresholds(
    person: Callable[[], str], screen: Screen
) -> None:
    app = screen(person(), PROFILE, timezone="Asia/Kolkata")
    assert app.text_input(key="profile_name").value == "Learner"
    assert app.selectbox(key="profile_zone").value == ""
    assert "As my browser says (Asia/Kolkata)" in app.selectbox(key="profile_zone").options
    assert [each.value for each in app.number_input] == [50, 80]
    assert all(each.help for each in app.number_input)
    assert "usual thresholds" in app.main.caption[0].value
    assert "follows your system" in app.markdown[-1].value


def test_what_is_saved_is_kept_and_shown_everywhere(
    learner: Learner, screen: Screen, query: Query, database: EmbeddedDatabase
) -> None:
    person = learner([("Sampling", "correct", 0.1)] * 3)
    app = screen(person, PROFILE)
    app.text_input(key="profile_name").set_value("<b>Eve</b> 🧠 :red[x]")
    app.selectbox(key="profile_zone").set_value("Asia/Kolkata")
    app.number_input(key="profile_weak").set_value(62.5)
    app.number_input(key="profile_mastered").set_value(95)
    save(app)
    assert not app.error
    assert [each.value for each in app.success] == ["Saved."]
    assert saved(query, person) == {
        "display_name": "<b>Eve</b> 🧠 :red[x]", "time_zone": "Asia/Kolkata", "weak_below": 0.625, "mastered_from": 0.95,
        "compares": False,
    }  # fmt: skip
    assert "<b>Eve</b> 🧠 :red[x]" in [text.value for text in app.sidebar.text], "at once, also beside the screens"
    assert [each.value for each in screen(person, PROFILE).number_input] == [62.5, 95]
    rules = MasteryService(database.acting_as(person)).get_rules(person)
    assert (rules.weak_below, rules.mastered_from) == (0.625, 0.95)


def test_saving_leaves_alone_what_was_not_changed(learner: Learner, screen: Screen, query: Query) -> None:
    person = learner([("Sampling", "correct", 0.1)])
    query("update profiles set compares = true, weak_below = 1 / 3.0 where id = %(id)s", id=person)
    before = saved(query, person)
    app = screen(person, PROFILE)
    app.text_input(key="profile_name").set_value("Another")
    save(app)
    assert saved(query, person) == before | {"display_name": "Another"}


def test_the_usual_thresholds_come_back(learner: Learner, screen: Screen, query: Query) -> None:
    person = learner([("Sampling", "correct", 0.1)])
    app = screen(person, PROFILE)
    app.number_input(key="profile_weak").set_value(30)
    save(app)
    assert "of your own" in app.main.caption[0].value
    save(app, "Save with the usual thresholds")
    assert (saved(query, person)["weak_below"], saved(query, person)["mastered_from"]) == (None, None)
    assert [each.value for each in app.number_input] == [50, 80]


def test_what_cannot_be_is_said_in_a_sentence_and_nothing_typed_is_lost(
    learner: Learner, screen: Screen, query: Query
) -> None:
    person = learner([("Sampling", "correct", 0.1)])
    before = saved(query, person)
    app = screen(person, PROFILE)
    app.text_input(key="profile_name").set_value("Another")
    app.number_input(key="profile_weak").set_value(90)
    save(app)
    assert [error.value.replace("\\", "") for error in app.error] == [
        "The thresholds lie above 0 and up to 1, the weak one below the mastered one."
    ]
    assert app.text_input(key="profile_name").value == "Another"
    assert app.number_input(key="profile_weak").value == 90
    assert saved(query, person) == before
    app.number_input(key="profile_weak").set_value(40)
    assert not save(app).error
    assert saved(query, person)["weak_below"] == 0.4


@pytest.mark.parametrize("name", ["", "   ", "a\u202eb"])
def test_a_name_that_nobody_could_read_is_refused(learner: Learner, screen: Screen, query: Query, name: str) -> None:
    person = learner([("Sampling", "correct", 0.1)])
    app = screen(person, PROFILE)
    app.text_input(key="profile_name").set_value(name)
    assert len(save(app).error) == 1
    assert saved(query, person)["display_name"] == "Maya Okafor"


def test_every_zone_on_offer_is_one_the_database_knows(person: Callable[[], str], screen: Screen, query: Query) -> None:
    offered = set(screen(person(), PROFILE).selectbox(key="profile_zone").options[1:])
    known = {row["name"] for row in query("select name from pg_timezone_names")}
    assert offered - known == set()
    assert {"Europe/Berlin", "Asia/Kolkata", "America/New_York", "UTC"} <= offered


@pytest.mark.parametrize("role", ["instructor", "researcher", "admin"])
def test_people_of_every_role_have_a_profile(
    person: Callable[[], str], screen: Screen, service: Database, query: Query, role: str
) -> None:
    someone = person()
    service.call("grant_role", person=someone, role=role)
    app = screen(someone, PROFILE)
    assert app.title[0].value == "Profile"
    assert len(app.number_input) == (0 if role == "researcher" else 2)
    app.text_input(key="profile_name").set_value("Ada")
    assert not save(app).error
    assert saved(query, someone)["display_name"] == "Ada"
