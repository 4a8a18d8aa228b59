"""The cohort as a report to print: the same figures, who needs attention and why, the hardest concepts."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from mastery_core.report.cohort import cohort_report
from mastery_core.report.html import cohort_as_html
from pages.instructor.view import CohortView


def download(view: CohortView, learners: pd.DataFrame, before: pd.DataFrame | None, course: pd.DataFrame) -> None:
    """A button that makes the report when it is pressed, of what the Cohort screen shows."""
    st.download_button(
        "Report to print", lambda: _made(view, learners, before, course),
        file_name=f"cohort-report-{view.span.id[:8]}-{view.day:%Y-%m-%d}.html", mime="text/html", key="cohort_report",
        icon=":material/print:", on_click="ignore",
    )  # fmt: skip


def _made(view: CohortView, learners: pd.DataFrame, before: pd.DataFrame | None, course: pd.DataFrame) -> str:
    weak, mastered = view.rules.weak_below, view.rules.mastered_from
    report = cohort_report(
        view.span.name, view.day - timedelta(days=view.days - 1), view.day, datetime.now(UTC).date(),
        learners=learners, before=before, course=course,
        concepts=view.service.get_concepts(view.span.id, view.day, view.days, weak=weak, mastered=mastered, points=2),
        moment=view.moment, limits=view.limits, weak=weak, mastered=mastered,
    )  # fmt: skip
    return cohort_as_html(report)
