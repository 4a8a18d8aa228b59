"""A learner whom somebody else looks at: a word about it, and the way to the one before and after them in their cohort."""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.identity.directory import Person
from pages import address, clock, links, signed_in
from pages.instructor import kept, limits
from pages.student import term

NAME_COLUMNS, COHORT_COLUMNS = 20, 40
BUTTON_WIDTH = 260
# What a screen shows of one learner and can show of the next.
ALIKE = ("concept", "what_if", "plan_days", "plan_limit", "report_from", "report_to")
REPORT = (
    "One page to print or to keep as PDF, with the numbers of the learner's own of the same days (by your time zone): how their mastery moved in the term, "
    "how much they practised, where they stand, and what to review next."
)


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a learner stands among those of their cohort, in the order of attention."""

    cohort: str
    place: int
    learners: list[tuple[str, str]]

    def beside(self, step: int) -> tuple[str, str] | None:
        """Id and name of who stands so many places on."""
        place = self.place + step
        return self.learners[place] if 0 <= place < len(self.learners) else None


def banner(learner: Person) -> None:
    """Say whose screens these are, and lead on."""
    listed = _listed(learner.id)
    name = links.as_label(learner.display_name)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":material/visibility: You are looking at **{name}**'s screens, as they see them.", width="content"
            )
            if listed is not None:
                st.caption(_place(listed), width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if listed is not None:
                _step("Previous", listed.beside(-1), "arrow_back")
                _step("Next", listed.beside(1), "arrow_forward")
            _report(learner)
            links.cohort_link("Back to the cohort")


def refuse(why: str) -> None:
    """Say that the learner whom the address asks for is not shown, with a way back."""
    st.error(why, icon=":material/link_off:")
    if signed_in.teaches(signed_in.person()):
        links.cohort_link("Back to the cohort")
    else:
        st.button("Back to your own screens", icon=":material/arrow_back:", on_click=_forget)


def _report(learner: Person) -> None:
    """A popover that makes the report of a term; what it takes is asked when it is open."""
    popover = st.popover("Report to print", icon=":material/print:", key="learner_report", on_change="rerun")
    if not popover.open:
        return
    service, zone = signed_in.mastery_service(), clock.viewer_zone(signed_in.person())
    with popover:
        st.caption(REPORT)
        term.offer(service, service.get_rules(learner.id), learner, zone)


def _place(listed: Listed) -> str:
    [cohort] = shortened([listed.cohort], COHORT_COLUMNS)
    return f"{listed.place + 1:,} of {len(listed.learners):,} in {links.as_label(cohort)}, who needs attention first"


# Not links: a link to the screen one is on changes what it shows, but not its address. As wide as the others and never gone, so that
# whoever presses one again and again goes on the same way.


def _step(way: str, to: tuple[str, str] | None, arrow: str) -> None:
    person_id, name = to or ("", "")
    [short] = shortened([name], NAME_COLUMNS)
    st.button(
        f"{way}: {links.as_label(short)}" if to else way, key=f"learner_{way.lower()}", icon=f":material/{arrow}:",
        width=BUTTON_WIDTH, disabled=to is None, on_click=_go_to, args=(person_id,),
    )  # fmt: skip


def _go_to(person_id: str) -> None:
    alike = {name: st.query_params[name] for name in ALIKE if name in st.query_params}
    st.query_params.from_dict(links.kept(learner=person_id) | alike)


def _forget() -> None:
    st.query_params.from_dict(links.kept_without_learner())


def _listed(person_id: str) -> Listed | None:
    """Where the learner stands in the cohort of the address; None where it gives none, or one that they are not in."""
    service, cohort = signed_in.cohort_service(), st.query_params.get("cohort")
    if cohort is None:
        return None
    try:
        # Asked each time: the order, which is kept, is for who may still see the cohort.
        span = service.get_span(cohort)
    except (InvalidInput, NotFound):
        return None
    now = datetime.now(UTC)
    opening = clock.opening_day(span.last_activity or now, now, clock.UTC_ZONE)
    day = address.day("as_of", span.first_day or now.date(), now.date(), opening)
    learners = kept.in_order(span.id, day, limits.asked(), signed_in.session_key(), service)
    place = next((at for at, (each, _) in enumerate(learners) if each == person_id), None)
    return None if place is None else Listed(span.name, place, learners)
