"""A Supabase for tests: the embedded PostgreSQL, and before it the real PostgREST and a double of Supabase Auth.

By hand: ``python -m tests.local_supabase``.
"""

from tests.local_supabase.local_supabase import LocalSupabase
from tests.local_supabase.transport import UNHURRIED_SECONDS, OverPostgREST, Transport

__all__ = ["UNHURRIED_SECONDS", "LocalSupabase", "OverPostgREST", "Transport"]
