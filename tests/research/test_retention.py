"""Retention: the same counts as a plain calculation, and half-lives that are in the data and no others."""

from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit
from scipy.stats import binom

from mastery_core.decay import half_life_days
from mastery_core.intervals import wilson
from mastery_core.research.engines import collect
from mastery_core.research.retention import FITTED, GAP_EDGES_DAYS, GAP_NAMES, by_gap, fit_half_life, for_fit, shown
from tests.research.conftest import EXTRACTS

Lazy = nw.LazyFrame[Any]
Lazily = Callable[[pd.DataFrame], Lazy]
Table = pd.DataFrame

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# Written out anew, in seconds.
EDGES = [0, MINUTE, 10 * MINUTE, HOUR, 8 * HOUR, *(DAY * days for days in (1, 2, 4, 7, 14, 30, 60, 120, 365)), np.inf]
GROUPINGS = [(), ("concept",), ("cohort", "concept")]


def answers_with_a_gap(frame: pd.DataFrame) -> pd.DataFrame:
    answers = frame[frame.is_correct.notna() & (frame.opportunity > 1) & frame.gap.notna()]
    return answers.assign(right=answers.is_correct.astype(int))


def counted(answers: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = answers.groupby(keys, observed=True)
    counts = {
        "answers": groups.size(),
        "right": groups.right.sum(),
        "learners": groups.learner.nunique(),
        "gap_days": groups.gap.mean() / DAY,
    }
    return pd.DataFrame(counts).reset_index()


def assert_same(measured: pd.DataFrame, plain: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(measured, plain[list(measured)], check_dtype=False, rtol=1e-9, atol=1e-12)
    assert {str(measured[name].dtype) for name in ("answers", "right", "learners")} == {"int64"}


@pytest.mark.parametrize("by", GROUPINGS)
def test_answers_by_gap_are_those_of_a_plain_calculation(frame: pd.DataFrame, events: Lazy, by: Sequence[str]) -> None:
    answers = answers_with_a_gap(frame)
    bins = pd.cut(answers.gap, EDGES, right=False, labels=False).astype("int64")
    plain = counted(answers.assign(bin=bins), [*by, "bin"])
    measured = collect(by_gap(events, by), by=[*by, "bin"])
    assert list(measured) == [*by, "bin", "answers", "right", "learners", "gap_days"]
    assert_same(measured, plain)
    assert measured.answers.sum() == len(answers) > 0


@pytest.mark.parametrize("by", GROUPINGS)
def test_the_steps_for_the_fit_are_those_of_a_plain_calculation(
    frame: pd.DataFrame, events: Lazy, by: Sequence[str]
) -> None:
    answers = answers_with_a_gap(frame)
    edges = 2 ** (np.arange(1, 321) / 8)
    steps = np.searchsorted(edges * (1 - 1e-10), answers.gap, side="right")
    plain = counted(answers.assign(step=steps), [*by, "step"])
    of_all = answers.groupby(list(by)).learner.nunique() if by else answers.learner.nunique()
    plain["learners"] = plain[list(by)].merge(of_all.reset_index(), on=list(by)).learner if by else of_all
    measured = collect(for_fit(events, by), by=[*by, "step"])
    assert list(measured) == [*by, "step", "answers", "right", "learners", "gap_days"]
    assert_same(measured, plain)


def test_each_concept_of_the_events_gets_a_half_life_or_a_reason(frame: pd.DataFrame, events: Lazy) -> None:
    answers = answers_with_a_gap(frame)
    fitted = fit_half_life(collect(for_fit(events)), decay_factor=0.95)
    assert list(fitted) == ["concept", *FITTED]
    assert list(fitted.concept) == sorted(set(answers.concept))
    assert list(fitted.answers) == list(answers.groupby("concept").size())
    assert list(fitted.learners) == list(answers.groupby("concept").learner.nunique())
    assert (fitted.half_life_in_force == half_life_days(0.95)).all()
    assert fitted.clear.any()
    clear, others = fitted[fitted.clear], fitted[~fitted.clear]
    assert ((clear.low <= clear.half_life_days) & (clear.half_life_days <= clear.high)).all()
    assert clear.initial.between(0, 1).all()
    assert (clear.reason == "").all()
    assert others[["half_life_days", "low", "high", "initial"]].isna().all(axis=None)
    assert (others.reason != "").all()


if "practice" in EXTRACTS:

    @pytest.mark.parametrize("frame", ["practice"], indirect=True)
    def test_real_learners_are_right_less_often_the_longer_ago_they_practised(
        frame: pd.DataFrame, events: Lazy
    ) -> None:
        counted = collect(by_gap(events), by=["bin"])
        known = shown(counted).query("not withheld")
        short, long = (
            known[place].agg({"answers": "sum", "right": "sum"})
            for place in (known.gap_days < 1 / 24, known.gap_days >= 1)
        )
        assert short.right / short.answers > long.right / long.answers
        assert counted.answers.sum() == len(answers_with_a_gap(frame))
        [fit] = fit_half_life(collect(for_fit(events, ())), (), decay_factor=0.95).to_dict("records")
        assert fit["clear"]
        assert fit["answers"] == counted.answers.sum()
        assert 0 < fit["low"] < fit["half_life_days"] < fit["high"] < np.inf


def observed(gaps: Sequence[float], right: Sequence[bool | None], learners: Sequence[str]) -> pd.DataFrame:
    """Events of one concept; a gap of NaN is the first of its learner."""
    opportunity = np.where(np.isnan(np.asarray(gaps, dtype=float)), 1, 2)
    columns = {
        "learner": learners,
        "cohort": "a",
        "concept": "c",
        "is_correct": right,
        "opportunity": opportunity,
        "gap": gaps,
    }
    return pd.DataFrame(columns).astype({"is_correct": object, "gap": float}).assign(seconds=1e9)


def test_a_gap_as_long_as_an_edge_is_in_the_class_that_begins_there(lazily: Lazily) -> None:
    gaps = [seconds - less for seconds in EDGES[1:-1] for less in (0.001, 0)]
    rows = collect(by_gap(lazily(observed(gaps, [True] * 26, ["a"] * 26))), by=["bin"])
    assert list(rows.bin) == list(range(14))
    assert list(rows.answers) == [1, *[2] * 12, 1]
    assert len(GAP_NAMES) == len(GAP_EDGES_DAYS) + 1 == 14


def test_gaps_of_a_power_of_two_begin_a_step_on_every_engine(lazily: Lazily) -> None:
    gaps = [0.0, 0.25, *(2.0**power for power in range(27))]
    rows = collect(for_fit(lazily(observed(gaps, [True] * 29, ["a"] * 29))), by=["step"])
    assert list(rows.step) == [8 * power for power in range(27)]
    assert list(rows.answers) == [3, *[1] * 26]


def test_what_was_not_answered_and_what_came_first_have_no_part(lazily: Lazily) -> None:
    log = observed([np.nan, 5.0, 5.0, 90.0], [True, None, False, True], ["a", "a", "b", "b"])
    rows = collect(by_gap(lazily(log)), by=["bin"])
    assert rows[["bin", "answers", "right", "learners"]].to_numpy().tolist() == [[0, 1, 0, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize("by", GROUPINGS)
def test_no_events_and_events_of_one_opportunity_give_no_rows(lazily: Lazily, by: Sequence[str]) -> None:
    once = observed([np.nan, np.nan], [True, False], ["a", "b"])
    for events in (lazily(once), lazily(once).filter(nw.col("seconds") < 0)):
        assert shown(collect(by_gap(events, by), by=[*by, "bin"])).empty
        table = collect(for_fit(events, by), by=[*by, "step"])
        fitted = fit_half_life(table, by, decay_factor=0.95)
        assert list(fitted) == [*by, *FITTED]
        assert not fitted.clear.any()
        assert list(fitted.reason) == ([] if by else ["fewer than 5 learners"])


def test_rates_come_with_wilsons_interval_and_are_withheld_of_few_learners() -> None:
    counts = pd.DataFrame(
        {
            "bin": [0, 4, 13],
            "answers": [50, 9, 20],
            "right": [40, 9, 5],
            "learners": [5, 4, 20],
            "gap_days": [0.0, 0.5, 400.0],
        }
    )
    rows = shown(counts)
    assert list(rows.gap) == ["under 1 minute", "8 to 24 hours", "365 days and more"]
    assert list(rows.withheld) == [False, True, False]
    assert rows.rate.tolist() == pytest.approx([0.8, np.nan, 0.25], nan_ok=True)
    low, high = wilson([40, 5], [50, 20])
    assert rows.low.dropna().tolist() == pytest.approx(low.tolist())
    assert rows.high.dropna().tolist() == pytest.approx(high.tolist())
    figures = ["answers", "right", "learners", "gap_days"]
    known = [True, False, True]
    assert rows.loc[known, figures].to_numpy().tolist() == counts.loc[known, figures].to_numpy().tolist()
    assert rows.loc[rows.withheld, figures].isna().all(axis=None)


def table_of(days: Any, answers: Any, right: Any, *, learners: int = 20, concept: str = "c") -> Table:
    return pd.DataFrame(
        {"concept": concept, "gap_days": days, "answers": answers, "right": right, "learners": learners}
    )


def forgetting(half_life: float, initial: float, *, answers: int, seed: int | None = None) -> Table:
    """Answers after gaps from a second to three years, as the curve has it, or by chance around it."""
    days = 2 ** np.arange(0, 26.5, 0.5) / DAY
    chance = initial * 2 ** (-days / half_life)
    right = np.rint(answers * chance) if seed is None else np.random.default_rng(seed).binomial(answers, chance)
    return table_of(days, answers, right.astype(int))


def fit_of(table: Table) -> dict[str, Any]:
    [row] = fit_half_life(table, decay_factor=0.95).to_dict("records")
    return row


@pytest.mark.parametrize("initial", [0.6, 0.9, 0.999])
@pytest.mark.parametrize("half_life", [0.01, 0.5, 3.0, 13.5, 200.0])
def test_a_half_life_that_is_in_the_data_is_found(half_life: float, initial: float) -> None:
    fit = fit_of(forgetting(half_life, initial, answers=100_000))
    assert fit["half_life_days"] == pytest.approx(half_life, rel=0.005)
    assert fit["initial"] == pytest.approx(initial, abs=0.001)
    assert fit["low"] < half_life < fit["high"]
    assert fit["high"] / fit["low"] < 1.1


def test_of_a_hundred_samples_about_ninety_five_intervals_hold_the_truth() -> None:
    fits = [fit_of(forgetting(10.0, 0.8, answers=20, seed=seed)) for seed in range(100)]
    assert 90 <= sum(fit["low"] <= 10.0 <= fit["high"] for fit in fits) <= 99


def log_likelihood(table: Table, initial: float, half_life: float) -> float:
    return float(binom.logpmf(table.right, table.answers, initial * 2 ** (-table.gap_days / half_life)).sum())


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_is_the_likeliest_curve_and_its_limits_are_those_of_the_profile(seed: int) -> None:
    table = forgetting(2.0, 0.7, answers=15, seed=seed)
    fit = fit_of(table)
    best = log_likelihood(table, fit["initial"], fit["half_life_days"])
    sought = minimize(
        lambda at: -log_likelihood(table, expit(at[0]), np.exp(at[1])), [logit(0.5), 0.0], method="L-BFGS-B"
    )
    assert best == pytest.approx(-sought.fun, abs=1e-5)
    assert [fit["initial"], fit["half_life_days"]] == pytest.approx([expit(sought.x[0]), np.exp(sought.x[1])], rel=0.01)
    for limit in (fit["low"], fit["high"]):
        of_limit = minimize_scalar(
            lambda a, h=limit: -log_likelihood(table, a, h), bounds=(1e-6, 1 - 1e-9), method="bounded"
        )
        assert 2 * (best + of_limit.fun) == pytest.approx(3.8415, abs=0.01)


@pytest.mark.parametrize("right", [[30, 30, 30], [20, 25, 30], [50, 50, 50]])
def test_no_forgetting_in_the_data_is_an_endless_half_life(right: list[int]) -> None:
    fit = fit_of(table_of([0.01, 1.0, 10.0], [50, 50, 50], right))
    assert fit["clear"]
    assert fit["half_life_days"] == fit["high"] == np.inf
    assert 0 < fit["low"] < np.inf
    assert fit["initial"] == pytest.approx(sum(right) / 150, abs=0.001)


def test_what_is_forgotten_at_once_has_a_half_life_of_none() -> None:
    fit = fit_of(table_of([0.0, 1.0, 10.0], [50, 50, 50], [40, 0, 0]))
    assert fit["clear"]
    assert fit["half_life_days"] == fit["low"] == 0
    assert 0 < fit["high"] < 1
    assert fit["initial"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (table_of([0.1, 5.0], [50, 50], [40, 20], learners=4), "fewer than 5 learners"),
        (table_of([0.1, 5.0], [15, 14], [10, 5]), "fewer than 30 answers"),
        (table_of([3.0, 4.0], [50, 50], [40, 20]), "no gap twice as long as another"),
        (table_of([0.0], [50], [40]), "no gap twice as long as another"),
        (table_of([0.1, 5.0], [50, 50], [0, 0]), "no right answer"),
    ],
)
def test_too_little_to_fit_is_said_and_nothing_is_claimed(table: Table, reason: str) -> None:
    fit = fit_of(table)
    assert fit["reason"] == reason
    assert not fit["clear"]
    assert np.isnan([fit[name] for name in ("half_life_days", "low", "high", "initial")]).all()
    assert fit["answers"] == table.answers.sum()
    assert fit["half_life_in_force"] == pytest.approx(13.513, abs=0.001)


def test_five_learners_and_thirty_answers_are_enough() -> None:
    assert fit_of(table_of([0.1, 5.0], [15, 15], [12, 6], learners=5))["clear"]


def test_the_same_counts_in_any_order_give_the_very_same_fit() -> None:
    table = pd.concat(
        [forgetting(3.0, 0.8, answers=30, seed=1), forgetting(9.0, 0.7, answers=30, seed=2).assign(concept="b")]
    )
    fitted = fit_half_life(table, decay_factor=0.95)
    again = fit_half_life(table.sample(frac=1, random_state=3), decay_factor=0.95)
    pd.testing.assert_frame_equal(fitted, again, check_exact=True)
    assert list(fitted.concept) == ["b", "c"]


@pytest.mark.parametrize(
    ("factor", "period", "days"), [(0.5, 1.0, 1.0), (0.5, 7.0, 7.0), (1.0, 1.0, np.inf), (0.95, 1.0, 13.513407)]
)
def test_the_half_life_in_force_is_that_of_the_decay_factor(factor: float, period: float, days: float) -> None:
    fitted = fit_half_life(forgetting(3.0, 0.8, answers=30), decay_factor=factor, period_days=period)
    assert fitted.half_life_in_force.tolist() == pytest.approx([days])
