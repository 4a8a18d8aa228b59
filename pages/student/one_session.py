"""One session opened: what it came to beside the usual one, what each concept gained, and what happened in which order."""

from datetime import datetime, timedelta
from uuid import UUID

import streamlit as st

from mastery_core import MasteryService
from mastery_core.charts.session import CONCEPTS_A_PAGE, best_first, gained_and_lost, order_of_events, page_count
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.model import LearningSession, SessionDetail
from mastery_core.standing import ENOUGH_OBSERVATIONS
from mastery_core.usual_session import LATEST, UsualSession, usual_session
from pages import chart, links, words
from pages.student.explained import sessions as explained
from pages.student.tables import sessions as tables
from pages.student.view import View

LONGEST_DAYS = 36_500
# The next session is looked for in wider and wider stretches of time after this one.
STRETCHES = (2, 31, 366, LONGEST_DAYS)
# A longer table scrolls in itself.
MOST_ROWS = 20


def show(view: View, session_id: str) -> None:
    with st.skeleton(height=500):
        detail = _asked_for(view, session_id)
        if detail is None:
            st.info(explained.NO_SUCH_SESSION, icon=":material/search_off:")
            _all_sessions()
            return
        others = view.service.get_sessions(detail.user_id, view.days, LATEST + 1, at=view.moment)
        neighbours = _neighbours(view.service, detail, view.now)
    usual = usual_session([each for each in others if each.id != detail.session.id])
    _heading(view, detail.session)
    _ways_on(view, *neighbours)
    _figures(view, detail, usual)
    if not detail.events:
        st.markdown("Nothing has been recorded in this session.")
        return
    names = best_first(detail.by_concept)
    pages = page_count(len(names))
    page = st.pagination(pages, key=f"sessions_concepts_{detail.session.id}") if pages > 1 else 1
    shown = names[(page - 1) * CONCEPTS_A_PAGE : page * CONCEPTS_A_PAGE]
    with st.grid(2, min_column_width=340, gap="large"):
        with st.container():
            _concepts(detail, shown, page)
        with st.container():
            _order(view, detail, shown)


def _asked_for(view: View, session_id: str) -> SessionDetail | None:
    """The session, where it is one of the learner whose screen this is."""
    try:
        detail = view.service.get_session(str(UUID(session_id)))
    except (ValueError, InvalidInput, NotFound):
        return None
    return detail if detail.user_id == view.person.id else None


def _neighbours(
    service: MasteryService, detail: SessionDetail, now: datetime
) -> tuple[LearningSession | None, LearningSession | None]:
    """The sessions that were started before and after this one."""
    start = detail.session.started_at
    earlier = service.get_sessions(detail.user_id, LONGEST_DAYS, 1, at=start - timedelta(microseconds=1))
    later: list[LearningSession] = []
    for days in STRETCHES:
        until = min(start + timedelta(days=days), now)
        if until <= start or later:
            break
        since_start = service.get_sessions(detail.user_id, (until - start) / timedelta(days=1), at=until)
        later = [each for each in since_start if each.started_at > start]
    return next(iter(earlier), None), next(reversed(later), None)


def _heading(view: View, session: LearningSession) -> None:
    st.subheader(f"Session of {tables.started(session, view.now, view.zone)}", anchor=False)
    if session.by_hand:
        st.caption("Started by hand: it holds what was recorded while it ran and belonged to no other session.")


# Not links: a link to the screen one is on changes what it shows, but not its address.


def _ways_on(view: View, earlier: LearningSession | None, later: LearningSession | None) -> None:
    with st.container(horizontal=True, gap="small"):
        if earlier is not None:
            when = links.as_label(tables.started(earlier, view.now, view.zone))
            st.button(
                f"Previous: {when}", icon=":material/arrow_back:", key="sessions_earlier",
                on_click=_open, args=(earlier.id,),
            )  # fmt: skip
        if later is not None:
            when = links.as_label(tables.started(later, view.now, view.zone))
            st.button(
                f"Next: {when}", icon=":material/arrow_forward:", key="sessions_later", on_click=_open, args=(later.id,)
            )
        _all_sessions()


def _all_sessions() -> None:
    st.button("All sessions", icon=":material/calendar_month:", key="sessions_all", on_click=_close)


def _open(session_id: str) -> None:
    st.query_params["session"] = session_id


def _close() -> None:
    st.query_params.pop("session", None)


def _figures(view: View, detail: SessionDetail, usual: UsualSession) -> None:
    session = detail.session
    share = session.correct / session.graded if session.graded >= ENOUGH_OBSERVATIONS else None
    beside = explained.beside_usual
    with st.grid(5, min_column_width=165):
        st.metric(
            "Took", tables.in_figures(session, view.now), border=True, height="stretch",
            help=explained.took(session, usual, view.zone),
            **beside(session.minutes, usual.minutes, lambda more: f"{more:+.0f} min", explained.STILL_RUNNING),
        )  # fmt: skip
        st.metric(
            "Interactions", f"{session.interactions:,}", border=True, height="stretch",
            help=explained.interactions(session, usual),
            **beside(session.interactions, usual.interactions, lambda more: f"{more:+g}"),
        )  # fmt: skip
        st.metric(
            "Concepts", f"{session.concepts:,}", border=True, height="stretch",
            help=explained.concepts(session, usual),
            **beside(session.concepts, usual.concepts, lambda more: f"{more:+g}"),
        )  # fmt: skip
        st.metric(
            "Right answers", f"{session.correct} of {session.graded}" if session.graded else words.NONE,
            border=True, height="stretch", help=explained.right(session, usual),
            **beside(share, usual.right, explained.in_points, explained.FEW_ANSWERS),
        )  # fmt: skip
        st.metric(
            "Net gain, points", words.points(session.net, 1), border=True, height="stretch",
            help=explained.net(session, usual),
            **beside(session.net, usual.net, lambda more: words.points(more, 1)),
        )  # fmt: skip


def _concepts(detail: SessionDetail, shown: list[str], page: int) -> None:
    st.subheader("What each concept gained and lost", anchor=False)
    st.caption("In points; the number is both together.")
    picked = chart.show(
        gained_and_lost(detail.by_concept, page=page), key="sessions_changes", on_select="rerun",
        alt=explained.changes_alt(detail.by_concept, shown),
    )  # fmt: skip
    if picked.selection.points:
        links.open_concept(shown[picked.selection.points[0]["point_index"]])
    table = tables.concept_table(detail.by_concept)
    st.dataframe(
        table, column_config=tables.concept_columns(), hide_index=True, key="sessions_concept_table",
        height="content" if len(table) <= MOST_ROWS else "auto",
        alt="What each concept of the session gained and lost, in points",
    )  # fmt: skip
    if name := links.chosen_from("sessions_concept", table["concept"].tolist()):
        links.open_concept(name)


def _order(view: View, detail: SessionDetail, shown: list[str]) -> None:
    st.subheader("What happened, in order", anchor=False)
    st.caption("Each mark stands at the score it led to; the dashed line is where review begins.")
    chart.show(
        order_of_events(detail.events, shown, view.zone.key, weak=view.rules.weak_below), key="sessions_order",
        alt=explained.order_alt(detail.session),
    )  # fmt: skip
    if detail.event_count > len(detail.events):
        st.caption(f"The first {len(detail.events):,} of {detail.event_count:,} steps are shown.")
    steps = st.expander("The steps as a table", icon=":material/table:", key="sessions_steps", on_change="rerun")
    if steps.open:
        steps.dataframe(
            tables.event_table(detail.events, view.zone), column_config=tables.event_columns(view.zone), hide_index=True,
            alt="The steps of the session in order, with the scores before and after",
        )  # fmt: skip
