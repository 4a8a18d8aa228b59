"""Adding learners from a list: what it says, what will become of each line, and then all of it, or none."""

import streamlit as st

from mastery_core.cohort_keeping import RosterPlan
from mastery_core.errors import InvalidInput, NotFound
from mastery_core.roster import roster_text
from pages import files, links, replies, signed_in
from pages.instructor import kept
from pages.instructor.explained import manage as explained
from pages.instructor.tables import manage as tables

PLACE = "manage_add"
ROWS_A_PAGE = 50
LARGEST_MEGABYTES = 5
TEXT_HEIGHT, TEXT_WIDTH = 170, 640
ENDINGS = ["csv", "tsv", "txt"]


def show(cohort: str) -> None:
    """The list and what it comes to. A list that was taken in makes room for the next: its fields get new keys."""
    st.subheader("Add learners", anchor=False)
    replies.say(PLACE)
    number = st.session_state.setdefault("manage_lists", 0)
    file_key = f"manage_file_{number}"
    pasted = st.text_area(
        "One learner a line", key=f"manage_list_{number}", height=TEXT_HEIGHT, width=TEXT_WIDTH, placeholder=explained.EXAMPLE,
        help=explained.LINES, disabled=st.session_state.get(file_key) is not None,
    )  # fmt: skip
    file = st.file_uploader(
        "Or a file of such lines", ENDINGS, key=file_key, max_upload_size=LARGEST_MEGABYTES, width=TEXT_WIDTH,
        help="CSV or plain text. While there is one it is read, and what stands above waits.",
    )  # fmt: skip
    unknown = st.radio(
        "Who is not known", list(explained.UNKNOWN), format_func=explained.UNKNOWN.__getitem__, horizontal=True, key="manage_unknown",
        help=explained.UNKNOWN_HELP,
    )  # fmt: skip
    st.button("Preview", icon=":material/preview:", key="manage_preview", on_click=kept.plan.clear)
    try:
        text = roster_text(file.getvalue()) if file else pasted
        if not text.strip():
            return
        plan = kept.plan(cohort, text, unknown == "new", signed_in.session_key(), signed_in.cohort_keeping())
    except (NotFound, InvalidInput) as error:
        st.error(links.as_label(str(error)), icon=":material/error:")
        return
    _preview(cohort, plan)


def _preview(cohort: str, plan: RosterPlan) -> None:
    with st.container(border=True):
        st.markdown(explained.counted(plan))
        lines = tables.in_order(plan.lines)
        verdicts = [each for each in explained.WHAT_HAPPENS if plan.counts().get(each)]
        kind = st.pills(
            "Show only", verdicts, format_func=lambda each: f"{explained.WHAT_HAPPENS[each]} ({plan.counts()[each]:,})",
            key="manage_kind",
        )  # fmt: skip
        chosen = [each for each in lines if kind is None or each.verdict == kind]
        pages = max(1, -(-len(chosen) // ROWS_A_PAGE))
        page = st.session_state.get("manage_plan_page", 1)
        page = page if page <= pages else 1  # as st.pagination does
        st.dataframe(
            tables.plan_table(chosen[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]), column_config=tables.plan_columns(),
            hide_index=True, placeholder="", alt=f"What will become of each line, page {page} of {pages}",
        )  # fmt: skip
        if pages > 1:
            st.pagination(pages, key="manage_plan_page")
        with st.container(horizontal=True):
            if doing := explained.doing(plan):
                st.button(
                    doing, type="primary", icon=":material/group_add:", key=PLACE, on_click=_add, args=(cohort, plan)
                )
            else:
                st.markdown("**There is nothing to add.**", width="content")
            files.pair("Preview", lambda: tables.plan_table(lines), "preview")


def _add(cohort: str, plan: RosterPlan) -> None:
    """Do what the preview says. What it says no more is refused as a whole, and previewed anew."""
    with replies.refusals(PLACE):
        done = signed_in.cohort_keeping().add(cohort, plan)
        replies.done(PLACE, explained.added(done))
        st.session_state.manage_lists += 1
        signed_in.forget()
    kept.forget()
