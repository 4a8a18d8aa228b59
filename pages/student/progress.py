"""Progress: where a student stands, what they are forgetting, and what to review next."""

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.charts.palette import COLOURS, slots
from mastery_core.charts.progress import progress_curves
from mastery_core.charts.sparkline import HEIGHT, sparkline
from mastery_core.charts.standing import ROWS_A_PAGE, in_order, page_count, standing
from mastery_core.concept import concept_id
from mastery_core.standing import ENOUGH_OBSERVATIONS, mean_mastery
from pages import address, chart, links, words
from pages.student.explained import progress as explained
from pages.student.review import reviews
from pages.student.tables import progress as tables
from pages.student.view import open_screen

SUGGESTED = 5
MOST_CURVES = len(COLOURS)
MOST_REVIEWS = 8
OPTION_COLUMNS = 60
LOADING_HEIGHT = 480

# Whose, since when, until when

view = open_screen("Progress")
person, service, zone, moment, days = view.person, view.service, view.zone, view.moment, view.days
weak, mastered = view.rules.weak_below, view.rules.mastered_from

# Load

with st.skeleton(height=LOADING_HEIGHT):
    masteries = service.get_user_mastery(person.id, at=moment)
    periods = 2 if view.bounded else 1
    insights, *before = service.get_period_insights(person.id, masteries, days, periods, at=moment, zone=zone.key)
    earlier = before[0] if before else None
    daily = service.get_daily_mastery(person.id, days, at=moment)

known = [mastery for mastery in masteries.values() if mastery.observations >= ENOUGH_OBSERVATIONS]
apart = len(masteries) - len(known)
scores = [mastery.mastery_score for mastery in known]

# Five figures

mean = mean_mastery(scores, [mastery.observations for mastery in known])
measured = daily.dropna()
practised = insights.total_interactions > 0
first, others = st.columns([1, 2], gap="small")
with first, st.container(border=True, height="stretch"):
    st.metric(
        "Mean mastery", words.percent(mean) if known else words.NONE,
        words.points(measured.iloc[-1] - measured.iloc[0]) if len(measured) > 1 else None, delta_color="blue",
        delta_description="points in this range" if len(measured) > 1 else explained.no_change(known),
        help=explained.mean(known, apart),
    )  # fmt: skip
    if len(measured) > 1:
        chart.show(
            sparkline(measured), key="mean", height=HEIGHT,
            alt=f"Mean mastery by day, from {words.percent(measured.iloc[0])} to {words.percent(measured.iloc[-1])}",
        )  # fmt: skip
    st.caption(explained.counted(len(known), apart))
with others, st.grid(2, min_column_width=140):
    st.metric(
        "Mastered", f"{sum(score >= mastered for score in scores)} of {len(known)}" if known else words.NONE,
        delta_description=f"at {words.percent(mastered)} or more" if known else "not enough data yet",
        border=True, height="stretch", help=explained.mastered(known, apart, mastered),
    )  # fmt: skip
    st.metric(
        "Needing review", f"{sum(score < weak for score in scores)} of {len(known)}" if known else words.NONE,
        delta_description=f"below {words.percent(weak)}" if known else "not enough data yet",
        border=True, height="stretch", help=explained.needing_review(known, apart, weak),
    )  # fmt: skip
    compared = practised and earlier is not None and earlier.total_interactions > 0
    st.metric(
        "Learning velocity", f"{words.points(insights.learning_velocity, 1)} a day" if practised else words.NONE,
        words.points(insights.learning_velocity - earlier.learning_velocity, 1) if compared else None, delta_color="blue",
        delta_description="vs before" if compared else "points" if practised else "no practice in this range",
        border=True, height="stretch", help=explained.velocity(insights, earlier),
    )  # fmt: skip
    st.metric(
        "Days practised", insights.days_practiced,
        delta_description=words.count(insights.total_interactions, "observation"),
        border=True, height="stretch", help=explained.practised(insights, moment, zone),
    )  # fmt: skip

# Progress curves

st.subheader("How your mastery moved", anchor=False)
by_id = {concept_id(concept): concept for concept in sorted(masteries, key=str.casefold)}
latest = sorted(masteries.values(), key=lambda m: (m.last_assessed_at or moment, m.observations), reverse=True)
suggested = [concept_id(mastery.concept_tag) for mastery in latest[:SUGGESTED]]
chosen = address.asked("drawn", by_id)[:MOST_CURVES] or suggested
st.multiselect(
    "Concepts", list(by_id), **address.held("drawn", chosen), max_selections=MOST_CURVES, select_all=False,
    format_func=dict(zip(by_id, shortened(list(by_id.values()), OPTION_COLUMNS), strict=True)).__getitem__,
    help=f"Up to {MOST_CURVES} at once. Empty it to see the {SUGGESTED} you practised last.",
)  # fmt: skip
names = [by_id[each] for each in chosen]
with st.skeleton(height=LOADING_HEIGHT):
    curves = service.get_mastery_curves(person.id, names, days, at=moment)
chart.show(
    progress_curves(curves, as_of=moment.timestamp(), zone=zone.key, weak=weak, looks=slots(names, list(masteries))),
    key="curves",
    zooms=True,
    alt="Mastery over time, up at each practice and fading between. "
    + " ".join(f"{curve.concept_tag}: {words.percent(curve.score[-1])} now." for curve in curves),
)
numbers = st.expander("The numbers behind the curves", icon=":material/table:", key="numbers", on_change="rerun")
if numbers.open:
    numbers.dataframe(
        tables.curve_table(curves, zone), column_config=tables.curve_columns(zone), hide_index=True, placeholder="",
        alt="The practice steps that the curves are drawn from, newest first",
    )  # fmt: skip

# Where you stand, and what to review

left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Where you stand", anchor=False)
    st.markdown(tables.band_legend(weak))
    drawn = st.container()
    pages = page_count(len(masteries))
    page = address.number("page", 1, pages, 1) or 1
    if pages > 1:
        st.pagination(pages, **address.held("page", page, 1))
    with drawn:
        chosen_bars = chart.show(
            standing(list(masteries.values()), page=page, weak=weak, mastered=mastered), key="standing", on_select="rerun",
            alt=f"Mastery of {words.count(len(masteries), 'concept')}, weakest first; the table below has the numbers",
        ).selection.points  # fmt: skip
    if chosen_bars:
        row = chosen_bars[0]["point_index"] + (page - 1) * ROWS_A_PAGE
        links.open_concept(in_order(masteries.values())[row].concept_tag)
with right:
    st.subheader("What to review next", anchor=False)
    todo = reviews(masteries.values(), moment, zone, weak)
    if known and not any(review.below for review in todo):
        st.success(f"Nothing is below {words.percent(weak)}. Well done!", icon=":material/celebration:")
    for review in todo[:MOST_REVIEWS]:
        with st.container(gap=None):
            links.concept_link(review.concept)
            st.caption(f":material/{'replay' if review.below else 'schedule'}: {review.why}")
    if not known:
        st.markdown(f"Nothing yet. A concept appears here from {ENOUGH_OBSERVATIONS} observations on.")
    if len(todo) > MOST_REVIEWS:
        st.caption(f"And {len(todo) - MOST_REVIEWS} more in the table below.")

st.subheader("Every concept", anchor=False)
table = tables.standing_table(list(masteries.values()), zone, weak, mastered)
st.dataframe(
    table, column_config=tables.standing_columns(weak, mastered), hide_index=True, placeholder="", key="every_concept",
    alt="Every concept with its mastery, trend and dates, weakest first",
)  # fmt: skip
if name := links.chosen_from(tables.OPENS, table["concept"]):
    links.open_concept(name)
