"""What a screen needs to know about who is looking. Every function asks the session store again.

A socket outlives a sign-out in another tab, so a screen, and each fragment that runs by itself, gets its service from
``mastery_service()`` anew instead of keeping one.
"""

from html import escape
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import streamlit as st

from mastery_core import MasteryService
from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.cohort_service import CohortService
from mastery_core.errors import NotFound, NotSignedIn
from mastery_core.identity.directory import Directory, Person
from mastery_core.identity.installation import extract_folder, installation
from mastery_core.identity.middleware import SIGN_IN_PATH
from mastery_core.identity.sessions import Session
from mastery_core.ingest.practice_import import PracticeImport
from mastery_core.model import Rules
from mastery_core.research_service import ResearchService

SIGNED_OUT = "You are signed out. This happens when you sign out in another tab, or after a long pause."
NO_SUCH_LEARNER = "There is no such learner, or not one that you teach."


def session_key() -> str | None:
    """What the gate says about this socket's session; it may have ended since."""
    key = st.user.get("sid")
    return key if isinstance(key, str) else None


def session() -> Session:
    """The session of the person who is signed in. Raises NotSignedIn when nobody is any more."""
    found = installation().sessions.use(session_key())
    if found is None or found.person_id != st.user.get("sub"):
        raise NotSignedIn(SIGNED_OUT)
    return found


def person() -> Person:
    """The person who is signed in. Raises NotSignedIn when nobody is any more."""
    now = session()
    try:
        return _person(now.person_id, now)
    except NotFound:
        installation().sign_out(session_key())
        raise NotSignedIn(SIGNED_OUT) from None


def teaches(person: Person) -> bool:
    """Whether somebody looks at cohorts and their learners."""
    return person.role in {"instructor", "admin"}


def learner_asked() -> str | None:
    """Whose record the address asks for, where that is somebody else's."""
    asked = st.query_params.get("learner", "")
    return asked if asked and asked.lower() != session().person_id else None


def learner(person_id: str) -> Person:
    """Somebody else, as far as the person who is signed in may see them. Raises NotFound.

    The database is asked each time: whoever teaches them no more is told so at once.
    """
    try:
        return Directory(installation().acting_for(session())).person(str(UUID(person_id)))
    except (ValueError, NotFound):
        raise NotFound(NO_SUCH_LEARNER) from None


def mastery_service() -> MasteryService:
    """Everything that may be asked about learners, under the rights of the person who is signed in."""
    return MasteryService(installation().acting_for(session()))


def cohort_service() -> CohortService:
    """Everything that may be asked about cohorts, under the rights of the person who is signed in."""
    return CohortService(installation().acting_for(session()))


def cohort_keeping() -> CohortKeeping:
    """What those who keep a cohort do, and what the invited answer, under the rights of the person who is signed in."""
    return CohortKeeping(installation().acting_for(session()))


def practice_import(cohort_id: str) -> PracticeImport:
    """What brings practice into a cohort from a file, under the rights of the person who is signed in."""
    return PracticeImport(installation().acting_for(session()), cohort_id)


def research_service() -> ResearchService:
    """Everything that a researcher may have, under the rights of the person who is signed in."""
    return ResearchService(installation().acting_for(session()), extract_folder())


def rules() -> Rules:
    """The rules in force for the person who is signed in, their own thresholds in them."""
    now = session()
    return _rules(now.person_id, now)


def looking() -> Session | None:
    """The session of the person who is signed in, for what looks by itself: asking keeps nobody signed in.

    None where nobody is any more.
    """
    found = installation().sessions.look(session_key())
    return found if found is not None and found.person_id == st.user.get("sub") else None


def pulse(learner_id: str) -> str | None:
    """What changes when something about a learner was recorded; None where nobody is signed in any more.

    Asking keeps nobody signed in.
    """
    now = looking()
    return None if now is None else MasteryService(installation().acting_for(now)).get_pulse(learner_id)


def forget() -> None:
    """Ask anew who is signed in and which rules hold for them, for something of it has changed."""
    _person.clear()
    _rules.clear()


def save_profile(
    *,
    display_name: str,
    time_zone: str | None,
    weak_below: float | None,
    mastered_from: float | None,
    compares: bool,
) -> Person:
    """Change the profile of the person who is signed in. Raises InvalidInput."""
    now = session()
    saved = Directory(installation().acting_for(now)).set_profile(
        now.person_id,
        display_name=display_name,
        time_zone=time_zone,
        weak_below=weak_below,
        mastered_from=mastered_from,
        compares=compares,
    )
    forget()
    return saved


def take_part(*, in_research: bool) -> None:
    """Say whether what the person who is signed in does may go to researchers, under another name."""
    now = session()
    Directory(installation().acting_for(now)).take_part(now.person_id, in_research=in_research)
    forget()


def say_signed_out() -> None:
    """Say that nobody is signed in here any more, with the way back to this very view."""
    st.info(SIGNED_OUT)
    link = f"{SIGN_IN_PATH}?next={quote(_here(), safe='/')}"
    st.markdown(f'<a href="{escape(link)}" target="_self">Sign in again</a>', unsafe_allow_html=True)


def _here() -> str:
    """Path and query of the view that this socket shows."""
    path = urlsplit(st.context.url or "").path or "/"
    query = urlencode([(name, value) for name in st.query_params for value in st.query_params.get_all(name)])
    return f"{path}?{query}" if query else path


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def _person(person_id: str, _session: Session) -> Person:
    return Directory(installation().acting_for(_session)).person(person_id)


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def _rules(person_id: str, _session: Session) -> Rules:
    return MasteryService(installation().acting_for(_session)).get_rules(person_id)
