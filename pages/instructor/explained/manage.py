"""What the Manage screen says: what an action does and what stays, what a list may look like, and what will become of it."""

from collections.abc import Sequence

from mastery_core.charts.names import shortened
from mastery_core.cohort_keeping import Added, RosterPlan, Verdict
from mastery_core.roster import MOST_LINES
from pages.links import as_label
from pages.words import count

NAME_COLUMNS, BUTTON_COLUMNS = 60, 30
FIRST_COHORT = (
    "A cohort is a class, a course or a group whose learners you look after. Create one: you teach it from then on, and add its "
    "learners and colleagues here."
)
ARCHIVED = (
    "This cohort is archived: it is listed last, and nobody is added or invited until it is taken out of the archive. Nothing of it is "
    "lost, and everything can still be looked at."
)
ARCHIVE = "An archived cohort is listed last, and nobody is added to it. Nothing of it is lost, and it can be taken out of the archive at any time."
SHARE = (
    "Researchers then get what the learners of this cohort did, all of their practice, without names, e-mail addresses or ids: under other "
    "names that only this database can give. Learners who want no part in it are left out, and so is a cohort in which fewer than five "
    "practised and take part."
)
SHARED = "Shared with researchers, under other names, from their next extract on."
NOT_SHARED = (
    "No longer shared: the cohort is in no extract from now on. What was extracted before stays with who has it."
)
NO_LEARNERS = "Nobody is in this cohort yet. Add learners from a list below, or import their practice from a file."
NO_LEARNERS_IN_ARCHIVE = "Nobody is in this cohort, and nobody comes in until it is taken out of the archive."
NOBODY_FOUND = "No learner of this cohort has that in their name or e-mail address."
HOW_TO_SELECT = (
    "Tick learners in the first column to remove them or to copy their addresses. A name opens the learner's screens."
)
EXAMPLE = "Ann Lee <ann@example.edu>\nBo Lee, bo@example.edu\ncy@example.edu\nDi Marsh"
LINES = (
    "A name, an e-mail address, or both, in any order, separated by a tab, a comma or a semicolon: what a spreadsheet gives when "
    "cells are copied. A first line with headings (name, first name, last name, e-mail, id) may say which is which. "
    f"`Ann Lee <ann@example.edu>` is understood too, and the id that somebody's Profile shows. At most {MOST_LINES:,} lines."
)
UNKNOWN = {"new": "Make a new learner", "leave": "Leave out"}
UNKNOWN_HELP = (
    "What happens to a line whose name, address or id is nobody's that you see. A new learner has no practice yet: a later import that "
    "calls them by the same name goes to them. Who may have an account is invited instead, and is in the cohort once they accept: by an "
    "e-mail address either way, by an id only with *Make a new learner*."
)
TEACHING = (
    "Who teaches a cohort sees its learners and their practice, and may do everything on this screen. Somebody whom you invite "
    "teaches it once they accept, on their Profile."
)
ADDRESSEE = "Their e-mail address, or the id that their Profile shows."
INVITED = "Who is invited sees it on their Profile, and is in the cohort once they accept."
INVITED_IN_ARCHIVE = "While the cohort is archived nobody sees these on their Profile, or can accept them."
UNDO_IN_ARCHIVE = "Take the cohort out of the archive first: nobody comes into it there."
UNDONE = "*Undo* stands on this screen for an hour, or until you reload the page."

# What happens to a line, in a word or two; and in a sentence of counts.
WHAT_HAPPENS = {
    Verdict.PROBLEM: "⚠ cannot be read",
    Verdict.AMBIGUOUS: "⚠ which one?",
    Verdict.REFUSED: "⚠ cannot come back",
    Verdict.UNKNOWN: "⚠ not known",
    Verdict.INVITE: "✉ invited",
    Verdict.NEW: "✚ made and added",
    Verdict.ADD: "✔ added",
    Verdict.REPEATED: "= repeated",
    Verdict.ALREADY: "= here already",
}
_COUNTED = {
    Verdict.ADD: "to add",
    Verdict.NEW: "to make and add",
    Verdict.INVITE: "to invite",
    Verdict.ALREADY: "here or invited already",
    Verdict.REPEATED: "repeated",
    Verdict.PROBLEM: "that cannot be read",
    Verdict.AMBIGUOUS: "with a name of several people",
    Verdict.UNKNOWN: "with nobody who is known",
    Verdict.REFUSED: "with somebody who cannot come back",
}
PROBLEMS = (Verdict.PROBLEM, Verdict.AMBIGUOUS, Verdict.REFUSED, Verdict.UNKNOWN)


def size(learners: int, teachers: int, invitations: int) -> str:
    return f"{count(learners, 'learner')}, {count(teachers, 'teacher')}, {count(invitations, 'pending invitation')}"


def named(names: Sequence[str]) -> str:
    """The names in bold, as a sentence lists them."""
    *most, last = [f"**{as_label(name)}**" for name in shortened(list(names), NAME_COLUMNS)]
    return f"{', '.join(most)} and {last}" if most else last


def in_short(names: Sequence[str]) -> str:
    """Who it was: one by name, several by number."""
    return named(names) if len(names) == 1 else f"**{count(len(names), 'person').replace('persons', 'people')}**"


def leaving(names: Sequence[str], cohort: str) -> str:
    """What it means that learners are removed."""
    theirs = (
        "Their practice is theirs and stays as it is" if len(names) > 1 else "The practice is theirs and stays as it is"
    )
    return (
        f"{named(names)} will no longer be in {named([cohort])}.\n\n{theirs}; who teaches this cohort will no longer see it, except in "
        f"other cohorts. {UNDONE}"
    )


def teaching_no_more(name: str, cohort: str, *, oneself: bool) -> str:
    if oneself:
        return (
            f"You will no longer teach {named([cohort])}, and will not see it or its learners. To come back you have to be invited by "
            "somebody who teaches it."
        )
    return f"{named([name])} will no longer teach {named([cohort])}, and will not see its learners. {UNDONE}"


def removed(names: Sequence[str]) -> str:
    return f"{in_short(names)} removed. What they practised is theirs, and stays."


def undo(names: Sequence[str]) -> str:
    """What the button says: whose removal it undoes, for who hears it without the sentence beside it."""
    [short] = shortened([names[0]], BUTTON_COLUMNS)
    return f"Undo the removal of {as_label(short) if len(names) == 1 else f'{len(names):,} people'}"


def back(names: Sequence[str]) -> str:
    return f"{in_short(names)} {'is' if len(names) == 1 else 'are'} back in the cohort."


def counted(plan: RosterPlan) -> str:
    """The lines of a list by what happens to them."""
    counts = {verdict: number for verdict, number in plan.counts().items() if number}
    fine = [f"{counts[each]:,} {what}" for each, what in _COUNTED.items() if each in counts and each not in PROBLEMS]
    bad = [f"{counts[each]:,} {what}" for each, what in _COUNTED.items() if each in counts and each in PROBLEMS]
    sentences = [f"**{count(len(plan.lines), 'line')}**{': ' if fine else ''}{', '.join(fine)}."]
    if bad:
        sentences.append(
            f"⚠ **{count(sum(counts.get(each, 0) for each in PROBLEMS), 'line')}** to mend or to leave: {', '.join(bad)}."
        )
    return " ".join(sentences)


def doing(plan: RosterPlan) -> str:
    """What the button does; empty where there is nothing to do."""
    counts = plan.counts()
    adding, inviting = counts.get(Verdict.ADD, 0) + counts.get(Verdict.NEW, 0), counts.get(Verdict.INVITE, 0)
    if adding and inviting:
        return f"Add {count(adding, 'learner')}, invite {inviting:,}"
    if adding:
        return f"Add {count(adding, 'learner')}"
    return f"Invite {count(inviting, 'learner')}" if inviting else ""


def added(done: Added) -> str:
    """What was done, said afterwards. Those made are among neither of the others."""
    parts = [
        f"{count(done.added, 'learner')} added" if done.added else "",
        f"{count(done.made, 'new learner')} made and added" if done.made else "",
        f"{done.invited:,} invited, who are here once they accept" if done.invited else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told}." if told else "There was nothing to do: all of it was done already."


def created(cohort: str) -> str:
    return f"{named([cohort])} is created, and you teach it. Add its learners below."


def invited(addressee: str) -> str:
    return f"{named([addressee])} is invited. If somebody has that address or id, they find the invitation on their Profile."


def invited_before(addressee: str) -> str:
    return f"{named([addressee])} teaches this cohort, or is invited, already."


def teacher(name: str, email: str | None, *, oneself: bool) -> str:
    address = f" :gray[{as_label(email)}]" if email else ""
    return f"{named([name])}{' (you)' if oneself else ''}{address}"


def remove_teacher(name: str, *, oneself: bool) -> str:
    [short] = shortened([name], NAME_COLUMNS)
    return "Stop teaching it" if oneself else f"Remove {as_label(short)}"
