"""Selections: what is in them, and that no two of them tell a single learner apart."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from mastery_core.comparison import FEWEST
from mastery_core.errors import InvalidInput
from mastery_core.research.engines import collect
from mastery_core.research.selection import (
    CELL,
    CELLS,
    Choice,
    Choices,
    Held,
    Lattice,
    Selection,
    cells,
    check,
    choices,
    counts,
    hold,
    lattice,
    select,
)
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


def test_cells_are_those_of_a_plain_calculation(frame: pd.DataFrame, whole: Lattice) -> None:
    plain = (
        in_cells(frame)
        .groupby(list(CELL))
        .agg(learners=("learner", "nunique"), events=("learner", "size"))
        .reset_index()
    )
    told = collect(cells(whole), CELL)
    assert tuple(told.columns) == CELLS
    pd.testing.assert_frame_equal(told, plain, check_dtype=False)


def test_a_selection_is_that_of_a_plain_calculation(frame: pd.DataFrame, events: Lazy, whole: Lattice) -> None:
    placed = in_cells(frame)
    for selection in some_selections(placed, 5, seed=1):
        told = collect(select(whole, selection))
        assert list(told.columns) == events.collect_schema().names()
        assert events_in(told) == events_in(plainly(placed, selection)), selection


def test_what_a_selection_holds_is_counted(frame: pd.DataFrame, whole: Lattice) -> None:
    placed = in_cells(frame)
    withheld = placed[~placed.open]
    kept_back = None if 0 < withheld.learner.nunique() < FEWEST else len(withheld)
    for selection in some_selections(placed, 5, seed=2):
        plain = plainly(placed, selection)
        assert counts(whole, selection) == Held(plain.learner.nunique(), len(plain), kept_back), selection


def test_what_can_be_chosen_is_what_is_not_all_withheld(frame: pd.DataFrame, whole: Lattice) -> None:
    there = in_cells(frame).query("open")
    there = there.assign(month=[f"{1970 + month // 12}-{month % 12 + 1:02}" for month in there.month])

    def plain(by: str) -> tuple[Choice, ...]:
        counted = there.groupby(by).learner.agg(["nunique", "size"])
        return tuple(Choice(str(name), learners, number) for name, learners, number in counted.itertuples())

    assert choices(whole) == Choices(plain("cohort"), plain("concept"), plain("month"))


def test_what_can_be_chosen_selects_at_least_five_learners(made: pd.DataFrame) -> None:
    whole = lattice(in_pandas(made))
    offered = choices(whole)
    assert offered.cohorts
    assert offered.concepts
    for choice in offered.cohorts:
        chosen = Selection(cohorts=(choice.name,))
        check(chosen, offered)
        assert counts(whole, chosen).learners == choice.learners >= FEWEST
    for choice in offered.months:
        chosen = Selection(first_month=choice.name, last_month=choice.name)
        check(chosen, offered)
        assert counts(whole, chosen).events == choice.events > 0


def test_months_are_those_of_the_calendar_to_the_microsecond(lazily: Lazily) -> None:
    begins = pd.date_range("1970-02-01", "2100-02-01", freq="MS", tz="UTC")
    moments = [*begins, *(begins - pd.Timedelta(microseconds=1))]
    frame = made_of(class_of(len(moments)))
    frame["seconds"] = [moment.value / 1e9 for moment in moments]
    frame["concept"] = [f"{moment:%Y-%m}" for moment in moments]
    told = collect(cells(lattice(lazily(frame))))
    assert [f"{1970 + month // 12}-{month % 12 + 1:02}" for month in told.month] == told.concept.tolist()
    assert len(told) == len(begins) + 1


def assert_no_difference_is_about_few(frame: pd.DataFrame, number: int, seed: int) -> None:
    """Any two selections differ by whole cells, each of at least five learners."""
    placed = in_cells(frame)
    lies_in = pd.Series(placed.groupby(list(CELL)).ngroup().to_numpy(), pd.MultiIndex.from_frame(placed[EVENT]))
    assert lies_in.index.is_unique
    size = lies_in.value_counts()
    learners = placed.groupby(list(CELL)).learner.nunique().reset_index(drop=True)
    whole = lattice(in_pandas(frame))
    chosen = [set(events_in(collect(select(whole, each)))) for each in some_selections(placed, number, seed)]
    for one, other in combinations([set(), *chosen], 2):
        differs = lies_in.loc[list(one ^ other)].value_counts()
        assert (differs == size[differs.index]).all()
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
    whole = lattice(in_pandas(frame))
    told = [collect(select(whole, each)) for each in some_selections(in_cells(frame), 10, seed)]
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
            one, other = (
                set(events_in(collect(select(lattice(in_pandas(each)), selection)))) for each in (frame, without)
            )
            assert other <= one
            assert (size.loc[list(one - other)] >= FEWEST).all()


@pytest.mark.parametrize("alone", [{"cohort": "B"}, {"concept": "Graphs"}, {"seconds": 1775779200.0}])
def test_a_learner_alone_is_in_no_selection(alone: dict[str, Any], lazily: Lazily) -> None:
    whole = lattice(lazily(made_of([*class_of(6), {"learner": "learner00"} | alone])))
    everything = collect(select(whole, Selection()))
    assert len(everything) == 6
    offered = choices(whole)
    assert {len(offered.cohorts), len(offered.concepts), len(offered.months)} == {1}
    own = Selection(
        (alone.get("cohort", "A"),), (alone.get("concept", "Sets"),), "2026-04" if "seconds" in alone else None
    )
    assert collect(select(whole, own)).empty
    with pytest.raises(InvalidInput, match="There is no"):
        check(own, offered)


def test_a_learner_who_did_more_than_others_is_no_selection_of_their_own(lazily: Lazily) -> None:
    whole = lattice(lazily(made_of([*class_of(5), *class_of(1) * 9, *class_of(5)])))
    assert counts(whole, Selection(minimum=10)).events == 0
    assert counts(whole, Selection()) == Held(0, 0, 19)
    assert collect(select(whole, Selection())).empty


def test_what_one_learner_answered_is_not_told_among_readers(lazily: Lazily) -> None:
    read = {"trigger": "explanation", "outcome": "passive_read", "is_correct": None}
    told = collect(select(lattice(lazily(made_of([*class_of(7, **read), *class_of(1)]))), Selection()))
    assert len(told) == 7
    assert set(told.trigger) == {"explanation"}


def test_resets_are_no_observations(lazily: Lazily) -> None:
    reset = {"trigger": "reset", "outcome": "reset", "is_correct": None}
    whole = lattice(lazily(made_of([*class_of(6) * 2, *class_of(8, **reset)])))
    told = collect(cells(whole), CELL)
    assert told.to_dict("list") == {
        "cohort": ["A", "A"], "concept": ["Sets", "Sets"], "month": [674, 674], "band": [1, 1], "kind": ["answer", "reset"],
        "learners": [6, 6], "events": [12, 6],
    }  # fmt: skip


def test_what_few_are_withheld_of_is_not_counted(lazily: Lazily) -> None:
    rows = class_of(6)
    assert counts(lattice(lazily(made_of(rows))), Selection()) == Held(6, 6, 0)
    assert counts(lattice(lazily(made_of([*rows, *class_of(4, cohort="B")]))), Selection()) == Held(6, 6, None)
    few = [row | {"cohort": cohort} for cohort in "BC" for row in class_of(4)]
    few = [row | {"learner": row["learner"] + row["cohort"]} for row in few]
    assert counts(lattice(lazily(made_of([*rows, *few]))), Selection()) == Held(6, 6, 8)


@pytest.mark.parametrize("learners", [0, 1, FEWEST - 1])
def test_few_or_none_are_told_as_a_sentence(learners: int) -> None:
    whole = lattice(in_pandas(made_of(class_of(learners))))
    assert collect(select(whole, Selection())).empty
    assert choices(whole) == Choices((), (), ())
    held = counts(whole, Selection(minimum=20))
    assert held == Held(0, 0, None if learners else 0)
    with pytest.raises(InvalidInput, match="There is nothing to choose: nowhere"):
        check(Selection(), choices(whole))


def test_no_events_are_told_so_on_every_engine(lazily: Lazily) -> None:
    frame = made_of(class_of(6))
    whole = lattice(lazily(frame).filter(nw.col("learner") == "nobody"))
    assert collect(cells(whole)).empty
    assert collect(select(whole, Selection())).empty
    assert counts(whole, Selection()) == Held(0, 0, 0)
    assert choices(whole) == Choices((), (), ())


def test_nothing_left_is_told_as_a_sentence_and_something_left_is_counted(lazily: Lazily) -> None:
    whole = lattice(lazily(made_of(class_of(6))))
    assert hold(whole, Selection(), choices(whole)) == Held(6, 6, 0)
    with pytest.raises(InvalidInput, match=r"Nothing is left of this selection: .* fewer than 5 learners"):
        hold(whole, Selection(minimum=20), choices(whole))


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
