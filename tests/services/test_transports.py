"""What a call promises, over every transport: arguments arrive as they were, a refusal is one clear sentence."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from mastery_core.database import Database
from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound, Unavailable
from tests.local_supabase import Transport

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def learner(person: Callable[[], str]) -> str:
    return person()


@pytest.fixture
def caller(transport: Transport, learner: str) -> Database:
    return transport.acting_as(learner)


def record(caller: Database, learner: str, **others: Any) -> dict[str, Any]:
    outcome = {"learner": learner, "concept": "a", "outcome": "correct", "interaction": str(uuid4()), "at": MAY}
    answer: dict[str, Any] = caller.call("record_outcome", **outcome | others)
    return answer


def test_a_text_arrives_as_it_was(caller: Database, learner: str, query: Query) -> None:
    text = """'"\\{}[]%s $1 null — ½ 漢字 👩‍🔬 <b> \\u0041"""
    answer = record(caller, learner, concept=text)
    assert answer["concept_tag"] == text
    assert query("select concept_tag from student_mastery where user_id = %(id)s", id=learner) == [
        {"concept_tag": text}
    ]


@pytest.mark.parametrize("delta", [0.1, 1 / 3, -5e-324, 0.30000000000000004, 1, 0])
def test_a_number_arrives_to_the_last_bit(delta: float, caller: Database, learner: str, query: Query) -> None:
    record(caller, learner, custom_delta=delta)
    assert query("select custom_delta from interactions where student_id = %(id)s", id=learner) == [
        {"custom_delta": delta}
    ]


def test_a_moment_arrives_to_the_microsecond_from_any_time_zone(caller: Database, learner: str, query: Query) -> None:
    at = datetime(2025, 5, 1, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    record(caller, learner, at=at)
    assert query("select created_at from interactions where student_id = %(id)s", id=learner) == [{"created_at": at}]


def test_ids_and_documents_arrive_as_what_they_are(caller: Database, learner: str, query: Query) -> None:
    metadata = {"tutor": "anna", "hints": [], "nested": {"list": [1, None, "x"]}, "null": None}
    record(caller, learner, interaction=UUID(int=uuid4().int), metadata=metadata)
    assert query("select metadata from interactions where student_id = %(id)s", id=learner) == [{"metadata": metadata}]


@pytest.mark.parametrize("value", [{"a": [1]}, [], [1, "x"], "text", '"', "", 7, 0.1, True, {}])
def test_a_document_may_be_anything(value: object, service: Database) -> None:
    key = str(uuid4())
    service.call("app_session_put", key=key, value=value, seconds=3600)
    assert service.call("app_session_get", key=key) == value


def test_an_answer_may_be_nothing(service: Database) -> None:
    assert service.call("app_session_get", key=str(uuid4())) is None


def test_an_empty_list_is_a_list_wherever_it_goes(caller: Database, service: Database, learner: str) -> None:
    record(caller, learner)
    assert service.call("import_outcomes", rows=[])["imported"] == 0
    assert caller.call("learner_mastery", learner=learner, concepts=[])["concept_tag"] == []


def test_nothing_is_not_left_out(caller: Database, learner: str) -> None:
    record(caller, learner)
    assert caller.call("learner_mastery", learner=learner, concepts=None)["concept_tag"] == ["a"]
    assert record(caller, learner, session=None, custom_delta=None)["delta"] == pytest.approx(0.1)


REFUSED: dict[str, tuple[Callable[[Database, str], object], type[MasteryError], str]] = {
    "half a character": (lambda db, me: record(db, me, concept="a\ud800"), InvalidInput, "cannot be sent.*surrogates"),
    "half a character in a document": (
        lambda db, me: record(db, me, metadata={"a": "\ud800"}), InvalidInput, "cannot be sent.*surrogates",
    ),
    "NUL": (lambda db, me: record(db, me, concept="a\0"), InvalidInput, "cannot contain NUL"),
    "NUL in a document": (lambda db, me: record(db, me, metadata={"a": "\0"}), InvalidInput, "cannot contain NUL"),
    "not a number": (lambda db, me: record(db, me, custom_delta=math.nan), InvalidInput, "NaN|cannot be sent"),
    "no id": (lambda db, me: record(db, "me"), InvalidInput, 'uuid: "me"'),
    "a long one": (lambda db, me: record(db, "x" * 100_000), InvalidInput, 'uuid: "xxxx.*…'),
    "an unknown outcome": (lambda db, me: record(db, me, outcome="guessed"), InvalidInput, "guessed"),
    "somebody else": (lambda db, me: record(db, str(uuid4())), NotAllowed, "your own"),
    "nobody": (lambda db, me: db.call("learner_mastery", learner=str(uuid4())), NotFound, "no such person"),
    "no session": (lambda db, me: db.call("end_session", session=str(uuid4())), NotFound, "no session"),
    "no right": (lambda db, me: db.call("status"), NotAllowed, "permission denied|administrators"),
    "no such function": (lambda db, me: db.call("no_such"), Unavailable, "lacks the function no_such.*migrations"),
    "no such argument": (lambda db, me: db.call("person", whom=me), Unavailable, "lacks the function person"),
    "an argument missing": (lambda db, me: db.call("learner_days", learner=me), Unavailable, "lacks.*learner_days"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "gist"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_one_clear_sentence_of_its_kind(
    call: Callable[[Database, str], object], kind: type[MasteryError], gist: str, caller: Database, learner: str
) -> None:
    with pytest.raises(MasteryError, match=gist) as refused:
        call(caller, learner)
    assert type(refused.value) is kind
    sentence = str(refused.value)
    assert len(sentence) < 300
    assert sentence.isprintable()


def test_the_service_sees_everybody_and_people_themselves(
    transport: Transport, service: Database, learner: str, person: Callable[[], str]
) -> None:
    record(service, learner)
    assert service.call("person", person=learner)["interactions"] == 1
    assert transport.acting_as(learner).call("person", person=learner)["interactions"] == 1
    with pytest.raises(NotFound):
        transport.acting_as(person()).call("person", person=learner)
