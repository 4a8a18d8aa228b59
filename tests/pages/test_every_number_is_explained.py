"""No figure, no column of numbers and no chart of a screen stands there without its explanation."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from streamlit.testing.v1 import AppTest

from mastery_core import MasteryService
from mastery_core.concept import concept_id
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.identity.directory import Directory

OUTCOMES = ("correct", "correct", "incorrect", "correct", "confusion_detected", "passive_read")
CONCEPTS = ("Correlation", "Sampling", "Box plots", "z-scores", "Bayes")
SCREENS = (
    "progress",
    "concept",
    "sessions",
    "one session",
    "insights",
    "review_plan",
    "group",
    "data",
    "profile",
    "help",
)


# The screens of a cohort: the file, and whether a concept of it is opened.
OF_A_COHORT = {
    "cohort": ("cohort", False), "grid": ("grid", False), "concepts": ("concepts", False), "one concept": ("concepts", True),
}  # fmt: skip


@pytest.fixture
def student(service: Database, database: EmbeddedDatabase, import_row: Callable[..., dict[str, object]]) -> str:
    """Somebody with twelve weeks of practice in sessions, in a cohort of six that they compare themselves with."""
    cohort, now = f"Explained {uuid4()}", datetime.now(UTC)
    learners = [str(uuid4()) for _ in range(6)]
    rows = [
        import_row(learner, concept, OUTCOMES[(day + number) % len(OUTCOMES)], now - timedelta(days=day, minutes=number),
                   session=str(uuid5(UUID(learner), str(day))))
        for learner in learners
        for number, concept in enumerate(CONCEPTS)
        for day in range(1, 84, 2)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows, cohort=cohort)
    Directory(database.acting_as(learners[0])).set_profile(
        learners[0], display_name="Maya", time_zone=None, weak_below=None, mastered_from=None, compares=True
    )
    return learners[0]


def unexplained(app: AppTest) -> list[str]:
    """The figures, numeric columns and charts that do not say what they mean."""
    columns = [f"column {name}" for table in app.dataframe for name in _bare_columns(table)]
    return [
        *(f"figure {metric.label}" for metric in app.metric if not metric.help),
        *columns,
        *(f"table {number}" for number, table in enumerate(app.dataframe) if not table.proto.alt),
        *(f"chart {number}" for number, chart in enumerate(app.get("plotly_chart")) if not chart.proto.alt),
    ]


def _bare_columns(table: object) -> Iterable[str]:
    configured = json.loads(table.proto.columns or "{}")  # type: ignore[attr-defined]
    for name, values in table.value.items():  # type: ignore[attr-defined]
        numeric = is_numeric_dtype(values) and not is_bool_dtype(values)
        if numeric and not (configured.get(name) or {}).get("help"):
            yield name


def opened(app: AppTest) -> AppTest:
    """The screen with every table that waits in an expander."""
    for expander in app.expander:
        if expander.proto.id:
            app.session_state[expander.proto.id.rpartition("-")[2]] = True
    return app.run()


@pytest.mark.parametrize("name", SCREENS)
def test_every_number_of_a_screen_says_what_it_means(
    name: str, student: str, screen: Callable[..., AppTest], database: EmbeddedDatabase
) -> None:
    session = MasteryService(database.acting_as(student)).get_sessions(student, 30)[0]
    address = {"concept": {"concept": concept_id(CONCEPTS[0])}, "one session": {"session": session.id}}.get(name, {})
    script = (
        "student/sessions.py"
        if name == "one session"
        else f"{name}.py"
        if name in {"profile", "help"}
        else f"student/{name}.py"
    )
    app = opened(screen(student, script, **address))
    assert app.metric or app.dataframe or app.get("plotly_chart") or name in {"data", "profile"}
    assert unexplained(app) == []


@pytest.mark.parametrize("name", OF_A_COHORT)
def test_every_number_of_a_cohorts_screen_says_what_it_means(
    name: str, student: str, screen: Callable[..., AppTest], instructor: Callable[..., str], database: EmbeddedDatabase
) -> None:
    [cohort] = MasteryService(database.acting_as(student)).get_group(student).cohorts
    script, of_a_concept = OF_A_COHORT[name]
    address = {"concept": concept_id(CONCEPTS[0])} if of_a_concept else {}
    app = opened(screen(instructor(cohort.name), f"instructor/{script}.py", **address))
    assert app.get("plotly_chart")
    assert app.dataframe
    assert app.metric or name == "grid"
    assert unexplained(app) == []


def test_a_number_without_an_explanation_would_be_found() -> None:
    def bare() -> None:
        import pandas as pd
        import plotly.graph_objects as go
        import streamlit as st

        st.metric("Told", 1, help="One.")
        st.metric("Bare", 2)
        frame = pd.DataFrame({"name": ["a"], "told": [1], "bare": [2.0]})
        st.dataframe(frame, column_config={"told": st.column_config.NumberColumn(help="One.")}, alt="Two numbers")
        st.plotly_chart(go.Figure())

    assert unexplained(AppTest.from_function(bare).run()) == ["figure Bare", "column bare", "chart 0"]
