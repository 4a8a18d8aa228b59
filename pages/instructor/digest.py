"""New since last week: who needs attention that did not a week before the day shown, and who no longer does."""

from typing import Any

import streamlit as st

from mastery_core.digest import Entry, digest
from pages import clock, links, words
from pages.instructor.tables import cohort as tables
from pages.instructor.view import CohortView

MOST = 24


def show(view: CohortView) -> None:
    """An expander that asks only when it is open."""
    news = st.expander("New since last week", icon=":material/new_releases:", key="digest", on_change="rerun")
    if not news.open:
        return
    told = digest(
        view.service, view.span.id, view.day, limits=view.limits, weak=view.rules.weak_below, mastered=view.rules.mastered_from
    )  # fmt: skip
    with news:
        st.caption(
            f"By the limits above {_needing(told.needing)} attention now, and {told.needing_before:,} did on "
            f"{words.day_with_year(told.since, clock.UTC_ZONE)}, seven days before."
        )
        if not told.newly and not told.no_longer:
            st.markdown("Nobody new, and nobody who no longer does.")
            return
        left, right = st.columns(2, gap="large")
        _listed(left, view, "New", told.newly, "Nobody new.")
        _listed(right, view, "No longer, and why they did", told.no_longer, "Everybody who did still does.")


def _needing(number: int) -> str:
    return "1 learner needs" if number == 1 else f"{number:,} learners need"


def _listed(where: Any, view: CohortView, heading: str, entries: list[Entry], nobody: str) -> None:
    with where:
        st.markdown(f"**{heading}** ({len(entries):,})")
        if not entries:
            st.caption(nobody)
        for entry in entries[:MOST]:
            with st.container(gap=None):
                links.learner_link(entry.id, entry.name, view.span.id)
                st.caption(f"{tables.in_colour(entry)} · {'; '.join(entry.reasons)}")
        if len(entries) > MOST:
            st.caption(f"And {len(entries) - MOST:,} more.")
