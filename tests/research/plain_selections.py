"""Selections by a plain calculation, and events to select from: what the tests of selections, and of points within them, share."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from mastery_core.comparison import FEWEST
from mastery_core.research.selection import CELL, MINIMUMS, Selection

Lazy = nw.LazyFrame[Any]
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
