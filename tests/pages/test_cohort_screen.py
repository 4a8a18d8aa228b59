"""The Cohort screen: who needs attention and why, how the cohort stands, and how that went."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import isnan
from uuid import uuid4

import pandas as pd
import pytest
import streamlit as st
from pandas.testing import assert_frame_equal
from streamlit.testing.v1 import AppTest

from mastery_core.attention import attended
from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.concept import concept_id
from mastery_core.database import Database, EmbeddedDatabase
from tests.pages.conftest import Classroom, Happened, Offered
from tests.pages.reading import (
    beside,
    everything,
    figures,
    links,
    markup,
    opened_as_csv,
    opened_as_excel,
    said,
    table,
    traces,
)

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]

HOSTILE = "<b>bold</b> **md** $x$ :red[no] www.x.org 🧠"
OUTCOMES = ("correct", "correct", "incorrect", "correct", "confusion_detected", "passive_read")
NOT_FOUND = "There is no such cohort, or not one that you teach. Choose one of yours above."
SCREENS = ("instructor/cohort.py", "instructor/grid.py", "instructor/concepts.py")


def times(outcome: str, number: int, days: float, concept: str = "Bayes") -> list[Happened]:
    """So many outcomes of one kind, one before another so many days ago."""
    return [(concept, outcome, days + place / 86_400) for place in range(number)]


def today() -> date:
    return datetime.now(UTC).date()


def days_ago(days: int) -> str:
    return str(today() - timedelta(days=days))


@pytest.fixture
def cohort(screen: Screen) -> Callable[..., AppTest]:
    """The screen of a classroom as its instructor gets it."""

    def show(of: Classroom, **address: str) -> AppTest:
        return screen(of.teacher, SCREENS[0], **({"cohort": of.cohort} | address))

    return show


@pytest.fixture
def of_three(classroom: Make) -> Classroom:
    """One who struggles, one who slips, one who excelled and has stopped."""
    return classroom(
        ("Ada High", times("correct", 4, 20)),
        ("Bo Mid", [*times("correct", 6, 9), *times("incorrect", 2, 2)]),
        ("Zoe Low", times("incorrect", 4, 3)),
    )


@pytest.mark.parametrize("script", SCREENS)
def test_an_instructor_without_a_cohort_is_told_how_to_come_by_one(
    screen: Screen, person: Callable[[], str], service: Database, script: str
) -> None:
    teacher = person()
    service.call("grant_role", person=teacher, role="instructor")
    app = screen(teacher, script)
    assert "No cohort yet" in said(app)
    assert "Create one" in said(app)
    assert "Create a cohort" in links(app)
    assert not app.metric
    assert not app.selectbox


@pytest.mark.parametrize("script", SCREENS)
def test_a_cohort_without_learners_says_how_they_come(classroom: Make, screen: Screen, script: str) -> None:
    app = screen(classroom().teacher, script)
    assert "Nobody is in this cohort yet" in said(app)
    assert "Add learners from a list" in said(app)
    assert links(app) == ["Add learners", "Import practice"]
    assert not app.metric
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("script", SCREENS)
def test_a_cohort_that_has_not_practised_says_so(classroom: Make, screen: Screen, script: str) -> None:
    app = screen(classroom(("Nia New", []), ("Ned New", [])).teacher, script)
    assert "Nothing practised yet" in said(app)
    assert "2 learners in this cohort, and nothing recorded by " in said(app)
    assert "began on" not in said(app)
    assert not app.metric


@pytest.mark.parametrize("script", SCREENS)
def test_before_the_first_event_it_says_when_practice_began(classroom: Make, screen: Screen, script: str) -> None:
    made = classroom(("Zoe Low", times("incorrect", 4, 3)))
    began = datetime.now(UTC) - timedelta(days=3)
    app = screen(made.teacher, script, as_of=days_ago(5))
    assert "Nothing practised yet" in said(app)
    assert f"Practice began on **{began.day} {began:%B %Y}**." in said(app)
    assert not app.metric
    assert "Zoe" not in everything(app)


@pytest.mark.parametrize("script", SCREENS)
def test_another_instructors_cohort_shows_neither_name_nor_figure(
    classroom: Make, screen: Screen, of_three: Classroom, script: str
) -> None:
    colleague = classroom(("Own Learner", times("correct", 3, 2))).teacher
    for asked in (of_three.cohort, str(uuid4()), "nonsense", "' or true --", ""):
        app = screen(colleague, script, cohort=asked)
        assert [error.value for error in app.error] == [NOT_FOUND]
        assert not app.metric
        assert not app.dataframe
        assert not app.get("plotly_chart")
        shown = everything(app) + "".join(app.selectbox[0].options)
        assert not {name for name in ("Ada", "Bo Mid", "Zoe", of_three.name, "Own Learner") if name in shown}


@pytest.mark.parametrize("script", SCREENS)
def test_after_a_wrong_address_one_of_the_own_cohorts_can_be_chosen(
    screen: Screen, of_three: Classroom, script: str
) -> None:
    app = screen(of_three.teacher, script, cohort="nonsense")
    app.selectbox[0].set_value(of_three.cohort).run()
    assert not app.exception
    assert not app.error
    assert app.query_params["cohort"] == of_three.cohort
    assert app.metric or app.dataframe


@pytest.mark.parametrize("script", SCREENS)
def test_who_is_removed_from_the_cohort_is_refused_at_the_next_click(
    screen: Screen, of_three: Classroom, classroom: Make, service: Database, script: str
) -> None:
    classroom(teacher=of_three.teacher)  # they go on as an instructor
    app = screen(of_three.teacher, script, cohort=of_three.cohort)
    assert "Zoe Low" in everything(app) or script == SCREENS[2]
    service.call("remove_from_cohort", cohort=of_three.name, person=of_three.teacher)
    app.run()
    assert [error.value for error in app.error] == [NOT_FOUND]
    assert not app.metric
    assert not app.dataframe
    assert "Zoe" not in everything(app)


@pytest.mark.parametrize("script", SCREENS)
def test_a_student_who_asks_for_it_gets_their_own_first_screen(
    screen: Screen, of_three: Classroom, script: str
) -> None:
    app = screen(of_three.learners[2], script, cohort=of_three.cohort)
    assert app.title[0].value == "Progress"
    assert app.main.text[0].value == "Zoe Low"
    assert of_three.name not in everything(app)
    assert "Ada" not in everything(app)


def test_the_cohort_is_chosen_by_its_id_in_the_address(classroom: Make, screen: Screen, of_three: Classroom) -> None:
    other = classroom(("Only One", times("correct", 3, 2)), name=f"A first {uuid4()}", teacher=of_three.teacher)
    app = screen(of_three.teacher, SCREENS[0])
    assert app.selectbox[0].value == other.cohort, "by name"
    assert figures(app)["Learners"] == "1"
    assert not {"Ada", "Bo", "Zoe"} & set(everything(app).split())
    app.selectbox[0].set_value(of_three.cohort).run()
    assert figures(app)["Learners"] == "3"
    assert app.query_params["cohort"] == of_three.cohort


def test_one_observation_is_not_enough_data_and_no_zero(classroom: Make, cohort: Screen) -> None:
    app = cohort(classroom(("Nia New", times("incorrect", 1, 2))))
    assert figures(app) == {
        "Learners": "1", "Active in this range": "1 of 1", "Mean mastery": "—", "Needing attention": "0", "▼ Struggling": "0",
        "↘ Slipping": "0", "● On track": "0", "★ Excelling": "0", "○ Not enough data": "1",
    }  # fmt: skip
    assert "Nobody needs attention by these limits." in said(app)
    assert "Nobody has a concept with 3 observations yet." in said(app)
    [row] = table(app)
    assert isnan(row["now"])
    assert isnan(row["stored"])
    assert (row["group"], row["known"], row["apart"], row["weak"], row["observations"]) == (
        "○ not enough data",
        0,
        1,
        0,
        1,
    )
    assert app.get("plotly_chart")[0].proto.alt == "The learners' mean mastery over time: nobody had enough data."


def test_who_has_not_started_is_counted_apart(classroom: Make, cohort: Screen) -> None:
    app = cohort(classroom(("Ada High", times("correct", 4, 2)), ("Nia New", [])))
    assert figures(app)["Learners"] == "2"
    assert beside(app)["Learners"].endswith("1 not started")
    assert figures(app)["Active in this range"] == "1 of 2"
    assert figures(app)["Needing attention"] == "0"
    nia = table(app)[1]
    assert (nia["learner"], nia["activity"], nia["why"]) == ("Nia New", "not started", "")
    assert isnan(nia["right"])


def test_where_all_have_mastered_everything_nobody_needs_attention(classroom: Make, cohort: Screen) -> None:
    app = cohort(classroom(*((f"Learner {n}", times("correct", 6, 1)) for n in range(3))))
    shown = figures(app)
    assert (shown["Needing attention"], shown["★ Excelling"]) == ("0", "3")
    assert "Nobody needs attention by these limits." in said(app)
    assert [row["mastered"] for row in table(app)] == [1, 1, 1]
    assert links(app) == []


def test_where_all_are_weak_all_need_attention_and_the_lowest_comes_first(classroom: Make, cohort: Screen) -> None:
    made = classroom(*((f"Learner {n}", times("incorrect", 3 + n, 2)) for n in range(3)))
    app = cohort(made)
    shown = figures(app)
    assert (shown["Needing attention"], shown["▼ Struggling"]) == ("3", "3")
    assert [row["learner"] for row in table(app)] == ["Learner 2", "Learner 1", "Learner 0"]
    assert links(app)[:3] == [":blue[Learner 2]", ":blue[Learner 1]", ":blue[Learner 0]"]


def test_each_card_names_its_reasons_with_the_numbers_and_leads_to_the_learner(
    of_three: Classroom, cohort: Screen
) -> None:
    app = cohort(of_three)
    ada, bo, zoe = of_three.learners
    assert figures(app)["Needing attention"] == "3"
    cards = [link for link in app.main.get("page_link") if "learner=" in link.proto.query_string]
    assert [link.proto.label for link in cards] == [":blue[Zoe Low]", ":blue[Bo Mid]", ":blue[Ada High]"]
    assert all(
        f"learner={who}" in link.proto.query_string and f"cohort={of_three.cohort}" in link.proto.query_string
        for link, who in zip(cards, (zoe, bo, ada), strict=True)
    )
    reasons = [each.value[7:-1] for each in app.main.markdown if each.value.startswith(":small[:")]
    assert reasons[0].startswith(":orange[▼ struggling] · mean ")
    assert "when last practised, below 50%; 1 concept declining by practice of the last 7 days" in reasons[0]
    assert reasons[1] == ":violet[↘ slipping] · 1 concept declining by practice of the last 7 days"
    assert reasons[2].startswith(":gray[◌ inactive], was ★ excelling · no practice for 20 days, faded from 90% to ")
    rows = {row["learner"]: row["why"] for row in table(app)}
    assert all(
        reason.partition(" · ")[2] == rows[name]
        for reason, name in zip(reasons, ("Zoe Low", "Bo Mid", "Ada High"), strict=True)
    )


def test_limits_in_the_address_move_the_groups_and_the_words_say_so(of_three: Classroom, cohort: Screen) -> None:
    usual = figures(cohort(of_three))
    assert (usual["▼ Struggling"], usual["↘ Slipping"], usual["★ Excelling"]) == ("1", "1", "1")
    app = cohort(of_three, struggling="0", slipping="10", excelling="40", inactive="60")
    moved = figures(app)
    assert (moved["▼ Struggling"], moved["↘ Slipping"], moved["★ Excelling"], moved["Needing attention"]) == (
        "0",
        "0",
        "2",
        "0",
    )
    words = "**Struggling**: a mean below 0% when last practised. **Slipping**: 10 concepts or more declining. "
    assert words + "**Excelling**: a mean of 40% or more. " in said(app)
    assert "no practice for more than 60 days." in said(app)
    assert {slider.label: slider.value for slider in app.slider} == {
        "Struggling below (%)": 0, "Slipping from so many declining concepts": 10, "Excelling from (%)": 40, "Inactive after so many days": 60,
    }  # fmt: skip


def test_a_moved_limit_goes_into_the_address_and_the_usual_one_out_of_it(of_three: Classroom, cohort: Screen) -> None:
    app = cohort(of_three)
    [inactive] = [slider for slider in app.slider if slider.label.startswith("Inactive")]
    inactive.set_value(30).run()
    assert app.query_params["inactive"] in ("30", ["30"])
    assert figures(app)["Needing attention"] == "2"
    [inactive] = [slider for slider in app.slider if slider.label.startswith("Inactive")]
    inactive.set_value(14).run()
    assert "inactive" not in app.query_params
    assert figures(app)["Needing attention"] == "3"


@pytest.mark.parametrize(
    "nonsense",
    [{"struggling": "-5"}, {"struggling": "many"}, {"inactive": "9999999999999"}, {"range": "ever"}, {"as_of": "2026-13-45"}, {"attention_page": "0"}],
)  # fmt: skip
def test_what_no_address_can_mean_shows_the_usual(
    of_three: Classroom, cohort: Screen, nonsense: dict[str, str]
) -> None:
    assert figures(cohort(of_three, **nonsense)) == figures(cohort(of_three))


def test_a_range_with_nothing_in_it_is_no_practice_and_no_zero_of_mastery(of_three: Classroom, cohort: Screen) -> None:
    app = cohort(of_three, range="7 days", as_of=days_ago(11))
    # Ada alone had begun by then, before the range.
    assert figures(app)["Active in this range"] == "0 of 3"
    # The figure is rounded to a whole per cent, the table to a tenth.
    assert abs(float(figures(app)["Mean mastery"].removesuffix("%")) - table(app)[0]["now"]) <= 0.55
    assert beside(app)["Learners"].endswith("2 not started")
    ada = next(row for row in table(app) if row["learner"] == "Ada High")
    assert (ada["observations"], ada["days"], ada["gained"]) == (0, 0, 0)
    assert isnan(ada["right"])


def test_a_day_long_ago_is_said(classroom: Make, cohort: Screen) -> None:
    app = cohort(classroom(("Ada High", times("correct", 4, 200))))
    assert (
        "Nothing was practised in the last 30 days, so this shows how things stood on the day of the last practice"
        in app.info[0].value
    )
    assert app.date_input[0].value == today() - timedelta(days=200)
    assert figures(app)["★ Excelling"] == "1"
    assert figures(app)["Needing attention"] == "0"


@pytest.mark.parametrize("range_name", ["7 days", "30 days", "90 days", "Year", "All"])
def test_figures_are_those_of_the_service(
    classroom: Make, cohort: Screen, database: EmbeddedDatabase, range_name: str
) -> None:
    concepts = ("Bayes", "Sampling", "Box plots")
    made = classroom(
        *(
            (
                f"Learner {n}",
                [(concepts[(n + day) % 3], OUTCOMES[(n * day) % 6], day + 0.01 * n) for day in range(2, 60, 1 + n)],
            )
            for n in range(9)
        ),
        ("Nia New", []),
    )
    service, day = CohortService(database.acting_as(made.teacher)), today() - timedelta(days=1)
    span = service.get_span(made.cohort)
    assert span.first_day is not None
    days = {"Year": 365, "All": (day - span.first_day).days + 1}.get(range_name) or int(range_name.partition(" ")[0])
    app = cohort(made, range=range_name, as_of=str(day))
    learners = attended(service.get_learners(made.cohort, day, days), moment_of(day).timestamp())
    shown = figures(app)
    assert shown["Learners"] == "10"
    assert shown["Active in this range"] == f"{(learners['observations'] > 0).sum()} of 10"
    assert shown["Mean mastery"] == f"{learners['mean'].mean():.0%}"
    assert shown["Needing attention"] == str(learners["needs"].sum())
    groups = [shown[name] for name in ("▼ Struggling", "↘ Slipping", "● On track", "★ Excelling", "○ Not enough data")]
    assert sum(int(each) for each in groups) == 10
    assert groups == [
        str((learners["group"] == name).sum())
        for name in ("struggling", "slipping", "on track", "excelling", "not enough data")
    ]
    for row, of in zip(table(app), learners.to_dict("records"), strict=True):
        assert row["learner"] == of["name"]
        for column, asked in (("now", "mean"), ("stored", "mean_stored"), ("gained", "gained"), ("lost", "lost")):
            assert row[column] == pytest.approx(of[asked] * 100, abs=0.051, nan_ok=True)
        for column in ("weak", "mastered", "known", "apart", "declining", "improving", "days", "observations"):
            assert row[column] == of[column]
        assert row["right"] == pytest.approx(
            of["correct"] / of["graded"] * 100 if of["graded"] else float("nan"), abs=0.051, nan_ok=True
        )
    if range_name == "All":
        assert "no earlier period" in beside(app)["Needing attention"]
        return
    earlier = day - timedelta(days=days)
    before = attended(service.get_learners(made.cohort, earlier, days), moment_of(day).timestamp() - days * 86_400)
    change = int(learners["needs"].sum()) - int(before["needs"].sum())
    assert beside(app)["Needing attention"] == f"{change} vs before"


def test_what_the_curve_shows_is_the_course_of_the_service(
    of_three: Classroom, cohort: Screen, database: EmbeddedDatabase
) -> None:
    day = today() - timedelta(days=1)
    app = cohort(of_three, as_of=str(day))
    course = CohortService(database.acting_as(of_three.teacher)).get_course(of_three.cohort, day, 30)
    last = course.iloc[-1]
    alt = app.get("plotly_chart")[0].proto.alt
    assert f"a tenth are below {last['lower']:.0%} and a tenth above {last['upper']:.0%}." in alt
    app.session_state["course_numbers"] = True
    rows = table(app.run(), 0)
    assert [row["learners"] for row in rows] == course["learners"].tolist()[::-1]
    assert [row["middle"] for row in rows] == pytest.approx(
        (course["middle"] * 100).tolist()[::-1], abs=0.051, nan_ok=True
    )


def test_every_learner_and_the_curve_can_be_taken_along(classroom: Make, cohort: Screen, offered: Offered) -> None:
    made = classroom(
        ("=1+1", times("correct", 4, 20)), ("Zoe Low", times("incorrect", 4, 3)), *((f"New {n:02}", []) for n in range(50)),
    )  # fmt: skip
    app = cohort(made, as_of=days_ago(1), learners_page="2")
    second = app.dataframe[0].value
    app = cohort(made, as_of=days_ago(1))
    shown = pd.concat([app.dataframe[0].value, second], ignore_index=True)
    assert len(shown) == 52
    for read, told in ((opened_as_excel, shown), (opened_as_csv, shown.replace("=1+1", "'=1+1"))):
        taken = read(offered, "Every learner").fillna({"why": ""})
        taken["last"] = pd.to_datetime(taken["last"]).astype(shown["last"].dtype)
        assert_frame_equal(taken, told, check_dtype=False)
    assert "This curve as CSV" not in offered
    app.session_state["course_numbers"] = True
    course = app.run().dataframe[0].value
    for read in (opened_as_csv(offered, "This curve"), opened_as_excel(offered, "This curve")):
        assert pd.to_datetime(read["at (UTC)"]).tolist() == course["at"].dt.tz_convert(None).dt.floor("min").tolist()
        rest = ["learners", "lower", "middle", "upper"]
        assert_frame_equal(read[rest], course[rest], check_dtype=False)
    assert all(f"{made.cohort[:8]}-{days_ago(1)}." in name for name, _ in offered.values() if "report" not in name)


@pytest.fixture
def addresses(cohort: Screen) -> Callable[..., AppTest]:
    """The Cohort screen with the popover of the addresses open, and these rows of the table ticked."""

    def show(of: Classroom, *rows: int, whom: str | None = None, **address: str) -> AppTest:
        app = cohort(of, **address)
        app.session_state["addresses"] = True
        app.session_state[app.dataframe[0].key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
        app.run()
        if whom:
            app.selectbox(key="addresses_of").set_value(whom).run()
        assert not app.exception, app.exception[0].message
        return app

    return show


@pytest.fixture
def reachable(of_three: Classroom, query: Callable[..., object]) -> Classroom:
    """The three, of whom Ada has no address. An address is one person's: those of an earlier test have it no more."""
    query("update auth.users set email = null where email in ('bo@x.edu', 'Zoe.Low@x.edu')")
    for learner, email in zip(of_three.learners, (None, "bo@x.edu", "Zoe.Low@x.edu"), strict=True):
        query("update auth.users set email = %(email)s where id = %(id)s", id=learner, email=email)
    return of_three


def lines(app: AppTest) -> list[str]:
    """What can be copied."""
    return [code.value for code in app.code]


def test_addresses_of_the_learners_picked_can_be_copied(reachable: Classroom, addresses: Screen) -> None:
    app = addresses(reachable, 0, 1)  # who needs attention first: Zoe, Bo, Ada
    assert lines(app) == ["Zoe.Low@x.edu, bo@x.edu"]
    assert "2 e-mail addresses." in said(app)
    assert "none" not in " ".join(caption.value for caption in app.caption if "addresses" in caption.value)
    assert lines(addresses(reachable, 1)) == ["bo@x.edu"]


def test_who_has_no_address_is_said(reachable: Classroom, addresses: Screen) -> None:
    app = addresses(reachable, 1, 2)
    assert lines(app) == ["bo@x.edu"]
    assert "1 e-mail address. 1 person has none: Ada High." in said(app)
    app = addresses(reachable, 2)
    assert lines(app) == []
    assert "1 person has no e-mail address: Ada High." in said(app)


def test_where_nobody_is_picked_there_is_a_hint_and_nothing_to_copy(reachable: Classroom, addresses: Screen) -> None:
    app = addresses(reachable)
    assert lines(app) == []
    assert "Nobody is picked yet: tick learners in the table below" in said(app)


@pytest.mark.parametrize(
    ("whom", "copied"),
    [
        ("Who needs attention", ["Zoe.Low@x.edu, bo@x.edu"]),
        ("▼ Struggling", ["Zoe.Low@x.edu"]),
        ("↘ Slipping", ["bo@x.edu"]),
        ("● On track", []),
        ("★ Excelling", []),
        ("◌ Inactive", []),
        ("Not started", []),
        ("Every learner", ["Zoe.Low@x.edu, bo@x.edu"]),
    ],
)
def test_addresses_of_a_group_can_be_copied(
    reachable: Classroom, addresses: Screen, whom: str, copied: list[str]
) -> None:
    app = addresses(reachable, 0, whom=whom)
    assert lines(app) == copied
    if whom in ("● On track", "Not started"):
        assert "Nobody is in this group." in said(app)


def test_the_numbers_beside_the_groups_are_those_of_the_screen(reachable: Classroom, addresses: Screen) -> None:
    options = (
        addresses(reachable, 0, 2, struggling="0", slipping="10", inactive="10").selectbox(key="addresses_of").options
    )
    assert options[:2] == ["Picked in the table", "Who needs attention"]
    assert options[-3:] == ["◌ Inactive", "Not started", "Every learner"]


def test_while_the_popover_is_closed_no_address_is_asked_for_and_none_sent(
    reachable: Classroom, cohort: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("addresses were asked for")

    monkeypatch.setattr("mastery_core.cohort_keeping.CohortKeeping.get_people", asked)
    app = cohort(reachable)
    assert lines(app) == []
    assert "@x.edu" not in everything(app)
    app.session_state["addresses"] = True
    assert lines(app.run()) == [], "nor while nobody is picked"


def test_a_moved_limit_that_changes_the_order_leaves_nobody_picked(reachable: Classroom, addresses: Screen) -> None:
    app = addresses(reachable, 0)
    assert lines(app) == ["Zoe.Low@x.edu"]
    app.query_params["struggling"] = "0"
    app.query_params["slipping"] = "10"
    app.run()
    assert table(app)[0]["learner"] == "Ada High"
    assert lines(app) == []
    assert "Nobody is picked yet" in said(app)


def test_a_picked_row_opens_nobody_and_a_pressed_name_does(reachable: Classroom, addresses: Screen) -> None:
    app = addresses(reachable, 0)
    assert app.title[0].value == "Cohort"
    app.session_state["every_learner_opens"] = {"row": 1}
    app.run()
    assert app.query_params["learner"] in (reachable.learners[1], [reachable.learners[1]])


@pytest.mark.parametrize(
    ("script", "key", "more", "then"),
    [
        (SCREENS[0], "every_learner_opens", {}, {"struggling": "0", "slipping": "10"}),
        (SCREENS[1], "grid_opens", {}, {"sort": "name"}),
        (SCREENS[2], "concept_learner_opens", {"concept": concept_id("Bayes")}, {}),
    ],
)
def test_a_pressed_name_is_the_one_that_stood_there_whatever_has_changed_since(
    of_three: Classroom, screen: Screen, script: str, key: str, more: dict[str, str], then: dict[str, str],
    database: EmbeddedDatabase,
) -> None:  # fmt: skip
    app = screen(of_three.teacher, script, cohort=of_three.cohort, **more)
    if not then:  # another order comes of who has left
        CohortKeeping(database.acting_as(of_three.teacher)).remove(of_three.cohort, of_three.learners[2])
        st.cache_data.clear()
    for name, value in then.items():
        app.query_params[name] = value
    app.session_state[key] = {"row": 0}
    app.run()
    assert not app.exception
    assert app.query_params["learner"] in (of_three.learners[2], [of_three.learners[2]]), "Zoe stood first"


@pytest.mark.parametrize("script", SCREENS)
def test_an_archived_cohort_without_learners_promises_nobody(
    classroom: Make, screen: Screen, database: EmbeddedDatabase, script: str
) -> None:
    empty = classroom()
    CohortKeeping(database.acting_as(empty.teacher)).archive(empty.cohort)
    app = screen(empty.teacher, script)
    assert "taken out of the archive" in said(app)
    assert "Add learners" not in said(app)
    assert links(app) == ["Manage the cohort"]


def test_hostile_names_are_shown_as_the_text_they_are(classroom: Make, cohort: Screen) -> None:
    made = classroom((HOSTILE, times("incorrect", 4, 3, HOSTILE)), name=f"{HOSTILE} {uuid4().hex[:8]}")
    app = cohort(made)
    assert HOSTILE not in markup(app)
    assert ":red[" not in markup(app)
    assert "**md**" not in markup(app)
    assert table(app)[0]["learner"] == HOSTILE
    assert app.selectbox[0].options == [made.name]
    assert "<b>bold" not in str(traces(app))


def test_many_who_need_attention_and_many_learners_come_in_pages(classroom: Make, cohort: Screen) -> None:
    made = classroom(*((f"Learner {n:02}", times("incorrect", 3, 2)) for n in range(53)))
    app = cohort(made)
    assert (len(links(app)), len(table(app))) == (12, 50)
    app = cohort(made, attention_page="5", learners_page="2")
    assert links(app) == [f":blue[Learner {n}]" for n in range(48, 53)]
    assert [row["learner"] for row in table(app)] == ["Learner 50", "Learner 51", "Learner 52"]
    assert app.dataframe[0].proto.alt == "Every learner, who needs attention first, page 2 of 2"
    assert len(table(cohort(made, learners_page="3"))) == 50, "a page that there is not is the first"


def test_the_instructors_own_thresholds_hold(of_three: Classroom, cohort: Screen, query: Callable[..., object]) -> None:
    query("update profiles set weak_below = 0.05, mastered_from = 0.06 where id = %(id)s", id=of_three.teacher)
    assert [(row["weak"], row["mastered"]) for row in table(cohort(of_three))] == [(0, 1)] * 3
