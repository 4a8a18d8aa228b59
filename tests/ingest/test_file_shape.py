"""What is guessed from the look of a file, and that a guess reads the file it was made from."""

import gzip

import pytest

from mastery_core.errors import InvalidInput, NotFound
from mastery_core.ingest.importer import FORMATS, import_file
from mastery_core.ingest.shape import ROWS_SHOWN, look

DATASHOP = "Row\tAnon Student Id\tSession Id\tTime\tOutcome\tKC (Topic)\tKC Category (Topic)\tKC (Fine)\tKC (Topic)\n"
ASSISTMENTS = "problem_log_id,skill,user_id,assignment_id,start_time,correct,skill_name\n"


def test_a_datashop_export_is_known_by_its_columns(write):
    shape = look(write(DATASHOP + "1\tstu\ts\t2015-11-02 19:49:38\tCORRECT\tmean\t\tm1\tmode\n"), "export.txt")
    assert (shape.name, shape.format, shape.mapping) == ("export.txt", "datashop", {})
    assert shape.concept_columns == ["KC (Topic)", "KC (Fine)"]
    assert shape.columns[1:3] == ["Anon Student Id", "Session Id"]
    assert shape.rows == [["1", "stu", "s", "2015-11-02 19:49:38", "CORRECT", "mean", "", "m1", "mode"]]


def test_an_assistments_log_is_known_by_its_columns(write):
    shape = look(write(ASSISTMENTS + "1,Mean,2,3,2012-09-28 15:11:27,1,Mean\n"))
    assert (shape.format, shape.concept_columns, shape.mapping) == ("assistments", ["skill_name", "skill"], {})


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "learner,concept,outcome,at,session",
            "ana,mean,1,2026-01-31,s1",
            {"learner": "learner", "concept": "concept", "outcome": "outcome", "at": "at", "session": "session"},
        ),
        (
            "StudentID;Full Name;Skill Name;Is-Correct;Submitted at;attempt_id",
            "7;Ana Bela;mean;true;2026-01-31;99",
            {
                "learner": "StudentID", "name": "Full Name", "concept": "Skill Name", "outcome": "Is-Correct",
                "at": "Submitted at", "id": "attempt_id",
            },
        ),
        (
            "Name,Topic,score,result,Date",
            "Ana,mean,17,correct,2026-01-31",
            {"learner": "Name", "concept": "Topic", "outcome": "result", "at": "Date"},
        ),
        ("E-Mail,tag,correct,time", "a@b.c,x,0,2026-01-31", {
            "learner": "E-Mail", "concept": "tag", "outcome": "correct", "at": "time",
        }),
        ("user_id,skill,correct,time", "1,x,0,2026-01-31", {
            "learner": "user_id", "concept": "skill", "outcome": "correct", "at": "time",
        }),
    ],
)  # fmt: skip
def test_the_columns_of_a_csv_are_found_whatever_they_are_called(recorder, write, header, row, expected):
    path = write(f"{header}\n{row}\n")
    shape = look(path)
    assert (shape.format, shape.mapping) == ("csv", expected)
    assert shape.concept_columns == shape.columns
    assert import_file(recorder, path, format="csv", mapping=shape.mapping).imported == 1


def test_of_strange_columns_nothing_is_guessed(write):
    shape = look(write("a,b,b,,at,at\n1,2,3,4,5,6\n"))
    assert (shape.format, shape.mapping, shape.concept_columns) == ("csv", {}, ["a", "b", "at"])


def test_an_outcome_that_cannot_be_read_is_guessed_only_where_there_is_no_other(write):
    assert look(write("learner,score\nana,17\n")).mapping == {"learner": "learner", "outcome": "score"}
    assert look(write("learner,score,result\nana,17,1\n")).mapping["outcome"] == "result"


def test_only_the_beginning_is_looked_at(write):
    good = "".join(f"ana,{n}\n" for n in range(20))
    shape = look(write(gzip.compress(f"learner,concept\n{good}broken\n".encode())))
    assert shape.rows == [["ana", str(n)] for n in range(ROWS_SHOWN)]
    assert shape.format in FORMATS


def test_a_header_alone_has_a_shape(write):
    assert look(write("learner,concept\n")).rows == []


def test_what_is_no_table_is_said_under_the_name_of_the_upload(write, tmp_path):
    with pytest.raises(InvalidInput, match=r"^marks.xlsx, line 1: It is a zip archive or a spreadsheet"):
        look(write(b"PK\x03\x04 and so on"), "marks.xlsx")
    with pytest.raises(InvalidInput, match=r"^marks.csv, line 3, column 'b': The row has 1 fields"):
        look(write("a,b\n1,2\n3\n"), "marks.csv")
    with pytest.raises(NotFound, match=r"^marks.csv: There is no such file"):
        look(tmp_path / "gone.csv", "marks.csv")
