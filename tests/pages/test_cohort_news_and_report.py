"""What is new since last week, and the report to print, as the Cohort screen holds them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_service import CohortService
from mastery_core.database import Database
from mastery_core.identity.installation import installation

ROOT = Path(__file__).parents[2]
SECONDS = 30
SCREEN = """
import streamlit as st
from mastery_core.attention import attended
from pages.instructor import digest, report
from pages.instructor.view import learners_at, open_cohort

def cohort():
    view = open_cohort("Cohort")
    learners = attended(learners_at(view, view.day), view.moment.timestamp(), view.limits)
    digest.show(view)
    report.download(view, learners, None, view.service.get_course(view.span.id, view.day, view.days))
    st.session_state.made = report._made(view, learners, learners, view.service.get_course(view.span.id, view.day, view.days))

st.navigation([st.Page(cohort, default=True), st.Page("student/progress.py", url_path="learner")]).run()
"""
HOSTILE = "<b>Zoe</b> **md** $x$"
RIGHT, WRONG = "correct", "incorrect"
# What happened on one concept, so many days ago.
PRACTICE = {
    HOSTILE: [(RIGHT, 12)] * 3 + [(WRONG, 2), (WRONG, 1)],
    "Ben": [(WRONG, 12)] * 3 + [(RIGHT, 3)] * 6,
    "Cleo": [(RIGHT, 10)] * 4,
}

Made = tuple[str, str]


@pytest.fixture
def of_three(
    service: Database, import_row: Callable[..., dict[str, object]], instructor: Callable[..., str]
) -> Made:  # fmt: skip
    """A cohort's id and its teacher's."""
    name, now = f"News {uuid4()}", datetime.now(UTC)
    rows = [
        import_row(learner, "Bayes", outcome, now - timedelta(days=days, seconds=20 - n), learner_name=who)
        for who, happened in PRACTICE.items()
        for learner in [str(uuid4())]
        for n, (outcome, days) in enumerate(happened)
    ]
    service.call("import_outcomes", rows=rows, cohort=name)
    [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
    return str(cohort), instructor(name)


@pytest.fixture
def opened(tmp_path: Path, of_three: Made) -> Callable[..., AppTest]:
    """Both on a screen of their own, as the teacher gets it."""
    (tmp_path / "student").symlink_to(ROOT / "pages" / "student")
    (tmp_path / "screen.py").write_text(SCREEN)

    def show(*, news: bool = True, **parameters: str) -> AppTest:
        cohort, teacher = of_three
        _, session = installation().sessions.sign_in(teacher, "instructor")
        app = AppTest.from_file(tmp_path / "screen.py", default_timeout=SECONDS)
        app.user, app.context = {"sub": teacher, "sid": session.key}, {"timezone": "UTC"}
        for name, value in ({"cohort": cohort} | parameters).items():
            app.query_params[name] = value
        app.session_state["digest"] = news
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return show


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption))


def links(app: AppTest) -> list[Any]:
    return [each.proto.label for each in app.get("page_link")]


def test_who_is_new_and_who_is_no_longer_is_named_with_the_reasons(opened: Callable[..., AppTest]) -> None:
    app = opened()
    assert "**New** (1)" in said(app)
    assert "**No longer, and why they did** (1)" in said(app)
    assert "1 concept declining by practice of the last 7 days" in said(app)
    assert "mean 35% when last practised, below 50%" in said(app)
    assert len(links(app)) == 2
    assert ":blue[Ben]" in links(app)
    assert not any("<b>" in label or "**md**" in label for label in links(app))


def test_nothing_is_asked_while_it_is_closed(opened: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("the digest was asked for")

    monkeypatch.setattr("pages.instructor.digest.digest", asked)
    app = opened(news=False)
    assert "**New**" not in said(app)
    assert app.expander[0].label == "New since last week"


def test_a_week_without_news_says_so(opened: Callable[..., AppTest]) -> None:
    day = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    app = opened(as_of=day, struggling="0", slipping="10", inactive="60")
    assert "Nobody new, and nobody who no longer does." in said(app)


def test_the_limits_of_the_screen_decide(opened: Callable[..., AppTest]) -> None:
    app = opened(struggling="0", slipping="10", inactive="5")
    assert ":blue[Cleo]" in links(app)


def test_the_report_holds_who_needs_attention_and_is_named_by_id(
    opened: Callable[..., AppTest], of_three: Made, service: Database
) -> None:
    app = opened()
    [button] = [each for each in app.get("download_button") if each.proto.label == "Report to print"]
    assert button.proto.id
    document = app.session_state["made"]
    assert "&lt;b&gt;Zoe&lt;/b&gt;" in document
    assert "<b>" not in document
    assert "Bayes" in document
    assert CohortService(service).get_span(of_three[0]).name in document
