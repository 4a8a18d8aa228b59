import time
from collections.abc import Callable
from typing import Any

import pytest

from mastery_core.database import Database
from mastery_core.errors import Unavailable
from mastery_core.identity.preparation import Preparation, Progress, Stage


class Opened:
    """A database that is open, with so many people in it."""

    def __init__(self, people: int) -> None:
        self.people = people
        self.closed = False

    def acting_as_service(self) -> "Opened":
        return self

    def call(self, function: str, /, **arguments: Any) -> Any:
        assert function == "people"
        return {"people": [], "total": self.people}

    def close(self) -> None:
        self.closed = True


def _no_sample(database: Database, *, on_progress: Callable[[int, int], None]) -> None:
    raise AssertionError("a sample was made")


def test_where_there_are_people_no_sample_is_made() -> None:
    preparation = Preparation(lambda: Opened(people=1), _no_sample)
    assert preparation.progress == Progress(Stage.OPENING)

    preparation.run()

    assert preparation.progress == Progress(Stage.READY)


def test_where_there_is_nobody_the_sample_is_made_and_says_how_far_it_is() -> None:
    seen: list[Progress] = []

    def make_sample(database: Database, *, on_progress: Callable[[int, int], None]) -> None:
        seen.append(preparation.progress)
        on_progress(30, 90)
        seen.append(preparation.progress)

    preparation = Preparation(lambda: Opened(people=0), make_sample)
    preparation.run()

    assert seen == [Progress(Stage.SAMPLE), Progress(Stage.SAMPLE, 30, 90)]
    assert preparation.progress == Progress(Stage.READY)


def test_a_database_that_does_not_open_says_why() -> None:
    def open_database() -> Opened:
        raise Unavailable("The disk is full.")

    preparation = Preparation(open_database, _no_sample)
    preparation.run()

    assert preparation.progress.message == "The database could not be opened. The disk is full."


def test_what_nobody_foresaw_points_to_the_terminal_and_is_logged_there(caplog: pytest.LogCaptureFixture) -> None:
    def make_sample(database: Database, *, on_progress: Callable[[int, int], None]) -> None:
        raise ZeroDivisionError("inner workings")

    preparation = Preparation(lambda: Opened(people=0), make_sample)
    preparation.run()

    assert preparation.progress.stage is Stage.FAILED
    assert preparation.progress.message.startswith("The sample classroom could not be made. The terminal")
    assert "inner workings" not in preparation.progress.message
    assert "inner workings" in caplog.text


def test_closing_lets_the_sample_be_finished_first() -> None:
    opened = Opened(people=0)
    made = []

    def make_sample(database: Database, *, on_progress: Callable[[int, int], None]) -> None:
        for number in range(50):
            assert not opened.closed
            time.sleep(0.001)
            made.append(number)

    preparation = Preparation(lambda: opened, make_sample)
    preparation.start()
    preparation.close()

    assert opened.closed
    assert len(made) == 50
    assert preparation.progress == Progress(Stage.READY)
