"""What screens keep of a cohort for a minute, and how it is forgotten at once when somebody has come or gone.

The head of a screen has asked by then whether the cohort may be seen. All is one session's own.
"""

from datetime import date

import pandas as pd
import streamlit as st

from mastery_core.attention import Limits, attended
from mastery_core.cohort_keeping import CohortKeeping, RosterPlan
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.comparison import Difference, compare, overall
from mastery_core.roster import read_roster


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def learners(
    cohort: str,
    day: date,
    days: int,
    weak: float,
    mastered: float,
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: CohortService,
) -> pd.DataFrame:
    """The learners as they stood on a day, and what they did in so many days before: a moved limit is answered at once."""
    return _service.get_learners(cohort, day, days, weak=weak, mastered=mastered)


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def in_order(
    cohort: str,
    day: date,
    chosen: Limits,
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: CohortService,
) -> list[tuple[str, str]]:
    """Id and name of each learner, who needs attention first."""
    found = attended(_service.get_learners(cohort, day), moment_of(day).timestamp(), chosen)
    return list(zip(found["id"], found["name"], strict=True))


@st.cache_data(scope="session", ttl=60, max_entries=4, show_spinner=False)
def both(
    first: tuple[str, date],
    second: tuple[str, date],
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: CohortService,
) -> tuple[pd.DataFrame, Difference, int]:
    """Two cohorts, each on a day: concept by concept, over all, and how many learners are in both. Turning a page draws none anew."""
    one, other = (_service.get_cells(cohort, day) for cohort, day in (first, second))
    paired = first[0] == second[0]
    shared = len(set(one.learners) & set(other.learners))
    return compare(one, other, paired=paired), overall(one, other, paired=paired), shared


@st.cache_data(scope="session", ttl=600, max_entries=2, show_spinner="Looking at the list …")
def plan(
    cohort: str,
    text: str,
    make_new: bool,  # noqa: FBT001 - a key of the cache
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _keeping: CohortKeeping,
) -> RosterPlan:
    """What a list of learners comes to; kept longer, until *Preview* or something that was done here asks for it anew."""
    return _keeping.plan(cohort, read_roster(text), make_new=make_new)


def forget() -> None:
    """Ask anew who is in a cohort, for somebody has come or gone."""
    for each in (learners, in_order, both, plan):
        each.clear()
