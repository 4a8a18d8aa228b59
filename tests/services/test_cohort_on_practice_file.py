"""What is said of a cohort of 383 learners of flesh and blood, against a plain calculation from the file they came in."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from mastery_core import open_database
from mastery_core.cohort_service import CohortService
from mastery_core.ingest.importer import import_file
from tests.services import plain_cohort as plain
from tests.services.conftest import PRACTICE_FILE

CONCEPT_COLUMN = "KC (Cluster)"
OUTCOMES = {"CORRECT": "correct", "INCORRECT": "incorrect", "STUDY": "passive_read"}
IN_THE_MIDDLE, AT_THE_END = date(2015, 11, 14), date(2015, 12, 7)


class Imported(NamedTuple):
    """The cohort's id, and the file's own log; its learners are known by name, which is their id in the file."""

    id: str
    frame: pd.DataFrame


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CohortService]:
    """A database of its own, so that nobody else's tests go through these rows."""
    database = open_database(tmp_path_factory.mktemp("practice"))
    service = database.acting_as_service()
    report = import_file(
        service, PRACTICE_FILE, format="datashop", concept_column=CONCEPT_COLUMN, cohort="Statistics"
    )  # fmt: skip
    assert report.imported == report.rows > 0
    yield CohortService(service)
    database.close()


@pytest.fixture(scope="module")
def imported(cohorts: CohortService) -> Imported:
    file = pd.read_csv(PRACTICE_FILE, sep="\t", usecols=["Anon Student Id", "Time", "Outcome", CONCEPT_COLUMN])
    log = pd.DataFrame(
        {
            "learner": file["Anon Student Id"],
            "concept": file[CONCEPT_COLUMN],
            "outcome": file["Outcome"].map(OUTCOMES),
            "at": pd.to_datetime(file["Time"], utc=True),
            "id": file.index,
        }
    )
    # No learner did two things of one concept within a second, so the order is the file's own.
    assert not log.duplicated(["learner", "concept", "at"]).any()
    [cohort] = cohorts.get_cohorts()
    return Imported(cohort.id, plain.folded(log))


days = pytest.mark.parametrize("day", [IN_THE_MIDDLE, AT_THE_END])


def test_all_of_the_file_is_there(cohorts: CohortService, imported: Imported) -> None:
    span, times = cohorts.get_span(imported.id), imported.frame["at"]
    assert (span.learners, span.first_day, span.last_activity) == (383, times.min().date(), times.max())
    assert span.last_activity is not None
    assert span.last_activity.date() == AT_THE_END


@days
def test_learners_of_the_file_are_those_of_a_plain_calculation(
    day: date, cohorts: CohortService, imported: Imported
) -> None:
    found = cohorts.get_learners(imported.id, day)
    assert found.name.tolist() == sorted(set(imported.frame.learner), key=str.casefold)
    expected = plain.learners(imported.frame, found.name.tolist(), day, 30, plain.end_of(day))
    unclear = expected.pop("unclear").to_numpy()
    for trend in ("improving", "declining"):
        more = found[trend].to_numpy() - expected.pop(trend).to_numpy()
        assert ((more >= 0) & (more <= unclear)).all(), trend
    pd.testing.assert_frame_equal(found[list(expected)], expected.reset_index(drop=True), rtol=0, atol=1e-9)


@days
def test_concepts_of_the_file_are_those_of_a_plain_calculation(
    day: date, cohorts: CohortService, imported: Imported
) -> None:
    found = cohorts.get_concepts(imported.id, day)
    expected = plain.concepts(imported.frame, day, 30, plain.end_of(day))
    pd.testing.assert_frame_equal(found[list(expected)], expected, rtol=0, atol=1e-9)
    moments = cohorts.get_course(imported.id, day)["at"].tolist()
    means = plain.concept_means(imported.frame, moments).loc[found.concept.tolist()]
    courses = np.array(found.course.tolist(), dtype="float64")
    np.testing.assert_allclose(courses, means, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found.mean_before, courses[:, 0])


@days
def test_the_course_of_the_file_is_that_of_a_plain_calculation(
    day: date, cohorts: CohortService, imported: Imported
) -> None:
    for concept in (None, imported.frame.concept.mode()[0]):
        found = cohorts.get_course(imported.id, day, concept=concept)
        expected = plain.course(imported.frame, found["at"].tolist(), concept)
        assert found.learners.iloc[-1] > 30
        pd.testing.assert_frame_equal(found[list(expected)], expected, rtol=0, atol=1e-9)


@days
def test_cells_of_the_file_are_those_of_a_plain_calculation(
    day: date, cohorts: CohortService, imported: Imported
) -> None:
    names = cohorts.get_learners(imported.id, day).set_index("id").name
    cells = cohorts.get_cells(imported.id, day)
    every = plain.standing(imported.frame, plain.end_of(day))
    assert set(cells.concepts) == set(every.concept)
    in_order = names[cells.learners].tolist()
    assert sorted(in_order) == sorted(names)
    score, observations = plain.cells(every, in_order, cells.concepts)
    np.testing.assert_allclose(cells.score, score, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(cells.observations, observations)


@days
def test_opportunities_of_the_file_are_those_of_a_plain_calculation(
    day: date, cohorts: CohortService, imported: Imported
) -> None:
    for concept in sorted(set(imported.frame.concept))[::6]:
        found = cohorts.get_opportunities(imported.id, concept, day)
        pd.testing.assert_frame_equal(found, plain.opportunities(imported.frame, concept, plain.end_of(day), 20))
