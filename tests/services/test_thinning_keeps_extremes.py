"""What is thinned to be drawn holds every extreme: M4, the first, last, lowest and highest step of each stretch of time.

Jugel et al., "M4: a visualization-oriented time series data aggregation", PVLDB 7(10), 2014.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import pytest

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.model import Outcome
from tests.local_supabase import Transport

TODAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAYS = 3 * 365
STEPS = 2_500
CONCEPTS = ("often at first", "often at last", "in bursts", "twice")


class Step(NamedTuple):
    at: float
    score: float


def moments_of(concept: str, rng: random.Random) -> list[datetime]:
    """Random moments of the three years, more or less crowded; some of them fall together."""
    ago = {
        "often at first": lambda: DAYS * rng.random() ** 0.3,
        "often at last": lambda: DAYS * rng.random() ** 4,
        "in bursts": lambda: rng.randrange(30) * 35 + rng.random() / 24,
        "twice": lambda: DAYS * rng.random(),
    }[concept]
    seconds = [round(ago() * 86_400) for _ in range(2 if concept == "twice" else STEPS // 3)]
    return [TODAY - timedelta(seconds=each) for each in seconds]


@pytest.fixture(scope="module", params=[1, 2])
def practised(
    request: pytest.FixtureRequest, service: Database, person: Callable[[], str], import_row: Callable[..., Any]
) -> str:
    learner, rng = person(), random.Random(request.param)
    rows = [
        import_row(learner, concept, rng.choice(list(Outcome)), at)
        for concept in CONCEPTS
        for at in moments_of(concept, rng)
    ]
    for first in range(0, len(rows), 1_000):
        service.call("import_outcomes", rows=rows[first : first + 1_000])
    return learner


@pytest.fixture
def mastery(transport: Transport, practised: str) -> MasteryService:
    return MasteryService(transport.acting_as(practised))


def recorded(mastery: MasteryService, learner: str, concept: str) -> list[Step]:
    """Every step of a concept in the order of time, before anything is thinned."""
    rows = mastery.get_mastery_history(learner, concept, DAYS + 1, 2 * STEPS, at=TODAY)
    steps = sorted((row for row in rows if row["trigger_type"] != "decay"), key=lambda row: row["opportunity"])
    return [Step(row["created_at"].timestamp(), row["mastery_score"]) for row in steps]


def by_stretch(steps: list[Step], since: float, length: float) -> dict[int, list[Step]]:
    return {stretch: list(found) for stretch, found in groupby(steps, lambda step: int((step.at - since) / length))}


@pytest.mark.parametrize("stretches", [1, 7, 200])
def test_each_stretch_keeps_its_first_last_lowest_and_highest_step(
    mastery: MasteryService, practised: str, stretches: int
) -> None:
    since, days = (TODAY - timedelta(days=DAYS + 1)).timestamp(), DAYS + 1
    length = (days * 86_400 + 1e-6) / stretches  # the last moment belongs to the last stretch
    curves = mastery.get_mastery_curves(practised, CONCEPTS, days, at=TODAY, stretches=stretches)
    assert [curve.concept_tag for curve in curves] == list(CONCEPTS)
    for curve in curves:
        every = recorded(mastery, practised, curve.concept_tag)
        drawn = [Step(*step) for step in zip(curve.step_at.tolist(), curve.step_score.tolist(), strict=True)]
        assert set(drawn) <= set(every)
        kept = by_stretch(drawn, since, length)
        for stretch, steps in by_stretch(every, since, length).items():
            mine = kept[stretch]
            assert len(mine) <= min(4, len(steps))
            assert (mine[0], mine[-1]) == (steps[0], steps[-1])
            for extreme in (min, max):
                assert extreme(step.score for step in mine) == extreme(step.score for step in steps)


def test_the_whole_range_keeps_the_highest_and_the_lowest_score_there_ever_was(
    mastery: MasteryService, practised: str
) -> None:
    for curve in mastery.get_mastery_curves(practised, CONCEPTS, DAYS + 1, at=TODAY):
        scores = [step.score for step in recorded(mastery, practised, curve.concept_tag)]
        assert (curve.step_score.min(), curve.step_score.max()) == (min(scores), max(scores))
        assert curve.score.max() == max(scores)


def test_what_can_be_told_apart_is_not_thinned(mastery: MasteryService, practised: str) -> None:
    [twice] = mastery.get_mastery_curves(practised, ["twice"], DAYS + 1, at=TODAY)
    assert twice.step_at.size == 2
