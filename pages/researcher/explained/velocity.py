"""What each figure of the Velocity screen means, with the selection's own numbers in it, and how its tables read."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import isnan

import pandas as pd

from mastery_core.comparison import CONFIDENCE, FEWEST, RESAMPLES
from mastery_core.research.findings import VELOCITIES
from mastery_core.research.selection import Selection
from mastery_core.research.velocity import PERCENTILES, VelocityDifference
from pages.words import NONE, count, points

KINDS = {"per_day": "A day", "per_day_practised": "A day practised", "per_10": "In 10 observations"}
USUAL_KIND = "per_10"
HEADINGS = {None: "Of", "cohort": "Cohort", "concept": "Concept", "week": "Week"}
# Weeks are counted from that of 1 January 1970, which began on this Monday.
FIRST_MONDAY = date(1969, 12, 29)

FORMULAS = {
    "per_day": "what practice moved the learner's scores by ÷ the days from their first observation to their last, both included",
    "per_day_practised": "what practice moved the learner's scores by ÷ the days on which they had an observation",
    "per_10": "10 × what practice moved the learner's scores by ÷ their observations",
}
KIND_HELP = (
    "A day: of all days from a learner's first observation to their last. A day practised: only of those with an observation. In 10 "
    "observations: whatever time they took. Days are of UTC."
)
WHAT = (
    "A learner's velocity is {formula}. Scores are moved by answers, questions and explanations read; what is forgotten meanwhile is not in "
    "it, nor are scores that were set anew. The moves on all concepts are added, so that the numbers are points (hundredths) of a score."
)
LEGEND = (
    ":small[The box is the middle half of the learners, the stroke in it the median, whose number stands at the right. The line goes from the "
    "10th to the 90th percentile: a tenth of the learners lies beyond it on each side, and no learner is drawn alone.]"
)
TOO_FEW = f"Fewer than {FEWEST} learners practised in this selection, so nothing is told. Choose more cohorts, concepts or months above."
ALL_WITHHELD = (
    f"Each group has fewer than {FEWEST} learners, so there is nothing to draw. Tell them apart by something else."
)
TWO_COHORTS = (
    "Each learner counts once, with the velocity chosen above. The difference is that of the means, and its interval says how far it may be "
    "chance."
)
ONE_COHORT = (
    "There is but one cohort in this selection. Choose more cohorts above to set two of them beside each other."
)
NOT_COMPARED = f"There is nothing to compare: it takes {FEWEST} learners who practised in this selection on each side."
PROGRAM = "The command line does not compare; a program does, with the same numbers:"
METHOD = (
    "Percentiles are interpolated between learners. Learners with few observations count as much as those with many, and swing more: a larger "
    "minimum of observations above leaves them out. A score cannot pass 100%, so that who begins high gains less."
)

LEARNERS = "Learners with an observation in the selection, each counted once in a group."
EVENTS = "Observations of theirs: answers, questions and explanations read. Scores that were set anew are none."
MEAN = "The mean of the learners' velocities, in points."
SPREAD = (
    "How far learners lie from the mean: the standard deviation of a sample (divided by learners less one), in points."
)
PERCENTILE = {
    name: f"{share:.0%} of the learners have at most this velocity, in points." for name, share in PERCENTILES.items()
}
PERCENTILE_NAMES = {"p10": "10th", "p25": "25th", "p50": "Median", "p75": "75th", "p90": "90th"}


def signed(share: float) -> str:
    """A velocity in points, with a sign that is as wide as the plus."""
    return NONE if isnan(share) else points(share, 2).replace("-", "−")


def what(kind: str) -> str:
    return WHAT.format(formula=FORMULAS[kind])


def learners(total: pd.Series) -> str:
    return (
        f"{LEARNERS} Here {count(int(total['learners']), 'learner')} made {count(int(total['events']), 'observation')}: "
        f"{total['events'] / total['learners']:,.1f} each on the average."
    )


def median(total: pd.Series, kind: str) -> str:
    return (
        f"Half of the {count(int(total['learners']), 'learner')} gained **{signed(total['p50'])} points** {VELOCITIES[kind]} or less, half "
        f"as much or more. Of each learner: {FORMULAS[kind]}."
    )


def range_of(low: float, high: float) -> str:
    """From one velocity to another, in whole points: narrow enough for a telephone."""
    return " to ".join(NONE if isnan(share) else points(share, 0).replace("-", "−") for share in (low, high))


def middle_half(total: pd.Series, kind: str) -> str:
    return (
        f"A quarter of the learners gained less than **{signed(total['p25'])}** points {VELOCITIES[kind]}, a quarter more than "
        f"**{signed(total['p75'])}** (the 25th and the 75th percentile). A tenth lies below {signed(total['p10'])}, a tenth above "
        f"{signed(total['p90'])}."
    )


def mean(total: pd.Series, kind: str) -> str:
    return (
        f"The sum of the velocities ÷ {int(total['learners']):,} learners = **{signed(total['mean'])} points** {VELOCITIES[kind]}. How "
        f"far learners lie from it: a standard deviation (of a sample) of {signed(total['standard_deviation']).lstrip('+')} points."
    )


def spread(total: pd.Series) -> str:
    return f"SD {signed(total['standard_deviation']).lstrip('+')}"


def named(groups: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """The groups that are told of, each with what it is called as ``group``: weeks as they went, others the fastest first."""
    told = groups[~groups["withheld"].astype(bool)].astype({"learners": "int64", "events": "int64"})
    if by is None:
        return told.assign(group="All learners")
    if by == "week":
        weeks = told.sort_values("week", ignore_index=True)
        return weeks.assign(group=[_week(int(number)) for number in weeks["week"]])
    ordered = told.sort_values(["p50", by], ascending=[False, True], ignore_index=True)
    return ordered.assign(group=ordered[by].astype(str))


def _week(number: int) -> str:
    monday = FIRST_MONDAY + timedelta(weeks=number)
    return f"week of {monday.day} {monday:%b %Y}"


def left_out(groups: pd.DataFrame) -> str:
    """How many groups are withheld, in a sentence; nothing where none is."""
    few = int(groups["withheld"].sum())
    return (
        f"{count(few, 'group')} of fewer than {FEWEST} learners {'is' if few == 1 else 'are'} withheld." if few else ""
    )


def table(told: pd.DataFrame) -> pd.DataFrame:
    """The groups as ``named`` gives them; velocities in points."""
    shares = ["mean", "standard_deviation", *PERCENTILES]
    in_points = {name: (told[name] * 100).round(6) + 0.0 for name in shares}
    return told[["group", "learners", "events"]].assign(**in_points)


def alt(told: pd.DataFrame, kind: str) -> str:
    """The chart in words; ``told`` as ``named`` gives it."""
    unit = VELOCITIES[kind]
    if len(told) == 1:
        [only] = told.to_dict("records")
        return (
            f"Points gained {unit} by {only['learners']:,} learners ({only['group']}): median {signed(only['p50'])}, the middle half "
            f"{signed(only['p25'])} to {signed(only['p75'])}. The table has the numbers."
        )
    fastest, slowest = told.loc[told["p50"].idxmax()], told.loc[told["p50"].idxmin()]
    return (
        f"Points gained {unit}, {count(len(told), 'group')}: the median goes from {signed(slowest['p50'])} ({slowest['group']}) to "
        f"{signed(fastest['p50'])} ({fastest['group']}). The table has the numbers."
    )


def mean_of(cohort: str, mean: float, number: int, kind: str) -> str:
    return (
        f"The mean velocity of the {count(number, 'learner')} of {cohort} who practised in this selection: **{signed(mean)} points** "
        f"{VELOCITIES[kind]}."
    )


def interval(found: VelocityDifference) -> str:
    return f"{signed(found.low)} to {signed(found.high)}"


def difference(found: VelocityDifference) -> str:
    """How the difference and its interval come about."""
    return (
        f"{signed(found.mean_second)} − {signed(found.mean_first)} = **{signed(found.difference)} points**, from means that are not rounded.\n\n"
        f"From the {found.learners_first:,} and from the {found.learners_second:,} learners as many are drawn anew, some several times and "
        f"some never, {RESAMPLES:,} times over, and each time the means are compared (the bootstrap). {CONFIDENCE:.0%} of these differences "
        f"lie between {signed(found.low)} and {signed(found.high)} points, the ends moved out a little, for few learners make it look surer "
        "than it is. With 0 within the interval there may be no difference at all."
    )


def size(value: float) -> str:
    return NONE if isnan(value) else f"{value:+.2f}".replace("-", "−")


def in_words(found: VelocityDifference) -> str:
    """Cohen's words for a size, which are no more than a habit."""
    if isnan(found.hedges_g):
        return "nobody differs from their cohort"
    large = abs(found.hedges_g)
    return next(
        (word for word, least in (("large", 0.8), ("medium", 0.5), ("small", 0.2)) if large >= least), "hardly any"
    )


def effect(found: VelocityDifference) -> str:
    """What the effect size is, with both of its forms."""
    if isnan(found.hedges_g):
        return "The difference in standard deviations. No learner differs from the others of their cohort, so there is none to measure it in."
    freedom = found.learners_first + found.learners_second - 2
    return (
        f"The difference in standard deviations within the cohorts (both pooled, {freedom:,} degrees of freedom). Cohen's d = "
        f"{signed(found.difference)} ÷ the pooled standard deviation = {size(found.cohens_d)}. It is too large where learners are few; "
        f"Hedges' g takes that off, by about 1 − 3 ÷ (4 × {freedom:,} − 1): **{size(found.hedges_g)}**. By habit 0.2 is called small, 0.5 "
        "medium, 0.8 large."
    )


def in_a_sentence(found: VelocityDifference, one: str, other: str, kind: str) -> str:
    """Which cohort is faster, by how much, and how sure that is; cohorts as Markdown shows them."""
    if not round(found.difference * 100, 2):
        lead = f"{other} is as fast as {one}"
    else:
        by = signed(abs(found.difference)).lstrip("+")
        lead = (
            f"{other} gains **{by} points {'more' if found.difference > 0 else 'less'}** {VELOCITIES[kind]} than {one}"
        )
    sure = "more than chance would do" if found.clear else "so it may be chance"
    return f"{lead}: the difference lies between {signed(found.low)} and {signed(found.high)} points, {sure}."


def chosen(selection: Selection, offered: Sequence[str]) -> list[str]:
    """The cohorts of a selection, of those that are offered."""
    return [name for name in offered if not selection.cohorts or name in selection.cohorts]


def compared(found: VelocityDifference, one: str, other: str, kind: str) -> pd.DataFrame:
    """The comparison as a table of one row; means, difference and interval in points."""
    in_points = {
        name: round(getattr(found, name) * 100, 6)
        for name in ("mean_first", "mean_second", "difference", "low", "high")
    }
    counts = {"learners_first": found.learners_first, "learners_second": found.learners_second}
    sizes = {"cohens_d": found.cohens_d, "hedges_g": found.hedges_g}
    return pd.DataFrame([{"velocity": VELOCITIES[kind], "first": one, "second": other} | counts | in_points | sizes])


def program(selection: Selection, one: str, other: str, kind: str) -> str:
    """The lines of Python that compare the two cohorts in an extract."""
    return "\n".join(
        [
            "from pathlib import Path",
            "",
            "from mastery_core.research.findings import open_selection, velocity_difference",
            "from mastery_core.research.selection import Selection",
            "",
            f'found = open_selection(Path("DIR"), {selection!r})',
            f"print(velocity_difference(found, {one!r}, {other!r}, {kind!r}))",
        ]
    )
