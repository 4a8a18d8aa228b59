"""The ids that imported things get: made from what the source says, so that a second import makes the same ones.

All but a cohort's own learners are version 5 UUIDs (RFC 9562, section 5.5), a namespace for each kind; what a source puts in
order within an instant begins with its place.
"""

from hashlib import sha1, sha256
from uuid import UUID

PERSON_NAMESPACE = UUID("7a0e2f5b-6b0f-4a51-9f6d-3c1d8f0e5a41")
SESSION_NAMESPACE = UUID("c2b8d6c4-0d53-4b6e-8a57-91e4b7f2a6d0")
INTERACTION_NAMESPACE = UUID("1f9c3e7a-52d8-4c0b-b1e6-6d2a84f7c913")

_PERSON = PERSON_NAMESPACE.bytes
_SESSION = SESSION_NAMESPACE.bytes
_INTERACTION = INTERACTION_NAMESPACE.bytes
_VARIANT = {digit: f"{int(digit, 16) & 0x3 | 0x8:x}" for digit in "0123456789abcdef"}


def person_id(source: str, learner: str) -> str:
    """Who a source's learner is here. Two sources may use one id for two people, so the source is part of it."""
    return _uuid5(_PERSON, f"{source}\n{learner}")


def cohort_learner_id(cohort: str, called: str) -> str:
    """Who a cohort's own learner is that a list or a file calls so; in SQL ``private.learner_of_cohort``."""
    return str(UUID(sha256(f"{UUID(cohort)}\n{called}".encode()).hexdigest()[:32]))


def session_id(person: str, session: str) -> str:
    """Which session a person's session of the source is here."""
    return _uuid5(_SESSION, f"{person}\n{session}")


def interaction_id(person: str, key: str, occurrence: int) -> str:
    """Which interaction the person's ``occurrence``-th row of this key is, counted from 0."""
    return _uuid5(_INTERACTION, f"{person}|{key}|{occurrence}")


def in_order(interaction: str, nth: int) -> str:
    """The id that an interaction has where it is the ``nth`` (below 2**32 - 1) of its learner, concept and instant.

    What happened in one instant is folded in the order of the ids, so these begin with it.
    """
    return f"{nth:08x}{interaction[8:]}"


def _uuid5(namespace: bytes, name: str) -> str:
    """``str(uuid5(namespace, name))`` in a third of the time: every row needs one."""
    digits = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
