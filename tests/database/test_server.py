"""What the embedded server promises, on real PostgreSQL and with real processes."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from mastery_core.database.server import SETTINGS, Server
from mastery_core.errors import Unavailable

ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
MEMBER = """
import sys
from pathlib import Path
from mastery_core.database.server import Server
sys.stdin.readline()
Server(Path(sys.argv[1])).start()
print("in", flush=True)
sys.stdin.read()
"""
FORKING = """
import os, sys
from pathlib import Path
from mastery_core.database.server import Server
server = Server(Path(sys.argv[1]))
server.start()
if (child := os.fork()) == 0:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
if (child := os.fork()) == 0:
    server.start()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
import psycopg
psycopg.connect(server.conninfo()).close()
"""


class Member:
    """Another process at the same home: it starts when told to, and leaves at its exit."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-c", MEMBER, str(home)]
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("start\n")
        self.process.stdin.flush()

    def joined(self) -> "Member":
        assert self.process.stdout
        assert self.process.stdout.readline() == "in\n"
        return self

    def exit(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def member() -> Iterator[Callable[[Path], Member]]:
    members: list[Member] = []

    def make(home: Path) -> Member:
        members.append(Member(home))
        return members[-1]

    yield make
    for each in members:
        each.kill()


@pytest.fixture
def server_at() -> Iterator[Callable[[Path], Server]]:
    servers: list[Server] = []

    def make(home: Path) -> Server:
        servers.append(Server(home))
        return servers[-1]

    yield make
    for each in servers:
        each.leave()


@pytest.fixture(scope="module")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one row in it, to be copied."""
    server = Server(tmp_path_factory.mktemp("made"))
    server.start()
    ask(server, "create table kept (n int); insert into kept values (1)")
    server.leave()
    return server.home


@pytest.fixture
def home(made_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made_home, tmp_path / "home")


def ask(server: Server, query: str) -> tuple[object, ...]:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return (cursor.fetchone() or ()) if cursor.description else ()


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def server_processes(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "postgres" and process.cwd() == str(home / "postgres"):
                found.append(process)
    return [process for process in found if process.ppid() not in {other.pid for other in found}]


def runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def crash(home: Path) -> None:
    pid = postmaster(home)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not runs(pid))


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def in_fork_as(user: str, act: Callable[[], object]) -> int:
    """Run in a forked child as an ordinary user, who may not be able to execute this Python again."""
    account = pwd.getpwnam(user)
    child = os.fork()
    if child == 0:
        done = 1
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            act()
            done = 0
        finally:
            os._exit(done)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def home_of_nobody(made_home: Path) -> Iterator[Path]:
    if not IS_ROOT:
        pytest.skip("only root can become somebody else")
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    yield folder
    shutil.rmtree(folder)


def test_first_use_makes_home_and_server(tmp_path: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(tmp_path / "deep" / "home")
    server.start()
    for name, value in SETTINGS.items():
        assert ask(server, f"show {name}") == (value,)
    assert ask(server, "select current_user, current_setting('server_encoding')") == ("postgres", "UTF8")
    assert not psutil.Process(postmaster(server.home)).net_connections("tcp")


def test_text_sorts_and_folds_alike_on_every_machine(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    assert ask(server, "select lower('ÉÄ'), 'Z' < 'a', 'z' < 'ä'") == ("éä", True, True)


def test_processes_at_the_same_instant_share_one_new_server(
    tmp_path: Path, member: Callable[[Path], Member], server_at: Callable[[Path], Server]
) -> None:
    members = [member(tmp_path) for _ in range(4)]
    for each in members:
        each.start()
    for each in members:
        each.joined()
    server = server_at(tmp_path)
    server.start()
    assert ask(server, "select 1") == (1,)
    assert (tmp_path / "postgres" / "server.log").read_text().count("starting PostgreSQL") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "postgres",
        "server.lock",
        "server.users",
        "server.watch",
    ]


def test_threads_at_the_same_instant_share_one_server(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    threads = [threading.Thread(target=server.start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(server, "select 1") == (1,)
    assert len(server_processes(home)) == 1


def test_last_one_out_stops_it(
    home: Path, member: Callable[[Path], Member], server_at: Callable[[Path], Server]
) -> None:
    other = member(home)
    other.start()
    other.joined()
    server = server_at(home)
    server.start()
    pid = postmaster(home)
    server.leave()
    server.leave()
    assert runs(pid)
    other.exit()
    assert not runs(pid)


def test_starts_again_after_it_was_stopped(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    for _ in range(3):
        server.start()
        assert ask(server, "select n from kept") == (1,)
        server.leave()
        assert not server_processes(home)


def test_the_only_user_killed_stops_it(home: Path, member: Callable[[Path], Member]) -> None:
    only = member(home)
    only.start()
    only.joined()
    pid = postmaster(home)
    only.kill()
    assert eventually(lambda: not runs(pid))


def test_a_killed_user_is_not_counted(
    home: Path, member: Callable[[Path], Member], server_at: Callable[[Path], Server]
) -> None:
    killed = member(home)
    killed.start()
    killed.joined()
    server = server_at(home)
    server.start()
    pid = postmaster(home)
    killed.kill()
    assert ask(server, "select 1") == (1,)
    server.leave()
    assert not runs(pid)


def test_forked_children_do_not_stop_the_parents_server(home: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKING, str(home)], cwd=ROOT, check=True)
    assert not server_processes(home)


def test_comes_back_after_sigkill(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    conninfo = server.conninfo()
    ask(server, "insert into kept values (2)")
    crash(home)
    server.start()
    assert ask(server, "select sum(n) from kept") == (3,)
    assert server.conninfo() == conninfo


def test_one_that_dies_while_it_is_looked_at_is_started_again(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    dying = psutil.Process(postmaster(home))
    dying.suspend()  # as one that was killed, and has a gigabyte to give back before it is gone
    gone = threading.Timer(0.5, dying.kill)
    gone.start()
    server.start()
    assert ask(server, "select n from kept") == (1,)
    assert postmaster(home) != dying.pid
    gone.join()


def test_one_that_has_lost_a_process_is_waited_for(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    pid = postmaster(home)
    for _ in range(5):
        with closing(psycopg.connect(server.conninfo(), autocommit=True)) as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)  # PostgreSQL ends all others, and begins anew
            with suppress(psycopg.OperationalError):
                connection.execute("select pg_sleep(30)")
        server.start()
        assert ask(server, "select n from kept") == (1,)
    assert postmaster(home) == pid
    assert server.why_it_stopped() == ""


def test_comes_back_while_a_query_of_the_killed_server_still_runs(
    home: Path, server_at: Callable[[Path], Server]
) -> None:
    server = server_at(home)
    server.start()
    with closing(psycopg.connect(server.conninfo(), autocommit=True)) as connection:
        backend = connection.info.backend_pid
        connection.pgconn.send_query(b"do $$ begin loop end loop; end $$")
        crash(home)
        assert runs(backend)
        server.start()
        assert not runs(backend)
    assert ask(server, "select n from kept") == (1,)


def test_joins_the_server_that_another_process_brought_back(
    home: Path, member: Callable[[Path], Member], server_at: Callable[[Path], Server]
) -> None:
    server = server_at(home)
    server.start()
    crash(home)
    other = member(home)
    other.start()
    other.joined()
    pid = postmaster(home)
    server.start()
    assert postmaster(home) == pid
    other.exit()
    assert ask(server, "select 1") == (1,)


@pytest.mark.parametrize("state", ["starting", "ready   "])
def test_a_stale_pid_file_that_names_an_unrelated_process_is_no_server(
    state: str, home: Path, server_at: Callable[[Path], Server]
) -> None:
    cluster = home / "postgres"
    lines = [str(os.getpid()), str(cluster), "1700000000", "5432", str(cluster), "", "  1234        99", state]
    (cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
    (cluster / ".s.PGSQL.5432").touch()
    (cluster / ".s.PGSQL.5432.lock").write_text("\n".join(lines[:5]) + "\n")
    server = server_at(home)
    server.start()
    assert ask(server, "select n from kept") == (1,)


@pytest.mark.parametrize("content", [b"", b"123", b"\x00\xff\n\n", b"99999999999999999999\n/x\n", b"-1\n"])
def test_a_broken_pid_file_is_no_server(content: bytes, home: Path, server_at: Callable[[Path], Server]) -> None:
    (home / "postgres" / "postmaster.pid").write_bytes(content)
    server = server_at(home)
    server.start()
    assert ask(server, "select n from kept") == (1,)


def test_a_half_made_cluster_is_set_aside_with_all_that_is_in_it(
    tmp_path: Path, server_at: Callable[[Path], Server]
) -> None:
    (tmp_path / "postgres" / "base").mkdir(parents=True)
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres" / "base" / "somebodys").write_text("work")
    server = server_at(tmp_path)
    server.start()
    assert ask(server, "select 1") == (1,)
    [aside] = tmp_path.glob("postgres.aside-*")
    assert (aside / "base" / "somebodys").read_text() == "work"


def test_a_first_start_that_was_killed_half_way_is_done_over(
    tmp_path: Path, member: Callable[[Path], Member], server_at: Callable[[Path], Server]
) -> None:
    killed = member(tmp_path)
    killed.start()
    assert eventually(lambda: any(tmp_path.glob("postgres.new-*/PG_VERSION")))
    killed.kill()
    server = server_at(tmp_path)
    server.start()
    assert ask(server, "select 1") == (1,)

    def tidy() -> bool:
        server.leave()
        server.start()
        return not any(tmp_path.glob("postgres.new-*"))

    assert eventually(tidy)


def test_a_socket_that_was_removed_comes_back(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    (home / "postgres" / ".s.PGSQL.5432").unlink()
    server.start()
    assert ask(server, "select n from kept") == (1,)


@pytest.mark.parametrize("name", ["Übung 数学", "quo'te\"$(x)`y`\\ and, comma", "/".join(["a long name " * 3] * 4)])
def test_any_path_will_do(name: str, tmp_path: Path) -> None:
    server = Server(tmp_path / name)
    server.start()
    assert ask(server, "select 1") == (1,)
    server.leave()
    assert not server_processes(server.home)
    assert not Path(str(conninfo_to_dict(server.conninfo())["host"]), ".s.PGSQL.5432").exists()


def test_a_home_that_was_removed_can_be_made_again(home: Path, server_at: Callable[[Path], Server]) -> None:
    server = server_at(home)
    server.start()
    orphan = postmaster(home)
    assert eventually(lambda: subprocess.run(["rm", "-rf", home], check=False).returncode == 0)  # against its writing
    server.start()
    assert ask(server, "select count(*) from pg_class where relname = 'kept'") == (0,)
    with suppress(ProcessLookupError):
        os.kill(orphan, signal.SIGQUIT)  # it would go by itself within a minute
    assert eventually(lambda: not runs(orphan))


def test_a_home_in_an_impossible_place_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=str(tmp_path / "file" / "home")):
        Server(tmp_path / "file" / "home").start()


def test_a_home_without_permission_is_unavailable(home_of_nobody: Path) -> None:
    os.chown(home_of_nobody, 0, 0)

    def act() -> None:
        with pytest.raises(Unavailable, match=f"{home_of_nobody}.*Permission denied"):
            Server(home_of_nobody).start()
        with pytest.raises(Unavailable, match=f"{home_of_nobody}/new.*Permission denied"):
            Server(home_of_nobody / "new").start()

    assert in_fork_as("nobody", act) == 0


def test_a_cluster_of_another_version_is_unavailable_and_untouched(home: Path) -> None:
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(Unavailable, match=f"{home}/postgres is of PostgreSQL 16"):
        Server(home).start()
    assert (home / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    shutil.rmtree(home / "postgres" / "global")
    (home / "postgres" / "global").mkdir()
    (home / "postgres" / "global" / "pg_control").touch()
    server = Server(home)
    with pytest.raises(Unavailable, match=f"{home}/postgres: .*(FATAL|PANIC):.*pg_control"):
        server.start()
    server.leave()


def test_ordinary_user(home_of_nobody: Path) -> None:
    server = Server(home_of_nobody)

    def act() -> None:
        server.start()
        assert psutil.Process(postmaster(home_of_nobody)).username() == "nobody"
        assert ask(server, "select 1") == (1,)
        server.leave()

    assert in_fork_as("nobody", act) == 0
    assert not server_processes(home_of_nobody)
    assert {path.owner() for path in home_of_nobody.rglob("*")} == {"nobody"}


def test_root_in_somebodys_home_leaves_it_theirs(home_of_nobody: Path) -> None:
    server = Server(home_of_nobody)
    server.start()
    assert psutil.Process(postmaster(home_of_nobody)).username() == "nobody"
    server.leave()

    def act() -> None:
        server.start()
        server.leave()

    assert in_fork_as("nobody", act) == 0
