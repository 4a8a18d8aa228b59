import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mastery_core.curve import daily_mean, forgetting_curve, projection, trace

DAY = 86_400.0
START = 1_700_000_000.0

gaps = st.one_of(st.just(0.0), st.floats(1e-6, 10), st.floats(0, 30 * DAY))
outcomes = st.sampled_from([0.10, -0.05, -0.03, 0.02, 0.5, -0.5])
practices = st.lists(st.tuples(gaps, outcomes), max_size=12)
factors = st.sampled_from([0.95, 0.5, 1.0, 0.0])


def practised(drawn: list[tuple[float, float]], factor: float) -> tuple[list[float], list[float], list[float]]:
    """Times, scores and practice deltas of the steps that such practice makes."""
    times, scores, deltas, score, at = [], [], [], 0.5, START
    for gap, worth in drawn:
        decayed = score * factor ** (gap / DAY) if gap else score
        score = min(1.0, max(0.0, decayed + worth))
        at += gap
        times.append(at)
        scores.append(score)
        deltas.append(score - decayed)
    return times, scores, deltas


def score_at(moment: float, times: list[float], scores: list[float], factor: float) -> float:
    """One moment, the slow way."""
    latest = math.nan
    for at, score in zip(times, scores, strict=True):
        if at <= moment:
            latest = score if moment == at else score * factor ** ((moment - at) / DAY)
    return latest


@given(practices, factors, st.lists(st.floats(START - 10 * DAY, START + 100 * DAY), max_size=10))
def test_the_forgetting_curve_follows_the_latest_step(
    drawn: list[tuple[float, float]], factor: float, moments: list[float]
) -> None:
    times, scores, _ = practised(drawn, factor)
    moments += times
    found = forgetting_curve(np.array(moments), np.array(times), np.array(scores), factor)
    expected = [score_at(moment, times, scores, factor) for moment in moments]
    assert found.tolist() == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(practices, factors, st.integers(0, 12), st.floats(0, 20 * DAY), st.integers(2, 40))
@example([(0.0, 0.1), (0.0, -0.05), (0.0, 0.5)], 0.95, 1, 0.0, 2)
def test_a_trace_begins_and_ends_at_the_states_and_goes_through_every_step(
    drawn: list[tuple[float, float]], factor: float, earlier: int, beyond: float, grid_points: int
) -> None:
    times, scores, deltas = practised(drawn, factor)
    since = times[earlier - 1] if 0 < earlier <= len(times) else START - 1.0
    inside = slice(sum(at <= since for at in times), None)
    start = (times[inside.start - 1], scores[inside.start - 1]) if inside.start else None
    until = max([since + 1.0, *times]) + beyond
    at, score = trace(
        np.array(times[inside]), np.array(scores[inside]), np.array(deltas[inside]), factor,
        since=since, until=until, start=start, grid_points=grid_points,
    )  # fmt: skip
    if not times:
        assert at.size == score.size == 0
        return
    assert np.all(np.diff(at) >= 0)
    assert not np.isnan(score).any()
    first = since if start else times[0]
    assert at[0] == pytest.approx(first)
    assert score[0] == pytest.approx(
        score_at(since, times, scores, factor) if start else scores[0] - deltas[0], abs=1e-9
    )
    assert (at[-1], score[-1]) == (
        pytest.approx(until),
        pytest.approx(score_at(until, times, scores, factor), abs=1e-9),
    )
    points = list(zip(at.tolist(), score.tolist(), strict=True))
    place = 0
    for step_at, after, delta in zip(times[inside], scores[inside], deltas[inside], strict=True):
        place = points.index((step_at, after - delta), place)
        assert points[place + 1] == (step_at, after)
        place += 2


def test_without_any_step_there_is_no_curve() -> None:
    none = np.array([])
    assert np.isnan(forgetting_curve(np.array([START]), none, none, 0.95)).all()
    at, score = trace(none, none, none, 0.95, since=START, until=START + DAY)
    assert at.size == score.size == 0


def test_a_trace_of_what_was_before_alone_is_the_forgetting_curve() -> None:
    none = np.array([])
    at, score = trace(
        none, none, none, 0.5, since=START, until=START + 2 * DAY, start=(START - DAY, 0.8), grid_points=3
    )
    assert at.tolist() == [START, START + DAY, START + 2 * DAY]
    assert score.tolist() == pytest.approx([0.4, 0.2, 0.1])


def test_a_projection_goes_on_from_the_score() -> None:
    at, score = projection(0.8, 0.5, since=START, until=START + 2 * DAY, grid_points=3)
    assert at.tolist() == [START, START + DAY, START + 2 * DAY]
    assert score.tolist() == pytest.approx([0.8, 0.4, 0.2])
    assert projection(0.8, 0.5, since=START, until=START + DAY, period_days=2)[1][-1] == pytest.approx(0.8 * 0.5**0.5)


# Days close within microseconds of the moments that are asked about, and years apart.
instants = st.one_of(
    st.integers(0, 40).map(lambda day: START + day * DAY),
    st.tuples(st.integers(0, 4000), st.sampled_from([-1e-6, 1e-6])).map(
        lambda drawn: START + drawn[0] * DAY + drawn[1]
    ),
    st.floats(START, START + 4000 * DAY),
)
closings = st.lists(
    st.tuples(st.integers(0, 5), instants, st.floats(0, 1), st.integers(0, 5)),
    max_size=30,
    unique_by=lambda closing: closing[:2],
)


@example([(5, START, 0.9, 3), (5, START + 4000 * DAY + 1e-6, 0.1, 1)], [START + 4000 * DAY], [1.0] * 6, 200)
@given(
    closings,
    st.lists(instants, min_size=1, max_size=12),
    st.lists(factors, min_size=6, max_size=6),
    st.integers(0, 200),
)
def test_the_daily_mean_is_that_of_a_plain_loop(
    drawn: list[tuple[int, float, float, int]], moments: list[float], decay: list[float], more: int
) -> None:
    moments = sorted(moments)
    # Many concepts: their numbers must not cost the times their precision.
    decay = [0.95] * more + decay
    drawn = [(concept + more, *others) for concept, *others in drawn]
    columns = [np.array(column) for column in zip(*drawn, strict=True)] or [np.array([])] * 4
    found = daily_mean(
        np.array(moments),
        columns[0].astype(np.intp),
        columns[1],
        columns[2],
        columns[3],
        np.array(decay),
        period_days=2.0,
    )
    for moment, mean in zip(moments, found.tolist(), strict=True):
        counted = []
        for concept in {closing[0] for closing in drawn}:
            past = sorted(closing[1:] for closing in drawn if closing[0] == concept and closing[1] <= moment)
            if past and past[-1][2] >= 3:
                at, score, _ = past[-1]
                counted.append(score if at == moment else score * decay[concept] ** ((moment - at) / DAY / 2.0))
        expected = sum(counted) / len(counted) if counted else math.nan
        assert mean == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_a_daily_mean_without_closings_is_not_a_number() -> None:
    none = np.array([])
    assert np.isnan(daily_mean(np.array([START]), none.astype(np.intp), none, none, none, none)).all()
