"""What each figure of the Retention screen means, with the selection's own numbers in it."""

import numpy as np
import pandas as pd

from mastery_core.charts.retention import days
from mastery_core.comparison import FEWEST
from mastery_core.research.retention import GAP_NAMES
from pages.words import NONE, count, percent

WHAT = (
    "How often answers are right by the time since the learner practised their concept before, whatever that was: the first observation of a "
    "concept has no such gap and does not count. Gaps are as learners chose them: those who come back late may differ in more than in what "
    "they forgot."
)
GAPS_METHOD = (
    ":small[The dot is right answers ÷ answers, the line the 95% interval (Wilson), which takes answers as independent of one another: rather too "
    "narrow where few learners gave many. A class of gaps after which fewer than {fewest} learners answered, or nobody, is "
    "withheld: which of the two is not told.]"
)
HALF_LIVES_LEGEND = (
    ":small[:blue[● the half-life that fits best, with its 95% interval] · :orange[┆ the one in force] · an arrow goes on beyond the scale · "
    "days by powers of ten]"
)
HALF_LIVES_METHOD = (
    "Fitted to each concept is P(right) = a · 2^(−gap ÷ half-life), by maximum likelihood; the interval is of the profile likelihood. Of a concept "
    "with fewer than 5 learners or 30 answers, no gap twice as long as another, or no right answer there is no half-life. ∞: no forgetting "
    "in the data, or a half-life over 100,000 days. A learner chooses when to come back, so this is what is seen and not what "
    "forgetting alone would do."
)
NO_GAPS = f"After no class of gaps did {FEWEST} learners answer in this selection, so there is no rate to tell of."
NO_CONCEPTS = "There is no concept to fit a half-life to."
GAP = "The time since the learner's observation of the concept before; a gap of just so long is in the class that begins there."
ANSWERS = "Answers given after such a gap. Empty where the class is withheld."
RIGHT = "How many of them were right."
LEARNERS = "Different learners who gave them."
GAP_DAYS = "The mean of their gaps, in days."
RATE = "Right answers of all answers, in percent."
LOW, HIGH = (
    "The lower end of its 95% interval (Wilson), in percent.",
    "The upper end of its 95% interval (Wilson), in percent.",
)
WITHHELD = "withheld"
SAYS = f"What is withheld: of fewer than {FEWEST} learners nothing is told, nor whether there are any."
HALF_LIFE = (
    "Days after which half of what was known at once is left, as fits the answers best. Empty where there is none, and beside a lower end "
    "where the answers show no forgetting."
)
HALF_LIFE_LOW = "The lower end of its 95% interval, in days."
HALF_LIFE_HIGH = (
    "The upper end of its 95% interval, in days. Empty beside a lower end: there is none, as far as the answers tell."
)
IN_FORCE = "The half-life that the decay factor in force comes to, in days."
INITIAL = "The right-answer rate at once that goes with it, in percent."
CONCEPT_ANSWERS = "Answers of the concept that have a gap."
REASON = "Why there is no half-life."
BESIDE = "Whether the one in force lies outside the 95% interval: then the difference is more than chance would do."
SHORTER, LONGER, WITHIN = "▼ shorter than in force", "▲ longer than in force", "● as in force"


def kept_back(gaps: pd.DataFrame) -> pd.DataFrame:
    """Every class of gaps, with nothing but its name where it is withheld: answers that stay would tell the rate.

    A class that the measure does not list is withheld too: nobody answered after such a gap, or too few did to be told.
    """
    every = gaps.set_index("gap").reindex(list(GAP_NAMES)).rename_axis("gap").reset_index()
    withheld = ~every["gap"].isin(gaps.loc[~gaps["withheld"], "gap"])
    counts = {name: every[name].astype("Int64").mask(withheld) for name in ("answers", "right", "learners")}
    shares = {name: every[name].astype("float64").mask(withheld) for name in ("gap_days", "rate", "low", "high")}
    return every.assign(**counts, **shares, withheld=withheld)


def answers(told: pd.DataFrame) -> str:
    """How the number comes about; ``told`` are the classes that are not withheld."""
    total, right = int(told["answers"].sum()), int(told["right"].sum())
    share = f": {right:,} ÷ {total:,} = **{percent(right / total)}** were right" if total else ""
    classes = f"{len(told):,} {'class' if len(told) == 1 else 'classes'} of gaps that {'is' if len(told) == 1 else 'are'} not withheld"
    return f"Answers with a gap, in the {classes}{share}."


def answers_note(told: pd.DataFrame) -> str:
    total = int(told["answers"].sum())
    return f"{percent(int(told['right'].sum()) / total)} right" if total else "all withheld"


def fitted(half_lives: pd.DataFrame) -> str:
    """How many concepts have a half-life, and why the others have none."""
    reasons = half_lives.loc[~half_lives["clear"], "reason"].value_counts()
    without = "; ".join(f"{number:,} have {reason}" for reason, number in reasons.items())
    text = f"Concepts with enough answers for a fit: {int(half_lives['clear'].sum()):,} of {len(half_lives):,}."
    return f"{text} Of the others {without}." if without else text


def in_force(half_lives: pd.DataFrame) -> float:
    """The half-life in force, in days; NaN where no concept tells of it."""
    return float(half_lives["half_life_in_force"].iloc[0]) if len(half_lives) else float("nan")


def length(half_life: float) -> str:
    return NONE if np.isnan(half_life) else days(half_life)


def beside(half_lives: pd.DataFrame) -> pd.Series:
    """Where each half-life lies beside the one in force; "" where there is none."""
    shorter = half_lives["high"] < half_lives["half_life_in_force"]
    longer = half_lives["low"] > half_lives["half_life_in_force"]
    says = np.select([~half_lives["clear"], shorter, longer], ["", SHORTER, LONGER], WITHIN)
    return pd.Series(says, index=half_lives.index)


def differing(half_lives: pd.DataFrame) -> str:
    says, known = beside(half_lives), int(half_lives["clear"].sum())
    return (
        f"Concepts whose 95% interval leaves the half-life in force out: {int((says == SHORTER).sum()):,} shorter, "
        f"{int((says == LONGER).sum()):,} longer, of {known:,} fitted. By chance alone about 5% would: here {known * 0.05:.1f}."
    )


def gap_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """The classes with shares in percent; ``gaps`` are those of ``kept_back``."""
    shares = {name: (gaps[name] * 100).round(1) for name in ("rate", "low", "high")}
    names = ["gap", "answers", "right", "rate", "low", "high", "learners", "gap_days", "says"]
    return gaps.assign(**shares, says=np.where(gaps["withheld"], WITHHELD, ""), gap_days=gaps["gap_days"].round(4))[
        names
    ]


def half_life_table(half_lives: pd.DataFrame) -> pd.DataFrame:
    """Every concept in the order given, half-lives in days, the rate at once in percent. What has no end is left empty."""
    lengths = half_lives[["half_life_days", "low", "high", "half_life_in_force"]].round(4).replace(np.inf, np.nan)
    told = half_lives.assign(**lengths, initial=(half_lives["initial"] * 100).round(1), beside=beside(half_lives))
    names = [
        "concept",
        "half_life_days",
        "low",
        "high",
        "half_life_in_force",
        "beside",
        "initial",
        "answers",
        "learners",
        "reason",
    ]
    return told[names]


def gaps_alt(told: pd.DataFrame, withheld: int) -> str:
    """The chart in words; ``told`` are the classes that are not withheld."""
    if told.empty:
        return f"Right answers by the time since practice: {withheld} classes of gaps, all withheld."
    first, last = told.iloc[0], told.iloc[-1]
    return (
        f"Right answers by the time since practice: from {percent(first['rate'])} after {first['gap']} to {percent(last['rate'])} after "
        f"{last['gap']}, with 95% intervals; {withheld} classes withheld. The table below has the numbers."
    )


def half_lives_alt(half_lives: pd.DataFrame) -> str:
    """The chart in words; ``half_lives`` in the order of the chart."""
    known = half_lives[half_lives["clear"]]
    if known.empty:
        return f"Half-lives of {count(len(half_lives), 'concept')}: none could be fitted. The table below says why."
    first, last = known.iloc[0], known.iloc[-1]
    return (
        f"Half-lives of {count(len(known), 'concept')} of {len(half_lives):,}, with 95% intervals: from {days(first['half_life_days'])} "
        f"({first['concept']}) to {days(last['half_life_days'])} ({last['concept']}); in force is {days(first['half_life_in_force'])}. "
        "The table below has the numbers."
    )
