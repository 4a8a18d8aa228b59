"""``python -m mastery_core extract``: what it prints, and what is left when it is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pandas as pd
import pytest

from tests.command_line.test_command_line import HERE, write_practice

Run = Callable[..., subprocess.CompletedProcess[str]]
LEARNERS, OUTCOMES = 40, 250


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def command(home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    environment = os.environ | {"MASTERY_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}
    return [sys.executable, "-m", "mastery_core", *arguments], environment


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line, environment = command(home, *arguments)
        return subprocess.run(line, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def shared(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cohort with practice over some months, shared."""
    path = write_practice(tmp_path_factory.mktemp("file") / "practice.csv", LEARNERS, OUTCOMES)
    frame = pd.read_csv(path)
    frame["at"] = pd.to_datetime(frame["at"]) + pd.to_timedelta(frame.groupby("learner").cumcount(), unit="D")
    frame.to_csv(path, index=False)
    assert run("import", str(path), "--format", "csv", "--cohort", "Many").returncode == 0
    assert run("cohort", "share", "Many").stdout == "Many is shared with researchers, under other names.\n"


def rows(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "events")


def test_where_nothing_is_shared_it_says_how_to(tmp_path: Path) -> None:
    line, environment = command(tmp_path / "home", "extract", str(tmp_path / "extract"))
    done = subprocess.run(line, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Nothing to extract: no cohort is shared" in done.stdout


@pytest.mark.usefixtures("shared")
def test_it_says_what_it_wrote_and_again_that_it_wrote_nothing(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "extract"
    said = run("extract", str(folder)).stdout
    months = rows(folder).month.nunique()
    assert said == f"{LEARNERS * OUTCOMES:,} events in {folder}, months: {months}, written now: {months}.\n"
    again = orjson.loads(run("extract", str(folder), "--json").stdout)
    assert again == {"rows": LEARNERS * OUTCOMES, "months": months, "written": [], "removed": []}
    assert len(rows(folder)) == LEARNERS * OUTCOMES
    assert run("cohort", "share", "Many", "--stop").stdout == "Many is not shared with researchers.\n"
    assert orjson.loads(run("extract", str(folder), "--json").stdout)["rows"] == 0
    assert not list(folder.rglob("*.parquet"))
    assert run("cohort", "share", "Many").returncode == 0


def test_an_unknown_cohort_is_said_to_be_so(run: Run) -> None:
    done = run("cohort", "share", "Nowhere")
    assert done.returncode == 2
    assert done.stderr == 'There is no cohort "Nowhere".\n'


def killed_after_the_first_file(home: Path, folder: Path) -> bool:
    line, environment = command(home, "extract", str(folder))
    running = subprocess.Popen(line, cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while running.poll() is None and not list(folder.rglob("*.parquet")):
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    return running.wait() == -signal.SIGKILL


@pytest.mark.usefixtures("shared")
def test_killed_half_way_and_run_again_it_is_as_one_made_in_one_go(run: Run, home: Path, tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    assert run("extract", str(whole)).returncode == 0
    for _ in range(20):  # until it is not over before it can be killed
        if killed_after_the_first_file(home, folder):
            break
        shutil.rmtree(folder)
    assert not orjson.loads((folder / "manifest.json").read_bytes())["complete"]
    assert run("extract", str(folder)).returncode == 0
    pd.testing.assert_frame_equal(rows(folder), rows(whole))
    assert {path.relative_to(folder) for path in folder.rglob("*.*")} == {
        path.relative_to(whole) for path in whole.rglob("*.*")
    }
