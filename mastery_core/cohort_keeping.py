"""What those who keep a cohort do: make and name it, add and remove people, invite; and what the invited answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from mastery_core.concept import check_name
from mastery_core.database.protocol import Database
from mastery_core.roster import Roster, RosterLine

LONGEST_COHORT_NAME = 200


class Verdict(StrEnum):
    """What a line of a list comes to."""

    ADD = "add"
    NEW = "new"
    INVITE = "invite"
    ALREADY = "already"
    REPEATED = "repeated"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What one line of a list comes to: ``who`` is a name, else an e-mail, else an id; ``why`` a sentence for people."""

    line: int
    text: str
    verdict: Verdict
    who: str
    person: str | None
    why: str


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """What a list comes to, line by line in the order of the text, and what it was made from."""

    lines: list[PlannedLine]
    blank: int
    make_new: bool
    sent: list[dict[str, Any]] = field(repr=False)
    answer: list[dict[str, Any]] = field(repr=False)

    def counts(self) -> dict[Verdict, int]:
        """How many lines come to what; every verdict is named."""
        counts = dict.fromkeys(Verdict, 0)
        for line in self.lines:
            counts[line.verdict] += 1
        return counts


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a list: people ``added`` who were there, learners ``made``, others ``invited``."""

    added: int
    made: int
    invited: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a cohort, as a student or an instructor."""

    id: str
    name: str
    email: str | None
    role: str
    added_at: datetime
    last_activity: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that a cohort made and nobody has answered; ``addressee`` is an e-mail or the id of a person."""

    addressee: str
    role: str
    name: str | None
    invited_at: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation of one's own."""

    cohort: str
    cohort_name: str
    role: str
    invited_by: str | None
    invited_at: datetime


class CohortKeeping:
    """Cohorts as those keep them who teach them, and administrators; on behalf of the one whom ``database`` acts for.

    Every method raises the errors of ``mastery_core.errors``: NotFound for a cohort that is not there, or not theirs to keep,
    InvalidInput with a sentence, NotAllowed, Unavailable. The same again changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, name: str) -> str:
        """Make a cohort, which the one who asks then teaches; returns its id."""
        made: str = self.database.call("create_cohort", cohort=str(uuid4()), name=_cohort_name(name))["id"]
        return made

    def rename(self, cohort_id: str, name: str) -> None:
        """Call a cohort something else. InvalidInput where another is called so."""
        self.database.call("rename_cohort", cohort=cohort_id, name=_cohort_name(name))

    def archive(self, cohort_id: str) -> None:
        """Put a cohort away: it is listed last, and takes nobody in."""
        self.database.call("archive_cohort", cohort=cohort_id, archived=True)

    def unarchive(self, cohort_id: str) -> None:
        """Take a cohort out of the archive."""
        self.database.call("archive_cohort", cohort=cohort_id, archived=False)

    def share(self, cohort_id: str, *, shared: bool) -> None:
        """Say whether researchers may have what a cohort's learners do, under other names: from the next extract on."""
        self.database.call("share_cohort", cohort=cohort_id, shared=shared)

    def get_people(self, cohort_id: str) -> tuple[list[Member], list[Invitation]]:
        """Who is in a cohort, and whom it has invited: those who teach first, each by name."""
        answer = self.database.call("cohort_roster", cohort=cohort_id)
        members = [
            Member(
                id=row["id"],
                name=row["display_name"],
                email=row["email"],
                role=row["role"],
                added_at=datetime.fromisoformat(row["added_at"]),
                last_activity=datetime.fromisoformat(row["last_activity"]) if row["last_activity"] else None,
            )
            for row in answer["people"]
        ]
        invitations = [
            Invitation(**row | {"invited_at": datetime.fromisoformat(row["invited_at"])})
            for row in answer["invitations"]
        ]
        members.sort(key=lambda each: (each.role, each.name.casefold(), each.id))
        invitations.sort(key=lambda each: (each.role, (each.name or each.addressee).casefold(), each.addressee))
        return members, invitations

    def plan(self, cohort_id: str, roster: Roster, *, make_new: bool = True) -> RosterPlan:
        """What adding a list of students would come to; changes nothing.

        Without ``make_new`` no learner is made of a name that nobody has, and nobody invited by an id.
        """
        sent = [
            {"line": each.line, "name": each.name, "email": each.email, "id": each.id}
            for each in roster.lines
            if each.problem is None
        ]
        answer = self.database.call("plan_roster", cohort=cohort_id, lines=sent, make_new=make_new) if sent else []
        by_line = {row["line"]: row for row in answer}
        lines = [_planned(each, by_line.get(each.line)) for each in roster.lines]
        return RosterPlan(lines, roster.blank, make_new, sent, answer)

    def add(self, cohort_id: str, plan: RosterPlan) -> Added:
        """Make it as planned, all of it or nothing: InvalidInput where the list would come to something else by now."""
        answer = self.database.call(
            "add_roster", cohort=cohort_id, lines=plan.sent, make_new=plan.make_new, plan=plan.answer
        )
        return Added(**answer)

    def remove(self, cohort_id: str, person_id: str) -> None:
        """Take somebody out of a cohort. InvalidInput for the only one who teaches it, unless an administrator asks."""
        self.database.call("remove_member", cohort=cohort_id, person=person_id)

    def put_back(self, cohort_id: str, person_id: str) -> None:
        """Undo a removal, as they were: for an hour, by who did it; InvalidInput else."""
        self.database.call("put_back", cohort=cohort_id, person=person_id)

    def invite(self, cohort_id: str, addressee: str, role: str = "instructor") -> bool:
        """Invite somebody by e-mail or id; whether that changed anything: False for who is in as such, or invited, already.

        Nothing is said about whether there is such a person.
        """
        return bool(self.database.call("invite", cohort=cohort_id, addressee=addressee, role=role)["changed"])

    def withdraw(self, cohort_id: str, addressee: str) -> None:
        """Take an invitation back."""
        self.database.call("withdraw_invitation", cohort=cohort_id, addressee=addressee)

    def my_invitations(self) -> list[Invited]:
        """The invitations to the one who asks, by the name of the cohort."""
        rows = self.database.call("my_invitations")
        return [Invited(**row | {"invited_at": datetime.fromisoformat(row["invited_at"])}) for row in rows]

    def answer(self, cohort_id: str, *, accept: bool) -> None:
        """Accept an invitation of one's own, or decline it. NotFound where there is none, or not any more."""
        self.database.call("answer_invitation", cohort=cohort_id, accept=accept)


_WHY = {
    Verdict.ADD: "{known} is added.",
    Verdict.NEW: "A new learner called {who} is made and added.",
    Verdict.INVITE: "{who} is invited, and joins by accepting.",
    Verdict.ALREADY: "{known} is in the cohort already.",
    Verdict.REPEATED: "The same as line {same_as}; nothing more comes of it.",
    Verdict.AMBIGUOUS: "Several people may be meant by {who}: give an e-mail address or an id.",
    Verdict.UNKNOWN: "You see nobody called {who}; nothing comes of it.",
    Verdict.REFUSED: "{who} was in this cohort and is somewhere else now; add them by invitation.",
}
_INVITED_ALREADY = "{who} is invited already."


def _planned(line: RosterLine, row: Mapping[str, Any] | None) -> PlannedLine:
    who = line.name or line.email or line.id or ""
    if row is None:
        return PlannedLine(line.line, line.text, Verdict.PROBLEM, who or line.text, None, line.problem or "")
    verdict, person, known = Verdict(row["verdict"]), row["person"], row["display_name"] or who
    why = _INVITED_ALREADY if verdict is Verdict.ALREADY and person is None else _WHY[verdict]
    sentence = why.format(who=who, known=known, same_as=row["same_as"])
    return PlannedLine(line.line, line.text, verdict, known if person else who, person, sentence)


def _cohort_name(name: str) -> str:
    return check_name(name, "cohort", LONGEST_COHORT_NAME)
