"""Starts a real PostgreSQL for tests and benchmarks, as root or as anybody, and leaves nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from tests.clusters.postgres_programs import CannotStartError, find_binaries, unprivileged_account

Mode = Literal["test", "bench"]

USER: Final = "submarine"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0

SETTINGS: Final[Mapping[Mode, Mapping[str, str]]] = {
    "test": {  # nothing is synced to disk: fastest, lost at a power cut
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
    },
    "bench": {  # durable, as in production
        "shared_buffers": "1GB",
        "effective_cache_size": "4GB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
    },
}


class PostgresServer:
    """A private cluster with SCRAM authentication on the loopback address.

    It dies with the process that started it, even if that one is killed.
    """

    def __init__(self, bin_dir: Path, run_dir: Path, mode: Mode, starter: Executor) -> None:
        self.port = _free_port()
        self._bin = bin_dir
        self._run = run_dir
        self._mode = mode
        self._starter = starter
        self._password = secrets.token_urlsafe(12)
        self._user, self._group = unprivileged_account()
        self._groups = None if self._user is None else [self._group or 0]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return the address of *database* for asyncpg."""
        return f"postgresql://{USER}:{quote(self._password)}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        """Make the data directory; raise `CannotStartError` if initdb fails."""
        data, password = self._run / "data", self._run / "password"
        password.write_text(self._password + "\n")
        data.mkdir(mode=0o700)
        if self._user is not None and self._group is not None:
            for path in (self._run, data, password):
                os.chown(path, self._user, self._group)
        command = [str(self._bin / "initdb"), "-D", str(data), "-U", USER, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self._user,
            group=self._group,
            extra_groups=self._groups,
        )
        if made.returncode != 0:
            raise CannotStartError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")

    def start(self) -> None:
        """Start it, also again, on the same port; raise `CannotStartError` if it does not answer."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._run),
            "max_connections": "200",
            **SETTINGS[self._mode],
        }
        command = [str(self._bin / "postgres"), "-D", str(self._run / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._run / "log").open("ab") as log:
            # the parent it dies with is a thread, to the kernel: so not the caller's, which may end sooner
            self._process = self._starter.submit(
                subprocess.Popen[bytes],
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C reaches us first, and we stop it in order
                preexec_fn=_die_with_parent,  # one prctl, safe between fork and exec
                user=self._user,
                group=self._group,
                extra_groups=self._groups,
            ).result()
        _wait_until(self._answers, START_SECONDS, "postgres does not answer", self._log_tail)

    def stop(self, *, crash: bool = False) -> None:
        """Stop it at once, cutting every connection; twice is as good as once.

        After a *crash* its next start begins with a recovery.
        """
        if (process := self._process) is None:
            return
        self.resume()
        process.send_signal(signal.SIGINT if self._mode == "bench" and not crash else signal.SIGQUIT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def save(self) -> Path:
        """Return a copy of all data as it is now, made while the server is down."""
        copy = self._run / f"copy-{secrets.token_hex(4)}"
        self.stop()
        subprocess.run(["cp", "-a", str(self._run / "data"), str(copy)], check=True)
        self.start()
        return copy

    def back_up(self) -> Path:
        """Return a copy of all data as it is now, made while the server goes on."""
        copy = self._run / f"copy-{secrets.token_hex(4)}"
        command = [str(self._bin / "pg_basebackup"), "-D", str(copy), "-d", self.url(), "-c", "fast"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"pg_basebackup: {done.stderr.strip()}")
        if self._user is not None and self._group is not None:
            subprocess.run(["chown", "-R", f"{self._user}:{self._group}", str(copy)], check=True)
        return copy

    def fail_over(self, copy: Path, *, standby: bool = False) -> None:
        """Go on with *copy*, at the same address: what came after it was made is gone.

        A *standby* starts as one, and is promoted.
        """
        self.stop()
        shutil.rmtree(self._run / "data")
        copy.rename(self._run / "data")
        if standby:
            (self._run / "data" / "standby.signal").touch()
        self.start()
        if standby:
            self.execute("select pg_promote()")

    def pause(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal_all(signal.SIGCONT)

    def execute(self, statement: str, url: str = "") -> str:
        """Run one statement as the superuser, in the database at *url* if given; return what psql prints."""
        command = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        command.append(url or self.url())
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Yield the address of a fresh database, dropped at the end whoever is connected."""
        name = f"t{secrets.token_hex(6)}"
        self.execute(f"create database {name}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"drop database if exists {name} with (force)")

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise CannotStartError(f"postgres ended while starting: {self._log_tail()}")
        with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
            return self.execute("select 1") == "1"
        return False

    def _log_tail(self) -> str:
        return (self._run / "log").read_text(errors="replace")[-1000:]

    def _signal_all(self, number: int) -> None:
        if self._process is None:
            return
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


@contextlib.contextmanager
def start_postgres(mode: Mode = "test") -> Iterator[PostgresServer]:
    """Yield a running server in a directory of its own; raise `CannotStartError` if there is none."""
    run_dir = Path(tempfile.mkdtemp(prefix="submarine-postgres-", dir="/tmp"))
    starter = ThreadPoolExecutor(1, "postgres-starter")
    try:
        server = PostgresServer(find_binaries(run_dir), run_dir, mode, starter)
        atexit.register(server.stop)
        try:
            server.initialise()
            server.start()
            yield server
        finally:
            server.stop()
            atexit.unregister(server.stop)
    finally:
        starter.shutdown()
        shutil.rmtree(run_dir, ignore_errors=True)


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until(
    ready: Callable[[], bool], seconds: float, complaint: str, evidence: Callable[[], str]
) -> None:
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            raise CannotStartError(f"{complaint} after {seconds:g} s: {evidence()}")
        time.sleep(0.05)
