"""A simulated cluster: what is there, who watches it, and whether it can be reached."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from submarine.adapters.memory.process import Process
from submarine.core.clock import now
from submarine.core.ids import new_id
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.verdict import ends_all, judge
from submarine.core.workloads.workload import Handle, Workload

_AMPLE: Final = Resources(cpu=1_000_000, memory=2**50)


class Run:
    """A workload on the cluster."""

    def __init__(self, workload: Workload, cluster: Cluster) -> None:
        self.workload = workload
        self.cancelled = False
        self._cluster = cluster
        self._deadline: asyncio.TimerHandle | None = None
        peers = Peers(
            addresses={
                role.name: tuple(f"{role.name}-{i}.{workload.name}:29500" for i in range(role.replicas))
                for role in workload.roles
            }
        )
        self.processes = {
            (role.name, index): Process(
                role.name, index, self._env(role.env, role.name, index, peers), self.changed
            )
            for role in workload.roles
            for index in range(role.replicas)
        }

    def _env(self, own: Mapping[str, str], role: str, index: int, peers: Peers) -> Mapping[str, str]:
        return {
            **own,
            **self.workload.framework.variables(peers, role, index),
            **self.workload.secrets,
            "SUBMARINE_ROLE": role,
            "SUBMARINE_INDEX": str(index),
            "SUBMARINE_REPLICA": f"{role}-{index}",
        }

    def start(self) -> None:
        """Start every process at once."""
        if (duration := self.workload.max_duration) is not None:
            self._deadline = asyncio.get_running_loop().call_later(duration, self._overdue)
        for role in self.workload.roles:
            for index in range(role.replicas):
                self.processes[role.name, index].start(role.command)
        self._cluster.say(self.workload.name, "Started", f"{len(self.processes)} processes were started")

    def cancel(self, grace: float) -> None:
        """Ask all processes to end."""
        if not self.observation.phase.ended:
            self.cancelled = True
            for process in self.processes.values():
                process.terminate(Phase.CANCELLED, "cancelled", "cancelled", grace)

    def changed(self) -> None:
        """Let the success policy have its say, and wake those who watch."""
        for number, process in enumerate(self.processes.values()):
            if ends_all(self.workload.success, process.state, chief=number == 0):
                for other in self.processes.values():
                    other.stop(process.state.name, self.workload.grace)
        if self._deadline is not None and self.observation.phase.ended:
            self._deadline.cancel()
        self._cluster.announce(self.workload.name)

    def _overdue(self) -> None:
        message = f"ran longer than {self.workload.max_duration:g} s"
        for process in self.processes.values():
            process.terminate(Phase.FAILED, "deadline-exceeded", message, self.workload.grace)

    @property
    def observation(self) -> Observation:
        """Return how it fares."""
        states = [process.state for process in self.processes.values()]
        verdict = judge(self.workload.success, states, cancelled=self.cancelled)
        return Observation(
            handle=self.workload.name,
            phase=Phase(verdict.phase),
            at=now(),
            reason=verdict.reason,
            message=verdict.message,
            exit_code=verdict.exit_code,
            replicas=tuple(process.view for process in self.processes.values()),
        )


class Cluster:
    """Lives as long as the Python process, however often a runtime for it is opened."""

    def __init__(self, total: Resources = _AMPLE) -> None:
        self.total = total
        self.id = new_id()
        self.away = False
        self.runs: dict[Handle, Run] = {}
        self.tombstones: set[Handle] = set()
        self.said: list[Remark] = []
        self._watchers: set[Watcher] = set()

    @property
    def free(self) -> Resources:
        """Return what no living workload has been given."""
        free = self.total
        for run in self.runs.values():
            if not run.observation.phase.ended:
                free -= run.workload.resources
        return free

    def announce(self, handle: Handle) -> None:
        """Tell those who watch that *handle* has changed."""
        for watcher in self._watchers:
            watcher.changed[handle] = None
            watcher.awake.set()

    def say(self, handle: Handle, reason: str, message: str, **more: Any) -> None:
        """Say something of *handle*, once more perhaps, for those who listen."""
        remark = Remark(handle=handle, subject=handle, reason=reason, message=message, at=now(), **more)
        before = next((old for old in self.said if old.words == remark.words), None)
        if before is not None:
            self.said.remove(before)
            remark = replace(remark, count=before.count + 1)
        self.said.append(remark)
        for watcher in self._watchers:
            watcher.said.append(remark)
            watcher.awake.set()

    def watcher(self) -> Watcher:
        """Return somebody who hears of every change from now on."""
        watcher = Watcher()
        self._watchers.add(watcher)
        return watcher

    def dismiss(self, watcher: Watcher) -> None:
        """Tell *watcher* nothing more."""
        self._watchers.discard(watcher)


_CLUSTERS: Final[dict[str, Cluster]] = {}


def named(name: str) -> Cluster:
    """Return the cluster *name*, the same each time."""
    return _CLUSTERS.setdefault(name, Cluster())


class Watcher:
    """What one of those who watch has yet to hear."""

    def __init__(self) -> None:
        self.changed: dict[Handle, None] = {}  # a set in order
        self.said: deque[Remark] = deque(maxlen=10_000)
        self.awake = asyncio.Event()
