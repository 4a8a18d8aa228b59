"""Numbers and days as sentences say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mastery_core.model import Trend

NONE = "—"
KINDS = {
    "correct": "right answer",
    "incorrect": "wrong answer",
    "question": "asked a question",
    "explanation": "read an explanation",
    "reset": "set anew",
}
TRENDS = {Trend.IMPROVING: "↗ improving", Trend.STABLE: "→ steady", Trend.DECLINING: "↘ declining"}


def percent(share: float) -> str:
    return f"{share:.0%}"


def points(share: float, digits: int = 0) -> str:
    """A change of score in points (hundredths), with its sign."""
    rounded = round(share * 100, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def day(moment: datetime | date, beside: datetime, zone: ZoneInfo) -> str:
    """The viewer's day, with the year where it is another than that of ``beside``."""
    local = moment.astimezone(zone) if isinstance(moment, datetime) else moment
    year = "" if local.year == beside.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}"


def day_with_year(moment: datetime | date, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone) if isinstance(moment, datetime) else moment
    return f"{local.day} {local:%B %Y}"


def until(due: datetime, at: datetime, zone: ZoneInfo) -> str:
    """How many of the viewer's days from ``at`` to ``due``."""
    days = (due.astimezone(zone).date() - at.astimezone(zone).date()).days
    return ("today", "tomorrow")[days] if days < 2 else f"in {days} days"


def duration(minutes: float) -> str:
    """A time in whole minutes, and in hours from 1 on."""
    whole = round(minutes)
    if whole < 1:
        return "under a minute"
    hours, rest = divmod(whole, 60)
    return " ".join(([f"{hours:,} h"] if hours else []) + ([f"{rest} min"] if rest else []))
