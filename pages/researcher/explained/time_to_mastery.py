"""What each figure of the Time to mastery screen means, with the selection's own numbers in it."""

from math import isnan

import numpy as np
import pandas as pd

from mastery_core.comparison import FEWEST
from mastery_core.standing import MASTERED_FROM
from pages.words import NONE, count, percent

UNITS = {"opportunities": "Opportunities", "days": "Days"}
USUAL_UNIT = "opportunities"
UNIT_HELP = (
    "Opportunities: the number of the observation of the concept that reached mastery. Days: from the learner's first observation of it to "
    "that one; a part of a day counts as a day."
)
WHAT = (
    f"A *pair* is a learner and a concept. It has got there with the first observation that left its score at {MASTERED_FROM:.0%} or above, "
    "whatever became of the score afterwards. Who stopped before is counted in for as long as they were seen (*censored*): a mean over those "
    "who got there would leave out the slow ones."
)
LEGEND = (
    ":small[The line is the share that is not there yet (Kaplan-Meier), the band its 95% interval, where there are few curves. An upright stroke is where learners "
    "stopped before they had got there; a number beside it says how many. A curve ends where fewer than {fewest} learners are still followed.]"
)
METHOD = (
    "The share that is not there yet is the product over all durations of 1 − reached ÷ at risk (Kaplan and Meier 1958); its 95% interval is "
    "the exponential Greenwood. It takes it that those who stopped would have gone on as the others did, and pairs as independent: the "
    "interval is too narrow where the same few learners practise many concepts."
)
TOO_FEW = f"Of fewer than {FEWEST} learners nothing is told. Choose more cohorts, concepts or months above."
ALL_WITHHELD = f"Each group has fewer than {FEWEST} learners, so there is no curve to draw."
WITHHELD, HALF_NEVER = "withheld", "half never do"
PAIRS = "Pairs of a learner and a concept with at least one observation."
REACHED = f"Pairs whose score reached {MASTERED_FROM:.0%}."
LEARNERS = "Different learners behind the pairs."
MEDIAN = "The first duration by which half of the pairs had got there, by the curve. Empty where half never do."
SHARE = "The share that had got there by the last duration, by the curve: those who stopped are taken to go on as the others did."
SAYS = f"Whether there is a median, and what is withheld: nothing is told of a group of fewer than {FEWEST} learners."
DURATION = "How many opportunities, or days."
AT_RISK = "Pairs still followed just before: neither there yet nor stopped."
REACHED_THEN = "Pairs that got there then."
CENSORED = "Pairs that were seen for the last time then and had not got there."
REMAINING = (
    "The share that is not there yet, in percent: 1 − reached ÷ at risk, multiplied over all durations up to this one."
)
LOW, HIGH = "The lower end of its 95% interval, in percent.", "The upper end of its 95% interval, in percent."


def length(value: float, unit: str) -> str:
    """A duration in words; a dash where there is none."""
    if isnan(value):
        return NONE
    return (
        count(round(value), "day")
        if unit == "days"
        else f"{value:,.0f} {'opportunity' if value == 1 else 'opportunities'}"
    )


def number(value: float) -> str:
    return NONE if isnan(value) else f"{value:,.0f}"


def title(unit: str, shown: pd.DataFrame, groups: int) -> str:
    """Of a document that has not all of the curves, as the numbers beside it do."""
    return f"Time to mastery in {unit}: {len(shown)} of {groups} curves"


def median_note(total: pd.Series, unit: str) -> str:
    """What the number of the median counts."""
    return HALF_NEVER if isnan(total["median"]) else length(total["median"], unit).split(" ", 1)[1]


def median(total: pd.Series, unit: str) -> str:
    """What the median is, of all pairs together."""
    naive = f"{int(total['reached']):,} of {int(total['pairs']):,} pairs were seen to get there"
    if isnan(total["median"]):
        return (
            f"The first duration by which the share that is not there yet falls to 50% or below. It ends at "
            f"{percent(1 - total['share_reached'])}: {naive}, and the curve never passes the half."
        )
    return (
        "The first duration by which the share that is not there yet falls to 50% or below: "
        f"**{length(total['median'], unit)}**. {naive}; the others are counted in for as long as they were seen."
    )


def share(total: pd.Series) -> str:
    counted = total["reached"] / total["pairs"]
    return (
        f"1 less what remains at the end of the curve: **{percent(total['share_reached'])}**. Counted without regard to who stopped it would "
        f"be {int(total['reached']):,} ÷ {int(total['pairs']):,} = {percent(counted)}."
    )


def pairs(total: pd.Series) -> str:
    return f"{PAIRS} Here {int(total['pairs']):,}, of {count(int(total['learners']), 'learner')}."


def reached(total: pd.Series) -> str:
    stopped = int(total["pairs"] - total["reached"])
    return (
        f"{REACHED} {int(total['reached']):,} did; {stopped:,} were seen for the last time before they had (censored)."
    )


def group_table(groups: pd.DataFrame) -> pd.DataFrame:
    """Every group in the order given; shares in percent, empty where it is withheld."""
    says = np.where(groups["withheld"], WITHHELD, np.where(groups["median"].isna(), HALF_NEVER, ""))
    told = groups.drop(columns="withheld").assign(says=says)
    return told.assign(share_reached=(told["share_reached"] * 100).round(1))


def curve_table(curve: pd.DataFrame) -> pd.DataFrame:
    """The steps of the curves, with shares in percent."""
    return curve.assign(**{name: (curve[name] * 100).round(1) for name in ("remaining", "low", "high")})


def alt(groups: pd.DataFrame, unit: str, by: str | None) -> str:
    """The chart in words; ``groups`` are those that are drawn."""
    told = [
        f"{'all together' if by is None else row[by]} {length(row['median'], unit) if not isnan(row['median']) else 'never'}"
        for row in groups.to_dict("records")
    ]
    return (
        f"Share of pairs that have not mastered their concept yet, by {unit}, as step curves. "
        f"Half got there after: {'; '.join(told)}. The tables below have the numbers."
    )
