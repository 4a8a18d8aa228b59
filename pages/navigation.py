"""The frame around every screen: who is signed in decides which screens there are."""

from pathlib import Path

import streamlit as st

from mastery_core.identity.installation import installation
from mastery_core.identity.middleware import SIGN_IN_PATH
from pages import signed_in

# A file of our own: an icon by name would be fetched from Google by every browser.
ICON = Path(__file__).with_name("icon.svg")
SECONDS_BETWEEN_LOOKS = 10
ROLE_NAMES = {"student": "Student", "instructor": "Instructor", "researcher": "Researcher", "admin": "Administrator"}

st.set_page_config(page_title="Mastery", page_icon=ICON, layout="wide")


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def notice_sign_out() -> None:
    """Let a tab that nobody touches notice that it was signed out in another one. Asking keeps nobody signed in."""
    if not installation().sessions.is_open(signed_in.session_key()):
        st.rerun()


def sign_out() -> None:
    installation().sign_out(signed_in.session_key())
    st.html(f"<script>location.replace({SIGN_IN_PATH!r})</script>", unsafe_allow_javascript=True)
    signed_in.stop_signed_out()


person = signed_in.person()

screen = st.navigation(
    [st.Page("student/progress.py", title="Progress", icon=":material/trending_up:", url_path="progress", default=True)]
)

st.logo(ICON)
with st.sidebar, st.container(gap="xsmall"):
    st.text(person.display_name)
    st.caption(ROLE_NAMES.get(person.role, person.role.capitalize()))
    if st.button("Sign out", icon=":material/logout:"):
        sign_out()

notice_sign_out()
screen.run()
