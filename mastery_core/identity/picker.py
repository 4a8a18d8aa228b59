"""Whom one may pick at the sign-in, laid out by role and cohort."""

from dataclasses import dataclass
from itertools import groupby

from mastery_core.identity.directory import Found, Person

# Few first: whoever looks for a name among the learners has the search.
_ROLE_TITLES = {
    "admin": "Administrators",
    "instructor": "Instructors",
    "researcher": "Researchers",
    "student": "Students",
}
_NO_COHORT = "Without a cohort"


@dataclass(frozen=True, slots=True)
class Group:
    """People under one heading; the heading is empty where the role says enough."""

    title: str
    people: list[Person]


@dataclass(frozen=True, slots=True)
class Section:
    """One role and its groups."""

    title: str
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class Picker:
    """What the sign-in page shows for one search."""

    sections: list[Section]
    shown: int
    total: int

    @property
    def is_cut(self) -> bool:
        return self.shown < self.total


def picker(found: Found) -> Picker:
    """The people found, by role, and the students among them by cohort: once in each that they are in."""
    by_role = sorted(found.people, key=lambda person: _role_order(person.role))
    sections = [
        Section(_role_title(role), _groups(role, list(people)))
        for role, people in groupby(by_role, key=lambda person: person.role)
    ]
    return Picker(sections, len(found.people), found.total)


def _groups(role: str, people: list[Person]) -> list[Group]:
    if role != "student" or not any(person.cohorts for person in people):
        return [Group("", people)]
    cohorts = sorted({cohort for person in people for cohort in person.cohorts})
    groups = [Group(cohort, [person for person in people if cohort in person.cohorts]) for cohort in cohorts]
    rest = [person for person in people if not person.cohorts]
    return [*groups, Group(_NO_COHORT, rest)] if rest else groups


def _role_order(role: str) -> tuple[int, str]:
    order = list(_ROLE_TITLES)
    return (order.index(role) if role in order else len(order), role)


def _role_title(role: str) -> str:
    return _ROLE_TITLES.get(role, role.replace("_", " ").capitalize())
