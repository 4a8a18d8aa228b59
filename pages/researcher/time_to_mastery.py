"""Time to mastery: after how many opportunities, or days, concepts are mastered, with those counted in who have not got there."""

import streamlit as st

from mastery_core.charts.survival import GROUPS_A_PAGE, page_count, survival_curves
from mastery_core.comparison import FEWEST
from pages import address, chart, words
from pages.researcher.explained import time_to_mastery as explained
from pages.researcher.view import figure_files, open_screen, reproduce, tables, told_apart

MEASURE = "time-to-mastery"
LOADING_HEIGHT = 480

# What is looked at, in which unit, told apart by what

view = open_screen("Time to mastery")
with st.container(horizontal=True, gap="medium"):
    unit = address.one_of("unit", explained.UNITS, explained.USUAL_UNIT)
    st.segmented_control(
        "Counted in", list(explained.UNITS), format_func=explained.UNITS.__getitem__, required=True, help=explained.UNIT_HELP,
        **address.held("unit", unit, explained.USUAL_UNIT),
    )  # fmt: skip
    by = told_apart("cohort", "concept")
groups_of = () if by is None else (by,)

# Load

with st.skeleton(height=LOADING_HEIGHT):
    together = tables(view, MEASURE)
    found = together if by is None else tables(view, MEASURE, groups_of)
total, groups, curve = together[unit].iloc[0], found[unit], found[f"curve in {unit}"]

# Figures

st.markdown(explained.WHAT)
if total["withheld"]:
    st.info(explained.TOO_FEW, icon=":material/info:")
    reproduce(view, MEASURE, groups_of)
    st.stop()
with st.grid(4, min_column_width=150):
    st.metric(
        "Median", explained.number(total["median"]), delta_description=explained.median_note(total, unit),
        border=True, height="stretch", help=explained.median(total, unit),
    )  # fmt: skip
    st.metric(
        "There by the end", words.percent(total["share_reached"]), delta_description="by the curve",
        border=True, height="stretch", help=explained.share(total),
    )  # fmt: skip
    st.metric(
        "Pairs", f"{int(total['pairs']):,}", delta_description=words.count(int(total["learners"]), "learner"),
        border=True, height="stretch", help=explained.pairs(total),
    )  # fmt: skip
    st.metric(
        "Seen to get there", f"{int(total['reached']):,}", delta_description=f"{int(total['pairs'] - total['reached']):,} stopped before",
        border=True, height="stretch", help=explained.reached(total),
    )  # fmt: skip

# The curves

st.subheader("Who is not there yet", anchor=False)
told = groups[~groups["withheld"]]
if told.empty:
    st.info(explained.ALL_WITHHELD, icon=":material/info:")
else:
    pages = 1 if by is None else page_count(len(told))
    page = address.number("curves_page", 1, pages, 1) or 1
    shown = told.iloc[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE]
    figure = survival_curves(curve, unit, by=by, groups=() if by is None else shown[by].tolist())
    chart.show(figure, key="survival", alt=explained.alt(shown, unit, by))
    if pages > 1:
        st.pagination(pages, **address.held("curves_page", page, 1))
    st.markdown(explained.LEGEND.format(fewest=FEWEST))
    stem = "-".join([f"time-to-mastery-in-{unit}", *(f"by-{each}" for each in groups_of)])
    figure_files(view, figure, curve, stem, explained.title(unit, shown, len(told)) if pages > 1 else None)

# Medians

st.subheader("Medians", anchor=False)
column, medians = st.column_config, explained.group_table(groups)
st.dataframe(
    medians, hide_index=True, placeholder="", key="medians",
    alt="Every group with its median, the share that got there, pairs and learners",
    column_config={
        "cohort": column.TextColumn("Cohort", pinned=True), "concept": column.TextColumn("Concept", pinned=True, width="medium"),
        "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
        "pairs": column.NumberColumn("Pairs", format="localized", help=explained.PAIRS),
        "reached": column.NumberColumn("Got there", format="localized", help=explained.REACHED),
        "median": column.NumberColumn(f"Median, {unit}", format="localized", help=explained.MEDIAN),
        "share_reached": column.NumberColumn("There by the end", format="%.1f%%", help=explained.SHARE),
        "says": column.TextColumn("Note", help=explained.SAYS) if medians["says"].any() else None,
    },
)  # fmt: skip
steps = st.expander("The steps of the curves", icon=":material/table:", key="survival_steps", on_change="rerun")
if steps.open:
    with steps:
        st.dataframe(
            explained.curve_table(curve), hide_index=True, placeholder="", alt="Every step of the curves, by duration",
            column_config={
                "cohort": column.TextColumn("Cohort", pinned=True), "concept": column.TextColumn("Concept", pinned=True),
                "duration": column.NumberColumn(explained.UNITS[unit], format="localized", help=explained.DURATION),
                "at_risk": column.NumberColumn("At risk", format="localized", help=explained.AT_RISK),
                "reached": column.NumberColumn("Got there", format="localized", help=explained.REACHED_THEN),
                "censored": column.NumberColumn("Stopped", format="localized", help=explained.CENSORED),
                "remaining": column.NumberColumn("Not there yet", format="%.1f%%", help=explained.REMAINING),
                "low": column.NumberColumn("From", format="%.1f%%", help=explained.LOW),
                "high": column.NumberColumn("To", format="%.1f%%", help=explained.HIGH),
            },
        )  # fmt: skip
st.caption(explained.METHOD)
reproduce(view, MEASURE, groups_of)
