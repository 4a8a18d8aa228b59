"""What an instructor's screen shows: which cohort, over which range, as of which day. One choice governs all of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd
import streamlit as st

from mastery_core.attention import Limits
from mastery_core.charts.names import shortened
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.model import Cohort, CohortSpan, Rules
from pages import address, clock, links, replies, signed_in, words
from pages.instructor import kept
from pages.instructor import limits as group_limits
from pages.student.view import EARLIEST_DAY, RANGES, USUAL_RANGE

COHORT_COLUMNS = 70
NO_COHORT = "You teach no cohort yet. Create one, and add the learners that you have on a list."
NOBODY_YET = "Add learners from a list, or import their practice from a file, which brings the learners along."
NOBODY_IN_ARCHIVE = (
    "It is archived, so nobody comes in and no practice either until it is taken out of the archive, on *Manage*."
)
NOT_FOUND = "There is no such cohort, or not one that you teach. Choose one of yours above."


@dataclass(frozen=True, slots=True)
class CohortView:
    """Which cohort a screen shows, under whose rules, and which part of its time.

    ``day`` is of UTC, ``moment`` its end but never later than now; the ``days`` of the range end with it. ``bounded`` is False
    where the range is all there is: then there is no earlier period to compare with.
    """

    service: CohortService
    span: CohortSpan
    rules: Rules
    limits: Limits
    day: date
    moment: datetime
    range_name: str
    days: int
    bounded: bool


def open_cohort(title: str, *, ranged: bool = True) -> CohortView:
    """The head of a screen: its title, the cohort, the range and the day. Stops the run where there is nothing to show.

    Without ``ranged`` no range can be chosen, for a screen on which it would change nothing; what the address says goes along.
    """
    service, rules, today = signed_in.cohort_service(), signed_in.rules(), datetime.now(UTC).date()
    st.title(title, anchor=False)
    span = choose_cohort(service)
    last = span.last_activity.date() if span.last_activity else today
    is_long_ago = span.last_activity is not None and clock.is_long_ago(span.last_activity, datetime.now(UTC))
    opening = max(EARLIEST_DAY, last) if is_long_ago else today
    range_name, day = _asked(opening, today, ranged=ranged)
    days = RANGES[range_name] or max(1, (day - span.first_day).days + 1 if span.first_day else 1)
    _say_which_time(span, day, opening if opening != today else None)
    limits = group_limits.asked()
    bounded = RANGES[range_name] is not None
    return CohortView(service, span, rules, limits, day, moment_of(day), range_name, days, bounded)


def choose_cohort(service: CohortService, beside: Callable[[], None] | None = None) -> CohortSpan:
    """The cohort that the address asks for, and a selector of others; ``beside`` draws what stands beside it.

    Stops the run where there is none, or not the one that is asked for.
    """
    cohorts = {cohort.id: cohort for cohort in service.get_cohorts()}
    if not cohorts:
        replies.drop()
        st.subheader("No cohort yet", anchor=False)
        st.markdown(NO_COHORT)
        links.manage_link("Create a cohort")
        st.stop()
    usual = next(iter(cohorts))
    asked = st.query_params.get("cohort", usual)
    labels = labelled(cohorts.values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Cohort", list(cohorts), **address.held("cohort", asked if asked in cohorts else None, labels=labels),
            format_func=labels.__getitem__, placeholder="Choose a cohort", width=560,
        )  # fmt: skip
        if beside:
            beside()
    try:
        return service.get_span(asked if asked in cohorts else "")
    except (NotFound, InvalidInput):
        replies.drop()
        st.error(NOT_FOUND, icon=":material/link_off:")
        st.stop()


def labelled(cohorts: Collection[Cohort]) -> dict[str, str]:
    """What each cohort looks like in a selector, by id."""
    names = shortened([each.name for each in cohorts], COHORT_COLUMNS)
    return {
        each.id: f"{name} (archived)" if each.archived_at else name for each, name in zip(cohorts, names, strict=True)
    }


def _asked(opening: date, today: date, *, ranged: bool) -> tuple[str, date]:
    range_name = address.one_of("range", RANGES, USUAL_RANGE)
    day = address.day("as_of", EARLIEST_DAY, today, opening)
    with st.container(horizontal=True, gap="medium"):
        if ranged:
            st.segmented_control("Range", list(RANGES), required=True, **address.held("range", range_name, USUAL_RANGE))
        st.date_input(
            "As of", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
            **address.held("as_of", day, opening), help="A cohort is looked at by days of UTC.",
        )  # fmt: skip
    return range_name, day


def _say_which_time(span: CohortSpan, day: date, long_ago: date | None) -> None:
    if not span.learners:
        st.subheader("Nobody is in this cohort yet", anchor=False)
        st.markdown(NOBODY_IN_ARCHIVE if span.archived_at else NOBODY_YET)
        if span.archived_at:
            links.manage_link("Manage the cohort", span.id)
        else:
            links.manage_link("Add learners", span.id)
            links.import_link("Import practice", span.id)
        st.stop()
    if span.first_day is None or span.first_day > day:
        st.subheader("Nothing practised yet", anchor=False)
        began = (
            f" Practice began on **{words.day_with_year(span.first_day, clock.UTC_ZONE)}**." if span.first_day else ""
        )
        st.markdown(
            f"{words.count(span.learners, 'learner')} in this cohort, and nothing recorded by "
            f"{words.day_with_year(day, clock.UTC_ZONE)}.{began} Figures appear here with the first answers."
        )
        st.stop()
    if day == long_ago:
        st.info(
            f"Nothing was practised in the last {clock.RECENT.days} days, so this shows how things stood on the day of the last "
            f"practice, {words.day_with_year(day, clock.UTC_ZONE)}.",
            icon=":material/history:",
        )


def learners_at(view: CohortView, day: date) -> pd.DataFrame:
    """The learners as they stood on a day, and what they did in as many days before as the range has."""
    weak, mastered = view.rules.weak_below, view.rules.mastered_from
    return kept.learners(view.span.id, day, view.days, weak, mastered, signed_in.session_key(), view.service)
