"""What goes in and comes out, as the documentation says it. Scores are shares in [0, 1], times carry their zone."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, FiniteFloat, Tag

from mastery_core.api.problems import BODY_TAGS
from mastery_core.concept import MAX_CONCEPT_LENGTH
from mastery_core.mastery_service import LONGEST_RANGE_DAYS, MOST_OUTCOMES
from mastery_core.model import Outcome, Trend, Trigger
from mastery_core.standing import WEAK_BELOW

MOST_CONCEPTS = 100
MOST_ROWS = 10_000
A_LEARNER = "0b7c6d1e-8f2a-4c3d-9e4f-5a6b7c8d9e0f"
A_SESSION = "5e0c1f7a-2b3d-4e5f-8a9b-0c1d2e3f4a5b"
AN_OUTCOME = "d9b2d63d-a233-4123-847a-7090f2c6a2b5"
A_TIME = "2026-11-22T09:30:00Z"

_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*([Zz]|[+-]\d\d:\d\d)")


def _time_with_zone(value: Any) -> Any:
    if not isinstance(value, str) or not _WITH_ZONE.fullmatch(value):
        raise ValueError(f"Input should be a time with its zone, like {A_TIME} (in an address + is written %2B)")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_time_with_zone)]
Score = Annotated[float, Field(ge=0, le=1)]
Concept = Annotated[str, Field(max_length=MAX_CONCEPT_LENGTH, examples=["standard deviation"])]


class Strict(BaseModel):
    """Nothing beyond the fields that are named."""

    model_config = ConfigDict(extra="forbid")


# What is asked


class Question(Strict):
    """Whom a question is about, and when."""

    learner: UUID | None = Field(
        default=None, description="Whom it is about. Default: the person of the token; the service must name one."
    )
    at: Moment | None = Field(default=None, description="The moment asked about. Default: now.", examples=[A_TIME])


class Ranged(Question):
    """A question about some days."""

    days: float = Field(
        default=30, gt=0, le=LONGEST_RANGE_DAYS, allow_inf_nan=False, description="How many days up to that moment."
    )


class MasteryQuestion(Question):
    """Where a learner stands."""

    concepts: list[str] | None = Field(
        default=None,
        max_length=MOST_CONCEPTS,
        description="Only these concepts; may be given more than once. Default: all.",
    )
    apply_decay: bool = Field(
        default=True, description="Whether time takes its toll: without, scores are as last practised."
    )


class WeakQuestion(Question):
    """What a learner is weak at."""

    threshold: Score = Field(default=WEAK_BELOW, description="Weak is what scores below this.")
    limit: int = Field(default=5, ge=1, le=MOST_CONCEPTS, description="How many concepts at most.")


class HistoryQuestion(Ranged):
    """How scores changed."""

    concept: str | None = Field(default=None, description="Only this concept. Default: all.")
    limit: int = Field(default=100, ge=1, le=MOST_ROWS, description="How many rows at most.")


class NewSession(Strict):
    """A learning session that begins."""

    learner: UUID | None = Field(
        default=None, description="Whose. Default: the person of the token; the service must name one."
    )
    session_id: UUID | None = Field(
        default=None, description="Its id, so that the same request again starts no other. Default: a new one."
    )
    at: Moment | None = Field(default=None, description="When it began. Default: now.", examples=[A_TIME])


class SessionEnd(Strict):
    """The end of a learning session."""

    at: Moment | None = Field(default=None, description="When it ended. Default: now.", examples=[A_TIME])


class NewOutcome(Strict):
    """What came of one interaction of a learner with a concept."""

    id: UUID = Field(
        description="The interaction's id, drawn by who sends it: the same id again changes nothing.",
        examples=[AN_OUTCOME],
    )
    learner: UUID | None = Field(
        default=None,
        description="Whose. Default: the person of the token; the service must name one.",
        examples=[A_LEARNER],
    )
    concept: Concept = Field(description="The concept's name, as people read it.", min_length=1)
    outcome: Outcome = Field(description="What came of it.", examples=["correct"])
    session: UUID | None = Field(default=None, description="The learning session it belongs to.")
    custom_delta: FiniteFloat | None = Field(
        default=None, ge=-1, le=1, description="What it is worth, in place of what such an outcome is worth."
    )
    type: str | None = Field(
        default=None, min_length=1, max_length=100, description="The kind of interaction, for instance `quiz_attempt`."
    )
    at: Moment | None = Field(default=None, description="When it was. Default: now.", examples=[A_TIME])


ONE, MANY = BODY_TAGS
OneOrMany = Annotated[
    Annotated[NewOutcome, Tag(ONE)]
    | Annotated[list[NewOutcome], Field(min_length=1, max_length=MOST_OUTCOMES), Tag(MANY)],
    Discriminator(lambda body: MANY if isinstance(body, list) else ONE),
]


# What is answered


class ConceptStanding(Strict):
    """Where a learner stands on one concept."""

    concept_tag: str = Field(description="The concept.", examples=["standard deviation"])
    mastery_score: Score = Field(description="What is left of `stored_score` after forgetting.", examples=[0.57])
    last_assessed_at: datetime | None = Field(description="When it was last practised.", examples=[A_TIME])
    decay_factor: Score = Field(description="The share kept per day without practice.", examples=[0.95])
    trend: Trend = Field(description="Where the practice of the last 7 days moved it.")
    recent_delta: float = Field(description="What the practice of those days came to.", examples=[0.15])
    stored_score: Score = Field(description="The score as last practised.", examples=[0.6])
    observations: int = Field(description="How many outcomes there were; fewer than 3 say little.", examples=[12])
    due_at: datetime | None = Field(
        description="When it will be weak without practice; null if it is already, or never will.", examples=[A_TIME]
    )
    recent_forgetting: float = Field(description="What time took away in those days, at most 0.", examples=[-0.08])
    graded: int = Field(description="Answers so far, right or wrong.", examples=[12])
    correct: int = Field(description="The right ones among them.", examples=[9])


class Standing(Strict):
    """Where a learner stands, by concept."""

    concepts: list[ConceptStanding]


class HistoryEntry(Strict):
    """One change of a score."""

    interaction_id: UUID | None = Field(description="The interaction that changed it.")
    user_id: UUID = Field(description="The learner.", examples=[A_LEARNER])
    concept_tag: str = Field(description="The concept.", examples=["standard deviation"])
    mastery_score: Score = Field(description="The score after the change.", examples=[0.6])
    delta: float = Field(description="By how much it changed.", examples=[0.1])
    trigger_type: Trigger = Field(description="What changed it; `decay` is forgetting.", examples=["quiz"])
    session_id: UUID | None = Field(description="The learning session it belongs to.")
    created_at: datetime = Field(description="When.", examples=[A_TIME])
    opportunity: int = Field(description="The how-manieth outcome of this concept it was.", examples=[3])


class History(Strict):
    """The changes of a learner's scores, newest first."""

    history: list[HistoryEntry]


ConceptAndScore = Annotated[
    list[str | float], Field(min_length=2, max_length=2, examples=[["standard deviation", 0.57]])
]


class Insights(Strict):
    """What some days of practice came to."""

    total_interactions: int = Field(description="How many outcomes.", examples=[42])
    concepts_practiced: int = Field(description="How many concepts.", examples=[7])
    strongest_concepts: list[ConceptAndScore] = Field(description="At most three concepts with their score now.")
    weakest_concepts: list[ConceptAndScore] = Field(description="At most three others with their score now.")
    learning_velocity: float = Field(description="Mastery gained a day, all days counted.", examples=[0.03])
    days_analyzed: float = Field(description="The days asked about.", examples=[30])
    days_practiced: int = Field(description="Days (UTC) with practice.", examples=[9])
    practice_delta: float = Field(description="What practice came to.", examples=[0.9])
    forgotten: float = Field(description="What time took away, at most 0.", examples=[-0.4])
    right_answers: int = Field(description="Right answers.", examples=[30])
    graded_answers: int = Field(description="Right and wrong answers.", examples=[38])


class Session(Strict):
    """A learning session that has begun."""

    session_id: UUID = Field(description="Its id.", examples=[A_SESSION])


class Summary(Session):
    """What a learning session came to."""

    concepts_touched: list[str] = Field(description="The concepts.")
    total_interactions: int = Field(description="How many outcomes.", examples=[12])
    mastery_gained: dict[str, float] = Field(description="What its practice came to, by concept.")
    started_at: datetime = Field(description="When it began.", examples=[A_TIME])
    ended_at: datetime = Field(description="When it ended.", examples=[A_TIME])


class Update(Strict):
    """What one outcome did to a score."""

    interaction_id: UUID = Field(description="The interaction's id, as sent.", examples=[AN_OUTCOME])
    user_id: UUID = Field(description="The learner.", examples=[A_LEARNER])
    concept_tag: str = Field(description="The concept.", examples=["standard deviation"])
    old_score: Score = Field(description="The score before, forgetting included.", examples=[0.5])
    new_score: Score = Field(description="The score after.", examples=[0.6])
    delta: float = Field(description="`new_score - old_score`.", examples=[0.1])
    trigger_type: Trigger = Field(description="What changed it.", examples=["quiz"])
    session_id: UUID | None = Field(description="The learning session it belongs to.")
    created_at: datetime = Field(description="When it was.", examples=[A_TIME])
    repeated: bool = Field(description="Whether this id was known: then nothing was changed by it.")


class Updates(Strict):
    """What each outcome did, in the order they were sent."""

    updates: list[Update]


class State(Strict):
    """How the service is."""

    status: str = Field(examples=["ok"])
