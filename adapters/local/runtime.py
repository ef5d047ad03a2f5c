"""Runs workloads as processes of this machine, each replica under a supervisor of its own.

Everything that must outlive the server is a file in the data directory (`layout`), so any number of
servers, one after the other or at once, see and steer the same workloads.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, ParamSpec, Self, TypeVar

from submarine.adapters.local import housekeeping, refusals
from submarine.adapters.local.admission import Admission
from submarine.adapters.local.cgroup_discovery import NOTHING, Found, find
from submarine.adapters.local.changes import Changes
from submarine.adapters.local.config import LocalConfig
from submarine.adapters.local.ending import Orders
from submarine.adapters.local.identity import identity_of
from submarine.adapters.local.layout import DataDirectory
from submarine.adapters.local.observing import Observer
from submarine.adapters.local.planning import Planner
from submarine.adapters.local.reading import read_log, spooled
from submarine.adapters.local.scaling import Scaling
from submarine.adapters.local.states import names_of
from submarine.adapters.local.submission import Submission
from submarine.core.errors import InvalidError, NotFoundError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.news import News
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.verdict import LIVE, PENDING
from submarine.core.workloads.workload import Archive, Handle, Workload

P = ParamSpec("P")
T = TypeVar("T")

_THREADS: Final = 8
_LOOK: Final = 1.0  # seconds between looks at the living, for supervisors that died without a word
_LOOK_AT_ALL: Final = 30.0
_FOLLOW: Final = (0.05, 0.5)  # seconds between looks at a log, from busy to quiet


class LocalRuntime:
    """The runtime; made by `open`. All file work is done in its own threads."""

    def __init__(self, config: LocalConfig, cgroup: Found, threads: ThreadPoolExecutor) -> None:
        self._data = DataDirectory(os.path.realpath(config.path))
        self._threads = threads
        self._notes = cgroup.notes
        self._observer = Observer(self._data)
        self._admission = Admission(config, self._data, self._observer)
        planner = Planner(config, self._data, cgroup.spec)
        self._submission = Submission(self._data, self._observer, self._admission, planner)
        self._scaling = Scaling(self._data, self._observer, self._admission, planner)
        self._orders = Orders(self._data, self._observer, self._admission)

    @classmethod
    @asynccontextmanager
    async def open(cls, config: LocalConfig) -> AsyncIterator[Self]:
        """Open the data directory, made if it is not there; workloads go on when it is closed."""
        with ThreadPoolExecutor(_THREADS, "submarine-local") as threads:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(threads, housekeeping.tidy, config)
            cgroup = await loop.run_in_executor(threads, _groups, config)
            yield cls(config, cgroup, threads)

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`; when it returns, a supervisor has claimed every replica."""
        if why := self.refusal(workload):
            raise InvalidError(why)
        if not await self._call(self._submission.known, workload.name):
            folder = await self._call(self._submission.begin, workload)
            if isinstance(workload.source, Archive):
                try:
                    await self._submission.receive(workload.source, folder, self._call)
                except BaseException:
                    await self._call(self._submission.discard, folder)
                    raise
            await self._call(self._submission.settle, workload, folder)
        await self._call(self._submission.start, workload.name)

    def refusal(self, workload: Workload) -> str | None:
        """See `Selective.refusal`."""
        return refusals.refusal(workload, self._admission.total)

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`."""
        return await self._call(self._observer.observe, handles)

    async def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`; begins with what is there."""
        news = News()
        loop = asyncio.get_running_loop()
        with Changes(self._data.changes) as changes:
            names: set[str] | None = None
            look_at_all = look = 0.0
            while True:
                if loop.time() >= look_at_all:
                    names, look_at_all = None, loop.time() + _LOOK_AT_ALL
                elif loop.time() >= look and names is not None:
                    names |= news.live()
                    look = loop.time() + _LOOK
                handles = None if names is None else [Handle(name) for name in names]
                for observation in await self.observe(handles):
                    if news.differs(observation):
                        yield observation
                names = await changes.next(_LOOK)

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`; supervisors carry it out, also when this server dies."""
        await self._call(self._orders.cancel, handle, grace)

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`; for a day nothing of this name can start."""
        await self._call(self._orders.remove, handle)

    async def identity(self) -> str:
        """See `Identifiable.identity`."""
        return await self._call(identity_of, self._data)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`."""
        free = await self._call(self._admission.free)
        return Capacity(total=self._admission.total, free=free, queues=False, notes=self._notes)

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """See `Readable.logs`."""
        await self._call(self._find, handle, role, index)
        soonest, latest = _FOLLOW
        pause = soonest
        while True:
            chunk, over = await self._call(self._read, handle, role, index, offset)
            if chunk:
                yield chunk
                offset, pause = offset + len(chunk), soonest
            elif over or not follow:
                return
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, latest)

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """See `Spooling.spool`."""
        if not is_name(handle):
            return
        batches = await self._call(spooled, self._data.attempt(handle))
        while (batch := await self._call(next, batches, None)) is not None:
            for line in batch:
                yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """See `Addressable.endpoint`; known while replica 0 runs."""
        return await self._call(self._endpoint, handle, role, port)

    async def suspend(self, handle: Handle) -> None:
        """See `Suspendable.suspend`."""
        await self._call(partial(self._orders.suspend, suspended=True), handle)

    async def resume(self, handle: Handle) -> None:
        """See `Suspendable.resume`."""
        await self._call(partial(self._orders.suspend, suspended=False), handle)

    async def scale(self, workload: Workload) -> None:
        """See `Scalable.scale`; when it returns, a supervisor has claimed every replica."""
        if why := self.refusal(workload):
            raise InvalidError(why)
        await self._call(self._scaling.scale, workload)
        await self._call(self._submission.start, workload.name)

    async def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, partial(work, *args, **kwargs))
        except OSError as error:
            raise UnavailableError(f"cannot use the data directory {self._data.path}: {error}") from error

    def _find(self, handle: Handle, role: str, index: int) -> None:
        plan = self._observer.plan(handle)
        if plan is None or (role, index) not in names_of(plan, gone=True):
            raise NotFoundError(f"no replica {role}-{index} of a workload {handle!r} here")

    def _read(self, handle: Handle, role: str, index: int, offset: int) -> tuple[bytes, bool]:
        """Return more of a log, and if there is none whether there will never be."""
        replica = self._data.attempt(handle).replica(f"{role}-{index}")
        if chunk := read_log(replica, offset):
            return chunk, False
        over = not any(
            s.state.phase in LIVE
            for s in self._observer.sightings(handle)
            if (s.state.role, s.state.number) == (role, index)
        )
        # It may have written its last line between our two looks.
        return (read_log(replica, offset), over) if over else (b"", False)

    def _endpoint(self, handle: Handle, role: str, port: str) -> str:
        plan = self._observer.plan(handle) or {"replicas": []}
        for replica, sighting in zip(plan["replicas"], self._observer.sightings(handle), strict=False):
            if (replica["role"], replica["index"]) == (role, 0) and port in replica["ports"]:
                if sighting.state.phase in LIVE - {PENDING}:
                    return f"http://127.0.0.1:{replica['ports'][port]}"
                raise NotFoundError(f"{role}-0 of {handle!r} is {sighting.state.phase}, so it has no address")
        raise NotFoundError(f"no port {port!r} of role {role!r} of a workload {handle!r} here")


def _groups(config: LocalConfig) -> Found:
    if config.cgroup == "off":
        return NOTHING
    digest = hashlib.sha256(os.path.realpath(config.path).encode()).hexdigest()
    return find(f"submarine-{digest[:12]}")
