"""The My group screen: beside at least five, by one's own choice, and never a name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.charts.group import ROWS_A_PAGE
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.identity.directory import Directory

Screen = Callable[..., AppTest]
Class = Callable[..., list[str]]

DAYS_AGO = 3
HOSTILE = "<b>bold</b> **md** $x$ %{y} 🧠"


@pytest.fixture
def group(screen: Screen) -> Screen:
    return lambda person, **named: screen(person, "student/group.py", **named)


@pytest.fixture
def class_of(service: Database, import_row: Callable[..., dict[str, object]]) -> Class:
    """Make a cohort: of each learner, how many right answers each concept had, three days ago. Returns their ids."""

    def make(
        right: list[dict[str, int]], cohort: str | None = None, *, compares: bool = True, days_ago: float = DAYS_AGO
    ) -> list[str]:
        people = [str(uuid4()) for _ in right]
        at = now() - timedelta(days=days_ago)
        rows = [
            import_row(person, concept, "correct", at, learner_name=f"Secret {place}")
            for place, (person, scores) in enumerate(zip(people, right, strict=True))
            for concept, number in scores.items()
            for _ in range(number)
        ]
        service.call("import_outcomes", rows=rows, cohort=cohort or f"Class {uuid4()}")
        for person in people:
            compare(service, person, compares)
        return people

    return make


def compare(service: Database, person: str, compares: bool) -> None:  # noqa: FBT001
    Directory(service).set_profile(
        person, display_name="Maya", time_zone=None, weak_below=None, mastered_from=None, compares=compares
    )


def now() -> datetime:
    return datetime.now(UTC)


def then(right: int) -> float:
    """The score of so many right answers at the end of the last whole UTC day."""
    midnight = datetime.combine(now().date(), time(), UTC)
    elapsed = midnight - now() + timedelta(days=DAYS_AGO)
    return float(min(1.0, 0.5 + right / 10) * 0.95 ** (elapsed / timedelta(days=1)))


def to_five(share: float) -> int:
    return round(share * 20) * 5


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.text, *app.info, *app.subheader))


def table(app: AppTest) -> Any:
    app.session_state["group_numbers"] = True
    return app.run().dataframe[0].value


def traces(app: AppTest) -> list[dict[str, Any]]:
    [chart] = app.get("plotly_chart")
    data: list[dict[str, Any]] = json.loads(chart.proto.spec)["data"]
    return data


def ladder(learners: int = 6, concept: str = "Sampling") -> list[dict[str, int]]:
    """Each learner one right answer better than the one before, from three on."""
    return [{concept: number} for number in range(3, 3 + learners)]


def test_new_student_is_told_what_to_do(person: Callable[[], str], group: Screen) -> None:
    app = group(person())
    assert "Answer a few questions" in texts(app)
    assert not app.metric


def test_while_it_is_off_nothing_about_the_group_is_asked(
    class_of: Class, group: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("the group was asked for")

    people = class_of(ladder(), compares=False)
    monkeypatch.setattr(MasteryService, "get_group", asked)
    app = group(people[0])
    assert app.toggle[0].value is False
    assert not app.metric
    assert not app.get("plotly_chart")
    assert "No names are shown" in texts(app)


def test_the_choice_is_kept_in_the_profile(service: Database, class_of: Class, group: Screen) -> None:
    person = class_of(ladder(), compares=False)[0]
    app = group(person)
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert Directory(service).person(person).compares
    assert app.metric
    assert group(person).toggle[0].value is True
    app.toggle[0].set_value(False).run()
    assert not Directory(service).person(person).compares
    assert not app.metric


def test_fewer_than_five_are_no_group_and_hear_why(class_of: Class, group: Screen) -> None:
    app = group(class_of(ladder(4))[0])
    assert "No group of five yet" in texts(app)
    assert not app.metric
    assert not app.get("plotly_chart")


def test_figures_are_the_quartiles_of_the_group_to_five_points(class_of: Class, group: Screen) -> None:
    people = class_of(ladder(5))
    for person, number in zip(people, range(3, 8), strict=True):
        row = table(app := group(person)).iloc[0]
        expected = [to_five(then(each)) for each in (4, 5, 6)]
        assert [row["lower"], row["middle"], row["upper"], row["learners"]] == [*expected, 5]
        assert row["you"] == pytest.approx(then(number) * 100, abs=0.1)
        own = to_five(then(number))
        place = "Below" if own < expected[0] else "Above" if own > expected[2] else "Within"
        assert metrics(app) == {"Below": "0 of 1", "Within": "0 of 1", "Above": "0 of 1"} | {place: "1 of 1"}
        assert row["place"] == f"{place.lower()} it"


def test_no_name_and_no_single_score_of_another_is_anywhere(class_of: Class, group: Screen) -> None:
    people = class_of([{"Sampling": number, "Bayes": number} for number in (3, 4, 4, 5, 6, 7)])
    app = group(people[0])
    shown = texts(app) + json.dumps(traces(app)) + table(app).to_csv() + "".join(metric.help for metric in app.metric)
    assert "Secret" not in shown
    assert not any(person in shown for person in people)
    assert {value % 5 for name in ("lower", "middle", "upper") for value in table(app)[name]} == {0}


def test_furthest_below_comes_first(class_of: Class, group: Screen) -> None:
    others = [{"A": 7, "B": 7, "C": 7, "D": 3} for _ in range(6)]
    app = group(class_of([{"A": 4, "B": 3, "C": 7, "D": 7}, *others])[0])
    assert table(app)["concept"].tolist() == ["B", "A", "C", "D"]
    assert metrics(app) == {"Below": "2 of 4", "Within": "1 of 4", "Above": "1 of 4"}
    most = f"{to_five(then(7))}%"
    assert f"Furthest below: B: you {then(3):.0%}, middle half {most} to {most}" in app.get("plotly_chart")[0].proto.alt


def test_what_is_not_known_is_counted_apart_and_never_zero(class_of: Class, group: Screen) -> None:
    others = [{"Known": 4, "Few": 4, "New": 4} for _ in range(5)]
    app = group(class_of([{"Known": 4, "Few": 2, "Mine alone": 4}, *others])[0])
    assert metrics(app) == {"Below": "0 of 1", "Within": "1 of 1", "Above": "0 of 1"}
    assert "○ 1 more with fewer than 3 observations of yours" in texts(app)
    assert "1 concept of the group you had not begun" in texts(app)
    assert "1 concept of yours not compared" in texts(app)
    rows = table(app).set_index("concept")
    assert rows["you"].isna().tolist() == [False, True, True]
    assert rows["place"].tolist() == ["within it", "not enough data", "not begun"]
    assert [text for trace in traces(app) for text in trace.get("text", [])] == [
        "Known", "Few", f"{'●' if then(4) < 0.8 else '★'} {then(4):.0%}", f"○ {then(2):.0%}",
    ]  # fmt: skip


def test_one_observation_and_nothing_in_common_has_no_figures(class_of: Class, group: Screen) -> None:
    app = group(class_of([{"Own": 1}, *[{f"Concept {n}": 4} for n in range(5)]])[0])
    assert "Nothing to compare yet" in texts(app)
    assert not app.metric
    few = group(class_of([{"Sampling": 1}, *ladder(5)])[0])
    assert set(metrics(few).values()) == {"—"}


def test_many_concepts_come_in_pages(class_of: Class, group: Screen) -> None:
    concepts = {f"Concept {n:02}": 3 for n in range(ROWS_A_PAGE + 5)}
    people = class_of([concepts] * 5)
    assert [len(traces(group(people[0], group_page=page))[0]["hovertext"]) for page in ("1", "2")] == [ROWS_A_PAGE, 5]


def test_a_group_is_chosen_by_its_id_in_the_address(
    service: Database, database: EmbeddedDatabase, class_of: Class, group: Screen,
    import_row: Callable[..., dict[str, object]],
) -> None:  # fmt: skip
    person = class_of(ladder(5), "A first class")[0]
    mates = class_of([{"Bayes": 4}] * 5, f"Z {HOSTILE}")
    at = now() - timedelta(days=DAYS_AGO)
    rows = [import_row(person, "Bayes", "correct", at) for _ in range(3)]
    service.call("import_outcomes", rows=rows, cohort=f"Z {HOSTILE}")
    compare(service, person, compares=True)
    cohorts = MasteryService(database.acting_as(person)).get_group(person).cohorts
    assert [cohort.learners for cohort in cohorts] == [5, 6]
    app = group(person, group=cohorts[1].id)
    assert table(app)["concept"].tolist() == ["Bayes"]
    assert table(group(person))["concept"].tolist() == ["Sampling"]
    app.selectbox[0].set_value(cohorts[0].id).run()
    assert app.query_params["group"] == cohorts[0].id
    assert table(group(person, group="nonsense"))["concept"].tolist() == ["Sampling"]
    alone = group(mates[0], group=cohorts[0].id)
    assert table(alone)["concept"].tolist() == ["Bayes"], "another's group cannot be asked for"
    assert not alone.selectbox


def test_hostile_names_are_shown_as_the_text_they_are(class_of: Class, group: Screen) -> None:
    app = group(class_of([{HOSTILE: 4}] * 5, HOSTILE)[0])
    markup = "\n".join(element.value for element in (*app.markdown, *app.caption, *app.subheader))
    assert HOSTILE not in markup
    assert table(app)["concept"].tolist() == [HOSTILE]
    assert "<b>" not in json.dumps([trace.get("text") for trace in traces(app)])


def test_it_stands_as_of_the_moment_asked_for(class_of: Class, group: Screen) -> None:
    person = class_of(ladder())[0]
    assert "Nothing yet at that time" in texts(group(person, as_of="2001-01-01"))
    for zone in ("Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        yesterday = now() - timedelta(days=1)
        assert f"as of the end of {yesterday:%a} {yesterday.day} {yesterday:%b} (UTC)" in texts(
            group(person, timezone=zone)
        )


def test_practice_of_today_counts_from_tomorrow_on(class_of: Class, group: Screen) -> None:
    practised_now = class_of(ladder(), days_ago=0)[0]
    app = group(practised_now)
    assert "Nothing to compare yet" in texts(app)
    assert "counts from the next day on" in texts(app)


def test_every_figure_explains_itself_and_every_chart_and_table_has_words(class_of: Class, group: Screen) -> None:
    app = group(class_of(ladder(5))[0])
    helps = {metric.label: metric.help for metric in app.metric}
    assert "**1** of 1" in helps["Below"]
    assert f"you are at {then(3):.0%}, the lower quartile is at {to_five(then(4))}%" in helps["Below"]
    assert "**0** of 1" in helps["Above"]
    assert app.get("plotly_chart")[0].proto.alt
    rows = table(app)
    columns = json.loads(app.dataframe[0].proto.columns)
    assert app.dataframe[0].proto.alt
    assert all(columns[name]["help"] for name in rows.select_dtypes("number").columns)
    assert "rounded to 5 points" in texts(app)
