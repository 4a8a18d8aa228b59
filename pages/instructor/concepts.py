"""Concepts: which are hardest for a cohort, and one of them opened: its learners, how it went, how it is learnt."""

import streamlit as st

from mastery_core.charts.concept_bands import concept_bands
from mastery_core.concept import concept_id
from pages import address, chart, files, links, words
from pages.instructor import one_concept
from pages.instructor.explained import concepts as explained
from pages.instructor.tables import concepts as tables
from pages.instructor.view import open_cohort

BARS_A_PAGE = 30
LOADING_HEIGHT = 480

# Which cohort, since when, until when

view = open_cohort("Concepts")
service, span, rules, day, days = view.service, view.span, view.rules, view.day, view.days
weak, mastered = rules.weak_below, rules.mastered_from

with st.skeleton(height=LOADING_HEIGHT):
    concepts = service.get_concepts(span.id, day, days, weak=weak, mastered=mastered)
by_id = {concept_id(concept): concept for concept in concepts["concept"]}

if "concept" in st.query_params:
    one_concept.show(view, concepts, by_id.get(st.query_params["concept"]))
    st.stop()

# Figures

known = concepts[concepts["mean"].notna()]
with st.grid(4, min_column_width=150):
    st.metric(
        "Concepts", f"{len(concepts):,}", delta_description=explained.apart(concepts),
        border=True, height="stretch", help=explained.concepts(concepts),
    )  # fmt: skip
    st.metric(
        "Practised in this range", f"{int((concepts['practising'] > 0).sum()):,} of {len(concepts):,}",
        delta_description=words.count(int(concepts["observations"].sum()), "observation"),
        border=True, height="stretch", help=explained.practised(view),
    )  # fmt: skip
    st.metric(
        "Right answers", explained.rate(concepts), delta_description=words.count(int(concepts["graded"].sum()), "answer"),
        border=True, height="stretch", help=explained.right(concepts),
    )  # fmt: skip
    st.metric(
        f"Mean below {words.percent(weak)}", f"{int((known['mean'] < weak).sum()):,} of {len(known):,}",
        delta_description="concepts" if len(known) else "not enough data yet",
        border=True, height="stretch", help=explained.weak(known, weak),
    )  # fmt: skip

# How learners stand on each

st.subheader("How learners stand on each, hardest first", anchor=False)
pages = max(1, -(-len(concepts) // BARS_A_PAGE))
page = address.number("concepts_page", 1, pages, 1) or 1
shown = concepts.iloc[(page - 1) * BARS_A_PAGE : page * BARS_A_PAGE]
clicked = chart.show(
    concept_bands(shown, weak=weak, mastered=mastered), key="concept_bands", on_select="rerun",
    alt=f"Learners by band on {words.count(len(concepts), 'concept')}, hardest first; the table below has the numbers",
).selection.points  # fmt: skip
if clicked:
    links.open_cohort_concept(shown["concept"].iloc[clicked[0]["point_index"]])
if pages > 1:
    st.pagination(pages, **address.held("concepts_page", page, 1))

# Every concept

st.subheader("Every concept", anchor=False)
st.dataframe(
    tables.concept_table(concepts), column_config=tables.concept_columns(weak, mastered), hide_index=True, placeholder="",
    column_order=list(tables.concept_columns(weak, mastered)), key="every_concept_of_cohort", alt="Every concept with its learners by band, mean, change and practice, hardest first",
)  # fmt: skip
if concept := links.chosen_from(tables.OPENS, list(concepts["concept"])):
    links.open_cohort_concept(concept)
files.downloads("Every concept", lambda: tables.concept_file(concepts), f"concepts-{span.id[:8]}-{day:%Y-%m-%d}")
