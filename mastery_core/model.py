"""The nouns of the product: what an outcome is, what mastery looks like, what a session was worth."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Outcome(StrEnum):
    """What came of one interaction with one concept."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    CONFUSION_DETECTED = "confusion_detected"
    PASSIVE_READ = "passive_read"


class Trigger(StrEnum):
    """What moved a score: one kind per row of the mastery history."""

    QUIZ = "quiz"
    QUESTION = "question"
    EXPLANATION = "explanation"
    DECAY = "decay"
    RESET = "reset"


class Trend(StrEnum):
    """Where practice has moved a concept within the trend's window."""

    IMPROVING = "improving"
    DECLINING = "declining"
    STABLE = "stable"


@dataclass(frozen=True, slots=True)
class ConceptMastery:
    """Where one learner stands on one concept at one moment.

    ``mastery_score`` is what is left of ``stored_score`` after forgetting since ``last_assessed_at``; both are shares
    in [0, 1]. ``recent_delta`` is the sum of the practice deltas of the trend's window, ``recent_forgetting`` what
    time took away in it (at most 0). ``due_at`` is the moment the score falls below the weak threshold if nothing is
    practised: None when it already has, or never will. ``graded`` counts the answers so far, ``correct`` the right ones.
    """

    concept_tag: str
    mastery_score: float
    last_assessed_at: datetime | None
    decay_factor: float
    trend: Trend
    recent_delta: float
    stored_score: float
    observations: int
    due_at: datetime | None
    recent_forgetting: float = 0.0
    graded: int = 0
    correct: int = 0


@dataclass(frozen=True, slots=True)
class MasteryUpdate:
    """What one recorded outcome did. ``delta`` is what happened, after bounds: ``new_score - old_score``."""

    user_id: str
    concept_tag: str
    old_score: float
    new_score: float
    delta: float
    trigger_type: Trigger
    session_id: str | None = None
    interaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What a learning session came to. ``mastery_gained`` maps a concept to the sum of its practice deltas."""

    session_id: str
    concepts_touched: list[str]
    total_interactions: int
    mastery_gained: dict[str, float]
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LearningInsights:
    """A learner's practice over ``days_analyzed`` days. ``learning_velocity`` is mastery gained a day, all days counted.

    ``strongest_concepts`` and ``weakest_concepts`` are (concept, score now) pairs, at most three each and never the
    same concept in both. ``practice_delta`` and ``forgotten`` are sums over the range; ``right_answers`` and
    ``graded_answers`` count answers only, ``total_interactions`` everything that counted.
    """

    total_interactions: int
    concepts_practiced: int
    strongest_concepts: list[tuple[str, float]] = field(default_factory=list)
    weakest_concepts: list[tuple[str, float]] = field(default_factory=list)
    learning_velocity: float = 0.0
    days_analyzed: float = 30
    days_practiced: int = 0
    practice_delta: float = 0.0
    forgotten: float = 0.0
    right_answers: int = 0
    graded_answers: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a learner's scores follow: shares in [0, 1], the decay period in days, and what each outcome is worth.

    ``weak_below`` and ``mastered_from`` are the learner's own where they have set them.
    """

    initial_score: float
    decay_factor: float
    decay_period_days: float
    weak_below: float
    mastered_from: float
    deltas: dict[Outcome, float]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step of a learner on one concept.

    ``before`` is the score when it came, ``forgotten`` (at most 0) what time had taken since the step before it, and
    ``after = before + delta``. ``kind`` is correct, incorrect, question, explanation or reset; ``opportunity`` counts
    the outcomes on the concept so far, this one included.
    """

    interaction_id: str
    at: datetime
    kind: str
    outcome: str
    before: float
    after: float
    delta: float
    forgotten: float
    opportunity: int
    session_id: str | None


@dataclass(frozen=True, slots=True)
class LearningSession:
    """What a session came to, or has so far: ``ended_at`` is None while it runs.

    ``gained`` and ``lost`` (at most 0) are sums over practice; ``graded`` counts answers, ``correct`` the right ones.
    """

    id: str
    started_at: datetime
    ended_at: datetime | None
    interactions: int
    graded: int
    correct: int
    concepts: int
    gained: float
    lost: float
    by_hand: bool

    @property
    def net(self) -> float:
        """What practice came to in all."""
        return self.gained + self.lost

    @property
    def minutes(self) -> float | None:
        """How long it took; None while it runs."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds() / 60


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One step of a session, as ``Attempt`` has it."""

    at: datetime
    concept_tag: str
    kind: str
    outcome: str
    before: float
    after: float
    delta: float
    forgotten: float
    opportunity: int


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """One session opened. ``by_concept`` maps a concept to what was gained and lost (at most 0) by practice.

    ``events`` are in order and at most as many as were asked for; ``event_count`` is how many there are.
    """

    session: LearningSession
    user_id: str
    by_concept: dict[str, tuple[float, float]]
    events: list[SessionEvent]
    event_count: int


@dataclass(frozen=True, slots=True)
class GroupCohort:
    """A cohort that is large enough to be compared with."""

    id: str
    name: str
    learners: int


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A learner's cohorts of five learners or more, and how the learners of one of them stand.

    ``concepts`` has a row a concept of which at least five learners have observations enough: ``concept``, ``learners``
    and ``lower``, ``middle``, ``upper``, the quartiles of their scores rounded to 0.05.
    """

    cohorts: list[GroupCohort]
    cohort_id: str | None
    concepts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort that the one who asks may see."""

    id: str
    name: str
    students: int
    instructors: int
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CohortSpan:
    """How many learners a cohort has, and the time they practised in: the first UTC day and the last moment of it.

    ``in_research``: whether what they do goes to researchers, under other names.
    """

    id: str
    name: str
    learners: int
    first_day: date | None
    last_activity: datetime | None
    archived_at: datetime | None = None
    in_research: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """The scores of learners (rows, ids) on concepts (columns, by name).

    ``score`` is a share, NaN where the concept was never practised; ``observations`` is 0 there.
    """

    learners: list[str]
    concepts: list[str]
    score: NDArray[np.float64]
    observations: NDArray[np.int64]


class HistoryRow(TypedDict):
    """One row of the mastery history: a score, what moved it, and by how much."""

    interaction_id: str
    user_id: str
    concept_tag: str
    mastery_score: float
    delta: float
    trigger_type: str
    session_id: str | None
    created_at: datetime
    opportunity: int
