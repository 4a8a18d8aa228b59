"""The people of this installation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mastery_core.concept import check_name
from mastery_core.database.protocol import Database

DEFAULT_LIMIT = 200
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. What stands after ``last_activity`` is filled for one person, not in lists.

    ``compares``: whether they want to see themselves beside their group; ``in_research``: whether what they do may go to researchers,
    under another name: that nobody else is told.
    """

    id: str
    display_name: str
    role: str
    cohorts: tuple[str, ...] = ()
    interactions: int = 0
    last_activity: datetime | None = None
    first_activity: datetime | None = None
    time_zone: str | None = None
    weak_below: float | None = None
    mastered_from: float | None = None
    compares: bool = False
    in_research: bool = True


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

    def set_profile(
        self,
        person_id: str,
        *,
        display_name: str,
        time_zone: str | None,
        weak_below: float | None,
        mastered_from: float | None,
        compares: bool,
    ) -> Person:
        """Change a person's profile. None: what the house has, and for the time zone what their browser says.

        Thresholds are shares, the weak one below the mastered one. Raises InvalidInput.
        """
        name = check_name(display_name, "name", LONGEST_NAME)
        saved = self._database.call(
            "set_profile",
            person=person_id,
            display_name=name,
            time_zone=time_zone,
            weak_below=weak_below,
            mastered_from=mastered_from,
            compares=compares,
        )
        return _person(saved)

    def take_part(self, learner_id: str, *, in_research: bool) -> None:
        """Say whether what a learner does may go to researchers, under another name: from the next extract on."""
        self._database.call("take_part", learner=learner_id, in_research=in_research)


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
        weak_below=row.get("weak_below"),
        mastered_from=row.get("mastered_from"),
        compares=row.get("compares", False),
        in_research=row.get("in_research") is not False,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
