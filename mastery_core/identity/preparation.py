"""Opening the database while the web server already answers, and the sample classroom of the first start."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from typing import Protocol

from mastery_core.database.protocol import Database
from mastery_core.errors import MasteryError

_LOGGER = logging.getLogger(__name__)
_SECONDS_TO_FINISH = 30

FAILED = "The database could not be opened."
SAMPLE_FAILED = "The sample classroom could not be made."
SEE_TERMINAL = "The terminal that runs the dashboard says more; mend that, then start it again."


class OpenedDatabase(Protocol):
    """What ``open_database`` answers, as far as it is needed here."""

    def acting_as_service(self) -> Database: ...

    def close(self) -> None: ...


class MakeSample(Protocol):
    """Fills an empty database with a sample classroom."""

    def __call__(self, database: Database, *, on_progress: Callable[[int, int], None]) -> object: ...


class Stage(StrEnum):
    OPENING = "opening"
    SAMPLE = "sample"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the preparation is: ``done`` of ``total`` (0 while unknown), and what went wrong if it failed."""

    stage: Stage
    done: int = 0
    total: int = 0
    message: str = ""


class Preparation:
    """Opens the database in a thread; makes the sample when there is nobody in it. ``progress`` says how far it is.

    When all is ready, the thread goes on with ``warm_up``: what makes the first screen come sooner.
    """

    def __init__(
        self,
        open_database: Callable[[], OpenedDatabase],
        make_sample: MakeSample,
        warm_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.progress = Progress(Stage.OPENING)
        self._open_database = open_database
        self._make_sample = make_sample
        self._opened: OpenedDatabase | None = None
        self._warm_up = warm_up
        self._thread = Thread(target=self._prepare, name="preparation", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _prepare(self) -> None:
        self.run()
        if self.progress.stage is Stage.READY:
            self._warm_up()

    def run(self) -> None:
        """Everything that must be ready, in the calling thread. Never raises: what went wrong is in ``progress``."""
        sentence = FAILED
        try:
            self._opened = self._open_database()
            database = self._opened.acting_as_service()
            if database.call("people", max_people=1)["total"] == 0:
                sentence = SAMPLE_FAILED
                self.progress = Progress(Stage.SAMPLE)
                self._make_sample(database, on_progress=self._report)
            self.progress = Progress(Stage.READY)
        except MasteryError as error:
            _LOGGER.exception(sentence)
            self.progress = Progress(Stage.FAILED, message=f"{sentence} {error}")
        except Exception:
            _LOGGER.exception(sentence)
            self.progress = Progress(Stage.FAILED, message=f"{sentence} {SEE_TERMINAL}")

    def close(self) -> None:
        """Close the database, after the preparation: a sample that was cut off would stay half a classroom for good."""
        if self._thread.is_alive():
            self._thread.join(timeout=_SECONDS_TO_FINISH)
        if self._opened is not None:
            self._opened.close()

    def _report(self, done: int, total: int) -> None:
        self.progress = Progress(Stage.SAMPLE, done, total)
