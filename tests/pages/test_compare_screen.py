"""The Compare screen: a cohort beside another or beside its own past, and how sure the difference is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pandas.testing import assert_frame_equal
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.identity.installation import installation
from pages.instructor.explained import compare as explained
from tests.pages.conftest import Offered
from tests.pages.reading import opened_as_csv, opened_as_excel

ROOT = Path(__file__).parents[2]
SECONDS = 30
DAYS_AGO = 3

Instructor = Callable[..., str]
Class = Callable[..., str]
Screen = Callable[..., AppTest]


@pytest.fixture
def class_of(service: Database, import_row: Callable[..., dict[str, object]]) -> Class:
    """Make a cohort: of each learner, how many right answers each concept had, and how many days ago. Returns its id."""

    def make(
        right: list[dict[str, int]], name: str, people: list[str] | None = None, days_ago: float = DAYS_AGO
    ) -> str:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        rows = [
            import_row(person, concept, "correct", at, learner_name="Somebody")
            for person, scores in zip(people or [str(uuid4()) for _ in right], right, strict=True)
            for concept, number in scores.items()
            for _ in range(number)
        ]
        service.call("import_outcomes", rows=rows, cohort=name)
        [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
        return str(cohort)

    return make


@pytest.fixture
def compared() -> Screen:
    """The screen as somebody who is signed in gets it at an address with these parameters."""

    def show(person: str, **parameters: str) -> AppTest:
        _, session = installation().sessions.sign_in(person, "instructor")
        app = AppTest.from_file(ROOT / "pages" / "instructor" / "compare.py", default_timeout=SECONDS)
        app.user = {"sub": person, "sid": session.key}
        app.context = {"timezone": "UTC"}
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return show


@pytest.fixture
def two(class_of: Class, instructor: Instructor) -> tuple[str, str, str]:
    """An instructor, a cohort that knows Bayes well, and one that knows it less well; Box plots alike, and one concept each alone."""
    names = f"Monday {uuid4()}", f"Thursday {uuid4()}"
    high = class_of([{"Bayes": 5, "Box plots": 3 + n % 3, "Mine alone": 4} for n in range(8)], names[0])
    low = class_of([{"Bayes": 3, "Box plots": 3 + n % 3, "Correlation": 2} for n in range(9)], names[1])
    teacher = instructor(names[0])
    instructor(names[1], teacher)
    return teacher, high, low


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.proto.delta_description) for metric in app.metric}


def said(app: AppTest) -> str:
    kinds = (app.subheader, app.markdown, app.caption, app.info, app.error)
    return "\n".join(each.value for kind in kinds for each in kind)


def traces(app: AppTest) -> list[dict[str, Any]]:
    [chart] = app.get("plotly_chart")
    data: list[dict[str, Any]] = json.loads(chart.proto.spec)["data"]
    return data


def test_two_cohorts_stand_beside_each_other(two: tuple[str, str, str], compared: Screen) -> None:
    teacher, high, low = two
    app = compared(teacher, cohort=high, **{"with": low})
    shown = metrics(app)
    assert shown["Concepts that differ"] == ("1 of 2", "2 not compared")
    assert shown["Difference"][0].startswith("+")
    assert shown["Difference"][1].startswith("+")
    assert [number for _, number in list(shown.values())[:2]] == ["9 learners", "8 learners"]
    assert "points higher** than Thursday" in said(app)
    assert "more than chance would do" in said(app)
    names, numbers = (traces(app)[place]["text"] for place in (5, 6))
    assert names == ["Box plots", "Bayes"]
    assert [each[0] for each in numbers] == ["◇", "◆"]


def forget() -> None:
    """As Manage does it, in the session that removes somebody."""
    from pages.instructor import kept

    kept.forget()


def test_who_was_removed_is_counted_no_more(
    two: tuple[str, str, str], compared: Screen, database: EmbeddedDatabase
) -> None:
    teacher, high, low = two
    app, keeping = compared(teacher, cohort=high, **{"with": low}), CohortKeeping(database.acting_as(teacher))
    members, _ = keeping.get_people(high)
    keeping.remove(high, next(each.id for each in members if each.role == "student"))
    AppTest.from_function(forget).run()
    app.run()
    assert [number for _, number in list(metrics(app).values())[:2]] == ["9 learners", "7 learners"]


def test_the_other_way_round_the_signs_are(two: tuple[str, str, str], compared: Screen) -> None:
    teacher, high, low = two
    app = compared(teacher, cohort=low, **{"with": high})
    assert metrics(app)["Difference"][0].startswith("−")
    assert "points lower** than Monday" in said(app)


def test_what_cannot_be_compared_is_in_the_table(two: tuple[str, str, str], compared: Screen) -> None:
    teacher, high, low = two
    [table] = compared(teacher, cohort=high, **{"with": low}).dataframe
    rows = table.value.set_index("concept")
    assert list(rows["says"]) == ["◇ may be chance", "◆ differs", "○ too few learners", "○ too few learners"]
    assert rows.loc["Mine alone", ["learners_first", "learners_second"]].tolist() == [0, 8]
    assert rows.loc["Mine alone", ["difference", "low", "high", "mean_first"]].isna().all()
    assert rows.loc["Bayes", "low"] > 0
    assert rows.loc["Bayes", "difference"] == pytest.approx(
        rows.loc["Bayes", "mean_second"] - rows.loc["Bayes", "mean_first"], abs=0.11
    )


def test_the_numbers_can_be_taken_along_with_what_they_are_of(
    two: tuple[str, str, str], compared: Screen, offered: Offered
) -> None:
    teacher, high, low = two
    [table] = compared(teacher, cohort=high, **{"with": low}).dataframe
    for read in (opened_as_csv(offered, "These numbers"), opened_as_excel(offered, "These numbers")):
        assert_frame_equal(read.drop(columns=["first", "second"]), table.value, check_dtype=False)
        assert read["first"].str.startswith("Thursday").all()
        assert read["second"].str.startswith("Monday").all()
    today, before = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=5)
    assert offered["These numbers as CSV"][0] == f"compare-{high[:8]}-{low[:8]}-{today}.csv"
    compared(teacher, cohort=high, against="before", before=str(before))
    assert offered["These numbers as CSV"][0] == f"compare-{high[:8]}-{before}-{today}.csv"


def test_a_cohort_stands_beside_its_own_past(class_of: Class, instructor: Instructor, compared: Screen) -> None:
    name, people = f"Growing {uuid4()}", [str(uuid4()) for _ in range(6)]
    cohort = class_of([{"Bayes": 3} for _ in people], name, people, days_ago=20)
    class_of([{"Bayes": 4 + n % 2} for n, _ in enumerate(people)], name, people, days_ago=0.01)
    app = compared(instructor(name), cohort=cohort, against="before")
    before = (datetime.now(UTC) - timedelta(days=30)).date()
    assert app.date_input[1].value == before
    assert "Nothing to compare yet" in said(app)

    app.date_input[1].set_value(before + timedelta(days=15)).run()
    assert app.query_params["before"] == (before + timedelta(days=15)).isoformat()
    assert metrics(app)["Concepts that differ"] == ("1 of 1", "all compared")
    assert "The same learners stand on" in said(app)
    assert "points higher** than on" in said(app)
    assert next(iter(metrics(app))) == explained.day(before + timedelta(days=15))


def test_what_is_chosen_is_in_the_address_by_id(two: tuple[str, str, str], compared: Screen, instructor: Instructor, class_of: Class) -> None:  # fmt: skip
    teacher, high, _ = two
    name = f"Wednesday {uuid4()}"
    third = class_of([{"Bayes": 3} for _ in range(5)], name)
    instructor(name, teacher)
    app = compared(teacher, cohort=high)
    app.selectbox[1].set_value(third).run()
    assert app.query_params["with"] == third
    app.segmented_control(key="against_choice").set_value("before").run()
    assert app.query_params["against"] == "before"
    assert "day" not in str(app.query_params)


def test_a_cohort_is_not_compared_with_itself_today(two: tuple[str, str, str], compared: Screen) -> None:
    teacher, high, low = two
    app = compared(teacher, cohort=high, **{"with": high})
    assert app.selectbox[1].value == low
    assert metrics(app)


def test_a_cohort_of_somebody_else_is_not_there(two: tuple[str, str, str], compared: Screen, class_of: Class) -> None:
    teacher, high, _ = two
    strange = class_of([{"Bayes": 3} for _ in range(6)], f"Strange {uuid4()}")
    app = compared(teacher, cohort=high, **{"with": strange})
    assert "not one that you teach" in said(app)
    assert "Strange" not in said(app)
    assert not app.metric


def test_who_teaches_one_cohort_is_told_what_to_do(class_of: Class, instructor: Instructor, compared: Screen) -> None:
    name = f"Alone {uuid4()}"
    cohort = class_of([{"Bayes": 3} for _ in range(6)], name)
    app = compared(instructor(name), cohort=cohort)
    assert "No other cohort" in said(app)
    assert "Itself, before a date" in said(app)
    assert not app.metric


@pytest.mark.parametrize(
    ("other", "gist"),
    [
        ([{"Correlation": 3}] * 6, "No concept has a learner with 3 observations on both sides"),
        ([{"Bayes": 3}] * 4, "The nearest has 4 and 6"),
        ([{"Bayes": 2}] * 9, "No concept has a learner with 3 observations on both sides"),
    ],
)
def test_too_little_to_compare_says_so(
    other: list[dict[str, int]], gist: str, class_of: Class, instructor: Instructor, compared: Screen
) -> None:
    names = f"Here {uuid4()}", f"There {uuid4()}"
    here, there = class_of([{"Bayes": 3}] * 6, names[0]), class_of(other, names[1])
    teacher = instructor(names[0])
    instructor(names[1], teacher)
    app = compared(teacher, cohort=here, **{"with": there})
    assert "Nothing to compare yet" in said(app)
    assert gist in said(app)
    assert not app.get("plotly_chart")
    assert len(app.dataframe[0].value) >= 1


def test_every_number_says_what_it_means_and_how_sure_it_is(two: tuple[str, str, str], compared: Screen) -> None:
    teacher, high, low = two
    app = compared(teacher, cohort=high, **{"with": low})
    assert all(metric.help for metric in app.metric)
    [difference] = [metric.help for metric in app.metric if metric.label == "Difference"]
    assert "From the 9 and from the 8 learners as many are drawn anew" in difference
    assert "2,000 times" in difference
    assert "between +" in difference
    columns = json.loads(app.dataframe[0].proto.columns)
    assert all(columns[name]["help"] for name in app.dataframe[0].value.columns)
    assert "leave 0 out" in app.get("plotly_chart")[0].proto.alt
    assert app.dataframe[0].proto.alt


def test_hostile_names_stay_text(class_of: Class, instructor: Instructor, compared: Screen) -> None:
    hostile = "<b>bold</b> **md** $x$ %{y} 🧠"
    names = f"{hostile} {uuid4()}", f"{hostile} other {uuid4()}"
    here, there = (class_of([{hostile: 3 + n % 2} for n in range(6)], name) for name in names)
    teacher = instructor(names[0])
    instructor(names[1], teacher)
    app = compared(teacher, cohort=here, **{"with": there})
    assert "<b>" not in said(app)
    assert "**md**" not in said(app)
    assert "&lt;b&gt;bold" in traces(app)[5]["text"][0]


def test_a_difference_that_rounds_to_nought_is_not_said_to_be_one() -> None:
    from mastery_core.comparison import Difference

    sides = explained.Sides("Thursday", "Monday", paired=False)
    even = Difference(9, 8, True, 0.5, 0.503, 0.003, -0.02, 0.03, False)
    assert explained.in_a_sentence(even, sides) == (
        "Monday stands as high as Thursday: the difference lies between −2 and +3 points, so it may be chance."
    )
    clear = Difference(9, 8, True, 0.5, 0.512, 0.012, 0.002, 0.02, True)
    assert explained.in_a_sentence(clear, sides) == (
        "Monday stands **1 point higher** than Thursday: the difference lies between +0.2 and +2.0 points, more than chance would do."
    )
