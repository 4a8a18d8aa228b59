"""What a service promises holds over every transport: each of these tests runs once over each."""

from pathlib import Path

import pytest

from mastery_core.database import Database
from tests.local_supabase import Transport

# Practice of real learners, beside the project and no part of it: its licence is another. Where it is not, nothing is to be compared.
PRACTICE_FILE = Path(__file__).parents[3] / "shared" / "data" / "statistics-practice.tsv.gz"
collect_ignore = (
    []
    if PRACTICE_FILE.exists()
    else ["test_cohort_on_practice_file.py", "test_extract_of_practice_file.py", "test_import_of_practice_file.py"]
)


@pytest.fixture(scope="session")
def service(transport: Transport) -> Database:
    return transport.acting_as_service()
