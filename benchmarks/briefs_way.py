"""The page of ../shared/brief/multi-user-mastery.md as it is written there: one query at a time, one trend query a concept.

The queries are those that its supabase client sends, and each runs as PostgREST runs it: under the rights of the person,
set anew for every query, in one round trip of a connection like the product's own.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from benchmarks.database import bare_sql
from mastery_core.database.embedded import BECOME

HALF_LIFE_DAYS = 14
STATEMENTS = {name: bare_sql(f"brief_{name}") for name in ("mastery", "history", "history_of_concept")}


class BriefsWay:
    """The brief's MasteryService as far as its page reads, acting for one person."""

    def __init__(self, pool: ConnectionPool, person: str, now: datetime) -> None:
        self._pool = pool
        self._rights = ["authenticated", orjson.dumps({"sub": person, "role": "authenticated"}).decode()]
        self._now = now.astimezone(UTC)

    def page(self, user_id: str, drawn: list[str]) -> tuple[Any, ...]:
        """What the brief's service has to answer of what Progress shows; ``drawn`` are the concepts of its curves."""
        return (
            self.get_user_mastery(user_id),
            self.get_weak_concepts(user_id),
            self.get_learning_insights(user_id),
            [self.get_mastery_history(user_id, concept) for concept in drawn],
        )

    def get_user_mastery(self, user_id: str) -> dict[str, dict[str, Any]]:
        mastery = {}
        for row in self._select("mastery", user_id=user_id):
            days_since = (self._now - row["last_assessed_at"]).days
            score = row["mastery_score"]
            if days_since > 0:
                score *= row["decay_factor"] ** (days_since / HALF_LIFE_DAYS)
            trend, recent_delta = self._calculate_trend(user_id, row["concept_tag"])
            mastery[row["concept_tag"]] = row | {"mastery_score": score, "trend": trend, "recent_delta": recent_delta}
        return mastery

    def get_weak_concepts(self, user_id: str, threshold: float = 0.5, limit: int = 5) -> list[dict[str, Any]]:
        weak = [mastery for mastery in self.get_user_mastery(user_id).values() if mastery["mastery_score"] < threshold]
        return sorted(weak, key=lambda mastery: mastery["mastery_score"])[:limit]

    def get_mastery_history(
        self, user_id: str, concept_tag: str | None = None, days: int = 30, limit: int = 100
    ) -> list[dict[str, Any]]:
        asked = {"user_id": user_id, "since": self._now - timedelta(days=days), "limit": limit}
        if concept_tag:
            return self._select("history_of_concept", concept_tag=concept_tag, **asked)
        return self._select("history", **asked)

    def get_learning_insights(self, user_id: str, days: int = 30) -> dict[str, Any]:
        history = self.get_mastery_history(user_id, days=days, limit=500)
        ranked = sorted(self.get_user_mastery(user_id).items(), key=lambda pair: pair[1]["mastery_score"], reverse=True)
        return {
            "total_interactions": len(history),
            "concepts_practiced": len({row["concept_tag"] for row in history}),
            "strongest_concepts": [(concept, mastery["mastery_score"]) for concept, mastery in ranked[:3]],
            "weakest_concepts": [(concept, mastery["mastery_score"]) for concept, mastery in ranked[-3:]],
            "learning_velocity": sum(row["delta"] for row in history) / max(days, 1),
            "days_analyzed": days,
        }

    def _calculate_trend(self, user_id: str, concept_tag: str) -> tuple[str, float]:
        history = self.get_mastery_history(user_id, concept_tag, days=7, limit=10)
        if len(history) < 2:
            return "stable", 0.0
        total = sum(row["delta"] for row in history)
        return ("improving" if total > 0.05 else "declining" if total < -0.05 else "stable"), total

    def _select(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        with self._pool.connection() as connection, connection.cursor(binary=True, row_factory=dict_row) as cursor:
            with connection.pipeline():
                connection.execute(BECOME, self._rights)
                cursor.execute(STATEMENTS[statement], values)
            return cursor.fetchall()
