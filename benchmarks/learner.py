"""A learner with years of practice, made from a seed."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import psycopg
from numpy.typing import NDArray

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
CLASSMATES, CLASSMATE_INTERACTIONS, TERM_DAYS = 12, 1_000, 120
COPY_INTERACTIONS = (
    "copy public.interactions (id, student_id, type, concept_focus, outcome, created_at, session_id) from stdin"
)
COPY_SESSIONS = "copy public.learning_sessions (id, user_id, started_at, ended_at) from stdin"


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


def add_classmates(database: EmbeddedDatabase, connection: psycopg.Connection, person: str, until: datetime) -> None:
    """Put a person into a cohort with a dozen others, who practised some of the same concepts in the term up to ``until``."""
    [cohort] = connection.execute(
        "insert into public.cohorts (name) values ('Cohort of the benchmark') returning id"
    ).fetchone() or [None]
    classmates = [add_person(connection, 1_000 + number) for number in range(CLASSMATES)]
    for number, classmate in enumerate(classmates):
        practise(
            database,
            connection,
            classmate,
            CLASSMATE_INTERACTIONS,
            until,
            concepts=CONCEPTS,
            days=TERM_DAYS,
            seed=number,
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into public.cohort_members (cohort_id, user_id) values (%s, %s)",
            [(cohort, member) for member in (person, *classmates)],
        )


def practise(
    database: EmbeddedDatabase,
    connection: psycopg.Connection,
    person: str,
    interactions: int,
    until: datetime,
    *,
    concepts: int = CONCEPTS,
    days: int = DAYS,
    seed: int = 20261122,
) -> None:
    """Give a person that many interactions with ``concepts`` over the ``days`` up to ``until``, and what follows from them.

    They practise five days in seven, eight concepts in one session of an hour and a half. The days, hours and concepts
    are the same for any number of interactions: the same learner, busier.
    """
    rng = np.random.default_rng(seed)
    practised = rng.choice(days, round(days * SHARE_OF_DAYS), replace=False)
    session_ends = practised + rng.random(practised.size) * (1 - SESSION_DAYS)
    concepts_of_day = rng.permuted(np.tile(np.arange(concepts), (practised.size, 1)), axis=1)[:, :CONCEPTS_A_DAY]
    session = rng.integers(practised.size, size=interactions)
    days_ago = session_ends[session] + rng.random(interactions) * SESSION_DAYS
    concept = concepts_of_day[session, rng.integers(CONCEPTS_A_DAY, size=interactions)]
    outcome = rng.choice(list(SHARES), size=interactions, p=list(SHARES.values()))
    ids = [uuid4() for _ in practised]
    _write_sessions(connection, person, ids, session_ends, until)
    with connection.cursor() as cursor, cursor.copy(COPY_INTERACTIONS) as rows:
        for row in range(interactions):
            at = until - timedelta(seconds=float(days_ago[row]) * SECONDS_A_DAY)
            rows.write_row(
                (uuid4(), person, "quiz_attempt", concept_name(concept[row]), outcome[row], at, ids[session[row]])
            )
    database.acting_as_service().call("replay", learner=person)


def _write_sessions(
    connection: psycopg.Connection, person: str, ids: list[UUID], days_ago: NDArray[np.float64], until: datetime
) -> None:
    """One session a day of practice, which ended so many days ago; what was done in it is counted by the replay."""
    with connection.cursor() as cursor, cursor.copy(COPY_SESSIONS) as rows:
        for session, ended in zip(ids, days_ago.tolist(), strict=True):
            began = until - timedelta(days=ended + SESSION_DAYS)
            rows.write_row((session, person, began, until - timedelta(days=ended)))
