"""Work in the background: what comes of it is kept, it can be stopped, and it leaves no file behind."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mastery_core.errors import InvalidInput
from mastery_core.ingest import jobs as module
from mastery_core.ingest.jobs import Cancelled, Job, Jobs, Progress

PATIENCE_SECONDS = 20


class Gate:
    """Work that goes a step each time it is let, and stops where it is told to."""

    def __init__(self) -> None:
        self._steps = threading.Semaphore(0)
        self.took_back = False

    def __call__(self, on_progress: Progress) -> str:
        for done in range(3):
            assert self._steps.acquire(timeout=PATIENCE_SECONDS)
            try:
                on_progress(done, 3)
            except Cancelled:
                self.took_back = True
                raise
        return "the result"

    def open(self, steps: int = 1) -> None:
        self._steps.release(steps)


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open(9)


def ended(job: Job) -> Job:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not job.is_over and time.monotonic() < give_up:
        time.sleep(0.005)
    assert job.is_over
    return job


def failing(error: BaseException) -> Callable[[Progress], Any]:
    def work(_: Progress) -> None:
        raise error

    return work


def test_a_job_works_while_others_look_and_keeps_its_result(jobs: Jobs, gate: Gate) -> None:
    job = jobs.start("ann", "import", gate)
    assert jobs.of("ann") is job
    assert (job.kind, job.state, job.is_over) == ("import", "working", False)
    gate.open(3)
    ended(job)
    assert (job.state, job.result, job.error, job.done, job.total) == ("done", "the result", None, 2, 3)
    assert jobs.of("ben") is None


def test_an_owner_has_one_at_a_time_and_others_theirs(jobs: Jobs, gate: Gate) -> None:
    first = jobs.start("ann", "check", gate)
    with pytest.raises(InvalidInput, match="still being worked on"):
        jobs.start("ann", "import", failing(ValueError()))
    assert jobs.of("ann") is first
    assert ended(jobs.start("ben", "check", lambda _: 7)).result == 7
    gate.open(3)
    ended(first)
    assert ended(jobs.start("ann", "import", lambda _: 8)).result == 8


def test_of_many_who_start_at_once_one_does(jobs: Jobs, gate: Gate) -> None:
    refused = []

    def start() -> None:
        try:
            jobs.start("ann", "import", gate)
        except InvalidInput as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 11


def test_what_is_cancelled_stops_at_its_next_step(jobs: Jobs, gate: Gate) -> None:
    job = jobs.start("ann", "import", gate)
    job.cancel()
    assert (job.state, job.is_over) == ("cancelling", False)
    with pytest.raises(InvalidInput):
        jobs.start("ann", "import", gate)
    gate.open()
    ended(job)
    assert (job.state, gate.took_back, job.result) == ("cancelled", True, None)
    assert isinstance(job.error, Cancelled)
    job.cancel()
    assert job.state == "cancelled"


def test_what_is_cancelled_too_late_is_done(jobs: Jobs) -> None:
    go = threading.Event()
    job = jobs.start("ann", "import", lambda _: go.wait(PATIENCE_SECONDS))
    job.cancel()
    go.set()
    assert (ended(job).state, job.result) == ("done", True)


@pytest.mark.parametrize("error", [InvalidInput("Line 3."), ValueError("a bug"), SystemExit(1), KeyboardInterrupt()])
def test_no_error_is_lost_in_a_thread(jobs: Jobs, error: BaseException) -> None:
    job = ended(jobs.start("ann", "check", failing(error)))
    assert (job.state, job.error, job.result) == ("failed", error, None)


def test_the_folder_stays_as_long_as_the_job_and_goes_with_it(jobs: Jobs, gate: Gate, tmp_path: Path) -> None:
    folder = tmp_path / "upload"
    folder.mkdir()
    (folder / "practice.csv").write_text("learner")
    check = ended(jobs.start("ann", "check", lambda _: 1, folder=folder))
    assert folder.exists()
    job = jobs.start("ann", "import", gate, folder=folder)
    assert jobs.of("ann") is not check
    jobs.forget("ann")
    assert jobs.of("ann") is job, "it still works"
    assert folder.exists()
    gate.open(3)
    ended(job)
    jobs.forget("ann")
    assert jobs.of("ann") is None
    assert not folder.exists()
    jobs.forget("ann")


def test_another_file_takes_the_place_of_the_last_one(jobs: Jobs, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        ended(jobs.start("ann", "check", lambda _: 1, folder=folder))
    assert [folder.exists() for folder in folders] == [False, True]
    jobs.clear_folders()
    assert not folders[1].exists()


def test_what_nobody_comes_back_to_is_forgotten(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upload").mkdir()
    ended(jobs.start("ann", "check", lambda _: 1, folder=tmp_path / "upload"))
    ended(jobs.start("ben", "check", lambda _: 1))
    assert jobs.of("ann") is not None
    monkeypatch.setattr(module, "KEPT_SECONDS", -1)
    assert jobs.of("cas") is None, "it is enough that somebody looks"
    assert not (tmp_path / "upload").exists()
    assert [jobs.of(owner) for owner in ("ann", "ben")] == [None, None]
