"""What works in the background for the Import screen: a check, an import, an undoing. It outlives the screen that began it."""

import logging
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.typing import UploadedFile

from mastery_core.errors import InvalidInput, MasteryError
from mastery_core.ingest.jobs import Job, Progress, jobs
from mastery_core.ingest.practice_import import DryRun, Import, Reading, shown_name
from mastery_core.ingest.shape import FileShape, look
from pages import replies, signed_in

_LOGGER = logging.getLogger(__name__)

PLACE = "practice"
AT_WORK = {"working", "cancelling"}
UNFINISHED = {"running", "undoing", "interrupted"}
FILE = "practice"  # whatever the file was called where it came from: such names make no paths
GONE = "The file is not here any more: choose it again, and check it."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is of: a file, known by the digest of its bytes, read in one way into one cohort."""

    cohort: str
    digest: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is there for: ``kind`` is check, import or undo.

    ``found`` is what the check before an import found, ``before`` the ids of the cohort's imports when it began, ``undoes`` the id
    of the import that is undone.
    """

    kind: str
    cohort: str
    file: str
    asked: Asked | None = None
    found: DryRun | None = None
    before: frozenset[str] = frozenset()
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A job of somebody's, and what it is there for."""

    job: Job
    task: Task

    @property
    def share(self) -> float:
        return min(1.0, max(0.0, self.job.done / self.job.total)) if self.job.total else 0.0

    @property
    def found(self) -> DryRun | None:
        """What is in the file, if it was checked to its end."""
        if self.task.kind == "check" and self.job.state == "done":
            found: DryRun = self.job.result
            return found
        return self.task.found


_tasks: WeakKeyDictionary[Job, Task] = WeakKeyDictionary()


def of(person_id: str) -> Work | None:
    """What works for somebody, or has worked and was not put away yet."""
    job = jobs.of(person_id)
    task = _tasks.get(job) if job else None
    return Work(job, task) if job and task else None


def stands(made: Import, work: Work | None) -> str:
    """The state of an import, with what is known here: what is undone just now, and what nobody works on any more."""
    works = work is not None and work.job.state in AT_WORK
    if work and works and made.id == work.task.undoes:
        return "undoing"
    return "interrupted" if made.mine and made.state in UNFINISHED and not works else made.state


def left_behind(imports: Iterable[Import], work: Work) -> bool:
    """Whether something is left of the import that ``work`` was: of one that began with it, not of an earlier one of that file."""
    return any(
        each.mine and each.id not in work.task.before and stands(each, work) == "interrupted" for each in imports
    )


def look_at(uploaded: UploadedFile) -> tuple[str, FileShape]:
    """The digest of a file's bytes, and what its beginning looks like. Raises InvalidInput for what is not a table of text."""
    return _look(uploaded.file_id, uploaded)


@st.cache_data(scope="session", max_entries=2, show_spinner=False)
def _look(file_id: str, _uploaded: UploadedFile) -> tuple[str, FileShape]:  # noqa: ARG001 - a key of the cache
    with TemporaryDirectory(prefix="mastery-import-") as folder:
        path = Path(folder) / FILE
        path.write_bytes(_uploaded.getbuffer())
        return sha256(_uploaded.getbuffer()).hexdigest(), look(path, shown_name(_uploaded.name))


def check(uploaded: UploadedFile, asked: Asked) -> None:
    """Begin to check a file, for a button."""
    with replies.refusals(PLACE):
        practice, name = signed_in.practice_import(asked.cohort), shown_name(uploaded.name)
        folder = Path(mkdtemp(prefix="mastery-import-"))
        path = folder / FILE
        try:
            path.write_bytes(uploaded.getbuffer())
            _begin(
                Task("check", asked.cohort, name, asked), folder,
                lambda progress: practice.check(path, asked.reading, name=name, on_progress=progress),
            )  # fmt: skip
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def import_checked(work: Work) -> None:
    """Begin to import the file that was checked, for a button: the very bytes, wherever the file is by now."""
    with replies.refusals(PLACE):
        folder, asked, name = work.job.folder, work.task.asked, work.task.file
        if folder is None or asked is None or not (path := folder / FILE).exists():
            raise InvalidInput(GONE)
        practice = signed_in.practice_import(asked.cohort)
        before = frozenset(each.id for each in practice.get_imports())
        _begin(
            Task("import", asked.cohort, name, asked, work.found, before), folder,
            lambda progress: practice.run(path, asked.reading, name=name, on_progress=progress),
        )  # fmt: skip


def undo(cohort_id: str, made: Import) -> None:
    """Begin to undo an import, for a button."""
    with replies.refusals(PLACE):
        practice = signed_in.practice_import(cohort_id)
        _begin(
            Task("undo", cohort_id, made.file_name, undoes=made.id), None,
            lambda progress: practice.undo(made.id, on_progress=progress),
        )  # fmt: skip


def put_away() -> None:
    """Forget what has ended, for a button."""
    with replies.refusals(PLACE):
        jobs.forget(signed_in.session().person_id)


def _begin(task: Task, folder: Path | None, work: Callable[[Progress], Any]) -> None:
    def told(on_progress: Progress) -> Any:
        try:
            return work(on_progress)
        except MasteryError:
            raise
        except Exception:
            _LOGGER.exception("The %s of a file failed.", task.kind)
            raise

    job = jobs.start(signed_in.session().person_id, task.kind, told, folder=folder)
    _tasks[job] = task
