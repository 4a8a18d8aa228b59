"""``digest`` as a person, or a mailer, types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

HERE = Path(__file__).resolve().parents[2]
TODAY = datetime.now(UTC).date()
# When each answered three times on one concept, in days before today, and how. "Ada [1815]" has just begun to fall.
PRACTICE = {
    "Ada [1815]": [("correct", 12), ("correct", 12), ("correct", 12), ("incorrect", 2), ("incorrect", 1)],
    "Ben": [("incorrect", 12), ("incorrect", 12), ("incorrect", 12), *[("correct", 3)] * 6],
    "Cleo": [("correct", 12), ("correct", 12), ("correct", 12)],
    "Dan": [("correct", 17), ("correct", 17), ("correct", 17)],
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command on a home with one cohort."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"MASTERY_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mastery_core", *arguments]
        return subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    rows = [
        f"{learner},Bayes,{outcome},{(datetime.now(UTC) - timedelta(days=days, seconds=9 - n)).isoformat()}"
        for learner, answers in PRACTICE.items()
        for n, (outcome, days) in enumerate(answers)
    ]
    file = home / "practice.csv"
    file.write_text("\n".join(["learner,concept,outcome,at", *rows]))
    done = run("import", str(file), "--format", "csv", "--cohort", "Spring :smile: [b]")
    assert done.returncode == 0, done.stderr
    return run


def in_words(days_ago: int) -> str:
    day = TODAY - timedelta(days=days_ago)
    return f"{day.day} {day:%B %Y}"


def test_it_says_who_is_new_and_who_is_no_longer_and_why(run: Run) -> None:
    done = run("digest", "Spring :smile: [b]")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"Spring :smile: [b], {in_words(0)}\n"
        "\n"
        "2 learners need attention, 1 a week before.\n"
        "\n"
        f"New since {in_words(7)}:\n"
        "* Ada [1815] (struggling, active): mean 36% when last practised, below 50%; 1 concept declining by practice of the last 7 days\n"
        "* Dan (on track, inactive): no practice for 17 days, faded from 80% to 33%\n"
        "\n"
        f"No longer since {in_words(7)}, and why they did:\n"
        "* Ben (excelling, active): mean 35% when last practised, below 50%; 1 concept declining by practice of the last 7 days\n"
    )


def test_a_program_reads_the_same(run: Run) -> None:
    [cohort] = orjson.loads(run("cohort", "list", "--json").stdout)
    told = orjson.loads(run("digest", cohort["id"], "--json").stdout)
    assert (told["cohort"]["id"], told["cohort"]["learners"]) == (cohort["id"], 4)
    assert (told["day"], told["since"]) == (TODAY.isoformat(), (TODAY - timedelta(days=7)).isoformat())
    assert (told["needing"], told["needing_before"]) == (2, 1)
    assert [(each["name"], each["group"], each["activity"]) for each in told["newly"]] == [
        ("Ada [1815]", "struggling", "active"),
        ("Dan", "on track", "inactive"),
    ]
    assert [each["name"] for each in told["no_longer"]] == ["Ben"]
    assert all(each["reasons"] for each in told["newly"] + told["no_longer"])
    assert told == orjson.loads(run("digest", cohort["id"].upper(), "--json").stdout)


def test_a_past_week_can_be_asked_for(run: Run) -> None:
    day = (TODAY - timedelta(days=8)).isoformat()
    told = orjson.loads(run("digest", "Spring :smile: [b]", "--day", day, "--json").stdout)
    assert (told["day"], told["needing"], told["needing_before"]) == (day, 1, 0)
    assert [each["name"] for each in told["newly"]] == ["Ben"]
    early = run("digest", "Spring :smile: [b]", "--day", "1970-01-02")
    assert early.returncode == 0
    assert (
        "0 learners need attention, 0 a week before.\n\nNobody new and nobody less since 26 December 1969."
        in early.stdout
    )


@pytest.mark.parametrize(
    ("arguments", "gist"),
    [
        (["Winter"], 'There is no cohort "Winter".'),
        (["00000000-0000-0000-0000-000000000000"], "There is no cohort"),
        (["Spring :smile: [b]", "--day", "yesterday"], 'A day reads YYYY-MM-DD; "yesterday" does not.'),
        (["Spring :smile: [b]", "--day", "2999-01-01"], "2999-01-01 does not"),
        (["Spring :smile: [b]", "--day", "0001-01-01"], "0001-01-01 does not"),
    ],
)
def test_what_it_cannot_answer_is_one_clear_line(arguments: list[str], gist: str, run: Run) -> None:
    done = run("digest", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert gist in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
