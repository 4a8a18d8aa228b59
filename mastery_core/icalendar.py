"""A plan as an iCalendar file (RFC 5545), which every calendar can import."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from icalendar import TRANSP, Calendar, Event

PRODUCT = "-//Mastery dashboard//Review plan//EN"
_NAMESPACE = UUID("5c1a4f8e-60b7-4d0e-9d4a-2f9d9d3c7b61")


@dataclass(frozen=True, slots=True)
class DayEntry:
    """What stands in a calendar on one day, all day long."""

    day: date
    title: str
    text: str


def as_icalendar(entries: Iterable[DayEntry], *, name: str, owner: str, stamp: datetime) -> bytes:
    """The file of these entries, one a day, made at ``stamp`` (UTC) for the person with the id ``owner``.

    A day of a person has the same UID in every file, so that a calendar which has an older one replaces its entry. The
    entries keep nobody busy.
    """
    calendar = Calendar.new(prodid=PRODUCT, name=name, uid=uuid5(_NAMESPACE, owner))
    for entry in entries:
        calendar.add_component(
            Event.new(
                uid=uuid5(_NAMESPACE, f"{owner} {entry.day.isoformat()}"),
                start=entry.day,
                end=entry.day + timedelta(days=1),
                summary=entry.title,
                description=entry.text,
                transparency=TRANSP.TRANSPARENT,
                stamp=stamp,
                last_modified=stamp,
            )
        )
    content: bytes = calendar.to_ical()
    return content
