"""Two ways of doing the same thing, measured in turn: what one costs in units of the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median, quantiles

Act = Callable[[], object]

FEWEST_ROUNDS = 5


class Reading(StrEnum):
    """How a ratio is read: times our time is of the other's, or our rate of the other's."""

    COST = "cost"
    RATE = "rate"
    SPEED_UP = "speed-up"

    @property
    def bound_kind(self) -> str:
        """A cost has an upper bound, a rate and a speed-up a lower one."""
        return "at most" if self is Reading.COST else "at least"


@dataclass(frozen=True, slots=True)
class Timings:
    """One way: what it is called, the seconds of each round, and how many things one round did."""

    name: str
    seconds: list[float]
    things: int = 1

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def rate(self) -> float:
        """Things a second, by the median."""
        return self.things / self.median


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways and how they compare. ``unit`` names the things of a rate; without it times are shown."""

    benchmark: str
    ours: Timings
    other: Timings
    reading: Reading = Reading.COST
    bound: float | None = None
    unit: str = ""

    @property
    def ratio(self) -> float:
        """Of the medians: ours / the other's as a cost, the other's / ours as a rate or a speed-up."""
        cost = self.ours.median / self.ours.things / (self.other.median / self.other.things)
        return cost if self.reading is Reading.COST else 1 / cost

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile of the ratios of the rounds, each round being one of ours and the other's after it."""
        scale = self.ours.things / self.other.things
        costs = [ours / other / scale for ours, other in zip(self.ours.seconds, self.other.seconds, strict=True)]
        ratios = costs if self.reading is Reading.COST else [1 / cost for cost in costs]
        low, _, high = quantiles(ratios, n=4, method="inclusive")
        return low, high

    @property
    def holds(self) -> bool | None:
        """Whether the bound does; None where nothing is promised."""
        if self.bound is None:
            return None
        return self.ratio <= self.bound if self.reading is Reading.COST else self.ratio >= self.bound


def in_turn(
    ours: Act,
    other: Act,
    *,
    rounds: int,
    warm_up: int = 1,
    before_ours: Act | None = None,
    before_other: Act | None = None,
) -> tuple[list[float], list[float]]:
    """Seconds of each round of two ways, run A B A B … after ``warm_up`` untimed rounds.

    ``before_…`` runs untimed before each of its own, warm-up included.
    """
    if rounds < FEWEST_ROUNDS:
        raise ValueError(f"a median of {rounds} rounds says little: at least {FEWEST_ROUNDS}")
    ways = ((ours, before_ours, list[float]()), (other, before_other, list[float]()))
    for turn in range(-warm_up, rounds):
        for act, before, seconds in ways:
            if before is not None:
                before()
            started = time.perf_counter()
            act()
            taken = time.perf_counter() - started
            if turn >= 0:
                seconds.append(taken)
    return ways[0][2], ways[1][2]
