"""A runtime on which workloads run in imagination only, for tests of everything above it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from submarine.adapters.memory.cluster import Cluster, Run
from submarine.adapters.memory.process import Process
from submarine.core.clock import now
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.scaling import sizes
from submarine.core.workloads.workload import Archive, Handle, Workload


class MemoryRuntime:
    """Starts at once; ends by its program (`programs`), by `end`, or by `lose`."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self.cluster = cluster or Cluster()

    def end(self, handle: Handle, exit_code: int = 0, *, role: str | None = None, index: int = 0) -> None:
        """Let all processes of *handle* end with *exit_code*, or only one."""
        for process in self._some(handle, role, index):
            process.finish(exit_code)

    def lose(
        self, handle: Handle, reason: str = "node-lost", *, role: str | None = None, index: int = 0
    ) -> None:
        """Let the node die under *handle*, or under one of its processes."""
        for process in self._some(handle, role, index):
            process.end(Phase.LOST, reason, "its node died, so nobody saw how it ended", None)

    def write(self, handle: Handle, data: bytes, *, role: str = "worker", index: int = 0) -> None:
        """Let a process write *data*."""
        self._process(handle, role, index).write(data)

    def leave(self, handle: Handle, line: bytes, *, role: str = "worker", index: int = 0) -> None:
        """Let a process leave *line* in its spool."""
        self._process(handle, role, index).leave(line)

    async def identity(self) -> str:
        """See `Identifiable.identity`."""
        self._reach()
        return self.cluster.id

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`."""
        self._reach()
        if why := self.refusal(workload):
            raise InvalidError(why)
        if workload.name in self.cluster.runs:
            return
        if isinstance(workload.source, Archive):
            async for _ in workload.source.read():
                pass
        if workload.name in self.cluster.runs:  # somebody was quicker while we read
            return
        cancelled = workload.name in self.cluster.tombstones
        if not cancelled and (shortage := workload.resources.shortage(self.cluster.free)):
            raise FullError(f"no room: {shortage}")
        run = self.cluster.runs[workload.name] = Run(workload, self.cluster)
        if cancelled:
            run.cancelled = True
            for process in run.processes.values():
                process.end(Phase.CANCELLED, "cancelled", "cancelled before it started", None)
        else:
            run.start()

    def refusal(self, workload: Workload) -> str | None:
        """See `Selective.refusal`."""
        if not workload.roles:
            return "it has no roles"
        shortage = workload.resources.shortage(self.cluster.total)
        return f"this cluster is too small: {shortage}" if shortage else None

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`."""
        self._reach()
        return [self._look(handle) for handle in (list(self.cluster.runs) if handles is None else handles)]

    async def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`; begins with what is there."""
        watcher = self.cluster.watcher()
        try:
            watcher.changed.update(dict.fromkeys(self.cluster.runs))
            while True:
                self._reach()
                while watcher.changed:
                    handle = next(iter(watcher.changed))
                    del watcher.changed[handle]
                    yield self._look(handle)
                    self._reach()
                watcher.awake.clear()
                await watcher.awake.wait()
        finally:
            self.cluster.dismiss(watcher)

    async def remarks(self) -> AsyncIterator[Remark]:
        """See `Remarking.remarks`; the cluster forgets nothing."""
        watcher = self.cluster.watcher()
        try:
            self._reach()
            watcher.said.extend(self.cluster.said)
            while True:
                while watcher.said:
                    yield watcher.said.popleft()
                    self._reach()
                watcher.awake.clear()
                await watcher.awake.wait()
                self._reach()
        finally:
            self.cluster.dismiss(watcher)

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`."""
        self._reach()
        if run := self.cluster.runs.get(handle):
            run.cancel(grace)
        else:
            self.cluster.tombstones.add(handle)

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`."""
        self._reach()
        if run := self.cluster.runs.get(handle):
            run.cancel(0.0)
            self.cluster.tombstones.add(handle)
            self.cluster.runs.pop(handle, None)
            self.cluster.announce(handle)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`."""
        self._reach()
        return Capacity(total=self.cluster.total, free=self.cluster.free, queues=False)

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """See `Readable.logs`."""
        self._reach()
        process = self._process(handle, role, index)
        watcher = self.cluster.watcher()
        try:
            while True:
                watcher.awake.clear()
                if chunk := bytes(process.log[offset:]):
                    yield chunk
                    offset += len(chunk)
                elif process.phase.ended or not follow:
                    return
                else:
                    await watcher.awake.wait()
                    self._reach()
        finally:
            self.cluster.dismiss(watcher)

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """See `Spooling.spool`."""
        self._reach()
        if run := self.cluster.runs.get(handle):
            for process in run.processes.values():
                for line in list(process.spool):
                    yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """See `Addressable.endpoint`."""
        self._reach()
        process = self._process(handle, role, 0)
        ports = next(r.ports for r in self.cluster.runs[handle].workload.roles if r.name == role)
        if port not in ports or process.address is None:
            raise NotFoundError(f"no port {port!r} of role {role!r} of {handle!r} is known")
        return process.address

    async def suspend(self, handle: Handle) -> None:
        """See `Suspendable.suspend`."""
        self._pause(handle, paused=True)

    async def resume(self, handle: Handle) -> None:
        """See `Suspendable.resume`."""
        self._pause(handle, paused=False)

    async def scale(self, workload: Workload) -> None:
        """See `Scalable.scale`."""
        self._reach()
        run = self.cluster.runs.get(workload.name)
        if run is None:
            raise NotFoundError(f"no workload {workload.name!r}")
        before = run.workload
        wanted = sizes(workload, before.kind, [role.name for role in before.roles])
        if run.cancelled or run.observation.phase.ended:
            raise ConflictError(f"{workload.name} has ended, or is about to")
        if why := self.refusal(workload):
            raise InvalidError(why)
        growth = replace(
            before,
            roles=tuple(replace(r, replicas=max(wanted[r.name] - r.replicas, 0)) for r in before.roles),
        )
        if shortage := growth.resources.shortage(self.cluster.free):
            raise FullError(f"no room: {shortage}")
        run.scale(wanted)

    def _pause(self, handle: Handle, *, paused: bool) -> None:
        self._reach()
        for process in self._some(handle, None, 0):
            process.pause(paused=paused)

    def _reach(self) -> None:
        if self.cluster.away:
            raise UnavailableError("the cluster in memory is out of reach")

    def _look(self, handle: Handle) -> Observation:
        if run := self.cluster.runs.get(handle):
            return run.observation
        return Observation(handle=handle, phase=Phase.ABSENT, at=now())

    def _some(self, handle: Handle, role: str | None, index: int) -> list[Process]:
        if role is not None:
            return [self._process(handle, role, index)]
        if (run := self.cluster.runs.get(handle)) is None:
            raise NotFoundError(f"no workload {handle!r}")
        return list(run.processes.values())

    def _process(self, handle: Handle, role: str, index: int) -> Process:
        run = self.cluster.runs.get(handle)
        if run is None or (role, index) not in run.processes:
            raise NotFoundError(f"no replica {role}-{index} of a workload {handle!r}")
        return run.processes[role, index]
