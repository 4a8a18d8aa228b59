"""A text file as lines, whether it is packed or not."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from mastery_core.concept import shown
from mastery_core.errors import InvalidInput, NotFound

MAX_LINE_BYTES = 1 << 22

_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 16
_NOT_TEXT = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save it as CSV",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


class TextFile:
    """A file of UTF-8 lines, plain or gzip by its first bytes; ``open_text`` opens one."""

    def __init__(self, path: Path, file: io.BufferedReader, name: str | None = None) -> None:
        self.name = str(path) if name is None else name
        self.size = path.stat().st_size
        self.lines_read = 0
        self._file = file
        packed = file.peek(2)[:2] == _GZIP
        self._stream = io.BufferedReader(gzip.GzipFile(fileobj=file), _BUFFER) if packed else file
        self._check_beginning()

    def lines(self) -> Iterator[str]:
        """The lines, with their ends. UnicodeDecodeError for one that is not UTF-8, InvalidInput for damage."""
        readline = partial(cast("BinaryIO", self._stream).readline, MAX_LINE_BYTES)
        try:
            for raw in iter(readline, b""):
                self.lines_read += 1
                if len(raw) == MAX_LINE_BYTES:
                    raise self.problem(f"The line is longer than {MAX_LINE_BYTES:,} bytes.", self.lines_read)
                yield raw.decode()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._damaged(error) from None

    def position(self) -> int:
        """How many of the file's bytes have been read."""
        return self._file.tell()

    def problem(self, sentence: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """An error that names the file and the place in it before the ``sentence``."""
        return problem_in(self.name, sentence, line, column)

    def _check_beginning(self) -> None:
        try:
            beginning = self._stream.peek(4096)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._damaged(error) from None
        for sign, what in _NOT_TEXT.items():
            if beginning.startswith(sign):
                raise self.problem(f"It is {what}.", 1)
        if b"\0" in beginning.partition(b"\n")[0]:
            raise self.problem("It is a binary file, not a table of text.", 1)

    def _damaged(self, error: Exception) -> InvalidInput:
        how = "cut short" if isinstance(error, EOFError) else "damaged"
        return self.problem(f"The gzip file is {how} here.", self.lines_read + 1)


def problem_in(name: str, sentence: str, line: int | None = None, column: str | None = None) -> InvalidInput:
    """An error that names a file and the place in it before the ``sentence``."""
    at_line = "" if line is None else f", line {line}"
    at_column = "" if column is None else f", column {shown(column)}"
    return InvalidInput(f"{_shown_name(name)}{at_line}{at_column}: {sentence}")


@contextmanager
def open_text(path: str | Path, name: str | None = None) -> Iterator[TextFile]:
    """The file as text. Raises NotFound if there is none, and InvalidInput for a directory, a device or no text.

    Messages call it by its ``name``, such as the one under which it was uploaded; else by its path.
    """
    path = Path(path)
    with _opened(path, str(path) if name is None else name) as file:
        yield TextFile(path, file, name)


def _opened(path: Path, name: str) -> io.BufferedReader:
    try:
        if not path.exists() or path.is_file():
            return path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"{_shown_name(name)}: There is no such file.") from None
    except (OSError, ValueError):
        raise InvalidInput(f"{_shown_name(name)}: The file cannot be opened.") from None
    raise InvalidInput(f"{_shown_name(name)}: A file is needed, and this is a directory or a device.")


def _shown_name(name: str) -> str:
    return name if name.isprintable() else shown(name, 200)
