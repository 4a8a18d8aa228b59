"""What a database's refusals mean, by their codes: the same error and sentence whichever way it was reached."""

from mastery_core.errors import InvalidInput, MasteryError, NotAllowed, NotFound, Unavailable

LONGEST_SENTENCE = 240
Meaning = tuple[type[MasteryError], str]

REFUSED: Meaning = (MasteryError, "The database refused {function}: {said}.")
LACKING: Meaning = (Unavailable, "The database lacks the function {function}: apply the migrations to it.")
# By SQLSTATE, else by its class, which is the first two characters. {said} is PostgreSQL's own message.
MEANINGS: dict[str, Meaning] = {
    "P0002": (NotFound, "{said}"),
    "42501": (NotAllowed, "{said}"),
    "42883": LACKING,
    "22": (InvalidInput, "{said}"),
    "22P05": (InvalidInput, "PostgreSQL text cannot contain NUL (0x00) bytes."),  # \u0000 in JSON
    "23": (InvalidInput, "{said}"),
    "53": (Unavailable, "The database has run out of room, nothing was changed: {said}."),
    "57014": (Unavailable, "The database took too long and gave up, nothing was changed: ask for less, or later."),
    **dict.fromkeys(
        ("08", "40", "53300", "55", "57"),
        (Unavailable, "The database did not answer: {said}. Try again in a moment."),
    ),
}


def translated(function: str, state: str, sentence: str) -> MasteryError:
    """The error for a call that PostgreSQL refused with an SQLSTATE and a message."""
    return error_of(MEANINGS.get(state) or MEANINGS.get(state[:2]) or REFUSED, function, sentence)


def error_of(meaning: Meaning, function: str, sentence: str = "") -> MasteryError:
    """The error with its words filled in; of a long message the beginning of its first line."""
    kind, words = meaning
    line = sentence.strip().partition("\n")[0].strip()
    said = line if len(line) <= LONGEST_SENTENCE else f"{line[: LONGEST_SENTENCE - 1]}…"
    return kind(words.format(function=function, said=said))


def not_sent(function: str, why: Exception) -> MasteryError:
    """The error where an argument cannot be written down at all, such as half a character."""
    return error_of((InvalidInput, "An argument of {function} cannot be sent: {said}."), function, str(why))
