"""Review plan: what to practise on which day so that nothing falls below a threshold."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mastery_core.decay import SECONDS_A_DAY, kept

HOLDS_DAYS = 7  # A practice is to last about a week: less would bring the same concept back every few days.
SHORTER_DAYS = (4, 2, 1)  # Where a limit leaves some out, the others may last shorter.


@dataclass(frozen=True, slots=True)
class Practice:
    """Right answers on one concept on one day of a plan, whose first day is 0.

    ``before`` is the score as the day begins (on day 0: now), ``after`` the one right after the answers. ``falls_on``
    is the day it would fall below the threshold without this practice and later ones: None where it is below already.
    """

    concept: str
    day: int
    answers: int
    before: float
    after: float
    falls_on: int | None


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What to practise, by day, and what this plan does not keep up.

    ``left_out`` maps a concept for which the daily limit leaves no room to the day it falls below the threshold (None:
    it is below already). ``fleeting`` are those that would fall below within two days even from 100%.
    """

    practices: list[Practice]
    left_out: dict[str, int | None]
    fleeting: list[str]


def day_ends(moment: datetime, days: int, zone: ZoneInfo) -> NDArray[np.float64]:
    """In how many days from ``moment`` each of the next ``days`` days of ``zone`` ends, and the day after them.

    The first is the day of ``moment``. Days are as long as the clocks make them, 23 to 25 hours.
    """
    today = moment.astimezone(zone).date()
    midnights = [datetime.combine(today + timedelta(days=n + 1), time(), zone) for n in range(days + 1)]
    seconds = [(midnight.astimezone(UTC) - moment).total_seconds() for midnight in midnights]
    return np.array(seconds, dtype=np.float64) / SECONDS_A_DAY


def review_plan(
    concepts: Sequence[str],
    score: ArrayLike,
    decay_factor: ArrayLike,
    *,
    gain: float,
    threshold: float,
    ends: ArrayLike,
    period_days: float = 1.0,
    limit: int | None = None,
) -> ReviewPlan:
    """The practice that keeps every concept at ``threshold`` or above to the end of the last of ``ends``.

    ``concepts``, ``score`` (shares, now) and ``decay_factor`` are parallel; ``gain`` is what a right answer adds.
    ``ends`` says in how many days each day ends (``day_ends``): the last is only held, the others are practised on.

    A concept comes on the day before the one on which it would fall below, at the latest; one that is below already,
    or would be today, comes today. It gets as few right answers as hold it for ``HOLDS_DAYS`` days more, or to the end
    of the plan, or as long as 100% lasts. Scores are reckoned as if each day were practised as it begins, the least
    favourable hour, so nothing falls below at whichever hour of its day it is practised (today: now).

    Under a ``limit`` of answers a day practice moves to earlier days with room, never to later ones; only what is below
    already waits for the first room that the others leave. Those that need least come first, and where that leaves
    fewer out, practices last fewer days.
    """
    factor = np.asarray(decay_factor, dtype=np.float64).reshape(-1, 1)
    fades = kept(factor, np.diff(np.asarray(ends), prepend=0.0), period_days=period_days).tolist()
    scores = np.asarray(score, dtype=np.float64).tolist()
    courses = [_Course(*row, gain, threshold) for row in zip(concepts, scores, fades, strict=True)]
    courses = sorted((each for each in courses if each.falls() < len(each.fade)), key=lambda c: (-c.score, c.concept))
    lasting = [course for course in courses if not course.is_fleeting()]
    left_out = _plan(lasting, HOLDS_DAYS, limit)
    if left_out:
        holds = min((HOLDS_DAYS, *SHORTER_DAYS), key=lambda holds: len(_plan(lasting, holds, limit)))
        left_out = _plan(lasting, holds, limit)
    practices = [practice for course in lasting for practice in course.practices()]
    practices.sort(key=lambda each: (each.day, each.falls_on is not None, each.before, each.concept))
    return ReviewPlan(practices, left_out, sorted(course.concept for course in courses if course.is_fleeting()))


class _Course:
    """One concept through the plan: the share of its score that each day keeps, and the answers planned so far."""

    def __init__(self, concept: str, score: float, fade: list[float], gain: float, threshold: float) -> None:
        self.concept, self.score, self.fade = concept, score, fade
        self.gain, self.threshold = gain, threshold
        self.begin()

    def begin(self) -> None:
        """Forget all answers. ``since`` is the day from which it is to stay up."""
        self.answers, self.since = [0] * len(self.fade), 0

    def walk(self) -> Iterator[tuple[float, float]]:
        """The score as each day begins, and after its answers."""
        score = self.score
        for number, fade in zip(self.answers, self.fade, strict=True):
            after = min(1.0, score + number * self.gain) if number else score
            yield score, after
            score = after * fade

    def falls(self, answers: Sequence[int] | None = None, since: int | None = None) -> int:
        """The first day that ends below the threshold; the number of days where none does."""
        score, first = self.score, self.since if since is None else since
        for day, (number, fade) in enumerate(zip(answers or self.answers, self.fade, strict=True)):
            score = min(1.0, score + number * self.gain) * fade if number else score * fade
            if score < self.threshold and day >= first:
                return day
        return len(self.fade)

    def is_fleeting(self) -> bool:
        """Whether 100% may be below the threshold before the next day's practice."""
        return min(one * two for one, two in pairwise(self.fade)) < self.threshold

    def more(self, day: int, number: int) -> list[int]:
        """The answers, with so many more on a day."""
        return [*self.answers[:day], self.answers[day] + number, *self.answers[day + 1 :]]

    def most(self, day: int, room: float) -> int:
        """How many more answers have room on a day and still raise the score."""
        _, after = next(islice(self.walk(), day, None))
        return int(min(room, math.ceil((1.0 - after) / self.gain - 1e-9))) if self.gain > 0 else 0

    def least(self, day: int, most: int, goal: int, since: int) -> int:
        """The fewest answers on a day so that none from ``since`` to before ``goal`` ends below, or one over ``most``."""
        return bisect_left(range(most + 1), True, key=lambda number: self.falls(self.more(day, number), since) >= goal)

    def practices(self) -> list[Practice]:
        """What is planned, each with what it is for."""
        found = []
        for day, (before, after) in enumerate(self.walk()):
            if self.answers[day]:
                until_then = [*self.answers[:day], *[0] * (len(self.fade) - day)]
                falls = None if before < self.threshold else self.falls(until_then)
                found.append(Practice(self.concept, day, self.answers[day], before, after, falls))
        return found


def _plan(courses: Sequence[_Course], holds: int, limit: int | None) -> dict[str, int | None]:
    """Give each course its answers, first those that are up. Returns what found no room, and the day it falls."""
    room = [math.inf if limit is None else limit] * (len(courses[0].fade) - 1) if courses else []
    for course in courses:
        course.begin()
    left_out = _keep_up([course for course in courses if course.score >= course.threshold], room, holds)
    for course in courses:
        if course.score < course.threshold:
            raised = _bring_up(course, room, holds)
            left_out |= _keep_up([course], room, holds) if raised else {course.concept: None}
    return left_out


def _keep_up(courses: Sequence[_Course], room: list[float], holds: int) -> dict[str, int | None]:
    """Practise each before it falls, the most urgent first, of equals the one that comes first."""
    left_out: dict[str, int | None] = {}
    queue = [(course.falls(), place) for place, course in enumerate(courses)]
    heapify(queue)
    while queue:
        falls, place = heappop(queue)
        if falls == len(courses[place].fade):
            continue
        if _practise_before(courses[place], falls, room, holds):
            heappush(queue, (courses[place].falls(), place))
        else:
            left_out[courses[place].concept] = falls
    return left_out


def _practise_before(course: _Course, falls: int, room: list[float], holds: int) -> bool:
    """Put answers on the latest days with room before the day it ``falls``; False if they cannot hold that day."""
    last = max(falls - 1, 0)
    all_room = list(course.answers)
    for day in range(last + 1):
        all_room[day] += course.most(day, room[day])
    goal = min(course.falls(all_room), last + holds + 1)
    if goal <= falls:
        return False
    for day in range(last, -1, -1):
        most = course.most(day, room[day])
        number = min(course.least(day, most, goal, falls), most)
        course.answers = course.more(day, number)
        room[day] -= number
        if course.falls() >= goal:
            break
    return True


def _bring_up(course: _Course, room: list[float], holds: int) -> bool:
    """Put answers on the first days with room, until it is up to the end of the next day; False if it never is."""
    for day in range(len(room)):
        most = course.most(day, room[day])
        goal = min(course.falls(course.more(day, most), day), day + holds + 1)
        up = goal > day + 1
        number = course.least(day, most, goal, day) if up else most
        course.answers = course.more(day, number)
        room[day] -= number
        if up:
            course.since = day
            return True
    for day in range(len(room)):
        room[day] += course.answers[day]
    course.begin()
    return False
