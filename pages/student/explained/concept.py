"""What each figure of the Concept screen means: its formula, with the learner's own numbers in it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mastery_core.charts.kinds import KIND_GLYPHS, KIND_WORDS
from mastery_core.charts.palette import BAND_GLYPHS, BAND_WORDS
from mastery_core.curve import MasteryCurve
from mastery_core.decay import SECONDS_A_DAY
from mastery_core.model import Attempt, ConceptMastery, Rules
from mastery_core.reckoning import TIME, Step
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band
from mastery_core.trend import BAND, MIN_EVENTS, WINDOW_DAYS
from mastery_core.what_if import Outlook, fell_below
from pages.words import NONE, count, day, percent, points, until

BAND_TEXT_COLOURS = {Band.WEAK: "orange", Band.DEVELOPING: "blue", Band.MASTERED: "green", Band.NOT_ENOUGH_DATA: "gray"}
NUMBERS = {1: "One", 2: "Two", 3: "Three", 5: "Five"}
WEEK = f"{WINDOW_DAYS:.0f} days"
ROUNDED = (
    "Reckoned with all digits, shown to a tenth; a score stays between 0% and 100%. "
    "Share kept a day ^ days without practice = share of the score that is kept."
)


def not_practised(by_day: str, learner: str | None) -> str:
    """Why there is no such concept to show, to the one it is about or who looks at the ``learner`` of that name."""
    if learner is not None:
        return f"{learner} had not practised this concept by {by_day}. Choose one above, or go on with the one practised last:"
    return (
        f"The link leads to a concept that you had not practised by {by_day}, or one that is not yours. Choose one above, or "
        "go on with the one you practised last:"
    )


def standing(band: Band, mastery: ConceptMastery, rules: Rules) -> str:
    """The band in a sign and words, as Markdown."""
    why = {
        Band.WEAK: f"below {percent(rules.weak_below)}",
        Band.DEVELOPING: f"between {percent(rules.weak_below)} and {percent(rules.mastered_from)}",
        Band.MASTERED: f"{percent(rules.mastered_from)} or more",
        Band.NOT_ENOUGH_DATA: f"{mastery.observations} of {ENOUGH_OBSERVATIONS} observations",
    }
    return f":{BAND_TEXT_COLOURS[band]}[{BAND_GLYPHS[band]} {BAND_WORDS[band]}]: {why[band]}"


def now(mastery: ConceptMastery, rules: Rules, moment: datetime) -> str:
    if mastery.observations < ENOUGH_OBSERVATIONS:
        return (
            f"It takes {ENOUGH_OBSERVATIONS} observations to tell how well you know a concept, and there "
            f"{_are(mastery.observations)} so far. That is not a score of 0: nobody knows yet."
        )
    days = _days_since(mastery, moment)
    return (
        "Score when last practised × share kept a day ^ days since then.\n\n"
        f"{_tenths(mastery.stored_score)} × {_power(mastery.decay_factor, days, rules)} = "
        f"**{_tenths(mastery.mastery_score)}**.\n\nWhat fades comes back with a little practice."
    )


def then(mastery: ConceptMastery, moment: datetime, zone: ZoneInfo) -> str:
    if mastery.last_assessed_at is None:
        return "The score that was known before practice was recorded here."
    faded = mastery.stored_score - mastery.mastery_score
    return (
        f"Your score right after your last practice, on {_when(mastery.last_assessed_at, moment, zone)}.\n\n"
        f"{_tenths(mastery.stored_score)} then, {points(-faded, 1)} points faded since: "
        f"{_tenths(mastery.mastery_score)} now."
    )


def fall(
    mastery: ConceptMastery, rules: Rules, fewest: int | None, moment: datetime, zone: ZoneInfo
) -> tuple[str, str, str]:
    """The figure that tells when the score falls below the threshold, or since when it has: its label, value and why."""
    weak, due, last = rules.weak_below, mastery.due_at, mastery.last_assessed_at
    label = f"Falls below {percent(weak)}"
    if mastery.observations < ENOUGH_OBSERVATIONS:
        return label, NONE, "not enough data yet"
    if due:
        return label, day(due, moment, zone), until(due, moment, zone)
    if mastery.mastery_score >= weak:
        return label, "Never", "nothing of it fades"
    answers = "" if fewest is None else f"{count(fewest, 'right answer')} away"
    fell = last and fell_below(
        weak, mastery.stored_score, mastery.decay_factor, since=last, period_days=rules.decay_period_days
    )
    if fell:
        return f"Below {percent(weak)} since", day(fell, moment, zone), answers
    return f"Reaches {percent(weak)}", "Not yet", answers


def falls_below(mastery: ConceptMastery, rules: Rules, fewest: int | None) -> str:
    weak = percent(rules.weak_below)
    if mastery.observations < ENOUGH_OBSERVATIONS:
        return f"When the score would fall below {weak}. It takes {ENOUGH_OBSERVATIONS} observations to tell."
    if mastery.mastery_score < rules.weak_below:
        needed = "" if fewest is None else f" {count(fewest, 'right answer')} would bring it to {weak} again."
        return f"It is at {_tenths(mastery.mastery_score)} now, below {weak}.{needed}"
    text = (
        f"When the score falls below {weak} if you do not practise before: "
        "days from now = ln(threshold ÷ score now) ÷ ln(share kept a day)."
    )
    if mastery.decay_factor in {0.0, 1.0}:
        return text
    period = "" if rules.decay_period_days == 1 else f"{rules.decay_period_days:g} × "
    return (
        f"{text}\n\n{period}ln({rules.weak_below:.3g} ÷ {mastery.mastery_score:.3f}) ÷ ln({mastery.decay_factor:g}), "
        "with the score now not rounded."
    )


def trend(mastery: ConceptMastery) -> str:
    return (
        f"What practice of the last {WEEK} came to: **{points(mastery.recent_delta, 1)} points**. Improving above "
        f"{points(BAND)}, declining below {points(-BAND)}, else steady; it takes {MIN_EVENTS} observations in the "
        f"{WEEK}.\n\n{points(mastery.recent_forgetting, 1)} points that time had taken in between are not in it."
    )


def observations(mastery: ConceptMastery, in_range: int, right: int, graded: int, days: float) -> str:
    rate = f", that is **{percent(right / graded)}**" if graded else ""
    return (
        f"Times you answered, asked about or read this concept in the last {count(round(days), 'day')}: **{in_range}** of "
        f"{mastery.observations} in all.\n\n{right} of {count(graded, 'answer')} were right{rate}. Questions and "
        "explanations are no answers."
    )


def what_if(then: Outlook, mastery: ConceptMastery, rules: Rules, when: str, fewest: int | None, due: str) -> str:
    """What so many right answers would do, in a sentence. ``when`` names the day, ``due`` the day the score falls below."""
    weak = percent(rules.weak_below)
    lead = (
        f"{NUMBERS[then.right_answers]} more right answer{'' if then.right_answers == 1 else 's'} {when}"
        if then.right_answers
        else "Without practice"
    )
    missing = ENOUGH_OBSERVATIONS - mastery.observations - then.right_answers
    if missing > 0:
        return f"{lead}: it then takes {count(missing, 'more observation')} to tell."
    at = f"{lead}: at {percent(then.score)} now"
    if then.below:
        needed = "" if fewest is None else f" It takes {fewest} to get there."
        return f"{at}, still below {weak}.{needed}"
    return f"{at}, stays at {weak} or above {f'until {due}' if then.falls_below else 'for good: nothing of it fades'}."


def curve(drawn: MasteryCurve, concept: str, sentence: str, as_of: str) -> str:
    """The text in place of the curve."""
    kinds = Counter(drawn.step_kind)
    steps = ", ".join(f"{number} × {KIND_WORDS[kind]}" for kind, number in sorted(kinds.items()))
    return (
        f"Mastery of {concept} over time: {percent(drawn.score[0])} at the start of the line, {percent(drawn.score[-1])} on "
        f"{as_of}, {percent(drawn.projected_score[-1])} two weeks later if not practised. "
        f"Steps drawn: {steps or 'none'}. {sentence}"
    )


def start(step: Step, attempt: Attempt | None) -> str:
    """Where the steps shown begin."""
    if attempt is not None and attempt.opportunity == 1 and step.kind != TIME:
        return f"Every concept starts at {_tenths(step.before)}."
    return f"You stood at {_tenths(step.before)}."


def line(step: Step, mastery: ConceptMastery, rules: Rules, zone: ZoneInfo) -> str:
    """One step of the arithmetic, as Markdown. What is shown adds up: each change is the difference of what stands beside it."""
    before, after = round(step.before * 1000), round(step.after * 1000)
    change = f"{'+' if after > before else '−'} {abs(after - before) / 10:.1f} ="
    sum_ = f"{_tenths(step.before)} {change if after != before else 'stays'} **{_tenths(step.after)}**"
    if step.kind == TIME:
        kept = f"{_power(mastery.decay_factor, step.days, rules)} = {_tenths(step.kept)} is kept"
        return f"{_for(step.days)} without practice, {kept}: {sum_}"
    local = step.at.astimezone(zone)
    return f"{local.day} {local:%b}, {local:%H:%M}: {KIND_GLYPHS[step.kind]} {KIND_WORDS[step.kind]}: {sum_}"


def shown(steps: Sequence[Step]) -> list[Step]:
    """The steps that can be seen in the digits shown."""
    return [step for step in steps if step.kind != TIME or round(step.before * 1000) != round(step.after * 1000)]


def _are(observations: int) -> str:
    return f"{'is' if observations == 1 else 'are'} {observations}"


def _tenths(share: float) -> str:
    return f"{round(share * 1000) / 10:.1f}%"


def _power(factor: float, days: float, rules: Rules) -> str:
    period = rules.decay_period_days
    return f"{factor:g}^{days:.3g}" if period == 1 else f"{factor:g}^({days:.3g} ÷ {period:g})"


def _for(days: float) -> str:
    """How long, in the largest unit of which there is one."""
    if days >= 1:
        return "1 day" if f"{days:.3g}" == "1" else f"{days:.3g} days"
    if days * 24 >= 1:
        return count(round(days * 24), "hour")
    return count(max(1, round(days * 24 * 60)), "minute")


def _days_since(mastery: ConceptMastery, moment: datetime) -> float:
    last = mastery.last_assessed_at
    return max(0.0, (moment - last).total_seconds() / SECONDS_A_DAY) if last else 0.0


def _when(moment: datetime, beside: datetime, zone: ZoneInfo) -> str:
    return f"{day(moment, beside, zone)}, {moment.astimezone(zone):%H:%M}"
