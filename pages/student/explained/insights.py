"""What each figure of the Insights screen means: its formula, with the learner's own numbers in it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from mastery_core.charts.velocity import span_name
from mastery_core.gaps import ENOUGH_ANSWERS, Comparison
from mastery_core.model import LearningInsights
from mastery_core.rhythm import ENOUGH_FOR_A_HABIT, WEEKDAYS, Habit
from mastery_core.standing import ENOUGH_OBSERVATIONS
from mastery_core.streaks import Streak
from mastery_core.velocity import velocity_when_practised
from pages.words import NONE, count, percent, points

NO_PRACTICE = "none in this range"
NO_PRACTICE_BEFORE = "no practice before"
NO_EARLIER_PERIOD = "no earlier period"
FEW_ANSWERS = "not enough answers"
BY_UNIT = {"day": "day by day", "week": "week by week", "month": "month by month"}
NO_CONCEPTS = (
    f"None yet: a concept counts from {ENOUGH_OBSERVATIONS} observations on.",
    f"Nothing else has {ENOUGH_OBSERVATIONS} observations yet.",
)
WEIGHT = "A concept that goes from 0% to 100% is 100 points."
VELOCITY_UNIT = f"Velocity is in points: {WEIGHT[0].lower()}{WEIGHT[1:]}"

Insights = LearningInsights
Before = LearningInsights | None
Change = dict[str, Any]


# Changes: a figure against the period of equal length before


def change(now: float | None, before: float | None, why_none: str | None, shown: Callable[[float], str]) -> Change:
    """How a metric changed, as ``st.metric`` takes it; or why there is no saying."""
    if why_none or now is None or before is None:
        return {"delta": None, "delta_description": why_none or NO_PRACTICE_BEFORE}
    text = shown(now - before)
    # Streamlit puts an arrow beside every text, "0.0" too, but none beside the number 0.
    return {
        "delta": text if text.strip("+-0.") else 0,
        "delta_description": "vs before",
        "delta_color": "blue",
    }


def why_not_compared(before: Before) -> str | None:
    """Why nothing can be compared between the periods; None where it can."""
    if before is None:
        return NO_EARLIER_PERIOD
    return None if before.total_interactions else NO_PRACTICE_BEFORE


def rate(insights: Before) -> float | None:
    """Right answers as a share of all, where there are enough to say."""
    if insights is None or insights.graded_answers < ENOUGH_OBSERVATIONS:
        return None
    return insights.right_answers / insights.graded_answers


def why_no_rate(now: Insights, before: Before) -> str | None:
    if rate(now) is None:
        return FEW_ANSWERS
    return why_not_compared(before) or (None if rate(before) is not None else f"{FEW_ANSWERS} before")


def whole(number: float) -> str:
    return f"{number:+,.0f}"


# Figures


def velocity(now: Insights, before: Before) -> str:
    days = count(round(now.days_analyzed), "day")
    return _with_before(
        f"What practice won and lost over all concepts, divided by all days of the range. {WEIGHT}\n\n"
        f"{points(now.practice_delta, 1)} points ÷ {days} = **{points(now.learning_velocity, 1)} points a day**.\n\n"
        f"What time took away ({points(now.forgotten, 1)} points) is not in it.",
        before,
        lambda then: f"{points(then.practice_delta, 1)} points ÷ {days} = {points(then.learning_velocity, 1)}",
    )


def velocity_on_days_practised(now: Insights, before: Before) -> str:
    def sum_of(of: Insights, mark: str = "") -> str:
        a_day = points(velocity_when_practised(of.practice_delta, of.days_practiced), 1)
        return f"{points(of.practice_delta, 1)} points ÷ {count(of.days_practiced, 'day')} = {mark}{a_day}{mark}"

    own = f"{sum_of(now, '**')} points a day." if now.days_practiced else "There was none in this range."
    return _with_before(
        f"What practice won and lost over all concepts, divided by the days on which you practised. {WEIGHT}\n\n{own}",
        before,
        sum_of,
    )


def observations(now: Insights, before: Before) -> str:
    return _with_before(
        "Everything that counted: answers, questions asked and explanations read.\n\n"
        f"In this range **{count(now.total_interactions, 'observation')}**, {now.graded_answers:,} of them answers.",
        before,
        lambda then: f"{then.total_interactions:,}, {then.graded_answers:,} of them answers",
    )


def days_practised(now: Insights, before: Before, first: date, last: date) -> str:
    touched = (last - first).days + 1
    return _with_before(
        "Calendar days, on your clock, on which you practised at least once.\n\n"
        f"The range touches {count(touched, 'day')}, {span_name(first, last, 'range')}, and you practised on "
        f"**{now.days_practiced}** of them.",
        before,
        lambda then: f"{then.days_practiced}",
    )


def concepts(now: Insights, before: Before) -> str:
    return _with_before(
        "Different concepts that you practised at least once in this range.\n\n"
        f"**{count(now.concepts_practiced, 'concept')}** in {count(now.total_interactions, 'observation')}.",
        before,
        lambda then: f"{then.concepts_practiced:,} in {count(then.total_interactions, 'observation')}",
    )


def right_answers(now: Insights, before: Before) -> str:
    def of(period: Insights) -> str:
        share = rate(period)
        said = NONE if share is None else percent(share)
        return f"{period.right_answers:,} ÷ {period.graded_answers:,} = **{said}**"

    return _with_before(
        "Right answers divided by all answers. Questions asked and explanations read are neither. "
        f"It takes {ENOUGH_OBSERVATIONS} answers to tell. A change is in points.\n\nIn this range {of(now)}.",
        before,
        of,
    )


def current_streak(now: Streak | None, before: Streak | None, days: float, *, bounded: bool) -> str:
    own = f"{_run(now)}: **{count(now.days, 'day')}**." if now else "A streak begins with the next day you practise."
    return (
        "Days in a row, on your clock, on which you practised. It still stands on the day after, which is not over yet; "
        f"it counts at most the last 365 days.\n\n{own}{_streak_before(before, days, bounded)}"
    )


def longest_streak(now: Streak | None, before: Streak | None, days: float, *, bounded: bool) -> str:
    own = f"{_run(now)}: **{count(now.days, 'day')}**." if now else "There is none yet."
    return (
        "The most days in a row, on your clock, on which you practised within the last 365 days.\n\n"
        f"{own}{_streak_before(before, days, bounded)}"
    )


def _streak_before(before: Streak | None, days: float, bounded: bool) -> str:  # noqa: FBT001
    if not bounded:
        return ""
    return f"\n\n{count(round(days), 'day')} before it was {count(before.days if before else 0, 'day')}."


def _run(streak: Streak) -> str:
    return span_name(streak.first, streak.last, "range")


def _with_before(text: str, before: Before, of: Callable[[Insights], str]) -> str:
    """The text, and what the figure was in the period before."""
    if before is None:
        return f"{text}\n\nThis range is all there is, so there is no earlier period to compare with."
    days = count(round(before.days_analyzed), "day")
    if not before.total_interactions:
        return f"{text}\n\nIn the {days} before there was no practice."
    return f"{text}\n\nIn the {days} before: {of(before)}."


# Sentences


def streak_sentence(current: Streak | None, as_of: date, *, is_today: bool) -> str:
    """What the streak is at, and what would carry it on."""
    if current is None:
        return "No streak at the moment. One begins with the next day you practise."
    on = f"{count(current.days, 'day')} in a row"
    if current.last == as_of or not is_today:
        return f"You practised {on}." if current.days > 1 else f"You practised on {_run(current)}."
    since = f"{on} up to yesterday" if current.days > 1 else "yesterday"
    return f"You practised {since}. Practise today, and it is {current.days + 1} in a row."


def answers_sentence(now: Insights) -> str:
    if not now.graded_answers:
        return ""
    return f"{now.right_answers:,} of {count(now.graded_answers, 'answer')} right."


def nothing_in_range(*, bounded: bool) -> str:
    way_on = "Choose a longer range, or an earlier day, to see some." if bounded else ""
    return f"There was no practice in this range. {way_on}"


def stretches_alt(stretches: pd.DataFrame, unit: str, level: float | None) -> str:
    won, lost, net = (stretches[name].sum() for name in ("won", "lost", "net"))
    before = "" if level is None else f" The period before had a mean of {points(level, 1)} a {unit}."
    return (
        f"Points won and lost in each of {count(len(stretches), unit)}: {points(won, 1)} won and {points(lost, 1)} lost, "
        f"{points(net, 1)} together.{before}"
    )


def habit_sentence(habit: Habit | None, observations: int) -> str:
    if habit is None:
        few = count(observations, "observation")
        return f"{few} so far. From {ENOUGH_FOR_A_HABIT} on, your usual day and hour are named here."
    return (
        f"Most on **{WEEKDAYS[habit.weekday]}s**, around **{habit.hour}:00**: "
        f"{percent(habit.on_weekday / habit.observations)} of {count(habit.observations, 'observation')} came on that "
        f"weekday, {percent(habit.in_hour / habit.observations)} in that hour of the day."
    )


def habit_alt(habit: Habit | None, observations: int) -> str:
    return "Observations by weekday and hour of the day. " + habit_sentence(habit, observations).replace("**", "")


def gap_sentence(compared: Comparison) -> str:
    """The two ends of the figure in words, with as much certainty as the numbers bear."""
    short, long = compared.short_gap, compared.long_gap
    figures = (
        f"{short.capitalize()} after you last practised a concept you were right **{percent(compared.short_rate)}** of "
        f"the time ({count(compared.short_graded, 'answer')}), {long} after it **{percent(compared.long_rate)}** "
        f"({count(compared.long_graded, 'answer')})."
    )
    if not compared.is_clear:
        return f"{figures} A difference of that size can be chance."
    lesson = "Coming back sooner may help." if compared.lower > 0 else "Longer pauses did you no harm."
    return f"{figures} Chance alone would hardly do that. {lesson} But the questions were not the same in both."


def gaps_missing(missing: int, *, bounded: bool) -> str:
    """What it takes until there is a figure to show."""
    longer = " A longer range may have them already." if bounded else ""
    return (
        f"Not enough answers yet: to compare takes {ENOUGH_ANSWERS} answers each after two different lengths of time. "
        f"That is **{count(missing, 'more answer')}** at the least.{longer}"
    )


def gaps_alt(rates: pd.DataFrame) -> str:
    known = rates[rates["enough"]]
    each = [f"{row.gap} {percent(row.rate)} of {count(row.graded, 'answer')}" for row in known.itertuples()]
    return "Right answers by the time since a concept was practised before: " + ", ".join(each) + "."
