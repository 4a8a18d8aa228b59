from datetime import UTC, datetime

import pytest

from mastery_core.errors import InvalidInput
from mastery_core.ingest.assistments import read_assistments
from mastery_core.ingest.reading import Skipped, open_table
from mastery_core.ingest.times import Clock

# The columns of the published files, as far as they matter here.
OF_2009 = [
    "order_id",
    "user_id",
    "problem_id",
    "correct",
    "skill_id",
    "skill_name",
    "ms_first_response",
    "overlap_time",
]
OF_2012 = ["problem_log_id", "skill", "problem_id", "user_id", "start_time", "end_time", "correct", "hint_count"]
OF_2015 = ["user_id", "log_id", "sequence_id", "correct"]
OF_2017 = ["studentId", "AveCorrect", "actionId", "skill", "problemId", "startTime", "correct", "hint", "hintCount"]


def read(path, skipped=None, **options):
    with open_table(path) as table:
        return list(read_assistments(table, Clock(), skipped or Skipped(), **options))


def test_the_2012_file_is_read(write):
    rows = [
        OF_2012,
        ["101", "Box and Whisker", "7", "61394", "2012-09-28 15:11:27", "2012-09-28 15:12:05", "1", "0"],
        ["102", "Box and Whisker", "8", "61394", "2012-09-28 15:12:08", "2012-09-28 15:13:05", "0.0", "2"],
    ]
    first, second = read(write(rows))
    assert (first.learner, first.concept, first.session) == ("61394", "Box and Whisker", None)
    assert first.at == datetime(2012, 9, 28, 15, 11, 27, tzinfo=UTC)
    assert [first.outcome, second.outcome] == ["correct", "incorrect"]
    assert first.named
    assert first.key != second.key


def test_the_2017_file_is_read_and_a_hint_is_confusion(write):
    rows = [OF_2017]
    rows += [["8", "0.48", "9950", "properties-of-geometric-figures", "1", "1096470301", "0", "1", "1"]]
    rows += [["8", "0.48", "9951", "properties-of-geometric-figures", "1", "1096470350.0", "1", "0", "1"]]
    first, second = read(write(rows))
    assert first.at == datetime(2004, 9, 29, 15, 5, 1, tzinfo=UTC)
    assert [first.outcome, second.outcome] == ["confusion_detected", "correct"]
    assert [first.type, second.type] == ["question_asked", "quiz_attempt"]


@pytest.mark.parametrize("header", [[*OF_2009], [*OF_2015, "skill"]])
def test_a_file_without_times_is_refused_and_told_why(write, header):
    with pytest.raises(
        InvalidInput, match=r"line 1: A time column is needed.*'start_time'.*2009-10 and 2015 have none"
    ):
        read(write([header, ["1"] * len(header)]))


def test_no_skill_and_partial_credit_are_skipped(write):
    skipped = Skipped()
    row = ["101", "Mean", "7", "1", "2012-09-28 15:11:27", "", "1", "0"]
    rows = [OF_2012, row, [*row[:1], "", *row[2:]], [*row[:1], "noskill", *row[2:]], [*row[:6], "0.25", "0"]]
    assert len(read(write(rows), skipped)) == 1
    assert skipped.reasons == {
        "no concept": (2, 3),
        "partial credit is neither correct nor incorrect": (1, 5),
    }


def test_another_column_may_hold_the_concept(write):
    rows = [[*OF_2012, "skill_id"], ["1", "", "7", "1", "2012-09-28 15:11:27", "", "1", "0", "277"]]
    assert read(write(rows), concept_column="skill_id")[0].concept == "277"


@pytest.mark.parametrize("answer", ["", "yes", "2", "-1", "nan"])
def test_an_answer_that_is_none_is_refused(write, answer):
    rows = [OF_2012, ["101", "Mean", "7", "1", "2012-09-28 15:11:27", "", answer, "0"]]
    with pytest.raises(
        InvalidInput, match=r"line 2, column 'correct': '.*' is not an answer; 1 is correct, 0 incorrect"
    ):
        read(write(rows))


def test_hints_that_are_no_number_are_refused(write):
    rows = [OF_2017, ["8", "0.48", "9950", "area", "1", "1096470301", "0", "many", "1"]]
    with pytest.raises(InvalidInput, match=r"line 2, column 'hint': 'many' is not a number of hints"):
        read(write(rows))


def test_missing_columns_are_named_with_those_that_are_there(write):
    with pytest.raises(
        InvalidInput, match=r"'user_id' or 'studentId', 'skill_name' or 'skill'; there are: 'id', 'correct'"
    ):
        read(write([["id", "correct"], ["1", "1"]]))
