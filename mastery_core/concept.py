"""What may name a concept, or anything else that people will read on a screen."""

import re
import unicodedata
from hashlib import sha256

from mastery_core.errors import InvalidInput

MAX_CONCEPT_LENGTH = 500

# One composed character comes from at most four code points, so a longer text cannot become short enough.
_LONGEST_DECOMPOSITION = 4

# Control characters, line separators, Unicode's Bidi_Control characters and halves of surrogate pairs: none of them
# can be seen, and the direction controls can make one name look like another. Letters of any script are welcome.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def check_concept(text: str) -> str:
    """The concept's name, stripped and in Unicode's composed form (NFC). Raises InvalidInput if it cannot be a name."""
    return check_name(text, "concept", MAX_CONCEPT_LENGTH)


def concept_id(concept: str) -> str:
    """How a concept is called in an address: short and the same every time, but not its name."""
    return sha256(concept.encode()).hexdigest()[:10]


def check_name(text: str, noun: str, longest: int) -> str:
    """Like ``check_concept`` for another ``noun`` ("learner", "cohort") of at most ``longest`` characters."""
    stripped = text.strip(" \t\r\n")
    if unseen := _UNSEEN.search(stripped):
        raise InvalidInput(f"The {noun} {shown(stripped)} holds U+{ord(unseen[0]):04X}, which cannot be seen.")
    if len(stripped) <= longest * _LONGEST_DECOMPOSITION:
        stripped = unicodedata.normalize("NFC", stripped).strip()
    if len(stripped) > longest:
        raise InvalidInput(f"The {noun} is {len(stripped):,} characters long, and {longest:,} is the most.")
    if not stripped:
        raise InvalidInput(f"The {noun} is empty.")
    return stripped


def shown(text: str, longest: int = 60) -> str:
    """The text in quotes for a message: on one line, nothing unseen in it, cut where it gets long."""
    return repr(text if len(text) <= longest else text[: longest - 1] + "…")
