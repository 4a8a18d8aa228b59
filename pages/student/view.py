"""What a screen shows: whose record, over which range, as of which moment. One range and one moment govern all screens."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from mastery_core import MasteryService
from mastery_core.errors import NotFound
from mastery_core.identity.directory import Person
from mastery_core.model import Rules
from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages import address, clock, links, signed_in, words
from pages.clock import EARLIEST_DAY
from pages.instructor import learner as somebody_else

RANGES = {"7 days": 7, "30 days": 30, "90 days": 90, "Year": 365, "All": None}
USUAL_RANGE = "30 days"
NOTHING_RECORDED = (
    "Nothing has been recorded for you yet. Answer a few questions in the tutor or course that is connected to "
    f"this dashboard: each answer counts at once, and from {ENOUGH_OBSERVATIONS} answers on a concept you will see "
    "how well you know it, how fast it fades, and when to come back to it."
)


@dataclass(frozen=True, slots=True)
class View:
    """Whose record a screen shows, under their own rules, to whom, and which part of it.

    ``by_other``: somebody who teaches them looks, and what only the owner may do is not offered.
    ``day`` is the viewer's, ``moment`` its end but never later than ``now``; ``days`` reaches back from ``moment``.
    ``bounded`` is False where the range is all there is: then there is no earlier period to compare with.
    """

    person: Person
    service: MasteryService
    rules: Rules
    now: datetime
    zone: ZoneInfo
    day: date
    moment: datetime
    range_name: str
    days: float
    bounded: bool
    by_other: bool


def open_screen(
    title: str, *, ranged: bool = True, empty: str | None = NOTHING_RECORDED, owners_alone: bool = False
) -> View:
    """The head of a screen: its title, the range (where it has one) and the moment, and what there is to say about them.

    It shows the learner whom the address asks for, to who may see them, on the clock of the one who looks. Stops the run where
    nobody may be shown, and where nothing was recorded by that moment. ``empty`` says so where nothing ever was; a screen
    that gives None deals with it itself. A screen that is its ``owners_alone`` shows nobody else's record.
    """
    viewer, asked = signed_in.person(), None if owners_alone else signed_in.learner_asked()
    by_other, service = asked is not None, signed_in.mastery_service()
    person = viewer if asked is None else _somebody_else(title, asked)
    rules = service.get_rules(person.id) if by_other else signed_in.rules()
    now, zone = clock.steady_now(), clock.viewer_zone(viewer)
    with st.container(gap=None):
        st.title(title, anchor=False)
        st.text(person.display_name)
    if empty is not None and person.last_activity is None and not service.get_user_mastery(person.id):
        say_nothing_recorded(empty, person if by_other else None)
    last_activity = person.last_activity or now
    range_name, day = _asked(clock.opening_day(last_activity, now, zone), now.astimezone(zone).date(), ranged=ranged)
    moment = clock.moment_of(day, last_activity, now, zone)
    view = View(
        person, service, rules, now, zone, day, moment, range_name,
        RANGES[range_name] or clock.days_since(person.first_activity, moment), RANGES[range_name] is not None, by_other,
    )  # fmt: skip
    _say_which_time(view, last_activity)
    return view


def _somebody_else(title: str, person_id: str) -> Person:
    """The learner of that id, with a word that somebody else looks; stops the run where they may not be shown."""
    try:
        person = signed_in.learner(person_id)
    except NotFound as error:
        st.title(title, anchor=False)
        somebody_else.refuse(str(error))
        st.stop()
    somebody_else.banner(person)
    return person


def say_nothing_recorded(text: str, learner: Person | None = None) -> None:
    """What a screen shows where nothing was ever recorded, to the one it is about or who looks at that ``learner``; stops the run."""
    if learner is None:
        st.subheader("Your progress will grow here", anchor=False)
        st.markdown(text)
    else:
        st.subheader("Nothing recorded yet", anchor=False)
        st.markdown(
            f"Nothing has been recorded for {links.as_label(learner.display_name)} yet. Figures appear here with their first "
            "answers in the tutor or course that is connected to this dashboard."
        )
    st.button("Look again", icon=":material/refresh:", on_click=signed_in.forget)
    st.stop()


def _asked(opening: date, today: date, *, ranged: bool) -> tuple[str, date]:
    range_name = address.one_of("range", RANGES, USUAL_RANGE)
    day = address.day("as_of", EARLIEST_DAY, today, opening)
    with st.container(horizontal=True, gap="medium"):
        if ranged:
            st.segmented_control("Range", list(RANGES), required=True, **address.held("range", range_name, USUAL_RANGE))
        st.date_input(
            "As of", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
            **address.held("as_of", day, opening),
        )  # fmt: skip
    return range_name if ranged else USUAL_RANGE, day


def _say_which_time(view: View, last_activity: datetime) -> None:
    first = view.person.first_activity
    if first is not None and first > view.moment:
        st.subheader("Nothing yet at that time", anchor=False)
        st.markdown(
            f"By {words.day_with_year(view.day, view.zone)} nothing had been practised. The first practice was on "
            f"**{words.day_with_year(first, view.zone)}**: choose that day or a later one."
        )
        st.stop()
    long_ago = clock.is_long_ago(last_activity, view.now)
    if long_ago and view.day == clock.opening_day(last_activity, view.now, view.zone):
        st.info(
            f"Nothing was practised in the last {clock.RECENT.days} days, so this shows how things stood after your last "
            f"practice, on {words.day_with_year(last_activity, view.zone)}.",
            icon=":material/history:",
        )
