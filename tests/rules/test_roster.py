"""A list of people, however it was pasted: each line names whom it means, or says why it does not."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.errors import InvalidInput
from mastery_core.roster import LONGEST_LINE, MOST_LINES, RosterLine, read_roster, roster_text

ID = "0b5ab8f1-5f0c-4c59-9f53-0a7e2b1f8d11"
ANN = ("Ann Lee", "ann@x.edu", None)


def read(text: str) -> list[tuple[str | None, str | None, str | None]]:
    """Name, e-mail and id of each line; no line has a problem."""
    lines = read_roster(text).lines
    assert [line.problem for line in lines if line.problem] == []
    return [(line.name, line.email, line.id) for line in lines]


def problem(text: str) -> str:
    [line] = read_roster(text).lines
    assert (line.name, line.email, line.id) == (None, None, None)
    assert line.problem
    return line.problem


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ann Lee", ("Ann Lee", None, None)),
        ("  Ann Lee \t", ("Ann Lee", None, None)),
        ("ann@x.edu", (None, "ann@x.edu", None)),
        ("Ann@X.EDU", (None, "ann@x.edu", None)),
        ("Ann Lee,ann@x.edu", ANN),
        ("ann@x.edu;Ann Lee", ANN),
        ("Ann\tLee\tann@x.edu", ANN),
        ("Ann Lee <ann@x.edu>", ANN),
        ("Ann Lee <ann@x.edu>,", ANN),
        ("Ann,Lee <ann@x.edu>", ANN),
        ("<ann@x.edu>", (None, "ann@x.edu", None)),
        ('"Lee, Ann" <ann@x.edu>;', ("Lee, Ann", "ann@x.edu", None)),
        ("Lee, Ann <ann@x.edu>", ("Lee, Ann", "ann@x.edu", None)),
        ('"Lee, Ann",ann@x.edu', ("Lee, Ann", "ann@x.edu", None)),
        ('"Ann ""Annie"" Lee",ann@x.edu', ('Ann "Annie" Lee', "ann@x.edu", None)),
        ("Lee, Ann\tann@x.edu", ("Lee, Ann", "ann@x.edu", None)),
        (f"{ID.upper()}, Ann Lee", ("Ann Lee", None, ID)),
        (f"Ann Lee;{ID};ann@x.edu", ("Ann Lee", "ann@x.edu", ID)),
        ("Zoe\u0308 \u00c9", ("Zo\u00eb \u00c9", None, None)),
        ("李 安", ("李 安", None, None)),
    ],
)
def test_a_line_names_somebody_in_many_ways(line: str, expected: tuple[str | None, str | None, str | None]) -> None:
    assert read(line) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Name,E-mail\nAnn Lee,ann@x.edu",
        "EMAIL;Full name\nann@x.edu;Ann Lee",
        "first name\tlast_name\tmail\nAnn\tLee\tann@x.edu",
        "Family name,Given Name,Section,Email address\nLee,Ann,B,ann@x.edu",
        "\ufeffStudent,ID,Email\nAnn Lee,12345,ann@x.edu",
        "\n\nname,email\r\n\nAnn Lee <other@x.edu>,ann@x.edu".replace(" <other@x.edu>", ""),
        "name,section\nAnn Lee <ann@x.edu>,B",
        '"Name","E-mail"\n"Ann Lee","ann@x.edu",,',
    ],
)
def test_a_header_says_what_the_columns_are(text: str) -> None:
    assert read(text) == [ANN]
    assert read_roster(text).header


def test_columns_of_a_header_may_be_empty() -> None:
    assert read(f"id\tname\temail\n\tAnn\t\n\t\tbob@x.edu\n{ID}") == [
        ("Ann", None, None),
        (None, "bob@x.edu", None),
        (None, None, ID),
    ]


def test_an_address_under_the_heading_of_names_is_an_address() -> None:
    assert read("name,email\nAnn@X.edu,\nann@x.edu,") == [(None, "ann@x.edu", None)] * 2


def test_a_first_line_about_somebody_is_no_header() -> None:
    for line in ("Ann Lee, student", "First Lee", "Mail <mail@x.edu>", "name@x.edu,name"):
        assert not read_roster(f"{line}\nBob").header


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Ann,a@x.edu,b@x.edu", "two e-mail addresses"),
        (f"{ID},{ID[:-1]}2", "two ids"),
        ("Ann, not@", "'not@' is not an e-mail"),
        ("a@b@c", "is not an e-mail"),
        ("Ann <a b@x.edu>", "is not an e-mail"),
        ('"Ann', "not closed"),
        ('"Ann" Lee,b', "Text follows"),
        ("A\x07nn", "U\\+0007"),
        ("Ann\u202eLee", "U\\+202E"),
        ("n" * 201, "201 characters"),
        (f"{'e' * 320}@x.edu", "is not an e-mail"),
        ("n" * (LONGEST_LINE + 1), "2,001 characters"),
        ("name,id\n,12345", "'12345' is not one of a person"),
        ("name,email\nAnn,ann@x.edu,more", "3 fields and the header 2"),
        ("name,section\n,B", "names nobody"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str, said: str) -> None:
    assert re.search(said, problem(line))


def test_a_bad_line_stops_no_other() -> None:
    roster = read_roster('Ann\n"Bob\n\nCy')
    assert [(line.line, line.name, bool(line.problem)) for line in roster.lines] == [
        (1, "Ann", False),
        (2, None, True),
        (4, "Cy", False),
    ]
    assert roster.blank == 1
    assert roster.lines[0] == RosterLine(1, "Ann", None, None, None, "Ann")


@given(st.text(alphabet='ab@x.,;\t\n\r"<> -é\x00\u2028', max_size=60))
def test_every_line_of_a_text_is_counted_once(text: str) -> None:
    roster = read_roster(text)
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    ends = text == "" or text[-1] in "\r\n"
    assert len(roster.lines) + roster.blank + roster.header == count - ends
    for line in roster.lines:
        assert bool(line.problem) != bool(line.name or line.email or line.id)


@given(
    st.lists(
        st.tuples(st.text(alphabet='Ab"\',; é-', min_size=1, max_size=9).filter(str.strip), st.from_regex(r"[a-z]{1,9}@x\.[a-z]{2}", fullmatch=True)),
        min_size=1,
    ),
    st.sampled_from("\t,;"),
)  # fmt: skip
def test_what_a_spreadsheet_writes_is_read_as_it_was(people: list[tuple[str, str]], separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("Name", "E-mail"), *people])
    assert [(name, email) for name, email, _ in read(written.getvalue())] == [(n.strip(), e) for n, e in people]


def test_the_most_lines_are_ten_thousand() -> None:
    text = "\n\n".join(f"Learner {n}" for n in range(MOST_LINES))
    assert len(read_roster(f"name\n{text}").lines) == MOST_LINES
    with pytest.raises(InvalidInput, match="10,001 lines, and 10,000"):
        read_roster(f"{text}\nOne more")


def test_an_empty_list_names_nobody() -> None:
    for text in ("", "\n", ' , ,\n;;\n\t\n""', "\ufeff"):
        assert read_roster(text).lines == []


@pytest.mark.parametrize("end", ["b", "<", '"', "@"])
@pytest.mark.parametrize("repeated", [" ", "<", '"', "a@", ", ", '""'])
def test_a_line_without_end_is_refused(repeated: str, end: str) -> None:
    assert "2,000 is the most" in problem("a" + repeated * 100_000 + end)
    assert len(read_roster("<" + repeated * (LONGEST_LINE // 2 - 2) + end).lines) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_an_upload_is_text(encoding: str) -> None:
    assert roster_text("Zoë".encode(encoding)) == "Zoë"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0rest", "old spreadsheet"),
        ("Ann".encode("utf-16"), "UTF-16"),
        ("Ann".encode("utf-16-le"), "binary"),
        (b"Ann\0", "binary"),
        ("Ann\r\nZoë".encode("cp1252"), "Line 2 .* not UTF-8"),
    ],
)
def test_an_upload_that_is_no_text_says_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        roster_text(data)
