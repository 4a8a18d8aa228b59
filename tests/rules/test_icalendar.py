"""The review plan in a calendar, read as RFC 5545 says it is to be read."""

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mastery_core.icalendar import DayEntry, as_icalendar

STAMP = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300)
days = st.dates(date(1971, 1, 1), date(2100, 1, 1))


def file(entries: list[DayEntry], owner: str = "somebody") -> bytes:
    return as_icalendar(entries, name="Review plan", owner=owner, stamp=STAMP)


def events(content: bytes) -> list[dict[str, str]]:
    """Each event's properties, unfolded and unescaped by hand."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    found: list[dict[str, str]] = []
    for line in lines:
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and ":" in line and not line.startswith("END"):
            name, _, value = line.partition(":")
            found[-1][name] = re.sub(r"\\(.)", lambda hit: "\n" if hit[1] in "nN" else hit[1], value)
    return found


@given(st.lists(st.builds(DayEntry, days, texts, st.lists(texts, max_size=4).map("\n".join)), max_size=4))
def test_lines_end_fold_and_escape_as_the_standard_says(entries: list[DayEntry]) -> None:
    content = file(entries)
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    for line in content.split(b"\r\n"):
        line.decode()  # no letter is torn
    read = events(content)
    assert [event.get("SUMMARY", "") for event in read] == [entry.title for entry in entries]
    assert [event.get("DESCRIPTION", "") for event in read] == [entry.text for entry in entries]


def test_an_entry_takes_its_whole_day_and_keeps_nobody_busy() -> None:
    [event] = events(file([DayEntry(date(2026, 12, 31), "Practise", "3 right answers")]))
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == ("20261231", "20270101")
    assert event["DTSTAMP"] == "20261122T193000Z"
    assert event["TRANSP"] == "TRANSPARENT"


def test_what_the_standard_asks_of_a_file_is_there() -> None:
    content = file([])
    assert content.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//")


@given(days, days)
def test_a_persons_day_is_the_same_entry_in_every_file(one: date, other: date) -> None:
    def uid(day: date, title: str = "a", owner: str = "somebody") -> str:
        return events(file([DayEntry(day, title, "")], owner))[0]["UID"]

    assert uid(one) == uid(one, "changed")
    assert (uid(one) == uid(other)) == (one == other)
    assert uid(one) != uid(one, owner="somebody else")
    assert "somebody" not in uid(one)
    assert uid(one) != uid(one + timedelta(days=1))
