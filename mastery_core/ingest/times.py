"""Times as files write them, turned into moments."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mastery_core.concept import shown
from mastery_core.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)  # clocks differ, and a zone left out is wrong by at most a day

# An epoch number from here on counts milliseconds: as seconds it would be after the year 5100, as these in 1973.
_MILLISECONDS_FROM = 1e11
_EPOCH_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]*)?")

_from_iso = datetime.fromisoformat


class Clock:
    """Reads times: ISO 8601 (with ``T`` or a space), or seconds or milliseconds since 1970.

    A time without a zone is taken in ``timezone``, an IANA name. Raises InvalidInput for a name that is not one.
    """

    def __init__(self, timezone: str = "UTC", now: datetime | None = None) -> None:
        self.zone = _zone(timezone)
        self.latest = (now or datetime.now(UTC)) + FUTURE_ALLOWED

    def read(self, text: str) -> datetime:
        """The moment, in UTC. Raises InvalidInput for text that is no time, and for a time that cannot be."""
        text = text.strip()
        try:
            moment = self._in_utc(_from_iso(text) if text[4:5] == "-" or "T" in text else _from_epoch(text))
        except (ValueError, OverflowError):
            raise InvalidInput(
                f"{shown(text)} is not a time; ISO 8601 such as '2026-01-31 14:05:00' or seconds since 1970 are."
            ) from None
        if moment < EPOCH:
            raise InvalidInput(f"The time {shown(text)} is before 1970.")
        if moment > self.latest:
            raise InvalidInput(f"The time {shown(text)} is in the future.")
        return moment

    def _in_utc(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _from_epoch(text: str) -> datetime:
    if not _EPOCH_NUMBER.fullmatch(text):
        raise ValueError(text)
    number = float(text)
    return EPOCH + (timedelta(milliseconds=number) if abs(number) >= _MILLISECONDS_FROM else timedelta(seconds=number))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(f"{shown(name)} is not a time zone; names such as 'Europe/Berlin' or 'UTC' are.") from None
