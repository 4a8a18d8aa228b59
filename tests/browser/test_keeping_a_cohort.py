"""Keeping a cohort in a browser: a long list of learners, whom one invites, and practice from a file that is taken back again."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.database import EmbeddedDatabase
from tests.browser import screens
from tests.browser.test_import_screen import button, check, choose, undo
from tests.conftest import Console

LINES = 5_000
WHAT_BECOMES_OF_LINES = re.compile("^What will become of each line")
NOT_FOUND = "There is no such cohort, or not one that you teach. Choose one of yours above."


@dataclass(frozen=True)
class Teacher:
    """Somebody who teaches a cohort of their own, and what they may do there."""

    id: str
    name: str
    cohort: str
    keeping: CohortKeeping


@pytest.fixture(scope="module")
def console_of_app(app_database: EmbeddedDatabase) -> Iterator[Console]:
    console = Console(app_database)
    yield console
    console.connection.close()


@pytest.fixture
def somebody(app_database: EmbeddedDatabase) -> Callable[[str], str]:
    """Make a person of that name, and return their id."""

    def make(name: str) -> str:
        person = str(uuid4())
        app_database.acting_as_service().call("add_person", person=person, display_name=name)
        return person

    return make


@pytest.fixture
def teacher(
    app_database: EmbeddedDatabase, somebody: Callable[[str], str], console_of_app: Console
) -> Iterator[Teacher]:
    """Their learners are gone after the test: the sign-in page lists people, and other tests look for theirs on it."""
    name = f"Ines {uuid4().hex[:8]}"
    person = somebody(name)
    app_database.acting_as_service().call("grant_role", person=person, role="instructor")
    keeping = CohortKeeping(app_database.acting_as(person))
    yield Teacher(person, name, keeping.create(f"Class of {name}"), keeping)
    console_of_app.query(
        "delete from auth.users where id in"
        " (select m.user_id from cohort_members m join cohorts c on c.id = m.cohort_id where c.name like '%%' || %(name)s)",
        name=name,
    )


@pytest.fixture
def opened(app_url: str, browser: Browser, teacher: Teacher) -> Callable[[str], Any]:
    """``with opened("manage") as page``: a screen of the teacher's cohort."""
    return lambda screen: screens.signed_in(browser, app_url, teacher.name, f"/{screen}?cohort={teacher.cohort}")


def upload(page: Page, name: str, text: str) -> None:
    file = FilePayload(name=name, mimeType="text/csv", buffer=text.encode())
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(file)


def a_long_list(known: list[str], elsewhere: list[str]) -> tuple[str, Counter[str]]:
    """A list with what becomes of its lines: of 5,000, some blank, repeated, quoted, not to be read, known, or of people unseen."""
    kinds: Counter[str] = Counter()
    lines = ["name,email"]

    def say(kind: str, line: str) -> None:
        kinds[kind] += 1
        lines.append(line)

    for email in known:
        say("add", f",{email.upper()}")
    for email in elsewhere:
        say("invite", f"Somebody,{email}")
    for place in range(120):
        say("problem", f"Name {place},not an address")
    new = 4_100
    for place in range(new // 2):
        say("new", f'"Lee ""Bo"", Ann {place}",ann.{place}@long.example')
        say("new", f"Cy Marsh {place},")
    for place in range(300):
        say("repeated", f"Another name,ANN.{place}@long.example")
    while len(lines) < LINES + 1:
        say("blank", " " * (len(lines) % 3))
    heading, *rest = lines
    random.Random(5).shuffle(rest)
    return "\r\n".join([heading, *_repeats_last(rest)]) + "\r\n", kinds


def _repeats_last(lines: list[str]) -> list[str]:
    """A line repeats an earlier one: those that do come after those that they repeat."""
    return sorted(lines, key=lambda line: line.startswith("Another name"))


def test_a_list_of_5000_lines_comes_in_as_it_was_previewed(
    opened: Callable[[str], Any],
    teacher: Teacher,
    somebody: Callable[[str], str],
    app_database: EmbeddedDatabase,
    console_of_app: Console,
) -> None:
    other_cohort = teacher.keeping.create(f"Another class of {teacher.name}")
    keeper, mark = app_database.acting_as_service(), uuid4().hex[:8]
    known, elsewhere = [], []
    for place in range(40):
        person, email = somebody(f"Person {place}"), f"p{place}.{mark}@there.example"
        console_of_app.query("update auth.users set email = %(email)s where id = %(id)s", email=email, id=person)
        (known if place < 30 else elsewhere).append(email)
        if place < 30:
            name = next(each["name"] for each in keeper.call("list_cohorts") if each["id"] == other_cohort)
            keeper.call("add_to_cohort", cohort=name, person=person)
    text, kinds = a_long_list(known, elsewhere)
    assert sum(kinds.values()) == LINES

    with opened("manage") as page:
        upload(page, "class.csv", text)
        add = page.get_by_role("button", name=re.compile("^group_add Add|^Add [0-9,]+ learner"))
        expect(add).to_be_visible()
        screens.settle(page)
        said = page.get_by_test_id("stMain").inner_text().replace("\n", " ")
        for kind, words in {
            "add": "to add", "new": "to make and add", "invite": "to invite", "repeated": "repeated", "problem": "that cannot be read",
        }.items():  # fmt: skip
            assert f"{kinds[kind]:,} {words}" in said, (kind, said)
        first = screens.table(page, WHAT_BECOMES_OF_LINES)[0]
        assert first["What happens"] == "⚠ cannot be read", "what needs somebody comes first"
        add.click()
        expect(page.get_by_test_id("stAlert").first).to_contain_text(f"{kinds['new']:,}")
        screens.settle(page)

    members, invitations = teacher.keeping.get_people(teacher.cohort)
    learners = [member for member in members if member.role == "student"]
    assert len(learners) == kinds["add"] + kinds["new"]
    assert {member.email for member in learners} >= set(known)
    assert {member.name for member in learners if member.email == "ann.7@long.example"} == {'Lee "Bo", Ann 7'}
    assert {each.addressee for each in invitations} == set(elsewhere)


def test_who_is_invited_is_in_the_cohort_once_they_accept(
    opened: Callable[[str], Any], app_url: str, browser: Browser, teacher: Teacher, somebody: Callable[[str], str]
) -> None:
    invited_name = f"Omar {uuid4().hex[:8]}"
    invited = somebody(invited_name)
    with (
        opened("manage") as theirs,
        screens.signed_in(browser, app_url, invited_name, "/profile") as page,
    ):
        assert invited in page.get_by_test_id("stMain").inner_text(), "their id is there to be told"
        field = theirs.get_by_role("textbox", name="Invite somebody to teach it with you")
        field.fill(invited)
        theirs.get_by_role("button", name="Invite", exact=True).click()
        expect(theirs.get_by_text(invited).first).to_be_visible()
        page.reload()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Manage", exact=True)).to_be_attached()
    members, invitations = teacher.keeping.get_people(teacher.cohort)
    assert [(each.id, each.role) for each in members if each.id == invited] == [(invited, "instructor")]
    assert invitations == []


def test_who_is_removed_meanwhile_keeps_nothing_by_the_next_click(
    opened: Callable[[str], Any], teacher: Teacher, app_database: EmbeddedDatabase, somebody: Callable[[str], str]
) -> None:
    keeper = app_database.acting_as_service()
    [name] = [each["name"] for each in keeper.call("list_cohorts") if each["id"] == teacher.cohort]
    teacher.keeping.create(f"What is left to {teacher.name}")
    learner_name = f"Pia {uuid4().hex[:8]}"
    keeper.call("add_to_cohort", cohort=name, person=somebody(learner_name))
    with opened("manage") as page:
        assert screens.table(page, re.compile("^The learners of the cohort"))[0]["Learner"] == learner_name
        keeper.call("remove_from_cohort", cohort=name, person=teacher.id)
        page.get_by_role("button", name="Archive").click()
        expect(page.get_by_text(NOT_FOUND)).to_be_visible()
        screens.settle(page)
        assert learner_name not in page.locator("body").inner_text()
    assert [each["archived_at"] for each in keeper.call("list_cohorts") if each["id"] == teacher.cohort] == [None]


# Practice from a file


def practice(learners: list[str], rows: int) -> FilePayload:
    """A file of answers of these learners, one a minute, in the last twenty days."""
    at = datetime.now(UTC) - timedelta(days=20)
    lines = ["learner,concept,outcome,at"]
    for row in range(rows):
        moment = at + timedelta(minutes=row % 28_000)
        lines.append(f"{learners[row % len(learners)]},Concept {row % 7},{row % 3 % 2},{moment:%Y-%m-%d %H:%M:%S}")
    return FilePayload(name="practice.csv", mimeType="text/csv", buffer="\n".join(lines).encode())


@pytest.fixture
def practised(teacher: Teacher, app_database: EmbeddedDatabase, somebody: Callable[[str], str]) -> list[str]:
    """Learners of the cohort who have practised already."""
    service, now = app_database.acting_as_service(), datetime.now(UTC)
    [cohort] = [each["name"] for each in service.call("list_cohorts") if each["id"] == teacher.cohort]
    people = [somebody(f"Learner {place} {teacher.name}") for place in range(5)]
    rows = [
        {"id": str(uuid4()), "learner": person, "learner_name": "", "concept": f"Concept {place % 3}", "outcome": "correct",
         "at": (now - timedelta(days=30 - place)).isoformat(), "session": None, "type": "quiz_attempt"}
        for person in people for place in range(25)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows, cohort=cohort)
    return people


@pytest.fixture
def all_there_is(console_of_app: Console, teacher: Teacher, practised: list[str]) -> Callable[[], Any]:
    """Everything that follows from the practice of the learners, row by row, who is in the cohort, and how many people there are."""

    def look() -> Any:
        tables = {person: console_of_app.tables_of(person) for person in practised}
        members = console_of_app.query(
            "select user_id, role from cohort_members where cohort_id = %(id)s order by user_id", id=teacher.cohort
        )
        return tables, members, console_of_app.query("select count(*) from auth.users")

    return look


def test_a_cancelled_import_leaves_every_score_and_everybody_as_they_were(
    opened: Callable[[str], Any], practised: list[str], all_there_is: Callable[[], Any]
) -> None:
    before = all_there_is()
    with opened("practice-import") as page:
        choose(page, practice([*practised, *(f"new{place}" for place in range(60))], 40_000))
        check(page)
        button(page, "Import 40,000 answers of 65 learners").click()
        button(page, "Cancel and take everything back").wait_for()
        while all_there_is() == before:
            page.wait_for_timeout(100)
        button(page, "Cancel and take everything back").click()
        expect(page.get_by_text("everything that had come in was taken back")).to_be_visible()
    assert all_there_is() == before


def test_an_undo_restores_every_score_exactly(
    opened: Callable[[str], Any], practised: list[str], all_there_is: Callable[[], Any]
) -> None:
    before = all_there_is()
    with opened("practice-import") as page:
        choose(page, practice([*practised, "somebody new"], 600))
        check(page)
        button(page, "Import 600 answers of 6 learners").click()
        expect(page.get_by_text("came in from")).to_be_visible()
        tables, members, _ = all_there_is()
        assert all(tables[person] != before[0][person] for person in practised)
        assert len(members) == len(before[1]) + 1
        undo(page)
    assert all_there_is() == before
