"""Manage: who is in a cohort, who teaches it, and what it is called."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from mastery_core.cohort_keeping import LONGEST_COHORT_NAME
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.roster import LONGEST_EMAIL
from pages import address, files, links, replies, signed_in, words
from pages.instructor import add_learners, addresses, kept, removals
from pages.instructor.explained import manage as explained
from pages.instructor.removals import LEARNER, TEACHER
from pages.instructor.tables import manage as tables
from pages.instructor.view import choose_cohort

ROWS_A_PAGE = 50
FIELD_WIDTH = 420

# What the buttons do. Each asks again who is signed in, whatever the screen showed.


def create() -> None:
    with replies.refusals("manage_create"):
        name = st.session_state.manage_new_name
        st.query_params["cohort"] = signed_in.cohort_keeping().create(name)
        st.session_state.manage_new_name = ""
        st.session_state.manage_new = False
        replies.done("manage", explained.created(name.strip()))
        signed_in.forget()


def rename(cohort: str) -> None:
    with replies.refusals("manage_rename"):
        signed_in.cohort_keeping().rename(cohort, st.session_state[f"manage_name_{cohort}"])
        st.session_state.manage_renaming = False
        _stay_at(cohort)
        signed_in.forget()


def archive(cohort: str, *, back: bool) -> None:
    with replies.refusals("manage"):
        keeping = signed_in.cohort_keeping()
        (keeping.unarchive if back else keeping.archive)(cohort)
        _stay_at(cohort)


def share(cohort: str, *, shared: bool) -> None:
    with replies.refusals("manage"):
        signed_in.cohort_keeping().share(cohort, shared=shared)
        _stay_at(cohort)
        replies.done("manage", explained.SHARED if shared else explained.NOT_SHARED)


def invite(cohort: str) -> None:
    with replies.refusals("manage_teachers"):
        addressee = st.session_state.manage_addressee
        is_new = signed_in.cohort_keeping().invite(cohort, addressee)
        st.session_state.manage_addressee = ""
        told = explained.invited if is_new else explained.invited_before
        replies.done("manage_teachers", told(addressee.strip()))
    kept.forget()


def withdraw(cohort: str, addressees: Sequence[str]) -> None:
    with replies.refusals("manage_invitations"):
        keeping = signed_in.cohort_keeping()
        for addressee in addressees:
            keeping.withdraw(cohort, addressee)
        replies.done("manage_invitations", f"{words.count(len(addressees), 'invitation')} withdrawn.")
    kept.forget()


def _stay_at(cohort: str) -> None:
    """Keep the cohort on the screen that may have been there because it was the first one, and is not any more."""
    st.query_params["cohort"] = cohort


# What several parts of the screen draw


def creation() -> None:
    """What a new cohort is to be called."""
    with st.form("manage_creation", border=False):
        st.text_input(
            "Name of the cohort", key="manage_new_name", max_chars=LONGEST_COHORT_NAME, placeholder="Statistics, autumn", width=FIELD_WIDTH,
            autocomplete="off",
        )  # fmt: skip
        st.form_submit_button("Create", type="primary", on_click=create, key="manage_create")
    replies.say("manage_create")


def new_cohort() -> None:
    with st.popover("New cohort", icon=":material/add:", key="manage_new", on_change="rerun"):
        creation()


# Which cohort

st.title("Manage", anchor=False)
service = signed_in.cohort_service()
if not service.get_cohorts():
    st.subheader("No cohort yet", anchor=False)
    st.markdown(explained.FIRST_COHORT)
    creation()
    replies.drop()
    st.stop()
span = choose_cohort(service, new_cohort)
try:
    members, invitations = signed_in.cohort_keeping().get_people(span.id)
except (NotFound, InvalidInput) as error:
    replies.drop()
    st.error(links.as_label(str(error)), icon=":material/link_off:")
    st.stop()
learners = [each for each in members if each.role == LEARNER]
teachers = [each for each in members if each.role == TEACHER]
present = {each.id for each in members}
in_archive = span.archived_at is not None

# The cohort itself

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown(explained.size(len(learners), len(teachers), len(invitations)), width="content")
    with (
        st.popover("Rename", icon=":material/edit:", key="manage_renaming", on_change="rerun"),
        st.form("manage_renaming_form", border=False),
    ):
        st.text_input(
            "Name",
            span.name,
            key=f"manage_name_{span.id}",
            max_chars=LONGEST_COHORT_NAME,
            width=FIELD_WIDTH,
            autocomplete="off",
        )
        st.form_submit_button("Save", type="primary", on_click=rename, args=(span.id,), key="manage_rename")
        replies.say("manage_rename")
    if in_archive:
        st.button(
            "Take out of the archive", icon=":material/unarchive:", key="manage_unarchive", on_click=archive, args=(span.id,),
            kwargs={"back": True},
        )  # fmt: skip
    else:
        st.button(
            "Archive", icon=":material/archive:", key="manage_archive", on_click=archive, args=(span.id,), kwargs={"back": False},
            help=explained.ARCHIVE,
        )  # fmt: skip
    st.button(
        "Stop sharing with researchers" if span.in_research else "Share with researchers", icon=":material/science:", key="manage_share",
        on_click=share, args=(span.id,), kwargs={"shared": not span.in_research}, help=explained.SHARE,
    )  # fmt: skip
if in_archive:
    st.info(explained.ARCHIVED, icon=":material/archive:")
replies.say("manage")

# Learners

st.subheader("Learners", anchor=False)
replies.say(removals.PLACES[LEARNER])
removals.show(span.id, LEARNER, present, in_archive=in_archive)
if not learners:
    st.markdown(explained.NO_LEARNERS_IN_ARCHIVE if in_archive else explained.NO_LEARNERS)
    if not in_archive:
        links.import_link("Import practice", span.id)
else:
    sought = st.text_input(
        "Find a learner", key="manage_find", type="search", placeholder="Name or e-mail address", live=True, width=FIELD_WIDTH
    ).strip()  # fmt: skip
    found = [each for each in learners if sought.casefold() in f"{each.name}\n{each.email or ''}".casefold()]
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    page = address.number("manage_page", 1, pages, 1) or 1
    shown = found[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    key = files.key_of("manage_learners", [each.id for each in shown])
    actions = st.container(horizontal=True, vertical_alignment="center", gap="small")
    if not shown:
        st.markdown(explained.NOBODY_FOUND)
    else:
        ticked = st.dataframe(
            tables.member_table(shown), column_config=tables.member_columns(), hide_index=True, placeholder="",
            height=tables.height_of(len(shown)), key=key, on_select="rerun", selection_mode="multi-row",
            alt=f"The learners of the cohort, by name, page {page} of {pages}",
        ).selection.rows  # fmt: skip
        if learner := links.chosen_from(tables.OPENS, [each.id for each in shown]):
            links.open_learner(learner, span.id)
        if pages > 1:
            st.pagination(pages, **address.held("manage_page", page, 1))
        files.downloads("These learners", partial(tables.member_table, found), f"learners-{span.id[:8]}")
        selected = [shown[row] for row in ticked if row < len(shown)]
        with actions:
            if not selected:
                st.caption(explained.HOW_TO_SELECT)
            elif st.button(
                f"Remove {words.count(len(selected), 'learner')}", icon=":material/person_remove:", key="manage_ask"
            ):
                removals.ask(span.id, selected, explained.leaving([each.name for each in selected], span.name))
            if selected:
                popover = st.popover(
                    "Copy e-mail addresses", icon=addresses.ICON, key="manage_addresses", on_change="rerun"
                )
                if popover.open:
                    with popover:
                        addresses.show([(each.name, each.email) for each in selected])

# More of them

if in_archive:
    replies.say(add_learners.PLACE)
else:
    add_learners.show(span.id)

# Who teaches

st.subheader("Who teaches", anchor=False)
st.markdown(explained.TEACHING)
replies.say(removals.PLACES[TEACHER])
removals.show(span.id, TEACHER, present, in_archive=in_archive)
for teacher in teachers:
    oneself = teacher.id == st.user.get("sub")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(explained.teacher(teacher.name, teacher.email, oneself=oneself), width="content")
        if st.button(
            explained.remove_teacher(teacher.name, oneself=oneself), type="tertiary", icon=":material/person_remove:",
            key=f"manage_teacher_{teacher.id}",
        ):  # fmt: skip
            removals.ask(span.id, [teacher], explained.teaching_no_more(teacher.name, span.name, oneself=oneself))
if not in_archive:
    with st.form("manage_invite", width=FIELD_WIDTH + 40):
        st.text_input(
            "Invite somebody to teach it with you", key="manage_addressee", max_chars=LONGEST_EMAIL, placeholder="name@example.edu",
            help=explained.ADDRESSEE, autocomplete="off",
        )  # fmt: skip
        st.form_submit_button("Invite", on_click=invite, args=(span.id,), key="manage_invite")

# Who is invited

st.subheader("Invitations", anchor=False)
replies.say("manage_invitations")
if not invitations:
    st.markdown("Nobody is invited at present.")
    st.stop()
st.markdown(explained.INVITED_IN_ARCHIVE if in_archive else explained.INVITED)
pages = max(1, -(-len(invitations) // ROWS_A_PAGE))
page = address.number("invitations_page", 1, pages, 1) or 1
listed = invitations[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
actions = st.container(horizontal=True, vertical_alignment="center", gap="small")
ticked = st.dataframe(
    tables.invitation_table(listed), column_config=tables.invitation_columns(), hide_index=True, placeholder="",
    height=tables.height_of(len(listed)), key=files.key_of("manage_invitations", [each.addressee for each in listed]),
    on_select="rerun", selection_mode="multi-row",
    alt=f"Who is invited to the cohort, page {page} of {pages}",
).selection.rows  # fmt: skip
if pages > 1:
    st.pagination(pages, **address.held("invitations_page", page, 1))
files.downloads("Invitations", partial(tables.invitation_table, invitations), f"invitations-{span.id[:8]}")
chosen = [listed[row].addressee for row in ticked if row < len(listed)]
with actions:
    if chosen:
        st.button(
            f"Withdraw {words.count(len(chosen), 'invitation')}", icon=":material/cancel_schedule_send:", key="manage_withdraw",
            on_click=withdraw, args=(span.id, chosen),
        )  # fmt: skip
    else:
        st.caption("Tick invitations in the first column to withdraw them.")
