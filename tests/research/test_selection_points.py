"""Points within cells: what a measure tells apart there is told of five learners or more, in any two selections."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from mastery_core.comparison import FEWEST
from mastery_core.research.calibration import tenth
from mastery_core.research.engines import collect
from mastery_core.research.retention import GAP_EDGES_DAYS, gap_class
from mastery_core.research.selection import CELL, Lattice, Selection, lattice, select
from mastery_core.research.velocity import day_of, week_of
from tests.research.plain_selections import (
    EVENT,
    at_random,
    class_of,
    events_in,
    in_cells,
    in_pandas,
    made_of,
    plainly,
    some_selections,
)

Lazy = nw.LazyFrame[Any]
Lazily = Callable[[pd.DataFrame], Lazy]


def gap_class_of(frame: pd.DataFrame) -> "pd.Series[Any]":
    """The class of each gap of an answer; NaN where there is none."""
    edges = [round(days * 86_400) for days in GAP_EDGES_DAYS]
    classes = pd.Series(np.searchsorted(edges, frame.gap.astype("float64"), side="right"), frame.index, dtype="float64")
    return classes.where((frame.opportunity > 1) & frame.is_correct.notna() & frame.gap.notna())


OPPORTUNITY, WEEK = nw.col("opportunity"), week_of(day_of(nw.col("seconds")))
# What measures tell apart within cells, for a lazy frame and by a plain calculation.
POINTS: dict[str, tuple[nw.Expr, Callable[[pd.DataFrame], "pd.Series[Any]"]]] = {
    "opportunity": (OPPORTUNITY, lambda frame: frame.opportunity.astype("float64")),
    "gap": (gap_class(), gap_class_of),
    "week": (WEEK, lambda frame: (frame.seconds // 86_400 + 3) // 7),
    "tenth": (tenth(), lambda frame: (frame.before * 10).clip(upper=9).floordiv(1)),
}


def at_points(frame: pd.DataFrame, points: "pd.Series[Any]") -> pd.DataFrame:
    """The events that lie at a point, with what cell each lies in; ``open`` is whether five learners are in it at the point."""
    placed = in_cells(frame).assign(point=points)  # by the index, which is that of the frame
    placed = placed[placed.point.notna()]
    size = placed.groupby([*CELL, "point"]).learner.transform("nunique").astype(int)
    return placed.assign(size=size, open=size >= FEWEST)


@pytest.mark.parametrize("name", POINTS)
def test_a_selection_of_points_is_that_of_a_plain_calculation(
    frame: pd.DataFrame, events: Lazy, whole: Lattice, name: str
) -> None:
    point, plain = POINTS[name]
    placed = at_points(frame, plain(frame))
    for selection in some_selections(in_cells(frame), 2, seed=4):
        told = collect(select(whole, selection, point))
        assert list(told.columns) == events.collect_schema().names()
        assert events_in(told) == events_in(plainly(placed, selection)), selection


@pytest.mark.parametrize("name", POINTS)
def test_points_leave_out_and_add_nothing(made: pd.DataFrame, name: str) -> None:
    whole = lattice(in_pandas(made))
    for selection in some_selections(in_cells(made), 4, seed=5):
        all_of_it, at = (collect(select(whole, selection, point)) for point in (None, POINTS[name][0]))
        assert set(events_in(at)) <= set(events_in(all_of_it))


def assert_no_point_differs_by_few(frame: pd.DataFrame, name: str, number: int, seed: int) -> None:
    """At each point any two selections differ by whole cells of at least five learners, in answers, in observations and in all of it."""
    point, plain = POINTS[name]
    lies_at = dict(zip(frame[EVENT].itertuples(index=False, name=None), plain(frame), strict=True))
    whole = lattice(in_pandas(frame))
    told = [collect(select(whole, each, point)) for each in some_selections(in_cells(frame), number, seed)]
    answers = [rows[rows.is_correct.notna()] for rows in told]
    observations = [rows[rows.trigger != "reset"] for rows in told]
    for looked_at in (answers, observations, told):
        chosen = [set(events_in(rows)) for rows in looked_at]
        for one, other in combinations([set(), *chosen], 2):
            learners: dict[float, set[str]] = {}
            for event in one ^ other:
                learners.setdefault(lies_at[event], set()).add(event[0])
            assert all(len(who) >= FEWEST for who in learners.values())


@pytest.mark.parametrize("name", POINTS)
def test_at_a_point_two_selections_differ_by_what_five_learners_did_or_not_at_all(
    made: pd.DataFrame, name: str
) -> None:
    assert_no_point_differs_by_few(made, name, 8, seed=6)


@pytest.mark.parametrize("name", ["opportunity", "week"])
@pytest.mark.parametrize("seed", range(6))
def test_so_do_they_of_few_learners(name: str, seed: int) -> None:
    assert_no_point_differs_by_few(at_random(seed), name, 8, seed)


def test_who_goes_on_alone_is_not_told_of_at_the_points_that_only_they_reach(lazily: Lazily) -> None:
    """Six learners answer three times, and one of them once more, which the cell has and no point of it."""
    whole = lattice(lazily(made_of([*class_of(6) * 3, *class_of(1)])))
    told = collect(select(whole, Selection(), OPPORTUNITY))
    assert len(collect(select(whole, Selection()))) == 19
    assert sorted(told.opportunity) == [*[1] * 6, *[2] * 6, *[3] * 6]


def test_what_lies_at_no_point_is_left_out_and_counts_for_the_band(lazily: Lazily) -> None:
    frame = made_of(class_of(6) * 3)
    later = nw.when(nw.col("opportunity") > 2).then(nw.col("opportunity"))
    told = collect(select(lattice(lazily(frame)), Selection(minimum=3), later))
    assert told.opportunity.tolist() == [3] * 6
    assert list(told.columns) == list(frame.columns)


def test_where_there_is_no_point_nothing_is_selected(lazily: Lazily) -> None:
    nowhere = nw.when(nw.col("opportunity") > 9).then(nw.col("opportunity"))
    assert collect(select(lattice(lazily(made_of(class_of(6)))), Selection(), nowhere)).empty


def test_a_week_that_two_months_share_is_of_each_month_by_itself(lazily: Lazily) -> None:
    """Monday 30 March to Sunday 5 April 2026: six learners in March, and the first four of them in April."""
    march, april = (pd.Timestamp(day, tz="UTC").timestamp() for day in ("2026-03-30", "2026-04-02"))
    frame = made_of([*class_of(6, seconds=march), *class_of(4, seconds=april)])
    told = collect(select(lattice(lazily(frame)), Selection(), WEEK))
    assert len(told) == 6
    assert (told.seconds < april).all()
