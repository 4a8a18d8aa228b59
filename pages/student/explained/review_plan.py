"""What each figure of the Review plan means: its formula, with the learner's own numbers in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mastery_core.charts.palette import BAND_GLYPHS
from mastery_core.charts.plan import PlannedDay
from mastery_core.model import ConceptMastery, Outcome, Rules
from mastery_core.review_plan import HOLDS_DAYS, Practice, ReviewPlan
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band
from pages.words import count, day_with_year, percent

LIMIT = (
    "At most so many on one day. Fuller days hand practice on to earlier days with room, never to later ones; what is "
    "below the threshold already waits for the first room there is. Empty: no limit."
)
CALENDAR = (
    "A file for any calendar: one entry a day with what to practise. Add it again later, and each day's entry is "
    "replaced by the newer one."
)
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class DayNames:
    """What the days of a plan that begins on ``first`` are called on the day ``today``."""

    first: date
    today: date

    @property
    def beginning(self) -> str:
        return "today" if self.first == self.today else "as of"

    def short(self, day: date) -> str:
        if self.first == self.today and day == self.today:
            return "Today"
        return f"{day:%a} {day.day} {day:%b}"

    def long(self, day: date) -> str:
        relative = {0: "Today, ", 1: "Tomorrow, "}.get((day - self.today).days, "") if self.first == self.today else ""
        return f"{relative}{day:%a} {day.day} {day:%b}"

    def within(self, day: date) -> str:
        """As a sentence says it."""
        return "today" if self.short(day) == "Today" else f"on {self.short(day)}"


def answers(plan: ReviewPlan, masteries: Mapping[str, ConceptMastery], rules: Rules, days: int) -> str:
    gain = rules.deltas[Outcome.CORRECT] * 100
    total = sum(practice.answers for practice in plan.practices)
    text = (
        f"A right answer adds {gain:.3g} points, up to 100%. Each practice has as few as keep a concept at "
        f"{percent(rules.weak_below)} or more for {HOLDS_DAYS} days after it, or to the end of the plan.\n\n"
        f"Over {count(days, 'day')} that comes to **{count(total, 'right answer')}**."
    )
    if not plan.practices:
        return text
    first = plan.practices[0]
    kept = masteries[first.concept].decay_factor ** (1 / rules.decay_period_days)
    return (
        f"{text}\n\nThe first one on the list: {percent(first.before)} + {first.answers} × {gain:.3g} points = "
        f"{percent(first.after)}. Of that {kept * 100:.4g}% is kept a day: {percent(first.after * kept**HOLDS_DAYS)} "
        f"after {HOLDS_DAYS} days."
    )


def concepts(plan: ReviewPlan, known: int, apart: int, weak: float, days: int) -> str:
    planned = {practice.concept for practice in plan.practices}
    below = {practice.concept for practice in plan.practices if practice.falls_on is None}
    rest = known - len(planned) - len(plan.left_out.keys() - planned) - len(plan.fleeting)
    text = (
        f"Concepts that are below {percent(weak)} or would fall below it before the end of the day after the plan.\n\n"
        f"**{len(planned)}** of {known}: {len(below)} below it already, {len(planned) - len(below)} before they fall. "
        f"{count(rest, 'concept')} can wait {days} days or longer."
    )
    few = f"{count(apart, 'concept')} with fewer than {ENOUGH_OBSERVATIONS} observations" if apart else ""
    return f"{text}\n\nLeft out: {few}." if few else text


def busiest(by_day: Sequence[PlannedDay], names: DayNames) -> str:
    busy = sorted((day for day in by_day if day.answers), key=lambda day: -day.answers)
    if not busy:
        return "The day with the most right answers. Nothing is planned yet."
    total = sum(day.answers for day in busy)
    return (
        f"The day with the most right answers: **{names.long(busy[0].day)}** with {busy[0].answers} of {total}, "
        f"{percent(busy[0].answers / total)} of the plan. It is spread over {count(len(busy), 'day')}; a limit a day "
        "spreads it further."
    )


def counted(known: int, apart: int) -> str:
    """How many concepts the plan is made from, and how many are counted apart."""
    few = f"{apart} more with fewer than {ENOUGH_OBSERVATIONS} observations: too few to tell."
    return f"From {count(known, 'concept')}. {f'{BAND_GLYPHS[Band.NOT_ENOUGH_DATA]} {few}' if apart else ''}"


def nothing_known(apart: int) -> str:
    return (
        f"It takes {ENOUGH_OBSERVATIONS} observations on a concept to tell how long it lasts, and none has as many yet "
        f"({count(apart, 'concept')} begun). Answer a few more questions, and this screen says what to come back to, "
        "and when."
    )


def first_to_fall(known: Sequence[ConceptMastery], moment: datetime, zone: ZoneInfo, weak: float) -> str:
    """What comes after a plan with nothing in it."""
    due = min((mastery.due_at for mastery in known if mastery.due_at), default=None)
    if due is None:
        return f"Nothing you know would fall below {percent(weak)}."
    away = (due.astimezone(zone).date() - moment.astimezone(zone).date()).days
    return (
        f"The first concept would fall below {percent(weak)} in {count(away, 'day')}, on "
        f"{day_with_year(due, zone)}. Until then, practise whatever you like."
    )


def promise(plan: ReviewPlan, until: date, limit: int | None, weak: float) -> str:
    """What comes of following the plan."""
    others = len(plan.left_out) + len(plan.fleeting)
    kept = f"everything but {count(others, 'concept')} comes" if others else "everything comes"
    latest = "" if limit is None else ", at the latest"
    return (
        f"Follow the plan, and {kept} to {percent(weak)} or above and stays there until the end of "
        f"{until:%a} {until.day} {until:%b}, at whatever hour you practise; what is for today is best done now. "
        f"A concept is planned for the day before it would fall{latest}."
    )


def not_kept_up(plan: ReviewPlan, limit: int | None, weak: float) -> str:
    parts = []
    if plan.left_out and limit is None:
        parts.append("Right answers add nothing under the rules in force, so there is nothing to plan with.")
    elif plan.left_out:
        parts.append(
            f"With at most {count(limit or 0, 'right answer')} a day there is not room enough for "
            f"{count(len(plan.left_out), 'concept')} to be at {percent(weak)} all the time. A little more a day makes "
            "room."
        )
    if plan.fleeting:
        parts.append(
            f"{count(len(plan.fleeting), 'concept')} would be below {percent(weak)} again within two days even from "
            "100%, which no plan by day can hold. A lower threshold in your profile brings them in."
        )
    return " ".join(parts)


def what_and_why(practice: Practice, first: date, names: DayNames, weak: float) -> str:
    rise = f"{percent(practice.before)} to {percent(practice.after)}"
    return f"{count(practice.answers, 'right answer')}: {rise} · {why(practice, first, names, weak)}"


def why(practice: Practice, first: date, names: DayNames, weak: float) -> str:
    if practice.falls_on is None:
        return f"below {percent(weak)} now" if practice.day == 0 else f"below {percent(weak)}, earlier days are full"
    return f"would fall below {percent(weak)} {names.within(first + timedelta(days=practice.falls_on))}"


def chart_alt(by_day: Sequence[PlannedDay], names: DayNames) -> str:
    busy = [f"{names.short(day.day)} {day.answers}" for day in by_day if day.answers]
    below = sum(day.below for day in by_day)
    return (
        f"Right answers by day: {', '.join(busy)}, and none on the other days. "
        f"{below} of {sum(day.answers for day in by_day)} are on concepts that are below the threshold already."
    )


def free(days: Sequence[PlannedDay], names: DayNames) -> str:
    named = ", ".join(names.within(day.day).removeprefix("on ") for day in days)
    free_days = named if len(days) <= MOST_NAMED else f"on the other {len(days)} days"
    return f"Nothing is due {free_days}: free, or for something new."
