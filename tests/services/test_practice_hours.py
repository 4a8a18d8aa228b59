"""The hours and days of practice on a learner's own clock, against pandas."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, NotFound
from tests.local_supabase import Transport

# The nights in which clocks in Berlin and New York went back and forth lie in the 180 days from here.
SEPTEMBER = datetime(2024, 9, 20, tzinfo=UTC)
ZONES = ["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Chatham", "Africa/Monrovia"]
COLUMNS = ["hour", "observations", "graded", "correct", "gained", "lost", "outside"]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def mastery(transport: Transport, learner: str) -> MasteryService:
    return MasteryService(transport.acting_as(learner))


@pytest.fixture(scope="module")
def practised(
    service: Database, person: Callable[[], str], import_row: Callable[..., Any], query: Query
) -> tuple[str, pd.DataFrame]:
    """A learner with 600 outcomes, a third of them around changes of the clocks, and the practice rows of their history."""
    chance, learner, session = random.Random(3), person(), str(uuid4())
    nights = [
        datetime(2024, 10, 27, tzinfo=UTC),
        datetime(2024, 11, 3, 4, tzinfo=UTC),
        datetime(2025, 3, 9, 5, tzinfo=UTC),
    ]
    moments = [SEPTEMBER + timedelta(minutes=chance.randrange(180 * 1_440)) for _ in range(400)]
    moments += [chance.choice(nights) + timedelta(minutes=chance.randrange(240)) for _ in range(200)]
    outcomes = ("correct", "incorrect", "confusion_detected", "passive_read")
    rows = [
        import_row(
            learner, chance.choice("abcdef"), chance.choice(outcomes), at, session=chance.choice([session, None])
        )
        for at in moments
    ]
    service.call("import_outcomes", rows=rows)
    history = pd.DataFrame(query("select * from mastery_history where user_id = %(id)s", id=learner))
    return learner, history[history.trigger_type != "decay"].assign(at=lambda h: pd.to_datetime(h.created_at, utc=True))


@settings(max_examples=40)
@given(
    hours=st.integers(-24, 190 * 24), days=st.one_of(st.sampled_from([0.5, 7, 30, 365]), st.floats(0.01, 200)),
    zone=st.sampled_from(ZONES),
)  # fmt: skip
def test_hours_are_those_of_a_plain_calculation(
    hours: int, days: float, zone: str, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, history = practised
    at = SEPTEMBER + timedelta(hours=hours)
    window = history[(history["at"] >= at - timedelta(days=days)) & (history["at"] <= at)]
    found = MasteryService(service).get_practice_hours(learner, days, zone, at=at)
    local = window["at"].dt.tz_convert(zone).dt.tz_localize(None).dt.floor("h")
    expected = window.groupby(local).agg(
        observations=("delta", "size"),
        graded=("is_correct", "count"),
        correct=("is_correct", lambda answers: int((answers == True).sum())),  # noqa: E712 - elsewhere None
        gained=("delta", lambda deltas: deltas.clip(lower=0).sum()),
        lost=("delta", lambda deltas: deltas.clip(upper=0).sum()),
        outside=("session_id", lambda sessions: int(sessions.isna().sum())),
    )
    assert list(found.columns) == COLUMNS
    assert found.hour.tolist() == expected.index.tolist()
    for column in ("observations", "graded", "correct", "outside"):
        assert found[column].tolist() == expected[column].tolist()
    for column in ("gained", "lost"):
        assert found[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-12)


@settings(max_examples=40)
@given(hours=st.integers(-24, 190 * 24), days=st.sampled_from([0.5, 1, 7, 30, 365]), zone=st.sampled_from(ZONES))
def test_days_practised_are_days_of_the_viewers_clock(
    hours: int, days: float, zone: str, service: Database, practised: tuple[str, pd.DataFrame]
) -> None:
    learner, history = practised
    at = SEPTEMBER + timedelta(hours=hours)
    found = MasteryService(service).get_period_insights(learner, {}, days, 2, at=at, zone=zone)
    for number, insights in enumerate(found):
        until = at - number * timedelta(days=days)
        ended = history["at"] < until if number else history["at"] <= until
        window = history[(history["at"] >= until - timedelta(days=days)) & ended]
        assert insights.days_practiced == window["at"].dt.tz_convert(zone).dt.date.nunique()


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("UTC", ["2024-10-26T23", "2024-10-27T00", "2024-10-27T01"]),
        ("Europe/Berlin", ["2024-10-27T01", "2024-10-27T02"]),  # two o'clock came twice
        ("Asia/Kolkata", ["2024-10-27T05", "2024-10-27T06"]),  # half an hour beside the others
    ],
)
def test_an_hour_is_one_of_the_viewers_clock(
    zone: str, clock: list[str], mastery: MasteryService, learner: str
) -> None:
    for minutes in (-15, 15, 75):
        at = datetime(2024, 10, 27, tzinfo=UTC) + timedelta(minutes=minutes)
        mastery.update_mastery(learner, "a", "correct", at=at)
    found = mastery.get_practice_hours(learner, zone=zone, at=datetime(2024, 11, 1, tzinfo=UTC))
    assert found.hour.tolist() == [pd.Timestamp(hour) for hour in clock]
    assert found.observations.sum() == found.outside.sum() == 3


def test_no_practice_is_no_hour_and_the_columns_stay(mastery: MasteryService, learner: str) -> None:
    for at in (None, SEPTEMBER, datetime(1970, 1, 1, tzinfo=UTC)):
        found = mastery.get_practice_hours(learner, at=at)
        assert found.empty
        assert list(found.columns) == COLUMNS
        assert found.hour.dtype == "datetime64[s]"
        assert found.observations.dtype == "int64"


def test_a_reset_is_no_practice(service: Database, mastery: MasteryService, learner: str, query: Query) -> None:
    query(
        "insert into student_mastery (user_id, concept_tag, mastery_score, last_assessed_at)"
        " values (%(id)s, 'a', 0.9, %(at)s)",
        id=learner,
        at=SEPTEMBER,
    )
    service.call("backfill", learner=learner)
    assert mastery.get_practice_hours(learner, at=SEPTEMBER + timedelta(hours=1)).empty


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "x" * 10_000, "a'b"])
def test_a_zone_that_there_is_not_is_refused(zone: str, mastery: MasteryService, learner: str) -> None:
    mastery.update_mastery(learner, "a", "correct", at=SEPTEMBER)
    with pytest.raises(InvalidInput, match="time zone") as refused:
        mastery.get_practice_hours(learner, zone=zone, at=SEPTEMBER)
    assert len(str(refused.value)) < 250


def test_hours_are_ones_own(transport: Transport, learner: str, person: Callable[[], str]) -> None:
    with pytest.raises(NotFound, match="no such person"):
        MasteryService(transport.acting_as(person())).get_practice_hours(learner)
