"""What measures are held to: the same answers from every engine, and from a plain pandas calculation, on made, sample and real practice."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.ingest.importer import import_file
from mastery_core.ingest.sample import make_sample
from mastery_core.research.engines import open_events
from mastery_core.research.extract import extract
from mastery_core.research.selection import Lattice, lattice
from tests.services.conftest import PRACTICE_FILE
from tests.services.plain_cohort import WORTH, folded

HAS_SPARK = importlib.util.find_spec("pyspark") is not None and bool(
    os.environ.get("SPARK_REMOTE") or shutil.which("java")
)
ENGINES = ["duckdb", "pandas", *(["spark"] if HAS_SPARK else [])]
# Whole extracts, by name; the real practice lies beside the project and is no part of it.
EXTRACTS = ["sample", *(["practice"] if PRACTICE_FILE.exists() else [])]
MADE_LEARNERS, MADE_EVENTS = 40, 6_000

Lazy = nw.LazyFrame[Any]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Spark takes seconds for each question: it is not asked about the made events, and each test asks it once about the practice file."""
    asked: set[tuple[str, str]] = set()
    left_out = []
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        question = item.nodeid.partition("[")[0], str(parameters.get("frame"))
        if parameters.get("events") == "spark":
            if question[1] == "made" or (question[1] == "practice" and question in asked):
                left_out.append(item)
            asked.add(question)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_report_header() -> str:
    return "measures run on " + ", ".join(ENGINES) + ("" if HAS_SPARK else " (no Spark: pyspark or Java is not here)")


@pytest.fixture(scope="session", params=["duckdb", "pandas"])
def lazily(request: pytest.FixtureRequest) -> Callable[[pd.DataFrame], Lazy]:
    """``lazily(frame)``: the rows of a frame on an engine. Spark takes a second for each: whole sets of events are tried on it."""
    return lambda frame: _in(request.param, frame)


@pytest.fixture(scope="session")
def made() -> pd.DataFrame:
    """Events of forty learners of three cohorts on six concepts in 90 days: answers right and wrong, reading, questions, resets, gaps of all
    lengths; some learners with one event, one who was always right."""
    chance = np.random.default_rng(20261127)
    learner = np.minimum(chance.geometric(0.06, MADE_EVENTS), MADE_LEARNERS) - 1
    log = pd.DataFrame(
        {
            "learner": [name_of(n) for n in learner],
            "concept": [f"Concept {n}" for n in chance.integers(0, 6, MADE_EVENTS)],
            "outcome": chance.choice([*WORTH], MADE_EVENTS, p=[0.6, 0.25, 0.05, 0.1]),
            "at": pd.Timestamp("2026-02-01", tz="UTC")
            + pd.to_timedelta(chance.integers(0, 90 * 86_400, MADE_EVENTS), unit="s"),
            "id": np.arange(MADE_EVENTS),
        }
    )
    log.loc[log.learner == name_of(3), "outcome"] = "correct"
    log["cohort"] = "cohort" + (log.learner.str[-2:].astype(int) % 3).astype(str)
    return events_of(log)


def name_of(number: int) -> str:
    """The name of a made learner: it begins with a hexadecimal digit, as names in an extract do."""
    return f"{number % 16:x}learner{number:02}"


def events_of(log: pd.DataFrame) -> pd.DataFrame:
    """The events, as an extract tells of them, of a log: ``learner``, ``cohort``, ``concept``, ``outcome``, ``at``, ``id``."""
    frame = folded(log)
    pairs = frame.groupby(["learner", "concept"], sort=False)
    before = frame.after - frame.moved
    earlier = pairs.after.shift()
    right, wrong = frame.graded & frame.correct, frame.graded & ~frame.correct
    keys = [frame.learner, frame.concept]
    successes, failures = (each.astype("int32").groupby(keys).cumsum() - each for each in (right, wrong))
    return pd.DataFrame(
        {
            "learner": frame.learner, "cohort": frame.cohort, "concept": frame.concept, "at": frame["at"], "outcome": frame.outcome,
            "trigger": frame.outcome.map({"confusion_detected": "question", "passive_read": "explanation"}).fillna("quiz"),
            "is_correct": frame.correct.astype(object).where(frame.graded, None).astype("boolean").astype(object).where(frame.graded, None),
            "opportunity": frame.opportunity.astype("int32"), "successes": successes.astype("int32"),
            "failures": failures.astype("int32"), "before": before, "after": frame.after, "delta": frame.moved,
            "forgotten": (before - earlier).fillna(0.0), "gap": pairs["at"].diff().dt.total_seconds(), "session": None,
            "seconds": frame["at"].astype("datetime64[us, UTC]").astype("int64") / 1e6,
        }
    )  # fmt: skip


def log_of(answers: dict[str, str]) -> pd.DataFrame:
    """Events of learners who met a concept once a day: of each a letter an answer, r or w, or p for reading."""
    rows = [
        (
            learner,
            "Concept",
            {"r": "correct", "w": "incorrect", "p": "passive_read"}[letter],
            pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(days=n),
            n,
        )
        for learner, letters in answers.items()
        for n, letter in enumerate(letters)
    ]
    log = pd.DataFrame(rows, columns=["learner", "concept", "outcome", "at", "id"]).assign(cohort="cohort")
    return events_of(log)


@pytest.fixture(scope="session")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """``extracts(name)``: the folder of the extract of the sample classroom or of real practice, made at most once."""
    folders: dict[str, Path] = {}
    databases: list[EmbeddedDatabase] = []

    def folder_of(name: str) -> Path:
        if name not in folders:
            databases.append(EmbeddedDatabase(tmp_path_factory.mktemp("home")))
            folders[name] = tmp_path_factory.mktemp(name)
            FILLED[name](databases[-1].acting_as_service())
            extract(databases[-1].acting_as_service(), folders[name])
        return folders[name]

    yield folder_of
    for database in databases:
        database.close()


def _practised(database: Database) -> None:
    import_file(
        database,
        PRACTICE_FILE,
        format="datashop",
        concept_column="KC (Cluster)",
        cohort="Statistics",
        source="practice",
    )
    [cohort] = database.call("list_cohorts")
    database.call("share_cohort", cohort=cohort["id"], shared=True)


FILLED: dict[str, Callable[[Database], object]] = {"sample": make_sample, "practice": _practised}


@pytest.fixture(params=["made", *EXTRACTS])
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Each of the sets of events in turn, for a plain calculation."""
    if request.param == "made":
        made: pd.DataFrame = request.getfixturevalue("made")
        return made
    folder = request.getfixturevalue("extracts")(request.param)
    return open_events(folder, "pandas").collect().to_native()


@pytest.fixture(params=ENGINES)
def events(request: pytest.FixtureRequest, frame: pd.DataFrame, made: pd.DataFrame) -> Lazy:
    """The events of ``frame``, as an engine opens them."""
    if frame is made:
        return _in(request.param, frame)
    if request.param == "spark":
        _small_spark()
    chosen = request.node.callspec.params["frame"]
    return open_events(request.getfixturevalue("extracts")(chosen), request.param)


@pytest.fixture(scope="session")
def lattices() -> dict[tuple[str, str], Lattice]:
    """The lattices that were counted, by events and engine."""
    return {}


@pytest.fixture
def whole(request: pytest.FixtureRequest, events: Lazy, lattices: dict[tuple[str, str], Lattice]) -> Lattice:
    """The lattice of ``events``, counted at most once."""
    asked = request.node.callspec.params["frame"], request.node.callspec.params["events"]
    if asked not in lattices:
        lattices[asked] = lattice(events)
    return lattices[asked]


def _in(engine: str, frame: pd.DataFrame) -> Lazy:
    if engine == "spark":
        return _on_spark(frame)
    return nw.from_native(duckdb.connect().from_df(frame) if engine == "duckdb" else frame).lazy()


def _on_spark(frame: pd.DataFrame) -> Lazy:
    """By way of Arrow: PySpark's own way from pandas is not for pandas 3."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return nw.from_native(_small_spark().createDataFrame(table)).lazy()


def _small_spark() -> Any:
    """The session that the engine finds there is one already: made for little, not for a whole machine."""
    from pyspark.sql import SparkSession

    said = {
        "spark.master": "local[1]", "spark.ui.enabled": "false", "spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false",
    }  # fmt: skip
    return SparkSession.builder.config(map=said).getOrCreate()
