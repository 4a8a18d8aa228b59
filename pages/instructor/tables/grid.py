"""The table of the Grid: a row a learner, a column a concept, and what a click on the grid means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from mastery_core.charts.names import shortened
from mastery_core.model import Rules
from mastery_core.standing import ENOUGH_OBSERVATIONS, enough
from pages.instructor.tables.cohort import NAME_WIDTH

OPENS = "grid_opens"
LEARNER = "learner's name"
HEADING_COLUMNS = 40

Table = pd.DataFrame


def told_apart(names: Sequence[str]) -> list[str]:
    """The names, those that several have with a number: rows of a chart are known by their name."""
    seen: Counter[str] = Counter()
    several = {name for name, number in Counter(names).items() if number > 1}
    told = []
    for name in names:
        seen[name] += 1
        told.append(f"{name} ({seen[name]})" if name in several else name)
    return told


def names_column(concepts: Sequence[str]) -> str:
    """What the column of the names is called. A concept may be called so too, but no name ends with a space."""
    return f"{LEARNER} " if LEARNER in concepts else LEARNER


def place_of(point: Mapping[str, Any]) -> tuple[int, int]:
    """Row and column of the cell that was clicked."""
    return int(point["y"]), int(point["x"])


def grid_table(
    learners: pd.DataFrame, score: NDArray[np.float64], observations: NDArray[np.int64], concepts: Sequence[str]
) -> Table:
    """A row a learner in the order given, a column a concept: the score now in percent, empty without data enough."""
    known = np.round(np.where(enough(observations), score, np.nan) * 100, 1)
    names = pd.DataFrame({names_column(concepts): learners["name"].to_numpy()})
    return pd.concat([names, pd.DataFrame(known, columns=list(concepts))], axis=1)


def grid_columns(concepts: Sequence[str], rules: Rules) -> dict[str, Any]:
    column = st.column_config
    learner = column.ButtonColumn(
        "Learner", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the learner's screens."
    )  # fmt: skip
    help_text = f"Score now; weak below {rules.weak_below:.0%}, mastered from {rules.mastered_from:.0%}. Empty with fewer than {ENOUGH_OBSERVATIONS} observations."
    headings = dict(zip(concepts, shortened(list(concepts), HEADING_COLUMNS), strict=True))
    return {names_column(concepts): learner} | {
        concept: column.NumberColumn(heading, format="%.1f%%", help=help_text) for concept, heading in headings.items()
    }
