"""The table of the Compare screen: the same numbers, as numbers, and how the columns read."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.comparison import CONFIDENCE, FEWEST
from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages.instructor.explained.compare import Sides
from pages.instructor.tables.cohort import NAME_WIDTH

OPENS = "compared_concept_opens"
DIFFERS, CHANCE, TOO_FEW = "◆ differs", "◇ may be chance", "○ too few learners"


def comparison_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Every concept in the order given. Means are percent, differences points; empty where it is not compared."""
    says = np.where(rows["clear"], DIFFERS, np.where(rows["compared"], CHANCE, TOO_FEW))
    shares = {name: _percent(rows[name]) for name in ("difference", "low", "high", "mean_first", "mean_second")}
    counts = {name: rows[name].to_numpy() for name in ("learners_first", "learners_second")}
    return pd.DataFrame({"concept": rows["concept"].to_numpy(), "says": says} | shares | counts)


def comparison_file(rows: pd.DataFrame, sides: Sides) -> pd.DataFrame:
    """The table, with what the two sides are called."""
    return comparison_table(rows).assign(first=sides.first, second=sides.second)


def comparison_columns(sides: Sides) -> dict[str, Any]:
    """How the columns read; ``sides`` as Markdown shows them."""
    column = st.column_config
    sure, enough = f"{CONFIDENCE:.0%}", f"{ENOUGH_OBSERVATIONS} observations or more"
    of_whom = "with enough data both times" if sides.paired else f"with {enough}"
    one, other = ("before", "now") if sides.paired else ("other", "this")
    return {
        "concept": column.ButtonColumn(
            "Concept", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the concept."
        ),
        "says": column.TextColumn(
            "What it says", width=132,
            help=f"Differs: the interval leaves 0 out. It takes {FEWEST} learners with data on each side to tell.",
        ),
        "difference": column.NumberColumn("Difference", format="%+.1f", width=84, help=f"Points: {sides.second} less {sides.first}."),
        "low": column.NumberColumn("From", format="%+.1f", width=68, help=f"The lower end of the {sure} interval, in points."),
        "high": column.NumberColumn("To", format="%+.1f", width=68, help=f"The upper end of the {sure} interval, in points."),
        "mean_first": column.NumberColumn(f"Mean, {one}", format="%.1f%%", width=98, help=f"{sides.first}: the mean of its learners {of_whom}."),
        "mean_second": column.NumberColumn(f"Mean, {other}", format="%.1f%%", width=98, help=f"{sides.second}: the mean of its learners {of_whom}."),
        "learners_first": column.NumberColumn(f"Learners, {one}", width=112, help=f"{sides.first}: learners {of_whom}."),
        "learners_second": column.NumberColumn(f"Learners, {other}", width=112, help=f"{sides.second}: learners {of_whom}."),
    }  # fmt: skip


def _percent(shares: pd.Series) -> Any:
    return np.round(shares.to_numpy(dtype=np.float64) * 100, 1) + 0.0
