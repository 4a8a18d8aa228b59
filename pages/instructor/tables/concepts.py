"""The tables of the Concepts screen: the same numbers, as numbers, and how the columns read."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.charts.palette import BAND_GLYPHS
from mastery_core.standing import ENOUGH_OBSERVATIONS, bands
from pages.instructor.tables.cohort import NAME_WIDTH

OPENS, OPENS_LEARNER = "concept_of_cohort_opens", "concept_learner_opens"
NEVER = "never practised"


def concept_table(concepts: pd.DataFrame) -> pd.DataFrame:
    """Every concept in the order given; shares in percent, changes in points, ``course`` a list of percents."""
    return concept_file(concepts).assign(
        course=[[np.nan if each is None else round(each * 100, 1) for each in course] for course in concepts["course"]]
    )


def concept_file(concepts: pd.DataFrame) -> pd.DataFrame:
    """As ``concept_table``, without the small line, which is no number."""
    graded = concepts["graded"].where(concepts["graded"] > 0)
    return pd.DataFrame(
        {
            "concept": concepts["concept"],
            "mean": _percent(concepts["mean"]),
            "change": _percent(concepts["mean"] - concepts["mean_before"]),
            "weak": concepts["weak"],
            "developing": concepts["developing"],
            "mastered": concepts["mastered"],
            "apart": concepts["apart"],
            "practising": concepts["practising"],
            "right": _percent(concepts["correct"] / graded),
            "answers": concepts["graded"],
            "observations": concepts["observations"],
        }
    )


def concept_columns(weak: float, mastered: float) -> dict[str, Any]:
    column = st.column_config
    enough = f"{ENOUGH_OBSERVATIONS} observations"
    return {
        "concept": column.ButtonColumn(
            "Concept", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the concept."
        ),
        "mean": column.ProgressColumn(
            "Mean", min_value=0, max_value=100, format="%.1f%%", width=110,
            help=f"Of the scores now of the learners with {enough} or more.",
        ),
        "change": column.NumberColumn("Change", format="%+.1f", width=74, help="Points since the beginning of this range, forgetting included."),
        "course": column.LineChartColumn("Trend", y_min=0, y_max=100, width=110, help="The mean over this range."),
        "weak": column.NumberColumn("▼ Weak", width=72, help=f"Learners below {weak:.0%} now."),
        "developing": column.NumberColumn("● Developing", width=100, help="Learners between the two thresholds."),
        "mastered": column.NumberColumn("★ Mastered", width=92, help=f"Learners at {mastered:.0%} or more now."),
        "apart": column.NumberColumn("○ Too few", width=80, help=f"Learners with fewer than {enough}, counted apart."),
        "practising": column.NumberColumn("Practising", width=84, help="Learners who practised it in this range."),
        "right": column.NumberColumn("Right", format="%.1f%%", width=70, help="Right answers of all answers in this range."),
        "answers": column.NumberColumn("Answers", width=74, help="Right and wrong answers in this range."),
        "observations": column.NumberColumn("Observations", width=96, help="Times answered, asked about or read in this range."),
    }  # fmt: skip


def standing_table(standing: pd.DataFrame, weak: float, mastered: float) -> pd.DataFrame:
    """The learners of one concept in the order given; the score in percent, empty without data enough."""
    band = bands(standing["score"], standing["observations"], weak=weak, mastered=mastered)
    return pd.DataFrame(
        {
            "learner": standing["name"].to_numpy(),
            "score": _percent(standing["score"].where(standing["known"])),
            "standing": [
                f"{BAND_GLYPHS[each]} {each}" if observations else NEVER
                for each, observations in zip(band, standing["observations"], strict=True)
            ],
            "observations": standing["observations"].to_numpy(),
        }
    )


def standing_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "learner": column.ButtonColumn(
            "Learner", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS_LEARNER,
            help="Opens the learner's screen of this concept.",
        ),
        "score": column.ProgressColumn("Score now", min_value=0, max_value=100, format="%.1f%%", help="What is forgotten taken off."),
        "standing": column.TextColumn("Standing", help=f"It takes {ENOUGH_OBSERVATIONS} observations to tell."),
        "observations": column.NumberColumn("Observations", help="Times answered, asked about or read."),
    }  # fmt: skip


def opportunity_table(opportunities: pd.DataFrame) -> pd.DataFrame:
    """Answers by opportunity; the share of wrong ones in percent."""
    wrong = 1 - opportunities["correct"] / opportunities["graded"]
    return opportunities.assign(wrong=_percent(wrong))


def opportunity_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "opportunity": column.NumberColumn("Opportunity", pinned=True, help="How many observations of the concept a learner had by then, this one included."),
        "graded": column.NumberColumn("Answers", help="Right and wrong answers at that opportunity."),
        "correct": column.NumberColumn("Right", help="Right answers of them."),
        "wrong": column.NumberColumn("Wrong", format="%.1f%%", help="The share of wrong answers."),
    }  # fmt: skip


def _percent(shares: Any) -> Any:
    return np.round(np.asarray(shares, dtype=np.float64) * 100, 1) + 0.0
