"""Compare: a cohort beside another one, or beside itself before a date, concept by concept, and how sure the difference is."""

from datetime import timedelta

import streamlit as st

from mastery_core.charts.comparison import differences
from mastery_core.charts.names import shortened
from mastery_core.charts.rows import ROWS_A_PAGE, page_count
from pages import address, chart, files, links, signed_in, words
from pages.clock import EARLIEST_DAY
from pages.instructor import kept
from pages.instructor.explained import compare as explained
from pages.instructor.explained.compare import Sides
from pages.instructor.tables import compare as tables
from pages.instructor.view import NOT_FOUND, labelled, open_cohort
from pages.student.view import RANGES, USUAL_RANGE

NAME_COLUMNS, HEADING_COLUMNS = 60, 28
USUAL_KIND = "cohort"
LOADING_HEIGHT = 480

# Which cohort, as of when

view = open_cohort("Compare", ranged=address.one_of("against", explained.KINDS, USUAL_KIND) == "before")
service, span, day = view.service, view.span, view.day

# With what

with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    kind = address.one_of("against", explained.KINDS, USUAL_KIND)
    st.segmented_control(
        "With", list(explained.KINDS), format_func=explained.KINDS.__getitem__, required=True, **address.held("against", kind, USUAL_KIND)
    )  # fmt: skip
    chooser = st.container(width="content")
if kind == "before":
    back = view.days if view.bounded else RANGES[USUAL_RANGE]
    usual_day = max(EARLIEST_DAY, day - timedelta(days=back or 1))
    before = address.day("before", EARLIEST_DAY, max(EARLIEST_DAY, day - timedelta(days=1)), usual_day)
    chooser.date_input(
        "As it stood on", min_value=EARLIEST_DAY, max_value=max(EARLIEST_DAY, day - timedelta(days=1)), width=150,
        format="YYYY-MM-DD", **address.held("before", before, usual_day), help="A day of UTC before the day shown.",
    )  # fmt: skip
    first, sides = (span.id, before), Sides(explained.day(before), explained.day(day), paired=True)
else:
    others = {each.id: each for each in service.get_cohorts() if each.id != span.id}
    if not others:
        st.subheader("No other cohort", anchor=False)
        st.markdown(explained.NO_OTHER)
        st.stop()
    usual = next(iter(others))
    asked = st.query_params.get("with", usual)
    asked = usual if asked == span.id else asked
    labels = labelled(others.values())
    chooser.selectbox(
        "Other cohort", list(others), format_func=labels.__getitem__, placeholder="Choose a cohort", width=420,
        **address.held("with", asked if asked in others else None, labels=labels),
    )  # fmt: skip
    if asked not in others:
        st.error(NOT_FOUND, icon=":material/link_off:")
        st.stop()
    first, sides = (asked, day), Sides(others[asked].name, span.name, paired=False)

# Load

with st.skeleton(height=LOADING_HEIGHT):
    rows, total, shared = kept.both(first, (span.id, day), signed_in.session_key(), service)
compared = rows[rows["compared"]]
short = shortened([sides.first, sides.second], NAME_COLUMNS)
said = Sides(*map(links.as_label, short), paired=sides.paired)  # as Markdown shows them
headings = shortened([sides.first, sides.second], HEADING_COLUMNS)

# Figures and the chart

if compared.empty:
    st.subheader("Nothing to compare yet", anchor=False)
    st.markdown(explained.nothing_compared(rows, sides))
else:
    st.subheader("Mean mastery of the concepts compared", anchor=False)
    with st.grid(4, min_column_width=150):
        for name, mean, number in zip(
            headings, (total.mean_first, total.mean_second), (total.learners_first, total.learners_second), strict=True
        ):
            st.metric(
                links.as_label(name), words.percent(mean), delta_description=explained.learners(number),
                border=True, height="stretch", help=explained.mean(mean, number, len(compared), paired=sides.paired),
            )  # fmt: skip
        st.metric(
            "Difference", f"{explained.signed(total.difference)} points", delta_description=explained.short_interval(total),
            border=True, height="stretch", help=explained.difference(total, shared, paired=sides.paired),
        )  # fmt: skip
        st.metric(
            "Concepts that differ", f"{int(compared['clear'].sum()):,} of {len(compared):,}",
            delta_description=explained.left_out(rows), border=True, height="stretch", help=explained.differing(compared),
        )  # fmt: skip
    st.markdown(explained.in_a_sentence(total, said))

    st.subheader("Concept by concept, the lowest difference first", anchor=False)
    st.markdown(explained.LEGEND.format(second=said.second))
    drawn = st.container()
    pages = page_count(len(compared))
    page = address.number("compare_page", 1, pages, 1) or 1
    if pages > 1:
        st.pagination(pages, **address.held("compare_page", page, 1))
    with drawn:
        clicked = chart.show(
            differences(compared, page=page, sides=(short[0], short[1])), key="comparison", on_select="rerun",
            alt=explained.alt(compared, sides),
        ).selection.points  # fmt: skip
    if clicked:
        links.open_cohort_concept(compared["concept"].iloc[clicked[0]["point_index"] + (page - 1) * ROWS_A_PAGE])

# Every concept

if rows.empty:
    st.stop()
st.subheader("Every concept", anchor=False)
st.dataframe(
    tables.comparison_table(rows), column_config=tables.comparison_columns(said), hide_index=True, placeholder="",
    key="every_concept_compared", alt="Every concept of either side: the difference, its interval, both means and how many learners they are of",
)  # fmt: skip
if concept := links.chosen_from(tables.OPENS, list(rows["concept"])):
    links.open_cohort_concept(concept)
beside = f"{first[1]:%Y-%m-%d}" if sides.paired else first[0][:8]
files.downloads(
    "These numbers", lambda: tables.comparison_file(rows, sides), f"compare-{span.id[:8]}-{beside}-{day:%Y-%m-%d}"
)
