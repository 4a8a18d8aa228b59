"""Profile: how somebody is called, which clock their days follow, and what counts as weak and as mastered for them."""

import streamlit as st

from mastery_core.identity.directory import LONGEST_NAME
from mastery_core.recording import USUAL_RULES
from pages import clock, invitations, replies, signed_in
from pages.student.explained import profile as explained

# The browser's own zone, whichever it is.
BROWSERS = ""
FORM_WIDTH = 640
PLACE, RESEARCH = "profile", "profile_research"

# Who, and what they have chosen so far

person = signed_in.person()
learns = person.role != "researcher"  # a researcher has no scores, and so no thresholds
rules = signed_in.rules() if learns else USUAL_RULES
kept = {
    "profile_name": person.display_name,
    "profile_zone": person.time_zone or BROWSERS,
    "profile_weak": round(rules.weak_below * 100, 1),
    "profile_mastered": round(rules.mastered_from * 100, 1),
}
for key, value in kept.items():
    st.session_state.setdefault(key, value)


def chosen(key: str, own: float | None) -> float | None:
    """The threshold as it stands in the form; None where the usual one was left as it is."""
    percent = st.session_state[key]
    return own if percent == kept[key] else round(percent / 100, 6)


def save(*, usual: bool = False) -> None:
    """Save what stands in the form, with the usual thresholds if asked for; what cannot be is said, and nothing lost."""
    with replies.refusals(PLACE):
        signed_in.save_profile(
            display_name=st.session_state.profile_name,
            time_zone=st.session_state.profile_zone or None,
            weak_below=None if usual else chosen("profile_weak", person.weak_below),
            mastered_from=None if usual else chosen("profile_mastered", person.mastered_from),
            compares=person.compares,
        )
        for key in kept:
            st.session_state.pop(key, None)
        replies.done(PLACE, "Saved.")


def take_part() -> None:
    """Do as the switch says, on behalf of whoever is signed in."""
    with replies.refusals(RESEARCH):
        in_research = st.session_state.profile_research
        signed_in.take_part(in_research=in_research)
        replies.done(RESEARCH, explained.TAKES_PART if in_research else explained.TAKES_NO_PART)


with st.container(gap=None):
    st.title("Profile", anchor=False)
    st.text(f"{person.role.capitalize()}{' in ' if person.cohorts else ''}{', '.join(person.cohorts)}")

# What they are asked to join

if learns:
    invitations.show()

# The form

own_zone = {st.session_state.profile_zone} - {BROWSERS}
browser = st.context.timezone or "UTC"
with st.form("profile", width=FORM_WIDTH):
    st.text_input("Display name", key="profile_name", max_chars=LONGEST_NAME, autocomplete="name")
    st.selectbox(
        "Time zone", [BROWSERS, *clock.zone_names(*own_zone)], key="profile_zone",
        format_func=lambda zone: zone or f"As my browser says ({browser})", help=explained.TIME_ZONE,
    )  # fmt: skip
    if learns:
        with st.container(horizontal=True):
            st.number_input(
                "Weak below (%)", 1.0, 100.0, step=1.0, format="%g", key="profile_weak", help=explained.WEAK
            )
            st.number_input(
                "Mastered from (%)", 1.0, 100.0, step=1.0, format="%g", key="profile_mastered", help=explained.MASTERED
            )
    with st.container(horizontal=True):
        st.form_submit_button("Save", type="primary", on_click=save, key="profile_save")
        own = person.weak_below is not None or person.mastered_from is not None
        if learns and own:
            st.form_submit_button(
                "Save with the usual thresholds", on_click=save, kwargs={"usual": True}, key="profile_usual"
            )
    if learns:
        st.caption(explained.OWN if own else explained.USUAL)
replies.say(PLACE)

# How others name them

if learns:
    st.subheader("Your id", anchor=False)
    st.markdown(explained.YOUR_ID)
    st.code(person.id, language=None, width=FORM_WIDTH, wrap_lines=True)

# Whether researchers may have what they do

st.subheader("Research", anchor=False)
st.markdown(explained.RESEARCH)
st.session_state.profile_research = person.in_research
st.toggle("Take part in research, under another name", key="profile_research", on_change=take_part)
replies.say(RESEARCH)

# What is chosen elsewhere

st.markdown(explained.THEME)
