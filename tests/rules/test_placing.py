"""Where a learner's scores lie beside the middle half of a group."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.model import ConceptMastery, Trend
from mastery_core.placing import BESIDE_COLUMNS, Place, beside, distances, places, whole_day_end

moments = st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 1990 < moment.year < 2100)
fives = st.integers(0, 20).map(lambda number: number / 20)


def mastery(concept: str, score: float, observations: int = 5) -> ConceptMastery:
    return ConceptMastery(concept, score, None, 0.95, Trend.STABLE, 0.0, score, observations, None)


def concepts(**quartiles: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(name, 6, *three) for name, three in quartiles.items()]
    return pd.DataFrame(rows, columns=["concept", "learners", "lower", "middle", "upper"])


@pytest.mark.parametrize(
    ("score", "place", "away"),
    [
        (0.40, Place.BELOW, -0.10), (0.47, Place.BELOW, -0.05), (0.476, Place.WITHIN, 0), (0.5, Place.WITHIN, 0),
        (0.7, Place.WITHIN, 0), (0.724, Place.WITHIN, 0), (0.726, Place.ABOVE, 0.05), (1.0, Place.ABOVE, 0.3),
    ],
)  # fmt: skip
def test_a_score_is_rounded_as_the_quartiles_are_before_it_is_placed(score: float, place: Place, away: float) -> None:
    assert places([score], [3], [0.5], [0.7]).tolist() == [place]
    assert distances([score], [0.5], [0.7]).tolist() == pytest.approx([away])
    assert places([score], [2], [0.5], [0.7]).tolist() == [Place.UNKNOWN]


@given(st.floats(0, 1), fives, fives)
def test_one_is_never_below_and_above_and_within_is_no_distance(score: float, one: float, other: float) -> None:
    lower, upper = sorted((one, other))
    [place], [away] = places([score], [3], [lower], [upper]), distances([score], [lower], [upper])
    nearest = lower if place is Place.BELOW else upper
    assert away == pytest.approx(0 if place is Place.WITHIN else round(score * 20) / 20 - nearest)
    assert (place is Place.BELOW) == (round(score * 20) < round(lower * 20))
    assert (place is Place.ABOVE) == (round(score * 20) > round(upper * 20))


def test_furthest_below_comes_first_and_what_is_not_known_last() -> None:
    quartiles = concepts(
        new=(0.5, 0.6, 0.7), few=(0.5, 0.6, 0.7), above=(0.5, 0.6, 0.7), within=(0.5, 0.6, 0.7), low=(0.5, 0.6, 0.7),
        lowest=(0.9, 0.9, 0.95),
    )  # fmt: skip
    own = [
        mastery("above", 0.9),
        mastery("within", 0.6),
        mastery("low", 0.4),
        mastery("lowest", 0.5),
        mastery("few", 0.1, 2),
    ]
    rows = beside({each.concept_tag: each for each in own}, quartiles)
    assert tuple(rows.columns) == BESIDE_COLUMNS
    assert rows["concept"].tolist() == ["lowest", "low", "within", "above", "few", "new"]
    assert rows["place"].tolist() == [Place.BELOW, Place.BELOW, Place.WITHIN, Place.ABOVE, Place.UNKNOWN, Place.UNKNOWN]
    assert np.isnan(rows["score"].iloc[-1])
    assert rows["observations"].tolist() == [5, 5, 5, 5, 2, 0]


def test_a_group_without_concepts_is_an_empty_table() -> None:
    assert beside({"A": mastery("A", 0.5)}, concepts()).empty


@given(moments, moments)
def test_a_group_is_looked_at_at_the_end_of_a_whole_utc_day(one: datetime, other: datetime) -> None:
    at, now = sorted((one, other))
    end = whole_day_end(at.astimezone(ZoneInfo("Asia/Kolkata")), now)
    assert (end + timedelta(microseconds=1)).time() == datetime.min.time()
    assert end < now
    assert end.date() == min(at.date(), now.date() - timedelta(days=1))
