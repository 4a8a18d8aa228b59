"""Who somebody is, who teaches whom, and that both count from the next query on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, NotAllowed, NotFound

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Query = Callable[..., list[dict[str, Any]]]
Make = Callable[..., str]


@pytest.fixture
def make(service: Database, query: Query, import_row: Callable[..., Any]) -> Make:
    """Somebody new: a role given or in a cohort, and a name; who is a student has practised."""

    def make(
        name: str = "Somebody", *, given: str = "student", cohort: str | None = None, role: str = "student"
    ) -> str:
        person = str(uuid4())
        query(
            "insert into auth.users (id, email, raw_user_meta_data)"
            " values (%(id)s, %(email)s, jsonb_build_object('display_name', %(name)s::text, 'role', 'admin'))",
            id=person, email=f"{person}@roles.example", name=name,
        )  # fmt: skip
        if role == "student":
            service.call("import_outcomes", rows=[import_row(person, "Mean", "correct", NOON)])
        if cohort:
            service.call("add_to_cohort", cohort=cohort, person=person, role=role, create_missing=True)
        service.call("grant_role", person=person, role=given)
        return person

    return make


@pytest.fixture
def cohort() -> str:
    return f"Cohort {uuid4()}"


def sees(caller: Database, person: str) -> bool:
    try:
        return bool(caller.call("learner_mastery", learner=person)["concept_tag"])
    except NotFound:
        return False


def test_an_instructor_sees_students_until_either_leaves(
    make: Make, cohort: str, database: EmbeddedDatabase, service: Database
) -> None:
    learner, teacher = make(cohort=cohort), make(cohort=cohort, role="instructor")
    caller = database.acting_as(teacher)
    assert sees(caller, learner)
    service.call("remove_from_cohort", cohort=cohort, person=learner)
    assert not sees(caller, learner)
    service.call("add_to_cohort", cohort=cohort, person=learner)
    assert sees(caller, learner)
    service.call("add_to_cohort", cohort=cohort, person=teacher, role="student")
    assert not sees(caller, learner)


def test_an_instructor_does_not_see_the_practice_of_who_teaches_beside_them(
    make: Make, cohort: str, database: EmbeddedDatabase, service: Database
) -> None:
    learner, teacher = make(cohort=cohort), make(cohort=cohort, role="instructor")
    service.call("add_to_cohort", cohort=cohort, person=learner, role="instructor")
    assert not sees(database.acting_as(teacher), learner)


def test_an_archived_cohort_is_still_taught(make: Make, cohort: str, database: EmbeddedDatabase, query: Query) -> None:
    learner, teacher = make(cohort=cohort), make(cohort=cohort, role="instructor")
    query("update cohorts set archived_at = now() where name = %(name)s", name=cohort)
    caller = database.acting_as(teacher)
    assert sees(caller, learner)
    [listed] = caller.call("list_cohorts")
    assert (listed["name"], listed["students"], listed["instructors"]) == (cohort, 1, 1)
    assert listed["archived_at"]


def test_of_a_learners_cohorts_an_instructor_is_told_those_they_teach(
    make: Make, cohort: str, database: EmbeddedDatabase, service: Database
) -> None:
    learner, teacher = make(cohort=cohort), make(cohort=cohort, role="instructor")
    service.call("add_to_cohort", cohort=f"{cohort} elsewhere", person=learner, create_missing=True)
    assert database.acting_as(teacher).call("person", person=learner)["cohorts"] == [cohort]
    assert database.acting_as(learner).call("person", person=learner)["cohorts"] == [cohort, f"{cohort} elsewhere"]


def test_the_role_is_the_one_given_else_that_in_the_cohorts(
    make: Make, cohort: str, database: EmbeddedDatabase, query: Query
) -> None:
    def role_of(person: str) -> str:
        role: str = database.acting_as(person).call("person", person=person)["role"]
        return role

    assert role_of(make(cohort=cohort)) == "student"
    assert role_of(make(cohort=cohort, role="instructor")) == "instructor"
    assert role_of(make(given="researcher", cohort=cohort, role="instructor")) == "researcher"
    made_up = make()
    query("""update auth.users set raw_app_meta_data = '{"role": "king"}' where id = %(id)s""", id=made_up)
    assert role_of(made_up) == "student"


def test_what_people_write_about_themselves_gives_them_nothing(make: Make, database: EmbeddedDatabase) -> None:
    caller = database.acting_as(make())  # whose own data say admin
    with pytest.raises(NotAllowed, match="for administrators"):
        caller.call("people")


def test_a_researcher_has_a_name_and_no_rows(make: Make, cohort: str, database: EmbeddedDatabase) -> None:
    learner = make(cohort=cohort)
    researcher = make("Rosa", given="researcher", cohort=cohort, role="instructor")
    caller = database.acting_as(researcher)
    assert caller.call("person", person=researcher)["display_name"] == "Rosa"
    assert caller.call("list_cohorts") == []
    assert not sees(caller, learner)
    practised = make(given="researcher")
    assert not sees(database.acting_as(practised), practised)


def test_a_role_counts_from_the_next_query_on(make: Make, database: EmbeddedDatabase, service: Database) -> None:
    learner, keeper = make(), make()
    caller = database.acting_as(keeper)
    assert not sees(caller, learner)
    assert service.call("grant_role", person=keeper, role="admin")["role"] == "admin"
    assert sees(caller, learner)
    assert caller.call("grant_role", person=learner, role="researcher")["role"] == "researcher"
    assert service.call("grant_role", person=keeper, role="student")["role"] == "student"
    assert not sees(caller, learner)


def test_a_role_that_cannot_be_granted_is_said(service: Database, make: Make) -> None:
    with pytest.raises(InvalidInput, match='Unknown role "king": use one of admin, instructor, researcher, student'):
        service.call("grant_role", person=make(), role="king")
    with pytest.raises(NotFound, match="no such person"):
        service.call("grant_role", person=str(uuid4()), role="admin")


def test_the_last_administrator_does_not_step_back(
    make: Make, database: EmbeddedDatabase, service: Database, query: Query
) -> None:
    for row in query("select id from auth.users where raw_app_meta_data ->> 'role' = 'admin'"):
        service.call("grant_role", person=row["id"], role="student")
    one, other = make(given="admin"), make(given="admin")
    database.acting_as(one).call("grant_role", person=one, role="instructor")
    with pytest.raises(InvalidInput, match="last administrator"):
        database.acting_as(other).call("grant_role", person=other, role="student")
    assert database.acting_as(other).call("person", person=other)["role"] == "admin"
    assert service.call("grant_role", person=other, role="student")["role"] == "student"


def test_people_are_found_by_id_mail_and_name_else_by_part_of_it(make: Make, service: Database) -> None:
    name = f"Zoë {uuid4().hex}"
    person, longer = make(name), make(f"{name} Ångström")

    def found(who: str, **more: Any) -> tuple[bool, int, set[str]]:
        answer = service.call("find_people", who=who, **more)
        return answer["exact"], answer["total"], {each["id"] for each in answer["people"]}

    for exactly in (person, person.upper(), f"{person}@roles.example", f" {name.upper()} "):
        assert found(exactly) == (True, 1, {person})
    assert found(name[:-3]) == (False, 2, {person, longer})
    exact, total, some = found(name[:-3], max_people=1)
    assert (exact, total, len(some)) == (False, 2, 1)
    assert found(str(uuid4())) == (False, 0, set())
    make(name)
    assert found(name)[:2] == (True, 2)


def test_a_cohort_says_who_is_in_it_to_those_who_teach_it(
    make: Make, cohort: str, database: EmbeddedDatabase, service: Database
) -> None:
    learner, teacher = make("Ada", cohort=cohort), make("Tom", cohort=cohort, role="instructor")
    [listed] = database.acting_as(teacher).call("list_cohorts")
    members = database.acting_as(teacher).call("cohort_people", cohort=listed["id"])
    assert [(each["id"], each["role"]) for each in members] == [(teacher, "instructor"), (learner, "student")]
    assert database.acting_as(learner).call("list_cohorts") == []
    with pytest.raises(NotFound, match="no such cohort"):
        database.acting_as(learner).call("cohort_people", cohort=listed["id"])


def test_joining_a_cohort_says_whether_it_changed_anything(make: Make, cohort: str, service: Database) -> None:
    person = make()

    def add(**more: Any) -> bool:
        changed: bool = service.call("add_to_cohort", cohort=cohort, person=person, **more)["changed"]
        return changed

    with pytest.raises(NotFound, match="no cohort"):
        add()
    assert add(create_missing=True)
    assert not add()
    assert add(role="instructor")
    with pytest.raises(InvalidInput, match="use one of instructor, student"):
        add(role="admin")
    with pytest.raises(InvalidInput, match="needs a name"):
        service.call("add_to_cohort", cohort=" ", person=person, create_missing=True)
    with pytest.raises(NotFound, match="no such person"):
        service.call("add_to_cohort", cohort=cohort, person=str(uuid4()))
    assert service.call("remove_from_cohort", cohort=cohort, person=person)["changed"]
    assert not service.call("remove_from_cohort", cohort=cohort, person=person)["changed"]
