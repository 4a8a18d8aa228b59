from datetime import UTC, datetime

import pytest

from mastery_core.database import Database
from mastery_core.errors import NotFound
from mastery_core.identity.directory import Directory

ADA = "00000000-0000-0000-0000-000000000001"


def test_people_come_by_name_at_most_the_limit_with_the_number_of_all(classroom: Database) -> None:
    directory = Directory(classroom)
    found = directory.find(limit=2)

    assert [person.display_name for person in found.people] == ["<b>Mark</b>", "Ada Okafor"]
    assert found.total == 3
    assert directory.people() == directory.find().people


def test_people_are_found_by_a_part_of_their_name(classroom: Database) -> None:
    assert [person.display_name for person in Directory(classroom).people("OKA")] == ["Ada Okafor"]


def test_one_person_comes_with_cohorts_and_activity(classroom: Database) -> None:
    ada = Directory(classroom).person(ADA)

    assert (ada.id, ada.display_name, ada.role, ada.cohorts) == (ADA, "Ada Okafor", "student", ("Statistics 2026",))
    assert ada.interactions == 1
    assert ada.first_activity == ada.last_activity == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_nobody_is_not_found(classroom: Database) -> None:
    with pytest.raises(NotFound):
        Directory(classroom).person("00000000-0000-0000-0000-0000000000ff")
