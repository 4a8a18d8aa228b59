"""What somebody is asked to join, and their answer."""

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.cohort_keeping import CohortKeeping, Invited
from pages import replies, signed_in
from pages.links import as_label

PLACE = "invitations"
NAME_COLUMNS = 70


def pending() -> list[Invited]:
    """What the person who is signed in is asked to join; the database is asked at most once a minute."""
    return _pending(signed_in.session_key(), signed_in.cohort_keeping())


def show() -> None:
    """Each invitation, to accept or to decline; nothing where there is none."""
    replies.say(PLACE)
    for invited in pending():
        with st.container(border=True, width=640):
            st.markdown(_asked(invited))
            with st.container(horizontal=True):
                st.button(
                    "Accept", type="primary", icon=":material/check:", key=f"accept_{invited.cohort}", on_click=_answer, args=(invited,),
                    kwargs={"accept": True},
                )  # fmt: skip
                st.button(
                    "Decline", icon=":material/close:", key=f"decline_{invited.cohort}", on_click=_answer, args=(invited,),
                    kwargs={"accept": False},
                )  # fmt: skip


def _answer(invited: Invited, *, accept: bool) -> None:
    with replies.refusals(PLACE):
        signed_in.cohort_keeping().answer(invited.cohort, accept=accept)
        replies.done(PLACE, _answered(invited, accept=accept))
    _pending.clear()
    signed_in.forget()


def _asked(invited: Invited) -> str:
    who = f"{_bold(invited.invited_by)} asks you" if invited.invited_by else "You are asked"
    if invited.role == "instructor":
        return f"{who} to teach {_bold(invited.cohort_name)}. You will see its learners and their practice, and keep it together."
    return f"{who} to join {_bold(invited.cohort_name)} as a student. Who teaches it will see your practice, with your name and e-mail address."


def _answered(invited: Invited, *, accept: bool) -> str:
    cohort = _bold(invited.cohort_name)
    if not accept:
        return f"You declined the invitation to {cohort}."
    return (
        f"You teach {cohort} now: see *Your cohorts* in the menu."
        if invited.role == "instructor"
        else f"You are in {cohort} now."
    )


def _bold(name: str) -> str:
    [short] = shortened([name], NAME_COLUMNS)
    return f"**{as_label(short)}**"


@st.cache_data(scope="session", ttl=60, max_entries=2, show_spinner=False)
def _pending(
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _keeping: CohortKeeping,
) -> list[Invited]:
    return _keeping.my_invitations()
