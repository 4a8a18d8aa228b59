"""Refit: which decay and which worth of outcomes would have made the mastery score a better forecast of the next answer.

The score is folded again from what happened, under other parameters, by the rule of the product: see ``private.fold`` of the database,
and docs/mastery.md. Three things an extract does not tell, so that they are folded as everything else: a decay factor that a
concept has of its own, an outcome recorded with a delta of its own, and rules that changed without a replay. How much of what was
recorded the parameters in force explain is measured: ``Refit.reproduced``.
"""

from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from mastery_core.comparison import CONFIDENCE, FEWEST, RESAMPLES, SEED, resampled_means, tail
from mastery_core.decay import SECONDS_A_DAY, kept
from mastery_core.research.calibration import SURE, auc
from mastery_core.research.engines import collect
from mastery_core.research.extract import Manifest

MOST_LEARNERS, MOST_EVENTS = 2_000, 400_000
COLUMNS = ("learner", "concept", "outcome", "trigger", "is_correct", "opportunity", "before", "after", "gap", "seconds")
# A proposal is judged on the learners whose name ends with one of these digits, a quarter of them: a ``sample`` is of the first names.
HELD_OUT = "048c"
# Where parameters are looked for. What is proposed has so many decimals.
LEAST_DECAY, LARGEST_DELTA, DECIMALS = 0.5, 0.5, 4
MOST_EVALUATIONS = 500
# Of the way to a bound: what a search begins from lies within.
_INSIDE = 1e-3
# Recorded scores are on a grid, and a file of text rounds: what is nearer than this is the same score.
_SAME = 1e-6
_NAN = float("nan")

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a score follows: ``decay_factor`` is the share kept in ``period_days``, ``deltas`` says what each outcome is worth."""

    decay_factor: float
    period_days: float
    initial_score: float
    deltas: dict[str, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well scores forecast answers: log loss (nats, within ``SURE`` and ``1 - SURE``) and Brier score an answer, AUC. NaN: unknown."""

    log_loss: float = _NAN
    brier: float = _NAN
    auc: float = _NAN


@dataclass(frozen=True, slots=True)
class Refit:
    """What was proposed and how it fares, ``now`` beside ``then``, with learners that it was not fitted to.

    ``improvement`` is the log loss that goes, with the bootstrap's interval over these learners (``comparison.tail``); it is ``clear``
    where all of the interval is above 0. NaN and not clear with fewer than 5 of them. ``reproduced``: the share of all events whose
    recorded score the parameters in force give again.
    """

    current: Parameters
    proposed: Parameters
    now: Quality
    then: Quality
    training_learners: int
    training_answers: int
    judged_learners: int
    judged_answers: int
    reproduced: float
    improvement: float = _NAN
    low: float = _NAN
    high: float = _NAN
    clear: bool = False


def in_force(manifest: Manifest) -> Parameters:
    """The parameters that were in force when an extract was made."""
    settings = manifest.settings
    deltas = {str(rule["outcome"]): float(rule["delta"]) for rule in manifest.rules if rule["trigger_type"] != "reset"}
    return Parameters(
        float(settings["decay_factor"]), float(settings["decay_period_days"]), float(settings["initial_score"]), deltas
    )


def sample(
    events: nw.LazyFrame[Any], *, most_learners: int = MOST_LEARNERS, most_events: int = MOST_EVENTS
) -> pd.DataFrame:
    """All events (``COLUMNS``) of so many learners: the first by name, which is a hash, so chosen as if by lot and always the same.

    Learners are taken until there are ``most_events``: whoever comes first is in it, however much they did.
    """
    counts = events.group_by("learner").agg(nw.len().alias("events")).sort("learner").head(most_learners)
    found = collect(counts, ["learner"])
    earlier = found["events"].cumsum() - found["events"]
    chosen = found.loc[earlier < most_events, "learner"].tolist()
    rows = events.filter(nw.col("learner").is_in(chosen)).select(*COLUMNS)
    return collect(rows, ["learner", "concept", "opportunity", "seconds"])


def replayed(sequences: pd.DataFrame, parameters: Parameters) -> Floats:
    """The score before each event of ``sequences`` (``COLUMNS``, in any order), after time took its part: a share, row by row.

    Each pair of learner and concept starts at ``initial_score``. A gap leaves ``score * decay_factor ** (days / period_days)``, the
    outcome adds its delta within [0, 1] and one without a delta adds nothing; a reset leaves its own ``after``.
    """
    steps = _steps(sequences)
    before = np.empty(len(sequences))
    before[steps.rows] = _folded(steps, parameters)
    return before


def fit(events: pd.DataFrame, current: Parameters, *, held_out: str = HELD_OUT) -> Refit:
    """The decay factor and deltas with the least log loss on learners whose name does not end with ``held_out``, judged on those others.

    ``events`` is a frame of ``sample``. Outcomes that nobody in training had keep their delta, as do ``initial_score`` and ``period_days``.
    The search is Nelder and Mead's (1965) from what is in force, the decay factor within (0.5, 1), deltas within (-0.5, 0.5).
    Without answers to learn from, what is in force is proposed.
    """
    aside = events["learner"].astype(str).str[-1:].isin(list(held_out))
    training, judged = _History.of(events[~aside]), _History.of(events[aside])
    proposed = _fitted(training, current)
    now, then = judged.forecasts(current), judged.forecasts(proposed)
    improvement, low, high = _improvement(judged, now, then)
    return Refit(
        current, proposed, _quality(judged.right, now), _quality(judged.right, then),
        training.learners, training.right.size, judged.learners, judged.right.size,
        _reproduced(events, current), improvement, low, high, clear=low > 0,
    )  # fmt: skip


def as_sql(refit: Refit) -> str:
    """The SQL that puts the proposal in force, for the owner of the database to read and run: one transaction, with what was measured."""
    current, proposed = refit.current, refit.proposed
    changed = {name: delta for name, delta in proposed.deltas.items() if delta != current.deltas.get(name)}
    lines = [*_header(refit), "begin;"]
    if proposed.decay_factor != current.decay_factor:
        lines += [_ALONE, _DECAY.format(decay=_number(proposed.decay_factor))]
    lines += [_DELTA.format(delta=_number(delta), outcome=_quoted(name)) for name, delta in sorted(changed.items())]
    return "\n".join([*lines, "commit;", ""])


_ALONE = """-- Nobody records until this is done, so that no score begins under the old rules.
do $$ begin perform from public.profiles order by id for no key update; end $$;"""
_DECAY = """-- A score keeps the decay factor that it began with: those that have the one of the settings get the new one.
update public.student_mastery m set decay_factor = {decay} from public.mastery_settings s where m.decay_factor = s.decay_factor;
update public.mastery_settings set decay_factor = {decay} where only_row;"""
_DELTA = "update public.outcome_rules set delta = {delta} where outcome = {outcome};"
_FOLLOWS = """--
-- What follows: outcomes recorded from now on count by the new rules, and scores fade by the new decay factor from what they stand at.
-- The past stays as it was recorded (but where an outcome arrives late) until `python -m mastery_core replay` rebuilds every score and its
-- history under the new rules; learners then see other scores than before, and the next extract reads everything. Resets keep their score.
-- Decay factors other than the one in force, and outcomes that were recorded with a delta of their own, stay as they are."""


def _header(refit: Refit) -> list[str]:
    now, then = refit.now, refit.then
    verdict = "clear" if refit.clear else "NOT clear: what is in force may do as well"
    return [
        "-- A proposal for the rules of the mastery score, from an extract.",
        f"-- Fitted to {refit.training_answers:,} answers of {refit.training_learners:,} learners, judged on",
        f"-- {refit.judged_answers:,} answers of {refit.judged_learners:,} others:",
        f"--   log loss {_said(now.log_loss)} now, {_said(then.log_loss)} with the proposal (an answer, in nats; less is better)",
        f"--   Brier score {_said(now.brier)} now, {_said(then.brier)} with the proposal (less is better)",
        f"--   AUC {_said(now.auc)} now, {_said(then.auc)} with the proposal (more is better)",
        f"-- The log loss improves by {_said(refit.improvement)}, 95% interval {_said(refit.low)} to {_said(refit.high)}: {verdict}.",
        f"-- The rules in force give {_said(100 * refit.reproduced, 1)}% of the recorded scores again.",
        *_FOLLOWS.splitlines(),
    ]


def _said(value: float, decimals: int = DECIMALS) -> str:
    return "unknown" if np.isnan(value) else f"{value:.{decimals}f}"


def _number(value: float) -> str:
    if not np.isfinite(value):
        raise ValueError(f"a parameter is a number; this one is {value}")
    return f"{value:.{DECIMALS}f}"


def _quoted(text: str) -> str:
    """A text as SQL has it, whatever ``standard_conforming_strings`` says."""
    doubled = text.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in text else f"'{doubled}'"


@dataclass(frozen=True, slots=True)
class _Steps:
    """Events in the order in which they are folded: the first of every pair, the pair with the most events first, then the second …

    ``rows`` are their places in the frame, ``ends`` says where each step ends; of each event ``idle_days`` since the one before,
    ``outcome`` as a place in ``outcomes``, and the score of a reset in ``reset`` (NaN where it is none).
    """

    rows: Places
    ends: Places
    idle_days: Floats
    outcome: Places
    outcomes: list[str]
    reset: Floats
    has_resets: bool


def _steps(frame: pd.DataFrame) -> _Steps:
    is_reset = (frame["trigger"] == "reset").to_numpy(dtype=bool)
    pair = frame.groupby(["learner", "concept"], sort=False).ngroup().to_numpy(dtype=np.int64)
    # A reset has the opportunity of the observation that it comes after.
    order = np.lexsort((frame["seconds"].to_numpy(), is_reset, frame["opportunity"].to_numpy(), pair))
    lengths = np.bincount(pair)
    nth = np.arange(pair.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.empty_like(lengths)
    place[np.argsort(-lengths, kind="stable")] = np.arange(lengths.size)
    rows = order[np.lexsort((place[pair[order]], nth))]
    outcome, outcomes = pd.factorize(frame["outcome"])
    gap = np.nan_to_num(frame["gap"].to_numpy(dtype=np.float64), nan=0.0)
    reset = np.where(is_reset, frame["after"].to_numpy(dtype=np.float64), np.nan)
    return _Steps(
        rows, np.cumsum(np.bincount(nth)), (gap / SECONDS_A_DAY)[rows], outcome[rows], outcomes.tolist(), reset[rows], bool(is_reset.any())
    )  # fmt: skip


def _folded(steps: _Steps, parameters: Parameters) -> Floats:
    """The scores before the events, in the order of the steps."""
    remains = kept(parameters.decay_factor, steps.idle_days, period_days=parameters.period_days)
    worth = np.array([parameters.deltas.get(name, 0.0) for name in steps.outcomes])[steps.outcome]
    before, begin = np.empty(steps.rows.size), 0
    score = np.full(int(steps.ends[0]) if steps.ends.size else 0, parameters.initial_score)
    for end in steps.ends.tolist():
        met = score[: end - begin]
        met *= remains[begin:end]
        before[begin:end] = met
        met += worth[begin:end]
        np.clip(met, 0.0, 1.0, out=met)
        if steps.has_resets:
            reset = steps.reset[begin:end]
            np.copyto(met, reset, where=~np.isnan(reset))
        begin = end
    return before


@dataclass(frozen=True, slots=True)
class _History:
    """What some learners did, ready to be folded again and again: ``answers`` are places in the order of steps."""

    steps: _Steps
    answers: Places
    right: Floats
    learner: Places

    @classmethod
    def of(cls, events: pd.DataFrame) -> "_History":
        steps = _steps(events)
        correct = events["is_correct"].to_numpy(dtype=object)[steps.rows]
        answers = np.flatnonzero(pd.notna(correct))
        learner, _ = pd.factorize(events["learner"].to_numpy(dtype=object)[steps.rows][answers])
        return cls(steps, answers, correct[answers].astype(np.float64), learner)

    @property
    def learners(self) -> int:
        return np.unique(self.learner).size

    def forecasts(self, parameters: Parameters) -> Floats:
        return _folded(self.steps, parameters)[self.answers]


def _fitted(training: _History, current: Parameters) -> Parameters:
    outcomes = sorted(set(training.steps.outcomes) & current.deltas.keys())
    if not training.right.size:
        return current

    def cost(point: Floats) -> float:
        return float(_losses(training.right, training.forecasts(_at(point, outcomes, current))).mean())

    begin = _point(outcomes, current)
    corners = np.vstack([begin, begin + np.diag([0.5, *[0.2] * len(outcomes)])])
    best = minimize(
        cost,
        begin,
        method="Nelder-Mead",
        options={"initial_simplex": corners, "maxfev": MOST_EVALUATIONS, "xatol": 1e-3, "fatol": 1e-7},
    )
    found = _at(best.x, outcomes, current)
    deltas = {name: round(delta, DECIMALS) if name in outcomes else delta for name, delta in found.deltas.items()}
    return replace(found, decay_factor=round(found.decay_factor, DECIMALS), deltas=deltas)


def _point(outcomes: list[str], parameters: Parameters) -> Floats:
    """Parameters as any real numbers: the logit of the decay factor and the inverse hyperbolic tangent of deltas, of their ranges."""
    decay = np.clip((parameters.decay_factor - LEAST_DECAY) / (1 - LEAST_DECAY), _INSIDE, 1 - _INSIDE)
    deltas = np.array([parameters.deltas[name] for name in outcomes]) / LARGEST_DELTA
    return np.array([logit(decay), *np.arctanh(np.clip(deltas, _INSIDE - 1, 1 - _INSIDE))])


def _at(point: Floats, outcomes: list[str], current: Parameters) -> Parameters:
    decay = LEAST_DECAY + (1 - LEAST_DECAY) * float(expit(point[0]))
    found = zip(outcomes, (LARGEST_DELTA * np.tanh(point[1:])).tolist(), strict=True)
    return replace(current, decay_factor=decay, deltas=current.deltas | dict(found))


def _losses(right: Floats, forecast: Floats) -> Floats:
    held = np.clip(forecast, SURE, 1 - SURE)
    losses: Floats = -np.log(np.where(right > 0.5, held, 1 - held))
    return losses


def _quality(right: Floats, forecast: Floats) -> Quality:
    if not right.size:
        return Quality()
    _, place = np.unique(forecast, return_inverse=True)
    rights, wrongs = np.bincount(place, weights=right), np.bincount(place, weights=1 - right)
    return Quality(
        float(_losses(right, forecast).mean()), float(np.square(forecast - right).mean()), auc(rights, wrongs)
    )


def _improvement(judged: _History, now: Floats, then: Floats) -> tuple[float, float, float]:
    """The log loss an answer that goes, and its interval: learners are drawn anew with all their answers."""
    if not judged.right.size:
        return _NAN, _NAN, _NAN
    answers = np.bincount(judged.learner).astype(np.float64)
    gone = np.bincount(judged.learner, weights=_losses(judged.right, now) - _losses(judged.right, then)).astype(
        np.float64
    )
    mean = float(gone.sum() / answers.sum())
    if answers.size < FEWEST:
        return mean, _NAN, _NAN
    draws = np.random.default_rng(SEED).integers(0, 2**32, (answers.size, RESAMPLES), dtype=np.uint32)
    resampled = resampled_means(gone, draws) / resampled_means(answers, draws)
    left_out = tail(CONFIDENCE, [float((gone - mean * answers).var())], [answers.size])
    low, high = np.quantile(resampled, (left_out, 1 - left_out)).tolist()
    return mean, low, high


def _reproduced(events: pd.DataFrame, current: Parameters) -> float:
    if events.empty:
        return _NAN
    recorded = events["before"].to_numpy(dtype=np.float64)
    return float((np.abs(replayed(events, current) - recorded) <= _SAME).mean())
