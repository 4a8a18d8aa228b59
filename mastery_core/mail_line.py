"""E-mail addresses as one line that a mail program takes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What a mail program would read as more than one address, or as a name, is none.
_ADDRESS = re.compile(r"[^\s,;:<>()\[\]\"\\@]+@[^\s,;:<>()\[\]\"\\@]+")


@dataclass(frozen=True, slots=True)
class MailLine:
    """``text``: the addresses, each once, separated by commas; ``addresses``: how many they are; ``without``: the places of who has none."""

    text: str
    addresses: int
    without: list[int]


def mail_line(addresses: Iterable[str | None]) -> MailLine:
    """The addresses in the order given; of two that differ in upper and lower case alone the first."""
    kept: dict[str, str] = {}
    without = []
    for place, each in enumerate(addresses):
        address = (each or "").strip()
        if _ADDRESS.fullmatch(address):
            kept.setdefault(address.lower(), address)
        else:
            without.append(place)
    return MailLine(", ".join(kept.values()), len(kept), without)
