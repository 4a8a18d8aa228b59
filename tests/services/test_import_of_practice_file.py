"""The practice of 383 learners, brought in by who teaches them and taken out again, to the last bit."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from mastery_core import open_database
from mastery_core.database import EmbeddedDatabase
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.practice_import import PracticeImport, Reading
from mastery_core.ingest.shape import look
from tests.services.conftest import PRACTICE_FILE

READING = Reading("datashop", "KC (Cluster)")
TABLES = (
    "auth.users", "profiles", "cohort_members", "interactions", "learning_sessions", "mastery_history", "mastery_daily",
    "student_mastery", "private.session_bounds", "private.unlogged_scores",
)  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    database = open_database(tmp_path_factory.mktemp("practice"))
    yield database
    database.close()


def test_the_file_comes_in_once_and_goes_without_a_trace(
    own: EmbeddedDatabase, console_of: Callable[[EmbeddedDatabase], Any]
) -> None:
    console, service, teacher = console_of(own), own.acting_as_service(), str(uuid4())
    service.call("add_person", person=teacher, display_name="Teacher")
    service.call("add_to_cohort", cohort="Statistics", person=teacher, role="instructor", create_missing=True)
    [cohort] = service.call("list_cohorts")
    # Some learners were here before, with another half of what they did.
    import_file(service, PRACTICE_FILE, format="datashop", concept_column="KC (Cluster)", cohort="Elsewhere")
    console.query(
        "insert into cohort_members (cohort_id, user_id) select %(id)s, id from profiles where id::text < '2' and id <> %(teacher)s",
        id=cohort["id"], teacher=teacher,
    )  # fmt: skip
    console.query("delete from interactions where id::text < '8'")
    service.call("replay")

    def everything() -> dict[str, Any]:
        return {
            table: console.query(f"select md5(string_agg(t::text, '' order by t::text)), count(*) from {table} t")
            for table in TABLES
        }

    before = everything()
    imports = PracticeImport(own.acting_as(teacher), cohort["id"])
    shape = look(PRACTICE_FILE)
    assert (shape.format, "KC (Cluster)" in shape.concept_columns) == ("datashop", True)
    looked = imports.check(PRACTICE_FILE, READING)
    assert (looked.rows, len(looked.learners)) == (46_726, 383)
    assert 300 < len(looked.new_learners) < 383
    assert looked.already_there > 1_000
    report = imports.run(PRACTICE_FILE, READING)
    assert (report.already_there, report.new_learners) == (looked.already_there, len(looked.new_learners))
    assert report.imported + report.already_there == 46_726
    assert imports.check(PRACTICE_FILE, READING).already_there == 46_726
    assert everything() != before
    assert imports.undo(str(report.import_id)) == report.imported
    assert everything() == before
    console.connection.close()
