"""What a service promises holds over every transport: each of these tests runs once over each."""

import pytest

from mastery_core.database import Database
from tests.local_supabase import Transport


@pytest.fixture(scope="session")
def service(transport: Transport) -> Database:
    return transport.acting_as_service()
