"""Help, as people of every role see it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import Database

HELP = "help.py"

Learner = Callable[..., str]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text))


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.help) for metric in app.metric}


def test_the_index_leads_to_every_term(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    linked = re.findall(r"\[[^]]+\]\(#([a-z-]+)\)", app.main.markdown[0].value)
    assert linked == [heading.proto.anchor for heading in app.subheader]
    assert len(linked) == 12


def test_a_score_is_built_from_outcomes_step_by_step(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    assert "50%\n+ 10 = 60%\n+ 10 = 70%\n− 5 = 65%" in texts(app)
    app.button(key="help_confusion_detected").click().run()
    app.button(key="help_passive_read").click().run()
    assert "− 3 = 62%\n+ 2 = 64%" in texts(app)
    app.session_state["help_step_table"] = True
    table = app.run().dataframe[0].value
    assert table["score"].tolist() == [60, 70, 65, 62, 64]
    assert table["worth"].tolist() == [10, 10, -5, -3, 2]
    app.button(key="help_again").click().run()
    assert "= 60%" not in texts(app)


def test_a_score_stops_at_its_ends_and_the_example_does(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    for _ in range(27):
        app.button(key="help_correct").click().run()
    assert "+ 10 = 100%\n+ 10 = 100%" in texts(app)
    assert app.button(key="help_correct").disabled
    assert not app.button(key="help_again").disabled


def test_forgetting_is_reckoned_with_the_rules_in_force(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    app.number_input(key="help_score").set_value(70)
    app.number_input(key="help_days").set_value(14).run()
    value, formula = metrics(app)["Score now"]
    assert value == f"{0.7 * 0.95**14:.0%}"
    assert formula == f"70% × 0.95^14 = **{0.7 * 0.95**14:.0%}**."
    assert "It falls below 50% after 6.6 days." in texts(app)
    assert "**13.5 days**" in texts(app)
    app.number_input(key="help_score").set_value(40).run()
    assert "It is below 50% from the start." in texts(app)
    app.session_state["help_fading_table"] = True
    table = app.run().dataframe[0].value.set_index("days")["score"]
    assert table[20] == pytest.approx(40 * 0.95**20, abs=0.05)


def test_too_few_observations_are_no_band(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    assert metrics(app)["Then the concept is"][0] == "○ not enough data"
    for observations, score, expected in ((3, 62, "● on the way"), (3, 80, "★ mastered"), (9, 49, "▼ to review")):
        app.number_input(key="help_observations").set_value(observations)
        app.number_input(key="help_level").set_value(score).run()
        assert metrics(app)["Then the concept is"][0] == expected


def test_trend_and_velocity_follow_their_numbers(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    assert metrics(app)["Trend"] == (
        "↗ improving", "2 × +10 and 1 × -5 make +15 points from 3 observations."
    )  # fmt: skip
    assert metrics(app)["Learning velocity"] == ("+2.0 a day", "+60 points ÷ 30 days = **+2.0 points a day**.")
    app.number_input(key="help_right").set_value(1)
    app.number_input(key="help_wrong").set_value(0)
    app.number_input(key="help_range").set_value(1).run()
    assert metrics(app)["Trend"][0] == "→ steady", "one observation is no trend"
    assert metrics(app)["Learning velocity"][0] == "+60.0 a day"


def test_a_streak_stands_until_a_day_is_over(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), HELP)
    assert metrics(app)["Current streak"] == ("2 days", "From day 12 to day 13: 2 days in a row.")
    assert metrics(app)["Longest streak"] == ("4 days", "From day 4 to day 7: 4 days in a row.")
    app.pills(key="help_streak").set_value([14, 13, 12, 3]).run()
    assert metrics(app)["Current streak"][0] == "3 days"
    app.pills(key="help_streak").set_value([]).run()
    assert (metrics(app)["Current streak"][0], metrics(app)["Longest streak"][0]) == ("0 days", "0 days")


def test_the_learners_own_concept_is_an_example(learner: Learner, screen: Screen) -> None:
    name = "<b>bold</b> 🧠 [a](b)"
    app = screen(learner([(name, "correct", 5.0)] * 3 + [("Sampling", "correct", 1.0)]), HELP)
    assert f"your score was 80% when you last practised it, 5.0 days ago, and 80% × 0.95^5.0 = {0.8 * 0.95**5:.0%}" in texts(app)  # fmt: skip
    assert name not in texts(app), "a name is no Markdown"
    assert "your score was" not in texts(screen(learner([("Sampling", "correct", 1.0)]), HELP))


def test_the_learners_own_thresholds_hold_here_too(learner: Learner, screen: Screen, query: Query) -> None:
    person = learner([("Sampling", "correct", 1.0)])
    query("update profiles set weak_below = 0.6, mastered_from = 0.9 where id = %(id)s", id=person)
    assert "▼ below 60%, ● on the way, ★ mastered from 90%" in texts(screen(person, HELP))


def test_every_figure_is_explained_and_every_chart_has_words(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 1.0)] * 3), HELP)
    assert all(metric.help for metric in app.metric)
    assert [bool(chart.proto.alt) for chart in app.get("plotly_chart")] == [True, True]


@pytest.mark.parametrize("role", ["instructor", "researcher", "admin"])
def test_people_of_every_role_are_helped(
    person: Callable[[], str], screen: Screen, service: Database, role: str
) -> None:
    someone = person()
    service.call("grant_role", person=someone, role=role)
    app = screen(someone, HELP)
    assert app.title[0].value == "Help"
    assert metrics(app)["Score now"][0] == f"{0.8 * 0.95**10:.0%}"
