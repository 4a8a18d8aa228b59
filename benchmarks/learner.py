"""A learner with years of practice, made from a seed."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import psycopg

from mastery_core.database.embedded import EmbeddedDatabase
from mastery_core.model import Outcome

CONCEPTS = 50
DAYS = 730
SHARE_OF_DAYS = 5 / 7
SESSION_DAYS = 1.5 / 24
CONCEPTS_A_DAY = 8
SHARES = {
    Outcome.CORRECT: 0.62,
    Outcome.INCORRECT: 0.25,
    Outcome.CONFUSION_DETECTED: 0.05,
    Outcome.PASSIVE_READ: 0.08,
}
SECONDS_A_DAY = 86_400


def concept_name(number: int) -> str:
    return f"Concept {number + 1:02}"


def add_person(connection: psycopg.Connection, number: int) -> str:
    """A new person; returns the id."""
    person = str(UUID(int=(0xBE << 120) + number, version=4))
    connection.execute(
        "insert into auth.users (id, raw_user_meta_data) values (%s, jsonb_build_object('display_name', %s::text))",
        [person, f"Learner {number}"],
    )
    return person


def practise(
    database: EmbeddedDatabase, connection: psycopg.Connection, person: str, interactions: int, until: datetime
) -> None:
    """Give a person that many interactions with 50 concepts over the two years up to ``until``, and what follows from them.

    They practise five days in seven, for an hour and a half, eight concepts a day. The days, hours and concepts are the
    same for any number of interactions: the same learner, busier.
    """
    rng = np.random.default_rng(20261122)
    days = rng.choice(DAYS, round(DAYS * SHARE_OF_DAYS), replace=False)
    session_ends = days + rng.random(days.size) * (1 - SESSION_DAYS)
    concepts_of_day = rng.permuted(np.tile(np.arange(CONCEPTS), (days.size, 1)), axis=1)[:, :CONCEPTS_A_DAY]
    session = rng.integers(days.size, size=interactions)
    days_ago = session_ends[session] + rng.random(interactions) * SESSION_DAYS
    concept = concepts_of_day[session, rng.integers(CONCEPTS_A_DAY, size=interactions)]
    outcome = rng.choice(list(SHARES), size=interactions, p=list(SHARES.values()))
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy public.interactions (id, student_id, type, concept_focus, outcome, created_at) from stdin"
        ) as rows,
    ):
        for row in range(interactions):
            at = until - timedelta(seconds=float(days_ago[row]) * SECONDS_A_DAY)
            rows.write_row((uuid4(), person, "quiz_attempt", concept_name(concept[row]), str(outcome[row]), at))
    database.acting_as_service().call("replay", learner=person)
