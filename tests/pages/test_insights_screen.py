"""The Insights screen, as learners of every kind see it."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from pages.student.explained import insights as explained

Learner = Callable[..., str]
Screen = Callable[..., AppTest]

SCREEN = "student/insights.py"
TABLES = ("insights_bars", "insights_hours", "insights_gaps")
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>", "**md** [a](javascript:alert(1)) :red[y] $x^2$", "🧠🧠🧠", "שלום עולם",
    "x" * 500, "# heading", "1. list", "colour #000001",
]  # fmt: skip
TWO_MONTHS = [
    (f"Concept {number % 5}", "incorrect" if number % 3 == 0 else "correct", days / 7)
    for number, days in enumerate(range(2, 420, 9))
]


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def changes(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.delta, metric.proto.delta_description) for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.info))


def titles(app: AppTest) -> list[str]:
    return [element.value for element in app.subheader]


def figures(app: AppTest) -> list[go.Figure]:
    return [go.Figure(json.loads(chart.proto.spec)) for chart in app.get("plotly_chart")]


def values(array: Any) -> np.ndarray:
    """The numbers of an array of a figure, however they travelled."""
    return np.frombuffer(b64decode(array["bdata"]), array["dtype"]) if isinstance(array, dict) else np.array(array)


def links(app: AppTest) -> list[Any]:
    return [link.proto for link in app.main.get("page_link")]


def opened(app: AppTest) -> list[pd.DataFrame]:
    for key in TABLES:
        app.session_state[key] = True
    return [table.value for table in app.run().dataframe]


def asked(database: EmbeddedDatabase, person: str) -> MasteryService:
    return MasteryService(database.acting_as(person))


def history(database: EmbeddedDatabase, person: str) -> pd.DataFrame:
    """Every practice step, from the history itself."""
    rows = pd.DataFrame(asked(database, person).get_mastery_history(person, days=30_000, limit=100_000))
    return rows[rows["trigger_type"] != "decay"].sort_values("created_at")


def days_ago(moment: datetime) -> float:
    return (datetime.now(UTC) - moment) / timedelta(days=1)


def at_noon(*days: int) -> list[float]:
    today = datetime.combine(datetime.now(UTC).date(), time(12), UTC)
    return [days_ago(today - timedelta(days=day)) for day in days]


def test_new_student_is_told_what_to_do(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), SCREEN)
    assert titles(app) == ["Your progress will grow here"]
    assert not app.metric
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(("range_name", "days"), [("7 days", 7), ("30 days", 30)])
def test_figures_and_their_changes_are_what_the_history_says(
    range_name: str, days: int, database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner(TWO_MONTHS)
    app = screen(person, SCREEN, range=range_name)
    rows, now = history(database, person), datetime.now(UTC)
    found = []
    for end in (now, now - timedelta(days=days)):
        period = rows[(rows["created_at"] > end - timedelta(days=days)) & (rows["created_at"] <= end)]
        practised = period["created_at"].dt.date.nunique()
        net = period["delta"].sum() * 100
        right = (period["delta"] > 0).sum() / len(period)
        found.append((net / days, net / practised, len(period), practised, period["concept_tag"].nunique(), right))
    (velocity, on_days, number, practised, concepts, right), before = found
    shown = metrics(app)
    assert shown["Velocity per day"] == f"{velocity:+.1f}"
    assert shown["Per day practised"] == f"{on_days:+.1f}"
    assert shown["Observations"] == str(number)
    assert shown["Days practised"] == str(practised)
    assert shown["Concepts practised"] == str(concepts)
    assert shown["Right answers"] == f"{right:.0%}"
    assert f"{right * number:.0f} of {number} answers right." in texts(app)
    differences = [f"{mine - other:+.1f}" for mine, other in zip(found[0][:2], before[:2], strict=True)]
    assert changes(app)["Velocity per day"] == (differences[0], "vs before")
    assert changes(app)["Per day practised"] == (differences[1], "vs before")
    for label, mine, other in (("Observations", number, before[2]), ("Days practised", practised, before[3])):
        assert changes(app)[label] == (f"{mine - other:+d}" if mine != other else "0", "vs before")


@pytest.mark.parametrize("range_name", ["7 days", "30 days", "90 days", "Year", "All"])
@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "Pacific/Auckland"])
def test_bars_add_up_to_what_practice_came_to(
    range_name: str, timezone: str, database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner([*TWO_MONTHS, ("Old", "correct", 500)])
    app = screen(person, SCREEN, timezone=timezone, range=range_name)
    days = {"7 days": 7, "30 days": 30, "90 days": 90, "Year": 365}.get(range_name, 501)
    insights = asked(database, person).get_learning_insights(person, days)
    won, lost, net = figures(app)[0].data[:3]
    table = opened(app)[0]
    assert values(won.y).sum() + values(lost.y).sum() == pytest.approx(insights.practice_delta * 100)
    assert values(net.y).sum() == pytest.approx(insights.practice_delta * 100)
    assert table["net"].sum() == pytest.approx(insights.practice_delta * 100, abs=0.05 * len(table))
    assert table["observations"].sum() == insights.total_interactions
    assert len(table) == len(values(won.y))


def test_what_happened_just_when_the_range_begins_is_in_it(learner: Learner, screen: Screen) -> None:
    person = learner([("Sampling", "correct", days + 4_000) for days in (3, 2, 1, 0)])
    app = screen(person, SCREEN, range="All")
    assert metrics(app)["Observations"] == "4"
    bars, hours, gaps = opened(app)
    assert bars["observations"].sum() == 4
    assert hours["total"].sum() == 4
    assert gaps["graded"].sum() == 3, "the first answer has nothing before it"


def test_bars_are_days_then_weeks_then_months(learner: Learner, screen: Screen) -> None:
    person = learner([*TWO_MONTHS, ("Old", "correct", 800)])
    bars = {
        name: len(opened(screen(person, SCREEN, range=name))[0]) for name in ("7 days", "30 days", "90 days", "All")
    }
    assert (bars["7 days"], bars["30 days"]) == (8, 31)
    assert bars["90 days"] in (13, 14)
    assert bars["All"] in (27, 28)


def test_the_period_before_is_a_level_among_the_bars(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner(TWO_MONTHS)
    service = asked(database, person)
    before = service.get_period_insights(person, {}, 30, 2)[1]
    level = figures(screen(person, SCREEN))[0].data[-1]
    assert values(level.y) == pytest.approx(before.learning_velocity * 100)
    assert level.name == f"before: {before.learning_velocity * 100:+.1f} a day"
    assert "before" not in (figures(screen(person, SCREEN, range="All"))[0].data[-1].name)


def test_without_an_earlier_period_nothing_is_compared(learner: Learner, screen: Screen) -> None:
    person = learner([("Sampling", "correct", day) for day in (3, 2, 1)])
    assert set(changes(screen(person, SCREEN)).values()) == {("", "no practice before")}
    assert set(changes(screen(person, SCREEN, range="All")).values()) == {("", "no earlier period")}


def test_one_observation_is_counted_but_is_no_rate_and_no_strength(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 0.01)]), SCREEN)
    shown = metrics(app)
    assert (shown["Observations"], shown["Right answers"], shown["Current streak"]) == ("1", "—", "1 day")
    assert changes(app)["Right answers"] == ("", "not enough answers")
    assert "None yet: a concept counts from 3 observations on." in texts(app)
    assert "1 observation so far" in texts(app)
    assert "**20 more answers**" in texts(app)
    assert not links(app)


def test_all_mastered_and_all_weak_have_strongest_and_weakest(learner: Learner, screen: Screen) -> None:
    for outcome, glyph in (("correct", "★"), ("incorrect", "▼")):
        app = screen(learner([(f"Concept {n}", outcome, 0.01) for n in range(4) for _ in range(6)]), SCREEN)
        glyphs = [text.value[0] for text in app.text if text.value.endswith("%")]
        assert glyphs == [glyph] * 4
        assert len({link.label for link in links(app)}) == 4


def test_strongest_and_weakest_are_links_by_opaque_ids_and_none_is_both(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner([(f"Concept {n}", "correct", 0.1) for n in range(8) for _ in range(3 + n)])
    app = screen(person, SCREEN, range="90 days")
    insights = asked(database, person).get_learning_insights(person, 90)
    expected = [*insights.strongest_concepts, *insights.weakest_concepts]
    assert [link.label.removeprefix(":blue[").removesuffix("]") for link in links(app)] == [
        name for name, _ in expected
    ]
    for link, (concept, _) in zip(links(app), expected, strict=True):
        assert f"concept={concept_id(concept)}" in link.query_string
        assert "range=90" in link.query_string
    assert len({concept for concept, _ in expected}) == 6
    assert [text.value[2:] for text in app.text if text.value.endswith("%")] == [
        f"{score:.0%}" for _, score in expected
    ]


def test_streaks_are_counted_on_the_viewers_clock(learner: Learner, screen: Screen) -> None:
    midnight = datetime.combine(datetime.now(ZoneInfo("Asia/Kolkata")).date(), time(), ZoneInfo("Asia/Kolkata"))
    # In India three nights, each just before and just after midnight: two more days in a row than there are nights.
    nights = [midnight + timedelta(days=-back, minutes=side) for back in (1, 2, 3) for side in (-5, 5)]
    person = learner([("Sampling", "correct", days_ago(night)) for night in nights])
    app = screen(person, SCREEN, timezone="Asia/Kolkata")
    assert metrics(app)["Days practised"] == metrics(app)["Current streak"].split()[0] == "4"
    assert "4 days in a row up to yesterday. Practise today, and it is 5 in a row." in texts(app)
    assert len(opened(app)[1]) == 2, "at 23:55 and at 0:05"
    elsewhere = screen(person, SCREEN, timezone="UTC")
    assert metrics(elsewhere)["Days practised"] == "3"


def test_streaks_change_against_a_period_ago(learner: Learner, screen: Screen) -> None:
    ago = at_noon(1, 2, 3, 7, 8, 10, 11, 12, 13, 14, 200)
    app = screen(learner([("Sampling", "correct", days) for days in ago]), SCREEN, range="7 days")
    assert metrics(app)["Current streak"] == "3 days"
    assert changes(app)["Current streak"] == ("+1", "vs before")
    assert metrics(app)["Longest streak"] == "5 days"
    assert changes(app)["Longest streak"] == ("0", "vs before")
    helps = {metric.label: metric.help for metric in app.metric}
    assert "**3 days**" in helps["Current streak"]
    assert "7 days before it was 2 days" in helps["Current streak"]


def test_squares_hold_the_observations_of_their_hour(learner: Learner, screen: Screen) -> None:
    [noon] = at_noon(4)
    person = learner([*[("Sampling", "correct", noon - n / 10_000) for n in range(12)], ("Bayes", "correct", 1)])
    app = screen(person, SCREEN)
    weekday = (datetime.now(UTC) - timedelta(days=4)).weekday()
    table = opened(app)[1].set_index("hour")
    assert table.loc["12:00 to 13:00"].iloc[weekday] == 12
    assert table["total"].sum() == 13
    name = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[weekday]
    assert f"Most on **{name}s**, around **12:00**: 92% of 13 observations" in texts(app)


def test_right_answers_by_time_since_last_practice(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    soon = [(f"C{n}", "correct" if n < 13 else "incorrect", 2 - n / 1_000) for n in range(14)]
    first = [(f"C{n}", "correct", 2 - n / 1_000 + gap) for n in range(14) for gap in (0.01,)]
    late = [(f"D{n}", "correct" if n < 3 else "incorrect", 1) for n in range(12)] + [
        (f"D{n}", "correct", 6) for n in range(12)
    ]
    app = screen(learner([*soon, *first, *late]), SCREEN)
    assert "Under 1 hour after you last practised a concept you were right **93%** of the time (14 answers)" in texts(
        app
    )
    assert "3 to 7 days after it **25%** (12 answers). Chance alone would hardly do that." in texts(app)
    table = opened(app)[2].set_index("gap")
    assert table["graded"].tolist() == [14, 0, 0, 12, 0, 0, 0]
    assert table["correct"].tolist() == [13, 0, 0, 3, 0, 0, 0]
    assert table.loc["3 to 7 days", "rate"] == 25.0
    assert table["rate"].isna().sum() == 5
    dots = figures(app)[2].data[0]
    assert values(dots.y) == pytest.approx([13 / 14, 0.25])


def test_until_there_are_answers_enough_it_says_how_many_more(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 1 - n / 1_000) for n in range(8)]), SCREEN)
    assert "**13 more answers** at the least. A longer range may have them already." in texts(app)
    assert len(figures(app)) == 2
    assert opened(app)[2]["graded"].tolist() == [7, 0, 0, 0, 0, 0, 0]


def test_hostile_names_are_shown_as_the_text_they_are(learner: Learner, screen: Screen) -> None:
    happened = [(name, "correct", n / 10 + 0.1) for n, name in enumerate(HOSTILE) for _ in range(3 + n)]
    app = screen(learner(happened), SCREEN)
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info, *app.subheader))
    assert not any(name in markup for name in HOSTILE)
    assert not any(name in metric.help for metric in app.metric for name in HOSTILE)
    assert len(links(app)) == 6
    assert not any(link.label in {"# heading", "1. list"} or "<b>" in link.label for link in links(app))


def test_before_the_first_event_the_screen_says_where_to_go(learner: Learner, screen: Screen) -> None:
    app = screen(learner(TWO_MONTHS), SCREEN, as_of="2001-01-01")
    assert titles(app) == ["Nothing yet at that time"]
    assert not app.metric


def test_a_range_with_nothing_in_it_says_so_and_keeps_the_strongest(learner: Learner, screen: Screen) -> None:
    app = screen(learner([(f"Concept {n % 2}", "correct", 20) for n in range(8)]), SCREEN, range="7 days")
    shown = metrics(app)
    assert (shown["Velocity per day"], shown["Per day practised"], shown["Right answers"]) == ("—", "—", "—")
    assert (shown["Observations"], shown["Days practised"], shown["Current streak"]) == ("0", "0", "0 days")
    assert changes(app)["Velocity per day"] == ("", "none in this range")
    assert "There was no practice in this range. Choose a longer range" in texts(app)
    assert "No streak at the moment. One begins with the next day you practise." in texts(app)
    assert not app.get("plotly_chart")
    assert len(links(app)) == 2


def test_every_number_and_every_chart_explains_itself(learner: Learner, screen: Screen) -> None:
    app = screen(learner(TWO_MONTHS), SCREEN)
    helps = {metric.label: metric.help for metric in app.metric}
    assert "÷ 30 days = **" in helps["Velocity per day"]
    assert "In the 30 days before: " in helps["Per day practised"]
    assert "÷" in helps["Right answers"]
    assert "The range touches 31 days" in helps["Days practised"]
    assert all(helps.values())
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert len(opened(app)) == 3
    for table in app.dataframe:
        columns = json.loads(table.proto.columns)
        assert table.proto.alt
        for name in table.value.select_dtypes("number").columns:
            assert columns[name]["help"], name


def test_a_change_of_nothing_is_no_arrow_up() -> None:
    assert explained.change(2, 2, None, explained.whole)["delta"] == 0
    assert explained.change(3, 2, None, explained.whole)["delta"] == "+1"
