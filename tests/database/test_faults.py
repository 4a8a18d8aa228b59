"""PostgREST and PostgreSQL come and go: who asks is told so, and what was acknowledged is there, once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psutil
import pytest

from mastery_core import MasteryService
from mastery_core.database import Database, EmbeddedDatabase, SupabaseDatabase
from mastery_core.errors import MasteryError, NotSignedIn, Unavailable
from tests.local_supabase import UNHURRIED_SECONDS, LocalSupabase

MAY = datetime(2025, 5, 1, 12, tzinfo=UTC)
LEEWAY_SECONDS = 30  # by which PostgREST takes a token that is over
READERS_AND_WRITERS = 6


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    """A database of its own: it will be killed."""
    database = EmbeddedDatabase(tmp_path_factory.mktemp("faults"))
    yield database
    database.close()


@pytest.fixture(scope="module")
def project(
    own: EmbeddedDatabase, start_local_supabase: Callable[[EmbeddedDatabase], LocalSupabase]
) -> Iterator[LocalSupabase]:
    with start_local_supabase(own) as project:
        yield project


@pytest.fixture(scope="module")
def supabase(project: LocalSupabase) -> Iterator[SupabaseDatabase]:
    supabase = SupabaseDatabase(project.settings(), answer_seconds=UNHURRIED_SECONDS)
    yield supabase
    supabase.close()


@pytest.fixture
def console(own: EmbeddedDatabase, console_of: Callable[..., Any]) -> Iterator[Any]:
    console = console_of(own)
    yield console
    console.connection.close()


@pytest.fixture
def learner(project: LocalSupabase) -> str:
    return project.add_person(f"{uuid4()}@example.org")


def wait_until(it_is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + UNHURRIED_SECONDS
    while not it_is_so():
        assert time.monotonic() < end, f"it did not come within {UNHURRIED_SECONDS} s"
        time.sleep(0.01)


def insist(act: Callable[[], Any]) -> Any:
    """Try again until there is an answer, as a person or a tutor would."""
    answer: list[Any] = []

    def is_answered() -> bool:
        with suppress(Unavailable):
            answer.append(act())
        return bool(answer)

    wait_until(is_answered)
    return answer[0]


class Load:
    """Threads that ask and record without pause, and what they were told when they were refused."""

    def __init__(self, caller: Database, learner: str) -> None:
        self.answers = 0
        self.recorded: list[str] = []
        self.failures: list[MasteryError] = []
        self.is_over = threading.Event()
        self._mastery = MasteryService(caller)
        self._learner = learner

    def read(self) -> None:
        while not self.is_over.is_set():
            self._tried(partial(self._mastery.get_user_mastery, self._learner))

    def write(self) -> None:
        interaction = str(uuid4())
        while not self.is_over.is_set():
            if self._tried(partial(self._record, interaction)):
                self.recorded.append(interaction)
                interaction = str(uuid4())

    def wait_for_more(self) -> None:
        """Until as many answers came as there are threads, and one: that one was asked for after this was called."""
        expected = self.answers + READERS_AND_WRITERS + 1
        wait_until(lambda: self.answers >= expected)

    def wait_for_failure(self) -> None:
        expected = len(self.failures) + 1
        wait_until(lambda: len(self.failures) >= expected)

    def _record(self, interaction: str) -> None:
        self._mastery.update_mastery(self._learner, "a", "correct", custom_delta=0.0, interaction_id=interaction)

    def _tried(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except MasteryError as failure:
            self.failures.append(failure)
            time.sleep(0.01)
            return False
        self.answers += 1
        return True


@contextmanager
def under_load(caller: Database, learner: str) -> Iterator[Load]:
    load = Load(caller, learner)
    with ThreadPoolExecutor(READERS_AND_WRITERS) as threads:
        running = [threads.submit(act) for act in (load.read, load.write) for _ in range(READERS_AND_WRITERS // 2)]
        try:
            yield load
        finally:
            load.is_over.set()
    for each in running:
        each.result()


def assert_told_and_kept(load: Load, learner: str, console: Any) -> None:
    """Every failure was told as Unavailable; what was acknowledged is there, once."""
    assert {type(failure) for failure in load.failures} == {Unavailable}
    rows = console.query("select id::text from interactions where student_id = %(id)s", id=learner)
    assert set(load.recorded) <= {row["id"] for row in rows}
    assert len(load.recorded) == len(set(load.recorded))
    console.assert_telescopes(learner)


def kill(database: EmbeddedDatabase) -> None:
    """SIGKILL to PostgreSQL, all of it."""
    postmaster = psutil.Process(int((database.server.home / "postgres" / "postmaster.pid").read_text().split()[0]))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=30)


def test_postgrest_may_go_and_come_back_under_load(
    project: LocalSupabase, supabase: SupabaseDatabase, learner: str, console: Any
) -> None:
    with under_load(supabase.acting_as(project.token_for(learner)), learner) as load:
        load.wait_for_more()
        for kill_it in (False, True):
            project.postgrest.stop(kill=kill_it)
            load.wait_for_failure()
            project.postgrest.start()
            load.wait_for_more()
    assert_told_and_kept(load, learner, console)


def test_postgresql_may_die_and_come_back_under_load(
    own: EmbeddedDatabase,
    project: LocalSupabase,
    supabase: SupabaseDatabase,
    learner: str,
    console_of: Callable[..., Any],
) -> None:
    with under_load(supabase.acting_as(project.token_for(learner)), learner) as load:
        load.wait_for_more()
        kill(own)
        load.wait_for_failure()
        own.ping()  # the embedded transport brings its server back
        load.wait_for_more()
    console = console_of(own)
    assert_told_and_kept(load, learner, console)
    console.connection.close()


def test_a_thousand_outcomes_are_recorded_once_each_though_postgrest_dies_again_and_again(
    project: LocalSupabase, supabase: SupabaseDatabase, learner: str, console: Any
) -> None:
    mastery = MasteryService(supabase.acting_as(project.token_for(learner)))
    ids = [str(uuid4()) for _ in range(1_000)]
    acknowledged: list[str] = []

    def record(number: int) -> None:
        update = insist(
            lambda: mastery.update_mastery(
                learner,
                f"concept {number % 5}",
                "correct" if number % 3 else "incorrect",
                at=MAY + timedelta(minutes=number),
                interaction_id=ids[number],
            )
        )
        acknowledged.append(update.interaction_id)

    def die_again_and_again() -> None:
        for expected in range(100, 1_000, 150):
            wait_until(lambda: len(acknowledged) >= expected)  # noqa: B023 - it is waited for in this very round
            project.postgrest.restart(kill=True)

    with ThreadPoolExecutor(9) as threads:
        dying = threads.submit(die_again_and_again)
        for done in [threads.submit(record, number) for number in range(1_000)]:
            done.result()
        dying.result()
    assert sorted(acknowledged) == sorted(ids)
    [counted] = console.query(
        "select count(*) as rows, count(distinct id) as ids, array_agg(id::text) as all_ids"
        " from interactions where student_id = %(id)s",
        id=learner,
    )
    assert (counted["rows"], counted["ids"]) == (1_000, 1_000)
    assert set(counted["all_ids"]) == set(ids)
    [history] = console.query(
        "select count(*) as rows from mastery_history where user_id = %(id)s and trigger_type <> 'decay'", id=learner
    )
    assert history["rows"] == 1_000
    console.assert_telescopes(learner)


def test_a_hanging_upstream_is_given_up_and_works_again_when_it_does(project: LocalSupabase, learner: str) -> None:
    supabase = SupabaseDatabase(project.settings(), answer_seconds=0.3)
    caller = supabase.acting_as(project.token_for(learner))
    project.gateway.hang = True
    try:
        with pytest.raises(Unavailable, match="cannot be reached, nothing was changed"):
            MasteryService(caller).get_user_mastery(learner)
        with pytest.raises(Unavailable, match="may be recorded or not"):
            MasteryService(caller).update_mastery(learner, "a", "correct")
        with pytest.raises(Unavailable):
            supabase.ping()
    finally:
        project.gateway.hang = False
    assert insist(lambda: MasteryService(caller).get_user_mastery(learner)) is not None
    supabase.close()


def test_a_token_that_ends_while_the_question_is_on_its_way_is_renewed_unseen(
    project: LocalSupabase, supabase: SupabaseDatabase, learner: str
) -> None:
    ending = project.token_for(learner, expires_in=4 - LEEWAY_SECONDS)
    given: list[str] = []

    def token(refused: str | None = None) -> str:
        given.append(ending if refused is None else project.token_for(learner))
        return given[-1]

    mastery = MasteryService(supabase.acting_as(token))
    mastery.get_user_mastery(learner)
    assert given == [ending]
    project.gateway.hang = True
    try:
        with ThreadPoolExecutor(1) as threads:
            update = threads.submit(mastery.update_mastery, learner, "a", "correct")
            time.sleep(5.5)
            project.gateway.hang = False
            assert update.result().delta == pytest.approx(0.1)
    finally:
        project.gateway.hang = False
    assert given[:2] == [ending, ending]
    assert len(given) == 3
    assert (
        MasteryService(supabase.acting_as(project.token_for(learner))).get_user_mastery(learner)["a"].observations == 1
    )


def test_a_session_that_is_over_is_told_and_nothing_is_recorded(
    project: LocalSupabase, supabase: SupabaseDatabase, learner: str, console: Any
) -> None:
    over = project.token_for(learner, expires_in=-2 * LEEWAY_SECONDS)

    def token(refused: str | None = None) -> str:
        if refused is not None:
            raise NotSignedIn("Your session is over: sign in again.")
        return over

    with pytest.raises(NotSignedIn, match="session is over"):
        MasteryService(supabase.acting_as(token)).update_mastery(learner, "a", "correct")
    assert console.query("select from interactions where student_id = %(id)s", id=learner) == []
