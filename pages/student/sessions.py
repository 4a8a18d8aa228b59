"""Sessions: a year of practice day by day, the sessions of a range or of a day, and one of them opened."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

import streamlit as st

from mastery_core.charts.calendar import first_day, parts, practice_calendar, shade_starts
from mastery_core.model import LearningSession
from pages import chart, links, signed_in, words
from pages.student import one_session
from pages.student.explained import sessions as explained
from pages.student.tables import sessions as tables
from pages.student.view import View, open_screen, say_nothing_recorded

ROWS_A_PAGE = 20
MOST_SESSIONS = 1_000
# A session that runs by hand is looked for among so many that were started last.
LATEST = 20
LONGEST_DAYS = 36_500
EARLIEST = date(1970, 1, 2)
SUMMARY_STAYS = timedelta(minutes=15)


# The address, and not a widget, holds the day and the page: they stay in it while a session is opened.


def day_asked(today: date) -> date | None:
    """The day that the address gives, where it is one that there was."""
    with suppress(ValueError):
        day = date.fromisoformat(st.query_params.get("day", ""))
        return day if EARLIEST <= day <= today else None
    return None


def page_asked(pages: int) -> int:
    asked = st.query_params.get("sessions_page", "")
    return min(int(asked), pages) if asked.isdecimal() and int(asked) > 0 else 1


def remember(**chosen: date | int | None) -> None:
    """Write these into the address; None leaves nothing there. Another day begins with its first page."""
    for name, value in chosen.items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(value)


def day_entered() -> None:
    remember(day=st.session_state["sessions_day"], sessions_page=None)


def day_clicked(key: str) -> None:
    """The day whose square was clicked; the day that is chosen already is let go."""
    for point in st.session_state[key].selection.points[:1]:
        chosen = None if st.query_params.get("day") == point["customdata"] else date.fromisoformat(point["customdata"])
        remember(day=chosen, sessions_page=None)


def page_entered() -> None:
    page = st.session_state["sessions_page"]
    remember(sessions_page=page if page > 1 else None)


def download_of(sessions: Sequence[LearningSession], zone: ZoneInfo) -> Callable[[], bytes]:
    return lambda: tables.session_file(sessions, zone)


def start_or_end(view: View, running: LearningSession | None) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if running is None:
            st.markdown(explained.BY_HAND, width="content")
            if st.button("Start a session", icon=":material/play_arrow:", type="primary"):
                # Named once: pressed twice, or sent again, it is the same session.
                name = st.session_state.setdefault("sessions_started", str(uuid4()))
                view.service.start_session(view.person.id, session_id=name, by_hand=True)
                st.session_state.pop("sessions_ended", None)
                st.rerun()
        else:
            # Not where the other button was: a double click on that one is not to end what it started.
            pressed = st.button("End session", icon=":material/stop:")
            st.markdown(explained.running(running, view.now, view.zone), width="content")
            if pressed:
                st.session_state["sessions_ended"] = view.service.end_session(running.id)
                st.session_state.pop("sessions_started", None)
                signed_in.forget()
                st.rerun()

    ended = st.session_state.get("sessions_ended")
    if ended is not None and ended.ended_at is not None and view.now - ended.ended_at < SUMMARY_STAYS:
        st.success(explained.summed_up(ended), icon=":material/check_circle:")


opened = st.query_params.get("session")
view = open_screen("Sessions", empty=None)
person, service, zone = view.person, view.service, view.zone

if opened is not None:
    one_session.show(view, opened)
    st.stop()

# By hand: start and end a session

with st.skeleton(height=90):
    latest = service.get_sessions(person.id, LONGEST_DAYS, LATEST, at=view.now)
running = next((each for each in latest if each.by_hand and each.ended_at is None), None)

if not view.by_other:
    start_or_end(view, running)

if person.last_activity is None and not latest:
    say_nothing_recorded(explained.NOTHING_RECORDED, person if view.by_other else None)

# The year at a glance

first = first_day(view.day)
since_first = view.moment - datetime.combine(first, time(), zone).astimezone(UTC)
with st.skeleton(height=200):
    hours = service.get_practice_hours(person.id, since_first / timedelta(days=1), zone.key, at=view.moment)
days = tables.by_day(hours, first, view.day)
starts = shade_starts(days["observations"].to_numpy())

st.subheader("Your year of practice", anchor=False)
today = view.now.astimezone(zone).date()
day = st.session_state["sessions_day"] = day_asked(today)
with st.grid(3, min_column_width=300, gap="medium"):
    for number, part in enumerate(parts(days)):
        key = f"sessions_calendar_{number}"
        chart.show(
            practice_calendar(part, starts, day), key=key, alt=explained.calendar_alt(part, zone),
            on_select=partial(day_clicked, key),
        )  # fmt: skip
    with st.container(gap="small"):
        st.date_input(
            "Day", None, min_value=EARLIEST, max_value=today, key="sessions_day", on_change=day_entered,
            format="YYYY-MM-DD", width=200, help="Click a square, or choose a day here. Empty it for the whole range.",
        )  # fmt: skip
        st.caption(explained.shades(starts, int(days["observations"].max())))
numbers = st.expander("The days behind the squares", icon=":material/table:", key="sessions_days", on_change="rerun")
if numbers.open:
    numbers.dataframe(
        tables.day_table(days), column_config=tables.day_columns(), hide_index=True, placeholder="",
        alt="Every day with practice of the 53 weeks, newest first",
    )  # fmt: skip

# The sessions of the range, or of the chosen day

if day is None:
    begin, end = view.moment - timedelta(days=view.days), view.moment
    title = (
        "Sessions since you began" if not view.bounded else f"Sessions of the last {words.count(int(view.days), 'day')}"
    )
else:
    begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    begin, end = begin - timedelta(microseconds=1), end - timedelta(microseconds=1)
    title = f"Sessions of {words.day(day, view.moment, zone)}"
with st.skeleton(height=300):
    sessions = service.get_sessions(person.id, (end - begin) / timedelta(days=1), MOST_SESSIONS, at=end)
    within = service.get_practice_hours(person.id, (end - begin) / timedelta(days=1), zone.key, at=end)

st.subheader(title, anchor=False)
if not sessions:
    st.markdown("No session began then. Choose a longer range, or another day of the year above.")
else:
    pages = -(-len(sessions) // ROWS_A_PAGE)
    page = st.session_state["sessions_page"] = page_asked(pages)
    if pages > 1:
        st.pagination(pages, key="sessions_page", on_change=page_entered)
    shown = sessions[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    st.dataframe(
        tables.session_table(shown, view.now, zone), column_config=tables.session_columns(), hide_index=True,
        height="content", key="sessions_table", alt=f"{words.count(len(sessions), 'session')}, newest first, {len(shown)} of them on this page",
    )  # fmt: skip
    if session_id := links.chosen_from("sessions_open", [each.id for each in shown]):
        st.query_params["session"] = session_id
        st.rerun()
loose = int(within["outside"].sum()) - (running.interactions if running is not None and running in sessions else 0)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    inside = sum(each.interactions for each in sessions)
    st.caption(explained.counted(len(sessions), inside, loose, most=MOST_SESSIONS), width="content")
    if sessions:
        st.download_button(
            "Download as CSV", download_of(sessions, zone), f"sessions-{person.id[:8]}.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="sessions_csv",
        )  # fmt: skip
