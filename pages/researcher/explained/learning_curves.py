"""What each figure of the Learning curves screen means, with the selection's own numbers in it, and how its tables read."""

from collections.abc import Mapping
from dataclasses import fields
from math import exp, isnan
from typing import Any

import numpy as np
import pandas as pd

from mastery_core.charts.learning_curves import predicted_errors
from mastery_core.comparison import FEWEST
from mastery_core.research.afm import AFM, LEARNERS, MOST_LEARNERS, Fit
from mastery_core.research.learning_curves import MOST_OPPORTUNITIES, Category, Limits, categories
from pages.words import NONE, count, percent

CONFIDENCE = 0.95
# What somebody would look at first stands first.
IN_ORDER = (Category.NO_LEARNING, Category.STILL_HIGH, Category.GOOD, Category.LOW_AND_FLAT, Category.TOO_LITTLE_DATA)

WHAT = (
    "An opportunity is the place of an answer among a learner's observations of a concept: at opportunity 3 they had met it twice, in answers, "
    "questions or explanations read. A curve that falls is one of learning."
)
LEGEND = (
    f":small[The line is the share of wrong answers, the band its 95% interval (Wilson), the columns below are learners. Opportunities that fewer "
    f"than {FEWEST} learners of a cell had are left out, and those after the {MOST_OPPORTUNITIES}th.]"
)
MODEL_LEGEND = (
    ":small[The dashed line is what the model expects of a middling learner. Where the measured line leaves it late in the curve, those who "
    "still practise then may be others than those who began.]"
)
MODEL = (
    "The Additive Factors Model (Cen, Koedinger and Junker 2006) takes the chance of a right answer for "
    "`1 ÷ (1 + exp(−(proficiency + ease + learning rate × (opportunity − 1))))`: a proficiency for each learner, an ease and a learning rate for each "
    "concept, in logits. Its figures compare models of the same answers: lower is better."
)
CATEGORIES_ARE = (
    "DataShop's categories, the first that holds: too little data, low and flat, no learning, still high, good. Where they begin can be moved; "
    "the command line tells them by the usual limits."
)
METHOD = (
    "Intervals take answers for independent of one another; where few learners gave many they are rather too narrow. DataShop counts the steps "
    "to practise at alone as opportunities, so that its curves of the same answers may begin later."
)
NOT_HERE = "There is no such concept in this selection. Go back to all concepts, or select more above."
NO_POINTS = f"At no opportunity did {FEWEST} learners answer, so there is no curve to draw."

OPPORTUNITY = "How many observations of the concept a learner had by then, this one included."
LEARNERS_WHO = "Different learners who answered."
ANSWERS = "Right and wrong answers."
ERRORS = "Wrong answers of them."
ERROR_RATE = "Wrong answers ÷ answers, in percent."
LOW, HIGH = "The lower end of its 95% interval (Wilson), in percent.", "The upper end of its 95% interval, in percent."
PREDICTED = (
    "What the model expects of a middling learner: 1 ÷ (1 + exp(ease + learning rate × (opportunity − 1))), in percent."
)
CONCEPT = "Opens the concept."
CATEGORY = "What the curve says, by the limits above."
RATE = "What an opportunity adds to the chance of a right answer, in logits. Empty where all answers are of one opportunity."
RATE_LOW, RATE_HIGH = "The lower end of its 95% interval.", "The upper end of its 95% interval."
EASE = "How easy the concept is at first, in logits: at 0 half of a middling learner's first answers are right."
EASE_LOW, EASE_HIGH = RATE_LOW, RATE_HIGH
FIRST_RIGHT = "The ease as a share: right answers of a middling learner at the first opportunity, 1 ÷ (1 + exp(−ease))."
COUNTING = "Opportunities at which at least as many learners answered as the limit says."
LAST = "Wrong answers at the last opportunity that counts, in percent."
MODEL_LEARNERS, MODEL_ANSWERS = "Learners whose answers the model is made of.", "Their answers on the concept."

LIMITS = {
    "limit_learners": ("A point counts from so many learners", "Of opportunities of fewer learners the categories take no notice."),
    "limit_opportunities": ("Too little data below so many points", "Opportunities that count."),
    "limit_low": ("Low and flat below (% wrong)", "All points that count lie below."),
    "limit_high": ("Still high from (% wrong)", "Of the last point that counts."),
    "limit_slope": ("No learning up to (thousandths of a logit)", "Of the model's learning rate."),
}  # fmt: skip


def by_name(limits: Limits) -> dict[str, int]:
    """The limits as an address and its sliders hold them: whole numbers, percent and thousandths."""
    return {
        "limit_learners": limits.learners,
        "limit_opportunities": limits.opportunities,
        "limit_low": round(limits.low_error * 100),
        "limit_high": round(limits.high_error * 100),
        "limit_slope": round(limits.slope * 1000),
    }


def from_names(chosen: Mapping[str, int]) -> Limits:
    """The limits of what ``by_name`` gives."""
    return Limits(
        learners=chosen["limit_learners"],
        opportunities=chosen["limit_opportunities"],
        low_error=chosen["limit_low"] / 100,
        high_error=chosen["limit_high"] / 100,
        slope=chosen["limit_slope"] / 1000,
    )


def in_words(limits: Limits) -> str:
    return (
        f"Points count from {count(limits.learners, 'learner')}. **Too little data**: fewer than {count(limits.opportunities, 'point')}. "
        f"**Low and flat**: all below {percent(limits.low_error)} wrong. **No learning**: a learning rate of {limits.slope:g} or less. "
        f"**Still high**: {percent(limits.high_error)} wrong or more at the last point. **Good**: all others."
    )


def categorised(told: Mapping[str, pd.DataFrame], limits: Limits) -> pd.DataFrame:
    """The concepts of the measure with their category by these limits, and ``opportunities`` and ``last_error_rate`` that count.

    In the order of ``IN_ORDER``, then the slowest first. Counts of fewer than 5 learners are NaN, as all their figures are.
    """
    figures = fit(told)
    fitted = Fit(**{each.name: figures[each.name] for each in fields(Fit)})
    model = AFM(told["concepts"], pd.DataFrame(columns=list(LEARNERS)), fitted, CONFIDENCE)
    found = categories(told["curves"], model, limits)[["concept", "category", "opportunities", "last_error_rate"]]
    rows = told["concepts"].drop(columns="category").merge(found, on="concept", how="left")
    enough = rows["learners"] >= FEWEST
    counts = {name: rows[name].astype("float64").where(enough) for name in ("learners", "answers")}
    rows = rows.assign(
        category=rows["category"].fillna(Category.TOO_LITTLE_DATA.value), opportunities=rows["opportunities"].fillna(0), **counts
    )  # fmt: skip
    place = rows["category"].map({each.value: number for number, each in enumerate(IN_ORDER)})
    ordered = rows.assign(place=place).sort_values(["place", "learning_rate", "concept"], ignore_index=True)
    return ordered.drop(columns="place")


def fit(told: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The figures of how the model fits, by name."""
    [figures] = told["model"].to_dict("records")
    return {str(name): value for name, value in figures.items()}


def aic(fit: Mapping[str, Any]) -> str:
    return (
        f"Akaike's information criterion: 2 × parameters − 2 × log likelihood = 2 × {fit['parameters']:,} − 2 × "
        f"({number(fit['log_likelihood'])}) = **{number(fit['aic'])}**. {_of_what(fit)}"
    )


def bic(fit: Mapping[str, Any]) -> str:
    return (
        f"Schwarz's Bayesian information criterion: ln(answers) × parameters − 2 × log likelihood = ln({fit['answers']:,}) × "
        f"{fit['parameters']:,} − 2 × ({number(fit['log_likelihood'])}) = **{number(fit['bic'])}**. It asks more of a parameter than AIC does."
    )


def rmse(fit: Mapping[str, Any]) -> str:
    return (
        f"The root of the mean squared difference between the chance of a right answer and what it was, 1 or 0, over the "
        f"{fit['answers']:,} answers that the model was made of: **{fit['rmse']:.4f}**. Who says one half each time has 0.5."
    )


def cross_validated(fit: Mapping[str, Any]) -> str:
    if isnan(fit["cross_validated_rmse"]):
        return "The same for learners whom the model was not made of. It takes several learners, with right and wrong answers among the others."
    return (
        "The same for learners whom the model was not made of: they are dealt into 10 parts, and the answers of each part are foretold by a "
        f"model of the others, in which they are middling learners: **{fit['cross_validated_rmse']:.4f}**, where it is {fit['rmse']:.4f} for those it "
        "was made of."
    )


def _of_what(fit: Mapping[str, Any]) -> str:
    cap = f" (the first {MOST_LEARNERS:,} by name)" if fit["learners"] >= MOST_LEARNERS else ""
    return (
        f"The model is made of {count(fit['answers'], 'answer')} of {count(fit['learners'], 'learner')}{cap}: a parameter a learner, two a concept, "
        "one where all answers are of one opportunity."
    )


def made_of(fit: Mapping[str, Any]) -> str:
    return count(fit["parameters"], "parameter")


def number(value: float) -> str:
    return NONE if isnan(value) else f"{value:,.1f}".replace("-", "−")


def error(value: float) -> str:
    return NONE if isnan(value) else f"{value:.4f}"


def in_category(category: Category, concepts: pd.DataFrame, limits: Limits) -> str:
    """What a category means by these limits, and how many of the concepts are in it."""
    meaning = {
        Category.TOO_LITTLE_DATA: f"Fewer than {count(limits.opportunities, 'point')} of {count(limits.learners, 'learner')} or more.",
        Category.LOW_AND_FLAT: f"Below {percent(limits.low_error)} wrong at all opportunities that count: known before.",
        Category.NO_LEARNING: f"A learning rate of {limits.slope:g} logits or less: practice does not show.",
        Category.STILL_HIGH: f"{percent(limits.high_error)} wrong or more at the last opportunity that counts.",
        Category.GOOD: "Practice shows, and at the last opportunity that counts few answers are wrong.",
    }[category]
    return f"{meaning} {int((concepts['category'] == category.value).sum()):,} of {count(len(concepts), 'concept')}."


def concept_table(concepts: pd.DataFrame) -> pd.DataFrame:
    """As ``categorised`` gives them: learning rate and ease in logits, shares in percent."""
    logits = (
        "learning_rate",
        "learning_rate_low",
        "learning_rate_high",
        "intercept",
        "intercept_low",
        "intercept_high",
    )
    return pd.DataFrame(
        {"concept": concepts["concept"], "category": concepts["category"]}
        | {name: concepts[name] for name in logits}
        | {
            "first_right": _percent(concepts["intercept"].map(_chance)),
            "opportunities": concepts["opportunities"],
            "last_error_rate": _percent(concepts["last_error_rate"]),
            "learners": concepts["learners"],
            "answers": concepts["answers"],
        }
    )


def points_table(points: pd.DataFrame, model: tuple[float, float] | None = None) -> pd.DataFrame:
    """The points of a curve, rates in percent, with what the model expects of a middling learner where there is a ``model``."""
    table = points[["opportunity", "learners", "answers", "errors"]].reset_index(drop=True)
    rates = {name: _percent(points[name]) for name in ("error_rate", "low", "high")}
    expected = {} if model is None else {"model": _percent(predicted_errors(points["opportunity"], *model))}
    return table.assign(**rates, **expected)


def category_of(row: pd.Series) -> str:
    return f"By the limits chosen among all concepts: {row['category']}. {count(int(row['opportunities']), 'point')} of its curve count."


def rate(value: float) -> str:
    return NONE if isnan(value) else f"{value:+.3f}".replace("-", "−")


def between(low: float, high: float) -> str:
    return "not known" if isnan(low) else f"{rate(low)} to {rate(high)}"


def learning_rate(row: pd.Series) -> str:
    if isnan(row["learning_rate"]):
        return "What an opportunity adds, in logits. It is not known: all answers are of one opportunity, or of too few learners."
    return (
        f"Each opportunity adds **{rate(row['learning_rate'])} logits**: the odds of a right answer are multiplied by "
        f"exp({rate(row['learning_rate'])}) = {exp(row['learning_rate']):,.2f}. With 95% certainty it lies between "
        f"{rate(row['learning_rate_low'])} and {rate(row['learning_rate_high'])}."
    )


def first_right(row: pd.Series) -> str:
    return NONE if isnan(row["intercept"]) else percent(_chance(row["intercept"]))


def ease(row: pd.Series) -> str:
    if isnan(row["intercept"]):
        return f"The ease of the concept. It is not told of fewer than {FEWEST} learners."
    return (
        f"The ease is **{rate(row['intercept'])} logits** (with 95% certainty between {rate(row['intercept_low'])} and "
        f"{rate(row['intercept_high'])}): of a middling learner's first answers 1 ÷ (1 + exp(−ease)) = {percent(_chance(row['intercept']))} are right."
    )


def first_and_last(points: pd.DataFrame) -> str:
    said = [
        f"{int(row['errors']):,} of {int(row['answers']):,} wrong at opportunity {int(row['opportunity'])}"
        for row in points.iloc[[0, -1]].to_dict("records")
    ]
    return f"The first point of the curve and its last: {', and '.join(said)}."


def practised_by(row: pd.Series) -> str:
    return NONE if isnan(row["answers"]) else f"{int(row['answers']):,}"


def answers_of(row: pd.Series) -> str:
    if isnan(row["learners"]):
        return ANSWERS
    return f"Answers on the concept that the model is made of, by {count(int(row['learners']), 'learner')}."


def alt(points: pd.DataFrame, of: str) -> str:
    """A curve in words."""
    if points.empty:
        return f"Wrong answers by opportunity, {of}: no opportunity has {FEWEST} learners."
    first, last = points.iloc[0], points.iloc[-1]
    return (
        f"Wrong answers by opportunity, {of}: {percent(first['error_rate'])} at opportunity {int(first['opportunity'])} "
        f"({count(int(first['learners']), 'learner')}), {percent(last['error_rate'])} at {int(last['opportunity'])} "
        f"({count(int(last['learners']), 'learner')}). The table has the numbers."
    )


def _chance(logit: float) -> float:
    """Of a right answer."""
    return float(1 - predicted_errors(1, logit, 0.0))


def _percent(shares: Any) -> Any:
    return np.round(np.asarray(shares, dtype=np.float64) * 100, 1) + 0.0
