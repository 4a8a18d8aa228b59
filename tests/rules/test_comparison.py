"""Two groups side by side: what differs, and how sure that is."""

from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mastery_core.comparison import COMPARISON, FEWEST, RESAMPLES, Difference, compare, overall, resampled_means, tail
from mastery_core.model import Cells

Floats = NDArray[np.float64]
MANY = 20_000


def cells(score: ArrayLike, *, learners: str = "a", concepts: list[str] | None = None, observations: int = 5) -> Cells:
    """Learners x concepts; where a score is NaN the concept was never practised."""
    shares = np.atleast_2d(np.asarray(score, dtype=np.float64))
    names = concepts or [f"Concept {number}" for number in range(shares.shape[1])]
    counts = np.where(np.isnan(shares), 0, observations)
    return Cells([f"{learners}{number}" for number in range(len(shares))], names, shares, counts)


def column(scores: ArrayLike, learners: str = "a") -> Cells:
    """One concept."""
    return cells(np.reshape(scores, (-1, 1)), learners=learners)


def one(first: ArrayLike, second: ArrayLike, **named: object) -> pd.Series:
    """The row of the one concept."""
    return compare(column(first), column(second), **named).iloc[0]  # type: ignore[arg-type]


def drawn(seed: int, learners: int, concepts: int = 1, mean: float = 0.6) -> Floats:
    return np.clip(np.random.default_rng(seed).normal(mean, 0.15, (learners, concepts)), 0, 1)


@pytest.mark.parametrize("learners", [(5, 5), (6, 40), (30, 25)])
@pytest.mark.parametrize("paired", [False, True])
def test_it_is_scipys_percentile_bootstrap_at_ends_widened_for_few_learners(
    learners: tuple[int, int], *, paired: bool
) -> None:  # fmt: skip
    first, second = drawn(1, learners[0])[:, 0], drawn(2, learners[0] if paired else learners[1])[:, 0]
    found = one(first, second, paired=paired, resamples=MANY)
    sample = (second - first,) if paired else (second, first)
    statistic = (lambda d, axis: d.mean(axis)) if paired else (lambda a, b, axis: a.mean(axis) - b.mean(axis))
    left_out = tail(0.95, [each.var() for each in sample], [each.size for each in sample])
    expected = stats.bootstrap(
        sample, statistic, n_resamples=MANY, confidence_level=1 - 2 * left_out, method="percentile", vectorized=True,
        rng=np.random.default_rng(3),
    )  # fmt: skip
    noise = 0.12 * expected.standard_error  # four times the error of so far an end of so many resamples
    assert found["low"] == pytest.approx(expected.confidence_interval.low, abs=noise)
    assert found["high"] == pytest.approx(expected.confidence_interval.high, abs=noise)


def test_every_resample_comes_as_often_as_it_should() -> None:
    """Of three values there are 27 resamples; those of one mean count together."""
    values = [0.0, 1.0, 3.0]
    draws = np.random.default_rng(7).integers(0, 2**32, (3, MANY), dtype=np.uint32)
    expected = Counter(round(sum(each) / 3, 9) for each in product(values, repeat=3))
    found = Counter(resampled_means(np.array(values), draws).round(9).tolist())
    assert found.keys() == expected.keys()
    assert all(found[mean] / MANY == pytest.approx(expected[mean] / 27, abs=0.012) for mean in expected)


def test_the_ends_move_outwards_for_few_pairs() -> None:
    """Hesterberg's formula: of 95% with 10 values 0.86% are left out on each side, with very many 2.5%."""
    assert tail(0.95, [0.04], [10]) == pytest.approx(0.0086, abs=5e-5)
    assert tail(0.95, [0.04], [1_000_000]) == pytest.approx(0.025, rel=1e-4)
    assert tail(0.95, [0.0], [10]) == pytest.approx(0.025)


@given(
    variances=st.tuples(st.floats(1e-6, 0.25), st.floats(1e-6, 0.25)),
    counts=st.tuples(st.integers(5, 500), st.integers(5, 500)),
    confidence=st.floats(0.5, 0.999),
)
def test_two_groups_differ_just_where_welchs_test_says_so(
    variances: tuple[float, float], counts: tuple[int, int], confidence: float
) -> None:
    """A difference as large as the ends lie away, were the resamples normal, has just that p value."""
    resampled = np.sqrt(sum(each / count for each, count in zip(variances, counts, strict=True)))
    half = -stats.norm.ppf(tail(confidence, variances, counts)) * resampled
    one, other = (np.sqrt(each * count / (count - 1)) for each, count in zip(variances, counts, strict=True))
    test = stats.ttest_ind_from_stats(half, one, counts[0], 0, other, counts[1], equal_var=False)
    assert test.pvalue == pytest.approx(1 - confidence, rel=1e-6)
    assert tail(confidence, variances, counts) < (1 - confidence) / 2


def test_a_difference_that_is_there_is_found() -> None:
    found = one(drawn(1, 40, mean=0.5), drawn(2, 40, mean=0.7))
    assert found["clear"]
    assert 0 < found["low"] < 0.2 < found["high"] < 0.4
    assert found["low"] < found["difference"] < found["high"]
    assert found["difference"] == pytest.approx(found["mean_second"] - found["mean_first"])
    turned = one(drawn(2, 40, mean=0.7), drawn(1, 40, mean=0.5))
    assert turned["difference"] == -found["difference"]
    assert turned["high"] < 0


def test_the_same_twice_is_no_difference() -> None:
    scores = drawn(1, 25)
    unpaired, paired = one(scores, scores), one(scores, scores, paired=True)
    assert unpaired["difference"] == paired["difference"] == paired["low"] == paired["high"] == 0
    assert unpaired["low"] < 0 < unpaired["high"]
    assert not unpaired["clear"]
    assert not paired["clear"]


def test_equal_scores_of_unequal_numbers_of_learners_do_not_differ_by_arithmetic() -> None:
    assert not one([0.6] * 5, [0.6] * 7)["clear"]
    assert one([0.6] * 5, [0.7] * 7)["clear"]


def test_pairs_of_what_goes_together_are_surer_than_two_groups() -> None:
    before = drawn(1, 30)
    now = before + np.random.default_rng(2).normal(0.04, 0.03, before.shape)
    paired, unpaired = one(before, now, paired=True), one(before, now)
    assert paired["difference"] == pytest.approx(unpaired["difference"])
    assert paired["high"] - paired["low"] < 0.5 * (unpaired["high"] - unpaired["low"])
    assert paired["clear"]
    assert not unpaired["clear"]


@pytest.mark.parametrize("learners", [(5, 5), (8, 20), (30, 30)])
@pytest.mark.parametrize("paired", [False, True])
def test_about_95_of_100_intervals_hold_the_truth(learners: tuple[int, int], *, paired: bool) -> None:
    """Skewed scores whose means are the same: each concept is an attempt of its own."""
    attempts, rng = 500, np.random.default_rng(4)
    first = rng.beta(5, 1.5, (learners[0], attempts))
    second = rng.beta(5, 1.5, (learners[0] if paired else learners[1], attempts))
    found = compare(cells(first), cells(second), paired=paired, resamples=1_000)
    held = ((found["low"] <= 0) & (found["high"] >= 0)).mean()
    assert 0.9 <= held <= 0.99
    assert found["clear"].mean() == pytest.approx(1 - held)


def test_learners_without_data_and_other_concepts_change_nothing() -> None:
    first, second = drawn(1, 12, 3), drawn(2, 9, 3)
    plain = compare(cells(first), cells(second))
    unknown = np.full((50, 3), np.nan)
    with_unknown = compare(cells(np.vstack([unknown[:20], first, unknown])), cells(np.vstack([second, unknown])))
    pd.testing.assert_frame_equal(with_unknown, plain)
    few = cells(np.vstack([first, drawn(3, 30, 3)]))
    few.observations[12:] = 2  # too few to count
    pd.testing.assert_frame_equal(compare(few, cells(second)), plain)
    alone = compare(cells(first[:, 1:2], concepts=["Concept 1"]), cells(second[:, 1:2], concepts=["Concept 1"]))
    pd.testing.assert_frame_equal(alone, plain[plain["concept"] == "Concept 1"].reset_index(drop=True))
    assert overall(cells(np.vstack([first, unknown])), cells(second)) == overall(cells(first), cells(second))


def test_what_is_not_compared_is_listed_and_flagged() -> None:
    first = cells(np.column_stack([drawn(1, 9), drawn(2, 9)]), concepts=["both", "here alone"])
    second = cells(np.column_stack([drawn(3, 9), drawn(4, 9)]), concepts=["there alone", "both"])
    first.observations[FEWEST - 1 :, 1] = 2
    found = compare(first, second)
    assert list(found["concept"]) == ["both", "here alone", "there alone"]
    assert list(found["compared"]) == [True, False, False]
    assert found["learners_first"].tolist() == [9, 4, 0]
    assert found["learners_second"].tolist() == [9, 0, 9]
    assert found.loc[1:, ["mean_first", "mean_second", "difference", "low", "high"]].isna().all(axis=None)
    assert not found.loc[1:, "clear"].any()


@pytest.mark.parametrize("learners", [FEWEST - 1, FEWEST])
def test_it_takes_five_learners_with_data_on_each_side(learners: int) -> None:
    for sides in ((learners, 20), (20, learners)):
        found = one(drawn(1, sides[0]), drawn(2, sides[1]))
        assert found["compared"] == (learners >= FEWEST)
        assert np.isnan(found["difference"]) == (learners < FEWEST)


def test_pairs_are_the_learners_with_data_both_times() -> None:
    before, now = drawn(1, 10), drawn(2, 10)
    before[:2], now[8:] = np.nan, np.nan
    found = one(before, now, paired=True)
    assert (found["learners_first"], found["learners_second"]) == (6, 6)
    assert found["difference"] == pytest.approx((now[2:8] - before[2:8]).mean())
    assert found["mean_first"] == pytest.approx(before[2:8].mean())
    nobody = compare(column(drawn(1, 10), "a"), column(drawn(2, 10), "b"), paired=True)
    assert nobody["learners_first"].tolist() == [0]
    moved = compare(column(drawn(1, 10)), Cells([f"a{n}" for n in range(9, -1, -1)], ["Concept 0"], drawn(1, 10)[::-1], np.full((10, 1), 5)), paired=True)  # fmt: skip
    assert moved["difference"].tolist() == [0.0]


def test_rows_begin_where_the_second_is_furthest_behind() -> None:
    found = compare(cells(drawn(1, 20, 8)), cells(drawn(2, 20, 8)))
    assert found["difference"].is_monotonic_increasing
    assert list(found.columns) == list(COMPARISON)


def test_a_seed_gives_the_same_intervals_and_another_others() -> None:
    first, second = cells(drawn(1, 20, 3)), cells(drawn(2, 20, 3))
    pd.testing.assert_frame_equal(compare(first, second), compare(first, second))
    assert not compare(first, second, seed=1)["low"].equals(compare(first, second)["low"])
    assert overall(first, second) == overall(first, second)


def test_overall_is_of_the_learners_means_over_the_concepts_both_have() -> None:
    first, second = drawn(1, 12, 4), drawn(2, 14, 4)
    first[0, :2] = np.nan
    found = overall(cells(first, concepts=["a", "b", "c", "mine"]), cells(second, concepts=["a", "b", "c", "yours"]))
    assert (found.learners_first, found.learners_second) == (12, 14)
    assert found.mean_first == pytest.approx(np.mean([first[0, 2], *first[1:, :3].mean(axis=1)]))
    assert found.mean_second == pytest.approx(second[:, :3].mean())
    assert found.low < found.difference < found.high


def test_overall_of_pairs_weighs_a_learners_same_concepts_both_times() -> None:
    before, now = np.full((6, 2), 0.5), np.full((6, 2), 0.7)
    before[:, 1], now[:, 1] = np.nan, 0.1  # begun since, which is no loss
    before[0, 1] = 0.1
    found = overall(cells(before), cells(now), paired=True)
    assert found.difference == pytest.approx(0.2)


def test_nothing_in_common_is_said_and_nothing_breaks() -> None:
    nobody = Cells([], [], np.empty((0, 0)), np.empty((0, 0), dtype=np.int64))
    assert compare(nobody, nobody).empty
    same = overall(cells(drawn(1, 9), concepts=["x"]), cells(drawn(1, 9)))
    assert repr(overall(nobody, cells(drawn(1, 9)))) == repr(same)  # NaN equals nothing, itself neither
    assert not overall(nobody, nobody).compared
    assert isinstance(overall(nobody, nobody), Difference)
    assert list(compare(nobody, cells(drawn(1, 9)))["compared"]) == [False]


@pytest.mark.parametrize("wrong", [{"confidence": 0}, {"confidence": 1}, {"resamples": 0}])
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="this"):
        one(drawn(1, 9), drawn(2, 9), **wrong)


def test_a_surer_interval_is_wider() -> None:
    widths = [one(drawn(1, 20), drawn(2, 20), confidence=c)[["low", "high"]].diff().iloc[-1] for c in (0.5, 0.9, 0.99)]
    assert widths == sorted(widths)
    assert RESAMPLES >= 2_000
