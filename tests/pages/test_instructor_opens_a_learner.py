"""An instructor opens a learner, and sees the very screens that the learner sees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.concept import concept_id
from mastery_core.database import Database, EmbeddedDatabase

Screen = Callable[..., AppTest]
Learner = Callable[..., str]
Instructor = Callable[..., str]
Query = Callable[..., list[dict[str, Any]]]

PROGRESS = "student/progress.py"
SCREENS = {
    "Progress": PROGRESS, "Concept": "student/concept.py", "Sessions": "student/sessions.py",
    "Insights": "student/insights.py", "Review plan": "student/review_plan.py",
}  # fmt: skip
COHORT = "instructor/cohort.py"
OF_COHORTS = ("Cohort", "Grid", "Concepts", "Compare", "Manage", "Import")
NO_SUCH_LEARNER = "There is no such learner, or not one that you teach."

LOW = [("Bayes", "incorrect", days) for days in (3, 2, 1)]
MIDDLING = [("Bayes", outcome, days) for outcome, days in (("correct", 3), ("incorrect", 2), ("correct", 1))]
HIGH = [("Bayes", "correct", days) for days in (5, 4, 3, 2, 1)]


@dataclass(frozen=True)
class Class:
    """A cohort of three, by who needs attention first, and their instructor."""

    cohort: str
    name: str
    teacher: str
    low: str
    middling: str
    high: str


@pytest.fixture
def of_three(service: Database, learner: Learner, instructor: Instructor) -> Class:
    name = f"Statistics {uuid4()}"
    learners = [
        learner(happened, who, name) for happened, who in ((LOW, "Zoe Low"), (MIDDLING, "Bo Mid"), (HIGH, "Ada High"))
    ]
    [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
    return Class(cohort, name, instructor(name), *learners)


@pytest.fixture
def opened(screen: Screen, of_three: Class) -> Callable[..., AppTest]:
    """A learner's screen as the instructor of the three gets it, or whoever is named."""

    def show(learner: str, title: str = "Progress", by: str | None = None, **parameters: str) -> AppTest:
        url_path = "learner" if title == "Progress" else None
        return screen(by or of_three.teacher, SCREENS[title], url_path=url_path, learner=learner, **parameters)

    return show


def said(app: AppTest) -> str:
    """Everything there is to read, in the menu too."""
    kinds = (
        app.title,
        app.subheader,
        app.header,
        app.markdown,
        app.caption,
        app.text,
        app.info,
        app.success,
        app.error,
    )
    elements = [each for kind in kinds for each in kind]
    return "\n".join([*(each.value for each in elements), *(each.label for each in (*app.button, *app.metric))])


def metrics(app: AppTest) -> list[tuple[str, str, str]]:
    return [(metric.label, metric.value, metric.help) for metric in app.metric]


def links(where: Any) -> dict[str, dict[str, str]]:
    """What each link says beside the screen it leads to."""
    return {
        link.proto.label: {name: values[0] for name, values in parse_qs(link.proto.query_string).items()}
        for link in where.get("page_link")
    }


def sections(app: AppTest) -> list[str]:
    return [caption.value for caption in app.sidebar.caption][:-1]  # the last is the role of who is signed in


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, way: str) -> AppTest:
    return app.button(key=f"learner_{way}").click().run()


def banner_of(app: AppTest) -> str:
    return next((each.value for each in app.main.markdown if "You are looking at" in each.value), "")


@pytest.mark.parametrize("title", SCREENS)
def test_an_instructor_sees_the_very_screens_that_the_learner_sees(
    of_three: Class, opened: Callable[..., AppTest], screen: Screen, query: Query, title: str
) -> None:
    query("update profiles set weak_below = 0.64, mastered_from = 0.97 where id = %(id)s", id=of_three.middling)
    own, seen = screen(of_three.middling, SCREENS[title]), opened(of_three.middling, title)
    assert banner_of(seen) == ":material/visibility: You are looking at **Bo Mid**'s screens, as they see them."
    assert banner_of(own) == ""
    assert seen.title[0].value == title
    assert metrics(seen) == metrics(own)
    assert bool(metrics(seen)) == (title != "Sessions")
    assert [each.value for each in seen.main.subheader] == [each.value for each in own.main.subheader]
    assert len(seen.get("plotly_chart")) == len(own.get("plotly_chart")) > 0


def test_the_learners_own_thresholds_hold(of_three: Class, opened: Callable[..., AppTest], query: Query) -> None:
    query("update profiles set weak_below = 0.64, mastered_from = 0.97 where id = %(id)s", id=of_three.high)
    query("update profiles set weak_below = 0.11, mastered_from = 0.22 where id = %(id)s", id=of_three.teacher)
    assert "below 64%" in [metric.proto.delta_description for metric in opened(of_three.high).metric]


def test_the_clock_is_that_of_who_looks(of_three: Class, opened: Callable[..., AppTest], query: Query) -> None:
    query("update profiles set time_zone = 'Pacific/Kiritimati' where id = %(id)s", id=of_three.low)
    query("update profiles set time_zone = 'Pacific/Midway' where id = %(id)s", id=of_three.teacher)
    own, seen = opened(of_three.low, by=of_three.low), opened(of_three.low)
    assert seen.date_input[0].value < own.date_input[0].value


def test_the_way_goes_from_who_needs_attention_first_to_who_needs_it_least(
    of_three: Class, opened: Callable[..., AppTest]
) -> None:
    app = opened(of_three.low, cohort=of_three.cohort)
    assert "1 of 3 in" in said(app)
    assert app.button(key="learner_previous").disabled
    for name in ("Bo Mid", "Ada High"):
        assert f"Next: {name}" in labels(app)
        app = press(app, "next")
        assert f"**{name}**" in banner_of(app)
        assert app.main.text[0].value == name
    assert app.button(key="learner_next").disabled
    assert "Previous: Bo Mid" in labels(app)
    assert "**Bo Mid**" in banner_of(press(app, "previous"))


def forget() -> None:
    """As Manage does it, in the session that removes somebody."""
    from pages.instructor import kept

    kept.forget()


def test_who_was_removed_is_not_next_any_more(
    of_three: Class, opened: Callable[..., AppTest], database: EmbeddedDatabase
) -> None:
    app = opened(of_three.low, cohort=of_three.cohort)
    assert "Next: Bo Mid" in labels(app)
    CohortKeeping(database.acting_as(of_three.teacher)).remove(of_three.cohort, of_three.middling)
    AppTest.from_function(forget).run()
    app.run()
    assert "Next: Ada High" in labels(app)
    assert "Bo Mid" not in said(app)


def test_the_limits_of_the_address_make_the_order(of_three: Class, opened: Callable[..., AppTest]) -> None:
    # Where nobody is struggling, slipping comes first; where all are, the lowest does.
    app = opened(of_three.middling, cohort=of_three.cohort, struggling="0", slipping="10", excelling="50")
    assert "Next: Ada High" in labels(app)
    app = opened(of_three.high, cohort=of_three.cohort, struggling="0", slipping="10", excelling="100")
    assert "3 of 3 in" in said(app)


def test_the_screen_the_range_and_the_moment_stay_on_the_way(of_three: Class, opened: Callable[..., AppTest]) -> None:
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    kept = {"cohort": of_three.cohort, "range": "90 days", "as_of": yesterday, "struggling": "40"}
    for title, of_the_screen in (
        ("Concept", {"concept": concept_id("Bayes")}),
        ("Review plan", {"plan_days": "14 days"}),
    ):
        app = opened(of_three.low, title, **kept, **of_the_screen, attempts_page="2", session="of-this-learner")
        press(app, "next")
        assert app.title[0].value == title
        assert app.query_params == kept | of_the_screen | {"learner": of_three.middling}


def test_a_concept_that_the_next_learner_never_practised_is_said_to_be_missing(
    of_three: Class, opened: Callable[..., AppTest]
) -> None:
    app = opened(of_three.low, "Concept", concept=concept_id("Sampling"))
    assert app.info[0].value.startswith("Zoe Low had not practised this concept by ")


def test_links_between_the_screens_keep_learner_cohort_and_range(
    of_three: Class, opened: Callable[..., AppTest]
) -> None:
    kept = {"cohort": of_three.cohort, "range": "90 days", "inactive": "30"}
    app = opened(of_three.low, **kept)
    in_screen, menu = links(app.main), links(app.sidebar)
    assert in_screen[":blue[Bayes]"] == kept | {"learner": of_three.low, "concept": concept_id("Bayes")}
    assert in_screen["Back to the cohort"] == kept
    assert {title: menu[title] for title in SCREENS} == dict.fromkeys(SCREENS, kept | {"learner": of_three.low})
    others = (*OF_COHORTS, "Profile", "Help")
    assert {title: menu[title] for title in others} == dict.fromkeys(others, kept)


def test_the_menu_names_the_learner_and_offers_only_what_is_for_who_looks(
    of_three: Class, opened: Callable[..., AppTest], query: Query
) -> None:
    query("update profiles set display_name = 'You *see*' where id = %(id)s", id=of_three.low)
    app = opened(of_three.low)
    assert sections(app) == ["Your cohorts", r"You \*see\*", "You"]
    assert list(links(app.sidebar)) == [*OF_COHORTS, *SCREENS, "Profile", "Help"]


@pytest.mark.parametrize("title", SCREENS)
def test_a_learner_of_another_cohort_is_refused_and_nothing_of_them_shown(
    learner: Learner, opened: Callable[..., AppTest], title: str
) -> None:
    stranger = learner(HIGH, "Nobody Else", f"Elsewhere {uuid4()}")
    for who in (stranger, str(uuid4()), "nonsense"):
        app = opened(who, title)
        assert [error.value for error in app.error] == [NO_SUCH_LEARNER]
        assert "Nobody" not in said(app)
        assert not app.metric
        assert not app.get("plotly_chart")
        assert sections(app) == ["Your cohorts", "You"]
        assert links(app.main) == {"Back to the cohort": {}}


@pytest.mark.parametrize("title", SCREENS)
def test_a_student_with_the_id_of_somebody_else_is_refused_alike(of_three: Class, screen: Screen, title: str) -> None:
    app = screen(of_three.low, SCREENS[title], learner=of_three.high, cohort=of_three.cohort)
    assert [error.value for error in app.error] == [NO_SUCH_LEARNER]
    assert "Ada" not in said(app)
    assert not app.metric
    [back] = [button for button in app.button if button.label == "Back to your own screens"]
    back.click().run()
    assert not app.error
    assert "learner" not in app.query_params
    assert app.main.text[0].value == "Zoe Low"


def test_ones_own_id_leads_to_ones_own_screen(of_three: Class, screen: Screen) -> None:
    app = screen(of_three.low, PROGRESS, learner=of_three.low.upper())
    assert not app.error
    assert banner_of(app) == ""
    assert app.main.text[0].value == "Zoe Low"


def test_sessions_are_started_and_ended_by_their_owner_alone(
    of_three: Class, opened: Callable[..., AppTest], screen: Screen, database: EmbeddedDatabase
) -> None:
    by_hand = {"Start a session", "End session"}
    assert by_hand & set(labels(screen(of_three.low, SCREENS["Sessions"])))
    assert not by_hand & set(labels(opened(of_three.low, "Sessions")))
    MasteryService(database.acting_as(of_three.low)).start_session(of_three.low, by_hand=True)
    assert not by_hand & set(labels(opened(of_three.low, "Sessions")))


@pytest.mark.parametrize("script", ["student/group.py", "student/data.py", "profile.py"])
def test_screens_for_their_owner_alone_show_nobody_else(of_three: Class, screen: Screen, script: str) -> None:
    app = screen(of_three.teacher, script, learner=of_three.low)
    assert "Zoe Low" not in said(app)
    assert banner_of(app) == ""
    assert sections(app) == ["Your cohorts", "You"]


def test_a_session_of_one_learner_is_not_shown_as_anothers(
    of_three: Class, opened: Callable[..., AppTest], database: EmbeddedDatabase
) -> None:
    mine = MasteryService(database.acting_as(of_three.high)).start_session(of_three.high, by_hand=True)
    MasteryService(database.acting_as(of_three.high)).end_session(mine)
    assert "Session of" in said(opened(of_three.high, "Sessions", session=mine))
    app = opened(of_three.low, "Sessions", session=mine)
    assert app.info[0].value == "There is no such session, or not one you may see."


def test_who_teaches_the_learner_no_more_is_refused_at_the_next_click(
    of_three: Class, opened: Callable[..., AppTest], service: Database, instructor: Instructor
) -> None:
    other = f"Another {uuid4()}"
    instructor(other, of_three.teacher)  # they go on as an instructor
    app = opened(of_three.low, cohort=of_three.cohort)
    assert "Zoe Low" in said(app)
    service.call("remove_from_cohort", cohort=of_three.name, person=of_three.teacher)
    app.run()
    assert [error.value for error in app.error] == [NO_SUCH_LEARNER]
    assert not {"Zoe", "Bo", "Ada"} & set(said(app).split())
    assert not app.metric


def test_the_list_is_shown_to_who_teaches_that_cohort_alone(
    of_three: Class, opened: Callable[..., AppTest], service: Database, instructor: Instructor
) -> None:
    assert "Next: Bo Mid" in labels(opened(of_three.low, cohort=of_three.cohort))
    other = f"Another {uuid4()}"
    colleague = instructor(other)
    service.call("add_to_cohort", cohort=other, person=of_three.low)
    app = opened(of_three.low, by=colleague, cohort=of_three.cohort)
    assert "**Zoe Low**" in banner_of(app)
    assert "Bo" not in said(app)
    assert of_three.name not in said(app)
    for cohort in (str(uuid4()), "nonsense", ""):
        assert "Next" not in said(opened(of_three.low, cohort=cohort))


def test_a_learner_without_practice_is_spoken_of(
    of_three: Class, opened: Callable[..., AppTest], service: Database, person: Callable[[], str], query: Query
) -> None:
    new = person()
    query("update profiles set display_name = 'Nia New' where id = %(id)s", id=new)
    service.call("add_to_cohort", cohort=of_three.name, person=new)
    for title in SCREENS:
        app = opened(new, title, cohort=of_three.cohort)
        assert "Nothing has been recorded for Nia New yet." in said(app)
        assert " you " not in app.main.markdown[-1].value
        assert "Previous: Ada High" in labels(app)


def test_own_learning_is_offered_to_who_learns(
    of_three: Class, screen: Screen, learner: Learner, instructor: Instructor
) -> None:
    assert sections(screen(of_three.teacher, "help.py")) == ["Your cohorts", "You"]
    learns_too = instructor(of_three.name, learner(HIGH, "Ines Both", f"Elsewhere {uuid4()}"))
    app = screen(learns_too, "help.py", learner=of_three.low, range="90 days")
    assert sections(app) == ["Your cohorts", "Your learning", "You"]
    assert list(links(app.sidebar)) == [
        *OF_COHORTS,
        *SCREENS,
        "My group",
        "My data",
        "Profile",
        "Help",
    ]
    assert links(app.sidebar)["Progress"] == {"range": "90 days"}
    app = screen(learns_too, PROGRESS, url_path="learner")
    assert app.main.text[0].value == "Ines Both"
    assert banner_of(app) == ""


def test_the_first_screen_of_who_teaches_is_the_cohort(
    of_three: Class, screen: Screen, service: Database, person: Callable[[], str]
) -> None:
    assert screen(of_three.teacher, COHORT).title[0].value == "Cohort"
    administrator = person()
    service.call("grant_role", person=administrator, role="admin")
    assert screen(administrator, COHORT).title[0].value == "Cohort"
    assert screen(of_three.low).title[0].value == "Progress"


def test_an_administrator_may_look_at_everybody(
    of_three: Class, opened: Callable[..., AppTest], service: Database, person: Callable[[], str]
) -> None:
    administrator = person()
    service.call("grant_role", person=administrator, role="admin")
    app = opened(of_three.low, by=administrator, cohort=of_three.cohort)
    assert "**Zoe Low**" in banner_of(app)
    assert "Next: Bo Mid" in labels(app)


def test_what_is_recorded_shows_while_the_learner_is_looked_at_and_not_on_a_cohort(
    of_three: Class, opened: Callable[..., AppTest], screen: Screen, database: EmbeddedDatabase
) -> None:
    pulse = MasteryService(database.acting_as(of_three.low)).get_pulse(of_three.low)
    assert opened(of_three.low).session_state["pulse"] == pulse
    assert "pulse" not in screen(of_three.teacher, COHORT).session_state
