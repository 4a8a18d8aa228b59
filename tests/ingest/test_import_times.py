from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.errors import InvalidInput
from mastery_core.ingest.times import Clock

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THEN = datetime(2015, 11, 2, 19, 49, 38, tzinfo=UTC)

moments = st.datetimes(min_value=datetime(1970, 1, 3), max_value=datetime(2026, 5, 30))  # noqa: DTZ001
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "text",
    [
        "2015-11-02 19:49:38",
        "2015-11-02 19:49:38.0",
        "2015-11-02T19:49:38Z",
        "20151102T194938Z",
        " 2015-11-02T21:49:38+02:00 ",
        "1446493778",
        "1446493778.0",
        "1446493778000",
    ],
)
def test_iso_times_and_epoch_numbers_are_read(text):
    assert Clock("UTC", NOW).read(text) == THEN
    assert Clock("UTC", NOW).read(text).tzinfo is UTC


def test_a_time_without_a_zone_is_taken_in_the_one_named():
    clock = Clock("America/New_York", NOW)
    assert clock.read("2015-11-02 14:49:38") == THEN
    assert clock.read("2015-07-02 15:49:38") == datetime(2015, 7, 2, 19, 49, 38, tzinfo=UTC)
    assert clock.read("2015-11-02T19:49:38Z") == THEN
    assert clock.read("1446493778") == THEN


@given(moments, zones)
def test_a_time_written_in_any_zone_is_the_same_moment(moment, zone):
    aware = moment.replace(tzinfo=zone)
    assert Clock("UTC", NOW).read(aware.isoformat()) == aware


@given(moments)
def test_epoch_milliseconds_come_back(moment):
    milliseconds = int(moment.replace(tzinfo=UTC).timestamp() * 1000)
    if milliseconds >= 1e11:
        read = Clock("UTC", NOW).read(str(milliseconds))
        assert read == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "25:00", "2015-13-01 00:00:00", "2015-02-30", "11/02/2015 19:49", "2015-11-02 19:49:38 CET"),
        *("nan", "inf", "1e9", "0x10", "1_446_493_778", "9" * 30, "٢٠١٥"),
    ],
)
def test_what_is_no_time_is_refused_with_an_example_of_one(text):
    with pytest.raises(InvalidInput, match="is not a time; ISO 8601 such as"):
        Clock("UTC", NOW).read(text)


@pytest.mark.parametrize(
    "text", ["1969-12-31 23:59:59", "0001-01-01", "-1", "-5000000000000", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_before_1970_is_impossible(text):
    with pytest.raises(InvalidInput, match=r"before 1970|is not a time"):
        Clock("UTC", NOW).read(text)


def test_a_time_more_than_a_day_ahead_is_impossible():
    clock = Clock("UTC", NOW)
    assert clock.read("2026-06-02 12:00:00") == NOW + timedelta(days=1)
    for text in ("2026-06-02 12:00:01", "9999-12-31 23:59:59", "99999999999999999"):
        with pytest.raises(InvalidInput, match=r"is in the future|is not a time"):
            clock.read(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "America", "UTC\0", "Europe/Berlin "])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(InvalidInput, match="is not a time zone; names such as 'Europe/Berlin'"):
        Clock(name, NOW)
