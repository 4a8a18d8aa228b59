"""Mastery: per learner and concept, with history, forgetting, trend, sessions and insights."""

from mastery_core.database import open_database
from mastery_core.mastery_service import MasteryService

__all__ = ["MasteryService", "open_database"]
