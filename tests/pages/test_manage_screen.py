"""Manage: who is in a cohort, who teaches it, and what it is called."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.cohort_service import CohortService
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import Unavailable
from mastery_core.roster import read_roster
from tests.pages.conftest import Classroom, Offered
from tests.pages.reading import everything, markup, opened_as_csv, opened_as_excel, said
from tests.pages.test_every_number_is_explained import unexplained

MANAGE = "instructor/manage.py"
NOT_FOUND = "There is no such cohort, or not one that you teach. Choose one of yours above."
HOSTILE = "<b>bold</b> **md** $x$ :red[no] www.x.org 🧠"
BAYES = [("Bayes", "correct", 2.0)]

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def of_three(classroom: Make) -> Classroom:
    return classroom(("Ada High", BAYES), ("Bo Mid", BAYES), ("Nia New", []))


@pytest.fixture
def manage(screen: Screen) -> Callable[..., AppTest]:
    """The screen of a classroom as its instructor gets it."""

    def show(of: Classroom, **parameters: str) -> AppTest:
        return screen(of.teacher, MANAGE, **({"cohort": of.cohort} | parameters))

    return show


@pytest.fixture
def instructor_without_a_cohort(person: Callable[[], str], service: Database) -> str:
    teacher = person()
    service.call("grant_role", person=teacher, role="instructor")
    return teacher


@pytest.fixture
def with_address(query: Query) -> Callable[..., str]:
    """Give somebody an e-mail address, and return it."""

    def give(person: str, address: str | None = None) -> str:
        address = address or f"p-{uuid4().hex[:12]}@example.edu"
        query("update auth.users set email = %(email)s where id = %(id)s", email=address, id=person)
        return address

    return give


def keeping(database: EmbeddedDatabase, of: Classroom) -> CohortKeeping:
    return CohortKeeping(database.acting_as(of.teacher))


def names(database: EmbeddedDatabase, of: Classroom, role: str = "student") -> list[str]:
    members, _ = keeping(database, of).get_people(of.cohort)
    return [member.name for member in members if member.role == role]


def invited(database: EmbeddedDatabase, of: Classroom) -> list[tuple[str, str]]:
    _, invitations = keeping(database, of).get_people(of.cohort)
    return [(each.addressee, each.role) for each in invitations]


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception[0].message
    return app


def labelled(app: AppTest, label: str) -> Any:
    [found] = [each for each in app.button if each.label == label]
    return found


def buttons(app: AppTest) -> list[str]:
    return [each.label for each in app.main.button]


def undos(app: AppTest) -> list[str]:
    return [label for label in buttons(app) if label.startswith("Undo")]


def shown(app: AppTest, which: str = "The learners") -> Any:
    """The table whose alternative text begins so."""
    [found] = [each for each in app.dataframe if each.proto.alt.startswith(which)]
    return found


def rows(app: AppTest, which: str = "The learners") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown(app, which).value.to_dict("records")
    return found


def ticked(app: AppTest, *chosen: int, which: str = "The learners") -> AppTest:
    app.session_state[shown(app, which).key] = {"selection": {"rows": list(chosen), "columns": [], "cells": []}}
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def pasted(app: AppTest, text: str) -> AppTest:
    app.text_area[0].set_value(text).run()
    assert not app.exception, app.exception[0].message
    return app


def uploaded(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].upload(name, data, "text/csv").run()
    assert not app.exception, app.exception[0].message
    return app


def plan(app: AppTest) -> dict[str, str]:
    """What happens, by what the line says."""
    return {row["text"]: row["what"] for row in rows(app, "What will become")}


# Cohorts


def test_an_instructor_without_a_cohort_makes_the_first_one_here(
    screen: Screen, instructor_without_a_cohort: str, database: EmbeddedDatabase
) -> None:
    app = screen(instructor_without_a_cohort, MANAGE)
    assert "No cohort yet" in said(app)
    name = f"First {uuid4()}"
    app.text_input(key="manage_new_name").set_value(name)
    app = pressed(app, "manage_create")
    [made] = CohortService(database.acting_as(instructor_without_a_cohort)).get_cohorts()
    assert made.name == name
    assert app.query_params["cohort"] in (made.id, [made.id])
    assert app.selectbox[0].value == made.id
    assert "is created, and you teach it" in app.success[0].value
    assert "0 learners, 1 teacher, 0 pending invitations" in said(app)
    assert "Nobody is in this cohort yet" in said(app)


def test_another_cohort_is_made_beside_the_first_and_opens(manage: Screen, of_three: Classroom) -> None:
    app, name = manage(of_three), f"Second {uuid4()}"
    app.text_input(key="manage_new_name").set_value(f"  {name} ")
    app = pressed(app, "manage_create")
    assert app.selectbox[0].value != of_three.cohort
    assert name in app.selectbox[0].options
    assert app.text_input(key="manage_new_name").value == ""


@pytest.mark.parametrize("name", ["", "   ", "a\u202eb", "taken"])
def test_a_name_that_cannot_be_is_refused_in_words_and_stays_in_the_field(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, name: str
) -> None:
    name = of_three.name if name == "taken" else name
    app = manage(of_three)
    app.text_input(key="manage_new_name").set_value(name)
    app = pressed(app, "manage_create")
    assert len(app.error) == 1
    assert app.text_input(key="manage_new_name").value == name
    assert len(CohortService(database.acting_as(of_three.teacher)).get_cohorts()) == 1
    assert app.selectbox[0].value == of_three.cohort


def test_a_cohort_is_renamed(manage: Screen, of_three: Classroom, database: EmbeddedDatabase, classroom: Make) -> None:
    app, name = manage(of_three), f"{HOSTILE} {uuid4().hex[:8]}"
    field = f"manage_name_{of_three.cohort}"
    assert app.text_input(key=field).value == of_three.name
    app.text_input(key=field).set_value(name)
    app = pressed(app, "manage_rename")
    assert not app.error
    assert name in app.selectbox[0].options
    taken = classroom().name
    app.text_input(key=field).set_value(taken)
    app = pressed(app, "manage_rename")
    assert "taken" in app.error[0].value
    assert app.text_input(key=field).value == taken
    assert [each.name for each in CohortService(database.acting_as(of_three.teacher)).get_cohorts()] == [name]


def test_a_cohort_goes_into_the_archive_and_comes_back(manage: Screen, of_three: Classroom) -> None:
    app = pressed(manage(of_three), "manage_archive")
    assert app.selectbox[0].options == [f"{of_three.name} (archived)"]
    assert "Nothing of it is lost" in app.info[0].value
    assert "nobody is added or invited" in app.info[0].value
    assert len(rows(app)) == 3
    assert not app.text_area, "nobody can be added while it is there"
    assert "Invite" not in buttons(app)
    app = pressed(app, "manage_unarchive")
    assert app.selectbox[0].options == [of_three.name]
    assert not app.info


def test_a_cohort_stays_on_the_screen_when_it_is_not_the_first_one_any_more(
    of_three: Classroom, screen: Screen, classroom: Make, query: Query
) -> None:
    query("update cohorts set name = 'A ' || name where id = %(id)s", id=of_three.cohort)
    classroom(name=f"B {uuid4()}", teacher=of_three.teacher)
    app = pressed(screen(of_three.teacher, MANAGE), "manage_archive")
    assert app.selectbox[0].value == of_three.cohort
    app = pressed(app, "manage_unarchive")
    app = screen(of_three.teacher, MANAGE)
    app.text_input(key=f"manage_name_{of_three.cohort}").set_value(f"C {uuid4()}")
    app = pressed(app, "manage_rename")
    assert app.selectbox[0].value == of_three.cohort
    assert app.query_params["cohort"] in (of_three.cohort, [of_three.cohort])


def test_the_browser_is_told_what_a_renamed_cohort_looks_like(manage: Screen, of_three: Classroom) -> None:
    app, name = manage(of_three), f"Renamed {uuid4().hex[:8]}"
    app.run()
    assert not app.selectbox[0].proto.set_value
    app.text_input(key=f"manage_name_{of_three.cohort}").set_value(name)
    app = pressed(app, "manage_rename")
    chosen = app.selectbox[0].proto
    assert chosen.set_value
    assert chosen.raw_value == name


def test_another_instructors_cohort_is_not_found(manage: Screen, of_three: Classroom, classroom: Make) -> None:
    colleague = classroom(("Own Learner", BAYES))
    for asked in (of_three.cohort, str(uuid4()), "nonsense", "' or true --", ""):
        app = manage(colleague, cohort=asked)
        assert [each.value for each in app.error] == [NOT_FOUND]
        assert not app.dataframe
        assert not app.text_area
        shown_there = everything(app) + "".join(app.selectbox[0].options)
        assert not {name for name in ("Ada", "Bo Mid", "Nia", of_three.name, "Own Learner") if name in shown_there}


def test_who_is_removed_meanwhile_is_refused_at_the_next_click(
    manage: Screen, of_three: Classroom, classroom: Make, service: Database
) -> None:
    classroom(teacher=of_three.teacher)
    app = manage(of_three)
    service.call("remove_from_cohort", cohort=of_three.name, person=of_three.teacher)
    app = pressed(app, "manage_archive")
    assert NOT_FOUND in [each.value for each in app.error]
    assert "Ada" not in everything(app)


def test_what_could_not_be_said_is_not_said_later_of_another_cohort(
    manage: Screen, of_three: Classroom, classroom: Make, service: Database
) -> None:
    other = classroom(teacher=of_three.teacher)
    app = manage(of_three)
    service.call("remove_from_cohort", cohort=of_three.name, person=of_three.teacher)
    app = pressed(app, "manage_archive")
    assert [each.value for each in app.error] == [NOT_FOUND]
    app.query_params["cohort"] = other.cohort
    app.run()
    assert not app.error


def test_what_was_refused_because_of_the_archive_is_said_there(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = pasted(manage(of_three), "Di Marsh")
    keeping(database, of_three).archive(of_three.cohort)
    labelled(app, "Add 1 learner").click().run()
    assert "archived" in app.error[0].value


def test_a_student_has_no_such_screen(screen: Screen, of_three: Classroom) -> None:
    app = screen(of_three.learners[0], MANAGE, cohort=of_three.cohort)
    assert app.title[0].value == "Progress"
    assert "Manage" not in said(app)
    assert "Bo Mid" not in everything(app)


# Learners


def test_learners_are_listed_with_address_and_days(
    manage: Screen, of_three: Classroom, with_address: Callable[..., str]
) -> None:
    address = with_address(of_three.learners[0])
    listed = rows(manage(of_three))
    assert [row["learner"] for row in listed] == ["Ada High", "Bo Mid", "Nia New"]
    assert [row["email"] for row in listed] == [address, "", ""]
    assert all(str(row["since"]) != "NaT" for row in listed)
    assert [str(row["last"]) == "NaT" for row in listed] == [False, False, True]


def test_a_learner_is_found_by_name_or_address(
    manage: Screen, of_three: Classroom, with_address: Callable[..., str]
) -> None:
    address = with_address(of_three.learners[1])
    app = manage(of_three)
    for sought, found in (
        (" nIA", ["Nia New"]),
        (address[:9].upper(), ["Bo Mid"]),
        ("", ["Ada High", "Bo Mid", "Nia New"]),
    ):
        app.text_input(key="manage_find").set_value(sought).run()
        assert [row["learner"] for row in rows(app)] == found
    app.text_input(key="manage_find").set_value("(.*)").run()
    assert "No learner of this cohort has that" in said(app)
    assert not app.dataframe


def test_many_learners_come_in_pages(manage: Screen, classroom: Make) -> None:
    made = classroom(*((f"Learner {n:02}", []) for n in range(53)))
    assert len(rows(manage(made))) == 50
    second = manage(made, manage_page="2")
    assert [row["learner"] for row in rows(second)] == ["Learner 50", "Learner 51", "Learner 52"]
    assert len(rows(manage(made, manage_page="3"))) == 50, "a page that there is not is the first"
    second.text_input(key="manage_find").set_value("Learner 1").run()
    assert len(rows(second)) == 10


def test_a_name_opens_the_learners_screens(manage: Screen, of_three: Classroom) -> None:
    app = manage(of_three)
    app.session_state["manage_opens"] = {"row": 1}
    # A pressed cell is a trigger: it lasts for one run.
    app.run()
    assert not app.exception
    assert app.title[0].value == "Progress"
    assert app.query_params["learner"] in (of_three.learners[1], [of_three.learners[1]])


def test_a_pressed_name_is_the_one_that_stood_there_whatever_has_changed_since(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = manage(of_three)
    keeping(database, of_three).remove(of_three.cohort, of_three.learners[0])
    app.session_state["manage_opens"] = {"row": 1}
    app.run()
    assert not app.exception
    assert app.query_params["learner"] in (of_three.learners[1], [of_three.learners[1]])


def test_removing_asks_once_names_them_and_can_be_undone(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = manage(of_three)
    assert not [label for label in buttons(app) if label.startswith("Remove ") and "learner" in label]
    app = ticked(app, 0, 2)
    app = pressed(app, "manage_ask")
    asked = markup(app)
    assert "**Ada High** and **Nia New** will no longer be in" in asked
    assert "Their practice is theirs and stays as it is" in asked
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"], "nothing has happened yet"
    app = pressed(app, "manage_remove")
    assert names(database, of_three) == ["Bo Mid"]
    assert [row["learner"] for row in rows(app)] == ["Bo Mid"]
    assert "**2 people** removed" in markup(app)
    assert "1 learner, 1 teacher" in said(app)
    app = pressed(app, "manage_undo_1")
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]
    assert "are back in the cohort" in app.success[0].value
    assert not undos(app)
    assert not app.error


def removed(app: AppTest, *rows: int) -> AppTest:
    return pressed(pressed(ticked(app, *rows), "manage_ask"), "manage_remove")


def test_each_removal_has_its_own_undo_the_newest_first(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = removed(removed(manage(of_three), 0), 0)
    assert undos(app) == ["Undo the removal of Bo Mid", "Undo the removal of Ada High"]
    app = pressed(app, "manage_undo_1")
    assert names(database, of_three) == ["Ada High", "Nia New"]
    assert undos(app) == ["Undo the removal of Bo Mid"]
    app = pressed(app, "manage_undo_2")
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]
    assert not undos(app)


def test_who_is_back_by_another_way_needs_no_undo(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = removed(manage(of_three), 0, 1)
    assert undos(app) == ["Undo the removal of 2 people"]
    keeping(database, of_three).put_back(of_three.cohort, of_three.learners[0])
    app.run()
    assert undos(app) == ["Undo the removal of Bo Mid"]
    keeping(database, of_three).put_back(of_three.cohort, of_three.learners[1])
    app.run()
    assert not undos(app)
    keeping(database, of_three).remove(of_three.cohort, of_three.learners[0])
    app.run()
    assert not undos(app), "that removal was somebody else's"


def test_nobody_comes_back_into_the_archive(manage: Screen, of_three: Classroom) -> None:
    app = pressed(removed(manage(of_three), 0), "manage_archive")
    assert app.button(key="manage_undo_1").disabled
    app = pressed(app, "manage_unarchive")
    assert not app.button(key="manage_undo_1").disabled


def test_undo_stands_for_an_hour(manage: Screen, of_three: Classroom) -> None:
    app = removed(manage(of_three), 0)
    [removal] = app.session_state["manage_removed"]
    app.session_state["manage_removed"] = [replace(removal, at=removal.at - timedelta(minutes=61))]
    app.run()
    assert not undos(app)


def put_back_twice() -> None:
    """What a double click does: both clicks are of the button that stood there for the first."""
    import streamlit as st

    from pages.instructor import removals

    removals.put_back(st.session_state.removal)
    removals.put_back(st.session_state.removal)


def test_undo_pressed_twice_is_done_once_and_breaks_nothing(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = removed(manage(of_three), 0)
    clicks = AppTest.from_function(put_back_twice)
    clicks.user = app.user
    clicks.session_state["manage_removed"] = app.session_state["manage_removed"]
    [clicks.session_state["removal"]] = app.session_state["manage_removed"]
    clicks.run()
    assert not clicks.exception
    assert clicks.session_state["manage_removed"] == []
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]
    assert not undos(app.run())


def test_a_removal_that_is_cancelled_changes_nothing(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = pressed(ticked(manage(of_three), 1), "manage_ask")
    assert labelled(app, "Remove 1 learner")
    app = pressed(app, "manage_keep")
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]
    assert not app.success


def test_what_was_ticked_is_forgotten_with_the_rows_that_were_shown(manage: Screen, of_three: Classroom) -> None:
    app = ticked(manage(of_three), 0)
    assert labelled(app, "Remove 1 learner")
    app.text_input(key="manage_find").set_value("bo").run()
    assert "Remove 1 learner" not in buttons(app)


def test_who_was_removed_is_seen_no_more_and_keeps_their_practice(
    manage: Screen, of_three: Classroom, query: Query, screen: Screen
) -> None:
    pressed(pressed(ticked(manage(of_three), 0), "manage_ask"), "manage_remove")
    [kept] = query("select count(*) from interactions where student_id = %(id)s", id=of_three.learners[0])
    assert kept["count"] == 1
    cohort = screen(of_three.teacher, "instructor/cohort.py", cohort=of_three.cohort)
    assert "Ada High" not in everything(cohort)


def test_addresses_of_the_ticked_can_be_copied(
    manage: Screen, of_three: Classroom, with_address: Callable[..., str]
) -> None:
    first, second = with_address(of_three.learners[0]), with_address(of_three.learners[1])
    app = ticked(manage(of_three), 0, 1, 2)
    app.session_state["manage_addresses"] = True
    app.run()
    assert [each.value for each in app.code] == [f"{first}, {second}"]
    assert "1 person has none: Nia New" in said(app)


# A list of learners


def test_a_list_is_previewed_and_then_added_as_the_preview_says(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, classroom: Make, with_address: Callable[..., str]
) -> None:
    other = classroom(("Eve Elsewhere", BAYES), teacher=of_three.teacher)
    address = with_address(other.learners[0])
    app = pasted(manage(of_three), f"Ada High\n\nDi Marsh\n{address}\nDi Marsh\n")
    assert plan(app) == {"Di Marsh": plan(app)["Di Marsh"], address: "✔ added", "Ada High": "= here already"}
    assert [row["what"] for row in rows(app, "What will become")] == [
        "✚ made and added",
        "✔ added",
        "= repeated",
        "= here already",
    ]
    assert [row["line"] for row in rows(app, "What will become")] == [3, 4, 5, 1]
    assert all(row["why"] for row in rows(app, "What will become"))
    assert "**4 lines**: 1 to add, 1 to make and add, 1 here or invited already, 1 repeated." in markup(app)
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"], "nothing has happened yet"
    labelled(app, "Add 2 learners").click().run()
    assert not app.error
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Di Marsh", "Eve Elsewhere", "Nia New"]
    assert app.text_area[0].value == "", "there is room for the next list"
    assert "1 new learner made and added" in app.success[0].value
    assert "Di Marsh" in [row["learner"] for row in rows(app)]


def test_who_is_not_known_can_be_left_out(manage: Screen, of_three: Classroom, database: EmbeddedDatabase) -> None:
    app = pasted(manage(of_three), "Di Marsh\nFay Unknown")
    assert labelled(app, "Add 2 learners")
    app.radio[0].set_value("leave").run()
    assert set(plan(app).values()) == {"⚠ not known"}
    assert "There is nothing to add." in markup(app)
    assert "⚠ **2 lines** to mend or to leave" in markup(app)
    assert not [label for label in buttons(app) if label.startswith(("Add ", "Invite "))]
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]


def test_problems_come_first_and_one_kind_can_be_looked_at(manage: Screen, classroom: Make) -> None:
    made = classroom(("Sam Same", BAYES), ("Sam Same", BAYES))
    app = pasted(manage(made), "New One\nSam Same\nNew Two\na@b@c, x, y, z")
    assert rows(app, "What will become")[0]["what"].startswith("⚠")
    app.session_state["manage_kind"] = "new"
    app.run()
    assert [row["text"] for row in rows(app, "What will become")] == ["New One", "New Two"]
    assert "Add 2 learners" in buttons(app)


def test_the_preview_can_be_taken_along_whole(manage: Screen, of_three: Classroom, offered: Offered) -> None:
    app = pasted(manage(of_three), "\n".join(["Ada High", "=1+1", *(f"Learner {n}" for n in range(60))]))
    taken = opened_as_csv(offered, "Preview")
    assert len(taken) == 62
    assert taken["text"].iloc[0] == "'=1+1", "a spreadsheet runs nothing of it"
    assert taken["what"].tolist()[:50] == [row["what"] for row in rows(app, "What will become")]


def test_who_has_an_address_of_nobody_seen_and_may_have_an_account_is_invited(
    manage: Screen,
    of_three: Classroom,
    database: EmbeddedDatabase,
    person: Callable[[], str],
    with_address: Callable[..., str],
) -> None:
    stranger = with_address(person())
    app = pasted(manage(of_three), f"Stranger <{stranger}>\nDi Marsh")
    assert "✉ invited" in plan(app).values()
    labelled(app, "Add 1 learner, invite 1").click().run()
    assert invited(database, of_three) == [(stranger, "student")]
    assert rows(app, "Who is invited")[0]["name"] == "Stranger"
    assert rows(app, "Who is invited")[0]["role"] == "learner"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read_as_a_list(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, encoding: str
) -> None:
    app = uploaded(manage(of_three), "list.csv", "Last name,First name\nÉtoile,Renée\n".encode(encoding))
    assert app.text_area[0].disabled
    [made] = plan(app).values()
    assert made == "✚ made and added"
    labelled(app, "Add 1 learner").click().run()
    assert "Renée Étoile" in names(database, of_three)
    assert not plan_is_shown(app)


def plan_is_shown(app: AppTest) -> bool:
    return any(each.proto.alt.startswith("What will become") for each in app.dataframe)


@pytest.mark.parametrize("data", [b"PK\x03\x04spreadsheet", b"\xff\xfea\x00", b"a\x00b\x00\n", b"Caf\xe9"])
def test_a_file_that_is_no_list_is_refused_in_words(manage: Screen, of_three: Classroom, data: bytes) -> None:
    app = uploaded(manage(of_three), "list.csv", data)
    assert len(app.error) == 1
    assert not plan_is_shown(app)


def test_too_many_lines_are_refused_in_words(manage: Screen, of_three: Classroom) -> None:
    app = pasted(manage(of_three), "\n".join(f"Learner {n}" for n in range(10_001)))
    assert "10,000" in app.error[0].value
    assert app.text_area[0].value


def test_five_thousand_lines_come_in_pages_and_are_planned_once(
    manage: Screen, of_three: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[int] = []
    before = CohortKeeping.plan

    def counting(self: CohortKeeping, cohort_id: str, roster: Any, *, make_new: bool = True) -> Any:
        planned.append(len(roster.lines))
        return before(self, cohort_id, roster, make_new=make_new)

    monkeypatch.setattr(CohortKeeping, "plan", counting)
    app = pasted(manage(of_three), "\n".join(f"Learner {n}" for n in range(5_000)))
    assert len(rows(app, "What will become")) == 50
    assert labelled(app, "Add 5,000 learners")
    app.session_state["manage_plan_page"] = 100
    app.run()
    assert rows(app, "What will become")[-1]["text"] == "Learner 4999"
    app.text_input(key="manage_find").set_value("bo").run()
    assert planned == [5_000]


def test_a_list_that_comes_to_something_else_by_now_is_refused_as_a_whole_and_previewed_anew(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, classroom: Make
) -> None:
    other = classroom(("Eve Elsewhere", BAYES), teacher=of_three.teacher)
    app = pasted(manage(of_three), "Eve Elsewhere\nDi Marsh")
    pressed(pressed(ticked(manage(other), 0), "manage_ask"), "manage_remove")  # so that nobody seen is called so
    labelled(app, "Add 2 learners").click().run()
    assert "look at it again" in app.error[0].value
    assert names(database, of_three) == ["Ada High", "Bo Mid", "Nia New"]
    assert app.text_area[0].value == "Eve Elsewhere\nDi Marsh"
    assert set(plan(app).values()) == {"✚ made and added"}
    labelled(app, "Add 2 learners").click().run()
    assert len(names(database, of_three)) == 5


def test_preview_and_whatever_is_done_here_make_the_plan_anew(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    app = pasted(manage(of_three), "Di Marsh\nBo Mid")
    assert plan(app)["Di Marsh"] == "✚ made and added"
    other = keeping(database, of_three)
    other.add(of_three.cohort, other.plan(of_three.cohort, read_roster("Di Marsh")))
    app.run()
    assert plan(app)["Di Marsh"] == "✚ made and added", "looked at before"
    app = pressed(app, "manage_preview")
    assert plan(app)["Di Marsh"] == "= here already"
    app = removed(app, 1)
    assert plan(app)["Bo Mid"] == "✚ made and added"
    app = pressed(app, "manage_undo_1")
    assert plan(app)["Bo Mid"] == "= here already"
    address = f"x-{uuid4().hex}@example.edu"
    app = pasted(app, address)
    assert plan(app)[address] != "= here already"
    other.invite(of_three.cohort, address, "student")
    app.text_input(key="manage_addressee").set_value(f"y-{uuid4().hex}@example.edu")
    app = pressed(app, "manage_invite")
    assert plan(app)[address] == "= here already"
    place = [row["addressee"] for row in rows(app, "Who is invited")].index(address)
    app = pressed(ticked(app, place, which="Who is invited"), "manage_withdraw")
    assert plan(app)[address] != "= here already"


def test_a_page_that_there_is_not_any_more_is_the_first_of_the_preview(manage: Screen, of_three: Classroom) -> None:
    app = pasted(manage(of_three), "\n".join(f"Learner {n:03}" for n in range(120)))
    app.session_state["manage_plan_page"] = 3
    app.run()
    assert rows(app, "What will become")[0]["text"] == "Learner 100"
    app = pasted(app, "\n".join(f"Learner {n:03}" for n in range(70)))
    assert rows(app, "What will become")[0]["text"] == "Learner 000"


def test_the_database_that_is_away_is_said_by_the_frame(
    manage: Screen, of_three: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("The database cannot be reached.")

    app = manage(of_three)
    for function in ("get_people", "plan"):
        with monkeypatch.context() as patch:
            patch.setattr(CohortKeeping, function, away)
            app.text_area[0].set_value("Di Marsh").run()
            assert app.exception, "the frame has it: dashboard.explain tries again by itself"
            assert not app.error
        app = manage(of_three)


def test_every_number_of_the_screen_says_what_it_means(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase
) -> None:
    keeping(database, of_three).invite(of_three.cohort, "somebody@example.edu")
    app = pasted(manage(of_three), "Ada High\nDi Marsh")
    assert len(app.dataframe) == 3
    assert unexplained(app) == []


def test_hostile_names_are_shown_as_the_text_they_are(
    manage: Screen, classroom: Make, database: EmbeddedDatabase
) -> None:
    made = classroom((HOSTILE, BAYES), name=f"{HOSTILE} {uuid4().hex[:8]}")
    app = pressed(ticked(manage(made), 0), "manage_ask")
    app = pasted(app, f"{HOSTILE} two\n=1+1")
    for text in (markup(app), *buttons(app)):
        assert HOSTILE not in text
        assert ":red[" not in text
    labelled(app, "Add 2 learners").click().run()
    assert f"{HOSTILE} two" in names(database, made)
    app = pressed(pressed(ticked(app, 0), "manage_ask"), "manage_remove")
    assert ":red[" not in markup(app)


# Who teaches


def test_a_colleague_is_invited_and_it_is_not_told_whether_there_is_such_a_person(
    manage: Screen,
    of_three: Classroom,
    database: EmbeddedDatabase,
    person: Callable[[], str],
    with_address: Callable[..., str],
) -> None:
    colleague = person()
    addressees = [with_address(colleague), f"nobody-{uuid4().hex}@example.edu", colleague]
    app, answers = manage(of_three), []
    for addressee in addressees:
        app.text_input(key="manage_addressee").set_value(addressee)
        app = pressed(app, "manage_invite")
        answers.append(app.success[0].value)
        assert app.text_input(key="manage_addressee").value == ""
    assert len({answer.partition("** ")[2] for answer in answers}) == 1
    assert {addressee for addressee, role in invited(database, of_three) if role == "instructor"} == set(addressees)
    assert {row["role"] for row in rows(app, "Who is invited")} == {"teacher"}
    assert names(database, of_three, "instructor") != [], "who is invited teaches nothing yet"


@pytest.mark.parametrize("addressee", ["", "nobody", "a b@c", "123"])
def test_what_is_no_address_and_no_id_is_refused_and_stays_in_the_field(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, addressee: str
) -> None:
    app = manage(of_three)
    app.text_input(key="manage_addressee").set_value(addressee)
    app = pressed(app, "manage_invite")
    assert len(app.error) == 1
    assert app.text_input(key="manage_addressee").value == addressee
    assert invited(database, of_three) == []


def test_a_colleague_is_removed_and_put_back(
    manage: Screen, of_three: Classroom, database: EmbeddedDatabase, instructor: Callable[..., str], query: Query
) -> None:
    colleague = instructor(of_three.name)
    query("update profiles set display_name = 'Kim Colleague' where id = %(id)s", id=colleague)
    app = manage(of_three)
    labelled(app, "Remove Kim Colleague").click().run()
    assert "will no longer teach" in markup(app)
    app = pressed(app, "manage_remove")
    assert "Kim Colleague" not in names(database, of_three, "instructor")
    assert "1 teacher," in said(app)
    app = pressed(app, "manage_undo_1")
    assert "Kim Colleague" in names(database, of_three, "instructor")


def test_the_only_one_who_teaches_cannot_go(manage: Screen, of_three: Classroom, database: EmbeddedDatabase) -> None:
    app = manage(of_three)
    labelled(app, "Stop teaching it").click().run()
    assert "not see it or its learners" in markup(app)
    app = pressed(app, "manage_remove")
    assert "You are the only one who teaches this cohort" in app.error[0].value
    assert len(names(database, of_three, "instructor")) == 1


def test_who_teaches_it_no_more_is_shown_another_of_their_cohorts(
    manage: Screen, of_three: Classroom, classroom: Make, instructor: Callable[..., str]
) -> None:
    instructor(of_three.name)
    other = classroom(teacher=of_three.teacher)
    app = manage(of_three)
    labelled(app, "Stop teaching it").click().run()
    app = pressed(app, "manage_remove")
    assert not app.error
    assert app.selectbox[0].value == other.cohort


# Invitations


def test_who_is_invited_or_teaches_already_is_said_to_be(
    manage: Screen, of_three: Classroom, instructor: Callable[..., str], person: Callable[[], str]
) -> None:
    colleague, somebody = instructor(of_three.name), person()
    app, answers = manage(of_three), []
    for addressee in (colleague, somebody, somebody):
        app.text_input(key="manage_addressee").set_value(addressee)
        app = pressed(app, "manage_invite")
        answers.append(app.success[0].value.partition("** ")[2])
    already = "teaches this cohort, or is invited, already."
    assert answers[0] == answers[2] == already
    assert answers[1].startswith("is invited.")


def test_an_archived_cohort_promises_nothing_that_it_does_not_do(
    manage: Screen, classroom: Make, database: EmbeddedDatabase
) -> None:
    empty = classroom()
    keeping(database, empty).invite(empty.cohort, "somebody@example.edu")
    assert "is in the cohort once they accept" in said(manage(empty))
    keeping(database, empty).archive(empty.cohort)
    app = manage(empty)
    assert "nobody comes in until it is taken out of the archive" in said(app)
    assert "list below" not in said(app)
    assert "Import practice" not in said(app)
    assert "in the cohort once they accept" not in said(app)
    assert "While the cohort is archived" in said(app)


def test_learners_and_invitations_can_be_taken_along_whole(
    manage: Screen, classroom: Make, database: EmbeddedDatabase, offered: Offered
) -> None:
    made = classroom(*((f"Learner {n:02}", []) for n in range(53)))
    for number in range(52):
        keeping(database, made).invite(made.cohort, f"p{number}@example.edu")
    manage(made)
    for opened in (opened_as_csv, opened_as_excel):
        assert opened(offered, "These learners")["learner"].tolist() == [f"Learner {n:02}" for n in range(53)]
        assert len(opened(offered, "Invitations")) == 52
    pasted(manage(made), "Di Marsh")
    assert opened_as_excel(offered, "Preview")["text"].tolist() == ["Di Marsh"]


def test_an_invitation_is_withdrawn(manage: Screen, of_three: Classroom, database: EmbeddedDatabase) -> None:
    assert "Nobody is invited at present." in said(manage(of_three))
    for addressee in ("a@example.edu", "b@example.edu", "c@example.edu"):
        keeping(database, of_three).invite(of_three.cohort, addressee)
    app = manage(of_three)
    assert "3 pending invitations" in said(app)
    gone = [rows(app, "Who is invited")[row]["addressee"] for row in (0, 2)]
    app = pressed(ticked(app, 0, 2, which="Who is invited"), "manage_withdraw")
    assert "2 invitations withdrawn." in app.success[0].value
    assert {addressee for addressee, _ in invited(database, of_three)} == {
        "a@example.edu",
        "b@example.edu",
        "c@example.edu",
    } - set(gone)
    assert len(rows(app, "Who is invited")) == 1
