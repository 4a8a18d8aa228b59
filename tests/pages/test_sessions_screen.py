"""The Sessions screen, as learners of every kind see it."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from statistics import median
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.database import EmbeddedDatabase

Learner = Callable[..., str]
Screen = Callable[..., AppTest]
Practise = Callable[..., str]
Someone = Callable[[], str]

SESSIONS = "student/sessions.py"
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>",
    "**md** [a](javascript:alert(1)) :red[y] $x^2$",
    "🧠 שלום",
    "x" * 400,
]


@pytest.fixture
def someone(person: Someone) -> Someone:
    """A person of whom nothing is recorded."""
    return person


@pytest.fixture
def practise(database: EmbeddedDatabase) -> Practise:
    """Let a learner do these (concept, outcome) in one session that began so long ago, a minute each; its id."""

    def session(person: str, ago: timedelta, steps: Sequence[tuple[str, str]], **how: Any) -> str:
        service, start = MasteryService(database.acting_as(person)), datetime.now(UTC) - ago
        name = service.start_session(person, at=start, **how)
        for minute, (concept, outcome) in enumerate(steps):
            service.update_mastery(person, concept, outcome, name, at=start + timedelta(minutes=minute))
        service.end_session(name, at=start + timedelta(minutes=len(steps)))
        return name

    return session


def texts(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.text, *app.info, *app.success, *app.subheader)
    return "\n".join(element.value for element in elements)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def address(app: AppTest, name: str) -> str:
    """What the address says by this name."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def button(app: AppTest, label: str) -> Any:
    [found] = [each for each in app.button if each.label.startswith(label)]
    return found


def squares(app: AppTest) -> dict[str, str]:
    """The hover texts of the calendar's squares, by day."""
    charts = [go.Figure(json.loads(chart.proto.spec)) for chart in app.get("plotly_chart")]
    return {
        day: text
        for chart in charts
        for day, text in zip(chart.data[0].customdata, chart.data[0].hovertext, strict=True)
    }


def local_day(ago: timedelta, zone: str = "UTC") -> date:
    return (datetime.now(UTC) - ago).astimezone(ZoneInfo(zone)).date()


def test_somebody_of_whom_nothing_is_known_can_start_a_session(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), SESSIONS)
    assert "Nothing has been recorded for you yet" in texts(app)
    assert not app.get("plotly_chart")
    assert not app.dataframe
    button(app, "Start a session").click().run()
    assert "Running since" in texts(app)
    assert "nothing recorded so far" in texts(app)


def test_a_session_by_hand_takes_in_what_is_recorded_while_it_runs(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner([("Bayes", "correct", 3)])
    service = MasteryService(database.acting_as(person))
    app = screen(person, SESSIONS)
    button(app, "Start a session").click().run()
    assert not [each for each in app.button if each.label == "Start a session"]
    for concept in ("Bayes", "Bayes", "Sampling"):
        service.update_mastery(person, concept, "correct")
    app.run()
    assert "3 observations of 2 concepts so far" in texts(app)
    assert "under a minute so far" in app.dataframe[0].value["duration"].tolist()
    assert "\n1 session with 3 observations. 1 observation outside any session" in texts(app)
    button(app, "End session").click().run()
    assert "The session has ended: under a minute, 3 observations of 2 concepts, +" in texts(app)
    assert app.dataframe[0].value["interactions"].tolist() == [3]
    [session] = service.get_sessions(person)
    assert (session.by_hand, session.interactions, session.concepts) == (True, 3, 2)
    assert "\n1 session with 3 observations. 1 observation outside any session" in texts(app)


def test_two_tabs_run_one_session(database: EmbeddedDatabase, learner: Learner, screen: Screen) -> None:
    person = learner([("Bayes", "correct", 3)])
    one, other = screen(person, SESSIONS), screen(person, SESSIONS)
    button(one, "Start a session").click().run()
    button(other, "Start a session").click().run()
    assert len(MasteryService(database.acting_as(person)).get_sessions(person)) == 1
    assert "Running since" in texts(other)
    button(one, "End session").click().run()
    button(other, "End session").click().run()
    assert "Start a session" in [each.label for each in other.button]


def test_the_calendar_counts_each_day_of_the_year(learner: Learner, screen: Screen) -> None:
    happened = [("Bayes", "correct", days) for days in (300, 40, 40, 2)] + [("Bayes", "passive_read", 2)]
    app = screen(learner(happened), SESSIONS)
    said = squares(app)
    assert len(app.get("plotly_chart")) == 3
    assert len(said) > 364
    expected = pd.Series([local_day(timedelta(days=days)) for _, _, days in happened]).value_counts()
    for day, number in expected.items():
        assert f"<br>{number} observation" in said[str(day)]
    assert sum("no practice" in text for text in said.values()) == len(said) - 3
    assert said[str(local_day(timedelta(days=2)))].endswith("1 of 1 answers right")
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert "2 observations on 1 day" in alts[-1] or "4 observations on 2 days" in alts[-1]
    app.session_state["sessions_days"] = True
    assert app.run().dataframe[0].value["observations"].tolist() == [2, 2, 1]


def test_a_day_of_the_address_or_the_field_shows_its_sessions_alone(
    someone: Someone, screen: Screen, practise: Practise
) -> None:
    person = someone()
    days = [timedelta(days=days) for days in (60, 5, 5, 1)]
    for ago in days:
        practise(person, ago, [("Bayes", "correct")])
    day = local_day(days[1])
    app = screen(person, SESSIONS, range="All")
    assert len(app.dataframe[0].value) == 4
    app.date_input(key="sessions_day").set_value(day).run()
    assert len(app.dataframe[0].value) == 2
    assert address(app, "day") == str(day)
    assert screen(person, SESSIONS, day=str(day)).dataframe[0].value.equals(app.dataframe[0].value)
    app.date_input(key="sessions_day").set_value(None).run()
    assert "day" not in app.query_params
    empty = screen(person, SESSIONS, day=str(local_day(timedelta(days=30))))
    assert not empty.dataframe
    assert "No session began then" in texts(empty)


def test_practice_outside_sessions_counts_and_is_said(learner: Learner, screen: Screen, practise: Practise) -> None:
    person = learner([("Bayes", "correct", 4), ("Bayes", "incorrect", 4), ("Bayes", "correct", 50)])
    practise(person, timedelta(days=2), [("Bayes", "correct")] * 4)
    app = screen(person, SESSIONS)
    assert "1 session with 4 observations. 2 observations outside any session" in texts(app)
    assert "<br>2 observations" in squares(app)[str(local_day(timedelta(days=4)))]
    assert "3 observations outside any session" in texts(screen(person, SESSIONS, range="90 days"))
    that_day = screen(person, SESSIONS, day=str(local_day(timedelta(days=4))))
    assert "2 observations outside any session" in texts(that_day)


def test_the_list_says_what_the_service_says_newest_first(
    database: EmbeddedDatabase, someone: Someone, screen: Screen, practise: Practise
) -> None:
    person = someone()
    practise(person, timedelta(days=20), [("Bayes", "correct"), ("Sampling", "incorrect"), ("Bayes", "passive_read")])
    practise(person, timedelta(days=1), [("Bayes", "incorrect")] * 90)
    practise(person, timedelta(days=90), [("Bayes", "correct")])
    table = screen(person, SESSIONS).dataframe[0].value
    sessions = MasteryService(database.acting_as(person)).get_sessions(person)
    assert [session.interactions for session in sessions] == [90, 3]
    assert table["duration"].tolist() == ["1 h 30 min", "3 min"]
    for name, attribute in (
        ("interactions", "interactions"),
        ("right", "correct"),
        ("answers", "graded"),
        ("concepts",) * 2,
    ):
        assert table[name].tolist() == [getattr(session, attribute) for session in sessions]
    for name in ("gained", "lost", "net"):
        assert table[name].tolist() == pytest.approx([getattr(each, name) * 100 for each in sessions], abs=0.051)
    assert (table["gained"] + table["lost"]).tolist() == pytest.approx(table["net"].tolist(), abs=0.11)


def test_many_sessions_come_in_pages_of_twenty(someone: Someone, screen: Screen, practise: Practise) -> None:
    person = someone()
    for days in range(25):
        practise(person, timedelta(days=days, hours=1), [("Bayes", "correct")] * (days % 3 + 1))
    first = screen(person, SESSIONS)
    assert len(first.dataframe[0].value) == 20
    assert len(screen(person, SESSIONS, sessions_page="2").dataframe[0].value) == 5
    for nonsense in ("99", "0", "-1", "x"):
        assert len(screen(person, SESSIONS, sessions_page=nonsense).dataframe[0].value) in {5, 20}


def test_one_session_stands_beside_the_usual_one(
    database: EmbeddedDatabase, someone: Someone, screen: Screen, practise: Practise
) -> None:
    person = someone()
    for days, steps in ((9, 12), (7, 3), (5, 6)):
        practise(
            person,
            timedelta(days=days),
            [("Bayes", "correct"), ("Sampling", "incorrect"), ("Bayes", "correct")] * (steps // 3),
        )
    name = practise(
        person, timedelta(days=1), [("Bayes", "incorrect")] * 4 + [("Chi", "correct")] * 4 + [("Chi", "passive_read")]
    )
    app = screen(person, SESSIONS, session=name)
    service = MasteryService(database.acting_as(person))
    session, *others = service.get_sessions(person)
    assert metrics(app) == {
        "Took": "9 min", "Interactions": "9", "Concepts": "2", "Right answers": "4 of 8",
        "Net gain, points": f"{session.net * 100:+.1f}",
    }  # fmt: skip
    deltas = {metric.label: metric.delta for metric in app.metric}
    helps = {metric.label: metric.help for metric in app.metric}
    assert deltas["Took"] == "+3 min"
    assert deltas["Interactions"] == "+3"
    assert deltas["Concepts"] == "0"
    assert deltas["Right answers"] == f"{(4 / 8 - 2 / 3) * 100:+.0f} pts"
    usual = median(each.net for each in others)
    assert deltas["Net gain, points"] == f"{(session.net - usual) * 100:+.1f}"
    assert all("Usual for you: **" in text and "3 other sessions" in text for text in helps.values())
    assert "4 ÷ 8 = **50%**" in helps["Right answers"]
    assert "8 answers + 1 asked or read = **9**" in helps["Interactions"]


def test_too_few_sessions_are_not_usual(someone: Someone, screen: Screen, practise: Practise) -> None:
    person = someone()
    practise(person, timedelta(days=3), [("Bayes", "correct")] * 3)
    name = practise(person, timedelta(days=1), [("Bayes", "correct")])
    app = screen(person, SESSIONS, session=name)
    assert not any(metric.delta for metric in app.metric)
    assert all("from 3 other sessions" in metric.help for metric in app.metric if metric.label != "Right answers")
    assert "It takes 3 answers to tell a share" in {metric.label: metric.help for metric in app.metric}["Right answers"]


def test_one_sessions_figures_and_tables_hold_what_the_service_says(
    database: EmbeddedDatabase, learner: Learner, screen: Screen, practise: Practise
) -> None:
    person = learner([("Bayes", "correct", 30)])
    steps = [("Bayes", "incorrect"), ("Chi", "correct"), ("Bayes", "confusion_detected"), ("Chi", "passive_read")]
    app = screen(person, SESSIONS, session=practise(person, timedelta(days=1), steps))
    detail = MasteryService(database.acting_as(person)).get_session(address(app, "session"))
    table = app.dataframe[0].value.set_index("concept")
    assert table.index.tolist() == ["Chi", "Bayes"]
    for concept, (gained, lost) in detail.by_concept.items():
        assert table.loc[concept, ["gained", "lost"]].tolist() == pytest.approx([gained * 100, lost * 100], abs=0.051)
    app.session_state["sessions_steps"] = True
    events = app.run().dataframe[1].value
    assert events["concept"].tolist() == [concept for concept, _ in steps]
    assert events["what"].str[0].tolist() == ["✕", "●", "◆", "■"]
    assert (events["before"] + events["change"]).tolist() == pytest.approx(events["after"].tolist(), abs=0.11)
    assert events["faded"].tolist() == pytest.approx([event.forgotten * 100 for event in detail.events], abs=0.051)
    assert events["faded"][0] < 0
    figures = [go.Figure(json.loads(chart.proto.spec)) for chart in app.get("plotly_chart")]
    assert list(figures[0].data[2].text) == ["Chi", "Bayes"]
    assert sum(len(trace.hovertext) for trace in figures[1].data if trace.mode == "markers") == len(steps)


def test_one_leads_to_the_session_before_and_after_and_back_to_all(
    someone: Someone, screen: Screen, practise: Practise
) -> None:
    person = someone()
    names = [practise(person, timedelta(days=days), [("Bayes", "correct")]) for days in (400, 50, 1)]
    app = screen(person, SESSIONS, session=names[1])
    button(app, "Previous:").click().run()
    assert address(app, "session") == names[0]
    assert not [each for each in app.button if each.label.startswith("Previous")]
    for name in names[1:]:
        button(app, "Next:").click().run()
        assert address(app, "session") == name
    assert not [each for each in app.button if each.label.startswith("Next")]
    button(app, "All sessions").click().run()
    assert "session" not in app.query_params
    assert len(app.dataframe[0].value) == 1


def test_a_session_of_somebody_else_or_none_is_said_not_to_be_there(
    learner: Learner, someone: Someone, screen: Screen, practise: Practise
) -> None:
    foreign = practise(someone(), timedelta(days=1), [("Bayes", "correct")])
    person = learner([("Bayes", "correct", 1)])
    for session in (foreign, str(uuid4()), "nonsense", ""):
        app = screen(person, SESSIONS, session=session)
        assert "There is no such session, or not one you may see." in texts(app)
        assert not app.metric
        button(app, "All sessions").click().run()
        assert "Your year of practice" in texts(app)


def test_only_the_first_thousand_steps_are_shown_and_that_is_said(
    service: Any, database: EmbeddedDatabase, someone: Someone, screen: Screen, import_row: Callable[..., Any]
) -> None:
    person, session, start = someone(), str(uuid4()), datetime.now(UTC) - timedelta(days=1)
    rows = [
        import_row(person, f"Concept {n % 20}", "correct", start + timedelta(seconds=n), session=session)
        for n in range(1_200)
    ]
    service.call("import_outcomes", rows=rows)
    app = screen(person, SESSIONS, session=session)
    assert metrics(app)["Interactions"] == "1,200"
    assert "The first 1,000 of 1,200 steps are shown." in texts(app)
    assert len(app.dataframe[0].value) == 20
    app.session_state["sessions_steps"] = True
    assert len(app.run().dataframe[1].value) == 1_000


def test_hostile_names_are_shown_as_the_text_they_are(someone: Someone, screen: Screen, practise: Practise) -> None:
    person = someone()
    name = practise(person, timedelta(hours=2), [(each, "correct") for each in HOSTILE for _ in range(2)])
    app = screen(person, SESSIONS, session=name)
    assert set(app.dataframe[0].value["concept"]) == set(HOSTILE)
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info, *app.subheader))
    assert not any(each in markup for each in HOSTILE)
    assert not any(each in button.label or each in str(button.help) for button in app.button for each in HOSTILE)


def test_days_are_the_viewers(learner: Learner, screen: Screen) -> None:
    midnight = datetime.combine(
        local_day(timedelta(days=3), "Asia/Kolkata"), datetime.min.time(), ZoneInfo("Asia/Kolkata")
    )
    ago = [(datetime.now(UTC) - (midnight + timedelta(minutes=minutes))) / timedelta(days=1) for minutes in (-1, 1)]
    person = learner([("Bayes", "correct", days) for days in ago])
    said = squares(screen(person, SESSIONS, timezone="Asia/Kolkata"))
    assert "1 observation" in said[str(midnight.date())]
    assert "1 observation" in said[str(midnight.date() - timedelta(days=1))]
    said = squares(screen(person, SESSIONS, timezone="UTC"))
    assert "2 observations" in said[str(midnight.date() - timedelta(days=1))]


def test_one_observation_all_mastered_and_all_weak_are_drawn(
    someone: Someone, screen: Screen, practise: Practise
) -> None:
    for steps in ([("Bayes", "correct")], [("Bayes", "correct")] * 9, [("Bayes", "incorrect")] * 12):
        person = someone()
        name = practise(person, timedelta(hours=3), steps)
        assert screen(person, SESSIONS).dataframe[0].value["interactions"].tolist() == [len(steps)]
        assert metrics(screen(person, SESSIONS, session=name))["Interactions"] == str(len(steps))


def test_before_the_first_event_the_screen_says_where_to_go(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Bayes", "correct", 3)]), SESSIONS, as_of="2001-01-01")
    assert "Nothing yet at that time" in texts(app)
    assert not app.get("plotly_chart")


def test_a_range_with_nothing_in_it_still_has_the_year(someone: Someone, screen: Screen, practise: Practise) -> None:
    person = someone()
    practise(person, timedelta(days=20), [("Bayes", "correct")])
    app = screen(person, SESSIONS, range="7 days")
    assert "No session began then" in texts(app)
    assert "1 observation" in squares(app)[str(local_day(timedelta(days=20)))]
    assert not app.dataframe


def test_the_download_holds_numbers_and_times_with_their_offset(
    database: EmbeddedDatabase, someone: Someone, screen: Screen, practise: Practise
) -> None:
    from pages.student.tables.sessions import session_file

    person = someone()
    practise(person, timedelta(days=2), [("Bayes", "correct")] * 4)
    sessions = MasteryService(database.acting_as(person)).get_sessions(person)
    rows = pd.read_csv(BytesIO(session_file(sessions, ZoneInfo("Asia/Kolkata"))))
    assert rows["minutes"].tolist() == [4.0]
    assert rows["started_at"].str.endswith("+05:30").all()
    assert pd.to_datetime(rows["started_at"], utc=True)[0] == pd.Timestamp(sessions[0].started_at).floor("s")
    assert rows["net_points"].tolist() == [round(sessions[0].net * 100, 1)]
    assert screen(person, SESSIONS).get("download_button")


def test_every_chart_and_table_has_a_text_alternative(someone: Someone, screen: Screen, practise: Practise) -> None:
    person = someone()
    name = practise(person, timedelta(days=2), [("Bayes", "correct")] * 4)
    for app in (screen(person, SESSIONS), screen(person, SESSIONS, session=name)):
        assert all(chart.proto.alt for chart in app.get("plotly_chart"))
        assert all(table.proto.alt for table in app.dataframe)
        assert all(metric.help for metric in app.metric)
