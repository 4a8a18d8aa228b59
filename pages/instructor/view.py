"""What an instructor's screen shows: which cohort, over which range, as of which day. One choice governs all of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd
import streamlit as st

from mastery_core.attention import Limits
from mastery_core.charts.names import shortened
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.model import CohortSpan, Rules
from pages import address, clock, signed_in, words
from pages.instructor import limits as group_limits
from pages.student.view import EARLIEST_DAY, RANGES, USUAL_RANGE

COHORT_COLUMNS = 70
NO_COHORT = (
    "You teach no cohort yet. An administrator makes you its instructor with "
    "`python -m mastery_core cohort add COHORT YOU --role instructor`, and puts learners into it with an import."
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


def open_cohort(title: str) -> CohortView:
    """The head of a screen: its title, the cohort, the range and the day. Stops the run where there is nothing to show."""
    service, rules, today = signed_in.cohort_service(), signed_in.rules(), datetime.now(UTC).date()
    st.title(title, anchor=False)
    span = _chosen(service)
    last = span.last_activity.date() if span.last_activity else today
    opening = last if span.last_activity and clock.is_long_ago(span.last_activity, datetime.now(UTC)) else today
    range_name, day = _asked(opening, today)
    days = RANGES[range_name] or max(1, (day - span.first_day).days + 1 if span.first_day else 1)
    _say_which_time(span, day, opening if opening != today else None)
    limits = group_limits.asked()
    bounded = RANGES[range_name] is not None
    return CohortView(service, span, rules, limits, day, moment_of(day), range_name, days, bounded)


def _chosen(service: CohortService) -> CohortSpan:
    cohorts = {cohort.id: cohort for cohort in service.get_cohorts()}
    if not cohorts:
        st.subheader("No cohort yet", anchor=False)
        st.markdown(NO_COHORT)
        st.stop()
    usual = next(iter(cohorts))
    asked = st.query_params.get("cohort", usual)
    names = dict(zip(cohorts, shortened([each.name for each in cohorts.values()], COHORT_COLUMNS), strict=True))
    archived = {each.id for each in cohorts.values() if each.archived_at}
    st.selectbox(
        "Cohort", list(cohorts), **address.held("cohort", asked if asked in cohorts else None),
        format_func=lambda each: f"{names[each]} (archived)" if each in archived else names[each],
        placeholder="Choose a cohort", width=560,
    )  # fmt: skip
    try:
        return service.get_span(asked if asked in cohorts else "")
    except (NotFound, InvalidInput):
        st.error(NOT_FOUND, icon=":material/link_off:")
        st.stop()


def _asked(opening: date, today: date) -> tuple[str, date]:
    range_name = address.one_of("range", RANGES, USUAL_RANGE)
    day = address.day("as_of", EARLIEST_DAY, today, opening)
    with st.container(horizontal=True, gap="medium"):
        st.segmented_control("Range", list(RANGES), required=True, **address.held("range", range_name, USUAL_RANGE))
        st.date_input(
            "As of", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
            **address.held("as_of", day, opening), help="A cohort is looked at by days of UTC.",
        )  # fmt: skip
    return range_name, day


def _say_which_time(span: CohortSpan, day: date, long_ago: date | None) -> None:
    if not span.learners:
        st.subheader("Nobody is in this cohort yet", anchor=False)
        st.markdown(
            "Learners come into it with an import of their practice, or one by one: see *Cohorts* in the manual."
        )
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
    """The learners as they stood on a day, and what they did in as many days before as the range has.

    Kept for a minute, so that a moved limit is answered at once; the head of the screen has asked by then whether they may be seen.
    """
    return _learners(
        view.span.id,
        day,
        view.days,
        view.rules.weak_below,
        view.rules.mastered_from,
        signed_in.session_key(),
        view.service,
    )


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def _learners(
    cohort: str,
    day: date,
    days: int,
    weak: float,
    mastered: float,
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: CohortService,
) -> pd.DataFrame:
    return _service.get_learners(cohort, day, days, weak=weak, mastered=mastered)
