"""Which moment a screen is asked at, on the clock of the one who looks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from mastery_core.identity.directory import Person

RECENT = timedelta(days=30)
STEADY = timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")
EARLIEST_DAY = date(1970, 1, 2)


def steady_now() -> datetime:
    """Now, the same for up to a minute while nothing is recorded: so what was drawn is not drawn anew, and a zoom stays."""
    now, pulse = datetime.now(UTC), st.session_state.get("pulse")
    kept_pulse, kept = st.session_state.get("steady_now", (None, now - STEADY))
    if pulse is None or pulse != kept_pulse or now - kept >= STEADY:
        st.session_state["steady_now"] = pulse, now
        return now
    return kept


def viewer_zone(person: Person) -> ZoneInfo:
    """The person's own time zone, else their browser's; UTC where it says none, or none that there is."""
    try:
        return ZoneInfo(person.time_zone or st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_names(*others: str) -> list[str]:
    """The time zones to choose from, by name: those of places, UTC and the ``others``."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return sorted(places | {UTC_ZONE.key, *others})


def is_long_ago(last_activity: datetime, now: datetime) -> bool:
    return last_activity < now - RECENT


def opening_day(last_activity: datetime, now: datetime, zone: ZoneInfo) -> date:
    """Today, or the day of the last activity where that is long ago; none before ``EARLIEST_DAY``, which no screen offers."""
    day = (last_activity if is_long_ago(last_activity, now) else now).astimezone(zone).date()
    return max(EARLIEST_DAY, day)


def moment_of(day: date, last_activity: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the viewer's ``day``, but never later than now, and right after a last activity of long ago."""
    if is_long_ago(last_activity, now) and day == last_activity.astimezone(zone).date():
        return last_activity
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return min(midnight.astimezone(UTC) - timedelta(microseconds=1), now)


def days_since(first_activity: datetime | None, moment: datetime) -> int:
    """Whole days that hold everything from the first activity to ``moment``; at least one."""
    elapsed = moment - (first_activity or moment)
    return max(1, -(-elapsed // timedelta(days=1)))
