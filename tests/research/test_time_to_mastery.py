"""How long mastery takes: by plain pandas, by a product over durations written out, and by a trial of the textbooks."""

from collections.abc import Callable, Iterable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mastery_core.comparison import FEWEST
from mastery_core.research.engines import collect
from mastery_core.research.time_to_mastery import (
    CURVE,
    GROUPS,
    TimeToMastery,
    counted,
    durations,
    followed,
    kaplan_meier,
    people,
    shown,
)

Lazy = nw.LazyFrame[Any]
Lazily = Callable[[pd.DataFrame], Lazy]
PAIR = ["learner", "concept"]
GROUPINGS: list[tuple[str, ...]] = [(), ("concept",), ("cohort", "concept")]

# Freireich et al., Blood 21 (1963): weeks in remission on 6-MP and on placebo, of 21 children each.
RELAPSED, STILL_WELL = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def plainly(frame: pd.DataFrame, mastered: float = 0.8) -> pd.DataFrame:
    """A row a pair: in the order in which it happened, the first row that is there, else the last one."""
    observed = frame[frame.trigger != "reset"].sort_values("opportunity")
    there = observed[observed.after >= mastered].drop_duplicates(PAIR).assign(reached=True)
    last = observed.drop_duplicates(PAIR, keep="last").assign(reached=False)
    ends = pd.concat([there, last]).drop_duplicates(PAIR).sort_values(PAIR, ignore_index=True)
    begins = ends[PAIR].merge(observed.drop_duplicates(PAIR), on=PAIR).seconds
    ends = ends.assign(opportunities=ends.opportunity, days=(ends.seconds - begins) / 86_400)
    return ends[["learner", "cohort", "concept", "reached", "opportunities", "days"]]


def practice(*pairs: tuple[str, list[tuple[float, float]]], trigger: str = "quiz") -> pd.DataFrame:
    """The events of pairs: who, and of each observation the day and the score that it left."""
    rows = [
        {
            "learner": learner, "cohort": "a", "concept": "Mean", "trigger": trigger, "opportunity": number, "after": after,
            "seconds": 1.75e9 + day * 86_400,
        }
        for learner, observations in pairs
        for number, (day, after) in enumerate(observations, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def counts(reached: Iterable[int], censored: Iterable[int] = ()) -> pd.DataFrame:
    """As ``counted`` has it: how many took how long."""
    table = pd.DataFrame({"reached": pd.Series(reached).value_counts(), "censored": pd.Series(censored).value_counts()})
    return table.fillna(0).astype("int64").rename_axis("duration").sort_index().reset_index().astype("int64")


def of(learners: int) -> pd.DataFrame:
    return pd.DataFrame({"learners": [learners]})


def fitted(reached: Iterable[int], censored: Iterable[int] = (), learners: int = 20) -> TimeToMastery:
    return kaplan_meier(counts(reached, censored), of(learners))


def at(curve: pd.DataFrame, duration: int) -> pd.Series:
    return curve[curve.duration <= duration].iloc[-1]


# Pairs


def test_every_pair_took_as_long_as_plain_pandas_says(events: Lazy, frame: pd.DataFrame) -> None:
    found, expected = collect(durations(events), by=PAIR), plainly(frame)
    assert 0 < expected.reached.sum() < len(expected)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)
    assert str(found.reached.dtype) == "bool"
    assert str(found.opportunities.dtype) == "int64"


def test_the_threshold_is_the_callers(events: Lazy, frame: pd.DataFrame) -> None:
    found, expected = collect(durations(events, 0.6), by=PAIR), plainly(frame, 0.6)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)


def test_mastery_counts_from_the_first_time_on_whatever_follows(lazily: Lazily) -> None:
    found = collect(durations(lazily(practice(("ann", [(0, 0.7), (1.5, 0.8), (2, 0.75), (9, 0.9)])))))
    assert found.iloc[0][["reached", "opportunities", "days"]].tolist() == [True, 2, 1.5]


def test_who_is_not_there_is_censored_at_the_last_observation(lazily: Lazily) -> None:
    found = collect(durations(lazily(practice(("ann", [(0, 0.6), (3, 0.7), (3.25, 0.65)])))))
    assert found.iloc[0][["reached", "opportunities", "days"]].tolist() == [False, 3, 3.25]


def test_one_observation_takes_no_days(lazily: Lazily) -> None:
    found = collect(durations(lazily(practice(("ann", [(0, 0.9)]), ("bob", [(4, 0.6)])))), by=["learner"])
    assert found.reached.tolist() == [True, False]
    assert found.opportunities.tolist() == [1, 1]
    assert found.days.tolist() == [0, 0]


def test_a_reset_is_no_observation(lazily: Lazily) -> None:
    observed, reset = practice(("ann", [(2, 0.6), (3, 0.7)])), practice(("ann", [(0, 0.9), (8, 0.9)]), trigger="reset")
    found = collect(durations(lazily(pd.concat([observed, reset], ignore_index=True))))
    assert found.iloc[0][["reached", "opportunities", "days"]].tolist() == [False, 2, 1]


# Counts


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("unit", ["opportunities", "days"])
def test_pairs_of_equal_duration_are_counted(events: Lazy, frame: pd.DataFrame, unit: str, by: tuple[str, ...]) -> None:
    pairs = plainly(frame)
    pairs["duration"] = np.ceil(pairs[unit]).astype("int64")
    expected = pairs.groupby([*by, "duration"]).reached.agg(reached="sum", size="size").reset_index()
    expected["censored"] = expected["size"] - expected.reached
    found = collect(counted(durations(events), unit, by), by=[*by, "duration"])
    assert found.columns.tolist() == [*by, "duration", "reached", "censored"]
    assert found[["duration", "reached", "censored"]].dtypes.astype(str).tolist() == ["int64"] * 3
    pd.testing.assert_frame_equal(found, expected[found.columns], check_dtype=False)


@pytest.mark.parametrize("by", GROUPINGS)
def test_learners_are_counted_once_a_group(events: Lazy, frame: pd.DataFrame, by: tuple[str, ...]) -> None:
    found = collect(people(events, by), by=by)
    once = frame[frame.trigger != "reset"].drop_duplicates([*by, "learner"])
    expected = once.value_counts(list(by)).sort_index().tolist() if by else [len(once)]
    assert found.learners.tolist() == expected
    assert str(found.learners.dtype) == "int64"


@pytest.mark.parametrize("by", GROUPINGS[:2])
def test_learners_are_followed_as_long_as_their_longest_pair(
    events: Lazy, frame: pd.DataFrame, by: tuple[str, ...]
) -> None:
    keys = [*by, "duration"]
    found = collect(followed(durations(events), by=by), by=keys)
    longest = plainly(frame).rename(columns={"opportunities": "duration"}).groupby([*by, "learner"]).duration.max()
    expected = longest.reset_index().groupby(keys).learner.size().rename("learners").reset_index()
    pd.testing.assert_frame_equal(found[[*keys, "learners"]], expected, check_dtype=False)


def test_a_part_of_a_day_counts_as_a_day(lazily: Lazily) -> None:
    each = [("ann", 0.0), ("bob", 0.01), ("cid", 1.0), ("dan", 1.01), ("eve", 2.0)]
    pairs = durations(lazily(practice(*((name, [(0, 0.5), (days, 0.9)]) for name, days in each))))
    found = collect(counted(pairs, "days"), by=["duration"])
    assert found.to_dict("list") == {"duration": [0, 1, 2], "reached": [1, 2, 2], "censored": [0, 0, 0]}


def test_another_unit_is_refused(lazily: Lazily) -> None:
    with pytest.raises(ValueError, match="opportunities or days; this is weeks"):
        counted(durations(lazily(practice(("ann", [(0, 0.9)])))), "weeks")


@pytest.mark.parametrize("by", GROUPINGS)
def test_without_events_there_is_nothing_to_tell(lazily: Lazily, by: tuple[str, ...]) -> None:
    nobody = lazily(practice(("ann", [(0, 0.9)]))).filter(nw.col("learner") == "nobody")
    pairs = durations(nobody)
    told = kaplan_meier(collect(counted(pairs, "days", by), by=by), collect(people(nobody, by), by=by), by)
    assert told.curve.empty
    assert told.groups.withheld.tolist() == ([] if by else [True])
    assert told.groups.columns.tolist() == [*by, *GROUPS]


# Curves


def test_the_curve_of_6_mp_is_the_textbooks() -> None:
    """Survival and log-log intervals as in Kleinbaum and Klein, "Survival Analysis", and as Stata's ``sts list`` prints them."""
    told = fitted(RELAPSED, STILL_WELL)
    expected = {
        6: (21, 3, 1, 0.8571, 0.6197, 0.9516), 7: (17, 1, 0, 0.8067, 0.5631, 0.9228), 10: (15, 1, 1, 0.7529, 0.5032, 0.8894),
        13: (12, 1, 0, 0.6902, 0.4316, 0.8491), 16: (11, 1, 0, 0.6275, 0.3675, 0.8049), 22: (7, 1, 0, 0.5378, 0.2678, 0.7468),
        23: (6, 1, 0, 0.4482, 0.1881, 0.6801),
    }  # fmt: skip
    for week, row in expected.items():
        assert at(told.curve, week)[[*CURVE]].tolist() == pytest.approx([week, *row], abs=5e-5)
    [group] = told.groups.to_dict("records")
    assert (group["pairs"], group["reached"], group["median"]) == (21, 9, 23)
    assert group["share_reached"] == pytest.approx(1 - 0.4482, abs=5e-5)


def test_without_censoring_what_remains_is_the_share_that_took_longer() -> None:
    told = fitted(PLACEBO)
    for week in range(24):
        assert at(told.curve, week).remaining == pytest.approx(np.mean(np.array(PLACEBO) > week))
    assert told.groups["median"].tolist() == [8]
    assert told.groups.share_reached.tolist() == [1]


@settings(max_examples=50, deadline=None)
@given(
    reached=st.lists(st.integers(0, 12), max_size=30),
    censored=st.lists(st.integers(0, 12), max_size=30),
    many=st.sampled_from([1, 7, 100_000_000]),
)
def test_the_curve_is_the_product_over_durations(reached: list[int], censored: list[int], many: int) -> None:
    """Written out; and for each pair ``many`` of them."""
    assume(reached + censored)
    table = counts(reached, censored)
    told = kaplan_meier(table.assign(reached=table.reached * many, censored=table.censored * many), of(20))
    remaining = 1.0
    for row in told.curve.itertuples():
        at_risk = sum(each >= row.duration for each in reached + censored)
        remaining *= 1 - reached.count(row.duration) / at_risk
        assert (row.at_risk, row.reached) == (at_risk * many, reached.count(row.duration) * many)
        assert row.censored == censored.count(row.duration) * many
        assert row.remaining == pytest.approx(remaining, abs=1e-9)
        assert row.low <= row.remaining + 1e-9
        assert row.high >= row.remaining - 1e-9
    assert told.curve.duration.tolist() == sorted({0, *reached, *censored})
    assert told.groups.pairs.tolist() == [len(reached + censored) * many]
    assert told.groups.share_reached.tolist() == pytest.approx([1 - remaining], abs=1e-9)


def test_the_interval_is_scipys_exponential_greenwood() -> None:
    chance = np.random.default_rng(5)
    reached, censored = [1, *chance.integers(1, 30, 80)], [*chance.integers(1, 60, 70), 99]
    curve = fitted(reached, censored).curve.iloc[1:]
    expected = stats.ecdf(stats.CensoredData(uncensored=reached, right=censored)).sf
    interval = expected.confidence_interval(0.95, method="log-log")
    np.testing.assert_array_equal(curve.duration, expected.quantiles)
    np.testing.assert_allclose(curve.remaining, expected.probabilities, atol=1e-9)
    np.testing.assert_allclose(curve.low, interval.low.probabilities, atol=1e-9)
    np.testing.assert_allclose(curve.high, interval.high.probabilities, atol=1e-9)


def test_more_pairs_alike_make_the_interval_narrower() -> None:
    table = counts(RELAPSED, STILL_WELL)
    few, many = (at(kaplan_meier(table * [1, times, times], of(20)).curve, 23) for times in (1, 100))
    assert many.remaining == pytest.approx(few.remaining)
    assert many.high - many.low == pytest.approx((few.high - few.low) / 10, rel=0.1)


def test_all_who_get_there_at_once_leave_nobody() -> None:
    told = fitted([3] * 12)
    assert told.curve.drop(columns="duration").to_numpy().tolist() == [[12, 0, 0, 1, 1, 1], [12, 12, 0, 0, 0, 0]]
    assert told.groups.iloc[0][["reached", "median", "share_reached"]].tolist() == [12, 3, 1]


def test_where_nobody_gets_there_everybody_remains() -> None:
    told = fitted([], [2, 2, 5, 9])
    assert told.curve[["remaining", "low", "high"]].to_numpy().tolist() == [[1, 1, 1]] * 4
    assert told.groups[["reached", "share_reached"]].to_numpy().tolist() == [[0, 0]]
    assert told.groups["median"].isna().all()


def test_who_is_there_at_the_first_observation_took_no_days() -> None:
    told = fitted([0, 0, 0, 4], [0])
    assert told.curve.duration.tolist() == [0, 4]
    assert told.curve.at_risk.tolist() == [5, 1]
    assert told.curve.remaining.tolist() == pytest.approx([0.4, 0])
    assert told.groups["median"].tolist() == [0]


@pytest.mark.parametrize("share", range(1, 40))
def test_the_median_is_there_as_soon_as_half_are(share: int) -> None:
    """Exactly half, come to by many steps: no trace of arithmetic puts it off."""
    assert fitted(range(1, 2 * share + 1)).groups["median"].tolist() == [share]


def test_a_single_pair_of_each_learner_is_enough() -> None:
    told = kaplan_meier(counts([4]), of(FEWEST))
    assert told.curve.remaining.tolist() == [1, 0]
    assert told.groups[["pairs", "reached", "median"]].to_numpy().tolist() == [[1, 1, 4]]


def test_groups_have_curves_of_their_own() -> None:
    table = pd.concat([counts(PLACEBO).assign(concept="Mean"), counts(RELAPSED, STILL_WELL).assign(concept="Mode")])
    learners = pd.DataFrame({"concept": ["Mean", "Mode"], "learners": [20, 20]})
    told = kaplan_meier(table, learners, ["concept"])
    for concept, alone in (("Mean", fitted(PLACEBO)), ("Mode", fitted(RELAPSED, STILL_WELL))):
        curve = told.curve[told.curve.concept == concept].drop(columns="concept").reset_index(drop=True)
        group = told.groups[told.groups.concept == concept].drop(columns="concept").reset_index(drop=True)
        pd.testing.assert_frame_equal(curve, alone.curve)
        pd.testing.assert_frame_equal(group, alone.groups)


def test_a_group_of_fewer_than_five_learners_is_withheld() -> None:
    table = pd.concat([counts(PLACEBO).assign(concept=concept) for concept in ("Mean", "Mode")])
    learners = pd.DataFrame({"concept": ["Mean", "Mode"], "learners": [FEWEST, FEWEST - 1]})
    told = kaplan_meier(table, learners, ["concept"])
    assert told.groups.withheld.tolist() == [False, True]
    assert told.groups.iloc[1].drop(["concept", "withheld"]).isna().all()
    assert set(told.curve.concept) == {"Mean"}


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("unit", ["opportunities", "days"])
def test_events_come_to_the_curves_of_their_pairs(
    events: Lazy, frame: pd.DataFrame, unit: str, by: tuple[str, ...]
) -> None:
    """From one end to the other, by what scipy makes of every pair for itself."""
    pairs = durations(events)
    told = kaplan_meier(collect(counted(pairs, unit, by), by=by), collect(people(events, by), by=by), by)
    plain = plainly(frame)
    everyone = plain.groupby(list(by)) if by else [((), plain)]
    for (key, group), row in zip(everyone, told.groups.itertuples(index=False), strict=True):
        assert row.withheld == (group.learner.nunique() < FEWEST)
        if row.withheld:
            continue
        curve = told.curve[(told.curve[list(by)] == list(key)).all(axis=1)] if by else told.curve
        length = np.ceil(group[unit])
        expected = stats.ecdf(stats.CensoredData(uncensored=length[group.reached], right=length[~group.reached])).sf
        np.testing.assert_allclose(curve.remaining, expected.evaluate(curve.duration), atol=1e-9)
        assert (row.learners, row.pairs, row.reached) == (group.learner.nunique(), len(group), group.reached.sum())


def test_a_curve_ends_where_fewer_than_five_learners_are_followed(lazily: Lazily) -> None:
    """Six learners, each of whom was seen once more than the one before, on a concept; the last four on another too."""
    seen = [(f"learner{number}", [(day, 0.6) for day in range(number)]) for number in range(1, 7)]
    first, second = practice(*seen), practice(*seen[2:]).assign(concept="Median")
    pairs = durations(lazily(pd.concat([first, second], ignore_index=True)))
    for by, ends in (((), 2), (("concept",), 2)):
        table, longest = (collect(each(pairs, by=by), by=[*by, "duration"]) for each in (counted, followed))
        people_of = pd.DataFrame({"concept": ["Mean", "Median"], "learners": [6, 5]}) if by else of(6)
        curve = kaplan_meier(table, people_of, by).curve
        told = shown(curve, longest, by)
        assert curve["duration"].max() == 6
        assert told["duration"].max() == ends
        assert told.equals(curve.merge(told[[*by, "duration"]])), "what is told is as it was"
        assert not by or set(told["concept"]) == {"Mean"}
