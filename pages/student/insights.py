"""Insights: how fast a student learns, when they practise, and what they keep over time."""

from datetime import timedelta
from functools import partial

import streamlit as st

from mastery_core.charts.gaps import gaps
from mastery_core.charts.palette import BAND_GLYPHS
from mastery_core.charts.rhythm import rhythm
from mastery_core.charts.velocity import velocity
from mastery_core.gaps import EDGES_DAYS, answers_missing, comparison, right_answer_rates
from mastery_core.rhythm import by_weekday_and_hour, habit
from mastery_core.standing import ENOUGH_OBSERVATIONS, bands
from mastery_core.streaks import current_streak, longest_streak, practice_days
from mastery_core.velocity import UNIT_DAYS, by_stretch, unit_of, velocity_when_practised
from pages import chart, links, words
from pages.student import view
from pages.student.explained import insights as explained
from pages.student.tables import insights as tables

DAYS_OF_A_STREAK = 365

shown = view.open_screen("Insights")
person, service, zone = shown.person.id, shown.service, shown.zone

# Load

with st.skeleton(height=400):
    masteries = service.get_user_mastery(person, at=shown.moment)
    now, *earlier = service.get_period_insights(
        person, masteries, shown.days, 2 if shown.bounded else 1, at=shown.moment, zone=zone.key
    )
    hours = service.get_practice_hours(person, shown.days, zone.key, at=shown.moment)
    # As long as a streak may be, as of now and as of a period before.
    back = DAYS_OF_A_STREAK + (shown.days if shown.bounded else 0)
    long = hours if shown.days >= back else service.get_practice_hours(person, back, zone.key, at=shown.moment)
    rates = right_answer_rates(service.get_answers_by_gap(person, EDGES_DAYS, shown.days, at=shown.moment))

before = earlier[0] if earlier else None
first_day = (shown.moment - timedelta(days=shown.days)).astimezone(zone).date()
practised = practice_days(long["hour"])
any_practice = now.total_interactions > 0

# Figures, each against the period before

against = explained.why_not_compared(before)
counted = partial(explained.change, why_none=against, shown=explained.whole)
in_points = partial(explained.change, shown=partial(words.points, digits=1))
in_whole_points = partial(explained.change, shown=words.points)
why_no_velocity = against if any_practice else explained.NO_PRACTICE
on_days = [velocity_when_practised(each.practice_delta, each.days_practiced) for each in (now, *earlier)]
rate, rate_before = explained.rate(now), explained.rate(before)

then = shown.day - timedelta(days=shown.days if shown.bounded else 0)
streak, streak_before = current_streak(practised, shown.day), current_streak(practised, then)
longest, longest_before = longest_streak(practised, shown.day), longest_streak(practised, then)
began_by_then = shown.person.first_activity is not None and shown.person.first_activity.astimezone(zone).date() <= then
why_no_streak = against if not shown.bounded else None if began_by_then else explained.NO_PRACTICE_BEFORE
in_days = partial(explained.change, why_none=why_no_streak, shown=explained.whole)

with st.grid(4, min_column_width=150):
    st.metric(
        "Velocity per day", words.points(now.learning_velocity, 1) if any_practice else words.NONE,
        **in_points(now.learning_velocity, before and before.learning_velocity, why_no_velocity),
        border=True, height="stretch", help=explained.velocity(now, before),
    )  # fmt: skip
    st.metric(
        "Per day practised", words.points(on_days[0], 1) if any_practice else words.NONE,
        **in_points(on_days[0], on_days[-1], why_no_velocity),
        border=True, height="stretch", help=explained.velocity_on_days_practised(now, before),
    )  # fmt: skip
    st.metric(
        "Right answers", words.NONE if rate is None else words.percent(rate),
        **in_whole_points(rate, rate_before, explained.why_no_rate(now, before)),
        border=True, height="stretch", help=explained.right_answers(now, before),
    )  # fmt: skip
    st.metric(
        "Observations", f"{now.total_interactions:,}",
        **counted(now.total_interactions, before and before.total_interactions),
        border=True, height="stretch", help=explained.observations(now, before),
    )  # fmt: skip
    st.metric(
        "Days practised", f"{now.days_practiced:,}", **counted(now.days_practiced, before and before.days_practiced),
        border=True, height="stretch", help=explained.days_practised(now, before, first_day, shown.day),
    )  # fmt: skip
    st.metric(
        "Concepts practised", f"{now.concepts_practiced:,}",
        **counted(now.concepts_practiced, before and before.concepts_practiced),
        border=True, height="stretch", help=explained.concepts(now, before),
    )  # fmt: skip
    st.metric(
        "Current streak", words.count(streak.days if streak else 0, "day"),
        **in_days(streak.days if streak else 0, streak_before.days if streak_before else 0),
        border=True, height="stretch",
        help=explained.current_streak(streak, streak_before, shown.days, bounded=shown.bounded),
    )  # fmt: skip
    st.metric(
        "Longest streak", words.count(longest.days if longest else 0, "day"),
        **in_days(longest.days if longest else 0, longest_before.days if longest_before else 0),
        border=True, height="stretch",
        help=explained.longest_streak(longest, longest_before, shown.days, bounded=shown.bounded),
    )  # fmt: skip
is_today = shown.day == shown.now.astimezone(zone).date()
st.caption(
    f"{explained.streak_sentence(streak, shown.day, is_today=is_today)} {explained.answers_sentence(now)} "
    f"{explained.VELOCITY_UNIT}"
)

# Velocity over time

unit = unit_of(shown.days)
st.subheader(f"What practice won and lost, {explained.BY_UNIT[unit]}", anchor=False)
if any_practice:
    stretches = by_stretch(hours, first_day, shown.day, unit)
    level = before.learning_velocity * UNIT_DAYS[unit] if before and before.total_interactions else None
    chart.show(
        velocity(stretches, unit, before=level),
        key="insights_velocity", alt=explained.stretches_alt(stretches, unit, level),
    )  # fmt: skip
    numbers = st.expander(
        "The numbers behind the bars", icon=":material/table:", key="insights_bars", on_change="rerun"
    )
    if numbers.open:
        numbers.dataframe(
            tables.stretch_table(stretches, unit), column_config=tables.stretch_columns(unit), hide_index=True, placeholder="",
            alt=f"Points won and lost {explained.BY_UNIT[unit]}, newest first",
        )  # fmt: skip
else:
    st.markdown(explained.nothing_in_range(bounded=shown.bounded))

# Strongest and weakest

for side, title, concepts, none in zip(
    st.columns(2, gap="large"), ("Strongest now", "Weakest now"), (now.strongest_concepts, now.weakest_concepts),
    explained.NO_CONCEPTS, strict=True,
):  # fmt: skip
    with side:
        st.subheader(title, anchor=False)
        for concept, score in concepts:
            [band] = bands(
                [score], [ENOUGH_OBSERVATIONS], weak=shown.rules.weak_below, mastered=shown.rules.mastered_from
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.text(f"{BAND_GLYPHS[band]} {words.percent(score)}", width=64)
                with (
                    st.container()
                ):  # what is left beside the score: a long name ends there, and not on a line of its own
                    links.concept_link(concept)
        if not concepts:
            st.caption(none)

# When, and how much is kept: in the range that is asked for

if any_practice:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("When you practise", anchor=False)
        counts = by_weekday_and_hour(hours)
        usual = habit(counts)
        st.markdown(explained.habit_sentence(usual, now.total_interactions))
        chart.show(rhythm(counts), key="insights_rhythm", alt=explained.habit_alt(usual, now.total_interactions))
        numbers = st.expander("The numbers by hour", icon=":material/table:", key="insights_hours", on_change="rerun")
        if numbers.open:
            numbers.dataframe(
                tables.hour_table(counts), column_config=tables.hour_columns(), hide_index=True,
                alt="Observations by hour of the day and weekday",
            )  # fmt: skip
    with right:
        st.subheader("What you keep over time", anchor=False)
        compared = comparison(rates)
        if compared is None:
            st.markdown(explained.gaps_missing(answers_missing(rates["graded"]), bounded=shown.bounded))
        else:
            st.markdown(explained.gap_sentence(compared))
            chart.show(gaps(rates), key="insights_gap", alt=explained.gaps_alt(rates))
        numbers = st.expander(
            "The numbers by time since last practice", icon=":material/table:", key="insights_gaps", on_change="rerun"
        )
        if numbers.open:
            numbers.dataframe(
                tables.gap_table(rates), column_config=tables.gap_columns(), hide_index=True, placeholder="",
                alt="Right answers by the time since a concept was practised before",
            )  # fmt: skip
