"""E-mail addresses as one line for a mail program."""

from email.utils import getaddresses

from hypothesis import given
from hypothesis import strategies as st

from mastery_core.mail_line import mail_line


def test_the_addresses_stand_in_order_with_commas_and_each_once() -> None:
    line = mail_line(["zoe@x.edu", " bo@x.edu ", "ZOE@x.edu", "ada.high+1@x.edu"])
    assert (line.text, line.addresses, line.without) == ("zoe@x.edu, bo@x.edu, ada.high+1@x.edu", 3, [])


def test_who_has_none_is_told_by_their_place() -> None:
    assert mail_line([None, "bo@x.edu", "", "  "]).without == [0, 2, 3]
    assert mail_line([]).text == mail_line([None]).text == ""


def test_what_would_write_to_somebody_else_too_is_no_address() -> None:
    hostile = [
        "a@x.edu, b@x.edu",
        "a@x.edu;b@x.edu",
        "Eve <eve@x.edu>",
        "a@x.edu\nBcc: b@x.edu",
        '"a"@x.edu',
        "a@b@c",
        "nobody",
    ]
    assert mail_line(hostile).without == list(range(len(hostile)))


@given(st.lists(st.none() | st.emails() | st.text(max_size=20)))
def test_a_mail_program_reads_as_many_addresses_as_were_counted(addresses: list[str | None]) -> None:
    line = mail_line(addresses)
    read = [address for _, address in getaddresses([line.text])] if line.text else []
    assert len(read) == line.addresses
    assert all(address in {each and each.strip() for each in addresses} for address in read)
