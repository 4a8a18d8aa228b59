"""Help: what the words and figures of the screens mean, each with an example to play with."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from mastery_core.charts.help import fading, practice_steps
from mastery_core.charts.kinds import KIND_WORDS
from mastery_core.decay import SECONDS_A_DAY, days_until_below, half_life_days, retained
from mastery_core.insights import learning_velocity
from mastery_core.model import Outcome
from mastery_core.recording import USUAL_RULES, scores_after
from mastery_core.standing import ENOUGH_OBSERVATIONS, bands
from mastery_core.streaks import current_streak, longest_streak
from mastery_core.trend import trends
from mastery_core.what_if import right_answers_to_reach
from pages import chart, signed_in, words
from pages.links import as_label
from pages.student.explained import help as explained
from pages.student.tables import help as tables

MOST_STEPS = 30
LONGEST_PAUSE = 60
STREAK_DAYS = 14
FIRST_STEPS = (Outcome.CORRECT, Outcome.CORRECT, Outcome.INCORRECT)
COLUMNS = (3, 2)

# Who, and the rules that hold for them. A researcher reads nobody's scores, not even as an example.

person = signed_in.person()
learns = person.role != "researcher"
rules = signed_in.rules() if learns else USUAL_RULES
now = datetime.now(UTC)
example = None
if learns and person.last_activity is not None:
    masteries = signed_in.mastery_service().get_user_mastery(person.id, at=now).values()
    known = [mastery for mastery in masteries if mastery.observations >= ENOUGH_OBSERVATIONS]
    example = max(known, key=lambda mastery: (mastery.last_assessed_at or now, mastery.concept_tag), default=None)


def add(outcome: Outcome | None) -> None:
    """Go on with the example; without an outcome, from the start."""
    st.session_state.help_outcomes = [] if outcome is None else [*st.session_state.help_outcomes, outcome]


st.title("Help", anchor=False)
st.markdown(" · ".join(f"[{name}](#{anchor})" for anchor, name in explained.TERMS.items()))

# Mastery and what it is made of

st.subheader(explained.TERMS["mastery"], anchor="mastery", divider="gray")
st.markdown(explained.mastery(rules))
outcomes = st.session_state.setdefault("help_outcomes", list(FIRST_STEPS))
with st.container(horizontal=True, gap="small"):
    for outcome, kind in explained.OUTCOME_KINDS.items():
        st.button(
            KIND_WORDS[kind].capitalize(), on_click=add, args=(outcome,), key=f"help_{outcome}",
            disabled=len(outcomes) >= MOST_STEPS,
        )  # fmt: skip
    st.button("Start over", on_click=add, args=(None,), key="help_again", icon=":material/replay:", type="tertiary")
kinds, worths = [explained.OUTCOME_KINDS[each] for each in outcomes], [rules.deltas[each] for each in outcomes]
scores = scores_after(rules.initial_score, worths)
left, right = st.columns(COLUMNS, gap="large")
with left:
    chart.show(
        practice_steps(scores, kinds, rules), key="help_steps",
        alt=f"A score from {words.percent(scores[0])} through {words.count(len(kinds), 'step')} to {words.percent(scores[-1])}",
    )  # fmt: skip
right.text(explained.reckoned(scores, worths))
steps = st.expander("The steps as a table", icon=":material/table:", key="help_step_table", on_change="rerun")
if steps.open:
    steps.dataframe(
        tables.step_table(scores, kinds, worths), column_config=tables.step_columns(), hide_index=True,
        placeholder="", alt="Each step of the example, what it is worth, and the score after it",
    )  # fmt: skip

st.subheader(explained.TERMS["observations"], anchor="observations", divider="gray")
st.markdown(explained.OBSERVATIONS)

st.subheader(explained.TERMS["not-enough-data"], anchor="not-enough-data", divider="gray")
left, right = st.columns(COLUMNS, gap="large")
left.markdown(explained.not_enough(rules))
with right:
    with st.container(horizontal=True):
        seen = st.number_input("Observations", 0, 10, 2, key="help_observations")
        level = st.number_input("Score (%)", 0, 100, 62, key="help_level") / 100
    [band] = bands([level], [seen], weak=rules.weak_below, mastered=rules.mastered_from)
    st.metric("Then the concept is", explained.band_name(band), help=explained.band(band, level, seen, rules))

# What time does

st.subheader(explained.TERMS["forgetting"], anchor="forgetting", divider="gray")
st.markdown(explained.forgetting(rules))
if example is not None:
    pause = (now - (example.last_assessed_at or now)).total_seconds() / SECONDS_A_DAY
    st.markdown(f"Take **{as_label(example.concept_tag)}**: {explained.own(example, pause, rules)}")
left, right = st.columns(COLUMNS, gap="large")
with right:
    with st.container(horizontal=True):
        then = st.number_input("Score then (%)", 0, 100, 80, 5, key="help_score") / 100
        days = st.number_input("Days since", 0, LONGEST_PAUSE, 10, key="help_days")
    remaining = float(retained(then, rules.decay_factor, days, period_days=rules.decay_period_days))
    lasts = float(days_until_below(rules.weak_below, then, rules.decay_factor, period_days=rules.decay_period_days))
    st.metric("Score now", words.percent(remaining), help=explained.faded(then, days, remaining, rules))
    st.caption(explained.below_after(lasts, rules.weak_below))
with left:
    chart.show(
        fading(then, days, LONGEST_PAUSE, rules), key="help_fading",
        alt=f"A score of {words.percent(then)} fades to {words.percent(remaining)} in {words.count(days, 'day')}",
    )  # fmt: skip
curve = st.expander("The curve as a table", icon=":material/table:", key="help_fading_table", on_change="rerun")
if curve.open:
    curve.dataframe(
        tables.fading_table(then, LONGEST_PAUSE, rules), column_config=tables.fading_columns(), hide_index=True,
        alt="What is left of the score, every five days",
    )  # fmt: skip

st.subheader(explained.TERMS["half-life"], anchor="half-life", divider="gray")
st.markdown(explained.half_life(rules, half_life_days(rules.decay_factor, period_days=rules.decay_period_days)))

# Where practice leads

st.subheader(explained.TERMS["trend"], anchor="trend", divider="gray")
left, right = st.columns(COLUMNS, gap="large")
left.markdown(explained.trend())
with right, st.container(horizontal=True):
    answered = st.number_input("Right answers", 0, 50, 2, key="help_right")
    missed = st.number_input("Wrong answers", 0, 50, 1, key="help_wrong")
moved = answered * rules.deltas[Outcome.CORRECT] + missed * rules.deltas[Outcome.INCORRECT]
[found] = trends([moved], [answered + missed])
right.metric("Trend", words.TRENDS[found], help=explained.trend_example(answered, missed, moved, rules))

st.subheader(explained.TERMS["velocity"], anchor="velocity", divider="gray")
left, right = st.columns(COLUMNS, gap="large")
left.markdown(explained.VELOCITY)
with right, st.container(horizontal=True):
    won = st.number_input("Points won and lost", -1000, 1000, 60, key="help_points") / 100
    over = st.number_input("Days of the range", 1, 365, 30, key="help_range")
velocity = learning_velocity(won, over)
right.metric(
    "Learning velocity", f"{words.points(velocity, 1)} a day", help=explained.velocity_example(won, over, velocity)
)

st.subheader(explained.TERMS["sessions"], anchor="sessions", divider="gray")
st.markdown(explained.SESSIONS)

st.subheader(explained.TERMS["streaks"], anchor="streaks", divider="gray")
st.markdown(explained.STREAKS)
practised = st.pills(
    f"Days with practice, of the last {STREAK_DAYS}", list(range(1, STREAK_DAYS + 1)), selection_mode="multi",
    default=[4, 5, 6, 7, 10, 12, 13], format_func=lambda day: "today" if day == STREAK_DAYS else f"day {day}",
    key="help_streak",
)  # fmt: skip
today = now.date()
first_day = today - timedelta(days=STREAK_DAYS - 1)
on_days = [first_day + timedelta(days=day - 1) for day in practised]
current, longest = current_streak(on_days, today), longest_streak(on_days, today)
with st.container(horizontal=True):
    st.metric(
        "Current streak", words.count(current.days if current else 0, "day"), width="content",
        help=explained.streak_example(current, first_day),
    )  # fmt: skip
    st.metric(
        "Longest streak", words.count(longest.days if longest else 0, "day"), width="content",
        help=explained.streak_example(longest, first_day),
    )  # fmt: skip

st.subheader(explained.TERMS["review-plan"], anchor="review-plan", divider="gray")
needed = right_answers_to_reach(rules.weak_below, 0.35, worth=rules.deltas[Outcome.CORRECT])
st.markdown(explained.review_plan(rules, needed))

# Others, and time

st.subheader(explained.TERMS["middle-half"], anchor="middle-half", divider="gray")
st.markdown(explained.MIDDLE_HALF)

st.subheader(explained.TERMS["range"], anchor="range", divider="gray")
st.markdown(explained.RANGE)
