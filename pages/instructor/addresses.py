"""E-mail addresses of people of a cohort, to copy into a mail program."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mastery_core.attention import Activity, Group
from mastery_core.charts.names import shortened
from mastery_core.charts.palette import GROUP_GLYPHS
from mastery_core.mail_line import mail_line
from pages import links, signed_in

LABEL, ICON = "E-mail addresses", ":material/mail:"
PICKED = "Picked in the table"
NOBODY_PICKED = "Nobody is picked yet: tick learners in the table below, or choose others here."
BLIND_COPY = "Paste them into **Bcc**, so that nobody sees the addresses of the others."
MOST_NAMED, NAME_COLUMNS = 5, 40
MOST_AT_FULL_HEIGHT, SCROLLED_HEIGHT = 20, 180


def show(people: Sequence[tuple[str, str | None]], nobody: str = "There is nobody to write to.") -> None:
    """The addresses of ``people`` (name, and e-mail address or None) with a button that copies them, and who has none.

    It asks for nothing and stands where it is called: within a popover that is open, say.
    """
    if not people:
        st.caption(nobody)
        return
    line = mail_line(address for _, address in people)
    if line.addresses:
        height = "content" if line.addresses <= MOST_AT_FULL_HEIGHT else SCROLLED_HEIGHT
        st.code(line.text, language=None, wrap_lines=True, height=height)
    st.caption(_in_words(line.addresses, [people[place][0] for place in line.without]))


def of_learners(cohort_id: str, learners: pd.DataFrame, picked: Sequence[str]) -> None:
    """A popover with the addresses of those of the ``learners`` (as ``attended`` has them) who are chosen in it; ``picked`` are ids.

    The database is asked when it is open and somebody is chosen.
    """
    popover = st.popover(LABEL, icon=ICON, key="addresses", on_change="rerun")
    if not popover.open:
        return
    with popover:
        groups = _to_choose_from(learners, picked)
        # Without their numbers, which change: the browser knows an option by its look alone.
        chosen = groups[st.selectbox("Of whom", list(groups), key="addresses_of", width=300)]
        emails = _emails(cohort_id) if len(chosen) else {}
        # Who has left meanwhile is nobody to write to.
        people = [
            (name, emails[each]) for each, name in zip(chosen["id"], chosen["name"], strict=True) if each in emails
        ]
        show(people, NOBODY_PICKED if chosen is groups[PICKED] else "Nobody is in this group.")


def _to_choose_from(learners: pd.DataFrame, picked: Sequence[str]) -> dict[str, pd.DataFrame]:
    groups = {PICKED: learners[learners["id"].isin(picked)], "Who needs attention": learners[learners["needs"]]}
    groups |= {f"{GROUP_GLYPHS[each]} {each.capitalize()}": learners[learners["group"] == each] for each in Group}
    groups["◌ Inactive"] = learners[learners["activity"] == Activity.INACTIVE]
    groups["Not started"] = learners[learners["activity"] == Activity.NOT_STARTED]
    return groups | {"Every learner": learners}


def _emails(cohort_id: str) -> dict[str, str | None]:
    members, _ = signed_in.cohort_keeping().get_people(cohort_id)
    return {member.id: member.email for member in members}


def _in_words(addresses: int, without: list[str]) -> str:
    told = []
    if addresses:
        told.append(f"{addresses:,} e-mail {'address' if addresses == 1 else 'addresses'}.")
    if addresses > 1:
        told.append(BLIND_COPY)
    if without:
        names = ", ".join(links.as_label(name) for name in shortened(without[:MOST_NAMED], NAME_COLUMNS))
        more = f" and {len(without) - MOST_NAMED:,} more" if len(without) > MOST_NAMED else ""
        have = "1 person has" if len(without) == 1 else f"{len(without):,} people have"
        told.append(f"{have} {'none' if addresses else 'no e-mail address'}: {names}{more}.")
    return " ".join(told)
