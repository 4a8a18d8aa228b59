"""One family of errors, whichever way the database was reached.

A message is one sentence that names what is wrong and where, fit to be shown to the person who asked.
"""


class MasteryError(Exception):
    """Anything the product itself refuses or cannot do."""


class InvalidInput(MasteryError, ValueError):
    """What was given is not usable; nothing was changed."""


class NotFound(MasteryError, LookupError):
    """No such thing, or not one that the asking person may see."""


class NotAllowed(MasteryError, PermissionError):
    """The asking person may not do this."""


class NotSignedIn(MasteryError, PermissionError):
    """Nobody is asking: sign in first."""


class Unavailable(MasteryError, ConnectionError):
    """The database cannot be reached or cannot go on; the same call may work later."""
