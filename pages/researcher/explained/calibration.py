"""What each figure of the Calibration screen means, with the selection's own numbers in it, and a proposal as tables."""

import numpy as np
import pandas as pd

from mastery_core.comparison import FEWEST
from mastery_core.decay import half_life_days
from mastery_core.research.calibration import SURE
from mastery_core.research.refit import Parameters, Refit
from pages.words import NONE, count, percent

WHAT = (
    "The mastery score before an answer, taken as a forecast that the answer will be right, beside two forecasts that anybody could make. "
    "Nobody is forecast by what they taught: what a forecast has to learn, it learns for each quarter of the learners from the other three."
)
LEGEND = (
    ":small[:blue[● right answers of a tenth of the scale, with the 95% interval; the larger, the more answers] · dashed: as often right as "
    "forecast. Above it the score says too little, below it too much. Nothing is told of a tenth with fewer than {fewest} learners.]"
)
METHOD = (
    "The intervals (Wilson) take answers as independent; those of one learner are not quite, so they are rather too narrow. For the log loss a "
    f"forecast is held between {SURE:g} and {1 - SURE:g}: one that was sure and wrong would cost infinitely much."
)
WITHHELD = "withheld"
FORECASTS = (
    "* **mastery**: the score that the answer met, what is forgotten by then taken off;\n"
    "* **skill mean**: how often the learners of the other three quarters were right on the concept (quarters go by the first digit of a "
    "learner's name in the extract). It knows nothing of the learner, but also what others answered later;\n"
    "* **running success rate**: (right + 1) ÷ (answers + 2) of all of the learner's answers on the concept before this one; one half at first."
)
FORECASTER = "What forecasts the answer: see below."
LOG_LOSS = "The mean of −ln of the chance that was given to what happened, in nats an answer. Less is better; always saying 50% gives 0.693."
BRIER = "The mean of (forecast − answer)², an answer being 1 or 0. Less is better; always saying 50% gives 0.25."
AUC = (
    "The share of pairs of a right and a wrong answer in which the right one had the higher forecast, equal ones half; for the skill mean of "
    "pairs of learners of one quarter. More is better; 0.5 is what chance gives. Empty where all are right or all wrong."
)
ANSWERS, RIGHT, LEARNERS = "Answers judged on.", "How many of them were right.", "Different learners who gave them."
TENTH = "From which forecast to which, in percent; a forecast of 100% is in the last."
FORECAST = "The mean forecast of these answers, in percent."
RATE = "Right answers of all answers, in percent. Well calibrated is what is close to the mean forecast."
LOW, HIGH = (
    "The lower end of its 95% interval (Wilson), in percent.",
    "The upper end of its 95% interval (Wilson), in percent.",
)
SAYS = f"What is withheld: of fewer than {FEWEST} learners nothing is told."

# The proposal

PROPOSAL = (
    "Which decay and which worth of outcomes would have made the score a better forecast? The score is folded again from the first event on "
    "under other parameters, to find those with the least log loss on three quarters of the learners, and both are judged on the others. "
    "Months are not selected here: a score begins with a learner's first event. Nothing is changed: what comes of it is a file for the owner "
    "of the database to read and run."
)
WORK_IT_OUT, WORKING = "Work out what would forecast better", "Folding scores again and again …"
SAME_FROM_THE_COMMAND_LINE = "The same file, for a program; it takes no months:"
AS_GOOD = "What is in force is the best that was found: there is nothing to change."
PARAMETER, NOW, THEN = (
    "What the score follows.",
    "What was in force when the extract was made.",
    "What would have forecast better.",
)
CHANGE = "Proposed less now."
MEASURE = "What is judged, on learners that the proposal was not fitted to."
BETTER = "Which of the two forecasts better."


def judged(learners: int, answers: int) -> str:
    return (
        f"All answers of the selection, each forecast by each forecaster: {answers:,}, of {count(learners, 'learner')}."
    )


def figure(value: float, digits: int = 3) -> str:
    return NONE if np.isnan(value) else f"{value:.{digits}f}"


def least_note(scores: pd.DataFrame) -> str:
    """Which forecaster has the least log loss."""
    return _named("least", scores, scores["log_loss"].dropna().sort_values())


def most_note(scores: pd.DataFrame) -> str:
    """Which forecaster has the largest AUC."""
    return _named("most", scores, scores["auc"].dropna().sort_values(ascending=False))


def _named(how: str, scores: pd.DataFrame, best: "pd.Series[float]") -> str:
    return "not known" if best.empty else f"{how}: {scores.loc[best.index[0], 'forecaster']}"


def log_loss(scores: pd.DataFrame) -> str:
    return f"{LOG_LOSS}\n\n{_of_each(scores, 'log_loss')}."


def auc(scores: pd.DataFrame) -> str:
    return f"{AUC}\n\n{_of_each(scores, 'auc')}."


def _of_each(scores: pd.DataFrame, name: str) -> str:
    return "; ".join(f"{row['forecaster']}: {figure(row[name], 4)}" for row in scores.to_dict("records"))


def error(told: pd.DataFrame, value: float) -> str:
    """How far forecasts are off on average; ``told`` are the tenths that are not withheld."""
    total = int(told["answers"].sum())
    return (
        "The expected calibration error: |right answers − mean forecast| of each tenth of the scale, weighted by its answers "
        f"({total:,} in {len(told):,} of 10 that are not withheld or empty): **{figure(value * 100, 1)} points**. Naeini, Cooper and "
        "Hauskrecht 2015."
    )


def score_table(scores: pd.DataFrame) -> pd.DataFrame:
    """The forecasters with their figures and what each is. Not how many were right: that less what tenths tell is what is withheld."""
    figures = {name: scores[name].round(4) for name in ("log_loss", "brier", "auc")}
    names = ["forecaster", "log_loss", "brier", "auc", "answers", "learners"]
    return scores.assign(**figures)[names]


def reliability_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The tenths of the scale, with shares in percent; counts are empty where a tenth is withheld."""
    withheld = rows["withheld"].to_numpy(dtype=bool)
    shares = {name: (rows[name] * 100).round(1) for name in ("forecast", "rate", "low", "high")}
    counts = {name: rows[name].astype("Int64").mask(withheld) for name in ("answers", "right")}
    tenth = [
        f"{begins:.0%} to {ends:.0%}"
        for begins, ends in zip(rows["begins"].tolist(), rows["ends"].tolist(), strict=True)
    ]
    told = rows.assign(**shares, **counts, tenth=tenth, says=np.where(withheld, WITHHELD, ""))
    return told[["tenth", "forecast", "rate", "low", "high", "answers", "right", "learners", "says"]]


def reliability_alt(told: pd.DataFrame, withheld: int) -> str:
    """The chart in words; ``told`` are the tenths that are not withheld."""
    if told.empty:
        return f"Right answers by forecast: {withheld} tenths of the scale, all withheld."
    first, last = told.iloc[0], told.iloc[-1]
    inside = int(((told["low"] <= told["forecast"]) & (told["forecast"] <= told["high"])).sum())
    return (
        f"Right answers by forecast: {percent(first['rate'])} where {percent(first['forecast'])} was forecast, up to {percent(last['rate'])} where "
        f"{percent(last['forecast'])} was; {inside} of {len(told)} tenths have the forecast within their 95% interval, {withheld} withheld. "
        "The table below has the numbers."
    )


def parameter_table(found: Refit) -> pd.DataFrame:
    """What the score follows, now and as proposed: a row a parameter."""
    now, then = _parameters(found.current), _parameters(found.proposed)
    rows = [
        {"parameter": name, "now": value, "proposed": then[name], "change": then[name] - value}
        for name, value in now.items()
    ]
    table = pd.DataFrame(rows, columns=["parameter", "now", "proposed", "change"])
    return table.round({"now": 4, "proposed": 4, "change": 4})


def _parameters(parameters: Parameters) -> dict[str, float]:
    period = f"{parameters.period_days:g}"
    of_decay = {
        f"decay factor (kept in {period} {'day' if parameters.period_days == 1 else 'days'})": parameters.decay_factor,
        "half-life, days": half_life_days(parameters.decay_factor, period_days=parameters.period_days),
        "initial score": parameters.initial_score,
    }
    return of_decay | {f"worth of {outcome}": delta for outcome, delta in sorted(parameters.deltas.items())}


def quality_table(found: Refit) -> pd.DataFrame:
    """How both fare on the learners judged on: log loss, Brier score and AUC."""
    rows = [
        {
            "measure": label,
            "now": getattr(found.now, name),
            "proposed": getattr(found.then, name),
            "less_is_better": less,
        }
        for label, name, less in (("Log loss", "log_loss", True), ("Brier score", "brier", True), ("AUC", "auc", False))
    ]
    table = pd.DataFrame(rows)
    change = table["proposed"] - table["now"]
    gain = change.where(~table["less_is_better"], -change).round(4)
    better = np.select([gain > 0, gain < 0, gain == 0], ["proposed", "now", "the same"], "")
    told = table.assign(change=change, better=better).drop(columns="less_is_better")
    return told.round({"now": 4, "proposed": 4, "change": 4})[["measure", "now", "proposed", "change", "better"]]


def verdict(found: Refit) -> str:
    """Whether the proposal is clearly better, in a sentence."""
    between = f"95% interval {found.low:.4f} to {found.high:.4f}".replace("-", "−")
    gain = f"{found.improvement:.4f}".replace("-", "−")
    if found.clear:
        return f"The proposal forecasts clearly better: the log loss falls by **{gain}** an answer ({between}, which leaves 0 out)."
    return f"It is **not clear** that the proposal forecasts better: the log loss falls by {gain} an answer ({between}). What is in force may do as well."


def improvement(found: Refit) -> str:
    """How the interval comes about."""
    return (
        f"Log loss now less log loss as proposed: {figure(found.now.log_loss, 4)} − {figure(found.then.log_loss, 4)} = **{figure(found.improvement, 4)}** "
        f"nats an answer, on {found.judged_answers:,} answers of {count(found.judged_learners, 'learner')} that it was not fitted to. They are drawn "
        "anew with all their answers, again and again (the bootstrap); it is clear where all of the interval is above 0."
    )


def reproduced(found: Refit) -> str:
    """What the share says, and what it takes from a proposal."""
    return (
        f"The share of all events whose recorded score the parameters in force give again: **{figure(found.reproduced * 100, 1)}%**. What is missing was "
        "recorded under other rules, with a decay factor or a delta of its own: the less is given again, the less the comparison says."
    )


def fitted_to(found: Refit) -> str:
    return (
        f"Fitted to {count(found.training_answers, 'answer')} of {count(found.training_learners, 'learner')}, at most 2,000 learners, the first by their "
        "name, which is as good as by lot."
    )


def proposal_alt(found: Refit) -> str:
    return f"Log loss, Brier score and AUC, now and as proposed, on {found.judged_answers:,} answers of {count(found.judged_learners, 'learner')}"
