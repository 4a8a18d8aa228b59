"""Work that outlives the page that started it: a thread for each, one at a time for each owner."""

import atexit
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from mastery_core.errors import InvalidInput, MasteryError

Progress = Callable[[int, int], None]
State = Literal["working", "cancelling", "done", "failed", "cancelled"]

# What has ended is kept for whoever started it to come back to, and goes with its files after this.
KEPT_SECONDS = 3600.0


class Cancelled(MasteryError):
    """The work was cancelled by who started it; nothing of it is left."""


class Job:
    """One piece of work of a ``kind`` ("check", "import"): how far it is, and what came of it.

    ``state`` is "working", "cancelling", "done" (see ``result``), "failed" (see ``error``) or "cancelled". ``done`` of
    ``total`` is in the work's own units. What cannot be stopped any more when ``cancel`` is called ends as it would.
    """

    def __init__(self, kind: str, folder: Path | None = None) -> None:
        self.kind = kind
        self.folder = folder
        self.done = 0
        self.total = 0
        self.state: State = "working"
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended_at: float | None = None
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether nothing works on it any more."""
        return self.ended_at is not None

    def cancel(self) -> None:
        """Have the work stop at its next step."""
        with self._lock:
            if self.state == "working":
                self.state = "cancelling"

    def step(self, done: int, total: int) -> None:
        """The work's own ``on_progress``: say how far it is. Raises Cancelled, each time, once it is to stop."""
        self.done, self.total = done, total
        if self.state == "cancelling":
            raise Cancelled("This was cancelled.")

    def carry_out(self, work: Callable[[Progress], Any]) -> None:
        """Do the work, and keep what came of it, an error too."""
        try:
            result = work(self.step)
        except Cancelled as error:
            self._end("cancelled", error=error)
        except BaseException as error:  # noqa: BLE001 - whoever asks for the job is told; a thread has nobody to tell
            self._end("failed", error=error)
        else:
            self._end("done", result=result)

    def _end(self, state: State, *, result: Any = None, error: BaseException | None = None) -> None:
        with self._lock:
            self.result, self.error = result, error
            self.state = state
            self.ended_at = time.monotonic()


class Jobs:
    """The jobs of a process, at most one for each owner. Threads may share it."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, owner: str, kind: str, work: Callable[[Progress], Any], *, folder: Path | None = None) -> Job:
        """Start the work in a thread of its own; it is given its ``on_progress(done, total)``.

        ``folder`` is a temporary one that goes away with the job. A job of the owner that has ended is forgotten for
        this one. Raises InvalidInput while the owner's last one still works.
        """
        job = Job(kind, folder)
        with self._lock:
            last = self._jobs.get(owner)
            if last is not None and not last.is_over:
                raise InvalidInput("Something of yours is still being worked on: wait for its end, or cancel it.")
            self._jobs[owner] = job
            left = [] if last is None else [last]
            left += self._take_old()
            in_use = {each.folder for each in self._jobs.values()}
        _remove(each.folder for each in left if each.folder not in in_use)
        threading.Thread(target=job.carry_out, args=[work], name=f"{kind} job", daemon=True).start()
        return job

    def of(self, owner: str) -> Job | None:
        """The owner's job: the one that works, else the one that ended last. What ended long ago goes, whosever it was."""
        with self._lock:
            left = self._take_old()
            in_use = {each.folder for each in self._jobs.values()}
            job = self._jobs.get(owner)
        _remove(each.folder for each in left if each.folder not in in_use)
        return job

    def forget(self, owner: str) -> None:
        """Let the owner's job go, and its temporary folder. One that still works is left alone."""
        with self._lock:
            job = self._jobs.get(owner)
            if job is None or not job.is_over:
                return
            del self._jobs[owner]
        _remove([job.folder])

    def clear_folders(self) -> None:
        """Remove the temporary folders of all jobs: for the end of the process."""
        with self._lock:
            folders = [job.folder for job in self._jobs.values()]
        _remove(folders)

    def _take_old(self) -> list[Job]:
        """Those that ended long ago, which are here no longer. The lock is held."""
        limit = time.monotonic() - KEPT_SECONDS
        old = [owner for owner, job in self._jobs.items() if job.ended_at is not None and job.ended_at < limit]
        return [self._jobs.pop(owner) for owner in old]


def _remove(folders: Iterable[Path | None]) -> None:
    for folder in folders:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


jobs = Jobs()
atexit.register(jobs.clear_folders)
