import sqlite3
from collections import Counter
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core.ingest.ids import (
    INTERACTION_NAMESPACE,
    PERSON_NAMESPACE,
    SESSION_NAMESPACE,
    in_order,
    interaction_id,
    person_id,
    session_id,
)
from mastery_core.ingest.occurrences import Occurrences

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, texts, st.integers(0, 10**9))
def test_ids_are_the_standards_own(source, learner, occurrence):
    person = person_id(source, learner)
    assert person == str(uuid5(PERSON_NAMESPACE, f"{source}\n{learner}"))
    assert session_id(person, learner) == str(uuid5(SESSION_NAMESPACE, f"{person}\n{learner}"))
    expected = str(uuid5(INTERACTION_NAMESPACE, f"{person}|{source}|{occurrence}"))
    assert interaction_id(person, source, occurrence) == expected
    assert UUID(expected).version == 5


@given(texts, texts, st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1))
def test_ids_in_order_sort_so_and_stay_apart(one, other, first, second):
    ids = [in_order(interaction_id(one, "key", 0), first), in_order(interaction_id(other, "key", 0), second)]
    assert all(str(UUID(each)) == each and UUID(each).version == 5 for each in ids)
    assert first == second or (UUID(ids[0]) < UUID(ids[1])) == (first < second)
    assert (ids[0] == ids[1]) == (one == other and first == second)


def test_learners_of_two_sources_are_two_people():
    assert person_id("datashop", "7") != person_id("assistments", "7")


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefg"), max_size=30), max_size=10))
def test_counting_in_batches_is_counting(lists):
    counter: Counter[str] = Counter()
    occurrences = Occurrences()
    for batch in lists:
        expected = []
        for text in batch:
            expected.append(counter[text])
            counter[text] += 1
        assert occurrences.count(batch) == expected
    occurrences.close()


def test_a_batch_may_be_larger_than_one_query():
    occurrences = Occurrences()
    batch = [f"row {n % 12_000}" for n in range(12_345)]
    assert sum(occurrences.count(batch)) == 345
    assert min(occurrences.count(batch)) == 1
    occurrences.close()


def test_closing_lets_the_temporary_file_go():
    occurrences = Occurrences()
    occurrences.close()
    with pytest.raises(sqlite3.ProgrammingError):
        occurrences.count(["row"])
