"""Many outcomes in one call are what they would have been one by one, or nothing at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound
from tests.local_supabase import Transport

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Outcome = dict[str, Any]
Tables = dict[str, list[dict[str, Any]]]


def outcome(learner: str, n: int = 0, **others: Any) -> Outcome:
    at = (NOON + timedelta(hours=n)).isoformat()
    return {"id": str(uuid4()), "learner": learner, "concept": "Mean", "outcome": "correct", "at": at} | others


def without_ids(tables: Tables) -> Tables:
    identity = ("user_id", "interaction_id", "last_interaction_id")
    return {
        table: [{name: value for name, value in row.items() if name not in identity} for row in rows]
        for table, rows in tables.items()
    }


def test_a_batch_leaves_what_one_by_one_leaves(
    transport: Transport, person: Callable[[], str], tables_of: Callable[[str], Tables]
) -> None:
    alone, together = person(), person()
    shapes: list[Outcome] = [
        {"outcome": "incorrect"}, {"custom_delta": 0.3}, {"concept": "Mode", "metadata": {"n": [1, None]}}, {"n": -5},
    ]  # fmt: skip
    answers = [
        transport.acting_as(alone).call("record_outcomes", outcomes=[outcome(alone, **{"n": n} | shape)])[0]
        for n, shape in enumerate(shapes)
    ]
    batch = [outcome(together, **{"n": n} | shape) for n, shape in enumerate(shapes)]
    told = transport.acting_as(together).call("record_outcomes", outcomes=batch)
    assert [answer["interaction_id"] for answer in told] == [each["id"] for each in batch]
    for name in ("old_score", "new_score", "delta", "trigger_type", "repeated"):
        assert [answer[name] for answer in told] == [answer[name] for answer in answers]
    assert without_ids(tables_of(together)) == without_ids(tables_of(alone))
    again = transport.acting_as(together).call("record_outcomes", outcomes=batch)
    assert [answer | {"repeated": False} for answer in again] == told
    assert all(answer["repeated"] for answer in again)


def test_an_id_twice_in_a_batch_counts_once(transport: Transport, person: Callable[[], str]) -> None:
    learner = person()
    one = outcome(learner)
    first, second = transport.acting_as(learner).call("record_outcomes", outcomes=[one, one])
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["new_score"] == second["new_score"]


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"outcome": "brilliant"}, InvalidInput, r'^Outcome 3: Unknown outcome "brilliant": use one of'),
        ({"concept": " "}, InvalidInput, "^Outcome 3: A concept needs a name"),
        ({"concept": None}, InvalidInput, "^Outcome 3: A concept needs a name"),
        ({"id": None}, InvalidInput, "^Outcome 3: An interaction needs an id"),
        ({"id": "third"}, InvalidInput, "^Outcome 3: .*third"),
        ({"custom_delta": 2}, InvalidInput, "^Outcome 3: A delta lies between"),
        ({"at": "2999-01-01"}, InvalidInput, "^Outcome 3: The time 2999"),
        ({"session": str(uuid4())}, NotFound, "^Outcome 3: There is no session"),
        ({"learner": str(uuid4())}, NotAllowed, "^Outcome 3: You may record and change only what is your own"),
    ],
)
def test_one_bad_outcome_is_named_and_none_is_recorded(
    wrong: Outcome, error: type[MasteryError], sentence: str, transport: Transport, person: Callable[[], str],
    tables_of: Callable[[str], Tables],
) -> None:  # fmt: skip
    learner = person()
    batch = [outcome(learner, 0), outcome(learner, 1), outcome(learner, 2) | wrong, outcome(learner, 3)]
    with pytest.raises(error, match=sentence):
        transport.acting_as(learner).call("record_outcomes", outcomes=batch)
    assert not any(tables_of(learner).values())


def test_a_learner_who_is_not_there_is_named(service: Database, person: Callable[[], str]) -> None:
    with pytest.raises(NotFound, match=r"^Outcome 2: There is no such person"):
        service.call("record_outcomes", outcomes=[outcome(person()), outcome(str(uuid4()))])


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_is_of_1_to_1000(count: int, transport: Transport, person: Callable[[], str]) -> None:
    learner = person()
    with pytest.raises(InvalidInput, match="list of 1 to 1,000"):
        transport.acting_as(learner).call("record_outcomes", outcomes=[outcome(learner)] * count)


def test_batches_that_cross_wait_for_each_other_and_lose_nothing(
    service: Database,
    person: Callable[[], str],
    assert_telescopes: Callable[[str], None],
    tables_of: Callable[[str], Tables],
) -> None:
    learners = [person() for _ in range(6)]

    def send(turn: int) -> int:
        order = learners if turn % 2 else learners[::-1]
        return len(service.call("record_outcomes", outcomes=[outcome(learner, turn) for learner in order * 3]))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(12))) == [18] * 12
    for learner in learners:
        assert_telescopes(learner)
        assert tables_of(learner)["student_mastery"][0]["observations"] == 36


def test_an_import_of_nothing_changes_nothing(transport: Transport) -> None:
    nothing = {"imported": 0, "already_there": 0, "learners": 0}
    assert transport.acting_as_service().call("import_outcomes", rows=[]) == nothing
