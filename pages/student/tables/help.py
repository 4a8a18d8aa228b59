"""The tables beside the examples of the Help screen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.charts.kinds import KIND_WORDS
from mastery_core.decay import retained
from mastery_core.model import Rules

DAYS_BETWEEN = 5


def step_table(scores: Sequence[float], kinds: Sequence[str], worths: Sequence[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": np.arange(1, len(kinds) + 1),
            "what": [KIND_WORDS[kind] for kind in kinds],
            "worth": np.round(np.array(worths) * 100, 1),
            "score": np.round(np.array(scores[1:]) * 100, 1),
        }
    )


def step_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "number": column.NumberColumn("Step", help="In the order in which they happened."),
        "what": column.TextColumn("What"),
        "worth": column.NumberColumn("Worth", format="%+g", help="Points that such an observation adds."),
        "score": column.NumberColumn("Score after", format="%g%%", help="The score before and the points, within 0% and 100%."),
    }  # fmt: skip


def fading_table(score: float, longest: int, rules: Rules) -> pd.DataFrame:
    days = np.arange(0, longest + 1, DAYS_BETWEEN)
    left = retained(score, rules.decay_factor, days, period_days=rules.decay_period_days)
    return pd.DataFrame({"days": days, "score": np.round(left * 100, 1)})


def fading_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "days": column.NumberColumn("Days without practice", help="Since the concept was last practised."),
        "score": column.NumberColumn("Score", format="%g%%", help="What is left of the score by then."),
    }
