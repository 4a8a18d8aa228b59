"""Who fares how, who practises, and who is looked at first: each told from the numbers given, and from nothing else."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mastery_core.attention import (
    USUAL_LIMITS,
    Activity,
    Group,
    Limits,
    activities,
    by_attention,
    groups,
    needs_attention,
)

NOW = 1_790_000_000.0
DAY = 86_400.0
URGENCY = [Group.STRUGGLING, Group.SLIPPING, Group.ON_TRACK, Group.EXCELLING, Group.NOT_ENOUGH_DATA]


class Learner(NamedTuple):
    mean: float
    known: int
    declining: int
    last: float


def learner(mean: float, known: int, declining: int, idle: float | None) -> Learner:
    """No mean where nothing is known, and no last time where there was none."""
    last = np.nan if idle is None else NOW - idle * DAY
    return Learner(mean if known else np.nan, known, declining, last)


# The usual limits themselves come up often.
shares = st.one_of(st.sampled_from([0.0, 0.5, 0.8, 1.0]), st.floats(0, 1))
idle_days = st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 14.0]), st.floats(-1, 400))
classes = st.lists(st.builds(learner, shares, st.integers(0, 3), st.integers(0, 4), idle_days), max_size=25)
limits = st.builds(
    Limits,
    struggling_below=shares,
    slipping_from=st.integers(1, 5),
    excelling_from=shares,
    inactive_after=st.one_of(st.just(14.0), st.floats(0, 100)),
)


def fares(learners: list[Learner], chosen: Limits = USUAL_LIMITS) -> NDArray[np.object_]:
    return groups(
        [each.mean for each in learners],
        [each.known for each in learners],
        [each.declining for each in learners],
        chosen,
    )


def practises(learners: list[Learner], chosen: Limits = USUAL_LIMITS) -> NDArray[np.object_]:
    return activities([each.last for each in learners], NOW, chosen)


def order(learners: list[Learner], chosen: Limits = USUAL_LIMITS) -> list[int]:
    found: list[int] = by_attention(
        fares(learners, chosen),
        practises(learners, chosen),
        [each.mean for each in learners],
        [each.declining for each in learners],
    ).tolist()
    return found


def where(found: NDArray[np.object_], kind: Group | Activity) -> set[int]:
    return {place for place, each in enumerate(found.tolist()) if each is kind}


@pytest.mark.parametrize(
    ("mean", "known", "declining", "group"),
    [
        (np.nextafter(0.5, 0), 1, 0, Group.STRUGGLING),
        (0.5, 1, 0, Group.ON_TRACK),
        (0.5, 1, 1, Group.SLIPPING),
        (np.nextafter(0.8, 0), 1, 0, Group.ON_TRACK),
        (0.8, 1, 0, Group.EXCELLING),
        (0.8, 1, 1, Group.SLIPPING),
        (0.1, 1, 3, Group.STRUGGLING),
        (np.nan, 0, 0, Group.NOT_ENOUGH_DATA),
        (np.nan, 0, 3, Group.NOT_ENOUGH_DATA),
    ],
)
def test_a_mean_at_a_limit_is_on_its_upper_side_and_the_first_that_holds_counts(
    mean: float, known: int, declining: int, group: Group
) -> None:
    assert groups([mean], [known], [declining]).tolist() == [group]


@pytest.mark.parametrize(
    ("idle", "activity"),
    [
        (None, Activity.NOT_STARTED), (-0.5, Activity.ACTIVE), (0.0, Activity.ACTIVE), (14.0, Activity.ACTIVE),
        (14.0 + 1 / DAY, Activity.INACTIVE), (4_000.0, Activity.INACTIVE),
    ],
)  # fmt: skip
def test_who_practised_within_two_weeks_is_active(idle: float | None, activity: Activity) -> None:
    assert practises([learner(0.7, 1, 0, idle)]).tolist() == [activity]


@given(classes, limits)
def test_every_learner_is_in_one_group_and_one_activity(learners: list[Learner], chosen: Limits) -> None:
    group, activity = fares(learners, chosen), practises(learners, chosen)
    assert group.shape == activity.shape == (len(learners),)
    assert all(isinstance(each, Group) for each in group)
    assert all(isinstance(each, Activity) for each in activity)
    for kinds, found in ((Group, group), (Activity, activity)):
        counted = Counter(found.tolist())
        assert sum(counted[kind] for kind in kinds) == len(learners)
        assert set().union(*(where(found, kind) for kind in kinds)) == set(range(len(learners)))


@given(classes, limits)
def test_groups_are_what_is_said_of_them(learners: list[Learner], chosen: Limits) -> None:
    for each, group in zip(learners, fares(learners, chosen).tolist(), strict=True):
        assert (group is Group.NOT_ENOUGH_DATA) == (each.known == 0)
        if group is Group.NOT_ENOUGH_DATA:
            continue
        assert (group is Group.STRUGGLING) == (each.mean < chosen.struggling_below)
        if group is not Group.STRUGGLING:
            assert (group is Group.SLIPPING) == (each.declining >= chosen.slipping_from)
        if group in (Group.ON_TRACK, Group.EXCELLING):
            assert (group is Group.EXCELLING) == (each.mean >= chosen.excelling_from)


@given(classes, limits, shares)
def test_a_higher_bar_for_struggling_never_shrinks_the_struggling(
    learners: list[Learner], chosen: Limits, other: float
) -> None:
    lower, higher = sorted((chosen.struggling_below, other))
    few = where(fares(learners, replace(chosen, struggling_below=lower)), Group.STRUGGLING)
    assert few <= where(fares(learners, replace(chosen, struggling_below=higher)), Group.STRUGGLING)


@given(classes, limits, st.integers(1, 5))
def test_asking_for_more_declining_concepts_never_grows_the_slipping(
    learners: list[Learner], chosen: Limits, other: int
) -> None:
    fewer, more = sorted((chosen.slipping_from, other))
    few = where(fares(learners, replace(chosen, slipping_from=more)), Group.SLIPPING)
    assert few <= where(fares(learners, replace(chosen, slipping_from=fewer)), Group.SLIPPING)


@given(classes, limits, shares)
def test_a_higher_bar_for_excelling_never_grows_the_excelling(
    learners: list[Learner], chosen: Limits, other: float
) -> None:
    lower, higher = sorted((chosen.excelling_from, other))
    few = where(fares(learners, replace(chosen, excelling_from=higher)), Group.EXCELLING)
    assert few <= where(fares(learners, replace(chosen, excelling_from=lower)), Group.EXCELLING)


@given(classes, limits, st.floats(0, 100))
def test_more_patience_never_grows_the_inactive(learners: list[Learner], chosen: Limits, other: float) -> None:
    shorter, longer = sorted((chosen.inactive_after, other))
    few = where(practises(learners, replace(chosen, inactive_after=longer)), Activity.INACTIVE)
    assert few <= where(practises(learners, replace(chosen, inactive_after=shorter)), Activity.INACTIVE)


@given(classes, classes, limits)
def test_no_flag_outlives_its_cause(learners: list[Learner], earlier: list[Learner], chosen: Limits) -> None:
    """What a learner is flagged for follows from their numbers now: neither earlier ones nor other learners' count."""
    fares(earlier, chosen), practises(earlier, chosen)
    among_others = fares(learners, chosen).tolist(), practises(learners, chosen).tolist()
    alone = [(fares([each], chosen).item(), practises([each], chosen).item()) for each in learners]
    assert list(zip(*among_others, strict=True)) == alone
    recovered = [learner(1.0, max(each.known, 1), 0, 0.0) for each in learners]
    usual = replace(chosen, struggling_below=0.5)
    assert not needs_attention(fares(recovered, usual), practises(recovered, usual)).any()


@given(classes, st.floats(0, 400))
def test_absence_alone_makes_nobody_struggling_or_slipping(learners: list[Learner], longer: float) -> None:
    away = [each._replace(last=each.last - longer * DAY) for each in learners]
    assert fares(away).tolist() == fares(learners).tolist()


@given(classes, limits)
def test_who_needs_attention_fares_badly_or_has_stopped(learners: list[Learner], chosen: Limits) -> None:
    group, activity = fares(learners, chosen), practises(learners, chosen)
    needs = needs_attention(group, activity)
    assert needs.dtype == np.bool_
    assert set(np.flatnonzero(needs).tolist()) == (
        where(group, Group.STRUGGLING) | where(group, Group.SLIPPING) | where(activity, Activity.INACTIVE)
    )


@given(classes, limits)
def test_who_has_not_started_needs_no_attention_for_that(learners: list[Learner], chosen: Limits) -> None:
    unstarted = [learner(np.nan, 0, 0, None) for _ in learners]
    assert practises(unstarted, chosen).tolist() == [Activity.NOT_STARTED] * len(learners)
    assert not needs_attention(fares(unstarted, chosen), practises(unstarted, chosen)).any()
    group = fares(learners, chosen)
    for place in where(practises(learners, chosen), Activity.NOT_STARTED):
        flagged = needs_attention(group, practises(learners, chosen))[place]
        assert flagged == (group[place] in (Group.STRUGGLING, Group.SLIPPING))


@given(classes, limits)
def test_who_needs_attention_comes_first_and_nobody_is_lost(learners: list[Learner], chosen: Limits) -> None:
    found = order(learners, chosen)
    assert sorted(found) == list(range(len(learners)))
    needs = needs_attention(fares(learners, chosen), practises(learners, chosen))[found].tolist()
    assert needs == sorted(needs, reverse=True)


@given(classes, limits)
def test_learners_come_by_urgency_and_equals_stay_as_they_were(learners: list[Learner], chosen: Limits) -> None:
    group = fares(learners, chosen).tolist()
    needs = needs_attention(fares(learners, chosen), practises(learners, chosen)).tolist()

    def urgency(place: int) -> tuple[bool, int, int, float]:
        each = learners[place]
        slips = each.declining if group[place] is Group.SLIPPING else 0
        return not needs[place], URGENCY.index(group[place]), -slips, each.mean if each.known else np.inf

    assert order(learners, chosen) == sorted(range(len(learners)), key=urgency)


def test_of_the_slipping_the_most_declining_come_first_and_of_the_struggling_the_lowest() -> None:
    learners = [
        learner(0.90, 5, 0, 1), learner(0.60, 5, 1, 1), learner(0.70, 5, 3, 1), learner(0.40, 5, 0, 1),
        learner(0.30, 5, 0, 30), learner(0.95, 5, 0, 30), learner(0.00, 0, 0, None), learner(0.50, 5, 1, 1),
    ]  # fmt: skip
    assert order(learners) == [4, 3, 2, 7, 1, 5, 0, 6]


def test_a_class_without_learners_is_an_empty_answer() -> None:
    assert fares([]).tolist() == practises([]).tolist() == order([]) == []
    assert needs_attention(fares([]), practises([])).tolist() == []


def test_shape_is_kept() -> None:
    shape = (2, 3)
    assert groups(np.zeros(shape), np.ones(shape, dtype=int), np.zeros(shape, dtype=int)).shape == shape
    assert activities(np.full(shape, np.nan), NOW).shape == shape
