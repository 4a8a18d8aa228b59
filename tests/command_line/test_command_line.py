"""``python -m mastery_core`` as a person types it: what it prints, and with what it exits."""

import csv
import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

HERE = Path(__file__).resolve().parents[2]
HEADER = ["learner", "concept", "outcome", "at", "session"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command on a home of this module's own; ``home`` names another."""
    own = tmp_path_factory.mktemp("home")

    def run(*arguments: str, home: Path = own) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"MASTERY_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}
        command = [sys.executable, "-m", "mastery_core", *arguments]
        return subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    return run


def write_practice(path: Path, learners: int = 3, outcomes: int = 10) -> Path:
    start = datetime(2025, 3, 1, 9, tzinfo=UTC)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for learner in range(learners):
            for n in range(outcomes):
                at = start + timedelta(hours=n, seconds=learner)
                rows.writerow(
                    [
                        f"learner {learner}",
                        f"concept {n % 4}",
                        "correct" if n % 3 else "incorrect",
                        at.isoformat(),
                        "s1",
                    ]
                )
    return path


@pytest.fixture(scope="module")
def held(run: Run) -> int:
    """How many interactions the home holds before the bad files."""
    return interactions(run)


def interactions(run: Run) -> int:
    count: int = orjson.loads(run("status", "--json").stdout)["interactions"]
    return count


def test_help_names_every_command(run: Run) -> None:
    said = run("--help").stdout
    commands = ("import", "sample", "people", "grant", "cohort", "digest", "token", "replay", "backfill", "status")
    assert all(command in said for command in commands)


def test_a_file_twice_adds_nothing(run: Run, tmp_path: Path) -> None:
    file = write_practice(tmp_path / "practice.csv")
    first = orjson.loads(run("import", str(file), "--format", "csv", "--cohort", "Spring", "--json").stdout)
    again = orjson.loads(run("import", str(file), "--format", "csv", "--cohort", "Spring", "--json").stdout)
    assert (first["rows"], first["imported"], first["learners"], first["concepts"]) == (30, 30, 3, 4)
    assert (again["imported"], again["already_there"]) == (0, 30)
    people = orjson.loads(run("people", "learner", "--json").stdout)
    assert [person["cohorts"] for person in people["people"]] == [["Spring"]] * 3
    assert "learner 1" in run("people").stdout


def test_replay_and_backfill_say_what_they_did(run: Run) -> None:
    assert "Replayed" in run("replay").stdout
    assert "Made the history of 0" in run("backfill").stdout


@pytest.mark.parametrize(
    ("content", "options", "gist"),
    [
        (None, [], "no such file"),
        (b"a,b\n1,2\n", [], "learner"),
        (b"learner,concept,outcome,at\nx,mean,correct,2025-13-45\n", [], "line 2"),
        (b"learner,concept,outcome,at\nx,mean,correct,2999-01-01\n", [], "line 2"),
        (b"learner,concept,outcome,at\nx,mean,brilliant,2025-01-01\n", [], "brilliant"),
        (b"learner,concept,outcome,at\nx,mean,correct,2025-01-01\nx,\xff\xfe,correct,2025-01-01\n", [], "line 3"),
        (b"learner,concept,outcome,at\nx," + b"y" * 10_000 + b",correct,2025-01-01\n", [], "10,000"),
        (b"learner,concept,outcome,at\nx,a\0b,correct,2025-01-01\n", [], "line 2"),
        (b"learner,concept,outcome,at\nx,\xe2\x80\xaemean,correct,2025-01-01\n", [], "U+202E"),
        (gzip.compress(b"learner,concept,outcome,at\nx,mean,correct,2025-01-01\n" * 500)[:-20], [], "gzip"),
        (b"learner,concept,outcome,at\nx,mean,correct,2025-01-01\n", ["--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (b"learner,concept,outcome,at\nx,mean,correct,2025-01-01\n", ["--column", "nonsense"], "field=column"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_changes_nothing(
    content: bytes | None, options: list[str], gist: str, held: int, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content)
    done = run("import", str(file), "--format", "csv", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert gist in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert interactions(run) == held


def test_an_unknown_person_or_nonsense_for_one_is_said(run: Run) -> None:
    nobody = run("replay", "--learner", "00000000-0000-0000-0000-000000000000")
    nonsense = run("backfill", "--learner", "me")
    assert (nobody.returncode, nonsense.returncode) == (2, 2)
    assert "no such person" in nobody.stderr
    assert '"me"' in nonsense.stderr


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[str], None]]:
    """A disk of its own in memory, and what makes it larger."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=110m,mode=755", "tmpfs", folder], check=True)
    try:
        yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True) and None
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"),
    reason="only root on Linux can make a small disk",
)
def test_a_full_disk_loses_nothing_and_the_import_goes_on_when_there_is_room(run: Run, tmp_path: Path) -> None:
    file = write_practice(tmp_path / "practice.csv", learners=200, outcomes=200)
    with small_disk(tmp_path / "disk") as make_it:
        home = tmp_path / "disk" / "home"
        full = run("import", str(file), "--format", "csv", home=home)
        assert full.returncode == 2
        assert len(full.stderr.strip().splitlines()) == 1
        assert "o space left" in full.stderr or "out of room" in full.stderr
        make_it("900m")
        state = orjson.loads(run("status", "--json", home=home).stdout)
        report = orjson.loads(run("import", str(file), "--format", "csv", "--json", home=home).stdout)
        assert report["already_there"] == state["interactions"]
        assert report["imported"] + report["already_there"] == report["rows"] == 40_000
