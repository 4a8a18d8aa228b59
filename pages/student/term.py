"""The report of a learner's term: for which days it is made, and the making. They and who teaches them take the same one."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from mastery_core import MasteryService
from mastery_core.identity.directory import Person
from mastery_core.model import Rules
from mastery_core.report.html import as_html
from mastery_core.report.term import term_report
from pages import address, clock, words
from pages.clock import EARLIEST_DAY
from pages.student.explained import data as explained
from pages.student.review import reviews

TERM = timedelta(days=90)
MOST_SESSIONS = 100_000


def offer(service: MasteryService, rules: Rules, learner: Person, zone: ZoneInfo) -> None:
    """From and To, the viewer's days, and a button that makes the report of them, or why there is none.

    Where the file is made nobody is signed in any more: it is made with this ``service``.
    """
    now = datetime.now(UTC)
    today = now.astimezone(zone).date()
    last_activity = learner.last_activity or now
    opening = clock.opening_day(last_activity, now, zone)
    beginning = max(EARLIEST_DAY, opening - TERM)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first_day = address.day("report_from", EARLIEST_DAY, today, beginning)
        st.date_input(
            "From", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
            **address.held("report_from", first_day, beginning),
        )  # fmt: skip
        last_day = address.day("report_to", EARLIEST_DAY, today, opening)
        st.date_input(
            "To", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
            **address.held("report_to", last_day, opening),
        )  # fmt: skip
        button = st.container(width="content")
    start, moment = _bounds(learner, first_day, last_day, zone)
    if start >= moment:
        st.info("A term ends after it begins: choose an earlier day to begin, or a later one to end.")
    elif learner.first_activity is None or learner.first_activity > moment:
        nothing = (
            f"Nothing had been practised by {words.day_with_year(last_day, zone)}"
            if learner.last_activity
            else "Nothing is recorded yet"
        )
        st.info(f"{nothing}, so there is nothing to report.")
    else:
        button.download_button(
            "Report to print", lambda: made(service, rules, learner, first_day, last_day, zone),
            f"mastery-report-{learner.id[:8]}-{first_day.isoformat()}-{last_day.isoformat()}.html", "text/html",
            key="term_report", icon=":material/print:", on_click="ignore",
        )  # fmt: skip


def made(
    service: MasteryService, rules: Rules, learner: Person, first_day: date, last_day: date, zone: ZoneInfo
) -> str:
    """The report from ``first_day`` to ``last_day``, days of the ``zone``, under the learner's ``rules``, as one HTML document.

    Raises NotFound where the service may not see the learner.
    """
    start, moment = _bounds(learner, first_day, last_day, zone)
    days = (moment - start) / timedelta(days=1)
    masteries = service.get_user_mastery(learner.id, at=moment)
    [insights] = service.get_period_insights(learner.id, masteries, days, at=moment, zone=zone.key)
    report = term_report(
        learner.display_name, first_day, last_day, datetime.now(zone).date(),
        now=masteries, before=service.get_user_mastery(learner.id, at=start), insights=insights,
        sessions=len(service.get_sessions(learner.id, days, MOST_SESSIONS, at=moment)),
        practice=service.get_practice_hours(learner.id, days, zone.key, at=moment),
        reviews=[
            (review.concept, explained.why(masteries[review.concept], rules.weak_below, moment, zone))
            for review in reviews(masteries.values(), moment, zone, rules.weak_below)
        ],
        weak=rules.weak_below, mastered=rules.mastered_from,
    )  # fmt: skip
    return as_html(report)


def _bounds(learner: Person, first_day: date, last_day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the term begins, and when it ends: never later than now."""
    now = datetime.now(UTC)
    return datetime.combine(first_day, time(), zone).astimezone(UTC), clock.moment_of(
        last_day, learner.last_activity or now, now, zone
    )
