"""What goes wrong in chaos, drawn from dice one after the other."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.clusters.postgres import PostgresServer
from tests.end_to_end.disks import Disk
from tests.end_to_end.supervisors import supervisors
from tests.entrypoints.server import Server

Fault = Callable[["Faults"], None]


class Faults:
    """Does one thing after the other to a server until it is told to stop, and keeps count.

    ``killed``: jobs of whose supervisors one was killed.
    """

    def __init__(self, server: Server, seed: int, lock: Path, *, disk: Disk | None = None) -> None:
        self.server = server
        self.dice = random.Random(seed)
        self.disk = disk
        self.postgres: PostgresServer | None = None
        self.count: Counter[str] = Counter()
        self.killed: set[str] = set()
        self._lock = lock
        self._over = threading.Event()

    def run(self, faults: Sequence[Fault]) -> None:
        """Do *faults* at random until `stop`."""
        while not self._over.wait(self.dice.uniform(0.2, 1.5)):
            fault = self.dice.choice(faults)
            fault(self)
            self.count[fault.__name__] += 1

    def stop(self) -> None:
        """Let the fault that is under way be the last."""
        self._over.set()

    def kill_server(self) -> None:
        """Kill it with -9, and start it again sooner or later."""
        self.server.restart(away=self.dice.choice([0.0, 0.0, 1.0]), number=signal.SIGKILL)

    def stop_server(self) -> None:
        """Stop it in order; sometimes longer than a job waits at its end."""
        self.server.restart(away=self.dice.choice([0.0, 2.0, 8.0]))

    def kill_a_supervisor(self) -> None:
        """Kill one with -9."""
        living = supervisors(self.server)
        if not living:
            return
        pid = self.dice.choice(sorted(living))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed.add(living[pid])

    def lock_records(self) -> None:
        """Let another process, a careless backup, lock them for longer or shorter than anyone waits."""
        with sqlite3.connect(self.server.data / "records.db", isolation_level=None, timeout=30) as other:
            other.execute("begin immediate")
            time.sleep(self.dice.choice([1.0, 8.0, 13.0]))
            other.execute("rollback")
        other.close()

    def fill_the_disk(self) -> None:
        """Leave no room for some seconds; not while a job that is ending relies on it."""
        assert self.disk is not None
        with self._lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.disk.fill()
            time.sleep(self.dice.uniform(1.0, 4.0))
            self.disk.free()

    def make_the_disk_read_only(self) -> None:
        """Let every write fail for some seconds."""
        assert self.disk is not None
        with self._lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.disk.forbid()
            time.sleep(self.dice.uniform(1.0, 3.0))
            self.disk.allow()

    def stop_the_database(self) -> None:
        """Cut every connection, and be away for a while."""
        assert self.postgres is not None
        self.postgres.stop()
        time.sleep(self.dice.uniform(0.5, 3.0))
        self.postgres.start()

    def let_the_database_hang(self) -> None:
        """Answer nothing for a while."""
        assert self.postgres is not None
        self.postgres.pause()
        time.sleep(self.dice.uniform(1.0, 4.0))
        self.postgres.resume()

    def cut_connections(self) -> None:
        """End every connection of the database."""
        assert self.postgres is not None
        self.postgres.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and backend_type = 'client backend'"
        )


ON_ANY: Sequence[Fault] = (
    Faults.kill_server,
    Faults.kill_server,
    Faults.stop_server,
    Faults.kill_a_supervisor,
    Faults.kill_a_supervisor,
)
ON_SQLITE: Sequence[Fault] = (*ON_ANY, Faults.lock_records)
ON_POSTGRES: Sequence[Fault] = (
    *ON_ANY,
    Faults.stop_the_database,
    Faults.let_the_database_hang,
    Faults.cut_connections,
)
ON_A_DISK: Sequence[Fault] = (Faults.fill_the_disk, Faults.make_the_disk_read_only)
