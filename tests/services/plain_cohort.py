"""A cohort's figures from the raw log alone, in pandas: what the service's answers are held to.

A log is a frame of ``learner``, ``concept``, ``outcome``, ``at`` (UTC) and ``id``, a row an interaction.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
ANSWERS = ("correct", "incorrect")
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = 0.95
WEAK, MASTERED = 0.5, 0.8
# A sum this near to the edge of the trend's band may fall on either side of it.
UNCLEAR = 1e-9


def end_of(day: date) -> datetime:
    """The last microsecond of a day of UTC, or now while the day lasts."""
    return min(datetime.combine(day, time.max, UTC), datetime.now(UTC))


def folded(log: pd.DataFrame) -> pd.DataFrame:
    """The log by learner, concept and time, with the score ``after`` each interaction and what practice ``moved``.

    All pairs of learner and concept take their first step at once, then their second, and so on.
    """
    frame = log.sort_values(["learner", "concept", "at", "id"], ignore_index=True)
    pairs = frame.groupby(["learner", "concept"], sort=False)
    pair, nth = pairs.ngroup().to_numpy(), pairs.cumcount().to_numpy()
    idle = (pairs["at"].diff() / DAY).fillna(0.0).to_numpy()
    worth = frame.outcome.map(WORTH).to_numpy()
    score, faded, after = np.full(pair.max() + 1, 0.5), np.empty(len(frame)), np.empty(len(frame))
    for step in range(nth.max() + 1):
        rows = np.flatnonzero(nth == step)
        faded[rows] = score[pair[rows]] * KEPT ** idle[rows]
        after[rows] = score[pair[rows]] = np.clip(faded[rows] + worth[rows], 0, 1)
    return frame.assign(
        after=after,
        moved=after - faded,
        opportunity=nth + 1,
        day=frame["at"].dt.date,
        graded=frame.outcome.isin(ANSWERS),
        correct=frame.outcome == "correct",
    )


def standing(frame: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """Every pair practised by then: its observations, the score when it was last practised, and the score now."""
    last = frame[frame["at"] <= moment].drop_duplicates(["learner", "concept"], keep="last")
    idle = (moment - last["at"]) / DAY
    columns = {"observations": last.opportunity, "stored": last.after, "score": last.after * KEPT**idle}
    return last[["learner", "concept", "at"]].assign(known=last.opportunity >= 3, **columns)


def practised(frame: pd.DataFrame, day: date, days: int, moment: datetime) -> pd.DataFrame:
    """What happened in so many days, of which ``day`` is the last."""
    return frame[(frame.day > day - timedelta(days=days)) & (frame.day <= day) & (frame["at"] <= moment)]


def moved_by_practice(frame: pd.DataFrame, day: date, moment: datetime) -> pd.DataFrame:
    """Of each learner the concepts that practice of 7 days took up or down: clearly, and ``unclear`` which.

    One event is no trend.
    """
    pairs = practised(frame, day, 7, moment).groupby(["learner", "concept"]).moved.agg(["sum", "size"])
    moved = pairs[pairs["size"] >= 2]["sum"]
    trends = pd.DataFrame(
        {
            "improving": moved > 0.05 + UNCLEAR,
            "declining": moved < -0.05 - UNCLEAR,
            "unclear": (moved.abs() - 0.05).abs() <= UNCLEAR,
        }
    )
    return trends.groupby("learner").sum()


def learners(
    frame: pd.DataFrame, everybody: Sequence[str], day: date, days: int, moment: datetime, *, weak: float = WEAK,
    mastered: float = MASTERED,
) -> pd.DataFrame:  # fmt: skip
    """A row a learner, those without data too."""
    every, window = standing(frame, moment), practised(frame, day, days, moment)
    known = every[every.known]
    of_known, of_window = known.groupby("learner"), window.groupby("learner")
    last = (every.groupby("learner")["at"].max() - EPOCH) / timedelta(seconds=1)
    means = pd.DataFrame(
        {"mean": of_known.score.mean(), "mean_stored": of_known.stored.mean(), "last_activity": last}, dtype="float64"
    )
    counts = pd.DataFrame(
        {
            "known": of_known.size(),
            "apart": every[~every.known].groupby("learner").size(),
            "weak": known[known.score < weak].groupby("learner").size(),
            "mastered": known[known.score >= mastered].groupby("learner").size(),
            "days": of_window.day.nunique(),
            "observations": of_window.size(),
            "graded": of_window.graded.sum(),
            "correct": of_window.correct.sum(),
        }
    )
    points = pd.DataFrame(
        {
            "gained": of_window.moved.agg(lambda moved: moved.clip(lower=0).sum()),
            "lost": of_window.moved.agg(lambda moved: moved.clip(upper=0).sum()),
        }
    )
    return pd.concat(
        [
            means.reindex(everybody),
            counts.reindex(everybody).fillna(0).astype("int64"),
            moved_by_practice(frame, day, moment).reindex(everybody).fillna(0).astype("int64"),
            points.reindex(everybody).fillna(0.0).astype("float64"),
        ],
        axis=1,
    )


def course(frame: pd.DataFrame, moments: Sequence[datetime], concept: str | None = None) -> pd.DataFrame:
    """The percentiles over learners of their means at each moment."""
    rows = []
    for moment in moments:
        every = standing(frame, moment)
        known = every[every.known & ((every.concept == concept) if concept is not None else True)]
        means = known.groupby("learner").score.mean()
        percentiles = np.percentile(means, [10, 50, 90]) if len(means) else [np.nan] * 3
        rows.append((len(means), *percentiles))
    return pd.DataFrame(rows, columns=["learners", "lower", "middle", "upper"]).astype(
        {"learners": "int64", "lower": "float64", "middle": "float64", "upper": "float64"}
    )


def concepts(
    frame: pd.DataFrame, day: date, days: int, moment: datetime, *, weak: float = WEAK, mastered: float = MASTERED
) -> pd.DataFrame:
    """A row a concept that was practised by then, hardest first."""
    every, window = standing(frame, moment), practised(frame, day, days, moment)
    known = every[every.known]
    of_window = window.groupby("concept")
    counts = pd.DataFrame(
        {
            "learners": every.groupby("concept").size(),
            "apart": every[~every.known].groupby("concept").size(),
            "weak": known[known.score < weak].groupby("concept").size(),
            "developing": known[(known.score >= weak) & (known.score < mastered)].groupby("concept").size(),
            "mastered": known[known.score >= mastered].groupby("concept").size(),
            "practising": of_window.learner.nunique(),
            "observations": of_window.size(),
            "graded": of_window.graded.sum(),
            "correct": of_window.correct.sum(),
        }
    )
    counts = counts.fillna(0).astype("int64")
    counts["practised"] = of_window.moved.sum().reindex(counts.index).fillna(0.0).astype("float64")
    counts["mean"] = known.groupby("concept").score.mean().reindex(counts.index).astype("float64")
    return counts.rename_axis("concept").reset_index().sort_values(["mean", "concept"], ignore_index=True)


def concept_means(frame: pd.DataFrame, moments: Sequence[datetime]) -> pd.DataFrame:
    """The mean of each concept (rows) at each moment (columns); NaN where nobody has observations enough."""
    columns = []
    for moment in moments:
        every = standing(frame, moment)
        columns.append(every[every.known].groupby("concept").score.mean())
    return pd.concat(columns, axis=1, keys=range(len(moments))).reindex(sorted(set(frame.concept)))


def cells(pairs: pd.DataFrame, learners: Sequence[str], concepts: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Score and observations of pairs as tables, learners down and concepts across; NaN and 0 where there is no such pair."""
    score, observations = np.full((len(learners), len(concepts)), np.nan), np.zeros((len(learners), len(concepts)))
    place = pd.Index(learners).get_indexer(pairs.learner), pd.Index(concepts).get_indexer(pairs.concept)
    score[place], observations[place] = pairs.score, pairs.observations
    return score, observations


def opportunities(frame: pd.DataFrame, concept: str, moment: datetime, most: int) -> pd.DataFrame:
    """Answers on a concept by the number of the observation."""
    answers = frame[(frame.concept == concept) & frame.graded & (frame["at"] <= moment) & (frame.opportunity <= most)]
    counted = answers.groupby("opportunity").correct.agg(["size", "sum"]).astype("int64").reset_index()
    return counted.set_axis(["opportunity", "graded", "correct"], axis=1).astype("int64")
