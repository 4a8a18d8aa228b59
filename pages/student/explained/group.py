"""What each figure of the My group screen means: its formula, with the learner's own numbers in it."""

from datetime import datetime

import pandas as pd

from mastery_core.charts.palette import BAND_GLYPHS
from mastery_core.placing import Place
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band
from pages.words import count, percent, points

FEWEST = 5
LABELS = {Place.BELOW: "Below", Place.WITHIN: "Within", Place.ABOVE: "Above"}
KIND_WORDS = {Place.BELOW: "good places to start", Place.WITHIN: "in step with the group", Place.ABOVE: "well in hand"}
MEANINGS = {
    Place.BELOW: "Concepts where your score is below the lower quartile of your group.",
    Place.WITHIN: "Concepts where your score is between the two quartiles of your group, or at one of them.",
    Place.ABOVE: "Concepts where your score is above the upper quartile of your group.",
}
WHAT_IT_SHOWS = (
    "Your score on each concept, beside the **middle half** of your group: of four learners, two are in it. No names "
    "are shown, neither to you nor to the others, and everybody decides for themselves whether to look."
)
KEPT = (
    "Kept in your profile. While it is off, nothing about your group is looked up. You count in the group either way, "
    "without your name."
)
OFF = "It is off. Some like to see where others are, some would rather look at their own way only: both are fine."
NO_GROUP = (
    f"This works in groups of {FEWEST} learners or more: in a smaller one the middle half would say too much about "
    "each of them. As soon as a group of yours is large enough, it appears here."
)


def nothing_shared(learners: int, own: int, then: datetime) -> str:
    return (
        f"A concept appears from {FEWEST} learners on who have {ENOUGH_OBSERVATIONS} observations of it. Of the "
        f"{learners} in your group not as many had a concept in common by the end of {_day(then)}. You had begun "
        f"{count(own, 'concept')}; what is practised since counts from the next day on."
    )


def placed(place: Place, rows: pd.DataFrame) -> str:
    known = rows[rows["place"] != Place.UNKNOWN]
    there = known[known["place"] == place]
    text = (
        f"{MEANINGS[place]} Scores are rounded to 5 points for it, as the quartiles are.\n\n"
        f"That is so for **{len(there)}** of {len(known)}."
    )
    if there.empty:
        return text
    one = there.iloc[0 if place is Place.BELOW else -1]
    own, lower, upper = (percent(one[name]) for name in ("score", "lower", "upper"))
    if place is Place.WITHIN:
        return f"{text} One of them: you are at {own}, the middle half reaches from {lower} to {upper}."
    edge, name = (lower, "lower") if place is Place.BELOW else (upper, "upper")
    away = f"{points(one['away'])} points"
    return f"{text} The furthest: you are at {own}, the {name} quartile is at {edge}, so {away} when rounded."


def counted(rows: pd.DataFrame, learners: int, elsewhere: int, then: datetime) -> str:
    """How much is compared, as of when, and what is counted apart."""
    new = int((rows["observations"] == 0).sum())
    few = int((rows["place"] == Place.UNKNOWN).sum()) - new
    compared = count(len(rows) - few - new, "concept")
    parts = [f"{learners} learners, you among them; {compared} compared, all as of the end of {_day(then)}."]
    if few:
        glyph = BAND_GLYPHS[Band.NOT_ENOUGH_DATA]
        parts.append(
            f"{glyph} {few} more with fewer than {ENOUGH_OBSERVATIONS} observations of yours: too few to tell."
        )
    if new:
        parts.append(f"{count(new, 'concept')} of the group you had not begun.")
    if elsewhere:
        parts.append(
            f"{count(elsewhere, 'concept')} of yours not compared: fewer than {FEWEST} learners have enough data."
        )
    return " ".join(parts)


def chart_alt(rows: pd.DataFrame, learners: int) -> str:
    counts = rows["place"].value_counts()
    inside = ", ".join(f"{counts.get(place, 0)} {place}" for place in LABELS)
    below = rows[rows["place"] == Place.BELOW].head(3)
    furthest = "; ".join(
        f"{one['concept']}: you {percent(one['score'])}, middle half {percent(one['lower'])} to {percent(one['upper'])}"
        for one in below.to_dict("records")
    )
    text = f"Your scores beside the middle half of a group of {learners}, by concept: {inside} it."
    return f"{text} Furthest below: {furthest}." if furthest else text


def how_it_is_made(rows: pd.DataFrame, then: datetime) -> str:
    one = rows.iloc[0]
    lower, middle, upper = (percent(one[name]) for name in ("lower", "middle", "upper"))
    return (
        f"For each concept the scores of all learners of the group who have {ENOUGH_OBSERVATIONS} observations or "
        f"more, yours among them, are put in order: as they stood at the end of {_day(then)}, with what was forgotten "
        "taken off. Yours is of the same moment; what you practise today counts from tomorrow on.\n\n"
        "* A quarter of them is below the **lower quartile**, a quarter above the **upper quartile**. What lies "
        "between is the middle half.\n"
        "* Half of them is below the **middle** (the median).\n"
        f"* For the first concept of the table, {one['learners']} learners: {lower}, {middle} and {upper}.\n\n"
        "The scores are rounded to 5 points before and after, taken at the end of whole days (UTC) only, and a concept "
        f"needs {FEWEST} learners. All of that is so that nobody's own score can be read off, nor what a single answer "
        "did to it."
    )


def _day(then: datetime) -> str:
    return f"{then:%a} {then.day} {then:%b} (UTC)"
