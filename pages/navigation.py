"""The frame around every screen: who is signed in decides which screens there are."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.errors import MasteryError, NotFound, NotSignedIn
from mastery_core.identity.directory import Person
from mastery_core.identity.installation import installation
from mastery_core.identity.middleware import SIGN_IN_PATH
from pages import address, invitations, links, signed_in, words

# A file of our own: an icon by name would be fetched from Google by every browser.
ICON = Path(__file__).with_name("icon.svg")
SECONDS_BETWEEN_LOOKS = 10
SECONDS_BETWEEN_PULSES = 2
YOUR_COHORTS, YOUR_LEARNING, YOUR_RESEARCH, YOU = "Your cohorts", "Your learning", "Research", "You"
# Progress is the first screen of a student, and has this address for who begins at a cohort.
LEARNERS_PATH = "learner"
# The screens that an instructor sees of a learner as that learner does; all others are for their owner alone.
OF_A_LEARNER = {LEARNERS_PATH, "concept", "sessions", "insights", "review-plan"}
NAME_COLUMNS = 30
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
def follow(learner_id: str) -> None:
    """Draw the screen again soon after something was recorded about a learner, where it stands: no reload, nothing moves."""
    with suppress(MasteryError):  # the screen itself says what cannot be reached, when it is used
        pulse = signed_in.pulse(learner_id)
        if pulse is None or pulse == st.session_state.setdefault("pulse", pulse):
            return
        st.session_state.pulse = pulse
        signed_in.forget()
        st.rerun()


def screens(person: Person) -> dict[str, list[st.Page]]:
    """The screens there are for somebody of their role. A researcher reads no learner's record, not even their own."""
    teaches, researches = signed_in.teaches(person), person.role == "researcher"
    about = [
        st.Page("profile.py", title="Profile", icon=":material/person:", url_path="profile"),
        st.Page("help.py", title="Help", icon=":material/help:", url_path="help"),
    ]
    if researches:
        return {YOUR_RESEARCH: research_screens(), YOU: about}
    learning = [
        st.Page(
            "student/progress.py", title="Progress", icon=":material/trending_up:", default=not teaches,
            url_path=LEARNERS_PATH if teaches else None,
        ),
        st.Page("student/concept.py", title="Concept", icon=":material/show_chart:", url_path="concept"),
        st.Page("student/sessions.py", title="Sessions", icon=":material/calendar_month:", url_path="sessions"),
        st.Page("student/insights.py", title="Insights", icon=":material/lightbulb:", url_path="insights"),
        st.Page("student/review_plan.py", title="Review plan", icon=":material/event_repeat:", url_path="review-plan"),
        st.Page("student/group.py", title="My group", icon=":material/groups:", url_path="group"),
    ]  # fmt: skip
    data = [st.Page("student/data.py", title="My data", icon=":material/folder_open:", url_path="data")]
    own = {YOUR_LEARNING: learning, YOU: data + about}
    return {YOUR_COHORTS: cohort_screens()} | own if teaches else own


def cohort_screens() -> list[st.Page]:
    return [
        st.Page("instructor/cohort.py", title="Cohort", icon=":material/groups:", default=True),
        st.Page("instructor/grid.py", title="Grid", icon=":material/grid_on:", url_path="grid"),
        st.Page("instructor/concepts.py", title="Concepts", icon=":material/category:", url_path="concepts"),
        st.Page("instructor/compare.py", title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        st.Page("instructor/manage.py", title="Manage", icon=":material/manage_accounts:", url_path="manage"),
        st.Page(
            "instructor/practice_import.py", title="Import", icon=":material/upload_file:", url_path="practice-import"
        ),
    ]


def research_screens() -> list[st.Page]:
    """Data is what opens: nothing can be measured before there is an extract."""
    return [
        st.Page("researcher/velocity.py", title="Velocity", icon=":material/speed:", url_path="velocity"),
        st.Page(
            "researcher/learning_curves.py",
            title="Learning curves",
            icon=":material/ssid_chart:",
            url_path="learning-curves",
        ),
        st.Page(
            "researcher/time_to_mastery.py",
            title="Time to mastery",
            icon=":material/timer:",
            url_path="time-to-mastery",
        ),
        st.Page("researcher/retention.py", title="Retention", icon=":material/history:", url_path="retention"),
        st.Page("researcher/calibration.py", title="Calibration", icon=":material/target:", url_path="calibration"),
        st.Page("researcher/data.py", title="Data", icon=":material/dataset:", default=True),
    ]


def looked_at(screen: st.Page, person: Person) -> Person | None:
    """The learner whose record the screen shows to somebody who teaches them; None where it shows no one else's."""
    learner_id = signed_in.learner_asked()
    if learner_id is None or not signed_in.teaches(person) or screen.url_path not in OF_A_LEARNER:
        return None
    with suppress(NotFound):  # the screen says so
        return signed_in.learner(learner_id)
    return None


def listed(
    there_are: dict[str, list[st.Page]], person: Person, learner: Person | None
) -> list[tuple[str, list[st.Page]]]:
    """The sections of the menu. Who teaches has there the screens of the learner who is looked at, else their own if they learn too."""
    if not signed_in.teaches(person) or (learner is None and person.interactions):
        return list(there_are.items())
    sections = [(YOUR_COHORTS, there_are[YOUR_COHORTS])]
    if learner is not None:
        [name] = shortened([learner.display_name], NAME_COLUMNS)
        of_learner = [page for page in there_are[YOUR_LEARNING] if page.url_path in OF_A_LEARNER]
        sections.append((links.as_label(name), of_learner))
    return [*sections, (YOU, [page for page in there_are[YOU] if person.interactions or page.url_path != "data"])]


def menu(sections: list[tuple[str, list[st.Page]]], screen: st.Page, learner: Person | None) -> None:
    """Our own, not Streamlit's: its links carry the range and the moment along, in one step of the browser's history."""
    for section, pages in sections:
        with st.container(gap="xsmall"):
            st.caption(section)
            for page in pages:
                st.page_link(page, query_params=query_to(page, screen, learner), width="stretch")
    st.divider()
    if st.session_state.setdefault("screen", screen.url_path) != screen.url_path:
        st.session_state["screen"] = screen.url_path
        address.let_go()
        st.html(CLOSE_MENU % screen.url_path, unsafe_allow_javascript=True)


def query_to(page: st.Page, screen: st.Page, learner: Person | None) -> dict[str, str | list[str]]:
    """What a link of the menu says beside the screen it leads to. A learner who is looked at stays on screens of theirs alone."""
    if page == screen:
        # A link to the screen that is open would change the screen and not its address: it leaves both.
        return {name: st.query_params.get_all(name) for name in st.query_params}
    return links.kept() if learner and page.url_path in OF_A_LEARNER else links.kept_without_learner()


def invited(person: Person, screen: st.Page) -> None:
    """A way to where invitations are answered, where there are any."""
    if person.role == "researcher" or screen.url_path == "profile":
        return
    with suppress(MasteryError):  # the screen itself says what cannot be reached
        if pending := invitations.pending():
            label = words.count(len(pending), "invitation")
            st.page_link("profile.py", label=label, icon=":material/mail:", query_params=links.kept_without_learner())


def who(person: Person) -> None:
    with st.container(gap="xsmall"):
        st.text(person.display_name)
        st.caption(ROLE_NAMES.get(person.role, person.role.capitalize()))
        if st.button("Sign out", icon=":material/logout:"):
            sign_out()


def draw() -> None:
    """The frame and the screen in it. Raises NotSignedIn."""
    person = signed_in.person()
    there_are = screens(person)
    screen = st.navigation(there_are, position="hidden")
    learner = looked_at(screen, person)
    st.logo(ICON)
    with st.sidebar:
        menu(listed(there_are, person, learner), screen, learner)
        invited(person, screen)
        who(person)
    notice_sign_out()
    # What is recorded while the screen is drawn comes after this pulse, and draws it again.
    st.session_state.pop("pulse", None)
    if person.role != "researcher" and screen not in there_are.get(YOUR_COHORTS, []):
        follow((learner or person).id)
    screen.run()


try:
    draw()
except NotSignedIn:
    # Said here, so that the run ends by itself: after a run that was stopped Streamlit keeps the fragments of the one before,
    # and the next beat of one would wipe out what is said.
    signed_in.say_signed_out()
