"""The Grid screen: every learner of a cohort on every concept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_service import CohortService
from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from mastery_core.likeness import by_likeness
from tests.pages.conftest import Classroom, Happened, Offered
from tests.pages.reading import layout, links, markup, opened_as_csv, opened_as_excel, said, table, traces, unpacked

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]

HOSTILE = "<b>bold</b> **md** $x$ %{y} www.x.org 🧠"
YESTERDAY = str((datetime.now(UTC) - timedelta(days=1)).date())


def times(outcome: str, number: int, days: float, concept: str = "Bayes") -> list[Happened]:
    """So many outcomes of one kind, one before another so many days ago."""
    return [(concept, outcome, days + place / 86_400) for place in range(number)]


@pytest.fixture
def grid(screen: Screen) -> Callable[..., AppTest]:
    """The screen of a classroom as its instructor gets it."""

    def show(of: Classroom, **address: str) -> AppTest:
        return screen(of.teacher, "instructor/grid.py", **({"cohort": of.cohort} | address))

    return show


@pytest.fixture
def of_three(classroom: Make) -> Classroom:
    """By name Bo, Cy and Di; by need Cy first, then Di; by mastery Cy, Bo, Di; one cell of Bo has too little in it."""
    return classroom(
        ("Bo Mid", [*times("correct", 3, 3), *times("correct", 2, 3, "Sampling")]),
        (
            "Cy Low",
            [*times("incorrect", 4, 3), *times("correct", 4, 3, "Sampling"), *times("incorrect", 9, 4, "Box plots")],
        ),
        (
            "Di High",
            [*times("correct", 9, 3), *times("incorrect", 3, 2, "Sampling"), *times("correct", 9, 2, "z-scores")],
        ),
    )


def learners(app: AppTest) -> list[str]:
    return [row["learner's name"] for row in table(app)]


def hovers(app: AppTest) -> int:
    """How many cells there are with anything in them."""
    return sum(
        len(unpacked(trace["x"])) for trace in traces(app) if "customdata" in trace and trace["type"] == "scatter"
    )


def names_drawn(app: AppTest, axis: str = "yaxis") -> list[str]:
    texts: list[str] = layout(app)[axis]["ticktext"]
    return texts


def legend(app: AppTest) -> str:
    return next(each.value for each in app.main.markdown if each.value.startswith(":small[Score now."))


def test_one_observation_is_a_grey_cell_and_no_score(classroom: Make, grid: Screen) -> None:
    app = grid(classroom(("Nia New", times("incorrect", 1, 2))))
    assert ":orange[▼ below 50%: 0] · :blue[● developing: 0] · :green[★ mastered from 80%: 0]" in legend(app)
    assert "fewer than 3 observations: 1] · empty, never practised: 0." in legend(app)
    [row] = table(app)
    assert row["learner's name"] == "Nia New"
    assert isnan(row["Bayes"])


@pytest.mark.parametrize("order", ["attention", "name", "mastery", "likeness"])
def test_one_learner_with_one_observation_stands_in_every_order(classroom: Make, grid: Screen, order: str) -> None:
    assert learners(grid(classroom(("Nia New", times("incorrect", 1, 2))), sort=order)) == ["Nia New"]


@pytest.mark.parametrize("order", ["attention", "name", "mastery", "likeness"])
def test_learners_without_data_enough_stand_in_every_order(classroom: Make, grid: Screen, order: str) -> None:
    made = classroom(*((f"Learner {n}", times("incorrect", n % 3, 2)) for n in range(5)))
    assert sorted(learners(grid(made, sort=order))) == [f"Learner {n}" for n in range(5)]


def test_all_mastered_and_all_weak_are_counted_as_they_are(classroom: Make, grid: Screen) -> None:
    best = classroom(*((f"Learner {n}", times("correct", 6, 1)) for n in range(3)))
    assert ":orange[▼ below 50%: 0] · :blue[● developing: 0] · :green[★ mastered from 80%: 3]" in legend(grid(best))
    worst = classroom(*((f"Learner {n}", times("incorrect", 6, 1)) for n in range(3)))
    assert ":orange[▼ below 50%: 3] · :blue[● developing: 0] · :green[★ mastered from 80%: 0]" in legend(grid(worst))


def test_a_page_of_learners_who_have_not_practised_says_so_and_leads_on(
    classroom: Make, grid: Screen, offered: Offered
) -> None:
    made = classroom(*((f"Learner {n:02}", times("incorrect", 3, 2)) for n in range(50)), ("Nia New", []))
    for order in ("attention", "likeness"):
        app = grid(made, grid_page="2", sort=order)
        assert "None of these learners has practised yet." in said(app)
        assert not app.get("plotly_chart")
        assert app.get("pagination"), "the way back to the others"
        assert learners(app) == ["Nia New"]
        assert len(opened_as_csv(offered, "All learners")) == 51


def test_all_learners_can_be_taken_along_those_without_data_too(
    classroom: Make, grid: Screen, offered: Offered
) -> None:
    made = classroom(
        ("=1+1", times("correct", 4, 2, "Sampling")), ("Bo Mid", times("incorrect", 3, 2)), ("Nia New", []),
    )  # fmt: skip
    app = grid(made, as_of=YESTERDAY)
    assert_frame_equal(opened_as_excel(offered, "All learners"), app.dataframe[0].value, check_dtype=False)
    shown = app.dataframe[0].value.replace("=1+1", "'=1+1")
    assert_frame_equal(opened_as_csv(offered, "All learners"), shown, check_dtype=False)


def test_cells_are_those_of_the_service(of_three: Classroom, grid: Screen, database: EmbeddedDatabase) -> None:
    day = datetime.now(UTC).date() - timedelta(days=1)
    app = grid(of_three, as_of=str(day), sort="name")
    cells = CohortService(database.acting_as(of_three.teacher)).get_cells(of_three.cohort, day, of_three.learners)
    assert cells.concepts == [name for name in app.dataframe[0].value.columns if name != "learner's name"]
    shown = app.dataframe[0].value[cells.concepts].to_numpy(dtype=float)
    known = cells.observations >= 3
    assert (np.isfinite(shown) == known).all()
    assert np.allclose(shown[known], cells.score[known] * 100, atol=0.051)
    never = int((cells.observations == 0).sum())
    few = int(((cells.observations > 0) & ~known).sum())
    assert legend(app).count(f"fewer than 3 observations: {few}] · empty, never practised: {never}.") == 1
    assert hovers(app) == cells.observations.size - never
    weak, mastered = int((cells.score[known] < 0.5).sum()), int((cells.score[known] >= 0.8).sum())
    assert f"▼ below 50%: {weak}]" in legend(app)
    assert f"★ mastered from 80%: {mastered}]" in legend(app)
    assert f"● developing: {int(known.sum()) - weak - mastered}]" in legend(app)


def test_learners_stand_in_the_order_chosen_and_the_words_say_which(of_three: Classroom, grid: Screen) -> None:
    assert learners(grid(of_three))[0] == "Cy Low"
    assert "**Struggling**: a mean below 50%" in said(grid(of_three))
    for order, expected, words in (
        ("name", ["Bo Mid", "Cy Low", "Di High"], "In alphabetical order."),
        (
            "mastery",
            ["Cy Low", "Bo Mid", "Di High"],
            "By mean mastery now, lowest first; those without enough data last.",
        ),
    ):
        app = grid(of_three, sort=order)
        assert learners(app) == expected
        assert names_drawn(app) == expected
        assert words in said(app)


def test_who_stands_alike_is_side_by_side(classroom: Make, grid: Screen, database: EmbeddedDatabase) -> None:
    right, wrong = times("correct", 5, 2), times("incorrect", 5, 2)
    made = classroom(*((f"Learner {n}", right if n % 2 else wrong) for n in range(6)))
    app = grid(made, sort="likeness")
    scores = [row["Bayes"] for row in table(app)]
    assert scores == sorted(scores)
    assert "Who stands alike is side by side, within this page" in said(app)
    day = datetime.now(UTC).date()
    cells = CohortService(database.acting_as(made.teacher)).get_cells(made.cohort, day, made.learners)
    alike = {f"Learner {made.learners.index(cells.learners[row])}" for row in by_likeness(cells.score)[:3]}
    assert set(learners(app)[:3]) == alike, "equals stand in any order, so kinds are compared"


def test_the_order_chosen_goes_into_the_address_and_the_usual_one_out_of_it(of_three: Classroom, grid: Screen) -> None:
    app = grid(of_three)
    [order] = [each for each in app.get("button_group") if each.label == "Learners by"]
    order.set_value("name").run()
    assert app.query_params["sort"] in ("name", ["name"])
    assert learners(app)[0] == "Bo Mid"
    [order] = [each for each in app.get("button_group") if each.label == "Learners by"]
    order.set_value("attention").run()
    assert "sort" not in app.query_params


def test_two_of_one_name_are_two_rows_told_apart(classroom: Make, grid: Screen) -> None:
    made = classroom(
        ("Ana Silva", times("incorrect", 3, 2)),
        ("Ana Silva", times("correct", 6, 2)),
        ("Bo Mid", times("correct", 3, 2)),
    )
    app = grid(made, sort="mastery")
    assert names_drawn(app) == ["Ana Silva (1)", "Bo Mid", "Ana Silva (2)"]
    assert learners(app) == ["Ana Silva", "Bo Mid", "Ana Silva"]
    scores = [row["Bayes"] for row in table(app)]
    assert scores == sorted(scores)
    assert scores[0] < 50 < scores[2]


def test_hostile_names_are_shown_as_the_text_they_are(classroom: Make, grid: Screen) -> None:
    made = classroom((HOSTILE, times("correct", 4, 2, HOSTILE)), name=f"{HOSTILE} {uuid4().hex[:8]}")
    app = grid(made)
    assert HOSTILE not in markup(app)
    assert "**md**" not in markup(app)
    [row] = table(app)
    assert row["learner's name"] == HOSTILE
    assert row[HOSTILE] > 50
    for axis in ("xaxis", "yaxis"):
        [name] = names_drawn(app, axis)
        assert name.startswith("&lt;b&gt;bold&lt;/b&gt; **md** &#36;x&#36; &#37;&#123;y} www")
    assert "<b>" not in app.get("plotly_chart")[0].proto.spec


@pytest.mark.parametrize("concept", ["learner's name", "Learner", "_index", "index", "0", "_pos:0"])
def test_a_concept_may_be_called_as_nothing_else_should_be(classroom: Make, grid: Screen, concept: str) -> None:
    app = grid(classroom(("Bo Mid", times("correct", 4, 2, concept))))
    assert names_drawn(app, "xaxis") == [concept]
    assert len(app.dataframe[0].value.columns) == 2


def test_many_learners_come_in_pages_of_the_size_chosen(classroom: Make, grid: Screen) -> None:
    made = classroom(*((f"Learner {n:02}", times("incorrect", 3, 2)) for n in range(53)))
    assert learners(grid(made, sort="name")) == [f"Learner {n:02}" for n in range(50)]
    app = grid(made, sort="name", grid_page="2")
    assert learners(app) == ["Learner 50", "Learner 51", "Learner 52"]
    assert app.get("plotly_chart")[0].proto.alt.startswith("Mastery of 3 learners on 1 concept, page 2 of 2;")
    assert len(table(grid(made, rows="200", grid_page="2"))) == 53, "a page that there is not is the first"
    assert len(table(grid(made, rows="7"))) == 50, "a size that there is not is the usual"


def test_as_of_a_day_it_shows_what_was_practised_by_then(of_three: Classroom, grid: Screen) -> None:
    day = str((datetime.now(UTC) - timedelta(days=3)).date())
    assert "z-scores" in app_concepts(grid(of_three))
    assert "z-scores" not in app_concepts(grid(of_three, as_of=day))


def app_concepts(app: AppTest) -> list[str]:
    return [name for name in app.dataframe[0].value.columns if name != "learner's name"]


def test_each_concept_leads_to_how_the_cohort_stands_on_it(of_three: Classroom, grid: Screen) -> None:
    app = grid(of_three, range="90 days")
    assert [name.replace("\\", "") for name in links(app)] == [f":blue[{concept}]" for concept in app_concepts(app)]
    for link, concept in zip(app.main.get("page_link"), app_concepts(app), strict=True):
        assert f"concept={concept_id(concept)}" in link.proto.query_string
        assert f"cohort={of_three.cohort}" in link.proto.query_string
        assert "range=90" in link.proto.query_string


def test_the_instructors_own_thresholds_hold(of_three: Classroom, grid: Screen, query: Callable[..., Any]) -> None:
    query("update profiles set weak_below = 0.05, mastered_from = 0.06 where id = %(id)s", id=of_three.teacher)
    app = grid(of_three, as_of=YESTERDAY)
    assert ":orange[▼ below 5%: 1] · :blue[● developing: 0] · :green[★ mastered from 6%: " in legend(app)
