"""The extract of real practice, against the file it came from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.database import Database
from mastery_core.ingest.importer import import_file
from mastery_core.research.extract import extract
from tests.services import plain_cohort as plain
from tests.services.conftest import PRACTICE_FILE

CONCEPT_COLUMN = "KC (Cluster)"


@pytest.fixture(scope="module")
def extracted(
    service: Database, query: Callable[..., list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> pd.DataFrame:
    """The events of the file's cohort."""
    name = f"Statistics {uuid4()}"
    import_file(service, PRACTICE_FILE, format="datashop", concept_column=CONCEPT_COLUMN, cohort=name, source=name)
    [cohort] = query(
        "select id::text, private.pseudonym('cohort', id) as pseudonym from cohorts where name = %(name)s", name=name
    )
    CohortKeeping(service).share(cohort["id"], shared=True)
    folder: Path = tmp_path_factory.mktemp("extract")
    extract(service, folder)
    CohortKeeping(service).share(cohort["id"], shared=False)
    events = pd.read_parquet(folder / "events")
    return events[events.cohort == cohort["pseudonym"]]


@pytest.fixture(scope="module")
def file() -> pd.DataFrame:
    frame = pd.read_csv(PRACTICE_FILE, sep="\t", dtype=str)
    return frame.assign(**{CONCEPT_COLUMN: frame[CONCEPT_COLUMN].str.strip()})


def test_it_holds_what_the_file_holds(extracted: pd.DataFrame, file: pd.DataFrame) -> None:
    assert len(extracted) == len(file)
    assert extracted.learner.nunique() == file["Anon Student Id"].nunique()
    assert extracted.groupby("concept").size().to_dict() == file.groupby(CONCEPT_COLUMN).size().to_dict()
    outcomes = file.Outcome.str.lower().map({"correct": True, "incorrect": False})
    ours = extracted.groupby("concept").is_correct.apply(lambda right: right.dropna().astype(float).mean())
    theirs = outcomes.astype(float).groupby(file[CONCEPT_COLUMN]).mean()
    pd.testing.assert_series_equal(ours, theirs, check_names=False, rtol=1e-12)


def test_its_scores_are_those_of_a_plain_calculation(extracted: pd.DataFrame) -> None:
    """In the order of the extract; what happened in one instant is taken in that order too."""
    frame = extracted.reset_index(drop=True).assign(id=lambda events: events.groupby(["learner", "concept"]).cumcount())
    folded = plain.folded(frame[["learner", "concept", "outcome", "at", "id"]])
    frame = frame.sort_values(["learner", "concept", "at", "id"], ignore_index=True)
    np.testing.assert_allclose(frame.after, folded.after, atol=1e-9, rtol=0)
    np.testing.assert_allclose(frame.delta, folded.moved, atol=1e-9, rtol=0)
    assert frame.opportunity.tolist() == folded.opportunity.tolist()


def test_what_time_took_and_practice_gave_adds_up_to_the_score(extracted: pd.DataFrame) -> None:
    pairs = extracted.sort_values("at", kind="stable").groupby(["learner", "concept"])
    moved = pairs[["forgotten", "delta"]].sum().sum(axis=1)
    np.testing.assert_allclose(0.5 + moved, pairs.after.last(), atol=1e-9, rtol=0)


def test_accuracy_falls_as_the_gap_grows(extracted: pd.DataFrame) -> None:
    answered = extracted[extracted.is_correct.notna() & extracted.gap.notna()]
    days = pd.cut(answered.gap / 86_400, [-1, 1, 7, 30, 10_000])
    right = answered.is_correct.astype(float).groupby(days, observed=True).agg(["mean", "size"])
    assert right["size"].min() > 0
    assert right["mean"].iloc[0] > right["mean"].iloc[-1]
