"""Why somebody needs attention, in words, with their own numbers."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.attention import USUAL_LIMITS, Limits, attended
from mastery_core.reasons import reasons

MOMENT = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = 86_400


def why(
    mean: float = 0.7, declining: int = 0, idle: float | None = 1.0, known: int = 3, limits: Limits = USUAL_LIMITS
) -> tuple[list[str], bool]:
    """The reasons of a learner like this, and whether they need attention. ``mean`` is when last practised, half is left."""
    learner = pd.DataFrame(
        {
            "mean_stored": [mean if known else np.nan], "mean": [mean / 2 if known else np.nan], "known": [known],
            "declining": [declining], "last_activity": [np.nan if idle is None else MOMENT.timestamp() - idle * DAY],
        }
    )  # fmt: skip
    [row] = attended(learner, MOMENT.timestamp(), limits).itertuples()
    return reasons(row, limits, MOMENT), bool(row.needs)


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        ({"mean": 0.42}, ["mean 42% when last practised, below 50%"]),
        ({"declining": 1}, ["1 concept declining by practice of the last 7 days"]),
        ({"declining": 12}, ["12 concepts declining by practice of the last 7 days"]),
        ({"idle": 15.9}, ["no practice for 15 days, faded from 70% to 35%"]),
        ({"idle": 4_000.0, "known": 0}, ["no practice for 4,000 days"]),
        (
            {"mean": 0.3, "declining": 2, "idle": 21.0},
            [
                "mean 30% when last practised, below 50%",
                "2 concepts declining by practice of the last 7 days",
                "no practice for 21 days, faded from 30% to 15%",
            ],
        ),
        ({"idle": 1.5, "limits": Limits(inactive_after=1)}, ["no practice for 1 day, faded from 70% to 35%"]),
        ({"mean": 0.6, "limits": Limits(struggling_below=0.65)}, ["mean 60% when last practised, below 65%"]),
        ({"declining": 1, "limits": Limits(slipping_from=2)}, []),
        ({"idle": None, "known": 0}, []),
        ({}, []),
    ],
)
def test_each_cause_is_said_with_the_learners_own_numbers(learner: dict[str, object], told: list[str]) -> None:
    assert why(**learner)[0] == told  # type: ignore[arg-type]


@given(
    mean=st.floats(0, 1),
    declining=st.integers(0, 5),
    idle=st.one_of(st.none(), st.floats(0, 60)),
    known=st.integers(0, 3),
    limits=st.builds(Limits, st.floats(0, 1), st.integers(1, 3), st.floats(0, 1), st.floats(1, 30)),
)
def test_who_needs_attention_has_a_reason_and_nobody_else(
    mean: float, declining: int, idle: float | None, known: int, limits: Limits
) -> None:
    told, needs = why(mean, declining, idle, known, limits)
    assert bool(told) == needs
