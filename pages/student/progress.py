"""Progress: where a student stands, what they are forgetting, and what to review next."""

from datetime import UTC, date, datetime
from hashlib import sha256

import streamlit as st

from mastery_core.charts.figure import CONFIG
from mastery_core.charts.names import shortened
from mastery_core.charts.palette import COLOURS, slots
from mastery_core.charts.progress import progress_curves
from mastery_core.charts.sparkline import HEIGHT, sparkline
from mastery_core.charts.standing import page_count, standing
from mastery_core.errors import MasteryError
from mastery_core.standing import ENOUGH_OBSERVATIONS, MASTERED_FROM, WEAK_BELOW, mean_mastery
from pages import signed_in
from pages.student import clock, explained, tables, words
from pages.student.review import reviews

RANGES = {"7 days": 7, "30 days": 30, "90 days": 90, "Year": 365, "All": None}
SUGGESTED = 5
MOST_CURVES = len(COLOURS)
MOST_REVIEWS = 8
OPTION_COLUMNS, REVIEW_COLUMNS = 60, 90


def concept_id(concept: str) -> str:
    """How a concept is called in the URL: short and the same every time, but not its name."""
    return sha256(concept.encode()).hexdigest()[:10]


def remember_concepts() -> None:
    st.query_params["concept"] = st.session_state.concepts


# Who, and since when

person = signed_in.person()
service = signed_in.mastery_service()
now = datetime.now(UTC)
zone = clock.viewer_zone()

with st.container(gap=None):
    st.title("Progress", anchor=False)
    st.text(person.display_name)

last_activity = person.last_activity or now
if person.last_activity is None and not service.get_user_mastery(person.id):
    st.subheader("Your progress will grow here", anchor=False)
    st.markdown(
        "Nothing has been recorded for you yet. Answer a few questions in the tutor or course that is connected to "
        f"this dashboard: each answer counts at once, and from {ENOUGH_OBSERVATIONS} answers on a concept you will see "
        "how well you know it, how fast it fades, and when to come back to it."
    )
    st.button("Look again", icon=":material/refresh:")
    st.stop()

# Controls: one range and one moment for the whole screen

with st.container(horizontal=True, gap="medium"):
    range_name = st.segmented_control(
        "Range", list(RANGES), default="30 days", required=True, key="range", bind="query-params"
    )
    opening = clock.opening_day(last_activity, now, zone)
    day = st.date_input(
        "As of", opening, min_value=date(1970, 1, 2), max_value=now.astimezone(zone).date(),
        key="as_of", bind="query-params", width=150, format="YYYY-MM-DD",
    ) or opening  # fmt: skip
moment = clock.moment_of(day, last_activity, now, zone)
days = RANGES[range_name] or clock.days_since(person.first_activity, moment)

if clock.is_long_ago(last_activity, now) and day == opening:
    st.info(
        f"Nothing was practised in the last {clock.RECENT.days} days, so this shows how things stood after your last "
        f"practice, on {words.day_with_year(opening, zone)}.",
        icon=":material/history:",
    )

# Load

try:
    masteries = service.get_user_mastery(person.id, at=moment)
    periods = 2 if RANGES[range_name] else 1
    insights, *before = service.get_period_insights(person.id, masteries, days, periods, at=moment)
    earlier = before[0] if before else None
    daily = service.get_daily_mastery(person.id, days, at=moment)
    by_id = {concept_id(concept): concept for concept in sorted(masteries, key=str.casefold)}
    latest = sorted(masteries.values(), key=lambda m: (m.last_assessed_at or moment, m.observations), reverse=True)
    asked = [each for each in st.query_params.get_all("concept") if each in by_id][:MOST_CURVES]
    chosen = asked or [concept_id(mastery.concept_tag) for mastery in latest[:SUGGESTED]]
    curves = service.get_mastery_curves(person.id, [by_id[each] for each in chosen], days, at=moment)
except MasteryError as error:
    st.error(str(error))
    st.button("Try again", icon=":material/refresh:")
    st.stop()

if not masteries:
    st.subheader("Nothing yet at that time", anchor=False)
    first = person.first_activity or last_activity
    st.markdown(
        f"By {words.day_with_year(day, zone)} nothing had been practised. The first practice was on "
        f"**{words.day_with_year(first, zone)}**: choose that day or a later one."
    )
    st.stop()

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
        st.plotly_chart(
            sparkline(measured), config=CONFIG, key="mean", height=HEIGHT,
            alt=f"Mean mastery by day, from {words.percent(measured.iloc[0])} to {words.percent(measured.iloc[-1])}",
        )  # fmt: skip
    st.caption(explained.counted(len(known), apart))
with others, st.grid(2, min_column_width=140):
    st.metric(
        "Mastered", f"{sum(score >= MASTERED_FROM for score in scores)} of {len(known)}" if known else words.NONE,
        delta_description=f"at {words.percent(MASTERED_FROM)} or more" if known else "not enough data yet",
        border=True, height="stretch", help=explained.mastered(known, apart),
    )  # fmt: skip
    st.metric(
        "Needing review", f"{sum(score < WEAK_BELOW for score in scores)} of {len(known)}" if known else words.NONE,
        delta_description=f"below {words.percent(WEAK_BELOW)}" if known else "not enough data yet",
        border=True, height="stretch", help=explained.needing_review(known, apart),
    )  # fmt: skip
    compared = practised and earlier is not None and earlier.total_interactions > 0
    st.metric(
        "Learning velocity", f"{words.points(insights.learning_velocity, 1)} a day" if practised else words.NONE,
        words.points(insights.learning_velocity - earlier.learning_velocity, 1) if compared else None,
        delta_description="points vs before" if compared else "points" if practised else "no practice in this range",
        border=True, height="stretch", help=explained.velocity(insights, earlier),
    )  # fmt: skip
    st.metric(
        "Days practised", insights.days_practiced,
        delta_description=words.count(insights.total_interactions, "observation"),
        border=True, height="stretch", help=explained.practised(insights, moment),
    )  # fmt: skip

# Progress curves

st.subheader("How your mastery moved", anchor=False)
st.session_state.concepts = chosen
st.multiselect(
    "Concepts", list(by_id), key="concepts", on_change=remember_concepts, max_selections=MOST_CURVES, select_all=False,
    format_func=dict(zip(by_id, shortened(list(by_id.values()), OPTION_COLUMNS), strict=True)).__getitem__,
    help=f"Up to {MOST_CURVES} at once. Empty it to see the {SUGGESTED} you practised last.",
)  # fmt: skip
st.plotly_chart(
    progress_curves(
        curves, as_of=moment.timestamp(), zone=zone.key, looks=slots([by_id[each] for each in chosen], list(masteries))
    ),
    config=CONFIG,
    key="curves",
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
    st.markdown(tables.BAND_LEGEND)
    chart = st.container()
    pages = page_count(len(masteries))
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    chart.plotly_chart(
        standing(list(masteries.values()), page=page), config=CONFIG, key="standing",
        alt=f"Mastery of {words.count(len(masteries), 'concept')}, weakest first; the table below has the numbers",
    )  # fmt: skip
with right:
    st.subheader("What to review next", anchor=False)
    todo = reviews(masteries.values(), moment, zone)
    if known and not any(review.below for review in todo):
        st.success(f"Nothing is below {words.percent(WEAK_BELOW)}. Well done!", icon=":material/celebration:")
    for review, name in zip(
        todo[:MOST_REVIEWS], shortened([review.concept for review in todo[:MOST_REVIEWS]], REVIEW_COLUMNS), strict=True
    ):
        with st.container(gap=None):
            st.text(name)
            st.caption(f":material/{'replay' if review.below else 'schedule'}: {review.why}")
    if not known:
        st.markdown(f"Nothing yet. A concept appears here from {ENOUGH_OBSERVATIONS} observations on.")
    if len(todo) > MOST_REVIEWS:
        st.caption(f"And {len(todo) - MOST_REVIEWS} more in the table below.")

st.subheader("Every concept", anchor=False)
st.dataframe(
    tables.standing_table(list(masteries.values()), zone), column_config=tables.standing_columns(), hide_index=True,
    placeholder="", alt="Every concept with its mastery, trend and dates, weakest first",
)  # fmt: skip
