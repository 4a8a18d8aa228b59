"""The Concept screen, as learners of every kind see it."""

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.concept import concept_id
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.model import ConceptMastery, Rules
from mastery_core.reckoning import TIME, reckoning
from mastery_core.trend import Trend
from pages.links import as_label
from pages.student.explained import concept as explained
from pages.student.tables import concept as tables

Learner = Callable[..., str]
Screen = Callable[..., AppTest]

SCREEN = "student/concept.py"
A_FEW = [
    ("Sampling", "correct", 3),
    ("Sampling", "incorrect", 2),
    ("Sampling", "correct", 1),
    ("Sampling", "correct", 0.5),
]
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>", "**md** [a](javascript:alert(1)) :red[y] $x^2$", "🧠🧠🧠", "שלום עולם",
    "x" * 500, "# heading", "1. list", "=1+1", "&lt;b&gt;",
]  # fmt: skip


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def figure(app: AppTest) -> go.Figure:
    [chart] = app.get("plotly_chart")
    return go.Figure(json.loads(chart.proto.spec))


def names(app: AppTest) -> list[str]:
    return [trace.name for trace in figure(app).data if trace.name]


def attempts(app: AppTest) -> pd.DataFrame:
    return app.dataframe[-1].value


def ways_on(app: AppTest) -> list[str]:
    return [button.label for button in app.button if (button.key or "").startswith("concept_")]


def numbers(app: AppTest) -> pd.DataFrame:
    app.session_state["curve_numbers"] = True
    return app.run().dataframe[0].value


def asked(database: EmbeddedDatabase, person: str) -> MasteryService:
    return MasteryService(database.acting_as(person))


def test_new_student_is_told_what_to_do(person: Callable[[], str], screen: Screen) -> None:
    app = screen(person(), SCREEN)
    assert app.subheader[0].value == "Your progress will grow here"
    assert not app.metric
    assert not app.get("plotly_chart")


def test_figures_are_what_the_service_answers(database: EmbeddedDatabase, learner: Learner, screen: Screen) -> None:
    right = [("Sampling", "correct", n / 10) for n in range(1, 8)]
    person = learner([*right, ("Sampling", "incorrect", 0.8), ("Sampling", "incorrect", 40), ("Bayes", "correct", 6)])
    app = screen(person, SCREEN, concept=concept_id("Sampling"))
    mastery = asked(database, person).get_user_mastery(person)["Sampling"]
    assert mastery.due_at is not None
    falls = mastery.due_at
    assert metrics(app) == {
        "Mastery now": f"{mastery.mastery_score:.0%}",
        "When last practised": f"{mastery.stored_score:.0%}",
        "Falls below 50%": f"{falls:%a} {falls.day} {falls:%b}",
        "Trend": f"↗ {mastery.recent_delta * 100:+.0f}",
        "Observations": "8",
    }
    told = {metric.label: metric.proto.delta_description for metric in app.metric}
    assert told["Observations"] == "7 of 8 right"
    assert app.header[0].value == "Sampling"


def test_every_figure_explains_itself_with_the_learners_own_numbers(learner: Learner, screen: Screen) -> None:
    helps = {metric.label: metric.help for metric in screen(learner(A_FEW), SCREEN).metric}
    assert "× 0.95^0.5 = **" in helps["Mastery now"]
    assert "points faded since" in helps["When last practised"]
    assert "÷ ln(0.95)" in helps["Falls below 50%"]
    assert "**+25.0 points**" in helps["Trend"]
    assert "**4** of 4 in all" in helps["Observations"]
    assert "**75%**" in helps["Observations"]


def test_without_a_concept_in_the_address_it_is_the_one_practised_last(learner: Learner, screen: Screen) -> None:
    person = learner([*A_FEW, ("Bayes", "correct", 2)])
    app = screen(person, SCREEN)
    assert app.header[0].value == "Sampling"
    assert "concept" not in app.query_params


def test_what_is_practised_meanwhile_does_not_change_the_concept_looked_at(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner([*A_FEW, ("Bayes", "correct", 2)])
    app = screen(person, SCREEN)
    asked(database, person).update_mastery(person, "Bayes", "correct")
    assert app.run().header[0].value == "Sampling"
    assert screen(person, SCREEN).header[0].value == "Bayes"


def test_a_concept_is_chosen_by_its_id_and_never_named_in_the_address(learner: Learner, screen: Screen) -> None:
    person = learner([*A_FEW, ("Bayes", "correct", 2)])
    app = screen(person, SCREEN)
    app.selectbox[0].set_value(concept_id("Bayes")).run()
    assert app.header[0].value == "Bayes"
    assert app.query_params["concept"] == concept_id("Bayes")
    assert "Bayes" not in str(dict(app.query_params))


def test_an_unknown_concept_is_a_kind_sentence_and_the_way_on(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), SCREEN, concept="0123456789")
    assert "not practised by" in app.info[0].value
    assert not app.metric
    assert ways_on(app) == ["Sampling"]
    app.button(key="concept_latest").click().run()
    assert app.header[0].value == "Sampling"


def test_one_observation_is_no_score(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 0.5)]), SCREEN)
    shown = metrics(app)
    assert [shown[name] for name in ("Mastery now", "When last practised", "Falls below 50%", "Trend")] == ["—"] * 4
    assert "○ not enough data" in texts(app)
    marks = [trace for trace in figure(app).data if trace.name == "right answer"]
    assert marks[0].marker.symbol == "circle-open"
    assert "falls below 50%" not in names(app) or "after 2 right answers" in names(app)
    assert "It takes 3 observations" in app.metric[0].help


def test_mastered_is_said_in_a_sign_and_words(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", "correct", 0.1)] * 7), SCREEN)
    assert ":green[★ mastered]: 80% or more" in texts(app)


def test_weak_tells_since_when_and_what_brings_it_back(learner: Learner, screen: Screen) -> None:
    faded = screen(learner([("Sampling", "correct", 25)] * 3), SCREEN)
    since = datetime.now(UTC) - timedelta(days=25 - math.log(0.5 / 0.8) / math.log(0.95))
    assert metrics(faded)["Below 50% since"] == f"{since:%a} {since.day} {since:%b}"
    assert ":orange[▼ to review]: below 50%" in texts(faded)
    never = screen(learner([("Sampling", "incorrect", 0.1)] * 3), SCREEN)
    assert metrics(never)["Reaches 50%"] == "Not yet"
    assert {metric.proto.delta_description for metric in never.metric} >= {"2 right answers away"}


def test_what_right_answers_would_do_is_said_and_drawn(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner(A_FEW)
    app = screen(person, SCREEN)
    mastery = asked(database, person).get_user_mastery(person)["Sampling"]
    then = min(1.0, mastery.mastery_score + 0.2)
    falls = datetime.now(UTC) + timedelta(days=math.log(0.5 / then) / math.log(0.95))
    assert f"Two more right answers today: at {then:.0%} now, stays at 50% or above until" in texts(app)
    assert f"until {falls:%a} {falls.day} {falls:%b}" in texts(app)
    assert {"if not practised", "after 2 right answers"} <= set(names(app))
    none = screen(person, SCREEN, what_if="0")
    assert f"Without practice: at {mastery.mastery_score:.0%} now" in texts(none)
    assert not [name for name in names(none) if name.startswith("after")]


def test_what_a_right_answer_is_worth_is_what_the_rules_say(
    query: Callable[..., Any], learner: Learner, screen: Screen
) -> None:
    person = learner([("Sampling", "incorrect", 0)] * 3)
    query("update outcome_rules set delta = 0.01 where outcome = 'correct'")
    try:
        app = screen(person, SCREEN)
        assert "Two more right answers today: at 37% now, still below 50%. It takes 16 to get there." in texts(app)
    finally:
        query("update outcome_rules set delta = 0.1 where outcome = 'correct'")


def test_outcomes_are_marked_by_kind_and_sessions_are_shaded(
    service: Database, import_row: Callable[..., Any], person: Callable[[], str], screen: Screen
) -> None:
    learner, now, session = person(), datetime.now(UTC), "7b0f7c1e-7d5a-4a67-9c62-2d3a7b1f9c55"
    other = "7b0f7c1e-7d5a-4a67-9c62-2d3a7b1f9c56"
    happened = [
        (session, "Sampling", "correct", 30), (session, "Sampling", "incorrect", 20), (session, "Bayes", "correct", 10),
        (None, "Sampling", "confusion_detected", 8), (other, "Bayes", "correct", 6), (None, "Sampling", "passive_read", 3),
    ]  # fmt: skip
    rows = [
        import_row(learner, concept, outcome, now - timedelta(minutes=minutes), session=of)
        for of, concept, outcome, minutes in happened
    ]
    service.call("import_outcomes", rows=rows)
    app = screen(learner, SCREEN, concept=concept_id("Sampling"))
    marks = {"right answer", "wrong answer", "asked a question", "read an explanation"}
    assert marks <= set(names(app))
    [shade] = [trace for trace in figure(app).data if trace.name == "session"]
    assert np.frombuffer(b64decode(shade.x["bdata"])).size == 6, (
        "one session, and not the one in which this concept was not practised"
    )
    assert attempts(app)["what"].tolist() == [
        "■ read an explanation",
        "◆ asked a question",
        "✕ wrong answer",
        "● right answer",
    ]
    assert attempts(app)["session"].fillna("").tolist() == ["", "", "Open", "Open"]


def test_attempts_are_paged_newest_first_and_none_is_missing(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner([("Sampling", ("correct", "incorrect")[n % 2], 50 - n) for n in range(45)])
    pages = [attempts(screen(person, SCREEN, attempts_page=str(page))) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert pd.concat(pages)["number"].tolist() == list(range(45, 0, -1))
    expected = asked(database, person).get_attempts(person, "Sampling", 1)[0]
    newest = pages[0].iloc[0]
    assert newest["after"] == round(expected.after * 100, 1)
    assert newest["before"] + newest["change"] == pytest.approx(newest["after"], abs=0.11)
    assert newest["forgotten"] == round(expected.forgotten * 100, 1)
    assert attempts(screen(person, SCREEN, attempts_page="99"))["number"].iloc[0] in {45, 5}


def test_another_concept_begins_at_its_first_page(learner: Learner, screen: Screen) -> None:
    person = learner([(concept, "correct", 50 - n) for concept in ("Sampling", "Bayes") for n in range(45)])
    app = screen(person, SCREEN, concept=concept_id("Sampling"), attempts_page="2")
    assert attempts(app)["number"].iloc[0] == 25
    app.selectbox[0].set_value(concept_id("Bayes")).run()
    assert attempts(app)["number"].iloc[0] == 45


def test_all_attempts_can_be_taken_along(
    database: EmbeddedDatabase, learner: Learner, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = learner([("=1+1", "correct", 50 - n) for n in range(45)])
    monkeypatch.setattr(tables, "ATTEMPTS_AT_ONCE", 10)
    zone = ZoneInfo("Asia/Kolkata")
    file = tables.attempts_csv(asked(database, person), person, "=1+1", datetime.now(UTC), zone)
    frame = pd.read_csv(BytesIO(file))
    assert frame["number"].tolist() == list(range(45, 0, -1))
    assert set(frame["concept"]) == {"'=1+1"}
    assert frame["at"].str.endswith("+05:30").all()
    for column in ("score_before_percent", "change_points", "score_after_percent", "forgotten_before_points"):
        assert frame[column].dtype == float
    shown = attempts(screen(person, SCREEN, timezone=zone.key))
    assert frame["score_after_percent"][:20].tolist() == shown["after"].tolist()
    [button] = screen(person, SCREEN).get("download_button")
    assert button.proto.label == "All attempts as CSV"


def test_a_score_from_before_practice_was_recorded_is_shown_without_a_curve(
    query: Callable[..., Any], learner: Learner, screen: Screen
) -> None:
    person = learner(A_FEW)
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score) values (%(person)s, 'Old', 0.7)",
        person=person,
    )
    app = screen(person, SCREEN, concept=concept_id("Old"))
    assert metrics(app)["Mastery now"] == "—"
    assert not app.get("plotly_chart")
    assert "Its steps are from before practice was recorded here." in texts(app)


def test_the_arithmetic_ends_at_the_score_now_and_adds_up(
    database: EmbeddedDatabase, learner: Learner, screen: Screen
) -> None:
    person = learner(A_FEW)
    app = screen(person, SCREEN)
    [told] = [element.value for element in app.markdown if element.value.startswith("1. ")]
    mastery = asked(database, person).get_user_mastery(person)["Sampling"]
    assert told.splitlines()[-1].endswith(f"**{mastery.mastery_score:.1%}**")
    assert_adds_up(told)


SUM = re.compile(r"([\d.]+)% (?:([+−]) ([\d.]+) =|stays) \*\*([\d.]+)%\*\*$")


def assert_adds_up(told: str) -> None:
    """Each line's sum is right in the digits shown, and begins where the line before it ended."""
    head, *lines = told.splitlines()
    stands = head.rpartition(" ")[2].rstrip("%.")
    for line in lines:
        found = SUM.search(line)
        assert found, line
        before, sign, change, after = found.groups()
        assert before == stands
        tenths = round(float(before) * 10) + (1 if sign == "+" else -1) * round(float(change or 0) * 10)
        assert tenths == round(float(after) * 10)
        stands = after


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(
    happened=st.lists(
        st.tuples(st.sampled_from(["correct", "incorrect", "confusion_detected", "passive_read"]), st.floats(0, 40)),
        min_size=1, max_size=9,
    )
)  # fmt: skip
def test_the_arithmetic_is_what_the_service_says_whatever_happened(
    database: EmbeddedDatabase, learner: Learner, happened: list[tuple[str, float]]
) -> None:
    person, now = learner([("Sampling", outcome, days) for outcome, days in happened]), datetime.now(UTC)
    service = asked(database, person)
    mastery, rules = service.get_user_mastery(person, at=now)["Sampling"], service.get_rules(person)
    steps = reckoning(service.get_attempts(person, "Sampling", 6, at=now), mastery.mastery_score, now)
    for step in steps:
        if step.kind == TIME:
            assert step.after == pytest.approx(step.before * 0.95**step.days, abs=1e-9)
    told = [explained.line(step, mastery, rules, ZoneInfo("UTC")) for step in explained.shown(steps)]
    assert_adds_up("\n".join([explained.start(steps[0], None), *told]))
    assert not told or told[-1].endswith(f"**{round(mastery.mastery_score * 1000) / 10:.1f}%**")


def test_a_decay_period_of_its_own_stands_in_the_formula() -> None:
    mastery = ConceptMastery("x", 0.57, None, 0.5, Trend.STABLE, 0, 0.6, 3, None)
    rules = Rules(0.5, 0.5, 14, 0.5, 0.8, {})
    [step] = [each for each in _two_weeks() if each.kind == TIME]
    assert "0.5^(14 ÷ 14) = 50.0% is kept" in explained.line(step, mastery, rules, ZoneInfo("UTC"))


def _two_weeks() -> list[Any]:
    from mastery_core.model import Attempt

    then = datetime(2026, 11, 1, tzinfo=UTC)
    return reckoning(
        [Attempt("i", then, "correct", "correct", 0.5, 0.6, 0.1, 0, 1, None)], 0.3, then + timedelta(days=14)
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_the_text_they_are(learner: Learner, screen: Screen, name: str) -> None:
    app = screen(
        learner([(each, "correct", 0.5) for each in (name, "Bayes") for _ in range(3)]),
        SCREEN,
        concept=concept_id(name),
    )
    assert app.header[0].value == as_label(name) or name in [text.value for text in app.text]
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.header))
    assert not any(raw in markup for raw in ("<b>", "[a](", ":red[", "$x^2$") if raw in name)
    assert not any(name in metric.help for metric in app.metric)
    assert len(app.get("plotly_chart")) == 1


def test_the_weaker_and_the_stronger_concept_are_a_click_away(learner: Learner, screen: Screen) -> None:
    happened = [
        (concept, outcome, 0.5) for concept, outcome in (("A", "incorrect"), ("B", "passive_read"), ("C", "correct"))
    ] * 3
    person = learner(happened)
    labels = [ways_on(screen(person, SCREEN, concept=concept_id(name))) for name in "ABC"]
    assert labels == [["B"], ["A", "C"], ["B"]]
    app = screen(person, SCREEN, concept=concept_id("B"))
    assert app.button(key="concept_stronger").click().run().header[0].value == "C"
    assert app.query_params["concept"] == concept_id("C")


def test_a_range_with_nothing_in_it_shows_what_fades(learner: Learner, screen: Screen) -> None:
    app = screen(learner([("Sampling", outcome, days + 20) for _, outcome, days in A_FEW]), SCREEN, range="7 days")
    assert metrics(app)["Observations"] == "0"
    assert metrics(app)["Mastery now"] != "—"
    assert "You did not practise it in this range (7 days)" in texts(app)
    assert "right answer" not in names(app)
    assert len(attempts(app)) == 4
    assert set(numbers(app)["what"]) >= {"as of", "if not practised"}


def test_before_the_first_event_the_screen_says_where_to_go(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), SCREEN, as_of="2001-01-01")
    assert app.subheader[0].value == "Nothing yet at that time"
    assert not app.metric


def test_the_moment_can_be_moved(database: EmbeddedDatabase, learner: Learner, screen: Screen) -> None:
    person = learner([("Sampling", "correct", days) for days in (20, 19, 18, 2, 1)])
    day = (datetime.now(UTC) - timedelta(days=10)).date()
    app = screen(person, SCREEN, as_of=day.isoformat())
    then = asked(database, person).get_user_mastery(person, at=datetime.combine(day, datetime.max.time(), UTC))[
        "Sampling"
    ]
    assert metrics(app)["Mastery now"] == f"{then.mastery_score:.0%}"
    assert attempts(app)["number"].tolist() == [3, 2, 1]
    assert f"Two more right answers on {day:%a} {day.day} {day:%b}" in texts(app)


def test_days_are_the_viewers(
    service: Database, import_row: Callable[..., Any], person: Callable[[], str], screen: Screen
) -> None:
    learner, midnight = person(), datetime.combine(date(2026, 11, 10), datetime.min.time(), ZoneInfo("Asia/Kolkata"))
    rows = [import_row(learner, "Sampling", "correct", midnight + timedelta(seconds=second)) for second in (-1, 0, 1)]
    service.call("import_outcomes", rows=rows)
    app = screen(learner, SCREEN, timezone="Asia/Kolkata", as_of="2026-11-09")
    assert len(attempts(app)) == 1
    app = screen(learner, SCREEN, timezone="Asia/Kolkata", as_of="2026-11-10")
    assert attempts(app)["at"].dt.strftime("%d %H:%M:%S").tolist() == ["10 00:00:01", "10 00:00:00", "09 23:59:59"]


def test_one_figure_one_alternative_with_its_numbers(learner: Learner, screen: Screen) -> None:
    app = screen(learner(A_FEW), SCREEN)
    [chart] = app.get("plotly_chart")
    assert f"{metrics(app)['Mastery now']} on" in chart.proto.alt
    assert "3 × right answer, 1 × wrong answer" in chart.proto.alt
    assert all(table.proto.alt for table in app.dataframe)
    table = numbers(app)
    assert {"as of", "if not practised", "after 2 more right answers"} <= set(table["what"])
    assert table.set_index("what")["score"]["falls below 50%, if not practised"] == 50
    assert table["at"].is_monotonic_decreasing


def test_nonsense_in_the_address_falls_back(learner: Learner, screen: Screen) -> None:
    person = learner(A_FEW)
    odd = screen(person, SCREEN, what_if="many", attempts_page="-4", range="foo")
    assert metrics(odd) == metrics(screen(person, SCREEN))
    assert "Two more right answers" in texts(odd)
