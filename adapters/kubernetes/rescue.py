"""The last output of pods that are about to be deleted, for it goes when they go.

Whoever is preempted, drained or deleted by hand has some seconds left; in these its output is read to the
end, into a file of this machine, until the attempt is over and collected. So is that of pods which a queue
takes away and gives again. A server that dies meanwhile loses what it has, and one that sees a pod go without
notice has nothing.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import IO, Final

from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.names import SPOOLER
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.parents import Parent
from submarine.core.errors import SubmarineError
from submarine.core.workloads.workload import Handle, WorkloadKind

log = logging.getLogger(__name__)

Follow = Callable[[str, str], AsyncIterator[bytes]]
_Key = tuple[str, str]

_LARGEST: Final = 256 * 2**20
_AT_ONCE: Final = 200
_BLOCK: Final = 2**16
_LAST_WORDS_S: Final = 5.0
_HASTY_S: Final = 2.0


class Rescue:
    """Reads by *follow* (pod, container) what would be lost; keeps it by the pod's uid and container."""

    def __init__(self, cache: Cache, follow: Follow) -> None:
        self._cache = cache
        self._follow = follow
        self._files: dict[_Key, IO[bytes]] = {}
        self._pods: dict[Handle, list[_Key]] = {}
        self._tasks: dict[_Key, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read meanwhile."""
        try:
            yield
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for handle in list(self._pods):
                self._drop(handle)

    def look(self, handle: Handle) -> None:
        """Begin to read what *handle* is about to lose; let go what it has not any more."""
        parent = self._cache.parent(handle)
        if parent is None or parent.deleting:
            self._drop(handle)
            return
        if parent.plan is None or parent.plan.kind != WorkloadKind.BATCH:
            return  # a service begins anew for ever
        soon = hasty(parent)
        for pod in self._cache.pods.of(handle):
            if (soon or pod.metadata.deletion_timestamp is not None) and _writes(pod):
                for container in {pod.main.name if pod.main else "", SPOOLER}:
                    if pod.begun(container):
                        self._begin(handle, pod, container)

    async def read(self, uid: str, container: str) -> AsyncIterator[bytes]:
        """Yield what was saved of what a container of the pod *uid* wrote; nothing if nothing was."""
        if (task := self._tasks.get((uid, container))) is not None:
            await asyncio.wait([task], timeout=_LAST_WORDS_S)
        file = self._files.get((uid, container))
        at = 0
        while file is not None and not file.closed:
            file.seek(at)
            if not (block := file.read(_BLOCK)):
                return
            at += len(block)
            yield block

    def _begin(self, handle: Handle, pod: Pod, container: str) -> None:
        key = pod.metadata.uid, container
        if key in self._files or len(self._tasks) >= _AT_ONCE:
            return
        self._pods.setdefault(handle, []).append(key)
        self._files[key] = file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_drop`
        self._tasks[key] = task = asyncio.create_task(self._save(pod.metadata.name, container, file))
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _save(self, pod: str, container: str, file: IO[bytes]) -> None:
        size = 0
        with suppress(SubmarineError, ValueError):  # what is closed is not wanted any more
            async for chunk in self._follow(pod, container):
                file.seek(size)
                size += file.write(chunk[: _LARGEST - size])
        log.debug("saved %d bytes of pod %s", size, pod)

    def _drop(self, handle: Handle) -> None:
        for key in self._pods.pop(handle, ()):
            self._files.pop(key).close()


def hasty(parent: Parent) -> bool:
    """Tell whether *parent* was cancelled with less time than its spec gives: its pods are deleted then."""
    plan = parent.plan
    return parent.cancel is not None and plan is not None and parent.cancel <= plan.grace - _HASTY_S


def _writes(pod: Pod) -> bool:
    main = pod.main
    return not pod.over and main is not None and main.state.running is not None
