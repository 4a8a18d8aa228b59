"""The people of this installation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mastery_core.database.protocol import Database

DEFAULT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. ``first_activity`` and ``time_zone`` are filled for one person, not in lists."""

    id: str
    display_name: str
    role: str
    cohorts: tuple[str, ...] = ()
    interactions: int = 0
    last_activity: datetime | None = None
    first_activity: datetime | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The people asked for, at most the limit, and how many there are in all."""

    people: list[Person]
    total: int


class Directory:
    """Who is here, asked through a database that may see everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def people(self, search: str | None = None, limit: int = DEFAULT_LIMIT) -> list[Person]:
        """The people whose name holds ``search``, at most ``limit``."""
        return self.find(search, limit).people

    def find(self, search: str | None = None, limit: int = DEFAULT_LIMIT) -> Found:
        """As ``people``, with the number of all who match."""
        answer = self._database.call("people", search=search or None, max_people=limit)
        return Found([_person(each) for each in answer["people"]], int(answer["total"]))

    def person(self, person_id: str) -> Person:
        """One person. Raises NotFound."""
        return _person(self._database.call("person", person=person_id))


def _person(row: dict[str, Any]) -> Person:
    return Person(
        id=row["id"],
        display_name=row["display_name"],
        role=row["role"],
        cohorts=tuple(row["cohorts"]),
        interactions=int(row["interactions"]),
        last_activity=_moment(row["last_activity"]),
        first_activity=_moment(row.get("first_activity")),
        time_zone=row.get("time_zone"),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
