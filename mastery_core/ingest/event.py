"""One interaction as a file tells it, before it is anybody's in the database."""

from dataclasses import dataclass
from datetime import datetime

from mastery_core.concept import check_name
from mastery_core.model import Outcome

MAX_LEARNER_LENGTH = 200

INTERACTION_TYPES = {
    Outcome.CORRECT: "quiz_attempt",
    Outcome.INCORRECT: "quiz_attempt",
    Outcome.CONFUSION_DETECTED: "question_asked",
    Outcome.PASSIVE_READ: "explanation_viewed",
}


@dataclass(slots=True)
class Event:
    """One learner, one concept, one outcome, one moment.

    ``learner`` and ``session`` are the source's own ids, ``at`` is aware and in UTC, ``line`` is where the row begins.
    ``key`` tells this event from the learner's others: by its content, in which case equal keys are counted in file
    order; or, when it is ``named``, by an id that the source gave it, in which case an equal key is the same event.
    ``name`` is what to call the learner, when the source says that too; ``nth`` (from 1) which event this is of those that
    the learner has on the concept in one instant, when it says that.
    """

    learner: str
    concept: str
    outcome: Outcome
    at: datetime
    session: str | None
    type: str
    line: int
    key: str
    named: bool = False
    name: str | None = None
    nth: int | None = None


def content_key(time: str, outcome: Outcome, concept: str, session: str | None) -> str:
    """The key of a row that has no id. ``time`` is as written, so that a second reading in another zone repeats it."""
    return f"{time}\x1f{outcome}\x1f{concept}\x1f{session or ''}"


def check_learner(text: str) -> str:
    """A learner's id or name, put right as ``check_concept`` does it for a concept's name."""
    return check_name(text, "learner", MAX_LEARNER_LENGTH)
