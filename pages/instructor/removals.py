"""Removing people from a cohort, and the way back: each removal has its own Undo, until the page is reloaded and for an hour at most."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from mastery_core.cohort_keeping import Member
from pages import replies, signed_in
from pages.instructor import kept
from pages.instructor.explained import manage as explained

UNDO_WITHIN = timedelta(hours=1)
LEARNER, TEACHER = "student", "instructor"
PLACES = {LEARNER: "manage_learners", TEACHER: "manage_teachers"}


@dataclass(frozen=True, slots=True)
class Removal:
    """Who was removed from a cohort at once, all in one role; ``number`` tells it from others of this page."""

    number: int
    cohort: str
    at: datetime
    members: list[Member]


@st.dialog("Remove from the cohort", icon=":material/person_remove:")
def ask(cohort: str, members: Sequence[Member], what_it_means: str) -> None:
    """Ask once more before somebody is removed."""
    st.markdown(what_it_means)
    with st.container(horizontal=True):
        if st.button("Remove", type="primary", key="manage_remove", on_click=remove, args=(cohort, members)):
            st.rerun()
        if st.button("Cancel", key="manage_keep"):
            st.rerun()


def remove(cohort: str, members: Sequence[Member]) -> None:
    """Remove them, for a button; where one cannot be, those before them are gone all the same."""
    gone = []
    with replies.refusals(PLACES[members[0].role]):
        keeping = signed_in.cohort_keeping()
        for member in members:
            keeping.remove(cohort, member.id)
            gone.append(member)
    if not gone:
        return
    number = st.session_state.get("manage_removal", 0) + 1
    st.session_state.manage_removal = number
    st.session_state.manage_removed = [
        Removal(number, cohort, datetime.now(UTC), gone),
        *_without(cohort, {each.id for each in gone}),
    ]
    _changed()
    if gone[0].id == st.user.get("sub"):
        st.query_params.pop("cohort", None)


def put_back(removal: Removal) -> None:
    """Undo a removal, for a button. The same again changes nothing."""
    place = PLACES[removal.members[0].role]
    with replies.refusals(place):
        keeping = signed_in.cohort_keeping()
        for member in removal.members:
            keeping.put_back(removal.cohort, member.id)
        st.session_state.manage_removed = [each for each in _all() if each.number != removal.number]
        replies.done(place, explained.back([each.name for each in removal.members]))
    _changed()


def show(cohort: str, role: str, present: Collection[str], *, in_archive: bool) -> None:
    """The ways back, the newest first, shut while in the archive. Those who are ``present`` (ids) in the cohort again need none."""
    st.session_state.manage_removed = _without(cohort, present)
    for removal in _all():
        if removal.cohort != cohort or removal.members[0].role != role:
            continue
        names = [each.name for each in removal.members]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(explained.removed(names), width="content")
            st.button(
                explained.undo(names), icon=":material/undo:", key=f"manage_undo_{removal.number}", on_click=put_back, args=(removal,),
                disabled=in_archive, help=explained.UNDO_IN_ARCHIVE if in_archive else None,
            )  # fmt: skip


def _all() -> list[Removal]:
    """The removals of this page that can still be undone, the newest first."""
    now = datetime.now(UTC)
    return [each for each in st.session_state.get("manage_removed", []) if now - each.at <= UNDO_WITHIN]


def _without(cohort: str, ids: Collection[str]) -> list[Removal]:
    """The removals without those of this cohort's people that have these ids."""
    left = [
        replace(each, members=[member for member in each.members if each.cohort != cohort or member.id not in ids])
        for each in _all()
    ]
    return [each for each in left if each.members]


def _changed() -> None:
    signed_in.forget()
    kept.forget()
