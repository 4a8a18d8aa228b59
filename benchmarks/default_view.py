"""The Progress screen's answers at its default range: as the screen asks for them, and as bare SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import psycopg

from benchmarks.database import bare_sql
from mastery_core import MasteryService
from mastery_core.charts.progress import progress_curves
from mastery_core.charts.sparkline import sparkline
from mastery_core.charts.standing import standing
from mastery_core.curve import MasteryCurve
from mastery_core.model import ConceptMastery, LearningInsights

DAYS = 30
CURVES = 5
SAME = 1e-9

STATEMENTS = {name: bare_sql(name) for name in ("standing", "trend", "practice", "curve_steps", "curve_starts", "days")}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the screen shows, as the service says it."""

    masteries: dict[str, ConceptMastery]
    insights: LearningInsights
    before: LearningInsights
    curves: list[MasteryCurve]
    daily: pd.Series


def ask_service(service: MasteryService, learner: str, concepts: list[str], at: datetime) -> Answers:
    """The calls of the Progress screen."""
    masteries = service.get_user_mastery(learner, at=at)
    return Answers(
        masteries,
        *service.get_period_insights(learner, masteries, DAYS, 2, at=at),
        service.get_mastery_curves(learner, concepts, DAYS, at=at),
        service.get_daily_mastery(learner, DAYS, at=at),
    )


def drawn_concepts(service: MasteryService, learner: str, at: datetime) -> list[str]:
    """The concepts whose curves the screen draws unless others are chosen: those practised last."""
    masteries = service.get_user_mastery(learner, at=at).values()
    latest = sorted(masteries, key=lambda mastery: mastery.last_assessed_at or at, reverse=True)
    return [mastery.concept_tag for mastery in latest[:CURVES]]


def draw(answers: Answers, at: datetime) -> list[go.Figure]:
    """The figures of the Progress screen."""
    return [
        sparkline(answers.daily),
        progress_curves(answers.curves, as_of=at.timestamp()),
        standing(list(answers.masteries.values())),
    ]


def ask_bare(connection: psycopg.Connection, learner: str, concepts: list[str], at: datetime) -> dict[str, list[Any]]:
    """The same answers as rows: prepared statements, no rights, no JSON."""
    since = at - timedelta(days=DAYS)
    asked = {
        "standing": ("standing", {}),
        "trend": ("trend", {}),
        "practice": ("practice", {"since": since, "until": at, "zone": "UTC"}),
        "before": ("practice", {"since": since - timedelta(days=DAYS), "until": since, "zone": "UTC"}),
        "curve_steps": ("curve_steps", {"since": since, "until": at, "concepts": concepts}),
        "curve_starts": ("curve_starts", {"since": since, "concepts": concepts}),
        "days": ("days", {"since": since, "until": at}),
    }
    with connection.cursor(binary=True) as cursor:
        return {
            name: cursor.execute(STATEMENTS[statement], {"learner": learner, "at": at} | more).fetchall()
            for name, (statement, more) in asked.items()
        }


def check_same(answers: Answers, rows: dict[str, list[Any]]) -> None:
    """Raise AssertionError where the two do not say the same, numbers to 1e-9."""
    _check_standing(answers.masteries, rows["standing"], rows["trend"])
    _check_insights(answers.insights, rows["practice"][0])
    _check_insights(answers.before, rows["before"][0])
    _check_curves(answers.curves, rows["curve_steps"], rows["curve_starts"])
    same([moment.timestamp() for moment in answers.daily.index], [moment.timestamp() for moment, _ in rows["days"]])
    same(answers.daily, [mean for _, mean in rows["days"]])


def _check_standing(standing: dict[str, ConceptMastery], rows: list[Any], trend: list[Any]) -> None:
    recent = {concept: numbers for concept, *numbers in trend}
    assert standing.keys() == {row[0] for row in rows}
    for concept, stored, assessed, observations, factor, decayed in rows:
        ours = standing[concept]
        delta, forgotten, _ = recent.get(concept, (0.0, 0.0, 0))
        assert ours.last_assessed_at == assessed
        same(
            [
                ours.stored_score,
                ours.observations,
                ours.decay_factor,
                ours.mastery_score,
                ours.recent_delta,
                ours.recent_forgetting,
            ],
            [stored, observations, factor, decayed, delta, forgotten],
        )


def _check_insights(ours: LearningInsights, row: tuple[Any, ...]) -> None:
    same(
        [
            ours.total_interactions,
            ours.right_answers,
            ours.graded_answers,
            ours.practice_delta,
            ours.forgotten,
            ours.concepts_practiced,
            ours.days_practiced,
        ],
        row,
    )


def _check_curves(curves: list[MasteryCurve], steps: list[Any], starts: list[Any]) -> None:
    """The screen draws only steps that can be told apart: each is a true one, and the ends and extremes are among them."""
    began = {concept for concept, *_ in starts}
    for curve in curves:
        assert curve.concept_tag in began
        true = [
            (at.timestamp(), score, delta) for concept, at, score, delta, _ in steps if concept == curve.concept_tag
        ]
        drawn = list(zip(curve.step_at.tolist(), curve.step_score.tolist(), curve.step_delta.tolist(), strict=True))
        nearest = [min(true, key=lambda step, at=at: abs(step[0] - at)) for at, _, _ in drawn]
        same(drawn, nearest)
        if true:
            same([drawn[0], drawn[-1]], [true[0], true[-1]])
            same(
                [pick(score for _, score, _ in drawn) for pick in (min, max)],
                [pick(score for _, score, _ in true) for pick in (min, max)],
            )


def same(ours: Any, others: Any) -> None:
    """Raise AssertionError unless the two lists of numbers are equal to 1e-9."""
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(others, float), rtol=0, atol=SAME)
