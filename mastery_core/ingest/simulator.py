"""A class that practises for ten weeks: who practises what and when, and what comes of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mastery_core.ingest.classroom import COHORTS, CONCEPTS, LEARNERS
from mastery_core.ingest.event import INTERACTION_TYPES, Event
from mastery_core.model import Outcome

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DAYS = 70  # whole days before today, whose own practice lies in the hours before ``now``
TODAY = DAYS
YESTERDAY = DAYS - 1
DAY = 86_400.0
NOMINAL_NOW = DAY * 3 / 4  # what today's second of the day is while simulating, whatever it is

# How busy each week is: a midterm in the sixth, the finals around the corner in the last.
BUSYNESS = np.array([0.8, 0.9, 1.0, 1.0, 1.3, 1.5, 0.6, 0.9, 1.3, 1.8])
EXAM_WEEKS = (5, 8, 9)

FEWEST_ITEMS, MOST_ITEMS = 8, 25  # of a session
FEWEST_SECONDS, MOST_SECONDS = 20, 90  # between one interaction and the next
FEWEST_CONCEPTS, MOST_CONCEPTS = 2, 4  # of a session
LONGEST_SESSION = MOST_ITEMS * MOST_SECONDS

LAST_INTRODUCED_DAY = 60
NEW_FOR_DAYS = 6.0
LATER_BY_COHORT = 2  # days

READS_AT_FIRST, READS_LATER = 0.4, 0.03  # shares of interactions in which an explanation is read
ASKS_WHEN_WRONG = 0.2
GUESSES = 0.15  # the chance of being right without knowing

OUTCOMES = (Outcome.INCORRECT, Outcome.CORRECT, Outcome.CONFUSION_DETECTED, Outcome.PASSIVE_READ)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of learner: how many there are, and what they are like in the middle."""

    count: int
    ability: float  # in logits
    gain: float  # logits for each unit of log practice
    sessions_a_week: float
    review: float  # how much they return to what is no longer new
    half_life_days: float = 12.0  # of what practice leaves behind
    idle_weeks: float = 0.08  # the share of weeks in which they do nothing
    days: tuple[int, int] = (0, TODAY)


KINDS = (
    Kind(count=44, ability=-0.3, gain=0.8, sessions_a_week=1.6, review=0.12),
    Kind(count=13, ability=0.5, gain=1.0, sessions_a_week=3.1, review=0.4, half_life_days=20, idle_weeks=0.02),
    Kind(count=14, ability=-1.1, gain=0.45, sessions_a_week=1.4, review=0.08, half_life_days=6),
    Kind(count=8, ability=-0.4, gain=0.8, sessions_a_week=1.9, review=0.15, idle_weeks=0.5),
    Kind(count=9, ability=-0.7, gain=0.7, sessions_a_week=1.6, review=0.1, days=(0, 32)),  # dropped out
    Kind(count=2, ability=-0.2, gain=0.8, sessions_a_week=99, review=0.5, days=(YESTERDAY, YESTERDAY)),  # new
)


def simulate(seed: int, now: datetime) -> dict[str, list[Event]]:
    """The sample's events in order of time, for each cohort: about 26,000 by 90 learners up to ``now``.

    The chance of a right answer is logistic above a chance of guessing, in the manner of the additive factors model
    (Cen, Koedinger and Junker 2006): ability - difficulty + gain * log(1 + practice). Practice on a concept is the
    count of its earlier interactions, each fading with the learner's half-life: 2 ** (-elapsed / half-life), as in
    Settles and Meeder 2016. How often learners practise, how much of it is review, and which weeks are idle differ;
    concepts are introduced one after another.

    The same seed gives the same events under the same keys, only moved in time with ``now``.
    """
    rng = np.random.default_rng(seed)
    learners = _Learners(rng)
    sessions = _sessions(rng, learners)
    items = _items(rng, sessions, learners)
    outcomes = _outcomes(rng, items, learners)
    return _events(seed, items, outcomes, learners.cohort, now.astimezone(UTC))


class _Learners:
    """What each learner is like, in arrays of one value a learner."""

    def __init__(self, rng: np.random.Generator) -> None:
        kinds = rng.permutation(np.repeat(np.arange(len(KINDS)), [kind.count for kind in KINDS]))
        self.cohort = rng.permutation(np.arange(len(LEARNERS)) % len(COHORTS))
        self.ability = self._of(kinds, "ability") + rng.normal(0, 0.45, kinds.size)
        self.gain = self._of(kinds, "gain") * rng.lognormal(0, 0.25, kinds.size)
        self.half_life_days = self._of(kinds, "half_life_days") * rng.lognormal(0, 0.3, kinds.size)
        self.sessions_a_week = self._of(kinds, "sessions_a_week") * rng.lognormal(0, 0.25, kinds.size)
        self.review = self._of(kinds, "review")
        self.idle_weeks = self._of(kinds, "idle_weeks")
        self.first_day = np.array([KINDS[kind].days[0] for kind in kinds])
        last_day = np.array([KINDS[kind].days[1] for kind in kinds])
        dropped_out = last_day < YESTERDAY
        self.last_day = last_day + dropped_out * rng.integers(-12, 13, kinds.size)

    @staticmethod
    def _of(kinds: Integers, what: str) -> Floats:
        return np.array([getattr(KINDS[kind], what) for kind in kinds], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Sessions:
    """Who practises on which day: ``slot`` is 0 by day and 1 in the evening. In order of learner and time."""

    learner: Integers
    day: Integers
    slot: Integers


@dataclass(frozen=True, slots=True)
class _Items:
    """The interactions; ``second`` counts from the first day's midnight, and today as if it were ``NOMINAL_NOW``."""

    learner: Integers
    session: Integers
    concept: Integers
    second: Floats


def _sessions(rng: np.random.Generator, learners: _Learners) -> _Sessions:
    people, days = len(LEARNERS), np.arange(DAYS + 1)
    week = np.minimum(days // 7, len(BUSYNESS) - 1)
    idle = rng.random((people, len(BUSYNESS))) < learners.idle_weeks[:, None]
    chance = learners.sessions_a_week[:, None] / 14 * BUSYNESS[week] * ~idle[:, week]
    enrolled = (days >= learners.first_day[:, None]) & (days <= learners.last_day[:, None])
    practises = rng.random((people, days.size, 2)) < (chance * enrolled)[:, :, None]
    practises[:, TODAY, 1] = False
    practises[practises[:, TODAY, 0], YESTERDAY, 1] = False  # just after midnight they would overlap
    practises[~practises.any(axis=(1, 2)), 1, 0] = True  # came once, on the second day
    return _Sessions(*np.nonzero(practises))


def _start_times(rng: np.random.Generator, sessions: _Sessions) -> Floats:
    """Seconds from the first day's midnight to each session's start. Today's are over before ``NOMINAL_NOW``."""
    by_day = np.clip(rng.normal(13, 2.3, sessions.day.size), 8, 17)
    evening = np.clip(rng.normal(20.3, 1.2, sessions.day.size), 18, 22.75)
    just_before = (NOMINAL_NOW - LONGEST_SESSION) / 3600 - rng.uniform(0, 4, sessions.day.size)
    hour = np.where(sessions.day == TODAY, just_before, np.where(sessions.slot == 0, by_day, evening))
    second: Floats = sessions.day * DAY + hour * 3600
    return second


def _items(rng: np.random.Generator, sessions: _Sessions, learners: _Learners) -> _Items:
    started = _start_times(rng, sessions)
    sizes = rng.integers(FEWEST_ITEMS, MOST_ITEMS + 1, sessions.learner.size)
    session = np.repeat(np.arange(sizes.size), sizes)
    first = np.cumsum(sizes) - sizes
    gaps = np.clip(rng.lognormal(np.log(38), 0.45, session.size), FEWEST_SECONDS, MOST_SECONDS)
    elapsed = np.cumsum(gaps)
    second = started[session] + elapsed - elapsed[first][session]
    chosen, how_many = _chosen_concepts(rng, sessions, learners)
    progress = (np.arange(session.size) - first[session]) / sizes[session]  # through the session, from 0 to 1
    turn = (progress + rng.normal(0, 0.08, session.size)).clip(0, 0.999) * how_many[session]
    return _Items(sessions.learner[session], session, chosen[session, turn.astype(np.int64)], np.round(second))


def _chosen_concepts(rng: np.random.Generator, sessions: _Sessions, learners: _Learners) -> tuple[Integers, Integers]:
    """For each session its concepts, likeliest first, and how many of them it takes.

    What is new is likely, and fades; the rest is reviewed as much as the learner does, and more before exams. Drawn
    without replacement by the largest of log weight + Gumbel noise.
    """
    order = np.arange(len(CONCEPTS))
    introduced = np.maximum(order - MOST_CONCEPTS + 1, 0) * LAST_INTRODUCED_DAY / (order[-1] - MOST_CONCEPTS + 1)
    delay = learners.cohort[sessions.learner] * LATER_BY_COHORT
    age = sessions.day[:, None] - np.where(introduced > 0, introduced + delay[:, None], 0)
    exam = np.isin(sessions.day // 7, EXAM_WEEKS) * 0.3
    weight = np.exp(-np.maximum(age, 0) / NEW_FOR_DAYS) + (learners.review[sessions.learner] + exam)[:, None]
    noisy = np.log(weight) + rng.gumbel(size=weight.shape)
    chosen = np.argsort(np.where(age >= 0, -noisy, np.inf), axis=1)[:, :MOST_CONCEPTS]
    return chosen, rng.integers(FEWEST_CONCEPTS, MOST_CONCEPTS + 1, sessions.learner.size)


def _outcomes(rng: np.random.Generator, items: _Items, learners: _Learners) -> Integers:
    """For each interaction, which of ``OUTCOMES`` came of it."""
    difficulty = np.linspace(-0.5, 0.7, len(CONCEPTS)) + rng.normal(0, 0.4, len(CONCEPTS))
    practice = _practice(items, learners.half_life_days)
    logit = learners.ability[items.learner] - difficulty[items.concept]
    logit += learners.gain[items.learner] * np.log1p(practice)
    chance, asks, reads = rng.random((3, logit.size))
    correct = chance < GUESSES + (1 - GUESSES) / (1 + np.exp(-logit))
    outcome = np.where(correct, 1, np.where(asks < ASKS_WHEN_WRONG, 2, 0))
    return np.where(reads < np.where(practice == 0, READS_AT_FIRST, READS_LATER), 3, outcome)


def _practice(items: _Items, half_life_days: Floats) -> Floats:
    """What is left, at each interaction, of the learner's earlier ones on its concept: 2 ** (-age / half-life) of each.

    A running sum of 2 ** (time / half-life) within each learner and concept, scaled back to the moment.
    """
    order = np.lexsort((items.second, items.concept, items.learner))
    group = (items.learner * len(CONCEPTS) + items.concept)[order]
    growth = np.exp2(items.second[order] / DAY / half_life_days[items.learner[order]])
    before = np.cumsum(growth) - growth
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    own = before - np.repeat(before[starts], np.diff(starts, append=group.size))
    practice: Floats = np.empty_like(own)
    practice[order] = own / growth
    return practice


def _events(seed: int, items: _Items, outcomes: Integers, cohorts: Integers, now: datetime) -> dict[str, list[Event]]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = items.second >= TODAY * DAY
    second = items.second + today * (np.floor((now - midnight).total_seconds()) - NOMINAL_NOW)
    first_midnight = midnight - timedelta(days=DAYS)
    events: dict[str, list[Event]] = {cohort: [] for cohort in COHORTS}
    columns = (items.learner, items.session, items.concept, outcomes, second)
    by_time = np.argsort(second, kind="stable")
    for index, *row in zip(by_time.tolist(), *(column[by_time].tolist() for column in columns), strict=True):
        learner, session, concept, which, after = row
        outcome = OUTCOMES[which]
        event = Event(
            learner=f"{seed}-{learner}",
            concept=CONCEPTS[concept],
            outcome=outcome,
            at=first_midnight + timedelta(seconds=after),
            session=str(session),
            type=INTERACTION_TYPES[outcome],
            line=index + 1,
            key=str(index),
            named=True,
            name=LEARNERS[learner],
        )
        events[COHORTS[cohorts[learner]]].append(event)
    return events
