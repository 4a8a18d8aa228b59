"""Selections: what is in them, and that no two of them tell a single learner apart."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from mastery_core.comparison import FEWEST
from mastery_core.errors import InvalidInput
from mastery_core.research.calibration import HELD_OUT, is_held_out, judged_bin
from mastery_core.research.engines import collect
from mastery_core.research.retention import GAP_EDGES_DAYS, gap_class
from mastery_core.research.selection import (
    CELL,
    CELLS,
    MINIMUMS,
    Choice,
    Choices,
    Held,
    Selection,
    cells,
    check,
    choices,
    counts,
    require,
    select,
)
from mastery_core.research.velocity import day_of, week_of

Lazy = nw.LazyFrame[Any]
Lazily = Callable[[pd.DataFrame], Lazy]
# What tells the events of a frame apart.
EVENT = ["learner", "cohort", "concept", "seconds", "outcome", "opportunity"]


def in_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """The events with what cell each lies in, by pandas' own calendar, how many learners it has, and whether it is open."""
    observed = frame.trigger.ne("reset").groupby([frame.learner, frame.concept]).transform("sum").astype(int)
    when = pd.to_datetime((frame.seconds * 1e6).round().astype("int64"), unit="us").dt
    placed = frame.assign(
        month=(when.year - 1970) * 12 + when.month - 1,
        band=[max((m for m in MINIMUMS if m <= n), default=0) for n in observed],
        kind=["answer" if pd.notna(right) else "reset" if t == "reset" else "other" for right, t in zip(frame.is_correct, frame.trigger, strict=True)],
    )  # fmt: skip
    placed = placed[placed.band > 0]
    size = placed.groupby(list(CELL)).learner.transform("nunique").astype(int)
    return placed.assign(size=size, open=size >= FEWEST)


def plainly(placed: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """The events of a selection, of those that are ``in_cells``."""
    name = (1970 + placed.month // 12).astype(str) + "-" + (placed.month % 12 + 1).astype(str).str.zfill(2)
    kept = placed.open & (placed.band >= selection.minimum)
    kept &= placed.cohort.isin(selection.cohorts or set(placed.cohort)) & placed.concept.isin(
        selection.concepts or set(placed.concept)
    )
    kept &= name.between(selection.first_month or "", selection.last_month or "9")
    return placed[kept]


def some_selections(placed: pd.DataFrame, number: int, seed: int) -> list[Selection]:
    """Selections at random, of what there is; the first is of everything."""
    chance = np.random.default_rng(seed)
    cohorts, concepts = sorted(set(placed.cohort)), sorted(set(placed.concept))
    months = [f"{1970 + month // 12}-{month % 12 + 1:02}" for month in sorted(set(placed.month))]

    def some(names: list[str]) -> tuple[str, ...]:
        return tuple(chance.choice(names, chance.integers(0, len(names) + 1), replace=False).tolist())

    def one() -> Selection:
        first, last = sorted(chance.integers(0, len(months), 2))
        ends = chance.choice([None, months[first]]), chance.choice([None, months[last]])
        return Selection(some(cohorts), some(concepts), *ends, minimum=int(chance.choice(MINIMUMS)))

    return [Selection(), *(one() for _ in range(number - 1))]


def events_in(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(frame[EVENT].itertuples(index=False, name=None))


def made_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Events of few columns: a right answer of a learner in March 2026, where nothing else is said."""
    usual = {
        "cohort": "A",
        "concept": "Sets",
        "seconds": 1772841600.0,
        "trigger": "quiz",
        "outcome": "correct",
        "is_correct": True,
    }
    frame = pd.DataFrame([usual | row for row in rows], columns=["learner", *usual])
    frame["opportunity"] = frame.groupby(["learner", "concept"]).cumcount() + 1
    frame["seconds"] = frame.seconds.astype("float64") + np.arange(len(frame))
    return frame.astype({"is_correct": object})


def class_of(number: int, **others: Any) -> list[dict[str, Any]]:
    return [{"learner": f"learner{n:02}"} | others for n in range(number)]


def at_random(seed: int) -> pd.DataFrame:
    """A few learners of two cohorts, on two concepts, in three months: most cells have about as many learners as are needed."""
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(int(chance.integers(40, 160))):
        learner, trigger = (
            int(chance.integers(0, 16)),
            str(chance.choice(["quiz", "quiz", "quiz", "explanation", "reset"])),
        )
        rows.append(
            {
                "learner": f"learner{learner:02}", "cohort": "AB"[learner % 2], "concept": str(chance.choice(["Sets", "Graphs"])),
                "seconds": 1772841600.0 + int(chance.integers(0, 3)) * 31 * 86_400, "trigger": trigger,
                "is_correct": bool(chance.integers(0, 2)) if trigger == "quiz" else None,
            }
        )  # fmt: skip
    return made_of(rows)


def in_pandas(frame: pd.DataFrame) -> Lazy:
    return nw.from_native(frame).lazy()


def test_cells_are_those_of_a_plain_calculation(frame: pd.DataFrame, events: Lazy) -> None:
    plain = (
        in_cells(frame)
        .groupby(list(CELL))
        .agg(learners=("learner", "nunique"), events=("learner", "size"))
        .reset_index()
    )
    told = collect(cells(events), CELL)
    assert tuple(told.columns) == CELLS
    pd.testing.assert_frame_equal(told, plain, check_dtype=False)


def test_a_selection_is_that_of_a_plain_calculation(frame: pd.DataFrame, events: Lazy) -> None:
    placed = in_cells(frame)
    for selection in some_selections(placed, 5, seed=1):
        told = collect(select(events, selection))
        assert list(told.columns) == events.collect_schema().names()
        assert events_in(told) == events_in(plainly(placed, selection)), selection


def test_what_a_selection_holds_is_counted(frame: pd.DataFrame, events: Lazy) -> None:
    placed = in_cells(frame)
    withheld = placed[~placed.open]
    kept_back = None if 0 < withheld.learner.nunique() < FEWEST else len(withheld)
    for selection in some_selections(placed, 5, seed=2):
        plain = plainly(placed, selection)
        assert counts(events, selection) == Held(plain.learner.nunique(), len(plain), kept_back), selection


def test_what_can_be_chosen_is_what_is_not_all_withheld(frame: pd.DataFrame, events: Lazy) -> None:
    there = in_cells(frame).query("open")
    there = there.assign(month=[f"{1970 + month // 12}-{month % 12 + 1:02}" for month in there.month])

    def plain(by: str) -> tuple[Choice, ...]:
        counted = there.groupby(by).learner.agg(["nunique", "size"])
        return tuple(Choice(str(name), learners, number) for name, learners, number in counted.itertuples())

    assert choices(events) == Choices(plain("cohort"), plain("concept"), plain("month"))


def test_what_can_be_chosen_selects_at_least_five_learners(made: pd.DataFrame) -> None:
    offered = choices(in_pandas(made))
    assert offered.cohorts
    assert offered.concepts
    for choice in offered.cohorts:
        chosen = Selection(cohorts=(choice.name,))
        check(chosen, offered)
        assert counts(in_pandas(made), chosen).learners == choice.learners >= FEWEST
    for choice in offered.months:
        chosen = Selection(first_month=choice.name, last_month=choice.name)
        check(chosen, offered)
        assert counts(in_pandas(made), chosen).events == choice.events > 0


def test_months_are_those_of_the_calendar_to_the_microsecond(lazily: Lazily) -> None:
    begins = pd.date_range("1970-02-01", "2100-02-01", freq="MS", tz="UTC")
    moments = [*begins, *(begins - pd.Timedelta(microseconds=1))]
    frame = made_of(class_of(len(moments)))
    frame["seconds"] = [moment.value / 1e9 for moment in moments]
    frame["concept"] = [f"{moment:%Y-%m}" for moment in moments]
    told = collect(cells(lazily(frame)))
    assert [f"{1970 + month // 12}-{month % 12 + 1:02}" for month in told.month] == told.concept.tolist()
    assert len(told) == len(begins) + 1


def assert_no_difference_is_about_few(frame: pd.DataFrame, number: int, seed: int) -> None:
    """Any two selections differ by whole cells, each of at least five learners."""
    placed = in_cells(frame)
    lies_in = pd.Series(placed.groupby(list(CELL)).ngroup().to_numpy(), pd.MultiIndex.from_frame(placed[EVENT]))
    assert lies_in.index.is_unique
    whole = lies_in.value_counts()
    learners = placed.groupby(list(CELL)).learner.nunique().reset_index(drop=True)
    chosen = [set(events_in(collect(select(in_pandas(frame), each)))) for each in some_selections(placed, number, seed)]
    for one, other in combinations([set(), *chosen], 2):
        differs = lies_in.loc[list(one ^ other)].value_counts()
        assert (differs == whole[differs.index]).all()
        assert (learners[differs.index] >= FEWEST).all()


def test_any_two_selections_differ_by_whole_cells_of_five_learners_or_more(made: pd.DataFrame) -> None:
    assert_no_difference_is_about_few(made, 12, seed=3)


@pytest.mark.parametrize("seed", range(10))
def test_so_do_those_of_few_learners(seed: int) -> None:
    assert_no_difference_is_about_few(at_random(seed), 10, seed)


@pytest.mark.parametrize("seed", range(10))
def test_what_a_measure_looks_at_differs_by_what_five_learners_did_or_more(seed: int) -> None:
    """Reading and resets of others make no answer of one learner safe to tell."""
    frame = at_random(seed)
    told = [collect(select(in_pandas(frame), each)) for each in some_selections(in_cells(frame), 10, seed)]
    answers, observations = (
        [rows[rows.is_correct.notna()] for rows in told],
        [rows[rows.trigger != "reset"] for rows in told],
    )
    for looked_at in (answers, observations, told):
        chosen = [set(events_in(rows)) for rows in looked_at]
        for one, other in combinations([set(), *chosen], 2):
            assert len({event[0] for event in one ^ other}) not in range(1, FEWEST)


@pytest.mark.parametrize("seed", range(4))
def test_without_a_learner_nothing_changes_but_in_cells_of_five_or_more(seed: int) -> None:
    frame = at_random(seed)
    size = in_cells(frame).set_index(EVENT)["size"]
    for learner in sorted(set(frame.learner))[:5]:
        without = frame[frame.learner != learner].reset_index(drop=True)
        for selection in some_selections(in_cells(frame), 3, seed):
            one, other = (set(events_in(collect(select(in_pandas(each), selection)))) for each in (frame, without))
            assert other <= one
            assert (size.loc[list(one - other)] >= FEWEST).all()


@pytest.mark.parametrize("alone", [{"cohort": "B"}, {"concept": "Graphs"}, {"seconds": 1775779200.0}])
def test_a_learner_alone_is_in_no_selection(alone: dict[str, Any], lazily: Lazily) -> None:
    events = lazily(made_of([*class_of(6), {"learner": "learner00"} | alone]))
    everything = collect(select(events, Selection()))
    assert len(everything) == 6
    offered = choices(events)
    assert {len(offered.cohorts), len(offered.concepts), len(offered.months)} == {1}
    own = Selection(
        (alone.get("cohort", "A"),), (alone.get("concept", "Sets"),), "2026-04" if "seconds" in alone else None
    )
    assert collect(select(events, own)).empty
    with pytest.raises(InvalidInput, match="There is no"):
        check(own, offered)


def test_a_learner_who_did_more_than_others_is_no_selection_of_their_own(lazily: Lazily) -> None:
    events = lazily(made_of([*class_of(5), *class_of(1) * 9, *class_of(5)]))
    assert counts(events, Selection(minimum=10)).events == 0
    assert counts(events, Selection()) == Held(0, 0, 19)
    assert collect(select(events, Selection())).empty


def test_what_one_learner_answered_is_not_told_among_readers(lazily: Lazily) -> None:
    read = {"trigger": "explanation", "outcome": "passive_read", "is_correct": None}
    told = collect(select(lazily(made_of([*class_of(7, **read), *class_of(1)])), Selection()))
    assert len(told) == 7
    assert set(told.trigger) == {"explanation"}


def test_resets_are_no_observations(lazily: Lazily) -> None:
    reset = {"trigger": "reset", "outcome": "reset", "is_correct": None}
    events = lazily(made_of([*class_of(6) * 2, *class_of(8, **reset)]))
    told = collect(cells(events), CELL)
    assert told.to_dict("list") == {
        "cohort": ["A", "A"], "concept": ["Sets", "Sets"], "month": [674, 674], "band": [1, 1], "kind": ["answer", "reset"],
        "learners": [6, 6], "events": [12, 6],
    }  # fmt: skip


def test_what_few_are_withheld_of_is_not_counted(lazily: Lazily) -> None:
    rows = class_of(6)
    assert counts(lazily(made_of(rows)), Selection()) == Held(6, 6, 0)
    assert counts(lazily(made_of([*rows, *class_of(4, cohort="B")])), Selection()) == Held(6, 6, None)
    few = [row | {"cohort": cohort} for cohort in "BC" for row in class_of(4)]
    few = [row | {"learner": row["learner"] + row["cohort"]} for row in few]
    assert counts(lazily(made_of([*rows, *few])), Selection()) == Held(6, 6, 8)


@pytest.mark.parametrize("learners", [0, 1, FEWEST - 1])
def test_few_or_none_are_told_as_a_sentence(learners: int) -> None:
    events = in_pandas(made_of(class_of(learners)))
    assert collect(select(events, Selection())).empty
    assert choices(events) == Choices((), (), ())
    held = counts(events, Selection(minimum=20))
    assert held == Held(0, 0, None if learners else 0)
    with pytest.raises(InvalidInput, match=r"Nothing is left of this selection: .* fewer than 5 learners"):
        require(held)
    with pytest.raises(InvalidInput, match="There is nothing to choose: nowhere"):
        check(Selection(), choices(events))


def test_no_events_are_told_so_on_every_engine(lazily: Lazily) -> None:
    frame = made_of(class_of(6))
    events = lazily(frame).filter(nw.col("learner") == "nobody")
    assert collect(cells(events)).empty
    assert collect(select(events, Selection())).empty
    assert counts(events, Selection()) == Held(0, 0, 0)
    assert choices(events) == Choices((), (), ())


def test_something_left_is_not_refused() -> None:
    require(Held(5, 5, None))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"minimum": 4}, "There is no minimum of 4 observations to choose, only: 1, 3, 5, 10, 20."),
        ({"first_month": "March"}, '"March" is no month: write it like 2026-03.'),
        ({"last_month": "2026-13"}, '"2026-13" is no month: write it like 2026-03.'),
        ({"first_month": "2026-04", "last_month": "2026-03"}, "The first month, 2026-04, comes after the last, 2026-03: swap them."),
    ],
)  # fmt: skip
def test_what_cannot_be_a_selection_is_told_as_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as told:
        Selection(**wrong)
    assert str(told.value) == sentence


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (Selection(cohorts=("A", "C")), 'There is no cohort "C" to choose, only: A, B.'),
        (Selection(concepts=("Maps",)), 'There is no concept "Maps" to choose, only: Sets.'),
        (Selection(first_month="2026-01"), "There is no month 2026-01 to choose: choose from 2026-03 to 2026-05."),
        (Selection(last_month="2026-06"), "There is no month 2026-06 to choose: choose from 2026-03 to 2026-05."),
    ],
)
def test_what_cannot_be_chosen_is_told_with_what_can(selection: Selection, sentence: str) -> None:
    a, b, sets = Choice("A", 5, 5), Choice("B", 5, 5), Choice("Sets", 10, 10)
    offered = Choices((a, b), (sets,), (Choice("2026-03", 5, 5), Choice("2026-05", 5, 5)))
    check(Selection(("A",), ("Sets",), "2026-04", "2026-05"), offered)
    with pytest.raises(InvalidInput) as told:
        check(selection, offered)
    assert str(told.value) == sentence


def test_of_many_choices_a_sentence_names_the_first() -> None:
    one = (Choice("A", 5, 5),)
    concepts = tuple(Choice(f"Concept {n:02}", 5, 5) for n in range(30))
    with pytest.raises(InvalidInput, match=r"only: Concept 00, .*, Concept 19 and 10 more"):
        check(Selection(concepts=("Maps",)), Choices(one, concepts, (Choice("2026-03", 5, 5),)))


# Points within cells


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
    "tenth": (
        judged_bin(),
        lambda frame: (frame.before * 10).clip(upper=9).floordiv(1).where(frame.learner.str[-1].isin(list(HELD_OUT))),
    ),
    "judged or not": (is_held_out(), lambda frame: frame.learner.str[-1].isin(list(HELD_OUT)).astype("float64")),
}


def at_points(frame: pd.DataFrame, points: "pd.Series[Any]") -> pd.DataFrame:
    """The events that lie at a point, with what cell each lies in; ``open`` is whether five learners are in it at the point."""
    placed = in_cells(frame).assign(point=points)  # by the index, which is that of the frame
    placed = placed[placed.point.notna()]
    size = placed.groupby([*CELL, "point"]).learner.transform("nunique").astype(int)
    return placed.assign(size=size, open=size >= FEWEST)


@pytest.mark.parametrize("name", POINTS)
def test_a_selection_of_points_is_that_of_a_plain_calculation(frame: pd.DataFrame, events: Lazy, name: str) -> None:
    point, plain = POINTS[name]
    placed = at_points(frame, plain(frame))
    for selection in some_selections(in_cells(frame), 1, seed=len(name)):
        told = collect(select(events, selection, point))
        assert list(told.columns) == events.collect_schema().names()
        assert events_in(told) == events_in(plainly(placed, selection)), selection


@pytest.mark.parametrize("name", POINTS)
def test_points_leave_out_and_add_nothing(made: pd.DataFrame, name: str) -> None:
    for selection in some_selections(in_cells(made), 4, seed=5):
        whole, at = (collect(select(in_pandas(made), selection, point)) for point in (None, POINTS[name][0]))
        assert set(events_in(at)) <= set(events_in(whole))


def assert_no_point_differs_by_few(frame: pd.DataFrame, name: str, number: int, seed: int) -> None:
    """At each point any two selections differ by whole cells of at least five learners, in answers, in observations and in all of it."""
    point, plain = POINTS[name]
    lies_at = dict(zip(frame[EVENT].itertuples(index=False, name=None), plain(frame), strict=True))
    told = [collect(select(in_pandas(frame), each, point)) for each in some_selections(in_cells(frame), number, seed)]
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
    events = lazily(made_of([*class_of(6) * 3, *class_of(1)]))
    told = collect(select(events, Selection(), OPPORTUNITY))
    assert len(collect(select(events, Selection()))) == 19
    assert sorted(told.opportunity) == [*[1] * 6, *[2] * 6, *[3] * 6]


def test_what_lies_at_no_point_is_left_out_and_counts_for_the_band(lazily: Lazily) -> None:
    frame = made_of(class_of(6) * 3)
    later = nw.when(nw.col("opportunity") > 2).then(nw.col("opportunity"))
    told = collect(select(lazily(frame), Selection(minimum=3), later))
    assert told.opportunity.tolist() == [3] * 6
    assert list(told.columns) == list(frame.columns)


def test_where_there_is_no_point_nothing_is_selected(lazily: Lazily) -> None:
    nowhere = nw.when(nw.col("opportunity") > 9).then(nw.col("opportunity"))
    assert collect(select(lazily(made_of(class_of(6))), Selection(), nowhere)).empty


def test_a_week_that_two_months_share_is_of_each_month_by_itself(lazily: Lazily) -> None:
    """Monday 30 March to Sunday 5 April 2026: six learners in March, and the first four of them in April."""
    march, april = (pd.Timestamp(day, tz="UTC").timestamp() for day in ("2026-03-30", "2026-04-02"))
    frame = made_of([*class_of(6, seconds=march), *class_of(4, seconds=april)])
    told = collect(select(lazily(frame), Selection(), WEEK))
    assert len(told) == 6
    assert (told.seconds < april).all()
