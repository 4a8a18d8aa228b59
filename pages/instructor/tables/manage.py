"""The tables of the Manage screen: who is in a cohort, what will become of a list, and who is invited."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mastery_core.cohort_keeping import Invitation, Member, PlannedLine
from pages.instructor.explained.manage import WHAT_HAPPENS
from pages.instructor.tables.cohort import NAME_WIDTH

OPENS = "manage_opens"
# Of a longer table so much is seen at once that what comes after it is near.
ROWS_SEEN, SEEN_HEIGHT = 15, 563
ROLES = {"student": "learner", "instructor": "teacher"}
_RANKS = {verdict: rank for rank, verdict in enumerate(WHAT_HAPPENS)}


def height_of(rows: int) -> Any:
    return "content" if rows <= ROWS_SEEN else SEEN_HEIGHT


def member_table(members: Sequence[Member]) -> pd.DataFrame:
    """Learners in the order given."""
    return pd.DataFrame(
        {
            "learner": pd.Series([each.name for each in members], dtype="str"),
            "email": pd.Series([each.email or "" for each in members], dtype="str"),
            "since": _days(each.added_at for each in members),
            "last": _days(each.last_activity for each in members),
        }
    )


def member_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "learner": column.ButtonColumn(
            "Learner", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the learner's screens."
        ),
        "email": column.TextColumn("E-mail address", width=260, help="Empty where there is none."),
        "since": column.DateColumn("In the cohort since", format="D MMM YYYY", width=130, help="A day of UTC."),
        "last": column.DateColumn("Last active", format="D MMM YYYY", width=110, help="The UTC day of the last practice; empty before any."),
    }  # fmt: skip


def in_order(lines: Iterable[PlannedLine]) -> list[PlannedLine]:
    """The lines of a list, those first that need somebody to look at them."""
    return sorted(lines, key=lambda each: (_RANKS[each.verdict], each.line))


def plan_table(lines: Sequence[PlannedLine]) -> pd.DataFrame:
    """What will become of the lines of a list, in the order given."""
    return pd.DataFrame(
        {
            "line": pd.Series([each.line for each in lines], dtype="int64"),
            "what": pd.Series([WHAT_HAPPENS[each.verdict] for each in lines], dtype="str"),
            "text": pd.Series([each.text for each in lines], dtype="str"),
            "why": pd.Series([each.why for each in lines], dtype="str"),
        }
    )


def plan_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "line": column.NumberColumn("Line", format="%d", width=62, pinned=True, help="The line of the list, from 1; blank ones count."),
        "what": column.TextColumn("What happens", width=150),
        "text": column.TextColumn("It says", width=280),
        "why": column.TextColumn("Why", width=460),
    }  # fmt: skip


def invitation_table(invitations: Sequence[Invitation]) -> pd.DataFrame:
    """Who is invited, in the order given."""
    return pd.DataFrame(
        {
            "addressee": pd.Series([each.addressee for each in invitations], dtype="str"),
            "name": pd.Series([each.name or "" for each in invitations], dtype="str"),
            "role": pd.Series([ROLES.get(each.role, each.role) for each in invitations], dtype="str"),
            "since": _days(each.invited_at for each in invitations),
        }
    )


def invitation_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "addressee": column.TextColumn("Who", width=NAME_WIDTH, pinned=True, help="The e-mail address or the id that was invited."),
        "name": column.TextColumn("Name on the list", width=180, help="Empty where none was given."),
        "role": column.TextColumn("As", width=90),
        "since": column.DateColumn("Invited", format="D MMM YYYY", width=110, help="A day of UTC."),
    }  # fmt: skip


def _days(moments: Iterable[Any]) -> Any:
    """The UTC days of moments, some of which may be None."""
    return pd.to_datetime(pd.Series(list(moments), dtype="object"), utc=True).dt.tz_localize(None).dt.floor("D")
