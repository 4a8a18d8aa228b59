"""Keeping a cohort: nobody comes into somebody's sight but by their own doing, and a list does what its preview said."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mastery_core.cohort_keeping import Added, CohortKeeping, RosterPlan, Verdict
from mastery_core.cohort_service import CohortService
from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound
from mastery_core.ingest.ids import cohort_learner_id
from mastery_core.roster import read_roster
from tests.local_supabase import Transport
from tests.local_supabase.auth_double import IDENTITIES

Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True, params=["project"])
def house(request: pytest.FixtureRequest, query: Query) -> Iterator[str]:
    """Which house it is to be: a project, whose sign-in keeps accounts, or the embedded one."""
    [before] = query("select to_regclass('auth.identities') is not null as is_project")
    become(query, request.param == "project")
    yield request.param
    become(query, before["is_project"])


def become(query: Query, is_project: bool) -> None:  # noqa: FBT001
    if is_project:
        query(IDENTITIES)  # type: ignore[arg-type]
    else:
        query("drop table if exists auth.identities")


both_houses = pytest.mark.parametrize("house", ["project", "embedded"], indirect=True)
embedded_house = pytest.mark.parametrize("house", ["embedded"], indirect=True)


class People:
    """Makes people and cohorts, and asks as them."""

    def __init__(self, transport: Transport, service: Database, query: Query) -> None:
        self.transport, self.service, self.query = transport, service, query

    def person(self, name: str = "Somebody", email: str | None = None, role: str | None = None) -> str:
        person = str(uuid4())
        self.query(
            "insert into auth.users (id, email, raw_user_meta_data, raw_app_meta_data) values (%(id)s, %(email)s,"
            " jsonb_build_object('display_name', %(name)s::text), jsonb_strip_nulls(jsonb_build_object('role', %(role)s::text)))",
            id=person, email=email, name=name, role=role,
        )  # fmt: skip
        return person

    def keeping(self, person: str) -> CohortKeeping:
        return CohortKeeping(self.transport.acting_as(person))

    def join(self, cohort: str, person: str, role: str = "student") -> None:
        self.query(
            "insert into cohort_members (cohort_id, user_id, role) values (%(cohort)s, %(person)s, %(role)s)",
            cohort=cohort, person=person, role=role,
        )  # fmt: skip

    def sees(self, asker: str, person: str) -> bool:
        try:
            return bool(self.transport.acting_as(asker).call("person", person=person)["id"] == person)
        except NotFound:
            return False

    def roles(self, cohort: str) -> dict[str, str]:
        rows = self.query("select user_id, role from cohort_members where cohort_id = %(cohort)s", cohort=cohort)
        return {str(row["user_id"]): row["role"] for row in rows}


class Class(NamedTuple):
    id: str
    teacher: str
    keeping: CohortKeeping


@pytest.fixture
def people(transport: Transport, service: Database, query: Query) -> People:
    return People(transport, service, query)


@pytest.fixture
def new_class(people: People) -> Callable[[], Class]:
    def make() -> Class:
        teacher = people.person(f"Teacher {uuid4()}", role="instructor")
        keeping = people.keeping(teacher)
        return Class(keeping.create(f"Class {uuid4()}"), teacher, keeping)

    return make


@pytest.fixture
def mine(new_class: Callable[[], Class]) -> Class:
    return new_class()


@pytest.fixture
def other(new_class: Callable[[], Class]) -> Class:
    return new_class()


def verdicts(plan: RosterPlan) -> list[Verdict]:
    return [line.verdict for line in plan.lines]


def planned(group: Class, text: str, *, make_new: bool = True) -> RosterPlan:
    return group.keeping.plan(group.id, read_roster(text), make_new=make_new)


# --- the cohort ---


def test_who_makes_a_cohort_teaches_it(people: People) -> None:
    for role in ("instructor", "admin"):
        maker = people.person(role=role)
        made = people.keeping(maker).create("  Made by " + maker)
        assert people.roles(made) == {maker: "instructor"}
        assert CohortService(people.transport.acting_as(maker)).get_span(made).name == f"Made by {maker}"
    assert people.roles(CohortKeeping(people.service).create(f"Of the service {uuid4()}")) == {}


def test_who_teaches_without_the_role_may_make_cohorts_too(mine: Class, people: People) -> None:
    assistant = people.person()
    people.join(mine.id, assistant, "instructor")
    assert people.roles(people.keeping(assistant).create(f"Next {uuid4()}")) == {assistant: "instructor"}


@pytest.mark.parametrize("role", ["student", "researcher"])
def test_nobody_else_makes_a_cohort(role: str, mine: Class, people: People) -> None:
    person = people.person(role=role)
    people.join(mine.id, person)
    with pytest.raises(NotAllowed, match="instructors and administrators"):
        people.keeping(person).create(f"Never {uuid4()}")


def test_the_same_cohort_again_stays_as_it_is(mine: Class, other: Class, people: People) -> None:
    ask, cohort = people.transport.acting_as(mine.teacher), str(uuid4())
    first = ask.call("create_cohort", cohort=cohort, name=f"One {cohort}")
    assert ask.call("create_cohort", cohort=cohort, name=f"One {cohort}") == first
    theirs = people.transport.acting_as(other.teacher).call("create_cohort", cohort=cohort, name=f"Two {cohort}")
    assert len({first["id"], theirs["id"], cohort}) == 3, "nobody chooses the id of a cohort"
    assert people.roles(first["id"]) == {mine.teacher: "instructor"}
    assert people.roles(theirs["id"]) == {other.teacher: "instructor"}
    CohortKeeping(people.service).remove(first["id"], mine.teacher)
    with pytest.raises(NotFound):
        ask.call("create_cohort", cohort=cohort, name=f"One {cohort}")
    of_service = people.service.call("create_cohort", cohort=cohort, name=f"Three {cohort}")
    assert of_service["id"] == cohort


def test_a_name_is_of_one_cohort(mine: Class, people: People) -> None:
    name = f"Taken {uuid4()}"
    mine.keeping.create(name)
    for change in (mine.keeping.create, lambda name: mine.keeping.rename(mine.id, name)):
        with pytest.raises(InvalidInput, match=f'The name "{name}" is taken; choose another'):
            change(name)
        for wrong in (" ", "n" * 201, "a\u202eb"):
            with pytest.raises(InvalidInput, match="cohort"):
                change(wrong)
            with pytest.raises(InvalidInput, match="cohort"):
                people.transport.acting_as(mine.teacher).call("rename_cohort", cohort=mine.id, name=wrong)
    mine.keeping.rename(mine.id, name[::-1])
    mine.keeping.rename(mine.id, name[::-1])
    assert CohortService(mine.keeping.database).get_span(mine.id).name == name[::-1]


def test_a_cohort_in_the_archive_takes_nobody_in(mine: Class, people: People) -> None:
    member, invited, removed = people.person(), people.person(), people.person()
    people.join(mine.id, member)
    people.join(mine.id, removed)
    mine.keeping.remove(mine.id, removed)
    mine.keeping.invite(mine.id, invited, "student")
    plan = planned(mine, "Ann Lee")
    mine.keeping.archive(mine.id)
    mine.keeping.archive(mine.id)
    for add in (
        lambda: mine.keeping.add(mine.id, plan),
        lambda: mine.keeping.invite(mine.id, "a@x.edu"),
        lambda: mine.keeping.put_back(mine.id, removed),
    ):
        with pytest.raises(InvalidInput, match="archived"):
            add()
    assert people.keeping(invited).my_invitations() == []
    with pytest.raises(NotFound):
        people.keeping(invited).answer(mine.id, accept=True)
    assert people.sees(mine.teacher, member)
    mine.keeping.unarchive(mine.id)
    assert mine.keeping.add(mine.id, plan) == Added(0, 1, 0)
    people.keeping(invited).answer(mine.id, accept=True)


@pytest.mark.parametrize("who", ["a stranger", "a student of it", "another teacher", "a researcher", "who taught it"])
def test_a_cohort_is_kept_by_those_who_teach_it_alone(who: str, mine: Class, other: Class, people: People) -> None:
    person = other.teacher if who == "another teacher" else people.person(role="researcher" if "res" in who else None)
    if who in {"a student of it", "who taught it"}:
        people.join(mine.id, person, "student" if "student" in who else "instructor")
    if who == "who taught it":
        mine.keeping.remove(mine.id, person)
    keeping, before = people.keeping(person), people.roles(mine.id)
    attempts: list[Callable[[], Any]] = [
        lambda: keeping.rename(mine.id, "Mine now"),
        lambda: keeping.archive(mine.id),
        lambda: keeping.get_people(mine.id),
        lambda: keeping.plan(mine.id, read_roster("Ann")),
        lambda: keeping.add(mine.id, mine.keeping.plan(mine.id, read_roster("Ann"))),
        lambda: keeping.remove(mine.id, mine.teacher),
        lambda: keeping.put_back(mine.id, person),
        lambda: keeping.invite(mine.id, person),
        lambda: keeping.withdraw(mine.id, "a@x.edu"),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound, match="no such cohort, or not one you may see"):
            attempt()
    assert people.roles(mine.id) == before


# --- a list ---


@both_houses
def test_a_list_says_line_by_line_what_it_comes_to(house: str, mine: Class, other: Class, people: People) -> None:
    tag = uuid4().hex
    there, two, seen = people.person(f"There {tag}"), people.person(f"Two {tag}"), people.person("Seen", f"S@{tag}.edu")
    people.join(mine.id, there)
    elsewhere = mine.keeping.create(f"Elsewhere {tag}")
    for person in (two, people.person(f"two {tag}"), seen, people.person(f"There {tag}")):
        people.join(elsewhere, person)
    known = people.person("Other", f"other@{tag}.edu")
    people.join(other.id, known)
    text = f"""name;email;id
There {tag}
there {tag};;{there}
Two {tag}
;s@{tag}.edu;
Ann {tag}

ann {tag}
;other@{tag}.edu
;new@{tag}.edu
;;{known}
"Bad
Me;;{mine.teacher}
"""
    plan = planned(mine, text)
    made = Verdict.NEW if house == "embedded" else Verdict.INVITE
    assert [(line.line, str(line.verdict)) for line in plan.lines] == [
        (2, "repeated"), (3, "already"), (4, "ambiguous"), (5, "add"), (6, "new"), (8, "repeated"), (9, "invite"), (10, made), (11, "invite"),
        (12, "problem"), (13, "already"),
    ]  # fmt: skip
    assert [plan.lines[n].why for n in (0, 2, 3, 4)] == [
        "The same as line 3; nothing more comes of it.",
        f"Several people may be meant by Two {tag}: give an e-mail address or an id.",
        "Seen is added.",
        f"A new learner called Ann {tag} is made and added.",
    ]
    assert [plan.lines[n].person for n in (1, 3, 4, 6)] == [there, seen, None, None]
    assert people.roles(mine.id) == {mine.teacher: "instructor", there: "student"}, "a plan changes nothing"
    without = planned(mine, text, make_new=False)
    assert [str(line.verdict) for line in without.lines[4:9]] == [
        "unknown", "unknown", "invite", "unknown" if house == "embedded" else "invite", "unknown",
    ]  # fmt: skip

    added = mine.keeping.add(mine.id, plan)
    assert added == (Added(1, 2, 2) if house == "embedded" else Added(1, 1, 3))
    members, invitations = mine.keeping.get_people(mine.id)
    ann = next(member for member in members if member.name == f"Ann {tag}")
    assert ann.id == cohort_learner_id(mine.id, f"Ann {tag}")
    assert members[0].id == mine.teacher
    assert members[0].role == "instructor"
    assert {each.addressee for each in invitations} >= {f"other@{tag}.edu", known}
    assert (f"new@{tag}.edu" in {member.email for member in members}) == (house == "embedded")
    assert known not in people.roles(mine.id)


@embedded_house
def test_a_name_alone_means_who_joins_with_an_address(mine: Class, people: People) -> None:
    tag = uuid4().hex
    plan = planned(mine, f"Ann\nAnn <ann@{tag}.edu>\nBo\nBo <bo@{tag}.edu>\nBo <bob@{tag}.edu>")
    assert [str(verdict) for verdict in verdicts(plan)] == ["repeated", "new", "ambiguous", "new", "new"]
    assert mine.keeping.add(mine.id, plan) == Added(0, 3, 0)
    assert {each.email for each in mine.keeping.get_people(mine.id)[0]} == {
        None, f"ann@{tag}.edu", f"bo@{tag}.edu", f"bob@{tag}.edu",
    }  # fmt: skip


@both_houses
def test_a_name_that_two_may_have_is_ambiguous(house: str, mine: Class, people: People) -> None:
    tag = uuid4().hex
    people.join(mine.keeping.create(f"Elsewhere {tag}"), people.person(f"Ann {tag}"))
    assert verdicts(planned(mine, f"Ann {tag}")) == [Verdict.ADD]
    plan = planned(mine, f"Ann {tag}\nAnn {tag} <ann@{tag}.edu>")
    assert verdicts(plan) == [Verdict.AMBIGUOUS, Verdict.NEW if house == "embedded" else Verdict.INVITE]


@embedded_house
def test_an_address_of_somebody_unseen_is_invited_where_others_would_be_made(
    mine: Class, other: Class, people: People
) -> None:
    email = f"{uuid4()}@x.edu"
    people.join(other.id, people.person("Victim", email.upper()))
    assert verdicts(planned(mine, email)) == verdicts(planned(mine, email, make_new=False)) == [Verdict.INVITE]


def test_a_list_with_nothing_in_it_comes_to_nothing(mine: Class, people: People) -> None:
    for text in ("", "\n\n", '"not closed'):
        plan = planned(mine, text)
        assert mine.keeping.add(mine.id, plan) == Added(0, 0, 0)
    assert people.roles(mine.id) == {mine.teacher: "instructor"}


def test_the_same_list_twice_is_added_once(mine: Class) -> None:
    plan = planned(mine, "Ann Lee\nbo@x.edu\nann lee")
    assert mine.keeping.add(mine.id, plan) == Added(0, 1, 1)
    assert mine.keeping.add(mine.id, plan) == Added(0, 0, 0)
    assert [str(verdict) for verdict in verdicts(planned(mine, "Ann Lee\nbo@x.edu\nann lee"))] == [
        "already", "already", "repeated",
    ]  # fmt: skip


@both_houses
def test_an_address_given_for_a_name_is_the_same_as_given_for_an_address(house: str, mine: Class) -> None:
    email = f"{uuid4()}@x.edu"
    lines = [
        {"line": 1, "name": "Ann", "email": email, "id": None},
        {"line": 2, "name": email.upper(), "email": None, "id": None},
    ]
    plan = mine.keeping.database.call("plan_roster", cohort=mine.id, lines=lines, make_new=True)
    assert [row["verdict"] for row in plan] == ["new" if house == "embedded" else "invite", "repeated"]
    answer = mine.keeping.database.call("add_roster", cohort=mine.id, lines=lines, make_new=True, plan=plan)
    assert sum(answer.values()) == 1


def test_a_list_that_comes_to_something_else_by_now_is_not_added(mine: Class, people: People) -> None:
    learner = people.person("Seen Before")
    elsewhere = mine.keeping.create(f"Elsewhere {uuid4()}")
    people.join(elsewhere, learner)
    plan = planned(mine, f"Ann Lee\n{learner}")
    mine.keeping.remove(elsewhere, learner)
    with pytest.raises(InvalidInput, match="something else than the preview said"):
        mine.keeping.add(mine.id, plan)
    assert people.roles(mine.id) == {mine.teacher: "instructor"}, "nothing of it was done"
    assert verdicts(planned(mine, f"Ann Lee\n{learner}")) == [Verdict.NEW, Verdict.INVITE]


def test_somebody_who_was_seen_before_is_added_by_whom_they_see_elsewhere(mine: Class, people: People) -> None:
    learner = people.person(f"Seen {uuid4()}", f"{uuid4()}@x.edu")
    people.join(mine.keeping.create(f"Elsewhere {uuid4()}"), learner)
    [name], [email] = ([row[key] for row in people.query(
        "select display_name, email from profiles join auth.users using (id) where id = %(id)s", id=learner
    )] for key in ("display_name", "email"))  # fmt: skip
    for text in (name.upper(), email.upper(), learner.upper()):
        assert [(line.verdict, line.person) for line in planned(mine, text).lines] == [(Verdict.ADD, learner)]


# --- attacks ---


@both_houses
@pytest.mark.parametrize("make_new", [True, False])
def test_a_list_brings_no_stranger_into_sight_and_tells_nothing_of_them(
    house: str,
    make_new: bool,  # noqa: FBT001
    mine: Class,
    other: Class,
    people: People,
) -> None:
    tag = uuid4().hex
    victim = people.person(f"Victim {tag}", f"victim@{tag}.edu")
    people.join(other.id, victim)

    def tried(name: str, email: str, person: str) -> list[tuple[str, str]]:
        lines = [
            name,
            email,
            person,
            f"{name},{email}",
            f"{email},{person}",
            f"{person},{tag}@mine.edu",
            f"{name},{person}",
        ]
        told = []
        for line in lines:
            plan = planned(mine, line, make_new=make_new)
            [only] = plan.lines
            told.append((only.verdict, only.why.replace(name, "N").replace(email, "E").replace(person, "I")))
            added = mine.keeping.add(mine.id, plan)
            told.append(("", str(added)))
        return told

    about_victim = tried(f"Victim {tag}", f"victim@{tag}.edu", victim)
    about_nobody = tried(f"Nobody {tag}", f"nobody@{tag}.edu", str(uuid4()))
    if house == "project":
        assert about_victim == about_nobody
    assert not people.sees(mine.teacher, victim)
    assert victim not in people.roles(mine.id)
    assert people.roles(other.id)[victim] == "student"


def test_an_invitation_says_the_same_whether_there_is_somebody_or_not(
    mine: Class, other: Class, people: People
) -> None:
    tag = uuid4().hex
    victim = people.person("Victim", f"victim@{tag}.edu")
    people.join(other.id, victim)
    ask = people.transport.acting_as(mine.teacher)
    for role in ("student", "instructor"):
        for somebody, nobody in ((victim, str(uuid4())), (f"victim@{tag}.edu", f"nobody@{tag}.edu")):
            told = [ask.call("invite", cohort=mine.id, addressee=to, role=role) for to in (somebody, nobody)]
            assert (
                told[0] | {"addressee": ""}
                == told[1] | {"addressee": ""}
                == {"addressee": "", "role": role, "changed": True}
            )
    removed = [ask.call("remove_member", cohort=mine.id, person=person) for person in (victim, str(uuid4()))]
    assert [(answer["role"], answer["changed"]) for answer in removed] == [(None, False)] * 2
    for person in (victim, str(uuid4())):
        with pytest.raises(InvalidInput, match="for an hour, by who did it"):
            mine.keeping.put_back(mine.id, person)
    assert not people.sees(mine.teacher, victim)


@pytest.mark.parametrize("verdict", ["add", "new", "invite", "already"])
def test_a_plan_changed_by_hand_is_refused(verdict: str, mine: Class, other: Class, people: People) -> None:
    victim = people.person("Victim")
    people.join(other.id, victim)
    ask = people.transport.acting_as(mine.teacher)
    for person in (victim, None) if verdict != "invite" else (victim,):
        with pytest.raises(InvalidInput, match="something else than the preview said"):
            ask.call(
                "add_roster",
                cohort=mine.id,
                lines=[{"line": 1, "id": victim}],
                make_new=True,
                plan=[{"line": 1, "verdict": verdict, "person": person}],
            )
    assert people.roles(mine.id) == {mine.teacher: "instructor"}
    assert not people.sees(mine.teacher, victim)


@both_houses
@pytest.mark.parametrize("stake", ["an e-mail", "another cohort", "a role"])
def test_an_own_learner_in_whom_others_have_a_stake_is_nobodys_to_make(
    stake: str, house: str, mine: Class, other: Class, people: People
) -> None:
    mine.keeping.add(mine.id, planned(mine, "Ann Lee"))
    ann = cohort_learner_id(mine.id, "Ann Lee")
    mine.keeping.remove(mine.id, ann)
    if stake == "an e-mail":
        people.query("update auth.users set email = %(email)s where id = %(ann)s", email=f"{ann}@x.edu", ann=ann)
    elif stake == "another cohort":
        people.join(other.id, ann)
    else:
        people.query('update auth.users set raw_app_meta_data = \'{"role": "researcher"}\' where id = %(ann)s', ann=ann)
    plan = planned(mine, "Ann Lee")
    assert verdicts(plan) == [Verdict.REFUSED]
    assert mine.keeping.add(mine.id, plan) == Added(0, 0, 0)
    for verdict, person in (("new", None), ("add", ann)):
        forged = replace(plan, answer=[plan.answer[0] | {"verdict": verdict, "person": person}])
        with pytest.raises(InvalidInput, match="something else"):
            mine.keeping.add(mine.id, forged)
    assert not people.sees(mine.teacher, ann)


def test_an_own_learner_who_left_comes_back_as_the_same(mine: Class, people: People) -> None:
    mine.keeping.add(mine.id, planned(mine, "Ann Lee"))
    ann = cohort_learner_id(mine.id, "Ann Lee")
    mine.keeping.remove(mine.id, ann)
    assert not people.sees(mine.teacher, ann)
    plan = planned(mine, "Ann Lee", make_new=False)
    assert [(line.verdict, line.person) for line in plan.lines] == [(Verdict.ADD, ann)]
    assert mine.keeping.add(mine.id, plan) == Added(1, 0, 0)
    assert people.sees(mine.teacher, ann)


def test_who_was_removed_by_others_is_a_stranger_again(mine: Class, people: People) -> None:
    tag = uuid4().hex
    gone = people.person(f"Gone {tag}", f"gone@{tag}.edu")
    people.join(mine.id, gone)
    mine.keeping.remove(mine.id, gone)
    mine.keeping.put_back(mine.id, gone)
    people.service.call("remove_from_cohort", cohort=CohortService(people.service).get_span(mine.id).name, person=gone)
    with pytest.raises(InvalidInput, match="by who did it"):  # the removal of their own is long undone
        mine.keeping.put_back(mine.id, gone)
    plan = planned(mine, f"Gone {tag}\ngone@{tag}.edu\n{gone}")
    assert verdicts(plan) == [Verdict.NEW, Verdict.INVITE, Verdict.INVITE]
    mine.keeping.add(mine.id, plan)
    assert not people.sees(mine.teacher, gone)


def test_lines_that_no_page_sends_are_refused(mine: Class, people: People) -> None:
    ask = people.transport.acting_as(mine.teacher)
    for lines, said in [
        ([{"line": 1}], "Line 1: it names nobody"),
        ([{"name": "Ann"}], "no number"),
        ([{"line": 1, "name": " "}], "names nobody"),
        ([{"line": 7, "name": "n" * 201}], "Line 7: a name has at most 200"),
        ([{"line": 1, "name": "a\u202eb"}], "invisible"),
        ([{"line": 1, "email": "ann"}], "no e-mail"),
        ([{"line": 1, "email": "a@b@c"}], "no e-mail"),
        ([{"line": 1, "id": "me"}], "uuid"),
        ([{"line": "x", "name": "Ann"}], "integer"),
        (["Ann"], "A line is an object"),
        ({"line": 1}, "come as a list"),
        (None, "come as a list"),
        ([{"line": n, "name": "Ann"} for n in range(10_001)], "at most 10,000"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            ask.call("plan_roster", cohort=mine.id, lines=lines, make_new=True)
        with pytest.raises(InvalidInput, match=said):
            ask.call("add_roster", cohort=mine.id, lines=lines, make_new=True, plan=[])
    for plan in (None, {}, "add"):
        with pytest.raises(InvalidInput, match="The plan comes as a list"):
            ask.call("add_roster", cohort=mine.id, lines=[{"line": 1, "name": "Ann"}], make_new=True, plan=plan)
    for plan in ([], [1], [[]], [{"line": 1}], [{"line": 1, "verdict": "new", "person": None}] * 2):
        with pytest.raises(InvalidInput, match="something else"):
            ask.call("add_roster", cohort=mine.id, lines=[{"line": 1, "name": "Ann"}], make_new=True, plan=plan)
    assert people.roles(mine.id) == {mine.teacher: "instructor"}


def test_a_keeper_of_the_house_keeps_every_cohort(mine: Class, other: Class, people: People) -> None:
    victim, admin = people.person(), people.person(role="admin")
    people.join(other.id, victim)
    for keeping in (people.keeping(admin), CohortKeeping(people.service)):
        plan = keeping.plan(mine.id, read_roster(victim))
        assert [(line.verdict, line.person) for line in plan.lines] == [(Verdict.ADD, victim)]
        assert keeping.add(mine.id, plan) == Added(1, 0, 0)
        keeping.remove(mine.id, victim)
        keeping.put_back(mine.id, victim)
        keeping.remove(mine.id, victim)
        keeping.remove(mine.id, mine.teacher)
        assert people.roles(mine.id) == {}
        keeping.put_back(mine.id, mine.teacher)
    assert people.roles(mine.id) == {mine.teacher: "instructor"}


# --- removing ---


def test_who_is_removed_is_out_of_sight_and_may_be_put_back_for_an_hour(mine: Class, people: People) -> None:
    learner = people.person()
    people.join(mine.id, learner)
    for _ in range(2):
        mine.keeping.remove(mine.id, learner)
    assert not people.sees(mine.teacher, learner)
    for _ in range(2):
        mine.keeping.put_back(mine.id, learner)
    assert people.sees(mine.teacher, learner)
    mine.keeping.remove(mine.id, learner)
    people.query(
        "update private.departures set removed_at = now() - interval '61 minutes' where user_id = %(id)s", id=learner
    )
    with pytest.raises(InvalidInput, match="for an hour"):
        mine.keeping.put_back(mine.id, learner)


def test_another_teacher_does_not_undo_a_removal(mine: Class, people: People) -> None:
    learner, colleague = people.person(), people.person()
    people.join(mine.id, learner)
    people.join(mine.id, colleague, "instructor")
    mine.keeping.remove(mine.id, learner)
    with pytest.raises(InvalidInput, match="by who did it"):
        people.keeping(colleague).put_back(mine.id, learner)


def test_the_only_teacher_stays(mine: Class, people: People) -> None:
    with pytest.raises(InvalidInput, match="You are the only one who teaches this cohort: add somebody else first"):
        mine.keeping.remove(mine.id, mine.teacher)
    colleague = people.person()
    people.join(mine.id, colleague, "instructor")
    mine.keeping.remove(mine.id, mine.teacher)
    assert people.roles(mine.id) == {colleague: "instructor"}
    with pytest.raises(NotFound):
        mine.keeping.put_back(mine.id, mine.teacher)


def test_two_teachers_who_remove_each_other_leave_one(mine: Class, people: People) -> None:
    colleague = people.person()
    for _ in range(5):
        people.query("delete from cohort_members where cohort_id = %(id)s", id=mine.id)
        for teacher in (mine.teacher, colleague):
            people.join(mine.id, teacher, "instructor")
        pairs = [(mine.teacher, colleague), (colleague, mine.teacher)]
        done = at_once(*[lambda a=a, b=b: people.keeping(a).remove(mine.id, b) for a, b in pairs])
        assert sorted(type(each) for each in done if each) == [NotFound]
        assert len(people.roles(mine.id)) == 1


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each answers, or the error that it ends with."""

    def outcome(each: Callable[[], Any]) -> Any:
        try:
            return each()
        except MasteryError as error:
            return error

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(outcome, work))


def test_two_lists_at_once_add_everybody_once(mine: Class, people: People) -> None:
    colleague = people.person()
    people.join(mine.id, colleague, "instructor")
    text = "\n".join([f"Learner {n}" for n in range(50)] + [f"l{n}@x.edu" for n in range(50)])
    plans = [people.keeping(teacher).plan(mine.id, read_roster(text)) for teacher in (mine.teacher, colleague)]
    done = at_once(*[
        lambda t=t, p=p: people.keeping(t).add(mine.id, p) for t, p in zip((mine.teacher, colleague), plans, strict=True)
    ])  # fmt: skip
    assert sorted(map(str, done)) == sorted(map(str, [Added(0, 50, 50), Added(0, 0, 0)]))
    assert len(people.roles(mine.id)) == 52


# --- invitations ---


@pytest.mark.parametrize("by", ["id", "email"])
def test_who_accepts_an_invitation_comes_into_sight(by: str, mine: Class, people: People) -> None:
    email = f"{uuid4()}@x.edu"
    guest = people.person("Guest", email)
    mine.keeping.invite(mine.id, guest.upper() if by == "id" else email.upper(), "student")
    assert not people.sees(mine.teacher, guest)
    [invited] = people.keeping(guest).my_invitations()
    assert (invited.cohort, invited.role) == (mine.id, "student")
    assert str(invited.invited_by).startswith("Teacher")
    for _ in range(2):
        people.keeping(guest).answer(mine.id, accept=True)
    assert people.sees(mine.teacher, guest)
    assert people.roles(mine.id)[guest] == "student"
    assert people.keeping(guest).my_invitations() == []
    assert mine.keeping.get_people(mine.id)[1] == []


def test_an_invitation_declined_leaves_nothing(mine: Class, people: People, query: Query) -> None:
    email = f"{uuid4()}@x.edu"
    guest = people.person("Guest", email)
    for addressee in (guest, email):
        mine.keeping.invite(mine.id, addressee, "student")
    assert len(people.keeping(guest).my_invitations()) == 1
    people.keeping(guest).answer(mine.id, accept=False)
    assert not people.sees(mine.teacher, guest)
    assert query("select addressee from cohort_invitations where cohort_id = %(id)s", id=mine.id) == []
    for accept in (True, False):
        with pytest.raises(NotFound, match="no such invitation"):
            people.keeping(guest).answer(mine.id, accept=accept)
    assert guest not in people.roles(mine.id)


def test_an_invitation_is_answered_by_whom_it_is_to(mine: Class, other: Class, people: People) -> None:
    guest, another = people.person("Guest", f"{uuid4()}@x.edu"), people.person("Another", f"{uuid4()}@x.edu")
    mine.keeping.invite(mine.id, guest)
    for person in (another, other.teacher):
        assert people.keeping(person).my_invitations() == []
        for accept in (True, False):
            with pytest.raises(NotFound):
                people.keeping(person).answer(mine.id, accept=accept)
    assert CohortKeeping(people.service).my_invitations() == []
    assert len(people.keeping(guest).my_invitations()) == 1
    assert set(people.roles(mine.id)) == {mine.teacher}


def test_who_accepts_to_teach_keeps_the_cohort(mine: Class, people: People) -> None:
    guest, learner = people.person(), people.person()
    people.join(mine.id, learner)
    people.join(mine.id, guest)
    mine.keeping.invite(mine.id, guest, "instructor")
    assert not people.sees(guest, learner)
    people.keeping(guest).answer(mine.id, accept=True)
    assert people.roles(mine.id)[guest] == "instructor"
    assert people.sees(guest, learner)
    people.keeping(guest).rename(mine.id, f"Ours {uuid4()}")


def test_an_invitation_takes_no_role_away(mine: Class, people: People) -> None:
    guest = people.person()
    mine.keeping.invite(mine.id, guest, "student")
    people.join(mine.id, guest, "instructor")
    people.keeping(guest).answer(mine.id, accept=True)
    assert people.roles(mine.id)[guest] == "instructor"


def test_an_invitation_withdrawn_is_no_more(mine: Class, people: People) -> None:
    guest = people.person()
    mine.keeping.invite(mine.id, guest)
    for _ in range(2):
        mine.keeping.withdraw(mine.id, guest.upper())
    with pytest.raises(NotFound):
        people.keeping(guest).answer(mine.id, accept=True)


def test_an_invitation_to_teach_falls_with_who_made_it(mine: Class, people: People) -> None:
    colleague, accomplice = people.person(), people.person()
    people.join(mine.id, colleague, "instructor")
    people.keeping(colleague).invite(mine.id, accomplice)
    mine.keeping.remove(mine.id, colleague)
    assert people.keeping(accomplice).my_invitations() == []
    assert mine.keeping.get_people(mine.id)[1] == []
    with pytest.raises(NotFound):
        people.keeping(accomplice).answer(mine.id, accept=True)
    mine.keeping.invite(mine.id, accomplice)
    people.keeping(accomplice).answer(mine.id, accept=True)
    assert people.roles(mine.id)[accomplice] == "instructor"


def test_who_is_in_already_is_not_invited(mine: Class, people: People) -> None:
    email = f"{uuid4()}@x.edu"
    learner = people.person("Learner", email)
    people.join(mine.id, learner)
    ask = people.transport.acting_as(mine.teacher)

    def changed(addressee: str, role: str) -> bool:
        answer: bool = ask.call("invite", cohort=mine.id, addressee=addressee, role=role)["changed"]
        return answer

    assert not changed(learner, "student")
    assert not changed(email.upper(), "student")
    assert not changed(mine.teacher, "student")
    assert changed(email, "instructor")
    assert not changed(email, "instructor")


@pytest.mark.parametrize(
    "addressee", ["", " ", "ann", "a@b@c", "a b@x.edu", "a@x.edu, b@x.edu", "1234", "a@x\u202e.edu"]
)
def test_an_invitation_goes_to_an_address_or_an_id(addressee: str, mine: Class) -> None:
    with pytest.raises(InvalidInput, match="e-mail address or to the id"):
        mine.keeping.invite(mine.id, addressee)


def test_a_researcher_is_not_invited(mine: Class, people: People) -> None:
    researcher = people.person(role="researcher")
    mine.keeping.invite(mine.id, researcher)
    assert people.keeping(researcher).my_invitations() == []
    with pytest.raises(NotFound):
        people.keeping(researcher).answer(mine.id, accept=True)


# --- whatever the list ---


@both_houses
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_planned_is_done_and_nobody_else_comes_into_sight(
    house: str, data: st.DataObject, new_class: Callable[[], Class], people: People
) -> None:
    tag = uuid4().hex[:8]
    group, foreign = new_class(), new_class()
    elsewhere = group.keeping.create(f"Elsewhere {tag}")
    names = ["Ann", "ann", "Bo", "Cy"]
    ids, emails = [], [f"{n}@{tag}.edu" for n in range(9)]
    for n, cohort in enumerate([group.id, group.id, elsewhere, elsewhere, elsewhere, foreign.id, foreign.id]):
        name = data.draw(st.sampled_from(names))
        ids.append(people.person(f"{name} {tag}", data.draw(st.sampled_from([None, emails[n], emails[n].upper()]))))
        people.join(cohort, ids[-1])
    own = cohort_learner_id(group.id, f"Bo {tag}")
    if data.draw(st.booleans()):  # a learner of its own who left under another name
        group.keeping.add(group.id, planned(group, f"Bo {tag}"))
        people.query("update profiles set display_name = %(n)s where id = %(id)s", n=f"Ann {tag}", id=own)
        group.keeping.remove(group.id, own)
    field = st.sampled_from([*(f"{name} {tag}" for name in names), *emails, *ids, own, str(uuid4()), "", "'"])
    lines = data.draw(st.lists(st.lists(field, max_size=3).map(", ".join), max_size=12))
    text = "\n".join(["name, email, id", *lines, "end"]) if data.draw(st.booleans()) else "\n".join([*lines, "end"])
    before = {person for person in ids if people.sees(group.teacher, person)}
    strangers = {*ids, own} - before - {own}

    roster = read_roster(text)
    plan = group.keeping.plan(group.id, roster, make_new=data.draw(st.booleans()))
    counts = plan.counts()
    assert sum(counts.values()) + plan.blank + roster.header == len(text.split("\n"))
    added = group.keeping.add(group.id, plan)
    assert added == Added(counts[Verdict.ADD], counts[Verdict.NEW], counts[Verdict.INVITE])
    again = group.keeping.plan(group.id, roster, make_new=plan.make_new)
    done = [
        now.verdict
        for was, now in zip(plan.lines, again.lines, strict=True)
        if was.verdict in {Verdict.ADD, Verdict.NEW, Verdict.INVITE}
    ]
    assert set(done) <= {Verdict.ALREADY}
    assert group.keeping.add(group.id, plan) == Added(0, 0, 0)
    assert not {person for person in strangers if people.sees(group.teacher, person)}
