"""The rule that the Help screen explains recording with is the one the database records by."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core import MasteryService
from mastery_core.database import EmbeddedDatabase
from mastery_core.recording import USUAL_RULES, scores_after


@given(score=st.floats(0, 1), deltas=st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_practice_in_sql_equals_practice_in_python(
    score: float, deltas: list[float], owner: psycopg.Connection[dict[str, Any]]
) -> None:
    [row] = owner.execute(
        "select private.fold(%s, 0.95, 1, %s::float[], %s::float[]) as scores", [score, [0.0] * len(deltas), deltas]
    ).fetchall()
    assert row["scores"][1::2] == pytest.approx(scores_after(score, deltas)[1:], abs=1e-11)


def test_a_new_installation_records_by_the_usual_rules(database: EmbeddedDatabase, owner: Any) -> None:
    learner = str(uuid4())
    owner.execute("insert into auth.users (id) values (%s)", [learner])
    assert MasteryService(database.acting_as(learner)).get_rules(learner) == USUAL_RULES
