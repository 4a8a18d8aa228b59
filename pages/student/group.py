"""My group: own mastery beside the middle half of the group's, for those who want to see it. Nobody sees names."""

import streamlit as st

from mastery_core.charts.group import ROWS_A_PAGE, beside_group, page_count
from mastery_core.charts.names import shortened
from mastery_core.placing import Place, beside, whole_day_end
from pages import address, chart, links, signed_in, words
from pages.student.explained import group as explained
from pages.student.tables import group as tables
from pages.student.view import open_screen

COHORT_COLUMNS = 60


def keep_choice() -> None:
    """The choice is kept in the profile, and asked for there."""
    own = signed_in.person()
    signed_in.save_profile(
        display_name=own.display_name, time_zone=own.time_zone, weak_below=own.weak_below,
        mastered_from=own.mastered_from, compares=st.session_state.group_shown,
    )  # fmt: skip


view = open_screen("My group", ranged=False, owners_alone=True)
person, service, rules = view.person, view.service, view.rules

# Whether to see it at all

st.markdown(explained.WHAT_IT_SHOWS)
st.session_state.group_shown = person.compares
st.toggle("Show me beside my group", key="group_shown", on_change=keep_choice, help=explained.KEPT)
if not person.compares:
    st.caption(explained.OFF)
    st.stop()

# Which group

with st.skeleton(height=500):
    group = service.get_group(person.id, at=view.moment)
    cohorts = {cohort.id: cohort for cohort in group.cohorts}
    asked = next(iter(address.asked("group", cohorts)), group.cohort_id)
    if asked != group.cohort_id:
        group = service.get_group(person.id, asked, at=view.moment)
    then = whole_day_end(view.moment, view.now)
    masteries = service.get_user_mastery(person.id, at=then)
if group.cohort_id is None:
    st.subheader("No group of five yet", anchor=False)
    st.markdown(explained.NO_GROUP)
    st.stop()
labels = dict(zip(cohorts, shortened([cohort.name for cohort in group.cohorts], COHORT_COLUMNS), strict=True))
if len(cohorts) > 1:
    st.selectbox(
        "Group", list(cohorts), format_func=labels.__getitem__, width=360, **address.held("group", group.cohort_id)
    )
else:
    st.text(labels[group.cohort_id])
learners = cohorts[group.cohort_id].learners

rows = beside(masteries, group.concepts)
elsewhere = len(masteries.keys() - set(rows["concept"]))
if rows.empty:
    st.subheader("Nothing to compare yet", anchor=False)
    st.markdown(explained.nothing_shared(learners, elsewhere, then))
    st.stop()

# Three figures

counts = {place: int((rows["place"] == place).sum()) for place in Place}
placed = len(rows) - counts[Place.UNKNOWN]
st.subheader("Beside the middle half", anchor=False)
with st.grid(3, min_column_width=150):
    for place, label in explained.LABELS.items():
        st.metric(
            label, f"{counts[place]} of {placed}" if placed else words.NONE,
            delta_description=explained.KIND_WORDS[place] if placed else "not enough data yet",
            border=True, height="stretch", help=explained.placed(place, rows),
        )  # fmt: skip
st.caption(explained.counted(rows, learners, elsewhere, then))

# Concept by concept

shown = rows[rows["observations"] > 0]
st.subheader("Concept by concept", anchor=False)
if shown.empty:
    st.markdown("You have not begun any of the concepts of your group yet. The table below names them.")
else:
    st.markdown(tables.legend(rules.weak_below))
    drawn = st.container()
    pages = page_count(len(shown))
    page = address.number("group_page", 1, pages, 1) or 1
    if pages > 1:
        st.pagination(pages, **address.held("group_page", page, 1))
    with drawn:
        clicked = chart.show(
            beside_group(shown, page=page, weak=rules.weak_below, mastered=rules.mastered_from), key="group_chart",
            on_select="rerun", alt=explained.chart_alt(rows, learners),
        ).selection.points  # fmt: skip
    if clicked:
        links.open_concept(shown["concept"].iloc[clicked[0]["point_index"] + (page - 1) * ROWS_A_PAGE])
numbers = st.expander("The numbers behind it", icon=":material/table:", key="group_numbers", on_change="rerun")
if numbers.open:
    table = tables.group_table(rows, rules.weak_below, rules.mastered_from)
    numbers.dataframe(
        table, column_config=tables.group_columns(), hide_index=True, placeholder="", key="group_table",
        alt="Every concept of the group: your score, and the lower quartile, the middle and the upper quartile",
    )  # fmt: skip
    if name := links.chosen_from(tables.OPENS, table["concept"]):
        links.open_concept(name)
with st.expander("How the middle half is made", icon=":material/help:", key="group_how"):
    st.markdown(explained.how_it_is_made(rows, then))
