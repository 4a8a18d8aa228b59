"""Where SQL needs a rule that Python has, the two are one rule."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mastery_core import decay, model, standing, trend
from mastery_core.concept import check_concept
from mastery_core.database import Database
from mastery_core.errors import InvalidInput

START = datetime(2024, 1, 1, tzinfo=UTC)
WORTH = {"correct": 0.10, "incorrect": -0.05, "confusion_detected": -0.03, "passive_read": 0.02}
Query = Callable[..., list[dict[str, Any]]]

shares = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 0.95]), st.floats(0, 1))
# The database's times are whole microseconds.
days = st.one_of(
    st.sampled_from([0.0, 1.0, 1e6, 1e300]),
    st.floats(-1e4, 1e6).map(lambda days: round(days * 86_400e6) / 86_400e6),
    st.integers(-(10**12), 10**15).map(lambda microseconds: microseconds / 86_400e6),
)
periods = st.one_of(st.sampled_from([1.0, 14.0]), st.floats(1e-3, 1e6))


@settings(max_examples=150)
@given(cases=st.lists(st.tuples(shares, shares, days, periods), min_size=1, max_size=20))
@example(
    cases=[(1.0, 0.95, 36_500.0, 1.0), (1e-300, 0.5, 800.0, 1.0), (5e-324, 0.5, 1.0, 1.0), (1.0, 5e-324, 1e-3, 1.0)]
)
@example(cases=[(0.7, 0.0, 0.0, 1.0), (0.7, 0.0, 1e-9, 1.0), (0.7, 0.0, -1.0, 1.0), (0.7, 1.0, 1e300, 1e-3)])
def test_decay_in_sql_equals_decay_in_python(
    cases: list[tuple[float, float, float, float]], owner: psycopg.Connection[dict[str, Any]]
) -> None:
    columns = [list(column) for column in zip(*cases, strict=True)]
    rows = owner.execute(
        """
        select (private.fold(score, factor, period, array[elapsed], array[0]))[1] as left_over
        from unnest(%s::float[], %s::float[], %s::float[], %s::float[])
          with ordinality as c (score, factor, elapsed, period, n)
        order by n
        """,
        columns,
    ).fetchall()
    for (score, factor, elapsed, period), row in zip(cases, rows, strict=True):
        expected = decay.retained(score, factor, elapsed, period_days=period)
        assert row["left_over"] == pytest.approx(float(expected), abs=1e-12), (score, factor, elapsed, period)


happenings = st.lists(
    st.tuples(
        st.integers(0, 10**13), st.sampled_from(sorted(WORTH)), st.none() | st.floats(-1, 1), st.sampled_from("ab")
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda happening: happening[0],
)


@settings(max_examples=50)
@given(drawn=happenings)
def test_stored_scores_are_those_of_a_plain_fold(
    drawn: list[tuple[int, str, float | None, str]], service: Database, person: Callable[[], str],
    tables_of: Callable[[str], dict[str, list[dict[str, Any]]]],
) -> None:  # fmt: skip
    learner = person()
    expected: dict[UUID, tuple[float, float]] = {}
    score: dict[str, float] = {}
    last: dict[str, datetime] = {}
    for microseconds, outcome, custom_delta, concept in sorted(drawn):
        interaction, at = uuid4(), START + timedelta(microseconds=microseconds)
        service.call(
            "record_outcome", learner=learner, concept=concept, outcome=outcome, at=at, custom_delta=custom_delta,
            interaction=str(interaction),
        )  # fmt: skip
        idle = (at - last.get(concept, at)) / timedelta(days=1)
        decayed = score.get(concept, 0.5) * 0.95**idle
        worth = WORTH[outcome] if custom_delta is None else custom_delta
        score[concept] = min(1.0, max(0.0, decayed + worth))
        last[concept] = at
        expected[interaction] = (decayed, score[concept])
    tables = tables_of(learner)
    assert len(tables["student_mastery"]) == len(score)
    for row in tables["student_mastery"]:
        assert row["mastery_score"] == pytest.approx(score[row["concept_tag"]], abs=1e-9)
        assert row["last_assessed_at"] == last[row["concept_tag"]]
    for row in tables["mastery_history"]:
        decayed, after = expected[row["interaction_id"]]
        reached = decayed if row["trigger_type"] == "decay" else after
        assert row["mastery_score"] == pytest.approx(reached, abs=1e-9)
        if row["trigger_type"] != "decay":
            assert row["delta"] == pytest.approx(after - decayed, abs=1e-9)


def test_idle_for_decades_is_forgotten_without_an_error(service: Database, person: Callable[[], str]) -> None:
    learner = person()
    answer: dict[str, Any] = {}
    for at in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)):
        answer = service.call(
            "record_outcome", learner=learner, concept="a", outcome="correct", at=at, interaction=str(uuid4())
        )
    assert (answer["old_score"], answer["new_score"]) == (0, pytest.approx(0.1))


def test_settings_and_rules_start_as_python_has_them(query: Query) -> None:
    [settings_row] = query("select * from mastery_settings")
    assert settings_row["decay_factor"] == decay.DECAY_FACTOR
    assert settings_row["weak_threshold"] == standing.WEAK_BELOW
    assert settings_row["mastered_threshold"] == standing.MASTERED_FROM
    assert settings_row["initial_score"] == 0.5
    assert settings_row["decay_period_days"] == 1
    rules = {row["outcome"]: row for row in query("select * from outcome_rules where trigger_type <> 'reset'")}
    assert set(rules) == set(model.Outcome) == set(WORTH)
    assert {outcome: row["delta"] for outcome, row in rules.items()} == WORTH
    assert {row["trigger_type"] for row in rules.values()} <= set(model.Trigger)


def test_the_trends_window_is_what_the_function_takes_when_nothing_is_said(query: Query) -> None:
    [row] = query("select pg_get_function_arguments('public.learner_mastery'::regproc) as arguments")
    assert f"window_days double precision DEFAULT {trend.WINDOW_DAYS:g}" in row["arguments"]


def test_half_is_left_after_13_and_a_half_days(query: Query) -> None:
    half = decay.half_life_days(decay.DECAY_FACTOR)
    assert half == pytest.approx(13.513, abs=1e-3)
    [row] = query(
        "select (private.fold(1, %(factor)s, 1, array[%(days)s], array[0]))[1] as left_over",
        factor=decay.DECAY_FACTOR,
        days=half,
    )
    assert math.isclose(row["left_over"], 0.5, abs_tol=1e-12)


def test_a_concept_that_python_refuses_for_what_it_holds_is_refused_by_sql(owner: psycopg.Connection[Any]) -> None:
    seen, unseen = [], []
    for character in map(chr, [*range(1, 0xD800), *range(0xE000, 0x20000)]):
        try:
            check_concept(f"a{character}b")
        except InvalidInput:
            unseen.append(character)
        else:
            seen.append(character)
    assert len(seen) > 100_000
    owner.execute("select private.require_concept('a' || c || 'b') from unnest(%s::text[]) c", [seen])
    assert len(unseen) > 70
    for character in unseen:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="control or invisible"):
            owner.execute("select private.require_concept('a' || %s || 'b')", [character])
