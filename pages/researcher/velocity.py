"""Velocity: how much of a score practice gains learners, how that differs between them and between groups, and two cohorts compared."""

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.charts.rows import page_count
from mastery_core.charts.velocity_distribution import velocity_boxes
from mastery_core.errors import InvalidInput
from mastery_core.research.findings import VELOCITIES
from mastery_core.research.selection import Selection
from mastery_core.research.velocity import PERCENTILES, VelocityDifference
from mastery_core.research_service import ResearchService
from pages import address, chart, files, links, signed_in, words
from pages.researcher.explained import velocity as explained
from pages.researcher.view import figure_files, open_screen, reproduce, tables, told_apart

MEASURE = "velocity"
HEADING_COLUMNS, NAME_COLUMNS = 28, 60
LOADING_HEIGHT = 480
KEPT_SECONDS = 600


@st.cache_data(scope="session", ttl=KEPT_SECONDS, max_entries=8, show_spinner="Measuring …")
def difference(
    selection: Selection,
    one: str,
    other: str,
    kind: str,
    made_at: str,  # noqa: ARG001 - a key of the cache
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: ResearchService,
) -> VelocityDifference:
    """Two cohorts compared. The head of the screen has asked by then whether this is a researcher."""
    return _service.velocity_difference(selection, one, other, kind)


# What is looked at: which velocity, told apart by what

view = open_screen("Velocity")
with st.container(horizontal=True, gap="medium"):
    kind = address.one_of("velocity", explained.KINDS, explained.USUAL_KIND)
    st.segmented_control(
        "Points gained", list(explained.KINDS), format_func=explained.KINDS.__getitem__, required=True, help=explained.KIND_HELP,
        **address.held("velocity", kind, explained.USUAL_KIND),
    )  # fmt: skip
    by = told_apart("cohort", "concept", "week")
groups_of = () if by is None else (by,)
stem = f"velocity-{VELOCITIES[kind].replace(' ', '-')}"  # of the names of files

# Load

with st.skeleton(height=LOADING_HEIGHT):
    together = tables(view, MEASURE)["velocity"]
    found = tables(view, MEASURE, groups_of)["velocity"] if groups_of else together
total = together[together["velocity"] == VELOCITIES[kind]].iloc[0]
groups = found[found["velocity"] == VELOCITIES[kind]]

# Figures

st.markdown(explained.what(kind))
if total["withheld"]:
    st.info(explained.TOO_FEW, icon=":material/info:")
    reproduce(view, MEASURE, groups_of)
    st.stop()
with st.grid(4, min_column_width=150):
    st.metric(
        "Learners", f"{int(total['learners']):,}", delta_description=words.count(int(total["events"]), "observation"),
        border=True, height="stretch", help=explained.learners(total),
    )  # fmt: skip
    st.metric(
        "Median", explained.signed(total["p50"]), delta_description="points",
        border=True, height="stretch", help=explained.median(total, kind),
    )  # fmt: skip
    st.metric(
        "The middle half", explained.range_of(total["p25"], total["p75"]), delta_description="points",
        border=True, height="stretch", help=explained.middle_half(total, kind),
    )  # fmt: skip
    st.metric(
        "Mean", explained.signed(total["mean"]), delta_description=explained.spread(total),
        border=True, height="stretch", help=explained.mean(total, kind),
    )  # fmt: skip

# How it lies among learners

st.subheader("How it lies among learners", anchor=False)
told = explained.named(groups, by)
if told.empty:
    st.info(explained.ALL_WITHHELD, icon=":material/info:")
else:
    pages = page_count(len(told))
    page = address.number("velocity_page", 1, pages, 1) or 1
    figure = velocity_boxes(told, VELOCITIES[kind], page=page)
    chart.show(figure, key="velocity_boxes", alt=explained.alt(told, kind))
    if pages > 1:
        st.pagination(pages, **address.held("velocity_page", page, 1))
    st.markdown(explained.LEGEND)
    column = st.column_config
    st.dataframe(
        explained.table(told), hide_index=True, placeholder="", key="velocity_table",
        alt="Every group with its learners, observations, mean, standard deviation and percentiles",
        column_config={
            "group": column.TextColumn(explained.HEADINGS[by], width="medium", pinned=True),
            "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
            "events": column.NumberColumn("Observations", format="localized", help=explained.EVENTS),
            "mean": column.NumberColumn("Mean", format="%+.2f", help=explained.MEAN),
            "standard_deviation": column.NumberColumn("Standard deviation", format="%.2f", help=explained.SPREAD),
        } | {
            name: column.NumberColumn(explained.PERCENTILE_NAMES[name], format="%+.2f", help=explained.PERCENTILE[name])
            for name in PERCENTILES
        },
    )  # fmt: skip
    if few := explained.left_out(groups):
        st.caption(few)
    figure_files(view, figure, explained.table(told), "-".join([stem, *(f"by-{each}" for each in groups_of)]))

# Two cohorts

st.subheader("Two cohorts beside each other", anchor=False)
cohorts = explained.chosen(view.selection, [each.name for each in view.choices.cohorts])
if len(cohorts) < 2:
    st.info(explained.ONE_COHORT, icon=":material/info:")
else:
    st.markdown(explained.TWO_COHORTS)
    one = address.one_of("one", cohorts, cohorts[0])
    others = [name for name in cohorts if name != one]
    other = address.one_of("other", others, others[0])
    with st.container(horizontal=True, gap="medium"):
        st.selectbox("First cohort", cohorts, width=280, **address.held("one", one, cohorts[0], labels=cohorts))
        st.selectbox("Second cohort", others, width=280, **address.held("other", other, others[0], labels=others))
    try:
        compared = difference(
            view.selection, one, other, kind, view.manifest.made_at, signed_in.session_key(), view.service
        )
    except InvalidInput as error:  # the extract was brought up to date meanwhile
        st.info(links.as_label(str(error)), icon=":material/info:")
        st.stop()
    if not compared.compared:
        st.info(explained.NOT_COMPARED, icon=":material/info:")
    else:
        headings = [links.as_label(name) for name in shortened([one, other], HEADING_COLUMNS)]
        with st.grid(4, min_column_width=150):
            for heading, mean, number in zip(
                headings, (compared.mean_first, compared.mean_second), (compared.learners_first, compared.learners_second), strict=True
            ):  # fmt: skip
                st.metric(
                    heading, explained.signed(mean), delta_description=words.count(number, "learner"),
                    border=True, height="stretch", help=explained.mean_of(heading, mean, number, kind),
                )  # fmt: skip
            st.metric(
                "Difference", explained.signed(compared.difference), delta_description=explained.interval(compared),
                border=True, height="stretch", help=explained.difference(compared),
            )  # fmt: skip
            st.metric(
                "Hedges' g", explained.size(compared.hedges_g), delta_description=explained.in_words(compared),
                border=True, height="stretch", help=explained.effect(compared),
            )  # fmt: skip
        said = [links.as_label(name) for name in shortened([one, other], NAME_COLUMNS)]
        st.markdown(explained.in_a_sentence(compared, *said, kind))
        files.download(
            "This comparison as CSV", lambda: explained.compared(compared, one, other, kind), f"{stem}-compared-{view.made_at:%Y-%m-%d}.csv"
        )  # fmt: skip
        st.markdown(explained.PROGRAM)
        st.code(explained.program(view.selection, one, other, kind), language="python", wrap_lines=True)

st.caption(explained.METHOD)
reproduce(view, MEASURE, groups_of)
