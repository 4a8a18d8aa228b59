"""The tables beside the charts of the Insights screen: the same numbers, as numbers, and how the columns read."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.charts.velocity import span_name
from mastery_core.gaps import ENOUGH_ANSWERS
from mastery_core.rhythm import WEEKDAYS, Counts

SPAN = {"day": "Day", "week": "Week", "month": "Month"}


def stretch_table(stretches: pd.DataFrame, unit: str) -> pd.DataFrame:
    """A row for each bar, newest first; points with one decimal, empty where nothing was practised."""
    rows = stretches.iloc[::-1]
    practised = rows["observations"].to_numpy() > 0
    names = [span_name(row.begins, row.ends, unit) for row in rows.itertuples()]
    changes = {
        name: np.where(practised, np.round(rows[name].to_numpy() * 100, 1) + 0.0, np.nan)
        for name in ("won", "lost", "net")
    }
    return pd.DataFrame({"when": names, **changes, "observations": rows["observations"].to_numpy()})


def stretch_columns(unit: str) -> dict[str, Any]:
    column = st.column_config
    return {
        "when": column.TextColumn(SPAN[unit], pinned=True),
        "won": column.NumberColumn(
            "Won", width=74, format="%+.1f", help="Points that practice added, over all concepts."
        ),
        "lost": column.NumberColumn(
            "Lost", width=70, format="%+.1f", help="Points that practice took away, over all concepts."
        ),
        "net": column.NumberColumn(
            "Together", width=80, format="%+.1f", help="Won and lost together, without forgetting."
        ),
        "observations": column.NumberColumn(
            "Observations", width=96, help="Answers, questions asked and explanations read."
        ),
    }


def hour_table(counts: Counts) -> pd.DataFrame:
    """A row for each hour of the day with practice, a column a weekday, and how many in all."""
    hours = np.flatnonzero(counts.sum(axis=0))
    columns = {day[:3]: counts[number, hours] for number, day in enumerate(WEEKDAYS)}
    names = [f"{hour:02}:00 to {hour + 1:02}:00" for hour in hours]
    return pd.DataFrame({"hour": names, **columns, "total": counts[:, hours].sum(axis=0)})


def hour_columns() -> dict[str, Any]:
    column = st.column_config
    days = {
        day[:3]: column.NumberColumn(day[:3], width=42, help=f"Observations on {day}s in that hour.")
        for day in WEEKDAYS
    }
    total = column.NumberColumn("In all", width=54, help="Observations in that hour, on all weekdays.")
    return {"hour": column.TextColumn("Hour", width=104, pinned=True), **days, "total": total}


def gap_table(rates: pd.DataFrame) -> pd.DataFrame:
    """A row for each class of gaps; the rate is empty without answers enough."""
    known = rates["enough"].to_numpy()
    shares = {name: np.where(known, np.round(rates[name] * 100, 1), np.nan) for name in ("rate", "lower", "upper")}
    said = np.where(known, "", "not enough answers")
    return pd.DataFrame(
        {"gap": rates["gap"], **shares, "graded": rates["graded"], "correct": rates["correct"], "said": said}
    )


def gap_columns() -> dict[str, Any]:
    column = st.column_config
    interval = "The true rate lies between the two with 95% certainty (Wilson's interval)."
    return {
        "gap": column.TextColumn("Since last practice", pinned=True),
        "rate": column.NumberColumn(
            "Right", format="%.1f%%", width=66, help=f"Right answers ÷ all answers; empty under {ENOUGH_ANSWERS} answers."
        ),
        "lower": column.NumberColumn("At least", width=70, format="%.1f%%", help=interval),
        "upper": column.NumberColumn("At most", width=70, format="%.1f%%", help=interval),
        "graded": column.NumberColumn(
            "Answers", width=70, help="Answers so long after the concept was practised before; its first answer is left out."
        ),
        "correct": column.NumberColumn("Right ones", width=82, help="How many of them were right."),
        "said": column.TextColumn("Note"),
    }  # fmt: skip
