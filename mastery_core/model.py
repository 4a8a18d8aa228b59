"""The nouns of the product: what an outcome is, what mastery looks like, what a session was worth."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict


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
    practised: None when it already has, or never will.
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
