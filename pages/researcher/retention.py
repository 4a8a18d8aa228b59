"""Retention: how much is still right after a gap, and how fast concepts are forgotten beside what the score takes for granted."""

import streamlit as st

from mastery_core.charts.retention import half_lives, right_by_gap
from mastery_core.charts.rows import page_count
from mastery_core.comparison import FEWEST
from pages import address, chart, words
from pages.researcher.explained import retention as explained
from pages.researcher.view import figure_files, open_screen, reproduce, tables

MEASURE = "retention"
LOADING_HEIGHT = 480

view = open_screen("Retention")

# Load

with st.skeleton(height=LOADING_HEIGHT):
    found = tables(view, MEASURE)
gaps = explained.kept_back(found["by gap"])
told = gaps[~gaps["withheld"]]
fitted = found["half-lives"].sort_values("half_life_days", kind="stable", na_position="last", ignore_index=True)
known = int(fitted["clear"].sum())

# Figures

st.markdown(explained.WHAT)
with st.grid(4, min_column_width=150):
    st.metric(
        "Answers after a gap", f"{int(told['answers'].sum()):,}" if len(told) else words.NONE, delta_description=explained.answers_note(told),
        border=True, height="stretch", help=explained.answers(told),
    )  # fmt: skip
    st.metric(
        "With a half-life", f"{known:,} of {len(fitted):,}", delta_description="concepts",
        border=True, height="stretch", help=explained.fitted(fitted),
    )  # fmt: skip
    st.metric(
        "Half-life in force", explained.length(explained.in_force(fitted)), delta_description="of the score",
        border=True, height="stretch", help=explained.IN_FORCE,
    )  # fmt: skip
    st.metric(
        "Differ from it", f"{int(explained.beside(fitted).isin([explained.SHORTER, explained.LONGER]).sum()):,} of {known:,}",
        delta_description="concepts", border=True, height="stretch", help=explained.differing(fitted),
    )  # fmt: skip

# Right answers by gap

st.subheader("Right answers by the time since practice", anchor=False)
column = st.column_config
if told.empty:
    st.info(explained.NO_GAPS, icon=":material/info:")
else:
    figure = right_by_gap(gaps)
    chart.show(figure, key="right_by_gap", alt=explained.gaps_alt(told, len(gaps) - len(told)))
    st.markdown(explained.GAPS_METHOD.format(fewest=FEWEST))
    st.dataframe(
        explained.gap_table(gaps), hide_index=True, placeholder="", key="gaps", alt="Right answers by class of gaps, the shortest first",
        column_config={
            "gap": column.TextColumn("Gap", pinned=True, help=explained.GAP),
            "answers": column.NumberColumn("Answers", format="localized", help=explained.ANSWERS),
            "right": column.NumberColumn("Right", format="localized", help=explained.RIGHT),
            "rate": column.NumberColumn("Right answers", format="%.1f%%", help=explained.RATE),
            "low": column.NumberColumn("From", format="%.1f%%", help=explained.LOW),
            "high": column.NumberColumn("To", format="%.1f%%", help=explained.HIGH),
            "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
            "gap_days": column.NumberColumn("Mean gap, days", format="localized", help=explained.GAP_DAYS),
            "says": column.TextColumn("Note", help=explained.SAYS) if gaps["withheld"].any() else None,
        },
    )  # fmt: skip
    figure_files(view, figure, gaps, "right-answers-by-gap")

# Half-lives

st.subheader("How fast each concept is forgotten, fastest first", anchor=False)
if fitted.empty:
    st.info(explained.NO_CONCEPTS, icon=":material/info:")
else:
    drawn = st.container()
    pages = page_count(len(fitted))
    page = address.number("half_lives_page", 1, pages, 1) or 1
    if pages > 1:
        st.pagination(pages, **address.held("half_lives_page", page, 1))
    figure = half_lives(fitted, page=page)
    with drawn:
        st.markdown(explained.HALF_LIVES_LEGEND)
        chart.show(figure, key="half_lives", alt=explained.half_lives_alt(fitted))
    st.dataframe(
        explained.half_life_table(fitted), hide_index=True, placeholder="", key="every_half_life",
        alt="Every concept: its half-life and interval, the one in force, answers and learners, and why there is none",
        column_config={
            "concept": column.TextColumn("Concept", pinned=True, width="medium"),
            "half_life_days": column.NumberColumn("Half-life, days", format="localized", help=explained.HALF_LIFE),
            "low": column.NumberColumn("From", format="localized", help=explained.HALF_LIFE_LOW),
            "high": column.NumberColumn("To", format="localized", help=explained.HALF_LIFE_HIGH),
            "half_life_in_force": column.NumberColumn("In force, days", format="localized", help=explained.IN_FORCE),
            "beside": column.TextColumn("Beside it", help=explained.BESIDE),
            "initial": column.NumberColumn("Right at once", format="%.1f%%", help=explained.INITIAL),
            "answers": column.NumberColumn("Answers", format="localized", help=explained.CONCEPT_ANSWERS),
            "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
            "reason": None if fitted["clear"].all() else column.TextColumn("Why there is none", width="medium", help=explained.REASON),
        },
    )  # fmt: skip
    figure_files(view, figure, fitted, "half-lives")
st.caption(explained.HALF_LIVES_METHOD)
reproduce(view, MEASURE)
