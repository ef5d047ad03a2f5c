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
from submarine.core.workloads.verdict import SCALED, ends_all, judge
from submarine.core.workloads.workload import Handle, Role, Workload

_AMPLE: Final = Resources(cpu=1_000_000, memory=2**50)


class Run:
    """A workload on the cluster."""

    def __init__(self, workload: Workload, cluster: Cluster) -> None:
        self.workload = workload
        self.cancelled = False
        self._cluster = cluster
        self._deadline: asyncio.TimerHandle | None = None
        self.processes = {(role.name, index): self._process(role, index) for role, index in self._wanted()}

    def _env(self, own: Mapping[str, str], role: str, index: int, peers: Peers) -> Mapping[str, str]:
        return {
            **own,
            **self.workload.framework.variables(peers, role, index),
            **self.workload.secrets,
            "SUBMARINE_ROLE": role,
            "SUBMARINE_INDEX": str(index),
            "SUBMARINE_REPLICA": f"{role}-{index}",
        }

    def _process(self, role: Role, index: int) -> Process:
        peers = Peers(
            addresses={
                each.name: tuple(f"{each.name}-{i}.{self.workload.name}:29500" for i in range(each.replicas))
                for each in self.workload.roles
            }
        )
        return Process(role.name, index, self._env(role.env, role.name, index, peers), self.changed)

    def _wanted(self) -> list[tuple[Role, int]]:
        return [(role, index) for role in self.workload.roles for index in range(role.replicas)]

    @property
    def present(self) -> list[Process]:
        """Return the processes that there are to be, and those taken away that have not ended, by role."""
        wanted = {(role.name, index) for role, index in self._wanted()}
        order = [role.name for role in self.workload.roles]
        found = [who for who, each in self.processes.items() if who in wanted or not each.phase.ended]
        return [self.processes[who] for who in sorted(found, key=lambda who: (order.index(who[0]), who[1]))]

    def scale(self, sizes: Mapping[str, int]) -> None:
        """Have so many replicas of each role; who is taken away and wanted again begins when it has ended."""
        roles = (replace(role, replicas=sizes[role.name]) for role in self.workload.roles)
        self.workload = replace(self.workload, roles=tuple(roles))
        for process in self.processes.values():
            if process.index >= sizes[process.role]:
                process.terminate(Phase.CANCELLED, SCALED, "taken away", self.workload.grace)
        self.changed()

    def _fill(self) -> None:
        """Start what there is to be and is not there, or was taken away before."""
        if self.cancelled:
            return
        for role, index in self._wanted():
            before = self.processes.get((role.name, index))
            if before is None or (before.phase.ended and before.state.reason == SCALED):
                self.processes[role.name, index] = process = self._process(role, index)
                process.start(role.command)

    def start(self) -> None:
        """Start every process at once."""
        if (duration := self.workload.max_duration) is not None:
            self._deadline = asyncio.get_running_loop().call_later(duration, self._overdue)
        for role, index in self._wanted():
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
        self._fill()
        for number, process in enumerate(self.present):
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
        present = self.present
        states = [process.state for process in present]
        verdict = judge(self.workload.success, states, cancelled=self.cancelled)
        return Observation(
            handle=self.workload.name,
            phase=Phase(verdict.phase),
            at=now(),
            reason=verdict.reason,
            message=verdict.message,
            exit_code=verdict.exit_code,
            replicas=tuple(process.view for process in present),
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
