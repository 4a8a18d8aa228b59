"""What to review next: which concepts, in which order, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mastery_core.model import ConceptMastery
from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages import words

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Review:
    """One concept to come back to; ``below`` tells whether it has fallen below the threshold already."""

    concept: str
    why: str
    below: bool


def reviews(masteries: Iterable[ConceptMastery], at: datetime, zone: ZoneInfo, weak: float) -> list[Review]:
    """Those below the ``weak`` threshold, weakest first, then those that fall below it within two weeks, by date."""
    known = [mastery for mastery in masteries if mastery.observations >= ENOUGH_OBSERVATIONS]
    below = [mastery for mastery in known if mastery.mastery_score < weak]
    due = [(mastery.due_at, mastery) for mastery in known if mastery.due_at and mastery.due_at <= at + SOON]
    return [
        *(Review(m.concept_tag, _why_below(m, at, zone), True) for m in sorted(below, key=_weakest_first)),
        *(
            Review(m.concept_tag, _why_due(when, at, zone, weak), False)
            for when, m in sorted(due, key=lambda pair: pair[0])
        ),
    ]


def _weakest_first(mastery: ConceptMastery) -> tuple[float, str]:
    return mastery.mastery_score, mastery.concept_tag


def _why_below(mastery: ConceptMastery, at: datetime, zone: ZoneInfo) -> str:
    last = mastery.last_assessed_at
    when = f", last practised {words.day(last, at, zone)}" if last else ""
    return f"at {words.percent(mastery.mastery_score)} now{when}"


def _why_due(due: datetime, at: datetime, zone: ZoneInfo, weak: float) -> str:
    return f"falls below {words.percent(weak)} on {words.day(due, at, zone)} ({words.until(due, at, zone)})"
