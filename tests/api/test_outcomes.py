"""Recording outcomes: one or many, all or none, and none twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.door import Door, assert_problem, outcome


def counted(query: Any, learner: str) -> int:
    count: int = query("select count(*) from interactions where student_id = %(learner)s", learner=learner)[0]["count"]
    return count


def test_one_outcome_says_what_it_did(mine: httpx.Client, me: str) -> None:
    session = mine.post("/mastery/session/start").json()["session_id"]
    sent = outcome("standard deviation", session=session, at="2026-11-01T10:00:00+02:00")
    answer = mine.post("/mastery/outcomes", json=sent)
    assert answer.status_code == 200
    (update,) = answer.json()["updates"]
    assert update == {
        "interaction_id": sent["id"], "user_id": me, "concept_tag": "standard deviation", "session_id": session,
        "old_score": 0.5, "new_score": pytest.approx(0.6), "delta": pytest.approx(0.1), "trigger_type": "quiz", "repeated": False,
        "created_at": "2026-11-01T08:00:00+00:00",
    }  # fmt: skip
    (row,) = mine.get("/mastery/history", params={"at": "2026-11-02T00:00:00Z"}).json()["history"]
    assert (row["interaction_id"], row["mastery_score"], row["session_id"]) == (sent["id"], pytest.approx(0.6), session)


def test_many_are_answered_in_the_order_sent(mine: httpx.Client, query: Any, me: str) -> None:
    sent = [
        outcome(
            f"Concept {n % 7}",
            ("correct", "incorrect", "passive_read")[n % 3],
            at=f"2026-11-01T10:{n // 60:02}:{n % 60:02}Z",
        )
        for n in range(1_000)
    ]
    answer = mine.post("/mastery/outcomes", json=sent)
    assert answer.status_code == 200, answer.text
    updates = answer.json()["updates"]
    assert [update["interaction_id"] for update in updates] == [each["id"] for each in sent]
    assert counted(query, me) == 1_000
    last = {update["concept_tag"]: update["new_score"] for update in updates}
    stored = mine.get("/mastery", params={"apply_decay": False}).json()["concepts"]
    assert {each["concept_tag"]: each["mastery_score"] for each in stored} == last


def test_a_batch_of_which_one_is_refused_records_none(mine: httpx.Client, query: Any, me: str, person: Any) -> None:
    good = [outcome() for _ in range(3)]
    for bad, status, gist in (
        (outcome(session=str(uuid4())), 404, "Outcome 3: There is no session"),
        (outcome(at="2999-01-01T00:00:00Z"), 422, "Outcome 3"),
        (outcome(learner=person()), 403, "your own"),
        (outcome("\u202e"), 422, "Outcome 3: The concept"),
        (outcome("a\0b"), 422, "Outcome 3: The concept"),
        (outcome(result="brilliant"), 422, "body.2.outcome"),
        (outcome(custom_delta=1.01), 422, "body.2.custom_delta"),
    ):
        assert_problem(mine.post("/mastery/outcomes", json=[*good[:2], bad, good[2]]), status, gist)
    assert counted(query, me) == 0


def test_the_same_ids_again_change_nothing_and_say_so(mine: httpx.Client, query: Any, me: str) -> None:
    sent = [outcome() for _ in range(5)]
    first = mine.post("/mastery/outcomes", json=sent).json()["updates"]
    again = mine.post("/mastery/outcomes", json=[*sent, outcome()]).json()["updates"]
    assert [update["repeated"] for update in first] == [False] * 5
    assert [update["repeated"] for update in again] == [True] * 5 + [False]
    assert [update | {"repeated": False} for update in again[:5]] == first
    assert counted(query, me) == 6


def test_an_id_twice_in_a_batch_counts_once(mine: httpx.Client, query: Any, me: str) -> None:
    sent = outcome()
    updates = mine.post("/mastery/outcomes", json=[sent, sent]).json()["updates"]
    assert [update["repeated"] for update in updates] == [False, True]
    assert counted(query, me) == 1


def test_somebody_elses_id_is_refused_and_tells_nothing(api: Door, mine: httpx.Client, person: Any) -> None:
    sent = outcome("Secret")
    api.person(person()).post("/mastery/outcomes", json=sent).raise_for_status()
    problem = assert_problem(mine.post("/mastery/outcomes", json=sent), 422, "is taken")
    assert "Secret" not in str(problem)


def test_batches_of_the_same_learners_at_once_lose_nothing(api: Door, query: Any, person: Any) -> None:
    learners = [person() for _ in range(4)]
    batches = [
        [outcome(f"Concept {n % 3}", learner=learners[(n + shift) % 4]) for n in range(40)] for shift in range(8)
    ]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda batch: api.keeper().post("/mastery/outcomes", json=batch), batches))
    assert {answer.status_code for answer in answers} == {200}
    assert [counted(query, learner) for learner in learners] == [80] * 4


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_has_1_to_1000(count: int, mine: httpx.Client, query: Any, me: str) -> None:
    assert_problem(mine.post("/mastery/outcomes", json=[outcome() for _ in range(count)]), 422, "body: List should")
    assert counted(query, me) == 0


def test_a_session_sums_up_what_belongs_to_it(mine: httpx.Client) -> None:
    session = str(uuid4())
    begun = [
        mine.post("/mastery/session/start", json={"session_id": session, "at": "2026-11-01T10:00:00Z"}) for _ in "ab"
    ]
    assert [(each.status_code, each.json()) for each in begun] == [(201, {"session_id": session})] * 2
    mine.post("/mastery/outcomes", json=[outcome(session=session), outcome("Mode", session=session)]).raise_for_status()
    end = [mine.post(f"/mastery/session/{session}/end").json() for _ in "ab"]
    assert end[0] == end[1]
    assert (sorted(end[0]["concepts_touched"]), end[0]["total_interactions"]) == (["Mean", "Mode"], 2)
    assert end[0]["mastery_gained"] == {"Mean": pytest.approx(0.1), "Mode": pytest.approx(0.1)}
    assert end[0]["started_at"] == "2026-11-01T10:00:00+00:00"
