"""My data, as learners of every kind see it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.database import EmbeddedDatabase

DATA = "student/data.py"
NAME = "<b>bold</b> 🧠 =1+1"
A_FEW = [(concept, outcome, days) for concept in ("Correlation", NAME) for outcome, days in (("correct", 3.0), ("incorrect", 2.0), ("correct", 1.0))]  # fmt: skip
TABLES = ("student_mastery", "learning_sessions", "interactions", "mastery_history", "mastery_daily")

Learner = Callable[..., str]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.info, *app.success))


def downloads(app: AppTest) -> dict[str, str]:
    return {button.proto.label: button.proto.id for button in app.get("download_button")}


def opened(app: AppTest) -> AppTest:
    app.session_state["data_delete"] = True
    return app.run()


def rows(query: Query, learner: str) -> dict[str, int]:
    whose = {"interactions": "student_id"}
    return {
        table: query(f"select count(*) from {table} where {whose.get(table, 'user_id')} = %(id)s", id=learner)[0][
            "count"
        ]  # type: ignore[arg-type]
        for table in TABLES
    }


def test_everything_can_be_taken_along_whole_and_table_by_table(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA)
    assert {"Everything as JSON", "Everything as CSV archive", "Report to print"} <= downloads(app).keys()
    assert {"Standing", "Sessions", "Interactions", "History", "Days"} <= downloads(app).keys()


def test_what_is_in_the_tables_is_said_beside_them(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA)
    app.session_state["data_contents"] = True
    table = app.run().dataframe[0]
    assert table.proto.alt
    assert {"interactions", "mastery_history"} <= set(table.value["table"])


def test_somebody_new_can_take_their_profile_and_has_nothing_to_report_or_delete(
    person: Callable[[], str], screen: Screen
) -> None:
    app = screen(person(), DATA)
    assert "Everything as JSON" in downloads(app)
    assert "Report to print" not in downloads(app)
    assert "nothing to report" in texts(app)
    assert "nothing to delete" in texts(app)
    assert not app.get("expander")[1:]


def test_one_observation_can_be_reported_and_deleted(learner: Learner, screen: Screen) -> None:
    app = opened(screen(learner([("Sampling", "correct", 0.5)]), DATA))
    assert "Report to print" in downloads(app)
    assert "**1 observation** of **1 concept**, **0 sessions**" in texts(app)


def test_a_term_before_the_first_practice_has_nothing_to_report(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA, report_from="2001-01-01", report_to="2001-02-03")
    assert "Nothing had been practised by 3 February 2001" in texts(app)
    assert "Report to print" not in downloads(app)
    assert "Everything as JSON" in downloads(app)


def test_a_term_that_ends_before_it_begins_is_told_so(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA, report_from="2020-02-03", report_to="2020-02-01")
    assert "A term ends after it begins" in texts(app)
    assert "Report to print" not in downloads(app)


def test_the_term_opens_on_the_viewers_days_and_at_the_last_practice_of_long_ago(
    learner: Learner, screen: Screen
) -> None:
    app = screen(learner(A_FEW), DATA, timezone="Pacific/Kiritimati")
    today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert [each.value for each in app.date_input] == [today - timedelta(days=90), today]
    old = screen(learner([(concept, outcome, days + 4_000) for concept, outcome, days in A_FEW]), DATA)
    assert old.date_input[1].value == (datetime.now(UTC) - timedelta(days=4_001)).date()
    assert "Report to print" in downloads(old)


def test_a_cleared_day_falls_back(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA)
    app.date_input[0].set_value(None).run()
    assert not app.exception
    assert "Report to print" in downloads(app)


def test_the_end_says_what_goes_and_what_stays_and_offers_a_copy_first(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA)
    assert not app.text_input, "the way to the end is closed at first"
    app = opened(app)
    assert "**6 observations** of **2 concepts**" in texts(app)
    assert "cannot be undone" in texts(app)
    assert "Your account, your name and profile, and the cohorts you belong to stay" in texts(app)
    assert len([button for button in app.get("download_button") if button.proto.label == "Everything as JSON"]) == 2
    assert app.button(key="data_erase").disabled


@pytest.mark.parametrize("phrase", ["", "delete", "Delete my data", "delete my data!", "delete  my data"])
def test_another_phrase_deletes_nothing(learner: Learner, screen: Screen, query: Query, phrase: str) -> None:
    person = learner(A_FEW)
    before = rows(query, person)
    app = opened(screen(person, DATA))
    app.text_input(key="data_phrase").set_value(phrase).run()
    assert app.button(key="data_erase").disabled
    assert rows(query, person) == before


def test_the_phrase_is_asked_for_again_when_the_button_comes(learner: Learner, screen: Screen, query: Query) -> None:
    person = learner(A_FEW)
    before = rows(query, person)
    app = opened(screen(person, DATA))
    app.text_input(key="data_phrase").set_value("delete my data").run()
    app.text_input(key="data_phrase").set_value("delete")
    app.button(key="data_erase").click().run()
    assert rows(query, person) == before
    assert not app.success
    assert app.button(key="data_erase").disabled


def test_the_phrase_deletes_everything_of_ones_own_and_nothing_of_others(
    learner: Learner, screen: Screen, query: Query, database: EmbeddedDatabase
) -> None:
    person, other = learner(A_FEW), learner(A_FEW)
    MasteryService(database.acting_as(person)).start_session(person)
    before = {each: rows(query, each) for each in (person, other)}
    app = opened(screen(person, DATA))
    app.text_input(key="data_phrase").set_value("delete my data").run()
    assert not app.button(key="data_erase").disabled
    app.button(key="data_erase").click().run()
    assert "Your learning record is erased" in app.success[0].value
    assert sorted(map(int, re.findall(r"\d+", app.success[0].value))) == sorted(before[person].values())
    assert rows(query, person) == dict.fromkeys(TABLES, 0)
    assert rows(query, other) == before[other]
    assert "nothing to delete" in texts(app)
    assert query("select display_name from profiles where id = %(id)s", id=person) == [{"display_name": "Maya Okafor"}]
    assert query("select count(*) from cohort_members where user_id = %(id)s", id=person) == [{"count": 1}]


def test_names_are_shown_as_the_text_they_are(learner: Learner, screen: Screen) -> None:
    app = opened(screen(learner(A_FEW, "<b>Eve</b> :red[x]"), DATA))
    assert "<b>Eve</b> :red[x]" in [text.value for text in app.text]
    assert "<b>" not in "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def test_the_term_is_in_the_address(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), DATA, report_from="2026-01-05", report_to="2026-03-27")
    assert [each.value for each in app.date_input] == [date(2026, 1, 5), date(2026, 3, 27)]
