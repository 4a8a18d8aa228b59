"""How fast learners learn: what practice gained, a day and an observation, on every engine, and between learners."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from mastery_core.comparison import FEWEST, tail
from mastery_core.research.engines import collect
from mastery_core.research.velocity import (
    DISTRIBUTION,
    VELOCITY,
    compare_velocity,
    distribution,
    effect_size,
    velocity,
)

Lazy = nw.LazyFrame[Any]
Lazily = Callable[[pd.DataFrame], Lazy]
Floats = NDArray[np.float64]
MANY = 20_000
GROUPED = [(), ("concept",), ("cohort",), ("week",), ("cohort", "concept", "week")]
# Hours of sleep gained with two drugs, ten patients each, the data of Student (1908) and of many textbooks since.
SLEEP = (
    np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]),
    np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]),
)
ROWS = {
    "learner": "Ann", "cohort": "cohort0", "concept": "Sums", "trigger": "quiz", "is_correct": True, "delta": 0.1, "seconds": 0.0,
}  # fmt: skip


def rows(*each: dict[str, object]) -> pd.DataFrame:
    """Events, of which only what is named differs from the usual one: right, on the first day of 1970."""
    return pd.DataFrame([ROWS | one for one in each])


def measured(events: Lazy, by: tuple[str, ...] = ()) -> pd.DataFrame:
    return collect(velocity(events, by), by=["learner", *by])


def plain(frame: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """The same from dates of the calendar, a group at a time."""
    practice = frame[frame["trigger"] != "reset"]
    date = [moment.date() for moment in practice["at"]]
    number = np.array([day.toordinal() for day in date]) - pd.Timestamp("1970-01-01").toordinal()
    monday = number - np.array([day.weekday() for day in date])
    practice = practice.assign(day=number, week=(monday + 3) // 7)
    found = []
    for key, group in practice.groupby(["learner", *by]):
        days = sorted(set(group["day"]))
        gained, length = sum(group["delta"]), days[-1] - days[0] + 1
        found.append(
            [*key, len(group), gained, days[0], days[-1], len(days), length, gained / length, gained / len(days), 10 * gained / len(group)]
        )  # fmt: skip
    return pd.DataFrame(found, columns=["learner", *by, *VELOCITY]).sort_values(["learner", *by], ignore_index=True)


@pytest.mark.parametrize("by", GROUPED)
def test_every_engine_tells_what_each_learner_gained_and_in_how_many_days(
    events: Lazy, frame: pd.DataFrame, by: tuple[str, ...]
) -> None:
    expected = plain(frame, by)
    assert len(expected) > 1
    pd.testing.assert_frame_equal(measured(events, by), expected, check_dtype=False, rtol=1e-9, atol=1e-12)


def test_what_is_gained_on_concepts_and_in_weeks_adds_up_to_the_whole(lazily: Lazily, made: pd.DataFrame) -> None:
    whole = measured(lazily(made)).set_index("learner")
    for by in GROUPED[1:]:
        parts = measured(lazily(made), by).groupby("learner")[["observations", "gained"]].sum()
        pd.testing.assert_frame_equal(parts, whole[["observations", "gained"]], check_dtype=False)
    by_week = measured(lazily(made), ("week",)).groupby("learner")
    assert (by_week["days_practised"].sum() == whole["days_practised"]).all()
    assert by_week["days"].max().max() <= 7


def test_resets_are_no_practice(lazily: Lazily, made: pd.DataFrame) -> None:
    resets = made.iloc[::50].assign(trigger="reset", delta=-0.4, seconds=lambda each: each["seconds"] + 200 * 86_400)
    with_resets = pd.concat([made, resets], ignore_index=True).sample(frac=1.0, random_state=1)
    for by in GROUPED:
        pd.testing.assert_frame_equal(measured(lazily(with_resets), by), measured(lazily(made), by))


def test_one_observation_is_a_day_of_practice(lazily: Lazily) -> None:
    [found] = measured(lazily(rows({"delta": -0.05, "seconds": 86_400.0 * 20_000 + 86_399.999}))).to_dict("records")
    assert found == pytest.approx(
        {
            "learner": "Ann", "observations": 1, "gained": -0.05, "first_day": 20_000, "last_day": 20_000, "days_practised": 1,
            "days": 1, "per_day": -0.05, "per_day_practised": -0.05, "per_10": -0.5,
        }
    )  # fmt: skip


def test_days_and_weeks_end_at_midnight_of_utc_and_on_sunday(lazily: Lazily) -> None:
    """Sunday 4 January 1970 is of the first week, Monday of the second."""
    sunday, monday = 3 * 86_400.0, 4 * 86_400.0
    events = lazily(rows({"seconds": sunday}, {"seconds": monday - 1e-6}, {"seconds": monday}))
    assert measured(events)[["observations", "days_practised", "days"]].to_numpy().tolist() == [[3, 2, 2]]
    by_week = measured(events, ("week",))
    assert by_week[["week", "observations", "first_day"]].to_numpy().tolist() == [[0, 2, 3], [1, 1, 4]]


@pytest.mark.parametrize("by", GROUPED)
def test_of_no_practice_there_is_nothing_to_tell(lazily: Lazily, by: tuple[str, ...]) -> None:
    found = measured(lazily(rows({"trigger": "reset"})), by)
    assert list(found.columns) == ["learner", *by, *VELOCITY]
    assert found.empty
    lay = distribution(found, by)
    assert list(lay.columns) == [*by, *DISTRIBUTION]
    assert len(lay) == (0 if by else 1)
    assert lay["withheld"].all()


@pytest.mark.parametrize("by", [("session",), "concept"])
def test_there_are_no_other_groups(made: pd.DataFrame, by: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="concept, cohort, week"):
        velocity(nw.from_native(made).lazy(), by)


@pytest.mark.parametrize("by", GROUPED)
@pytest.mark.parametrize("column", ["per_10", "per_day"])
def test_a_distribution_is_that_of_the_learners_of_a_group(
    made: pd.DataFrame, by: tuple[str, ...], column: str
) -> None:
    velocities = measured(nw.from_native(made).lazy(), by)
    found = distribution(velocities, by, column=column)
    keys = velocities[list(by)].apply(tuple, axis=1) if by else pd.Series([()] * len(velocities))
    assert len(found) == keys.nunique()
    for _, row in found.iterrows():
        group = velocities[(keys == tuple(row[list(by)])).to_numpy()]
        values = np.sort(group[column].to_numpy())
        assert row["withheld"] == (len(values) < FEWEST)
        if row["withheld"]:
            assert row[[name for name in DISTRIBUTION if name != "withheld"]].isna().all()
            continue
        assert (row["learners"], row["events"]) == (len(values), group["observations"].sum())
        assert row["mean"] == pytest.approx(sum(values) / len(values))
        assert row["standard_deviation"] == pytest.approx(
            (sum((values - values.mean()) ** 2) / (len(values) - 1)) ** 0.5
        )
        assert row[["p10", "p25", "p50", "p75", "p90"]].tolist() == pytest.approx(
            np.percentile(values, [10, 25, 50, 75, 90])
        )


@pytest.mark.parametrize("learners", [1, FEWEST - 1, FEWEST])
def test_of_fewer_than_five_learners_not_even_their_number_is_told(learners: int) -> None:
    of_few = pd.DataFrame({"learner": [f"few{n}" for n in range(learners)], "cohort": "few"})
    of_many = pd.DataFrame({"learner": [f"many{n}" for n in range(20)], "cohort": "many"})
    velocities = pd.concat([of_few, of_many]).assign(observations=3, per_10=0.2)
    few, many = distribution(velocities, ("cohort",)).to_dict("records")
    assert many["learners"] == 20
    assert few["withheld"] == (learners < FEWEST)
    assert np.isnan(few["learners"]) == np.isnan(few["events"]) == np.isnan(few["p50"]) == (learners < FEWEST)
    assert not distribution(velocities, ("cohort",), fewest=1)["withheld"].any()


def test_a_learner_counts_once_in_a_group(made: pd.DataFrame) -> None:
    by_concept = measured(nw.from_native(made).lazy(), ("concept",))
    with pytest.raises(ValueError, match="once"):
        distribution(by_concept)
    with pytest.raises(ValueError, match="once"):
        compare_velocity(by_concept, by_concept)


def scipys(first: Floats, second: Floats, confidence: float) -> Any:
    return stats.bootstrap(
        (second, first), lambda a, b, axis: a.mean(axis) - b.mean(axis), n_resamples=MANY, confidence_level=confidence,
        method="percentile", vectorized=True, rng=np.random.default_rng(3),
    )  # fmt: skip


def test_the_interval_of_a_difference_is_scipys_percentile_bootstrap_at_widened_ends() -> None:
    """An end of 20 000 resamples is sure to about 3% of a standard error: four times that is allowed."""
    found = compare_velocity(*SLEEP, resamples=MANY)
    left_out = tail(0.95, [each.var() for each in SLEEP], [each.size for each in SLEEP])
    expected = scipys(*SLEEP, 1 - 2 * left_out)
    noise = 0.12 * expected.standard_error
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=noise)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=noise)
    welch = stats.ttest_ind(SLEEP[1], SLEEP[0], equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high), abs=0.15)
    assert not found.clear


def test_of_many_learners_the_interval_is_the_plain_percentile_one() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.exponential(0.3, 400), rng.exponential(0.4, 300)
    found, expected = compare_velocity(first, second, resamples=MANY), scipys(first, second, 0.95)
    noise = 0.12 * expected.standard_error
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=noise)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=noise)


def test_the_effect_size_is_that_worked_out_by_hand() -> None:
    """Means 0.75 and 2.33, sums of squares about them 28.805 and 36.081: d = 1.58 / √(64.886 / 18), and g about d (1 - 3/71)."""
    found = compare_velocity(*SLEEP)
    assert (found.mean_first, found.mean_second, found.difference) == pytest.approx((0.75, 2.33, 1.58))
    assert found.cohens_d == pytest.approx(1.58 / (64.886 / 18) ** 0.5)
    assert found.cohens_d == pytest.approx(0.832181, abs=5e-7)
    assert found.hedges_g == pytest.approx(found.cohens_d * (1 - 3 / 71), rel=2e-4)
    assert found.cohens_d == pytest.approx(stats.ttest_ind(SLEEP[1], SLEEP[0]).statistic * (1 / 10 + 1 / 10) ** 0.5)


def test_the_effect_size_of_small_groups_is_right_on_average_once_corrected() -> None:
    """Five on each side, half a standard deviation apart: d comes out too large, g does not."""
    rng = np.random.default_rng(8)
    drawn = [effect_size(rng.normal(0.0, 1.0, 5), rng.normal(0.5, 1.0, 5)) for _ in range(MANY)]
    d, g = np.mean(drawn, axis=0)
    assert g == pytest.approx(0.5, abs=0.02)
    assert d == pytest.approx(0.5 / 0.9027, abs=0.02)  # J(8) of Hedges' table is 0.9027


velocities = st.lists(st.floats(-1, 1).map(lambda each: round(each, 4)), min_size=5, max_size=12).map(np.array)


@given(velocities, velocities, st.floats(0.1, 10), st.floats(-1, 1))
def test_the_effect_size_knows_no_unit_and_turns_with_the_groups(
    first: Floats, second: Floats, factor: float, more: float
) -> None:  # fmt: skip
    d, g = effect_size(first, second)
    assert effect_size(second, first) == pytest.approx((-d, -g), nan_ok=True)
    assert effect_size(first * factor + more, second * factor + more) == pytest.approx(
        (d, g), rel=1e-6, abs=1e-6, nan_ok=True
    )
    assert np.isnan(d) or abs(g) <= abs(d)


@pytest.mark.parametrize("sizes", [(FEWEST - 1, 20), (20, FEWEST - 1), (0, 0), (1, 5)])
def test_fewer_than_five_learners_on_a_side_are_not_compared(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    found = compare_velocity(rng.normal(size=sizes[0]), np.append(rng.normal(size=sizes[1]), np.nan))
    assert not found.compared
    assert (found.learners_first, found.learners_second) == sizes
    told = asdict(found)
    assert all(np.isnan(told[name]) for name in ("mean_first", "difference", "low", "high", "cohens_d", "hedges_g"))


def test_learners_of_one_velocity_have_no_effect_size() -> None:
    found = compare_velocity(np.full(6, 0.2), np.full(7, 0.3))
    assert found.difference == pytest.approx(0.1)
    assert np.isnan(found.cohens_d)
    assert np.isnan(found.hedges_g)
    with pytest.raises(ValueError, match="two learners"):
        effect_size(np.array([0.1]), np.array([0.1, 0.2]))


def test_two_cohorts_are_compared_by_their_learners(lazily: Lazily, made: pd.DataFrame) -> None:
    by_cohort = measured(lazily(made), ("cohort",))
    one, other = (by_cohort[by_cohort["cohort"] == name] for name in ("cohort0", "cohort1"))
    found = compare_velocity(one, other, column="per_day")
    assert (found.learners_first, found.learners_second) == (len(one), len(other))
    assert found.difference == pytest.approx(other["per_day"].mean() - one["per_day"].mean())
    assert found.low < found.difference < found.high
    assert found == compare_velocity(one["per_day"].to_numpy(), other["per_day"].to_numpy())
    assert np.sign(found.cohens_d) == np.sign(found.difference)
