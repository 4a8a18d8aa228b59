"""``python -m mastery_core research``: the measures of an extract as tables, for people and programs, and what is said to bad input."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pandas as pd
import pytest

from mastery_core.comparison import FEWEST
from mastery_core.research.commands import ABOUT
from mastery_core.research.engines import collect, open_events
from mastery_core.research.findings import MEASURES
from mastery_core.research.retention import by_gap, shown
from tests.command_line.test_command_line import HERE

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    environment = os.environ | {"MASTERY_HOME": str(tmp_path_factory.mktemp("home")), "COLUMNS": "200", "NO_COLOR": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "mastery_core", *arguments]
        return subprocess.run(line, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extract of the sample classroom."""
    folder = tmp_path_factory.mktemp("extract") / "sample"
    assert run("sample").returncode == 0
    assert run("extract", str(folder)).returncode == 0
    return folder


def test_the_commands_are_the_measures() -> None:
    assert [*MEASURES] == [*ABOUT]


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_measure_is_read_as_tables_as_json_and_as_csv(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    by = [f"--by={each}" for each in MEASURES[name].by[:1]]
    told = run("research", name, str(folder), *by)
    assert (told.returncode, told.stderr) == (0, "")
    done = run("research", name, str(folder), *by, "--json", "--csv", str(tmp_path / "tables"))
    answer = orjson.loads(done.stdout)
    assert answer["learners"] == 90
    assert told.stdout.startswith(f"{answer['events']:,} events of 90 learners.\n")
    for title, rows in answer["tables"].items():
        assert f"\n{title}\n" in told.stdout
        assert rows, "the sample has enough of everything"
        written = pd.read_csv(tmp_path / "tables" / f"{title.replace(' ', '-')}.csv")
        assert [*written.columns] == [*rows[0]]
        assert len(written) == len(rows)


def test_of_fewer_than_five_learners_no_count_is_told(run: Run, folder: Path) -> None:
    answer = orjson.loads(run("research", "retention", str(folder), "--by", "concept", "--json").stdout)
    told = {(row["concept"], row["gap"]): row["learners"] for row in answer["tables"]["by gap"]}
    every = shown(collect(by_gap(open_events(folder), ["concept"])))
    of_few = {(row.concept, row.gap) for row in every.itertuples() if row.withheld}
    assert of_few, "the sample has gaps that few learners had"
    assert not of_few & told.keys()
    assert min(told.values()) >= FEWEST
    curves = orjson.loads(run("research", "curves", str(folder), "--json").stdout)["tables"]
    learners = [row["learners"] for name in ("overall", "curves") for row in curves[name]]
    assert min(learners) >= FEWEST


def test_a_selection_holds_what_was_asked_for(run: Run, folder: Path) -> None:
    events = open_events(folder, "pandas").collect().to_native()
    cohort, concept = events["cohort"].min(), events["concept"].value_counts().index[0]
    done = run(
        "research", "velocity", str(folder), "--json", "--cohort", cohort, "--concept", concept, "--by", "cohort"
    )
    answer = orjson.loads(done.stdout)
    chosen = events[(events["cohort"] == cohort) & (events["concept"] == concept)]
    assert 0 < answer["events"] <= len(chosen)
    assert {row["cohort"] for row in answer["tables"]["velocity"]} == {cohort}


def test_other_engines_tell_the_same(run: Run, folder: Path) -> None:
    ours, theirs = (
        orjson.loads(run("research", "retention", str(folder), "--json", "--engine", engine).stdout)
        for engine in ("duckdb", "pandas")
    )
    for title, rows in ours["tables"].items():
        pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(theirs["tables"][title]), rtol=1e-6)


def test_a_proposal_is_sql_that_says_what_was_measured(run: Run, folder: Path) -> None:
    done = run("research", "refit", str(folder))
    assert done.returncode == 0
    assert done.stdout.startswith("-- A proposal for the rules of the mastery score")
    assert done.stdout.endswith("commit;\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["velocity", "--by", "gender"], 'velocity cannot be told by "gender", only by: concept, cohort, week.'),
        (["curves", "--cohort", "nobody"], 'There is no cohort "nobody" to choose, only: '),
        (["curves", "--from", "March"], '"March" is no month: write it like 2026-03.'),
        (["retention", "--minimum", "4"], "There is no minimum of 4 observations to choose, only: 1, 3, 5, 10, 20."),
        (["calibration", "--engine", "abacus"], 'There is no engine "abacus", only: duckdb, pandas, spark.'),
    ],
)
def test_what_cannot_be_chosen_is_said_in_a_sentence(run: Run, folder: Path, arguments: list[str], said: str) -> None:
    name, *options = arguments
    done = run("research", name, str(folder), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def damaged(folder: Path) -> None:
    next((folder / "events").rglob("*.parquet")).write_bytes(b"PAR1")


def missing(folder: Path) -> None:
    next((folder / "events").rglob("*.parquet")).unlink()


def newer(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"schema_version": 99}))


def interrupted(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"complete": False}))


def empty(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"rows": 0, "months": []}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damaged, "is damaged: extract again"), (missing, "is missing from the extract: extract again"), (newer, "has version 99 of the schema"),
        (interrupted, "was interrupted: extract into it again"), (empty, "is empty: no cohort is shared"),
    ],
)  # fmt: skip
def test_an_extract_that_cannot_be_read_is_said_with_a_way_on(
    run: Run, folder: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoilt = tmp_path / "extract"
    shutil.copytree(folder, spoilt)
    spoil(spoilt)
    done = run("research", "velocity", str(spoilt))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
