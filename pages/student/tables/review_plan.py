"""The review plan as tables and files: the same numbers, as numbers, and how the columns read."""

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from mastery_core.charts.plan import PlannedDay
from mastery_core.export import CSV_ENCODING, plain_text
from mastery_core.icalendar import DayEntry, as_icalendar
from mastery_core.review_plan import Practice, ReviewPlan
from pages.words import count, percent

OPENS, REST_OPENS = "plan_open", "plan_rest_open"


def by_day(plan: ReviewPlan, first: date, days: int) -> list[PlannedDay]:
    """Every day of the plan, those with nothing to do too."""
    return [
        PlannedDay(
            first + timedelta(days=day),
            sum(each.answers for each in on_day if each.falls_on is None),
            sum(each.answers for each in on_day if each.falls_on is not None),
            len(on_day),
        )
        for day in range(days)
        for on_day in [[practice for practice in plan.practices if practice.day == day]]
    ]


def plan_table(plan: ReviewPlan, first: date) -> pd.DataFrame:
    """A row a practice, by day; scores in percent, ``falls`` empty where the score is below the threshold already."""
    rows = plan.practices
    falls = [None if each.falls_on is None else first + timedelta(days=each.falls_on) for each in rows]
    return pd.DataFrame(
        {
            "day": pd.to_datetime(pd.Series([first + timedelta(days=each.day) for each in rows], dtype=object)),
            "concept": pd.Series([each.concept for each in rows], dtype="str"),
            "answers": pd.Series([each.answers for each in rows], dtype="int64"),
            "before": pd.Series([round(each.before * 100, 1) for each in rows], dtype="float64"),
            "after": pd.Series([round(each.after * 100, 1) for each in rows], dtype="float64"),
            "falls": pd.to_datetime(pd.Series(falls, dtype=object)),
        }
    )


def plan_columns(weak: float) -> dict[str, Any]:
    column = st.column_config
    return {
        "day": column.DateColumn("Day", format="ddd D MMM YYYY", width=120, pinned=True),
        "concept": column.ButtonColumn(
            "Concept", type="tertiary", alignment="left", width=220, key=OPENS, help="Opens the concept."
        ),
        "answers": column.NumberColumn(
            "Right answers", width=100, help="As few as keep it up for a week more, or to the end of the plan."
        ),
        "before": column.NumberColumn(
            "From", format="%.1f%%", width=80,
            help="The score as the day begins, for today now: the score when last practised × share kept a day ^ days.",
        ),
        "after": column.NumberColumn(
            "To", format="%.1f%%", width=80, help="The score right after the answers: each adds its points, up to 100%."
        ),
        "falls": column.DateColumn(
            f"Would fall below {weak:.0%}", format="ddd D MMM YYYY", width=150,
            help="The day it would, without this practice. Empty where it is below already.",
        ),
    }  # fmt: skip


def rest_table(plan: ReviewPlan, first: date, weak: float) -> pd.DataFrame:
    """What the plan does not keep up: those without room, by day, then those that fade too fast."""
    left_out = sorted(plan.left_out.items(), key=lambda pair: (pair[1] if pair[1] is not None else -1, pair[0]))
    falls = [None if day is None else first + timedelta(days=day) for _, day in left_out]
    reasons = [f"below {weak:.0%}, no room" if day is None else "no room in time" for day in falls]
    return pd.DataFrame(
        {
            "concept": pd.Series([*(name for name, _ in left_out), *plan.fleeting], dtype="str"),
            "why": pd.Series([*reasons, *["fades within two days"] * len(plan.fleeting)], dtype="str"),
            "falls": pd.to_datetime(pd.Series([*falls, *[None] * len(plan.fleeting)], dtype=object)),
        }
    )


def rest_columns(weak: float) -> dict[str, Any]:
    column = st.column_config
    return {
        "concept": column.ButtonColumn(
            "Concept", type="tertiary", alignment="left", width=260, key=REST_OPENS, help="Opens the concept."
        ),
        "why": column.TextColumn("Why", width=170),
        "falls": column.DateColumn(
            f"Falls below {weak:.0%}",
            format="ddd D MMM YYYY",
            width=150,
            help="The day it falls below for want of room. Empty where it is below already, or fades too fast.",
        ),
    }


def plan_csv(plan: ReviewPlan, first: date) -> bytes:
    """The table as CSV, as spreadsheets read it."""
    table = plan_table(plan, first)
    table["concept"] = [plain_text(name) for name in table["concept"]]
    named = {
        "answers": "right_answers",
        "before": "from_percent",
        "after": "to_percent",
        "falls": "would_fall_below_on",
    }
    text: str = table.rename(columns=named).to_csv(index=False, date_format="%Y-%m-%d")
    return text.encode(CSV_ENCODING)


def calendar_file(plan: ReviewPlan, first: date, person_id: str, made_at: datetime) -> bytes:
    """The plan for a calendar: an entry on each day with practice."""
    entries = []
    for number in sorted({practice.day for practice in plan.practices}):
        practices = [practice for practice in plan.practices if practice.day == number]
        title = (
            f"Review: {count(len(practices), 'concept')}, {count(sum(p.answers for p in practices), 'right answer')}"
        )
        entries.append(DayEntry(first + timedelta(days=number), title, "\n".join(map(_line, practices))))
    return as_icalendar(entries, name="Review plan", owner=person_id, stamp=made_at)


def _line(practice: Practice) -> str:
    rise = f"{percent(practice.before)} to {percent(practice.after)}"
    return f"{practice.concept}: {count(practice.answers, 'right answer')}, {rise}"
