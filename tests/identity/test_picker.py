from mastery_core.identity.directory import Found, Person
from mastery_core.identity.picker import picker


def _found(*people: Person, total: int | None = None) -> Found:
    return Found(list(people), len(people) if total is None else total)


def _person(name: str, role: str = "student", *cohorts: str) -> Person:
    return Person(name.lower(), name, role, cohorts)


def test_people_are_grouped_by_role_with_the_few_before_the_many() -> None:
    laid_out = picker(
        _found(_person("Ada"), _person("Bo", "guest_speaker"), _person("Cy", "instructor"), _person("Di"))
    )

    assert [section.title for section in laid_out.sections] == ["Instructors", "Students", "Guest speaker"]


def test_students_are_grouped_by_cohort_and_the_rest_come_last() -> None:
    students = picker(
        _found(_person("Ada"), _person("Ben", "student", "B", "A"), _person("Cy", "student", "B"))
    ).sections[0]

    names = [(group.title, [person.display_name for person in group.people]) for group in students.groups]
    assert names == [("A", ["Ben"]), ("B", ["Ben", "Cy"]), ("Without a cohort", ["Ada"])]


def test_students_without_any_cohort_need_no_heading() -> None:
    assert [group.title for group in picker(_found(_person("Ada"))).sections[0].groups] == [""]


def test_the_list_says_when_it_is_cut() -> None:
    assert picker(_found(_person("Ada"), total=470)).is_cut
    assert not picker(_found(_person("Ada"))).is_cut
