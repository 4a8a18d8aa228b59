"""Concept names as charts show them: the text they are, whatever is in it, and short enough to read."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from textwrap import wrap

ELLIPSIS = "…"
# Beyond what HTML needs: dollars would begin a formula, %{ a variable of a template, and Streamlit replaces its own
# placeholder colours (#000001 …) wherever they stand in a figure.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "#": "&#35;", "%": "&#37;", "{": "&#123;"}
)


def as_text(name: str) -> str:
    """The name so that Plotly shows it letter by letter: nothing in it is a tag, an entity, a formula or a variable."""
    return name.translate(_ESCAPES)


def wrapped(name: str, width: int = 44) -> str:
    """The whole name over as many lines as it needs, as text for Plotly's hover labels."""
    return "<br>".join(as_text(line) for line in wrap(name, width)) or as_text(name)


def shortened(names: Sequence[str], columns: int) -> list[str]:
    """Each name in at most ``columns`` columns of text, cut where it is longer, and no two the same.

    A name is cut at its end; where that makes two the same, in the middle; where that does too, it is numbered.
    """
    short = [_cut(name, columns) for name in names]
    for cut in (_cut_middle, _numbered):
        seen = Counter(short)
        short = [
            cut(name, columns, place) if seen[now] > 1 and now != name else now
            for place, (name, now) in enumerate(zip(names, short, strict=True))
        ]
    return short


def _cut(name: str, columns: int) -> str:
    return name if _columns(name) <= columns else _head(name, columns - 1).rstrip() + ELLIPSIS


def _cut_middle(name: str, columns: int, _place: int) -> str:
    tail = _head(name[::-1], (columns - 1) // 2)[::-1]
    return _head(name, columns - 1 - _columns(tail)).rstrip() + ELLIPSIS + tail.lstrip()


def _numbered(name: str, columns: int, place: int) -> str:
    number = f" #{place + 1}"
    return _head(name, columns - 1 - len(number)).rstrip() + ELLIPSIS + number


def _head(text: str, columns: int) -> str:
    """As much of the beginning as fits."""
    used = 0
    for place, letter in enumerate(text):
        used += _width(letter)
        if used > columns:
            return text[:place]
    return text


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(letter: str) -> int:
    if letter.isascii():
        return 1
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
