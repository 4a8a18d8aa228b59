"""Every kind of bad input is one line that names the file, the line and the column, and nothing is sent."""

import gzip
import os
import re
from pathlib import Path

import pytest

from mastery_core.errors import InvalidInput, NotFound
from mastery_core.ingest.importer import import_file

HEADER = "Anon Student Id\tSession Id\tTime\tOutcome\tKC (Topic)\n"
GOOD = "stu_1\ts1\t2015-11-02 19:49:38\tCORRECT\tmean\n"
CSV = "learner,concept,outcome,at\n"
CSV_GOOD = "ana,mean,1,2026-01-31\n"


@pytest.fixture
def refused(recorder):
    """The message with which a file is refused, its path left out, once it is seen that nothing was sent."""

    def refused(path, kind="datashop", error=InvalidInput, **options):
        with pytest.raises(error) as caught:
            import_file(recorder, path, **({"format": kind, "batch_size": 2} | options))
        assert recorder.batches == []
        message = str(caught.value)
        assert message.isprintable()
        assert message.endswith(".")
        return message.removeprefix(str(path))

    return refused


def bad_last_line(field, text):
    """A file that is good for three batches and then holds the text in the field named."""
    columns = HEADER.rstrip("\n").split("\t")
    row = dict(zip(columns, GOOD.rstrip("\n").split("\t"), strict=True)) | {field: text}
    return HEADER + GOOD * 6 + "\t".join(row.values()) + "\n"


def test_a_missing_file(refused, tmp_path):
    assert refused(tmp_path / "none.txt", error=NotFound) == ": There is no such file."
    assert "There is no such file." in refused(tmp_path / "two\nlines.txt", error=NotFound)


def test_a_directory_a_pipe_and_a_name_that_cannot_be(refused, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path) == ": A file is needed, and this is a directory or a device."
    assert refused(tmp_path / "pipe") == ": A file is needed, and this is a directory or a device."
    assert refused(Path("a\0b")) == "'a\\x00b': The file cannot be opened."


def test_an_empty_file(refused, write):
    assert refused(write("")) == ", line 1: A header was expected, and there is none."
    assert refused(write(gzip.compress(b""))) == ", line 1: A header was expected, and there is none."
    assert refused(write("\n\n")) == ", line 1: A header was expected, and there is none."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "It is a binary file, not a table of text."),
        (b"PK\x03\x04\x14\0\x06\0", "It is a zip archive or a spreadsheet; unpack it, or save it as CSV."),
        ((HEADER + GOOD).encode("utf-16"), "It is UTF-16 text; save it as UTF-8."),
        (b"\x89PNG\r\n\x1a\n\0\0", "Byte 1 of the line is not UTF-8."),
        (b"\x1f\x8b not gzip after all", "The gzip file is damaged here."),
    ],
)
def test_what_is_no_text(refused, write, content, said):
    assert refused(write(content)) == f", line 1: {said}"


def test_a_file_of_another_format(refused, write):
    path = write("order_id,user_id,skill,start_time,correct\n1,2,Mean,2012-09-28 15:11:27,1\n")
    assert refused(path) == (
        ", line 1: Not a DataShop transaction export: the columns are missing: 'Anon Student Id', 'Outcome', 'Time'; "
        "there are: 'order_id', 'user_id', 'skill', 'start_time', 'correct'."
    )
    message = refused(write(HEADER + GOOD), "assistments")
    assert message.startswith(", line 1: Not an ASSISTments problem log: the columns are missing: 'user_id' or")
    assert "'Anon Student Id', 'Session Id'" in message


def test_only_so_many_columns_are_listed(refused, write):
    message = refused(write("\t".join(f"c{n}" for n in range(30)) + "\n"))
    assert message.endswith("'c18', 'c19' and 10 more.")


def test_one_missing_column(refused, write):
    path = write(HEADER.replace("Outcome", "Result") + GOOD)
    assert refused(path).startswith(", line 1: Not a DataShop transaction export: the column is missing: 'Outcome';")


def test_no_concept_column(refused, write):
    path = write(HEADER.replace("KC (Topic)", "Topic") + GOOD)
    assert refused(path) == ", line 1: Choose the concept column; the knowledge component columns are: none."


def test_a_column_twice(refused, write):
    path = write(HEADER.replace("Session Id", "Outcome") + GOOD)
    assert refused(path) == ", line 1, column 'Outcome': There are two columns of this name."


def test_bytes_that_are_not_utf_8(refused, write):
    content = (HEADER + GOOD * 5 + GOOD.replace("mean", "caf\xe9")).encode("latin-1")
    assert refused(write(content)) == ", line 7, column 'KC (Topic)': Byte 41 of the line is not UTF-8."
    assert refused(write(gzip.compress(content))).startswith(", line 7, column 'KC (Topic)': Byte 41")
    assert refused(write("caf\xe9".encode("latin-1"))) == ", line 1: Byte 4 of the line is not UTF-8."


def test_a_gzip_file_cut_short_or_damaged(refused, write):
    rows = "".join(GOOD.replace("38", f"{n % 60:02}").replace("stu_1", f"stu_{n * 7919}") for n in range(5000))
    packed = gzip.compress((HEADER + rows).encode())
    message = refused(write(packed[: len(packed) * 3 // 4]))
    assert re.fullmatch(r", line \d{4}: The gzip file is cut short here\.", message)
    damaged = bytearray(packed)
    damaged[-6] ^= 0xFF  # in the checksum
    assert re.fullmatch(r", line \d+: The gzip file is damaged here\.", refused(write(bytes(damaged))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "'soon' is not a time; ISO 8601 such as '2026-01-31 14:05:00' or seconds since 1970 are."),
        ("1815-12-10 00:00:00", "The time '1815-12-10 00:00:00' is before 1970."),
        ("2999-01-01 00:00:00", "The time '2999-01-01 00:00:00' is in the future."),
        ("", "'' is not a time; ISO 8601 such as '2026-01-31 14:05:00' or seconds since 1970 are."),
    ],
)
def test_an_impossible_time(refused, write, text, said):
    assert refused(write(bad_last_line("Time", text))) == f", line 8, column 'Time': {said}"


def test_an_unknown_outcome_of_a_csv(refused, write):
    message = refused(write(CSV + CSV_GOOD * 5 + "ana,mean,perhaps,2026-01-31\n"), "csv")
    assert message.startswith(", line 7, column 'outcome': The outcome 'perhaps' is unknown; valid are correct,")


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("KC (Topic)", "m" * 501, "The concept is 501 characters long, and 500 is the most."),
        ("KC (Topic)", "me\0an", "The concept 'me\\x00an' holds U+0000, which cannot be seen."),
        ("KC (Topic)", "me\x1ban", "The concept 'me\\x1ban' holds U+001B, which cannot be seen."),
        ("KC (Topic)", "\u202emean", "The concept '\\u202emean' holds U+202E, which cannot be seen."),
        ("KC (Topic)", "mean~~\u2066x", "The concept '\\u2066x' holds U+2066, which cannot be seen."),
        ("Anon Student Id", "s\u200fu", "The learner 's\\u200fu' holds U+200F, which cannot be seen."),
        ("Anon Student Id", "", "The learner is empty."),
        ("Anon Student Id", "s" * 201, "The learner is 201 characters long, and 200 is the most."),
    ],
)
def test_names_that_cannot_be(refused, write, field, text, said):
    assert refused(write(bad_last_line(field, text))) == f", line 8, column '{field}': {said}"


def test_a_field_beyond_the_csv_limit(refused, write):
    long = "x" * 140_000
    sentence = "A field is longer than 131,072 characters; perhaps a quote is not closed."
    path = write(CSV + CSV_GOOD * 5 + f"ana,{long},1,2026-01-31\n")
    assert refused(path, "csv") == f", line 7, column 'concept': {sentence}"
    path = write(CSV + f'"a,na","me""an",{long},2026-01-31\n')
    assert refused(path, "csv") == f", line 2, column 'outcome': {sentence}"
    path = write(CSV + CSV_GOOD + 'ana,"mean,1,2026-01-31\n' + CSV_GOOD * 8000)
    assert refused(path, "csv") == f", line 3, column 'concept': {sentence}"
    assert refused(write(bad_last_line("KC (Topic)", long))) == f", line 8, column 'KC (Topic)': {sentence}"


def test_a_line_beyond_all_bounds(refused, write):
    assert refused(write(CSV + "," * 5_000_000), "csv") == ", line 2: The line is longer than 4,194,304 bytes."


def test_quotes_that_do_not_close_or_are_followed_by_text(refused, write):
    path = write(CSV + CSV_GOOD + 'ana,mean,1,"2026-01-31\n' + CSV_GOOD)
    assert refused(path, "csv") == ", line 3, column 'at': A quote is opened and never closed."
    path = write(CSV + 'ana,"mean" of x,1,2026-01-31\n')
    assert refused(path, "csv") == ", line 2, column 'concept': Text follows a closing quote."


def test_old_macintosh_line_ends(refused, write):
    message = refused(write((CSV + CSV_GOOD).replace("\n", "\r")), "csv")
    assert message.startswith(", line 1: The line cannot be read (new-line character seen in unquoted field")


def test_rows_of_another_width_than_the_header(refused, write):
    assert refused(write(CSV + CSV_GOOD * 4 + "ana,mean,1\n"), "csv") == (
        ", line 6, column 'at': The row has 3 fields and the header 4."
    )
    assert refused(write(CSV + "ana,mean,1,2026-01-31,extra\n"), "csv") == (
        ", line 2, column '5': The row has 5 fields and the header 4."
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "xml"}, "There is no format 'xml'; there are datashop, assistments, csv."),
        ({"timezone": "Mars"}, "'Mars' is not a time zone; names such as 'Europe/Berlin' or 'UTC' are."),
        ({"mapping": {"learner": "x"}}, "Only the columns of a csv can be mapped"),
        ({"cohort": " "}, "The cohort is empty."),
        ({"cohort": "a\u202eb"}, "The cohort 'a\\u202eb' holds U+202E"),
        ({"source": ""}, "The source is empty."),
        ({"format": "csv", "mapping": {"concept": "a"}, "concept_column": "b"}, "The concept column is given twice"),
    ],
)
def test_options_that_cannot_be(refused, write, options, said):
    assert refused(write(HEADER + GOOD), **options).startswith(said)


def test_a_batch_of_nothing(recorder, write):
    with pytest.raises(InvalidInput, match="The batch size is 1 at least"):
        import_file(recorder, write(HEADER), format="datashop", batch_size=0)
