"""The Review plan screen, as learners of every kind see it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.directory import Directory
from mastery_core.review_plan import Practice, ReviewPlan
from pages.student.tables import review_plan as tables

Learner = Callable[..., str]
Screen = Callable[..., AppTest]

HOSTILE = ["<b>bold</b><script>alert(1)</script>", "**md** [a](javascript:alert(1)) :red[y] $x^2$", "🧠" * 80, "=1+1"]
WEAK = [("Sampling", "incorrect", days) for days in (0.3, 0.2, 0.1)]
STRONG = [("Bayes", "correct", 0.1 + n / 100) for n in range(6)]
FIRST = date(2026, 11, 22)


@pytest.fixture
def plan(screen: Screen) -> Screen:
    return lambda person, **named: screen(person, "student/review_plan.py", **named)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.info, *app.success))


def table(app: AppTest, key: str = "plan_numbers") -> Any:
    app.session_state[key] = True
    return app.run().dataframe[0].value


def bars(app: AppTest) -> dict[str, Any]:
    [chart] = app.get("plotly_chart")
    spec: dict[str, Any] = json.loads(chart.proto.spec)
    return spec


def today(zone: str = "UTC") -> date:
    return datetime.now(ZoneInfo(zone)).date()


def test_new_student_is_told_what_to_do(person: Callable[[], str], plan: Screen) -> None:
    app = plan(person())
    assert "Answer a few questions" in texts(app)
    assert not app.metric
    assert not app.get("plotly_chart")


def test_one_observation_is_too_few_to_plan_with(learner: Learner, plan: Screen) -> None:
    app = plan(learner([("Sampling", "correct", 0.5)]))
    assert app.subheader[0].value == "Your plan is on its way"
    assert "1 concept begun" in texts(app)
    assert not app.metric


def test_what_is_below_is_for_today_with_as_few_answers_as_hold_it(
    database: EmbeddedDatabase, learner: Learner, plan: Screen
) -> None:
    person = learner([*WEAK, *STRONG, ("Correlation", "correct", 0.1)])
    app = plan(person)
    now = datetime.now(UTC)
    score = MasteryService(database.acting_as(person)).get_user_mastery(person, at=now)["Sampling"].mastery_score
    end = datetime.combine(now.date() + timedelta(days=8), time(), UTC)
    kept = 0.95 ** ((end - now) / timedelta(days=1))
    fewest = next(n for n in range(1, 10) if (score + n / 10) * kept >= 0.5)
    assert metrics(app) == {"Right answers": str(fewest), "Concepts": "1 of 2", "Busiest day": "Today"}
    assert f"{fewest} right answers: {score:.0%} to {score + fewest / 10:.0%} · below 50% now" in texts(app)
    assert "From 2 concepts. ○ 1 more with fewer than 3 observations" in texts(app)
    row = table(app).iloc[0]
    assert (row["concept"], row["answers"], row["day"].date()) == ("Sampling", fewest, now.date())
    assert row["before"] == pytest.approx(score * 100, abs=0.1)
    assert row["after"] == pytest.approx(score * 100 + fewest * 10, abs=0.1)


def test_what_will_fall_comes_the_day_before_it_does(
    database: EmbeddedDatabase, learner: Learner, plan: Screen
) -> None:
    person = learner([("Sampling", "correct", 0.1)] * 3)
    app = plan(person, plan_days="14 days")
    due = MasteryService(database.acting_as(person)).get_user_mastery(person)["Sampling"].due_at
    assert due is not None
    row = table(app).iloc[0]
    assert row["falls"].date() == due.date()
    assert row["day"].date() == due.date() - timedelta(days=1)
    assert f"would fall below 50% on {due:%a} {due.day} {due:%b}" in texts(app)


def test_all_mastered_needs_nothing_this_week_and_hears_what_comes_first(
    database: EmbeddedDatabase, learner: Learner, plan: Screen
) -> None:
    person = learner(STRONG)
    app = plan(person)
    assert [each.value for each in app.success] == ["Nothing needs review in the next 7 days."]
    due = MasteryService(database.acting_as(person)).get_user_mastery(person)["Bayes"].due_at
    assert due is not None
    assert f"in {(due.date() - today()).days} days, on {due.day} {due:%B %Y}" in texts(app)
    assert not app.metric
    assert metrics(plan(person, plan_days="14 days"))["Concepts"] == "1 of 1"


def test_all_weak_are_for_today_and_the_rest_of_the_week_is_free(learner: Learner, plan: Screen) -> None:
    app = plan(learner([(f"Concept {n:02}", "incorrect", 0.1) for n in range(12) for _ in range(3)]))
    assert metrics(app)["Concepts"] == "12 of 12"
    assert metrics(app)["Busiest day"] == "Today"
    assert "And 6 more in the table above." in texts(app)
    assert "free, or for something new" in texts(app)
    assert len(table(app)) == 12


def test_a_limit_spreads_the_work_and_says_what_finds_no_room(learner: Learner, plan: Screen) -> None:
    person = learner([(f"Concept {n:02}", "incorrect", 0.1) for n in range(12) for _ in range(3)])
    app = plan(person, plan_limit="9")
    by_day = table(app).groupby("day")["answers"].sum()
    assert by_day.max() <= 9
    assert len(by_day) > 1
    assert not app.info
    app.number_input[0].set_value(None).run()
    assert len(set(table(app)["day"])) == 1, "an empty field is no limit"
    short = plan(person, plan_limit="1")
    assert "not room enough for" in short.info[0].value
    left_out = table(short, "plan_others")
    assert set(left_out["why"]) == {"below 50%, no room"}


def test_nonsense_in_the_address_falls_back(learner: Learner, plan: Screen) -> None:
    person = learner([*WEAK, *STRONG])
    odd = plan(person, plan_limit="-3", plan_days="forever", as_of="yesterday")
    assert metrics(odd) == metrics(plan(person))


def test_hostile_names_are_shown_as_the_text_they_are(learner: Learner, plan: Screen) -> None:
    app = plan(learner([(name, "incorrect", 0.1) for name in HOSTILE for _ in range(3)]))
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info, *app.subheader))
    assert not any(name in markup for name in HOSTILE)
    assert not any(name in metric.help for metric in app.metric for name in HOSTILE)
    assert set(table(app)["concept"]) == set(HOSTILE)


def test_days_are_the_viewers(learner: Learner, plan: Screen) -> None:
    person = learner(WEAK)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"):
        app = plan(person, timezone=zone)
        assert table(app)["day"].iloc[0].date() == today(zone)
        assert bars(app)["layout"]["xaxis"]["ticktext"][0].split("<br>")[1] == str(today(zone).day)


def test_before_the_first_event_the_screen_says_where_to_go(learner: Learner, plan: Screen) -> None:
    app = plan(learner(WEAK), as_of="2001-01-01")
    assert app.subheader[0].value == "Nothing yet at that time"
    assert not app.metric


def test_it_is_planned_from_the_moment_asked_for(learner: Learner, plan: Screen) -> None:
    person = learner([("Sampling", "incorrect", 20)] * 3)
    then = today() - timedelta(days=10)
    app = plan(person, as_of=then.isoformat())
    assert table(app)["day"].iloc[0].date() == then
    assert metrics(app)["Busiest day"] == f"{then:%a} {then.day} {then:%b}"
    assert "Today" not in texts(app)
    app.button(key="plan_from_today").click().run()
    assert table(app)["day"].iloc[0].date() == today()
    assert "plan_from_today" not in {button.key for button in app.button}


def test_ones_own_threshold_rules_the_plan(database: EmbeddedDatabase, learner: Learner, plan: Screen) -> None:
    person = learner(STRONG)
    Directory(database.acting_as(person)).set_profile(
        person, display_name="Maya", time_zone=None, weak_below=0.75, mastered_from=0.9, compares=False
    )
    app = plan(person)
    assert "would fall below 75%" in texts(app)
    assert metrics(app)["Concepts"] == "1 of 1"


def test_what_no_daily_plan_can_hold_is_said(database: EmbeddedDatabase, learner: Learner, plan: Screen) -> None:
    person = learner([*WEAK, *STRONG])
    Directory(database.acting_as(person)).set_profile(
        person, display_name="Maya", time_zone=None, weak_below=0.96, mastered_from=0.98, compares=False
    )
    app = plan(person)
    assert "2 concepts would be below 96% again within two days even from 100%" in app.info[0].value
    assert metrics(app)["Busiest day"] == "—"
    assert set(table(app, "plan_others")["why"]) == {"fades within two days"}


def test_every_figure_explains_itself_and_every_chart_and_table_has_words(learner: Learner, plan: Screen) -> None:
    app = plan(learner([*WEAK, *STRONG]))
    helps = {metric.label: metric.help for metric in app.metric}
    number = metrics(app)["Right answers"]
    assert f"34% + {number} × 10 points = {34 + int(number) * 10}%. Of that 95% is kept a day" in helps["Right answers"]
    assert "**1** of 2: 1 below it already" in helps["Concepts"]
    assert f"{number} of {number}, 100% of the plan" in helps["Busiest day"]
    assert f"Today {number}" in app.get("plotly_chart")[0].proto.alt
    table(app)
    columns = json.loads(app.dataframe[0].proto.columns)
    assert app.dataframe[0].proto.alt
    assert all(columns[name]["help"] for name in ("answers", "before", "after", "falls"))


def test_the_bars_are_the_table(learner: Learner, plan: Screen) -> None:
    app = plan(learner([*WEAK, *[("Correlation", "correct", 4)] * 3, *STRONG]), plan_days="14 days")
    totals = bars(app)["data"][-1]["text"]
    by_day = table(app).groupby("day")["answers"].sum()
    assert [int(text.strip("</b>")) for text in totals if text] == by_day.tolist()
    assert len(totals) == 14


def made(concept: str) -> ReviewPlan:
    return ReviewPlan([Practice(concept, 0, 3, 0.4712, 0.7712, None), Practice("B", 2, 1, 0.5, 0.6, 3)], {}, [])


def test_the_file_is_the_table_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(tables.plan_csv(made("=1+1"), FIRST).decode("utf-8-sig"))))
    assert rows[0] == {
        "day": "2026-11-22", "concept": "'=1+1", "right_answers": "3", "from_percent": "47.1", "to_percent": "77.1",
        "would_fall_below_on": "",
    }  # fmt: skip
    assert (rows[1]["day"], rows[1]["would_fall_below_on"]) == ("2026-11-24", "2026-11-25")


def test_the_calendar_has_an_entry_for_each_day_with_practice() -> None:
    content = tables.calendar_file(made("Sums, products; <b>"), FIRST, "somebody", datetime.now(UTC)).decode()
    lines = content.replace("\r\n ", "").split("\r\n")
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART;VALUE=DATE:20261122",
        "DTSTART;VALUE=DATE:20261124",
    ]
    assert "SUMMARY:Review: 1 concept\\, 3 right answers" in lines
    assert "DESCRIPTION:Sums\\, products\\; <b>: 3 right answers\\, 47% to 77%" in lines
