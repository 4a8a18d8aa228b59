"""Grid: every learner of a cohort on every concept. A cell opens the learner's concept."""

import numpy as np
import streamlit as st

from mastery_core.attention import attended
from mastery_core.charts.grid import mastery_grid
from mastery_core.likeness import by_likeness
from mastery_core.standing import enough
from pages import address, chart, files, links, words
from pages.instructor import limits as sliders
from pages.instructor.explained import grid as explained
from pages.instructor.tables import grid as tables
from pages.instructor.view import learners_at, open_cohort

ORDERS = {"attention": "Attention", "name": "Name", "mastery": "Mastery", "likeness": "Likeness"}
PAGE_SIZES = {"50": 50, "200": 200, "1000": 1_000}
USUAL_ORDER, USUAL_SIZE = "attention", "50"
LOADING_HEIGHT = 600

# Which cohort, as of when, in which order

view = open_cohort("Grid", ranged=False)
service, span, rules, day = view.service, view.span, view.rules, view.day

with st.container(horizontal=True, gap="medium"):
    order = address.one_of("sort", ORDERS, USUAL_ORDER)
    st.segmented_control(
        "Learners by", list(ORDERS), format_func=ORDERS.__getitem__, required=True, **address.held("sort", order, USUAL_ORDER),
        help="Likeness puts side by side, within the page, who stands alike on the concepts.",
    )  # fmt: skip
    size = address.one_of("rows", PAGE_SIZES, USUAL_SIZE)
    st.segmented_control(
        "At once", list(PAGE_SIZES), format_func=lambda each: f"{int(each):,}", required=True, **address.held("rows", size, USUAL_SIZE),
        help="How many learners the grid shows at once.",
    )  # fmt: skip

# Load: the learners in their order, then the cells of those on this page

with st.skeleton(height=LOADING_HEIGHT):
    learners = attended(learners_at(view, day), view.moment.timestamp(), view.limits)
    if order == "name":
        learners = learners.iloc[np.argsort(learners["name"].str.casefold(), kind="stable")]
    elif order == "mastery":
        learners = learners.sort_values("mean", na_position="last", kind="stable")
    pages = max(1, -(-len(learners) // PAGE_SIZES[size]))
    page = address.number("grid_page", 1, pages, 1) or 1
    shown = learners.iloc[(page - 1) * PAGE_SIZES[size] : page * PAGE_SIZES[size]]
    cells = service.get_cells(span.id, day, list(shown["id"]))
    shown = shown[shown["id"].isin(cells.learners)]  # who left meanwhile is gone from both
score, observations, names = cells.score, cells.observations, list(shown["name"])
if order == "likeness":
    rows = by_likeness(np.where(enough(observations), score, np.nan))
    score, observations, shown = score[rows], observations[rows], shown.iloc[rows]
    names = list(shown["name"])

# The grid

st.markdown(f":small[{explained.legend(score, observations, rules)}]")
if cells.concepts:
    clicked = chart.show(
        mastery_grid(score, observations, tables.told_apart(names), cells.concepts, weak=rules.weak_below, mastered=rules.mastered_from),
        key="grid", on_select="rerun",
        alt=f"Mastery of {words.count(len(names), 'learner')} on {words.count(len(cells.concepts), 'concept')}, page {page} of {pages}; the table below has the numbers",
    ).selection.points  # fmt: skip
    if clicked:
        row, column = tables.place_of(clicked[0])
        links.open_learner(shown["id"].iloc[row], span.id, cells.concepts[column])
else:
    st.markdown("None of these learners has practised yet.")
if pages > 1:
    st.pagination(pages, **address.held("grid_page", page, 1))
st.caption(sliders.in_words(view.limits) if order == "attention" else explained.ORDERS[order])

# The same as a table

st.subheader("The numbers of the grid", anchor=False)
table = tables.grid_table(shown, score, observations, cells.concepts)
st.dataframe(
    table, column_config=tables.grid_columns(cells.concepts, rules), hide_index=True, placeholder="", key="grid_table",
    alt="The learners of the grid, a row each, with their score on each concept in percent",
)  # fmt: skip
if learner := links.chosen_from(tables.OPENS, list(shown["id"])):
    links.open_learner(learner, span.id)


def everybody() -> tables.Table:
    every = service.get_cells(span.id, day, list(learners["id"]))
    return tables.grid_table(
        learners[learners["id"].isin(every.learners)], every.score, every.observations, every.concepts
    )


files.downloads("All learners", everybody, f"grid-{span.id[:8]}-{day:%Y-%m-%d}")

# On to a concept

if cells.concepts:
    st.subheader("The concepts of the grid", anchor=False)
    with st.grid(3, min_column_width=240, gap="xsmall"):
        for concept in cells.concepts:
            links.cohort_concept_link(concept)
