"""The life of one replica, from the claim to its last word."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from submarine.adapters.local import documents, leftovers, processes
from submarine.adapters.local.cgroups import Cgroup
from submarine.adapters.local.layout import Attempt
from submarine.adapters.local.supervisor import command, preparation
from submarine.adapters.local.supervisor.attendance import Attendant, Cause, Ending, Limits
from submarine.adapters.local.supervisor.orders import Orders
from submarine.adapters.local.supervisor.siblings import Siblings
from submarine.core.workloads.verdict import (
    CANCELLED,
    FAILED,
    LOST,
    PENDING,
    RUNNING,
    SCALED,
    STOPPED,
    SUCCEEDED,
    SUSPENDED,
    ReplicaState,
)

Plan = Mapping[str, Any]

CLAIMED = "claimed"
_BY_SIGNAL = 128
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class End(NamedTuple):
    """The last word on a replica."""

    phase: str
    reason: str = ""
    message: str = ""
    exit_code: int | None = None


class Supervisor:
    """Runs one replica once, whoever dies meanwhile."""

    def __init__(self, attempt: Attempt, plan: Plan, replica: Plan, umask: int) -> None:
        self._attempt = attempt
        self._plan = plan
        self._replica = replica
        self._umask = umask
        self._files = attempt.replica(f"{replica['role']}-{replica['index']}")
        self._orders = Orders(attempt, self._files.name, elastic=plan["kind"] == "service")
        self._siblings = Siblings(attempt, plan, self._files.name)
        self._group = Cgroup({})
        self._state: dict[str, object] = {}
        self._unwritten = False

    def run(self, confirm: int) -> None:
        """Run the replica unless somebody else does or did.

        Write `CLAIMED` to *confirm* once it is ours, or why it cannot be.
        """
        lock = os.open(self._files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if os.path.exists(self._files.state):
            return
        # From here on nobody else ever starts this replica, so the claim must outlive a power cut.
        try:
            self._record(supervisor=list(processes.myself()), phase=PENDING, reason="preparing", durable=True)
        except OSError as error:
            os.write(confirm, str(error).encode())
            raise
        os.write(confirm, CLAIMED.encode())
        os.close(confirm)
        self._publish(self._guarded())
        while self._wanted_again():
            self._state = {}
            self._tell(supervisor=list(processes.myself()), phase=PENDING, reason="starting")
            self._publish(self._guarded())

    def _wanted_again(self) -> bool:
        """Tell whether the replica was taken away, and is wanted again since: nobody else would begin it."""
        if self._state.get("reason") != SCALED or not os.path.exists(self._attempt.plan):
            return False
        self._orders.look()
        return not self._orders.surplus

    def _guarded(self) -> End:
        try:
            command.adopt_orphans()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            return self._prepare() or self._execute()
        except Exception as error:  # noqa: BLE001 - whatever broke, the replica must have an end
            traceback.print_exc()
            value = leftovers.mark(self._plan["token"], self._files.name)
            leftovers.sweep(value, self._group.folders)
            return End(LOST, "supervisor-lost", f"its supervisor broke: {error!r}")

    def _prepare(self) -> End | None:
        if end := self._forbidden():
            return end
        if not preparation.needed(self._plan):
            return None
        if documents.read(self._attempt.prepared) is None and (end := self._make_ready()):
            return end
        done = documents.read(self._attempt.prepared) or {"problem": "nothing tells how preparation ended"}
        if problem := done.get("problem"):
            return End(FAILED, "preparation-failed", str(problem))
        return None

    def _make_ready(self) -> End | None:
        def work() -> NoReturn:
            os._exit(preparation.prepare(self._attempt, self._plan))

        child = self._spawn(work)
        if isinstance(child, End):
            return child
        ending = self._attend(child, duration=self._plan["preparation_limit"])
        if ending.cause is None:
            return None
        if ending.cause.phase == FAILED:
            return End(FAILED, "preparation-failed", f"preparation {ending.cause.message}")
        return _stopped(ending, ending.cause)

    def _execute(self) -> End:
        if end := self._forbidden():
            return end
        limits = self._limit()
        reader, writer = os.pipe()
        prepared = documents.read(self._attempt.prepared) or {}
        env = self._environment(prepared)
        folder = os.path.join(self._attempt.code, str(prepared.get("folder", ".")))

        def work() -> NoReturn:
            command.execute(self._replica["command"], env, folder, self._umask, writer)

        child = self._spawn(work, self._group)
        if isinstance(child, End):
            return child
        os.close(writer)
        problem = os.read(reader, 4096).decode(errors="replace")  # nothing, if the command is running
        os.close(reader)
        identity = processes.identify(child)
        birth = identity.birth if identity else None
        started = documents.now()
        if not problem:
            self._tell(phase=RUNNING, reason="", message=limits, pid=child, birth=birth, started=started)
        ending = self._attend(child, duration=self._plan["max_duration"])
        return self._judge(ending, problem)

    def _spawn(self, work: Callable[[], NoReturn], cgroup: Cgroup | None = None) -> int | End:
        """Start *work* in a child of its own and return the pid, or why it must not start any more."""
        log = self._open_log()
        if isinstance(log, End):
            return log
        try:
            return command.spawn(work, log=log, cgroup=cgroup)
        finally:
            os.close(log)

    def _open_log(self) -> int | End:
        """Open the log as soon as the disk lets it be: a full one says nothing about the command."""
        while True:
            try:
                return os.open(self._files.log, _APPEND, 0o600)
            except OSError:
                if end := self._forbidden():
                    return end
                time.sleep(1.0)

    def _forbidden(self) -> End | None:
        """Return the end of a replica that must not start."""
        self._orders.look()
        if self._orders.cancelled:
            return End(CANCELLED, "cancelled", "cancelled before it started")
        if self._orders.stop is not None:
            return End(
                CANCELLED, STOPPED, f"stopped before it started, as {self._orders.stop['by']} has ended"
            )
        if self._orders.surplus:
            return End(CANCELLED, SCALED, "taken away before it started")
        return None

    def _limit(self) -> str:
        """Make the replica's control group; return what cannot be limited, in words."""
        cpu, memory = self._replica["cpu"], self._replica["memory"]
        name = f"{self._attempt.name}.{self._files.name}"
        try:
            self._group = Cgroup.create(self._plan["cgroup"], name, cpu=cpu, memory=memory)
        except OSError as error:
            return f"limits are not enforced: {error}"
        finally:
            self._state["cgroup"] = {c: os.path.join(p, name) for c, p in self._plan["cgroup"].items()}
        return ""

    def _environment(self, prepared: Mapping[str, object]) -> dict[str, str]:
        env = {**self._replica["env"], **(documents.read(self._attempt.secrets) or {})}
        env |= self._replica["identity"]
        if venv := prepared.get("environment"):
            env["VIRTUAL_ENV"] = str(venv)
            env["PATH"] = f"{venv}/bin:{env.get('PATH', '')}"
        return env

    def _attend(self, child: int, duration: float | None) -> Ending:
        limits = Limits(duration, self._plan["log_limit"], self._plan["grace"])
        attendant = Attendant(self._orders, limits, self._files.log, self._group)
        before = {key: self._state.get(key, "") for key in ("phase", "reason", "message")}

        def on_pause(paused: bool) -> None:
            self._tell(**({"phase": SUSPENDED, "reason": "suspended"} if paused else before))

        return attendant.attend(child, self._tick, on_pause)

    def _tick(self) -> None:
        try:
            if self._unwritten:
                self._tell()
            self._siblings.consult()
        except OSError:  # the disk is full: the command needs none of this, and there is a next tick
            return

    def _judge(self, ending: Ending, problem: str) -> End:
        code = ending.exit_code
        if ending.cause is not None:
            return _stopped(ending, ending.cause)
        if code == 0:
            return End(SUCCEEDED, exit_code=0)
        if problem:
            return End(FAILED, "exit-code", problem, code)
        if self._group.out_of_memory():
            asked = self._replica["memory"] // 2**20
            return End(FAILED, "out-of-memory", f"used more memory than the {asked}Mi it asked for", code)
        return End(FAILED, "exit-code", _how(code), code)

    def _publish(self, end: End) -> None:
        """Write the last word, however long the disk is full, and tell all whom it concerns."""
        self._group.remove()
        while os.path.exists(self._files.path):
            try:
                self._record(**end._asdict(), ended=documents.now(), durable=True)
                break
            except OSError:
                time.sleep(1.0)
        state = ReplicaState(self._replica["role"], self._replica["index"], end.phase, end.reason)
        while os.path.exists(self._files.path):
            try:
                self._siblings.react(state)
                break
            except OSError:
                time.sleep(1.0)

    def _tell(self, **changes: object) -> None:
        """Record how the command fares; where the disk is full, at a later tick: it runs all the same."""
        self._state.update(changes)
        self._unwritten = True
        try:
            self._record()
            self._unwritten = False
        except OSError:
            return

    def _record(self, *, durable: bool = False, **changes: object) -> None:
        self._state.update(changes)
        documents.write(self._files.state, self._state, durable=durable)
        self._attempt.announce()


def _stopped(ending: Ending, cause: Cause) -> End:
    return End(cause.phase, cause.reason, cause.message, ending.exit_code)


def _how(code: int) -> str:
    try:
        return f"ended by {signal.Signals(code - _BY_SIGNAL).name}"
    except ValueError:
        return f"exited with {code}"
