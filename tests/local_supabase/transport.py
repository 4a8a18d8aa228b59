"""The transports, as the tests of the contract take them: one after the other."""

from typing import Protocol

from mastery_core.database import Database, SupabaseDatabase
from tests.local_supabase.local_supabase import LocalSupabase

UNHURRIED_SECONDS = 120  # A busy machine is slow now and then.


class Transport(Protocol):
    """A way to the database, for whom it is asked for. ``EmbeddedDatabase`` is one."""

    def acting_as(self, person_id: str) -> Database: ...

    def acting_as_service(self) -> Database: ...


class OverPostgREST:
    """The Supabase transport, for people who have just signed in."""

    def __init__(self, supabase: LocalSupabase) -> None:
        self.database = SupabaseDatabase(supabase.settings(), answer_seconds=UNHURRIED_SECONDS)
        self._token_for = supabase.token_for

    def acting_as(self, person_id: str) -> Database:
        return self.database.acting_as(self._token_for(person_id))

    def acting_as_service(self) -> Database:
        return self.database.acting_as_service()
