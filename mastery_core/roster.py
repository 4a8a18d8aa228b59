"""A list of people as somebody pastes or uploads it: which line names whom."""

import csv
import re
import unicodedata
from dataclasses import dataclass

from mastery_core.concept import check_name, shown
from mastery_core.errors import InvalidInput

MOST_LINES = 10_000
LONGEST_NAME = 200
LONGEST_EMAIL = 320
LONGEST_LINE = 2_000

# What a file that is no text begins with.
_NOT_TEXT = {
    b"PK\x03\x04": "a spreadsheet or a zip archive; save the list as CSV and choose that file",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; save the list as CSV and choose that file",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATORS = "\t;,"
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
# Ann Lee <ann@x.edu>, Lee, Ann <ann@x.edu>, "Lee, Ann" <ann@x.edu>; a mail program puts a comma or semicolon after it.
_ADDRESS = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>(?:[^",;\t<>]|, )*))\s*<\s*(?P<email>[^<>\s]*@[^<>\s]*)\s*>\s*[,;]?\s*'
)
_HEADINGS = {
    "name": ("name", "fullname", "displayname", "student", "studentname", "learner", "learnername"),
    "first": ("firstname", "first", "givenname", "given", "forename"),
    "last": ("lastname", "last", "familyname", "family", "surname"),
    "email": ("email", "mail", "emailaddress", "mailaddress"),
    "id": ("id", "personid", "userid", "studentid", "learnerid", "uuid"),
}
_MEANING = {heading: meaning for meaning, headings in _HEADINGS.items() for heading in headings}
_OTHER = "other"
# Words that may stand in a list without a header too.
_DOUBTFUL = {"student", "learner", "first", "last", "given", "family"}


@dataclass(frozen=True, slots=True)
class RosterLine:
    """Whom one line names: by ``name``, ``email`` (lower case) or ``id`` (a UUID), or the ``problem`` why by none of them.

    ``line`` is its number in the text, from 1, ``text`` what stands there.
    """

    line: int
    name: str | None
    email: str | None
    id: str | None
    problem: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Roster:
    """The lines of a list that are not ``blank``, which are only counted; ``header`` is whether one more says what is in the columns."""

    lines: list[RosterLine]
    blank: int
    header: bool = False


def roster_text(data: bytes) -> str:
    """The text of an uploaded list. Raises InvalidInput, with a sentence that says what to do, for what is not UTF-8 text."""
    for sign, what in _NOT_TEXT.items():
        if data.startswith(sign):
            raise InvalidInput(f"The file is {what}.")
    if b"\0" in data:
        raise InvalidInput("The file is binary, not a list of text; save the list as CSV and choose that file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(data[: error.start].decode("utf-8-sig")))
        raise InvalidInput(f"Line {line} of the file is not UTF-8; save the list as CSV UTF-8.") from None


def read_roster(text: str) -> Roster:
    """Whom each line of a list names.

    Fields are separated by tab, semicolon or comma, whichever most lines hold, and may be quoted. A header line says what
    the columns are (name, first and last name, e-mail, id; others are left out); without one the e-mail is the field with
    an @, the id the one that is a UUID, and the rest is the name. ``Ann Lee <ann@x.edu>`` is understood too. Raises
    InvalidInput where there are more than ``MOST_LINES``.
    """
    texts = _LINE_END.split(text.removeprefix("\ufeff"))
    if not texts[-1]:
        texts.pop()  # the end of the last line
    separator = _separator(texts)
    places = {n: line for n, line in enumerate(texts, start=1) if line.strip(f'{_SEPARATORS}" ').strip()}
    if len(places) > MOST_LINES + 1:
        raise _too_many(len(places))
    header = _header(next(iter(places.values()), ""), separator)
    if header:
        del places[next(iter(places))]
    if len(places) > MOST_LINES:
        raise _too_many(len(places))
    lines = [_read(n, line, separator, header) for n, line in places.items()]
    return Roster(lines, len(texts) - len(lines) - bool(header), bool(header))


def _too_many(count: int) -> InvalidInput:
    return InvalidInput(f"The list has {count:,} lines, and {MOST_LINES:,} is the most at once.")


def _separator(texts: list[str]) -> str:
    """The one that most lines hold outside quotes; of equals the one that names hold less often."""
    unquoted = [re.sub(r'"[^"]*"', "", text) for text in texts]
    return max(_SEPARATORS, key=lambda each: sum(each in text for text in unquoted))


def _header(text: str, separator: str) -> list[str]:
    """What the columns are, where the line says so; else nothing."""
    try:
        fields = _fields(text, separator)
    except csv.Error:
        return []
    words = [re.sub(r"[\s_.-]", "", field.casefold()) for field in fields]
    known = [word for word in words if word in _MEANING]
    is_header = any(word not in _DOUBTFUL for word in known) or known == [word for word in words if word]
    if not is_header or any("@" in field or _as_id(field) for field in fields):
        return []
    return [_MEANING.get(word, _OTHER) for word in words]


def _fields(text: str, separator: str) -> list[str]:
    [fields] = csv.reader([text], delimiter=separator, strict=True, skipinitialspace=True)
    return [field.strip() for field in fields]


def _read(line: int, text: str, separator: str, header: list[str]) -> RosterLine:
    try:
        name, email, person = _understood(text, separator, header)
    except InvalidInput as problem:
        return RosterLine(line, None, None, None, str(problem), text.strip()[:LONGEST_LINE])
    return RosterLine(line, name, email, person, None, text.strip())


def _understood(text: str, separator: str, header: list[str]) -> tuple[str | None, str | None, str | None]:
    """Name, e-mail and id. Raises InvalidInput with the problem."""
    if len(text) > LONGEST_LINE:
        raise InvalidInput(f"The line is {len(text):,} characters long, and {LONGEST_LINE:,} is the most.")
    if not header and (address := _ADDRESS.fullmatch(text)):
        quoted = address["quoted"]
        name = address["plain"] if quoted is None else quoted.replace('""', '"')
        return _name(name), _email(address["email"]), None
    try:
        fields = _fields(text, separator)
    except csv.Error as error:
        raise InvalidInput(_sentence(error)) from None
    named = _by_header(fields, header) if header else _by_look(fields)
    name, email = named["name"], named["email"]
    if not email and (address := _ADDRESS.fullmatch(name)):
        name, email = address["plain"] or (address["quoted"] or ""), address["email"]
    if not email and _EMAIL.fullmatch(name):  # under the wrong heading
        name, email = "", name
    person = _as_id(named["id"])
    if named["id"] and not person and not name and not email:
        raise InvalidInput(f"The id {shown(named['id'])} is not one of a person here.")
    if not (name or email or person):
        raise InvalidInput("The line names nobody.")
    return _name(name), _email(email), person


def _by_header(fields: list[str], header: list[str]) -> dict[str, str]:
    if any(fields[len(header) :]):
        raise InvalidInput(f"The line has {len(fields)} fields and the header {len(header)}.")
    found = dict.fromkeys(_HEADINGS, "")
    for meaning, field in zip(header, fields, strict=False):
        found[meaning] = found.get(meaning) or field
    found["name"] = found["name"] or f"{found['first']} {found['last']}".strip()
    return found


def _by_look(fields: list[str]) -> dict[str, str]:
    emails = [field for field in fields if "@" in field]
    ids = [field for field in fields if _as_id(field)]
    if len(emails) > 1 or len(ids) > 1:
        raise InvalidInput(f"The line has two {'e-mail addresses' if len(emails) > 1 else 'ids'}: put each on its own.")
    name = " ".join(field for field in fields if field and field not in {*emails, *ids})
    email = "".join(emails)
    if address := _ADDRESS.fullmatch(email):
        name = f"{name} {address['plain'] or address['quoted'] or ''}".strip()
        email = address["email"]
    return {"name": name, "email": email, "id": "".join(ids)}


def _name(text: str | None) -> str | None:
    return check_name(text, "name", LONGEST_NAME) if text and text.strip() else None


def _email(text: str) -> str | None:
    if not text:
        return None
    email = unicodedata.normalize("NFC", text).lower()
    if not _EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
        raise InvalidInput(f"{shown(text)} is not an e-mail address.")
    return check_name(email, "e-mail address", LONGEST_EMAIL)


def _as_id(text: str) -> str | None:
    return text.lower() if re.fullmatch(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", text) else None


def _sentence(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "A quote is opened and not closed on this line."
    if "expected after" in str(error):
        return "Text follows a closing quote."
    return f"The line cannot be read ({error})."
