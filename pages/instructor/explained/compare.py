"""What each figure of the Compare screen means, with both sides' own numbers in it, and differences in words."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from mastery_core.comparison import CONFIDENCE, FEWEST, RESAMPLES, Difference
from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages.words import count, percent, points

KINDS = {"cohort": "Another cohort", "before": "Itself, before a date"}
NO_OTHER = (
    "You teach no other cohort to compare this one with. Choose **Itself, before a date** above to see what has changed in "
    "this one since."
)
LEGEND = (
    ":small[:blue[◆ strong: the interval leaves 0 out] · :gray[◇ thin: 0 is within it, so it may be chance] · "
    "right of the line {second} is higher]"
)


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two sides are called, and whether they are the same learners at two moments."""

    first: str
    second: str
    paired: bool


def day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def learners(number: int) -> str:
    return count(number, "learner")


def signed(share: float, digits: int = 0) -> str:
    """A difference in points, with a sign that is as wide as the plus."""
    return points(share, digits).replace("-", "−")


def interval(found: Difference) -> str:
    low, high = _ends(found)
    return f"between {low} and {high} points"


def short_interval(found: Difference) -> str:
    return " to ".join(_ends(found)) + " points"


def _ends(found: Difference) -> tuple[str, str]:
    """In whole points; to a tenth where an end would else read 0 that is not."""
    digits = 1 if found.clear and 0 in {round(found.low * 100), round(found.high * 100)} else 0
    return signed(found.low, digits), signed(found.high, digits)


def verdict(found: Difference) -> str:
    return "more than chance would do" if found.clear else "so it may be chance"


def in_a_sentence(found: Difference, sides: Sides) -> str:
    """Which side is higher, by how much, and how sure that is; ``sides`` as Markdown shows them."""
    higher = _higher(found.difference) if round(found.difference * 100) else "as high as"
    sentence = (
        f"The same learners stand on {sides.second} {higher} on {sides.first}"
        if sides.paired
        else f"{sides.second} stands {higher} {sides.first}"
    )
    return f"{sentence}: the difference lies {interval(found)}, {verdict(found)}."


def _higher(difference: float) -> str:
    by = points(abs(difference)).lstrip("+")
    return f"**{by} {'point' if by == '1' else 'points'} {'higher' if difference > 0 else 'lower'}** than"


def mean(mean: float, number: int, compared: int, *, paired: bool) -> str:
    """What a side's mean is of: so many learners, and the concepts that are compared."""
    of_whom = (
        "who know a concept enough at both moments, each over those concepts"
        if paired
        else "each over those they know enough"
    )
    return (
        f"The mean of {learners(number)}, {of_whom}, with what is forgotten by then taken off: **{percent(mean)}**. Enough are "
        f"{ENOUGH_OBSERVATIONS} observations. Only the {count(compared, 'concept')} compared below count, so the mean may differ "
        "from that on other screens."
    )


def difference(found: Difference, shared: int, *, paired: bool) -> str:
    """How the difference and its interval come about."""
    drawn = (
        f"From the {learners(found.learners_second)} as many are drawn anew, some several times and some never"
        if paired
        else f"From the {found.learners_first:,} and from the {found.learners_second:,} learners as many are drawn anew, some several "
        "times and some never"
    )
    both = f"\n\n{learners(shared)} {'is' if shared == 1 else 'are'} in both cohorts." if shared and not paired else ""
    return (
        f"{percent(found.mean_second)} − {percent(found.mean_first)} = **{signed(found.difference, 1)} points**, from means that are "
        f"not rounded.\n\n{drawn}, {RESAMPLES:,} times over, and each time the means are compared (the bootstrap). "
        f"{CONFIDENCE:.0%} of these differences lie {interval(found)}, the ends moved out a little, for few learners make it look "
        f"surer than it is. With 0 within the interval there may be no difference at all.{both}"
    )


def differing(rows: pd.DataFrame) -> str:
    """How many concepts differ, and how many would by chance; ``rows`` are those compared."""
    expected = (1 - CONFIDENCE) * len(rows)
    return (
        f"Concepts whose interval leaves 0 out: {int((rows['difference'][rows['clear']] > 0).sum())} higher and "
        f"{int((rows['difference'][rows['clear']] < 0).sum())} lower, of {len(rows)} compared. Even without any difference about "
        f"{1 - CONFIDENCE:.0%} of the intervals would do so by chance: here {expected:.1f} of {len(rows)}."
    )


def left_out(rows: pd.DataFrame) -> str:
    few = int((~rows["compared"]).sum())
    return f"{few} not compared" if few else "all compared"


def nothing_compared(rows: pd.DataFrame, sides: Sides) -> str:
    """Why there is nothing to compare, and what to do."""
    both = rows[(rows["learners_first"] > 0) & (rows["learners_second"] > 0)]
    otherwise = "Choose another day above." if sides.paired else "Choose another cohort, or a later day, above."
    if both.empty:
        return f"No concept has a learner with {ENOUGH_OBSERVATIONS} observations on both sides. {otherwise}"
    nearest = both.loc[both[["learners_first", "learners_second"]].min(axis=1).idxmax()]
    return (
        f"{count(len(both), 'concept')} {'is' if len(both) == 1 else 'are'} known on both sides, but a comparison takes {FEWEST} learners "
        f"with {ENOUGH_OBSERVATIONS} observations on each. The nearest has {nearest['learners_first']:,} and "
        f"{nearest['learners_second']:,}. {otherwise}"
    )


def alt(rows: pd.DataFrame, sides: Sides) -> str:
    """The chart in words; ``rows`` are those compared, the lowest difference first."""
    lowest, highest = rows.iloc[0], rows.iloc[-1]
    return (
        f"Difference of {sides.second} from {sides.first} on {count(len(rows), 'concept')}: from {signed(lowest['difference'])} points "
        f"({lowest['concept']}) to {signed(highest['difference'])} points ({highest['concept']}); {int(rows['clear'].sum())} leave 0 "
        "out of their interval. The table below has the numbers."
    )
