"""What the words and figures of the screens mean: each in a few sentences, with the formula and the rules in force."""

from collections.abc import Sequence
from datetime import date
from math import isinf, isnan

from mastery_core.charts.kinds import KIND_WORDS
from mastery_core.charts.palette import BAND_GLYPHS, BAND_WORDS
from mastery_core.model import ConceptMastery, Outcome, Rules
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band
from mastery_core.streaks import Streak
from mastery_core.trend import BAND, MIN_EVENTS, WINDOW_DAYS
from pages.words import count, percent, points

# What there is to read about, by its anchor.
TERMS = {
    "mastery": "Mastery",
    "observations": "Observations",
    "not-enough-data": "Not enough data",
    "forgetting": "Forgetting",
    "half-life": "Half-life",
    "trend": "Trend",
    "velocity": "Learning velocity",
    "sessions": "Sessions",
    "streaks": "Streaks",
    "review-plan": "Review plan",
    "middle-half": "The middle half",
    "range": "Range and “as of”",
}
OUTCOME_KINDS = {
    Outcome.CORRECT: "correct",
    Outcome.INCORRECT: "incorrect",
    Outcome.CONFUSION_DETECTED: "question",
    Outcome.PASSIVE_READ: "explanation",
}
MOST_LINES = 6
OBSERVATIONS = (
    "An **observation** is one thing that was recorded about you on one concept: an answer, right or wrong, a question "
    "that you asked, or an explanation that you read. The more there are, the surer the score. The share of right answers "
    "counts answers alone."
)
VELOCITY = (
    "What practice won and lost over all concepts, divided by all days of the range, also those without practice. What "
    "time took away is not in it.\n\n`velocity = points won and lost ÷ days`"
)
SESSIONS = (
    "A **session** is a stretch of practice: it begins when your tutor starts it, or you do by hand, and ends when it is "
    "ended. Its **net gain** is what its practice won and lost, over all concepts; forgetting between sessions is not in "
    "it. Your *usual session* is the median of your latest ones."
)
STREAKS = (
    "A **streak** is days in a row with practice, each at least one observation, on your own clock. Today counts once you "
    "have practised; until then a streak that reached yesterday still stands. A pause costs nothing but the streak."
)
MIDDLE_HALF = (
    "Line everybody up by score. A quarter stands below the **middle half** and a quarter above it; the two in between are "
    "the middle half, and its middle is the median. Nine learners at 20, 30, 40, 45, **50**, 60, 70, 75 and 90% have a "
    "middle half from 40% to 70%.\n\nYou see it for cohorts of at least 5 learners, rounded to 5 points and without names, "
    "and only if you ask for it: so nobody can be read off it."
)
RANGE = (
    "The **range** says how far back a screen looks, **as of** up to which day. One range and one day hold on all screens, "
    "and stand in the address: a link shows the same view. Where nothing was practised for 30 days, screens open at your "
    "last practice. Times are stored in UTC and shown on your clock, which you can choose in your profile."
)


def mastery(rules: Rules) -> str:
    worth = " · ".join(f"{KIND_WORDS[kind]} **{points(rules.deltas[each])}**" for each, kind in OUTCOME_KINDS.items())
    return (
        "**Mastery** is how well you know a concept, as a score between 0% and 100%. Each concept starts at "
        f"{percent(rules.initial_score)}, and each observation moves its score by so many points: {worth}.\n\n"
        "`score = score before + worth`, and never below 0% or above 100%"
    )


def reckoned(scores: Sequence[float], worths: Sequence[float]) -> str:
    """A score step by step, a line each, the last ones where they are many: ``50%``, ``+ 10 = 60%``."""
    steps = [f"{_signed(worth)} = {percent(score)}" for worth, score in zip(worths, scores[1:], strict=True)]
    return "\n".join([percent(scores[0]), *steps] if len(steps) <= MOST_LINES else ["…", *steps[-MOST_LINES:]])


def not_enough(rules: Rules) -> str:
    return (
        f"A score says something from **{ENOUGH_OBSERVATIONS} observations** on. Below that a concept is drawn hollow, "
        "marked ○, left out of every mean and counted apart: no data is not zero. From there on it is in one of three "
        f"bands: ▼ below {percent(rules.weak_below)}, ● on the way, ★ mastered from {percent(rules.mastered_from)}. You "
        "can choose both thresholds in your profile."
    )


def band(found: Band, score: float, observations: int, rules: Rules) -> str:
    if found is Band.NOT_ENOUGH_DATA:
        return f"{count(observations, 'observation')}: fewer than {ENOUGH_OBSERVATIONS}, too few to tell."
    return (
        f"{count(observations, 'observation')} are enough, and {percent(score)} lies "
        + {
            Band.WEAK: f"below {percent(rules.weak_below)}.",
            Band.DEVELOPING: f"between {percent(rules.weak_below)} and {percent(rules.mastered_from)}.",
            Band.MASTERED: f"at {percent(rules.mastered_from)} or above.",
        }[found]
    )


def band_name(found: Band) -> str:
    return f"{BAND_GLYPHS[found]} {BAND_WORDS[found]}"


def forgetting(rules: Rules) -> str:
    return (
        f"What is not practised fades, everybody's: {_period(rules)} without practice **{percent(rules.decay_factor)}** of "
        "a score is left. It comes back with a little practice. Screens show the score *now*, and what it was when last "
        f"practised.\n\n`score now = score then × {_factor(rules, 'days')}`"
    )


def faded(score: float, days: int, now: float, rules: Rules) -> str:
    return f"{percent(score)} × {_factor(rules, f'{days:g}')} = **{percent(now)}**."


def half_life(rules: Rules, days: float) -> str:
    return (
        "The **half-life** is how long it takes without practice until half of a score is left"
        + (": never, here, for nothing is forgotten" if isinf(days) else f": **{days:.1f} days** here")
        + f".\n\n`half-life = {rules.decay_period_days:g} × ln(0.5) ÷ ln({rules.decay_factor:g})`"
    )


def below_after(days: float, weak: float) -> str:
    """When a score falls below the threshold; ``days`` is NaN where it is below already, infinite where it never is."""
    if isnan(days):
        return f"It is below {percent(weak)} from the start."
    return (
        f"It never falls below {percent(weak)}."
        if isinf(days)
        else f"It falls below {percent(weak)} after {days:.1f} days."
    )


def own(mastery: ConceptMastery, days: float, rules: Rules) -> str:
    """The concept practised last, as an example of one's own."""
    return (
        f"your score was {percent(mastery.stored_score)} when you last practised it, {days:.1f} days ago, and "
        f"{percent(mastery.stored_score)} × {_factor(rules, f'{days:.1f}', mastery.decay_factor)} = "
        f"{percent(mastery.mastery_score)} is left of it now."
    )


def trend() -> str:
    return (
        f"The **trend** adds up what practice of the last {WINDOW_DAYS:.0f} days was worth on a concept. More than "
        f"{points(BAND)} points is improving, less than {points(-BAND)} declining, and what lies between is steady. It takes "
        f"{MIN_EVENTS} observations; forgetting is no part of it.\n\n`trend = sum of the points of the week`"
    )


def trend_example(right: int, wrong: int, delta: float, rules: Rules) -> str:
    return (
        f"{right} × {points(rules.deltas[Outcome.CORRECT])} and {wrong} × {points(rules.deltas[Outcome.INCORRECT])} make "
        f"{points(delta)} points from {count(right + wrong, 'observation')}."
    )


def velocity_example(won: float, days: float, velocity: float) -> str:
    return f"{points(won)} points ÷ {count(int(days), 'day')} = **{points(velocity, 1)} points a day**."


def streak_example(streak: Streak | None, first: date) -> str:
    if streak is None:
        return "No day up to today or yesterday: no streak now."
    begin, end = (streak.first - first).days + 1, (streak.last - first).days + 1
    return f"From day {begin} to day {end}: {count(streak.days, 'day')} in a row."


def review_plan(rules: Rules, needed: int | None) -> str:
    example = (
        ""
        if needed is None
        else f" At 35% it takes {count(needed, 'right answer')} to reach {percent(rules.weak_below)}."
    )
    return (
        f"The **review plan** looks ahead along the forgetting curve of each concept: the day on which a score would fall "
        f"below {percent(rules.weak_below)} is the last good day to practise it, and a right answer adds "
        f"{points(rules.deltas[Outcome.CORRECT])} points.{example} What is below already comes first."
    )


def _signed(worth: float) -> str:
    return f"{'+' if worth >= 0 else '−'} {abs(worth) * 100:g}"


def _period(rules: Rules) -> str:
    days = rules.decay_period_days
    return "each day" if days == 1 else f"each {days:g} days"


def _factor(rules: Rules, days: str, factor: float | None = None) -> str:
    exponent = days if rules.decay_period_days == 1 else f"({days} ÷ {rules.decay_period_days:g})"
    return f"{rules.decay_factor if factor is None else factor:g}^{exponent}"
