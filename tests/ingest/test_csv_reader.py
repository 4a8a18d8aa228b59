import csv
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core.errors import InvalidInput
from mastery_core.ingest.csv_file import read_csv
from mastery_core.ingest.reading import Skipped, open_table
from mastery_core.ingest.times import Clock

HEADER = ["learner", "concept", "outcome", "at"]


def read(path, mapping=None, skipped=None):
    with open_table(path) as table:
        return list(read_csv(table, Clock(), skipped or Skipped(), mapping))


def test_columns_of_the_products_own_names_need_no_mapping(write):
    rows = [["session", "at", "learner", "concept", "outcome"]]
    rows += [["s1", "2026-01-31T14:05:00+01:00", "ana", "mean", "passive_read"]]
    (event,) = read(write(rows))
    assert (event.learner, event.concept, event.outcome, event.session) == ("ana", "mean", "passive_read", "s1")
    assert event.at == datetime(2026, 1, 31, 13, 5, tzinfo=UTC)


def test_a_mapping_names_the_columns(write):
    rows = [
        ["Topic", "Pupil", "Right?", "When", "Full name", "Row"],
        ["mean", "7", "TRUE", "1769868300", "Ana B", "r1"],
    ]
    mapping = {
        "learner": "Pupil",
        "concept": "Topic",
        "outcome": "Right?",
        "at": "When",
        "name": "Full name",
        "id": "Row",
    }
    (event,) = read(write(rows, separator=";"), mapping)
    assert (event.learner, event.name, event.concept, event.outcome) == ("7", "Ana B", "mean", "correct")
    assert event.named


def test_a_column_of_the_products_own_name_can_be_left_out(write):
    rows = [[*HEADER, "session"], ["ana", "mean", "1", "2026-01-31", "s1"]]
    assert [event.session for event in read(write(rows))] == ["s1"]
    assert [event.session for event in read(write(rows), {"session": "", "name": "", "id": ""})] == [None]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("correct", ["1", "1.0", "True", "CORRECT"]),
        ("incorrect", ["0", "0.0", "FALSE", " Incorrect "]),
        ("confusion_detected", ["HINT", "confusion_detected"]),
        ("passive_read", ["Study", "passive_read"]),
    ],
)
def test_outcomes_may_be_written_in_many_ways(write, outcome, words):
    events = read(write([HEADER, *(["ana", "mean", word, "2026-01-31"] for word in words)]))
    assert {event.outcome for event in events} == {outcome}


@pytest.mark.parametrize("word", ["", "maybe", "2", "correct!"])
def test_an_unknown_outcome_is_refused_and_the_valid_ones_named(write, word):
    expected = (
        r"line 2, column 'outcome': The outcome '.*' is unknown; valid are correct, incorrect, confusion_detected"
    )
    with pytest.raises(InvalidInput, match=expected):
        read(write([HEADER, ["ana", "mean", word, "2026-01-31"]]))


def test_an_empty_concept_is_skipped(write):
    skipped = Skipped()
    assert read(write([HEADER, ["ana", "", "1", "2026-01-31"]]), skipped=skipped) == []
    assert skipped.reasons == {"no concept": (1, 2)}


def test_a_mapping_to_what_is_not_there_is_refused(write):
    path = write([HEADER, ["ana", "mean", "1", "2026-01-31"]])
    with pytest.raises(
        InvalidInput, match=r"line 1: .*missing: 'pupil' \(for learner\); there are: 'learner', 'concept'"
    ):
        read(path, {"learner": "pupil"})
    with pytest.raises(InvalidInput, match=r"missing: 'visit' \(for session\)"):
        read(path, {"session": "visit"})
    with pytest.raises(InvalidInput, match="but not for grade"):
        read(path, {"grade": "outcome"})


def test_line_numbers_count_lines_and_not_rows(write):
    path = write('learner,concept,outcome,at,note\na,mean,1,2026-01-31,"two\nlines"\nb,mean,1,2026-01-31,\n')
    assert [event.line for event in read(path)] == [2, 4]


printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
texts = st.lists(printable, min_size=1, max_size=4).map(" ,;\"'".join)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(texts, texts, st.sampled_from(["correct", "0"]), texts), min_size=1, max_size=20))
def test_what_the_csv_module_writes_is_what_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["learner", "concept", "outcome", "at", "session"])
        writer.writerows(
            [learner, concept, outcome, "2026-01-31", session] for learner, concept, outcome, session in rows
        )
    events = read(path)
    assert [event.session for event in events] == [session.strip() for *_, session in rows]
    assert [event.outcome == "correct" for event in events] == [outcome == "correct" for _, _, outcome, _ in rows]
