"""The selection: the one part of an extract that all measures look at, and that nobody can be picked out of, not even by difference.

A selection is a union of *cells* of one fixed lattice: cohort x concept x calendar month (UTC) x band x kind. The *band* of a learner on a
concept is the largest of ``MINIMUMS`` that the number of their observations in the whole extract reaches. The *kind* of an event is one of
``KINDS``: a measure of answers looks at answers alone, so these lie in cells of their own. Cells of fewer than ``FEWEST`` learners are
withheld from every selection. So any two selections differ by whole cells, and what is summed over their events differs by what at least
``FEWEST`` learners did.

A measure that tells points within cells apart (opportunities, classes of gaps, weeks, tenths of the scale) names the *point* to ``select``: it is one more dimension
of the lattice then, and each cell and point of fewer than ``FEWEST`` learners is left out of that measure. So what two selections say of a
point, as sums over its events, differs by what at least ``FEWEST`` learners did, or not at all.

What this does not cover: what is worked out for each learner before it is told of all, such as how velocities lie among learners and the
steps of a survival curve of times to mastery, where a cell more or less may move one learner alone from one place to another; what a model
is fitted to; two measures of one selection, which leave out different points; and two extracts, between which somebody left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from mastery_core.comparison import FEWEST
from mastery_core.errors import InvalidInput
from mastery_core.research.engines import collect, keeping, kept

Lazy = nw.LazyFrame[Any]

MINIMUMS = (1, 3, 5, 10, 20)
ANSWER, OTHER, RESET = KINDS = ("answer", "other", "reset")  # OTHER: an observation that nothing was answered to
CELL = ("cohort", "concept", "month", "band", "kind")
CELLS = (*CELL, "learners", "events")
# Events are grouped and joined by numbers far sooner than by words. So within this file a kind is its place in KINDS, and a learner is a
# number, ``who``; so are a concept, ``topic``, and a cohort's practice of a concept, ``course``.
_ANSWER, _OTHER, _RESET = range(len(KINDS))
_CELL = ("course", "month", "band", "kind")
_POINT = "point"
_MOST_NAMED = 20
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Selection:
    """Cohorts and concepts by name (none: all), months like 2026-03 (None: from the first, to the last), and of learners on a concept those
    who made a ``minimum`` of observations on it in the whole extract.

    Raises InvalidInput for what is no month, months in the wrong order, and a minimum that is not one of ``MINIMUMS``.
    """

    cohorts: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    first_month: str | None = None
    last_month: str | None = None
    minimum: int = MINIMUMS[0]

    def __post_init__(self) -> None:
        if self.minimum not in MINIMUMS:
            raise InvalidInput(
                f"There is no minimum of {self.minimum} observations to choose, only: {_named(MINIMUMS)}."
            )
        first, last = (_number(month) for month in (self.first_month, self.last_month))
        if first is not None and last is not None and first > last:
            raise InvalidInput(
                f"The first month, {self.first_month}, comes after the last, {self.last_month}: swap them."
            )


@dataclass(frozen=True, slots=True)
class Held:
    """What a selection holds: learners, and their events.

    ``withheld_events`` is about the whole extract, not the selection: of a selection it would tell what a single learner did. It is None
    where all that is withheld is of fewer than ``FEWEST`` learners.
    """

    learners: int
    events: int
    withheld_events: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A cohort, a concept or a month that can be chosen, and what there is to select of it."""

    name: str
    learners: int
    events: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen, each by name: that of which at least one cell is not withheld."""

    cohorts: tuple[Choice, ...]
    concepts: tuple[Choice, ...]
    months: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The events of an extract, ``placed`` (with ``who`` and the columns of ``_CELL``); the cohort and concept of its ``courses``; and its
    ``places``: who has how many ``events`` in which cell.

    Pairs of a learner and a concept that were never observed are left out.
    """

    placed: Lazy
    courses: Lazy
    places: Lazy


def lattice(events: Lazy) -> Lattice:
    """The lattice of an extract, of which ``events`` are all. It is counted here, once for all selections."""
    dated = events.with_columns(month=_month_of(nw.col("seconds")), kind=_kind())
    counted = dated.group_by("learner", "cohort", "concept", "month", "kind").agg(nw.len().alias("events"))
    with keeping(counted) as there:
        people, courses = kept(_numbered(there, ["learner"], "who")), kept(_courses(there))
        with keeping(_in_numbers(there, people, courses).drop("learner", "cohort", "concept")) as numbered:
            bands = kept(_bands(numbered))
            places = kept(numbered.join(bands, on=["who", "topic"], how="inner").drop("topic"))
    placed = _in_numbers(dated, people, courses).join(bands, on=["who", "topic"], how="inner").drop("topic")
    return Lattice(placed, courses.drop("topic"), places)


def cells(lattice: Lattice) -> Lazy:
    """A row a cell that anything lies in, the columns of ``CELLS``. ``month`` counts months since January 1970.

    Those that are withheld are among them: these rows are to be reckoned with, not to be shown.
    """
    kind = nw.when(nw.col("kind") == _ANSWER).then(nw.lit(ANSWER)).otherwise(
        nw.when(nw.col("kind") == _RESET).then(nw.lit(RESET)).otherwise(nw.lit(OTHER))
    )  # fmt: skip
    return _cells(lattice).select("cohort", "concept", "month", "band", kind.alias("kind"), "learners", "events")


def select(lattice: Lattice, selection: Selection, point: nw.Expr | None = None) -> Lazy:
    """The events of a selection, none of a cell that is withheld. Same columns, in any order of rows.

    Names that are not there select nothing: ``check`` tells of them. ``point``: what a measure tells apart within cells, row by row of the
    events, such as ``nw.col("opportunity")``. Then a cell is of one point, and events of which it is null are in none.
    """
    chosen, by = lattice.placed.filter(_is_chosen(selection)), [*_CELL]
    if point is None:
        sized = _cells(lattice)
    else:
        chosen, by = chosen.with_columns(point.alias(_POINT)), [*by, _POINT]
        sized = _points(chosen)
    return chosen.join(sized.filter(_is_open()).select(*by), on=by, how="semi").drop("who", *by)


def counts(lattice: Lattice, selection: Selection) -> Held:
    """What ``select`` leaves of the events, counted without selecting them."""
    withheld, selected = (
        nw.lit("withheld"),
        nw.when(_is_chosen(selection)).then(nw.lit("selected")).otherwise(nw.lit("left out")),
    )
    parts = _cells(lattice).select(*_CELL, part=nw.when(_is_open()).then(selected).otherwise(withheld))
    counted = {part.name: part for part in _counted(lattice, parts, "part")}
    nothing = Choice("", 0, 0)
    held, kept_back = counted.get("selected", nothing), counted.get("withheld", nothing)
    return Held(held.learners, held.events, None if 0 < kept_back.learners < FEWEST else kept_back.events)


def choices(lattice: Lattice) -> Choices:
    """What can be chosen of the events of an extract: nothing of which all is withheld is named."""
    there = _cells(lattice).filter(_is_open())
    cohorts, concepts, months = (_counted(lattice, there, by) for by in ("cohort", "concept", "month"))
    return Choices(
        cohorts, concepts, tuple(Choice(_month_name(each.name), each.learners, each.events) for each in months)
    )


def check(selection: Selection, offered: Choices) -> None:
    """Raise InvalidInput where a selection names what cannot be chosen: what is withheld is not told from what was never there."""
    if not offered.months:
        raise InvalidInput(
            f"There is nothing to choose: nowhere in this extract did at least {FEWEST} learners practise alike."
        )
    for kind, names, there in (
        ("cohort", selection.cohorts, offered.cohorts),
        ("concept", selection.concepts, offered.concepts),
    ):
        known = [choice.name for choice in there]
        for name in names:
            if name not in known:
                raise InvalidInput(f'There is no {kind} "{name}" to choose, only: {_named(known)}.')
    first, last = offered.months[0].name, offered.months[-1].name
    for month in (selection.first_month, selection.last_month):
        if month is not None and not first <= month <= last:
            raise InvalidInput(f"There is no month {month} to choose: choose from {first} to {last}.")


def hold(lattice: Lattice, selection: Selection, offered: Choices) -> Held:
    """What a selection holds of the events of an extract, of which so much is ``offered``. Raises InvalidInput as ``check`` does, and where
    nothing is left.
    """
    check(selection, offered)
    held = counts(lattice, selection)
    if not held.events:
        raise InvalidInput(
            f"Nothing is left of this selection: wherever it looks, fewer than {FEWEST} learners practised alike."
            " Choose more cohorts, concepts or months, or a smaller minimum of observations."
        )
    return held


def _numbered(rows: Lazy, by: Sequence[str], name: str) -> Lazy:
    """What there is in columns of some rows, each with a number."""
    each = rows.group_by(*by).agg(nw.len().alias(name))
    return each.with_columns(nw.col(name).cum_count().over(order_by=by).cast(nw.Int32))


def _courses(there: Lazy) -> Lazy:
    """The courses, each with its ``cohort``, its ``concept`` and the number of that, its ``topic``."""
    courses = _numbered(there, ["cohort", "concept"], "course")
    return courses.join(_numbered(courses, ["concept"], "topic"), on="concept", how="inner")


def _in_numbers(rows: Lazy, people: Lazy, courses: Lazy) -> Lazy:
    return rows.join(people, on="learner", how="inner").join(courses, on=["cohort", "concept"], how="inner")


def _bands(numbered: Lazy) -> Lazy:
    """The ``band`` of each learner on each concept that anything was observed of."""
    observed = numbered.filter(nw.col("kind") != _RESET).group_by("who", "topic").agg(nw.col("events").sum())
    band = nw.lit(MINIMUMS[0])
    for minimum in MINIMUMS[1:]:
        band = nw.when(nw.col("events") >= minimum).then(nw.lit(minimum)).otherwise(band)
    return observed.select("who", "topic", band=band.cast(nw.Int8))


def _cells(lattice: Lattice) -> Lazy:
    """The cells that anything lies in, how many ``learners`` and ``events`` there are, and of which ``cohort`` and ``concept``."""
    sized = lattice.places.group_by(*_CELL).agg(nw.len().alias("learners"), nw.col("events").sum())
    return sized.join(lattice.courses, on="course", how="inner")


def _points(placed: Lazy) -> Lazy:
    """The points of cells at which anything lies, and how many ``learners`` each has."""
    there = placed.filter(~nw.col(_POINT).is_null()).group_by("who", *_CELL, _POINT).agg(nw.len().alias("events"))
    return there.group_by(*_CELL, _POINT).agg(nw.len().alias("learners"))


def _kind() -> nw.Expr:
    other = nw.when(nw.col("trigger") == "reset").then(nw.lit(_RESET)).otherwise(nw.lit(_OTHER))
    return nw.when(~nw.col("is_correct").is_null()).then(nw.lit(_ANSWER)).otherwise(other).cast(nw.Int8)


def _month_of(seconds: nw.Expr) -> nw.Expr:
    """Months since January 1970 of seconds since then, from March 1900 to February 2100.

    Years are taken from March on, so that a leap day is their last day; 1968-03-01 was 671 days before 1970. H. Hinnant,
    "chrono-Compatible Low-Level Date Algorithms" (2013). DuckDB takes far longer over a calendar of time zones.
    """
    day = (seconds / 86_400).floor() + 671
    year = ((day * 4 + 3) / 1461).floor()
    month = (((day - (year * 1461 / 4).floor()) * 5 + 2) / 153).floor()
    return (year * 12 + month - 22).cast(nw.Int16)


def _is_open() -> nw.Expr:
    return nw.col("learners") >= FEWEST


def _is_chosen(selection: Selection) -> nw.Expr:
    """Whether a cell belongs to a selection, were it not withheld."""
    chosen = nw.col("band") >= selection.minimum
    for column, names in (("cohort", selection.cohorts), ("concept", selection.concepts)):
        if names:
            chosen &= nw.col(column).is_in(list(names))
    first, last = _number(selection.first_month), _number(selection.last_month)
    if first is not None:
        chosen &= nw.col("month") >= first
    if last is not None:
        chosen &= nw.col("month") <= last
    return chosen


def _counted(lattice: Lattice, some: Lazy, by: str) -> tuple[Choice, ...]:
    """Learners and events of ``some`` cells by each value of a column, in its order."""
    there = lattice.places.join(some.select(*dict.fromkeys((*_CELL, by))), on=[*_CELL], how="inner")
    each = there.group_by(by, "who").agg(nw.col("events").sum())
    counted = each.group_by(by).agg(nw.len().alias("learners"), nw.col("events").sum())
    return tuple(
        Choice(row[by], int(row["learners"]), int(row["events"])) for row in collect(counted, [by]).to_dict("records")
    )


def _number(month: str | None) -> int | None:
    """Months since January 1970. Raises InvalidInput for what is no month."""
    if month is None:
        return None
    if not (read := _MONTH.fullmatch(month)):
        raise InvalidInput(f'"{month}" is no month: write it like 2026-03.')
    return (int(read[1]) - 1970) * 12 + int(read[2]) - 1


def _month_name(number: Any) -> str:
    return f"{1970 + int(number) // 12}-{int(number) % 12 + 1:02}"


def _named(there: Sequence[object]) -> str:
    """What there is, in a sentence: the first of it where it is much."""
    more = len(there) - _MOST_NAMED
    return ", ".join(str(each) for each in there[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
