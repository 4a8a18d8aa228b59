"""The Concepts screen: which are hardest for a cohort, and one of them opened."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isnan, nan
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.cohort_service import CohortService
from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
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
    unpacked,
)

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]

HOSTILE = "<b>bold</b> **md** $x$ %{y} :red[no] www.x.org 🧠"
NOBODY = "No learner of this cohort has practised that concept by this day."
OUTCOMES = ("correct", "correct", "incorrect", "correct", "confusion_detected", "passive_read")


def times(outcome: str, number: int, days: float, concept: str = "Bayes") -> list[Happened]:
    """So many outcomes of one kind, one before another so many days ago."""
    return [(concept, outcome, days + place / 86_400) for place in range(number)]


def days_ago(days: int) -> str:
    return str((datetime.now(UTC) - timedelta(days=days)).date())


@pytest.fixture
def concepts(screen: Screen) -> Callable[..., AppTest]:
    """The screen of a classroom as its instructor gets it."""

    def show(of: Classroom, concept: str | None = None, **address: str) -> AppTest:
        asked = {"cohort": of.cohort} | ({} if concept is None else {"concept": concept_id(concept)})
        return screen(of.teacher, "instructor/concepts.py", **(asked | address))

    return show


@pytest.fixture
def of_three(classroom: Make) -> Classroom:
    """Bayes is hard for two, Sampling easy, of Box plots there is too little to tell; nobody practised lately but Cy."""
    return classroom(
        ("Ada High", [*times("correct", 4, 20), *times("correct", 4, 20, "Sampling")]),
        (
            "Bo Mid",
            [*times("incorrect", 4, 20), *times("correct", 5, 20, "Sampling"), *times("correct", 1, 20, "Box plots")],
        ),
        ("Cy Low", [*times("incorrect", 3, 2), *times("correct", 2, 1)]),
    )


@pytest.fixture
def busy(classroom: Make) -> Classroom:
    """Seven with eight weeks of practice on three concepts, and one who has not begun."""
    names = ("Bayes", "Sampling", "Box plots")
    return classroom(
        *(
            (
                f"Learner {n}",
                [(names[(n + day) % 3], OUTCOMES[(n * day) % 6], day + 0.01 * n) for day in range(2, 60, 1 + n)],
            )
            for n in range(7)
        ),
        ("Nia New", []),
    )


def test_one_observation_is_not_enough_data_and_no_zero(classroom: Make, concepts: Screen) -> None:
    made = classroom(("Nia New", times("incorrect", 1, 2)))
    app = concepts(made)
    assert figures(app) == {
        "Concepts": "1", "Practised in this range": "1 of 1", "Right answers": "0%", "Mean below 50%": "0 of 0",
    }  # fmt: skip
    assert "1 without enough data" in beside(app)["Concepts"]
    assert "not enough data yet" in beside(app)["Mean below 50%"]
    [row] = table(app)
    assert isnan(row["mean"])
    assert isnan(row["change"])
    assert (row["weak"], row["developing"], row["mastered"], row["apart"]) == (0, 0, 0, 1)
    opened = concepts(made, "Bayes")
    assert figures(opened) == {
        "Mean mastery": "—", "▼ Below 50%": "0", "● Developing": "0", "★ Mastered from 80%": "0", "Right answers": "0%",
    }  # fmt: skip
    assert "0 learners by score now. 1 more with too few observations to tell." in said(opened)
    [row] = table(opened)
    assert isnan(row["score"])
    assert (row["standing"], row["observations"]) == ("○ not enough data", 1)


def test_what_was_only_read_has_no_right_answers(classroom: Make, concepts: Screen) -> None:
    made = classroom(("Rea Reader", times("passive_read", 4, 2)))
    assert figures(concepts(made))["Right answers"] == "—"
    assert "Nothing was answered in it." in said(concepts(made))
    opened = concepts(made, "Bayes")
    assert figures(opened)["Right answers"] == "—"
    assert "Wrong answers by opportunity: nothing was answered yet." in everything(opened)


def test_all_mastered_and_all_weak_are_counted_as_they_are(classroom: Make, concepts: Screen) -> None:
    best = classroom(*((f"Learner {n}", times("correct", 6, 1)) for n in range(3)))
    assert figures(concepts(best))["Mean below 50%"] == "0 of 1"
    assert figures(concepts(best, "Bayes"))["★ Mastered from 80%"] == "3"
    worst = classroom(*((f"Learner {n}", times("incorrect", 6, 1)) for n in range(3)))
    assert figures(concepts(worst))["Mean below 50%"] == "1 of 1"
    assert figures(concepts(worst, "Bayes"))["▼ Below 50%"] == "3"
    assert "3 below 50%, 0 at 80% or more." in everything(concepts(worst, "Bayes"))


def test_hardest_come_first_and_what_cannot_be_told_last(of_three: Classroom, concepts: Screen) -> None:
    app = concepts(of_three)
    means = [row["mean"] for row in table(app)]
    assert means[:2] == sorted(means[:2])
    assert isnan(means[2])
    assert table(app)[2]["concept"] == "Box plots"


def test_figures_of_one_range_are_of_that_range_alone(of_three: Classroom, concepts: Screen) -> None:
    app = concepts(of_three, range="7 days")
    assert figures(app)["Practised in this range"] == "1 of 3"
    assert figures(app)["Right answers"] == "40%"
    assert "Right answers of all answers in this range: 2 ÷ 5 = **40%**." in said(app)
    empty = concepts(of_three, range="7 days", as_of=days_ago(5))
    assert figures(empty)["Practised in this range"] == "0 of 3"
    assert figures(empty)["Right answers"] == "—"
    opened = concepts(of_three, "Sampling", range="7 days")
    assert figures(opened)["Right answers"] == "—"
    assert "by 0 learners: 0 of 0." in said(opened)


@pytest.mark.parametrize("range_name", ["7 days", "30 days", "90 days", "Year", "All"])
def test_figures_are_those_of_the_service(
    busy: Classroom, concepts: Screen, database: EmbeddedDatabase, range_name: str
) -> None:
    service, day = CohortService(database.acting_as(busy.teacher)), datetime.now(UTC).date() - timedelta(days=1)
    first = service.get_span(busy.cohort).first_day
    assert first is not None
    days = {"Year": 365, "All": (day - first).days + 1}.get(range_name) or int(range_name.partition(" ")[0])
    asked = service.get_concepts(busy.cohort, day, days)
    app = concepts(busy, range=range_name, as_of=str(day))
    assert figures(app) == {
        "Concepts": "3",
        "Practised in this range": f"{(asked['practising'] > 0).sum()} of 3",
        "Right answers": f"{asked['correct'].sum() / asked['graded'].sum():.0%}",
        "Mean below 50%": f"{(asked['mean'] < 0.5).sum()} of {asked['mean'].notna().sum()}",
    }
    for row, of in zip(table(app), asked.to_dict("records"), strict=True):
        assert row["concept"] == of["concept"]
        assert row["mean"] == pytest.approx(of["mean"] * 100, abs=0.051)
        before = nan if of["mean_before"] is None else of["mean_before"]
        assert row["change"] == pytest.approx((of["mean"] - before) * 100, abs=0.051, nan_ok=True)
        assert row["right"] == pytest.approx(
            of["correct"] / of["graded"] * 100 if of["graded"] else nan, abs=0.051, nan_ok=True
        )
        for column, name in (
            ("answers", "graded"),
            *((each, each) for each in ("weak", "developing", "mastered", "apart", "practising", "observations")),
        ):
            assert row[column] == of[name]


def test_figures_of_one_concept_are_those_of_the_service(
    busy: Classroom, concepts: Screen, database: EmbeddedDatabase
) -> None:
    service, day = CohortService(database.acting_as(busy.teacher)), datetime.now(UTC).date() - timedelta(days=1)
    asked = service.get_concepts(busy.cohort, day, 30).set_index("concept").loc["Sampling"]
    cells = service.get_cells(busy.cohort, day, concept="Sampling")
    app = concepts(busy, "Sampling", as_of=str(day))
    assert app.header[0].value == "Sampling"
    assert figures(app) == {
        "Mean mastery": f"{asked['mean']:.0%}",
        "▼ Below 50%": str(asked["weak"]),
        "● Developing": str(asked["developing"]),
        "★ Mastered from 80%": str(asked["mastered"]),
        "Right answers": f"{asked['correct'] / asked['graded']:.0%}",
    }
    known = cells.score[cells.observations >= 3] * 100
    shown = [row["score"] for row in table(app) if not isnan(row["score"])]
    assert shown == pytest.approx(sorted(known.tolist()), abs=0.051)
    practised = [row for row in table(app) if row["standing"] != "never practised"]
    assert len(practised) == asked["learners"] == (cells.observations > 0).sum()
    assert len(table(app)) == 8
    app.session_state["opportunity_numbers"] = True
    numbers = next(each.value for each in app.run().dataframe if "opportunity" in each.value)
    opportunities = service.get_opportunities(busy.cohort, "Sampling", day)
    assert numbers[["opportunity", "graded", "correct"]].to_numpy().tolist() == opportunities.to_numpy().tolist()
    assert numbers["wrong"].tolist() == pytest.approx(
        ((1 - opportunities["correct"] / opportunities["graded"]) * 100).tolist(), abs=0.051
    )


def test_who_has_not_practised_it_stands_last_and_is_counted(of_three: Classroom, concepts: Screen) -> None:
    app = concepts(of_three, "Sampling")
    assert [(row["learner"], row["standing"], row["observations"]) for row in table(app)][2] == (
        "Cy Low",
        "never practised",
        0,
    )
    assert [row["learner"] for row in table(app)][:2] == ["Ada High", "Bo Mid"]
    assert isnan(table(app)[2]["score"])
    assert "1 learner of the cohort had not practised it by this day." in said(app)
    assert "2 learners by score now." in said(app)
    app = concepts(of_three, "Box plots")
    assert [row["standing"] for row in table(app)] == ["○ not enough data", "never practised", "never practised"]
    assert "0 learners by score now. 1 more with too few observations to tell." in said(app)


def test_what_is_shown_can_be_taken_along_whole(
    busy: Classroom, concepts: Screen, offered: Offered, database: EmbeddedDatabase
) -> None:
    app = concepts(busy, as_of=days_ago(1))
    shown = app.dataframe[0].value.drop(columns="course")
    assert_frame_equal(opened_as_csv(offered, "Every concept"), shown, check_dtype=False)
    assert_frame_equal(opened_as_excel(offered, "Every concept"), shown, check_dtype=False)
    app = concepts(busy, "Sampling", as_of=days_ago(1))
    for key in ("opportunity_numbers", "concept_course_numbers"):
        app.session_state[key] = True
    opportunities, course, learners = (each.value for each in app.run().dataframe)
    assert "Nia New" in set(learners["learner"])
    at = course["at"].dt.tz_convert(None).dt.floor("min")
    course = course.drop(columns="at")
    course.insert(0, "at (UTC)", at)
    for label, table_shown in {
        "These learners": learners,
        "These answers": opportunities,
        "This curve": course,
    }.items():
        read = opened_as_csv(offered, label)
        if label == "This curve":
            read["at (UTC)"] = pd.to_datetime(read["at (UTC)"])
        assert_frame_equal(read, table_shown, check_dtype=False, check_index_type=False)
        assert_frame_equal(opened_as_excel(offered, label), table_shown, check_dtype=False)
        name, _ = offered[f"{label} as CSV"]
        assert re.fullmatch(rf"[a-z-]+-{busy.cohort[:8]}-{concept_id('Sampling')[:8]}-{days_ago(1)}\.csv", name)


def test_one_learner_is_one_learner_in_the_words(classroom: Make, concepts: Screen) -> None:
    made = classroom(("Bo Mid", [*times("correct", 3, 2), *times("correct", 1, 2, "Sampling")]))
    for app in (concepts(made), concepts(made, "Bayes"), concepts(made, "Sampling")):
        assert "1 learners" not in everything(app)
        assert "1 answers" not in everything(app)
    assert beside(concepts(made, "Bayes"))["● Developing"].endswith("of 1 learner")


def test_a_concept_that_nobody_practised_says_so_and_leads_back(of_three: Classroom, concepts: Screen) -> None:
    for address in ({"concept": "nonsense"}, {"concept": ""}, {"concept": concept_id("Bayes"), "as_of": days_ago(21)}):
        app = concepts(of_three, **address)
        if "as_of" in address:
            assert "Nothing practised yet" in said(app)
            continue
        assert [error.value for error in app.error] == [NOBODY]
        assert not app.metric
        assert links(app) == ["All concepts"]


def test_a_concept_of_another_cohort_is_none_of_this_one(
    of_three: Classroom, classroom: Make, concepts: Screen
) -> None:
    classroom(("Else Where", times("correct", 3, 2, "Secret topic")))
    app = concepts(of_three, "Secret topic")
    assert [error.value for error in app.error] == [NOBODY]
    assert "Secret" not in everything(app)


def test_the_way_back_keeps_cohort_range_and_limits(of_three: Classroom, concepts: Screen) -> None:
    app = concepts(of_three, "Bayes", range="90 days", struggling="40")
    [back] = app.main.get("page_link")
    assert back.proto.label == "All concepts"
    assert "concept=" not in back.proto.query_string
    for kept in (f"cohort={of_three.cohort}", "range=90", "struggling=40"):
        assert kept in back.proto.query_string


def test_a_concept_whose_learners_leave_while_it_is_drawn_is_one_that_nobody_has(
    classroom: Make, concepts: Callable[..., AppTest], database: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = classroom(("Ada High", times("correct", 4, 3)), ("Nia New", []))
    get_cells = CohortService.get_cells

    def late(self: CohortService, *what: Any, **named: Any) -> Any:
        CohortKeeping(database.acting_as(made.teacher)).remove(made.cohort, made.learners[0])
        return get_cells(self, *what, **named)

    monkeypatch.setattr(CohortService, "get_cells", late)
    app = concepts(made, "Bayes")
    assert NOBODY in [each.value for each in app.error]
    assert not app.metric


def test_hostile_names_are_shown_as_the_text_they_are(classroom: Make, concepts: Screen) -> None:
    made = classroom((HOSTILE, times("correct", 4, 2, HOSTILE)), name=f"{HOSTILE} {uuid4().hex[:8]}")
    for app in (concepts(made), concepts(made, HOSTILE)):
        assert HOSTILE not in markup(app)
        assert ":red[" not in markup(app)
        assert "**md**" not in markup(app)
        assert HOSTILE in table(app)[0].values()
        assert all("<b>bold" not in str(traces(app, chart)) for chart in range(len(app.get("plotly_chart"))))


def test_many_concepts_and_many_learners_come_in_pages(classroom: Make, concepts: Screen) -> None:
    made = classroom(
        *((f"Learner {n:02}", times("incorrect", 3, 2)) for n in range(52)),
        ("Zoe All", [each for n in range(33) for each in times("correct", 3, 2, f"Concept {n:02}")]),
    )
    app = concepts(made)
    assert len(table(app)) == 34
    assert "Learners by band on 34 concepts" in app.get("plotly_chart")[0].proto.alt
    assert [len(unpacked(traces(concepts(made, concepts_page=page))[0]["y"])) for page in ("1", "2", "3")] == [
        30,
        4,
        30,
    ]
    assert len(table(concepts(made, "Bayes"))) == 50
    assert len(table(concepts(made, "Bayes", learners_page="2"))) == 3


def test_the_instructors_own_thresholds_hold(of_three: Classroom, concepts: Screen, query: Callable[..., Any]) -> None:
    query("update profiles set weak_below = 0.05, mastered_from = 0.06 where id = %(id)s", id=of_three.teacher)
    assert figures(concepts(of_three))["Mean below 5%"] == "0 of 2"
    assert figures(concepts(of_three, "Bayes"))["★ Mastered from 6%"] == "3"
