"""The frame around every screen: who is signed in decides which screens there are."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from mastery_core.errors import MasteryError, NotSignedIn
from mastery_core.identity.directory import Person
from mastery_core.identity.installation import installation
from mastery_core.identity.middleware import SIGN_IN_PATH
from pages import address, links, signed_in

# A file of our own: an icon by name would be fetched from Google by every browser.
ICON = Path(__file__).with_name("icon.svg")
SECONDS_BETWEEN_LOOKS = 10
SECONDS_BETWEEN_PULSES = 2
ROLE_NAMES = {"student": "Student", "instructor": "Instructor", "researcher": "Researcher", "admin": "Administrator"}
# In a narrow window the menu lies over the screen that it has just opened.
CLOSE_MENU = """<script>
// %s: another script for each screen, for the same one would not run again
if (innerWidth < 768) document.querySelector(
  "[data-testid=stSidebar][data-collapsed=false] [data-testid=stSidebarCollapseButton] button"
)?.click();
</script>"""

st.set_page_config(page_title="Mastery", page_icon=ICON, layout="wide")


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def notice_sign_out() -> None:
    """Let a tab that nobody touches notice that it was signed out in another one. Asking keeps nobody signed in."""
    if not installation().sessions.is_open(signed_in.session_key()):
        st.rerun()


def sign_out() -> None:
    installation().sign_out(signed_in.session_key())
    st.html(f"<script>location.replace({SIGN_IN_PATH!r})</script>", unsafe_allow_javascript=True)
    raise NotSignedIn(signed_in.SIGNED_OUT)


@st.fragment(run_every=SECONDS_BETWEEN_PULSES)
def follow() -> None:
    """Draw the screen again soon after something was recorded, where it stands: no reload, nothing moves."""
    with suppress(MasteryError):  # the screen itself says what cannot be reached, when it is used
        pulse = signed_in.pulse()
        if pulse is None or pulse == st.session_state.setdefault("pulse", pulse):
            return
        st.session_state.pulse = pulse
        signed_in.forget()
        st.rerun()


def screens(role: str) -> dict[str, list[st.Page]]:
    """The screens there are for somebody of that role. A researcher reads no learner's record, not even their own."""
    own = [
        st.Page("student/progress.py", title="Progress", icon=":material/trending_up:", default=True),
        st.Page("student/concept.py", title="Concept", icon=":material/show_chart:", url_path="concept"),
        st.Page("student/sessions.py", title="Sessions", icon=":material/calendar_month:", url_path="sessions"),
        st.Page("student/insights.py", title="Insights", icon=":material/lightbulb:", url_path="insights"),
        st.Page("student/review_plan.py", title="Review plan", icon=":material/event_repeat:", url_path="review-plan"),
        st.Page("student/group.py", title="My group", icon=":material/groups:", url_path="group"),
    ]
    data = [st.Page("student/data.py", title="My data", icon=":material/folder_open:", url_path="data")]
    about = [
        st.Page(
            "profile.py", title="Profile", icon=":material/person:", url_path="profile", default=role == "researcher"
        ),
        st.Page("help.py", title="Help", icon=":material/help:", url_path="help"),
    ]
    return {"You": about} if role == "researcher" else {"Your learning": own, "You": data + about}


def menu(there_are: dict[str, list[st.Page]], screen: st.Page) -> None:
    """Our own, not Streamlit's: its links carry the range and the moment along, in one step of the browser's history."""
    for section, pages in there_are.items():
        with st.container(gap="xsmall"):
            st.caption(section)
            for page in pages:
                # A link to the screen that is open would change the screen and not its address: it leaves both.
                query = st.query_params.to_dict() if page == screen else links.kept()
                st.page_link(page, query_params=query, width="stretch")
    st.divider()
    if st.session_state.setdefault("screen", screen.url_path) != screen.url_path:
        st.session_state["screen"] = screen.url_path
        address.let_go()
        st.html(CLOSE_MENU % screen.url_path, unsafe_allow_javascript=True)


def who(person: Person) -> None:
    with st.container(gap="xsmall"):
        st.text(person.display_name)
        st.caption(ROLE_NAMES.get(person.role, person.role.capitalize()))
        if st.button("Sign out", icon=":material/logout:"):
            sign_out()


def draw() -> None:
    """The frame and the screen in it. Raises NotSignedIn."""
    person = signed_in.person()
    there_are = screens(person.role)
    screen = st.navigation(there_are, position="hidden")
    st.logo(ICON)
    with st.sidebar:
        menu(there_are, screen)
        who(person)
    notice_sign_out()
    if person.role != "researcher":
        # What is recorded while the screen is drawn comes after this pulse, and draws it again.
        st.session_state.pop("pulse", None)
        follow()
    screen.run()


try:
    draw()
except NotSignedIn:
    # Said here, so that the run ends by itself: after a run that was stopped Streamlit keeps the fragments of the one before,
    # and the next beat of one would wipe out what is said.
    signed_in.say_signed_out()
