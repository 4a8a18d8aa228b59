"""Cohort: who needs attention and why, how the cohort stands, and how that went."""

from datetime import timedelta
from functools import partial

import streamlit as st

from mastery_core.attention import Activity, Group, attended
from mastery_core.charts.course import cohort_course
from mastery_core.charts.palette import GROUP_GLYPHS
from mastery_core.cohort_service import moment_of
from pages import address, chart, files, links
from pages.instructor import addresses, digest, report
from pages.instructor import limits as sliders
from pages.instructor.explained import cohort as explained
from pages.instructor.tables import cohort as tables
from pages.instructor.view import learners_at, open_cohort

CARDS_A_PAGE = 12
ROWS_A_PAGE = 50
LOADING_HEIGHT = 480

# Which cohort, since when, until when

view = open_cohort("Cohort")
service, span, limits, day, days = view.service, view.span, view.limits, view.day, view.days
of_what = f"{span.id[:8]}-{day:%Y-%m-%d}"  # in the names of files

# Load

with st.skeleton(height=LOADING_HEIGHT):
    learners = attended(learners_at(view, day), view.moment.timestamp(), limits)
    earlier = day - timedelta(days=days)
    before = attended(learners_at(view, earlier), moment_of(earlier).timestamp(), limits) if view.bounded else None
    course = service.get_course(span.id, day, days)

needing = learners[learners["needs"]]
active = int((learners["observations"] > 0).sum())
mean, mean_before = learners["mean"].mean(), None if before is None else before["mean"].mean()

# Four figures

with st.grid(4, min_column_width=150):
    st.metric(
        "Learners", f"{len(learners):,}", delta_description=explained.started(learners),
        border=True, height="stretch", help=explained.learners(learners),
    )  # fmt: skip
    st.metric(
        "Active in this range", f"{active:,} of {len(learners):,}",
        **explained.change(active, None if before is None else int((before["observations"] > 0).sum())),
        border=True, height="stretch", help=explained.active(learners, before, view),
    )  # fmt: skip
    st.metric(
        "Mean mastery", explained.share(mean), **explained.change_in_points(mean, mean_before),
        border=True, height="stretch", help=explained.mean(learners, before),
    )  # fmt: skip
    st.metric(
        "Needing attention", f"{len(needing):,}",
        **explained.change(len(needing), None if before is None else int(before["needs"].sum())),
        border=True, height="stretch", help=explained.needing(learners, before),
    )  # fmt: skip

# Who needs attention

st.subheader("Who needs attention", anchor=False)
sliders.show(limits)
with st.grid(5, min_column_width=140):
    for group in Group:
        of_group = learners[learners["group"] == group]
        inactive = int((of_group["activity"] == Activity.INACTIVE).sum())
        st.metric(
            f"{GROUP_GLYPHS[group]} {group.capitalize()}", f"{len(of_group):,}",
            delta_description=f"{inactive:,} of them inactive" if inactive else explained.no_inactive(of_group),
            border=True, height="stretch", help=explained.group(group, learners, limits),
        )  # fmt: skip
if needing.empty:
    st.success("Nobody needs attention by these limits.", icon=":material/celebration:")
pages = max(1, -(-len(needing) // CARDS_A_PAGE))
page = address.number("attention_page", 1, pages, 1) or 1
with st.grid(3, min_column_width=280):
    for row in needing.iloc[(page - 1) * CARDS_A_PAGE : page * CARDS_A_PAGE].itertuples():
        with st.container(border=True, height="stretch", gap="xsmall"):
            links.learner_link(row.id, row.name, span.id)
            st.markdown(f":small[{tables.in_colour(row)} · {explained.why(row, limits, view.moment)}]")
if pages > 1:
    st.pagination(pages, **address.held("attention_page", page, 1))

digest.show(view)

# How it went

st.subheader("How mastery went", anchor=False)
chart.show(
    cohort_course(course, weak=view.rules.weak_below, mastered=view.rules.mastered_from),
    key="cohort_course", alt=explained.course_alt(course),
)  # fmt: skip
numbers = st.expander("The numbers behind the curve", icon=":material/table:", key="course_numbers", on_change="rerun")
if numbers.open:
    with numbers:
        st.dataframe(
            tables.course_table(course), column_config=tables.course_columns(), hide_index=True, placeholder="",
            alt="The learners' mean mastery at each moment of the curve, newest first",
        )  # fmt: skip
        files.downloads("This curve", partial(tables.course_file, course), f"curve-{of_what}")

# Every learner

st.subheader("Every learner", anchor=False)
pages = max(1, -(-len(learners) // ROWS_A_PAGE))
page = address.number("learners_page", 1, pages, 1) or 1
shown = learners.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
above = st.container()
ticked = st.dataframe(
    tables.learner_table(shown, limits, view.moment), column_config=tables.learner_columns(view.rules), hide_index=True,
    placeholder="", height="content", key=files.key_of("every_learner", shown["id"]), on_select="rerun", selection_mode="multi-row",
    alt=f"Every learner, who needs attention first, page {page} of {pages}",
).selection.rows  # fmt: skip
with above:
    addresses.of_learners(span.id, learners, list(shown["id"].iloc[ticked]))
if learner := links.chosen_from(tables.OPENS, list(shown["id"])):
    links.open_learner(learner, span.id)
if pages > 1:
    st.pagination(pages, **address.held("learners_page", page, 1))
with st.container(horizontal=True):
    everybody = partial(tables.learner_table, learners, limits, view.moment)
    files.pair("Every learner", everybody, f"cohort-{of_what}")
    report.download(view, learners, before, course)
