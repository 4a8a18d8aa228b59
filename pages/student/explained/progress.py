"""What each figure of the Progress screen means: its formula, with the learner's own numbers in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mastery_core.charts.palette import BAND_GLYPHS
from mastery_core.model import ConceptMastery, LearningInsights
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band
from pages.words import count, percent, points


def mean(known: Sequence[ConceptMastery], apart: int) -> str:
    if not known:
        return (
            f"The mean of your scores now. A concept counts from {ENOUGH_OBSERVATIONS} observations on, "
            "and none has as many yet."
        )
    total = sum(mastery.mastery_score for mastery in known)
    return (
        "The mean of your scores now, each with what you have forgotten since you last practised it taken off.\n\n"
        f"Your scores add up to {total:.2f} over {count(len(known), 'concept')}: "
        f"{total:.2f} ÷ {len(known)} = **{percent(total / len(known))}**.\n\n"
        f"{_left_out(apart)}The line shows the mean at the end of each day (UTC), the change is against its first day."
    )


def mastered(known: Sequence[ConceptMastery], apart: int, threshold: float) -> str:
    number = sum(mastery.mastery_score >= threshold for mastery in known)
    ever = sum(mastery.stored_score >= threshold for mastery in known)
    return (
        f"Concepts whose score now is at least {percent(threshold)}.\n\n"
        f"You have {number} of {len(known)}. When last practised, {ever} of them stood as high: the rest has faded and "
        f"comes back with a little practice.\n\n{_left_out(apart)}"
    )


def needing_review(known: Sequence[ConceptMastery], apart: int, threshold: float) -> str:
    below = [mastery for mastery in known if mastery.mastery_score < threshold]
    faded = sum(mastery.stored_score >= threshold for mastery in below)
    return (
        f"Concepts whose score now is below {percent(threshold)}.\n\n"
        f"You have {len(below)} of {len(known)}: {faded} stood at {percent(threshold)} or more when last practised "
        f"and faded since, {len(below) - faded} did not yet.\n\n{_left_out(apart)}"
    )


def velocity(insights: LearningInsights, before: LearningInsights | None) -> str:
    days = insights.days_analyzed
    text = (
        "What practice won and lost over all concepts, divided by all days of the range. A concept that goes from 0% to "
        "100% is 100 points.\n\n"
        f"{points(insights.practice_delta)} points ÷ {count(days, 'day')} = "
        f"**{points(insights.learning_velocity, 1)} points a day**.\n\n"
        f"What time took away ({points(insights.forgotten)} points) is not in it."
    )
    if before is None or not before.total_interactions:
        return text
    return f"{text}\n\nIn the {count(days, 'day')} before: {points(before.learning_velocity, 1)} points a day."


def practised(insights: LearningInsights, moment: datetime, zone: ZoneInfo) -> str:
    ends = moment.astimezone(zone).date()
    touched = (ends - (moment - timedelta(days=insights.days_analyzed)).astimezone(zone).date()).days + 1
    return (
        "Days of the range on which you practised at least once.\n\n"
        f"The last {count(insights.days_analyzed, 'day')} touch {touched} of them, and you practised on "
        f"**{insights.days_practiced}**: {count(insights.total_interactions, 'observation')} of "
        f"{count(insights.concepts_practiced, 'concept')}, "
        f"{insights.right_answers} of {count(insights.graded_answers, 'answer')} right."
    )


def counted(known: int, apart: int) -> str:
    """How many concepts the figures are made of, and how many are counted apart."""
    few = (
        f"{BAND_GLYPHS[Band.NOT_ENOUGH_DATA]} {{}} with fewer than {ENOUGH_OBSERVATIONS} observations: too few to tell."
    )
    if not known:
        return few.format(count(apart, "concept"))
    return f"From {count(known, 'concept')}. {few.format(f'{apart} more') if apart else ''}"


def no_change(known: Sequence[ConceptMastery]) -> str:
    return "no earlier day in this range" if known else "not enough data yet"


def _left_out(apart: int) -> str:
    if not apart:
        return ""
    return f"Left out: {count(apart, 'concept')} with fewer than {ENOUGH_OBSERVATIONS} observations.\n\n"
