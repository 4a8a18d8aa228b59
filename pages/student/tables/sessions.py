"""The tables of the Sessions screen: days, sessions and the steps of one, as numbers, and how the columns read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from mastery_core.charts.kinds import KIND_GLYPHS, KIND_WORDS
from mastery_core.charts.session import best_first
from mastery_core.model import LearningSession, SessionEvent
from pages import words

COUNTS = ["observations", "graded", "correct", "outside"]
CHANGES = ["gained", "lost"]


def by_day(hours: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """A row for each of the viewer's days from ``first`` to ``last``, those without practice too: what the hours add up to."""
    sums = hours.groupby(hours["hour"].dt.normalize())[COUNTS + CHANGES].sum()
    days = sums.reindex(pd.date_range(first, last, unit="s"), fill_value=0)
    return days.astype(dict.fromkeys(COUNTS, "int64"))


def day_table(days: pd.DataFrame) -> pd.DataFrame:
    """The days with practice, newest first; changes in points."""
    practised = days[days["observations"] > 0].iloc[::-1]
    return pd.DataFrame(
        {
            "day": practised.index,
            "observations": practised["observations"].to_numpy(),
            "right": practised["correct"].to_numpy(),
            "answers": practised["graded"].to_numpy(),
            "gained": _points(practised["gained"]),
            "lost": _points(practised["lost"]),
            "outside": practised["outside"].to_numpy(),
        }
    )


def day_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "day": column.DateColumn("Day", format="ddd D MMM YYYY", pinned=True),
        "observations": column.NumberColumn("Observations", help="Times answered, asked about or read on that day."),
        "right": column.NumberColumn("Right", help="Right answers."),
        "answers": column.NumberColumn("Answers", help="Right and wrong answers."),
        "gained": column.NumberColumn("Gained", format="%+.1f", help="Points that practice added, over all concepts."),
        "lost": column.NumberColumn("Lost", format="%.1f", help="Points that practice took away, over all concepts."),
        "outside": column.NumberColumn("Outside", help="Observations of that day that belong to no session."),
    }


def session_table(sessions: Sequence[LearningSession], now: datetime, zone: ZoneInfo) -> pd.DataFrame:
    """A row a session, in the order given; durations in words, changes in points."""
    return pd.DataFrame(
        {
            "started": [started(each, now, zone) for each in sessions],
            "duration": [how_long(each, now) for each in sessions],
            "net": _points([each.net for each in sessions]),
            "interactions": [each.interactions for each in sessions],
            "right": [each.correct for each in sessions],
            "answers": [each.graded for each in sessions],
            "concepts": [each.concepts for each in sessions],
            "gained": _points([each.gained for each in sessions]),
            "lost": _points([each.lost for each in sessions]),
        }
    )


def session_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "started": column.ButtonColumn(
            "Started", type="tertiary", alignment="left", pinned=True, key="sessions_open", help="Opens the session."
        ),
        "duration": column.TextColumn("Took"),
        "net": column.NumberColumn(
            "Net", format="%+.1f", help="Gained and lost together, in points. What time takes away is not in it."
        ),
        "interactions": column.NumberColumn("Interactions", help="Times answered, asked about or read in the session."),
        "right": column.NumberColumn("Right", help="Right answers."),
        "answers": column.NumberColumn("Answers", help="Right and wrong answers: the others asked or read."),
        "concepts": column.NumberColumn("Concepts", help="How many different concepts came up."),
        "gained": column.NumberColumn("Gained", format="%+.1f", help="Points that practice added, over all concepts."),
        "lost": column.NumberColumn("Lost", format="%.1f", help="Points that practice took away, over all concepts."),
    }  # fmt: skip


def session_file(sessions: Sequence[LearningSession], zone: ZoneInfo) -> bytes:
    """The sessions as CSV: times with their offset from UTC, minutes, and changes in points."""
    rows = [
        {
            "started_at": each.started_at.astimezone(zone).isoformat(timespec="seconds"),
            "ended_at": each.ended_at.astimezone(zone).isoformat(timespec="seconds") if each.ended_at else None,
            "minutes": None if each.minutes is None else round(each.minutes, 1),
            "interactions": each.interactions,
            "answers": each.graded,
            "right_answers": each.correct,
            "concepts": each.concepts,
            "gained_points": round(each.gained * 100, 1),
            "lost_points": round(each.lost * 100, 1) + 0.0,
            "net_points": round(each.net * 100, 1) + 0.0,
            "started_by_hand": each.by_hand,
        }
        for each in sessions
    ]
    return pd.DataFrame(rows).to_csv(index=False).encode("utf-8-sig")


def concept_table(by_concept: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """What each concept gained and lost in a session, in points, the most gained first."""
    names = best_first(by_concept)
    return pd.DataFrame(
        {
            "concept": names,
            "net": _points([sum(by_concept[name]) for name in names]),
            "gained": _points([by_concept[name][0] for name in names]),
            "lost": _points([by_concept[name][1] for name in names]),
        }
    )


def concept_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "concept": column.ButtonColumn(
            "Concept", type="tertiary", alignment="left", pinned=True, width=168, key="sessions_concept",
            help="Opens the concept.",
        ),
        "net": column.NumberColumn("Net", format="%+.1f", width=58, help="Gained and lost together, in points."),
        "gained": column.NumberColumn("Gained", format="%+.1f", width=66, help="Points that practice added here."),
        "lost": column.NumberColumn("Lost", format="%.1f", width=58, help="Points that practice took away here."),
    }  # fmt: skip


def event_table(events: Sequence[SessionEvent], zone: ZoneInfo) -> pd.DataFrame:
    """What happened in a session, in order; scores as percent, changes in points."""
    return pd.DataFrame(
        {
            "step": range(1, len(events) + 1),
            "at": pd.DatetimeIndex([event.at for event in events], tz="UTC").tz_convert(zone),
            "what": [f"{KIND_GLYPHS[event.kind]} {KIND_WORDS[event.kind]}" for event in events],
            "concept": [event.concept_tag for event in events],
            "before": _points([event.before for event in events]),
            "change": _points([event.delta for event in events]),
            "after": _points([event.after for event in events]),
            "faded": _points([event.forgotten for event in events]),
        }
    )


def event_columns(zone: ZoneInfo) -> dict[str, Any]:
    column = st.column_config
    return {
        "step": column.NumberColumn("Step", width=52, pinned=True, help="In the order in which they came."),
        "at": column.DatetimeColumn("When", format="HH:mm:ss", timezone=zone.key, width=82),
        "what": column.TextColumn("What", width=150),
        "concept": column.TextColumn("Concept", width=180),
        "before": column.NumberColumn("Before", format="%.1f%%", help="The score when it came, after fading."),
        "change": column.NumberColumn("Change", format="%+.1f", help="In points: what it did to the score."),
        "after": column.NumberColumn("After", format="%.1f%%", help="Before and change together, between 0% and 100%."),
        "faded": column.NumberColumn(
            "Faded before", format="%+.1f",
            help="Points that time had taken since the concept was last practised. They are not part of what was lost.",
        ),
    }  # fmt: skip


def how_long(session: LearningSession, now: datetime) -> str:
    """How long a session took; how long it has been running, where it still does."""
    if session.minutes is None:
        return f"{words.duration((now - session.started_at) / timedelta(minutes=1))} so far"
    return words.duration(session.minutes)


def in_figures(session: LearningSession, now: datetime) -> str:
    """How long a session took, or has been running, in as little room as a figure has."""
    minutes = (now - session.started_at) / timedelta(minutes=1) if session.minutes is None else session.minutes
    return words.duration(minutes) if round(minutes) else "<1 min"


def started(session: LearningSession, now: datetime, zone: ZoneInfo) -> str:
    return f"{words.day(session.started_at, now, zone)}, {session.started_at.astimezone(zone):%H:%M}"


def _points(shares: Sequence[float] | pd.Series) -> pd.Series:
    return (pd.Series(shares, dtype="float64").reset_index(drop=True) * 100).round(1) + 0.0
