"""``grant`` and ``cohort`` as a person types them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

HERE = Path(__file__).resolve().parents[2]
PRACTICE = """learner,concept,outcome,at
Ada,mean,correct,2025-03-01
Ada Byron,mean,correct,2025-03-01
Ben [1815],mean,incorrect,2025-03-02
Twin,mean,correct,2025-03-01
"""
Run = Callable[..., subprocess.CompletedProcess[str]]
Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command on a home that holds a few people: two of them twins in name."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"MASTERY_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mastery_core", *arguments]
        return subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    file = home / "practice.csv"
    file.write_text(PRACTICE)
    for source, cohort in (("here", "Spring"), ("there", "Autumn")):
        done = run("import", str(file), "--format", "csv", "--cohort", cohort, "--source", source)
        assert done.returncode == 0, done.stderr
        file.write_text("learner,concept,outcome,at\nTwin,mean,correct,2025-03-01\n")
    return run


@pytest.fixture(scope="module")
def answer(run: Run) -> Answer:
    """What a command prints with ``--json``."""

    def ask(*arguments: str) -> Any:
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return orjson.loads(done.stdout)

    return ask


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_a_role_is_granted_by_name_and_taken_away_by_id(run: Run, answer: Answer) -> None:
    assert run("grant", "ada", "researcher").stdout == "Ada: researcher.\n"
    [ada] = [each for each in answer("people", "Ada")["people"] if each["role"] == "researcher"]
    assert answer("grant", ada["id"], "student")["role"] == "student"


def test_an_unknown_role_is_answered_with_the_known_ones(run: Run) -> None:
    assert "admin, instructor, researcher, student" in refusal(run("grant", "Ada", "king"))
    assert "instructor, student" in refusal(run("cohort", "add", "Spring", "Ada", "--role", "admin"))


def test_who_is_meant_is_asked_back_where_it_is_nobody_or_several(run: Run, answer: Answer) -> None:
    twins = [each["id"] for each in answer("people", "Twin")["people"]]
    said = refusal(run("grant", "Twin", "instructor"))
    assert len(twins) == 2
    assert all(twin in said for twin in twins)
    assert "Ada Byron (" in refusal(run("cohort", "add", "Spring", "Byron"))
    assert 'nobody with the id, e-mail or name "Zoe"' in refusal(run("grant", "Zoe", "admin"))


def test_people_join_and_leave_a_cohort(run: Run, answer: Answer) -> None:
    assert (
        run("cohort", "add", "Spring", "Ada Byron", "--role", "instructor").stdout
        == "Ada Byron: instructor of Spring.\n"
    )
    assert "already" in run("cohort", "add", "Spring", "Ada Byron", "--role", "instructor").stdout
    members = {each["display_name"]: each["role"] for each in answer("cohort", "list", "Spring")}
    assert members == {"Ada": "student", "Ada Byron": "instructor", "Ben [1815]": "student", "Twin": "student"}
    assert "Ben [1815]" in run("cohort", "list", "Spring").stdout
    assert answer("cohort", "remove", "Spring", "Ada Byron")["changed"] is True
    assert run("cohort", "remove", "Spring", "Ada Byron").stdout == "Ada Byron was not in Spring.\n"
    assert "Ada Byron" not in run("cohort", "list", "Spring").stdout


def test_a_cohort_is_named_by_its_id_too(run: Run, answer: Answer, tmp_path: Path) -> None:
    [autumn] = [each for each in answer("cohort", "list") if each["name"] == "Autumn"]
    by_id = autumn["id"]
    assert run("cohort", "add", by_id.upper(), "Ben [1815]").stdout == "Ben [1815]: student of Autumn.\n"
    assert run("cohort", "add", by_id, "Ben [1815]", "--create").stdout == "Ben [1815] was student of Autumn already.\n"
    assert run("cohort", "remove", by_id, "Ben [1815]").stdout == "Ben [1815] is no longer in Autumn.\n"
    file = tmp_path / "practice.csv"
    file.write_text("learner,concept,outcome,at\nTwin,mode,correct,2025-03-01\n")
    done = run("import", str(file), "--format", "csv", "--cohort", by_id, "--source", "there")
    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in answer("cohort", "list")] == ["Autumn", "Spring"]
    assert [each["display_name"] for each in answer("cohort", "list", by_id)] == ["Twin"]
    assert "name or id" in " ".join(run("cohort", "add", "--help").stdout.split())


def test_a_cohort_is_made_only_when_asked_for(run: Run, answer: Answer) -> None:
    assert 'no cohort "Winter"' in refusal(run("cohort", "add", "Winter", "Ada"))
    assert 'no cohort "Winter"' in refusal(run("cohort", "list", "Winter"))
    assert 'no cohort "Winter"' in refusal(run("cohort", "remove", "Winter", "Ada"))
    assert answer("cohort", "add", "Winter", "Ada", "--create")["changed"] is True
    assert {each["name"]: each["students"] for each in answer("cohort", "list")} == {
        "Autumn": 1,
        "Spring": 3,
        "Winter": 1,
    }
    assert "Winter" in run("cohort", "list").stdout
