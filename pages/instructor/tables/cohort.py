"""The tables of the Cohort screen: the same numbers, as numbers, and how the columns read."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.attention import Activity, Group, Limits
from mastery_core.charts.palette import GROUP_GLYPHS
from mastery_core.model import Rules
from mastery_core.standing import ENOUGH_OBSERVATIONS
from mastery_core.trend import WINDOW_DAYS
from pages.instructor.explained.cohort import why

OPENS = "every_learner_opens"
NAME_WIDTH = 205  # what a phone keeps in sight
_COLOURS = {
    Group.STRUGGLING: "orange",
    Group.SLIPPING: "violet",
    Group.ON_TRACK: "blue",
    Group.EXCELLING: "green",
    Group.NOT_ENOUGH_DATA: "gray",
}


def in_colour(learner: Any) -> str:
    """The group of a learner (a row of ``attended``) in its colour, or that they are inactive where that alone needs attention."""
    if learner.activity == Activity.INACTIVE and learner.group not in {Group.STRUGGLING, Group.SLIPPING}:
        return f":gray[◌ inactive], was {GROUP_GLYPHS[learner.group]} {learner.group}"
    return f":{_COLOURS[learner.group]}[{GROUP_GLYPHS[learner.group]} {learner.group}]"


def learner_table(learners: pd.DataFrame, limits: Limits, moment: datetime) -> pd.DataFrame:
    """Learners in the order given. Shares are percent, changes points; a mean is empty without data enough."""
    return pd.DataFrame(
        {
            "learner": learners["name"].to_numpy(),
            "group": [f"{GROUP_GLYPHS[each]} {each}" for each in learners["group"]],
            "activity": [str(each) for each in learners["activity"]],
            "why": [why(row, limits, moment) for row in learners.itertuples()],
            "now": _percent(learners["mean"]),
            "stored": _percent(learners["mean_stored"]),
            "weak": learners["weak"].to_numpy(),
            "mastered": learners["mastered"].to_numpy(),
            "known": learners["known"].to_numpy(),
            "apart": learners["apart"].to_numpy(),
            "declining": learners["declining"].to_numpy(),
            "improving": learners["improving"].to_numpy(),
            "last": pd.to_datetime(learners["last_activity"].to_numpy(), unit="s").floor("D"),
            "days": learners["days"].to_numpy(),
            "observations": learners["observations"].to_numpy(),
            "right": _percent(learners["correct"] / learners["graded"].where(learners["graded"] > 0)),
            "gained": _percent(learners["gained"]),
            "lost": _percent(learners["lost"]),
        }
    )


def learner_columns(rules: Rules) -> dict[str, Any]:
    column = st.column_config
    window, enough = f"the last {WINDOW_DAYS:.0f} days", f"{ENOUGH_OBSERVATIONS} observations"
    return {
        "learner": column.ButtonColumn(
            "Learner", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the learner's screens."
        ),
        "group": column.TextColumn("Group", width=126, help="How the learner fares, by the limits above."),
        "activity": column.TextColumn("Practice", width=86, help="Whether the learner practises, by the limit above."),
        "why": column.TextColumn("Why", width=280, help="What the need for attention follows from; empty where there is none."),
        "now": column.ProgressColumn(
            "Mean now", min_value=0, max_value=100, format="%.1f%%", width=110,
            help=f"Of the concepts with {enough} or more, what is forgotten taken off.",
        ),
        "stored": column.NumberColumn("Mean then", format="%.1f%%", width=84, help="The same when each was last practised."),
        "weak": column.NumberColumn("Weak", width=62, help=f"Concepts below {rules.weak_below:.0%} now."),
        "mastered": column.NumberColumn("Mastered", width=76, help=f"Concepts at {rules.mastered_from:.0%} or more now."),
        "known": column.NumberColumn("Concepts", width=76, help=f"Concepts with {enough} or more: what the means are of."),
        "apart": column.NumberColumn("Too few", width=68, help=f"Concepts with fewer than {enough}, counted apart."),
        "declining": column.NumberColumn("Declining", width=76, help=f"Concepts that practice of {window} took down by more than 5 points."),
        "improving": column.NumberColumn("Improving", width=80, help=f"Concepts that practice of {window} brought up by more than 5 points."),
        "last": column.DateColumn("Last active", format="D MMM YYYY", width=100, help="The UTC day of the last practice."),
        "days": column.NumberColumn("Days", width=58, help="Days of UTC with practice in this range."),
        "observations": column.NumberColumn("Observations", width=96, help="Times answered, asked about or read in this range."),
        "right": column.NumberColumn("Right", format="%.1f%%", width=70, help="Right answers of all answers in this range."),
        "gained": column.NumberColumn("Gained", format="%+.1f", width=74, help="Points that practice added in this range, over all concepts."),
        "lost": column.NumberColumn("Lost", format="%.1f", width=64, help="Points that practice took in this range, over all concepts."),
    }  # fmt: skip


def course_table(course: pd.DataFrame) -> pd.DataFrame:
    """The moments of the curve, newest first; shares in percent."""
    newest = course.iloc[::-1]
    return pd.DataFrame(
        {
            "at": newest["at"].to_numpy(),
            "learners": newest["learners"].to_numpy(),
            "lower": _percent(newest["lower"]),
            "middle": _percent(newest["middle"]),
            "upper": _percent(newest["upper"]),
        }
    )


def course_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "at": column.DatetimeColumn("At", format="D MMM YYYY, HH:mm", timezone="UTC", pinned=True),
        "learners": column.NumberColumn("Learners", help="Learners with a concept with enough observations by then."),
        "lower": column.NumberColumn("10th percentile", format="%.1f%%", help="A tenth of the learners are below it."),
        "middle": column.NumberColumn("Median", format="%.1f%%", help="Half of the learners are below it."),
        "upper": column.NumberColumn("90th percentile", format="%.1f%%", help="A tenth of the learners are above it."),
    }


def course_file(course: pd.DataFrame) -> pd.DataFrame:
    """As ``course_table``, with the minutes of UTC, which is the only time a workbook knows."""
    table = course_table(course)
    return table.assign(at=pd.DatetimeIndex(table["at"]).tz_convert(None).floor("min")).rename(
        columns={"at": "at (UTC)"}
    )


def _percent(shares: pd.Series) -> Any:
    return np.round(shares.to_numpy(dtype=np.float64) * 100, 1) + 0.0
