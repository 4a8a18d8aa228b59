"""The Progress screen, as learners of every kind see it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.charts.sparkline import HEIGHT
from mastery_core.database import EmbeddedDatabase
from mastery_core.standing import mean_mastery

Learner = Callable[..., str]
Screen = Callable[..., AppTest]

A_FEW = [
    (concept, outcome, days)
    for concept in ("Correlation", "Sampling")
    for outcome, days in (("correct", 3), ("incorrect", 2), ("correct", 1))
]
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>", "**md** [a](javascript:alert(1)) :red[y] $x^2$", "%{y} <extra>x</extra>",
    "<a href='javascript:alert(1)'>a</a><br>b", "שלום עולם", "🧠🧠🧠", "x" * 500, "# heading", "1. list", "colour #000001",
]  # fmt: skip


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.info, *app.success))


def figures(app: AppTest) -> list[go.Figure]:
    """The curves and the standing, without the sparkline above them."""
    drawn = [go.Figure(json.loads(chart.proto.spec)) for chart in app.get("plotly_chart")]
    return [figure for figure in drawn if figure.layout.height != HEIGHT]


def curve_table(app: AppTest) -> Any:
    app.session_state["numbers"] = True
    return app.run().dataframe[0].value


def standing_table(app: AppTest) -> Any:
    return app.dataframe[-1].value


def concept_id(concept: str) -> str:
    return sha256(concept.encode()).hexdigest()[:10]


def test_new_student_is_told_what_to_do_and_sees_no_empty_charts(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person())
    assert app.subheader[0].value == "Your progress will grow here"
    assert "Answer a few questions" in texts(app)
    assert not app.metric
    assert not app.get("plotly_chart")


def test_figures_are_what_the_service_answers(database: EmbeddedDatabase, learner: Learner, screen: Screen) -> None:
    happened = [("Correlation", "correct", day) for day in (0.1, 0.2, 0.3, 0.4)]
    happened += [("Sampling", "incorrect", day) for day in (20, 12, 3)] + [
        ("Bayes", "correct", 40),
        ("Bayes", "correct", 6),
    ]
    person = learner(happened)
    app = screen(person)
    service = MasteryService(database.acting_as(person))
    standing = list(service.get_user_mastery(person).values())
    insights = service.get_learning_insights(person, 30)
    mean = mean_mastery([m.mastery_score for m in standing], [m.observations for m in standing])
    assert metrics(app) == {
        "Mean mastery": f"{mean:.0%}",
        "Mastered": "1 of 2",
        "Needing review": "1 of 2",
        "Learning velocity": f"{insights.learning_velocity * 100:+.1f} a day",
        "Days practised": str(insights.days_practiced),
    }
    table = standing_table(app).set_index("concept")
    for mastery in standing:
        row = table.loc[mastery.concept_tag]
        assert row["stored"] == pytest.approx(mastery.stored_score * 100, abs=0.05)
        assert row["change"] == pytest.approx(mastery.recent_delta * 100, abs=0.05)
        assert row["forgotten"] == pytest.approx(mastery.recent_forgetting * 100, abs=0.05)
        assert row["observations"] == mastery.observations
        if mastery.observations >= 3:
            assert row["now"] == pytest.approx(mastery.mastery_score * 100, abs=0.1)


def test_every_figure_explains_itself_with_the_learners_own_numbers(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW))
    helps = {metric.label: metric.help for metric in app.metric}
    assert "÷ 2 = **" in helps["Mean mastery"]
    assert "of 2" in helps["Mastered"]
    assert "of 2" in helps["Needing review"]
    assert "÷ 30 days = **" in helps["Learning velocity"]
    assert "6 observations of 2 concepts, 4 of 6 answers right" in helps["Days practised"]


def test_one_observation_is_no_score(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 0.5)]))
    assert metrics(app)["Mean mastery"] == "—"
    assert metrics(app)["Mastered"] == "—"
    assert "1 concept with fewer than 3 observations" in texts(app)
    table = standing_table(app)
    assert table["now"].isna().all()
    assert table["standing"].tolist() == ["○ not enough data"]
    assert not app.success


def test_all_mastered_is_praised(learner: Learner, screen: Screen) -> None:
    app = screen(learner([(concept, "correct", 0.1) for concept in ("Correlation", "Sampling") for _ in range(6)]))
    assert metrics(app)["Mastered"] == "2 of 2"
    assert "Well done" in app.success[0].value
    assert "falls below 50% on" in texts(app)


def test_all_weak_are_listed_for_review_weakest_first(learner: Learner, screen: Screen) -> None:
    happened = [(f"Concept {n}", "incorrect", 0.1) for n in range(12) for _ in range(3 + n % 3)]
    app = screen(learner(happened))
    assert metrics(app)["Needing review"] == "12 of 12"
    assert not app.success
    assert texts(app).count("last practised") == 9  # eight to review, and the legend of the chart
    assert "And 4 more in the table below." in texts(app)
    assert standing_table(app)["now"].is_monotonic_increasing


def test_two_hundred_concepts_come_in_pages_and_whole_in_the_table(learner: Learner, screen: Screen) -> None:
    person = learner([(f"Concept {n:03}", "correct", 1 + n / 10) for n in range(200) for _ in range(3)])
    first, last = screen(person), screen(person, page="10")
    assert len(standing_table(first)) == 200
    pages = [figures(app)[1].data[2].text for app in (first, last)]
    assert [len(names) for names in pages] == [20, 20]
    assert (*pages[0], *pages[1]) == tuple(standing_table(first)["concept"][[*range(20), *range(180, 200)]])
    assert len(first.multiselect[0].options) == 200


def test_hostile_names_are_shown_as_the_text_they_are(learner: Learner, screen: Screen) -> None:
    app = screen(
        learner([(name, "correct", n / 10 + 0.1) for n, name in enumerate(HOSTILE) for _ in range(3)], "<b>Eve</b>")
    )
    assert "<b>Eve</b>" in [text.value for text in app.text]
    assert set(standing_table(app)["concept"]) == set(HOSTILE)
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info, *app.subheader))
    assert not any(name in markup for name in HOSTILE)
    assert not any(name in metric.help for metric in app.metric for name in HOSTILE)


def test_concepts_are_chosen_by_opaque_ids_in_the_address(learner: Learner, screen: Screen) -> None:
    person = learner([(f"Concept {n}", "correct", n + 1) for n in range(8) for _ in range(3)])
    suggested = screen(person)
    assert suggested.multiselect[0].value == [concept_id(f"Concept {n}") for n in range(5)]
    chosen = screen(person, drawn=[concept_id("Concept 7"), "nonsense", concept_id("Concept 6")])
    assert {trace.name for trace in figures(chosen)[0].data} == {"Concept 6", "Concept 7"}
    chosen.multiselect[0].select(concept_id("Concept 1")).run()
    assert chosen.query_params["drawn"] == [concept_id(f"Concept {n}") for n in (7, 6, 1)]
    chosen.multiselect[0].set_value([]).run()
    assert "drawn" not in chosen.query_params
    assert len(chosen.multiselect[0].value) == 5


def test_nonsense_in_the_address_falls_back(learner: Learner, screen: Screen) -> None:
    person = learner(A_FEW)
    usual = screen(person)
    odd = screen(person, range="foo", as_of="yesterday", drawn=["'; drop table", ""], page="-4")
    assert metrics(odd) == metrics(usual)
    assert odd.date_input[0].value == usual.date_input[0].value


def test_learner_of_years_ago_opens_at_the_last_activity_and_says_so(learner: Learner, screen: Screen) -> None:
    app = screen(learner([(concept, outcome, days + 4_000) for concept, outcome, days in A_FEW]))
    last = datetime.now(UTC) - timedelta(days=4_001)
    assert app.date_input[0].value == last.date()
    assert f"on {last.day} {last:%B %Y}" in app.info[0].value
    assert metrics(app)["Days practised"] == "3"
    table = standing_table(app)
    assert table["now"].tolist() == table["stored"].tolist(), "nothing is forgotten yet right after the last practice"
    assert not screen(learner(A_FEW)).info


def test_before_the_first_event_the_screen_says_where_to_go(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), as_of="2001-02-03")
    first = datetime.now(UTC) - timedelta(days=3)
    assert app.subheader[0].value == "Nothing yet at that time"
    assert f"**{first.day} {first:%B %Y}**" in texts(app)
    assert not app.metric
    assert screen(learner(A_FEW), as_of="1970-01-02", range="Year").subheader[0].value == "Nothing yet at that time"


def test_a_range_with_nothing_in_it_has_no_velocity(learner: Learner, screen: Screen) -> None:
    app = screen(learner([(concept, outcome, days + 20) for concept, outcome, days in A_FEW]), range="7 days")
    assert metrics(app)["Learning velocity"] == "—"
    assert metrics(app)["Days practised"] == "0"
    assert metrics(app)["Mean mastery"] != "—"
    steps = curve_table(app)
    assert set(steps["what"]) == {"as of", "if not practised"}


def test_the_moment_can_be_moved(database: EmbeddedDatabase, learner: Learner, screen: Screen) -> None:
    person = learner([("Sampling", "correct", days) for days in (20, 19, 18, 2, 1)])
    app = screen(person)
    day = (datetime.now(UTC) - timedelta(days=10)).date()
    app.date_input[0].set_value(day).run()
    end = datetime.combine(day, datetime.max.time(), UTC)
    then = MasteryService(database.acting_as(person)).get_user_mastery(person, at=end)["Sampling"]
    assert standing_table(app)["now"].tolist() == [round(then.mastery_score * 100, 1)]
    assert standing_table(app)["observations"].tolist() == [3]
    app.date_input[0].set_value(None).run()
    assert standing_table(app)["observations"].tolist() == [5]


def test_all_reaches_back_to_the_first_practice(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", days) for days in (700.5, 400, 1)]), range="All")
    assert "÷ 701 days" in {metric.label: metric.help for metric in app.metric}["Learning velocity"]
    assert metrics(app)["Days practised"] == "3"


def test_charts_and_tables_have_a_text_alternative(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW))
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert all(table.proto.alt for table in app.dataframe)


def test_the_screen_is_on_the_viewers_clock(learner: Learner, screen: Screen) -> None:
    person = learner(A_FEW)
    app = screen(person, timezone="Pacific/Auckland")
    assert app.date_input[0].value == datetime.now(ZoneInfo("Pacific/Auckland")).date()
    assert str(curve_table(app)["at"].dt.tz) == "Pacific/Auckland"
    assert metrics(screen(person, timezone="Mars/Olympus")) == metrics(screen(person))
