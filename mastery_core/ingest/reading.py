"""What the readers share: a file as rows under a header, each with the line on which it begins."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

from mastery_core.concept import shown
from mastery_core.errors import InvalidInput
from mastery_core.ingest.text_file import TextFile, open_text

Value = TypeVar("Value")

MAX_REASONS = 50
OTHER_REASONS = "other reasons"

_COLUMNS_NAMED = 20
_VALUES_REMEMBERED = 1 << 16


class Skipped:
    """Rows that say nothing about mastery: how many for each reason, and on which line first."""

    def __init__(self) -> None:
        self.reasons: dict[str, tuple[int, int]] = {}

    def add(self, reason: str, line: int) -> None:
        if reason not in self.reasons and len(self.reasons) >= MAX_REASONS:
            reason = OTHER_REASONS
        count, first = self.reasons.get(reason, (0, line))
        self.reasons[reason] = (count + 1, first)


class Table:
    """A file of rows under a header, separated by tab, comma or semicolon as the header is; ``open_table`` opens one.

    ``columns`` are the header's names, ``count`` the rows read so far. In a tab-separated file quotes are characters
    like any other, as in DataShop's own exports, unless the header is quoted too.
    """

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self.count = 0
        self.columns: list[str] = []
        self._record = 1  # the line on which the row being read begins
        self._text = ""  # and what stands on it
        lines = self._lines()
        header = self._next(lines, "").removeprefix("\ufeff")
        self._delimiter = "\t" if "\t" in header else max(",;", key=header.count)
        self._quoted = self._delimiter != "\t" or header.startswith('"')
        self._reader = csv.reader(
            chain([header], lines),
            delimiter=self._delimiter,
            quoting=csv.QUOTE_MINIMAL if self._quoted else csv.QUOTE_NONE,
            strict=True,
        )
        self.columns = [name.strip() for name in self._next(self._reader, [])]
        if not any(self.columns):
            raise file.problem("A header was expected, and there is none.", 1)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row and the line on which it begins. Every row has a field for every column; blank lines are none."""
        width = len(self.columns)
        reader = self._reader
        self._record = line = reader.line_num + 1
        try:
            for row in reader:
                if len(row) == width:
                    self.count += 1
                    yield line, row
                elif row:
                    raise self._wrong_width(line, row)
                self._record = line = reader.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None

    def find(self, *names: str) -> int | None:
        """Where the first of the names is a column. Raises InvalidInput if it is one twice."""
        for name in names:
            places = self.places(name)
            if len(places) > 1:
                raise self.file.problem("There are two columns of this name.", 1, name)
            if places:
                return places[0]
        return None

    def place(self, *names: str) -> int:
        """Where the first of the names is a column. Raises InvalidInput if none is."""
        place = self.find(*names)
        if place is None:
            raise self.missing("what was expected", " or ".join(map(shown, names)))
        return place

    def places(self, name: str) -> list[int]:
        """Where the name is a column: as it is written, or else in any case."""
        exact = [place for place, column in enumerate(self.columns) if column == name]
        return exact or [place for place, column in enumerate(self.columns) if column.casefold() == name.casefold()]

    def missing(self, what: str, *names: str) -> InvalidInput:
        """The error for columns that are not there: it names them, and those that are."""
        there = ", ".join(shown(column, 40) for column in self.columns[:_COLUMNS_NAMED])
        more = f" and {len(self.columns) - _COLUMNS_NAMED} more" if len(self.columns) > _COLUMNS_NAMED else ""
        verb = "column is" if len(names) == 1 else "columns are"
        return self.file.problem(f"Not {what}: the {verb} missing: {', '.join(names)}; there are: {there}{more}.", 1)

    def _lines(self) -> Iterator[str]:
        for number, text in enumerate(self.file.lines(), start=1):
            if number == self._record:
                self._text = text
            yield text

    def _next(self, items: Iterator[Value], nothing: Value) -> Value:
        try:
            return next(items, nothing)
        except (csv.Error, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: csv.Error | UnicodeDecodeError) -> InvalidInput:
        if isinstance(error, UnicodeDecodeError):
            line = self.file.lines_read
            before = error.object[: error.start].decode()
            column = self._faulty_column(before) if line == self._record else None
            return self.file.problem(f"Byte {error.start + 1} of the line is not UTF-8.", line, column)
        return self.file.problem(_sentence(error), self._record, self._faulty_column(self._text))

    def _faulty_column(self, text: str) -> str | None:
        place = _faulty_field(text.rstrip("\r\n"), self._delimiter, quoted=self._quoted) if self.columns else 0
        return self.columns[place] if place < len(self.columns) else None

    def _wrong_width(self, line: int, row: list[str]) -> InvalidInput:
        width = len(self.columns)
        column = self.columns[len(row)] if len(row) < width else f"{width + 1}"
        return self.file.problem(f"The row has {len(row)} fields and the header {width}.", line, column)


class Column(Generic[Value]):
    """One column of a table, and how its text is understood; with ``repeats``, the same text is understood once.

    ``read`` raises InvalidInput without a place; what comes out of here names the place.
    """

    __slots__ = ("_read", "_table", "index")

    def __init__(self, table: Table, index: int, read: Callable[[str], Value], *, repeats: bool = True) -> None:
        self.index = index
        self._table = table
        self._read = lru_cache(_VALUES_REMEMBERED)(read) if repeats else read

    def __call__(self, line: int, row: list[str]) -> Value:
        try:
            return self._read(row[self.index])
        except InvalidInput as error:
            raise self._table.file.problem(str(error), line, self._table.columns[self.index]) from None


@contextmanager
def open_table(path: str | Path, name: str | None = None) -> Iterator[Table]:
    """The file as a table, called by its ``name`` in messages, else by its path.

    Raises NotFound for a missing file, and InvalidInput for what is not a table of text.
    """
    with open_text(path, name) as file:
        yield Table(file)


def _sentence(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"A field is longer than {csv.field_size_limit():,} characters; perhaps a quote is not closed."
    if "unexpected end" in str(error):
        return "A quote is opened and never closed."
    if "expected after" in str(error):
        return "Text follows a closing quote."
    return f"The line cannot be read ({error})."


def _faulty_field(text: str, delimiter: str, *, quoted: bool) -> int:
    """Which field of a line the csv module cannot read: the first that is malformed or too long, else the last."""
    plain = f"[^{delimiter}]*"
    field = f'"(?:[^"]|"")*"|(?!"){plain}' if quoted else plain
    whole = re.compile(f"(?:{field})(?:{delimiter}|$)")
    place = at = 0
    while (match := whole.match(text, at)) and match.end() < len(text) and match.end() - at <= csv.field_size_limit():
        place += 1
        at = match.end()
    return place
