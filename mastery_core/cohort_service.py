"""What may be asked about a cohort."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput
from mastery_core.mastery_service import LONGEST_RANGE_DAYS, MOST_ROWS
from mastery_core.model import Cells, Cohort, CohortSpan
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW

COURSE_POINTS = 15
MOST_OPPORTUNITIES = 20
_A_MOMENT = timedelta(microseconds=1)


class CohortService:
    """A cohort's mastery, as far as the one whom ``database`` acts for may see it: who teaches it, and administrators.

    Every method raises the errors of ``mastery_core.errors``: NotFound for a cohort that is not there, or not to be seen,
    InvalidInput, Unavailable. A question is asked at the end of a ``day`` of UTC, or now while that day lasts; a range of
    ``days`` is of whole UTC days and ends with that day. Scores are shares in [0, 1].
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def get_cohorts(self) -> list[Cohort]:
        """The cohorts that may be seen, by name; archived ones last."""
        rows = self.database.call("list_cohorts")
        cohorts = [Cohort(**row | {"archived_at": _moment(row["archived_at"])}) for row in rows]
        return sorted(cohorts, key=lambda cohort: (cohort.archived_at is not None, cohort.name.casefold()))

    def get_span(self, cohort_id: str) -> CohortSpan:
        """A cohort's name and size, and when it practised."""
        answer = self.database.call("cohort_span", cohort=cohort_id)
        return CohortSpan(
            id=answer["id"],
            name=answer["name"],
            learners=answer["learners"],
            first_day=date.fromisoformat(answer["first_day"]) if answer["first_day"] else None,
            last_activity=_moment(answer["last_activity"]),
            archived_at=_moment(answer["archived_at"]),
            in_research=answer["in_research"],
        )

    def get_learners(
        self, cohort_id: str, day: date, days: int = 30, *, weak: float = WEAK_BELOW, mastered: float = MASTERED_FROM
    ) -> pd.DataFrame:
        """Every learner of a cohort, by name, those without data too: the columns of ``LEARNERS``.

        ``mean`` (now) and ``mean_stored`` (when last practised) are of the ``known`` concepts, those with observations enough, and
        NaN where there are none; ``apart`` counts the other concepts, ``weak`` and ``mastered`` known ones in these bands.
        ``declining`` and ``improving`` count concepts by the trend of the last 7 UTC days. ``last_activity`` is in seconds since
        1970, NaN for who never practised. What follows is of the range: days practised, observations, answers and right ones, and
        the sums of points gained and lost (at most 0) by practice.
        """
        answer = self.database.call(
            "cohort_learners",
            cohort=cohort_id,
            since=_days_before(day, days),
            until=moment_of(day),
            weak=_share("weak", weak),
            mastered=_share("mastered", mastered),
        )
        names, ids = answer["name"], answer["id"]
        order = sorted(range(len(ids)), key=lambda row: (names[row].casefold(), ids[row]))
        return pd.DataFrame({column: pd.array(answer[column], dtype=kind)[order] for column, kind in LEARNERS.items()})

    def get_course(
        self, cohort_id: str, day: date, days: int = 30, concept: str | None = None, *, points: int = COURSE_POINTS
    ) -> pd.DataFrame:
        """How mastery went over the range: a row a moment, at most so many ``points``.

        Of each learner the mean of the concepts with observations enough (or of the one ``concept`` named), over the learners
        the percentiles: ``at`` (UTC), ``learners`` (with data), ``lower`` (10th), ``middle`` (50th), ``upper`` (90th).
        """
        moments = course_moments(day, days, points)
        answer = self.database.call("cohort_course", cohort=cohort_id, moments=moments, concept=concept)
        course = pd.DataFrame({"at": pd.DatetimeIndex(moments)} | answer).astype(COURSE)
        return course[["at", *COURSE]]

    def get_concepts(
        self,
        cohort_id: str,
        day: date,
        days: int = 30,
        *,
        weak: float = WEAK_BELOW,
        mastered: float = MASTERED_FROM,
        points: int = COURSE_POINTS,
    ) -> pd.DataFrame:
        """The concepts of a cohort, hardest first: the columns of ``CONCEPTS``.

        How many ``learners`` ever practised it, of them ``apart`` (too few observations), ``weak``, ``developing``, ``mastered``;
        the ``mean`` now, ``mean_before`` at the beginning of the range and its ``course`` between (a list of shares); and of
        the range the learners ``practising``, observations, answers, right ones and the points ``practised``.
        """
        moments = course_moments(day, days, points)
        rows = self.database.call(
            "cohort_concepts",
            cohort=cohort_id,
            since=_days_before(day, days),
            moments=moments,
            weak=_share("weak", weak),
            mastered=_share("mastered", mastered),
        )
        for row in rows:
            row["mean_before"] = row["course"][0]
        return pd.DataFrame(rows, columns=list(CONCEPTS)).astype(CONCEPTS)

    def get_cells(
        self, cohort_id: str, day: date, learners: Sequence[str] | None = None, concept: str | None = None
    ) -> Cells:
        """The scores of the ``learners`` named (default: all) on every concept that one of them practised, or on one ``concept``."""
        answer = self.database.call(
            "cohort_cells",
            cohort=cohort_id,
            until=moment_of(day),
            learners=None if learners is None else list(learners),
            concept=concept,
        )
        shape = len(answer["learners"]), len(answer["concepts"])
        score, observations = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
        for column, cells in enumerate(answer["concepts"]):
            rows = np.array(cells["learner"]) - 1
            score[rows, column], observations[rows, column] = cells["score"], cells["observations"]
        return Cells(answer["learners"], [each["concept"] for each in answer["concepts"]], score, observations)

    def get_opportunities(
        self, cohort_id: str, concept: str, day: date, most: int = MOST_OPPORTUNITIES
    ) -> pd.DataFrame:
        """Answers on a concept by how many observations a learner had of it by then: ``opportunity`` (from 1), ``graded``, ``correct``."""
        if not (isinstance(most, int) and 1 <= most <= MOST_ROWS):
            raise InvalidInput(f"most is a whole number of at least 1; this one is {most}.")
        answer = self.database.call(
            "cohort_opportunities", cohort=cohort_id, concept=concept, until=moment_of(day), most=most
        )
        return pd.DataFrame(answer, columns=["opportunity", "graded", "correct"]).astype("int64")


LEARNERS = {
    "id": "str", "name": "str", "known": "int64", "apart": "int64", "mean": "float64", "mean_stored": "float64", "weak": "int64",
    "mastered": "int64", "declining": "int64", "improving": "int64", "last_activity": "float64", "days": "int64",
    "observations": "int64", "graded": "int64", "correct": "int64", "gained": "float64", "lost": "float64",
}  # fmt: skip
COURSE = {"learners": "int64", "lower": "float64", "middle": "float64", "upper": "float64"}
CONCEPTS = {
    "concept": "str", "learners": "int64", "apart": "int64", "weak": "int64", "developing": "int64", "mastered": "int64",
    "mean": "float64", "mean_before": "float64", "course": "object", "practising": "int64", "observations": "int64",
    "graded": "int64", "correct": "int64", "practised": "float64",
}  # fmt: skip


def moment_of(day: date) -> datetime:
    """The last moment of a day of UTC, or now while it lasts."""
    now = datetime.now(UTC)
    if day >= now.date():
        return now
    return datetime.combine(day + timedelta(days=1), time(), UTC) - _A_MOMENT


def course_moments(day: date, days: int, points: int = COURSE_POINTS) -> list[datetime]:
    """The moments at which a range is looked at: the end of the day before it, the ends of days at equal steps, and its end."""
    whole = _whole(days)
    if not (isinstance(points, int) and 2 <= points <= MOST_ROWS):
        raise InvalidInput(f"points is a whole number of at least 2; this one is {points}.")
    back = np.unique(np.linspace(0, whole, min(points, whole + 1)).round().astype(int))[::-1]
    moments = [moment_of(_days_before(day, int(each)) if each else day) for each in back]
    return [each for each, after in zip(moments, [*moments[1:], None], strict=True) if each != after]


def _days_before(day: date, days: int) -> date:
    return date.fromordinal(max(date.min.toordinal(), min(day, datetime.now(UTC).date()).toordinal() - _whole(days)))


def _whole(days: int) -> int:
    if not (isinstance(days, int) and 1 <= days <= LONGEST_RANGE_DAYS):
        raise InvalidInput(f"days is a whole number from 1 to {LONGEST_RANGE_DAYS}; this one is {days}.")
    return days


def _share(name: str, value: float) -> float:
    if not (isinstance(value, int | float) and 0 <= value <= 1):
        raise InvalidInput(f"{name} is a score between 0 and 1; this one is {value}.")
    return value


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
