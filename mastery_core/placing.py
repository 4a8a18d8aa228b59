"""Placing: where one's own scores lie beside the middle half of a group."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mastery_core.model import ConceptMastery
from mastery_core.standing import enough

STEPS = 20  # A group's quartiles are known to 5 points.
BESIDE_COLUMNS = ("concept", "score", "observations", "lower", "middle", "upper", "learners", "away", "place")


class Place(StrEnum):
    """Beside the middle half of a group, which reaches from its lower to its upper quartile."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    UNKNOWN = "not enough data"


_PLACES = np.array(list(Place), dtype=object)


def whole_day_end(at: datetime, now: datetime) -> datetime:
    """The moment that a group asked for at ``at`` is shown of: the end of that UTC day, or of the last whole one."""
    end_of = [datetime.combine(day, time(), UTC) for day in (_utc_day(at) + timedelta(days=1), _utc_day(now))]
    return min(end_of) - timedelta(microseconds=1)


def distances(score: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> NDArray[np.float64]:
    """How far each score lies outside the middle half: below it negative, within it 0, above it positive; in shares.

    Scores are rounded to 5 points first, as the quartiles are.
    """
    own = np.round(np.asarray(score, dtype=np.float64) * STEPS) / STEPS
    away = np.minimum(own - np.asarray(lower), 0.0) + np.maximum(own - np.asarray(upper), 0.0)
    rounded: NDArray[np.float64] = np.round(away * STEPS) / STEPS
    return rounded


def places(score: ArrayLike, observations: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> NDArray[np.object_]:
    """The place of each score, rounded to 5 points; one at a quartile is within. Under 3 observations it is not known.

    Arrays of one shape in (scores and quartiles as shares), an array of ``Place`` of that shape out.
    """
    side = np.sign(np.nan_to_num(distances(score, lower, upper))).astype(int)
    chosen: NDArray[np.object_] = _PLACES[np.where(enough(observations), side + 1, 3)]
    return chosen


def beside(masteries: Mapping[str, ConceptMastery], concepts: pd.DataFrame) -> pd.DataFrame:
    """A learner's scores beside those of their group, furthest below the middle half first, then on upwards.

    ``concepts`` are those of a ``GroupStanding``, ``masteries`` what the learner had at the same moment. A row for each
    concept, with ``BESIDE_COLUMNS``: ``score`` is NaN and ``observations`` 0 where the learner had not begun, ``away``
    the distance from the middle half. Those without observations enough come last.
    """
    own = [masteries.get(concept) for concept in concepts["concept"]]
    frame = concepts.assign(
        score=np.array([np.nan if mastery is None else mastery.mastery_score for mastery in own], dtype=np.float64),
        observations=np.array([0 if mastery is None else mastery.observations for mastery in own], dtype=np.int64),
    )
    quartiles = frame["lower"], frame["upper"]
    frame["away"] = distances(frame["score"], *quartiles)
    frame["place"] = places(frame["score"], frame["observations"], *quartiles)
    order = frame.assign(
        unknown=frame["place"].eq(Place.UNKNOWN),
        new=frame["observations"].eq(0),
        beside=frame["score"] - frame["middle"],
    ).sort_values(["unknown", "new", "away", "beside", "concept"], kind="stable")
    return frame.loc[order.index, list(BESIDE_COLUMNS)].reset_index(drop=True)


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
