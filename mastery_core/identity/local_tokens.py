"""Access tokens of an installation without Supabase: signed here, good here alone."""

import os
import secrets
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from mastery_core.errors import InvalidInput, Unavailable
from mastery_core.identity.bearer import AUDIENCE, Claims, Role, verified

ISSUER = "mastery-dashboard"
ALGORITHM = "HS256"
KEY_FILE = "token-key"
KEY_BYTES = 32
LONGEST = timedelta(days=3650)
SERVICE = "service"


class LocalTokens:
    """Issues and verifies the tokens of one home directory. Its key is made at first use; without it every token is void."""

    def __init__(self, home: Path) -> None:
        self._file = home / KEY_FILE

    def issue(self, person_id: str, lifetime: timedelta) -> str:
        """A token of one person, who must be asked for by their id."""
        return self._signed(person_id, "authenticated", lifetime)

    def issue_service(self, lifetime: timedelta) -> str:
        """A token of the service, which may record for every learner: for a tutor's own server, never for a browser."""
        return self._signed(SERVICE, "service_role", lifetime)

    def verify(self, token: str) -> Claims:
        """What the token says. Raises NotSignedIn unless it is good."""
        return verified(token, self._key(), algorithms=(ALGORITHM,), issuer=ISSUER)

    def _signed(self, subject: str, role: Role, lifetime: timedelta) -> str:
        if not timedelta(0) < lifetime <= LONGEST:
            raise InvalidInput(f"A token lasts longer than nothing and at most {LONGEST.days:,} days.")
        now = datetime.now(UTC)
        claims = {"sub": subject, "role": role, "aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + lifetime}
        return jwt.encode(claims, self._key(), algorithm=ALGORITHM)

    def _key(self) -> bytes:
        """The key, read anew each time: who deletes the file voids every token at once."""
        try:
            if not self._file.exists():
                self._make_key()
            key = self._file.read_bytes()
        except OSError as error:
            raise Unavailable(f"{self._file} cannot be used: {error.strerror}.") from error
        if len(key) != KEY_BYTES:
            raise Unavailable(f"{self._file} is damaged: delete it and issue the tokens again.")
        return key

    def _make_key(self) -> None:
        """Whole or not at all, and never over another process's key: a link fails where there is one."""
        with tempfile.NamedTemporaryFile(dir=self._file.parent, prefix=KEY_FILE) as file:  # for its owner alone
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, self._file)
