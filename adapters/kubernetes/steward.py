"""Acts on what is seen: ends what must end, and writes the end down.

Nothing here is remembered that the cluster does not hold too, so any number of servers may do this at
once, and one that restarts goes on. Pods are asked to end by a deadline in the past: the kubelet then
sends SIGTERM, waits as long as the pod allows, and keeps pod and output, whereas a deleted pod takes its
output away.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from submarine.adapters.kubernetes import forms, observing, parents
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.events import Complaints
from submarine.adapters.kubernetes.forms.form import Form
from submarine.adapters.kubernetes.kinds import PARENTS, PODS
from submarine.adapters.kubernetes.names import HANDLE, STOP
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.pausing import Pausing, of_before
from submarine.adapters.kubernetes.reasons import CANCELLING, PAUSING
from submarine.adapters.kubernetes.rescue import hasty
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, SubmarineError
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.verdict import LIVE, PENDING
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

_AT_ONCE: Final = 16
_AGAIN_S: Final = 1.0
_LATE_S: Final = 3.0
_LEAST_S: Final = 2.0
"""What a process has between SIGTERM and SIGKILL, also when nobody grants it any time."""


class Steward:
    """Attends to attempts that have changed, and to those whose time has come."""

    def __init__(
        self, api: Api, cache: Cache, listeners: Listeners, complaints: Complaints, pausing: Pausing
    ) -> None:
        self._api = api
        self._cache = cache
        self._listeners = listeners
        self._complaints = complaints
        self._pausing = pausing
        self._waiting: dict[Handle, None] = {}
        self._awake = asyncio.Event()
        self._locks: WeakValueDictionary[Handle, asyncio.Lock] = WeakValueDictionary()
        self._timers: dict[Handle, asyncio.TimerHandle] = {}
        self._released: set[str] = set()
        self._unborn: dict[str, float] = {}

    def submitted(self, parent: Parent) -> None:
        """Note that objects of *parent* were created just now, whatever was taken away before."""
        self._released.discard(parent.uid)

    def changed(self, handle: Handle) -> None:
        """Note that something of *handle* has changed."""
        self._waiting[handle] = None
        self._awake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work meanwhile."""
        workers = [asyncio.create_task(self._work()) for _ in range(_AT_ONCE)]
        try:
            yield
        finally:
            for timer in self._timers.values():
                timer.cancel()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def attend(self, handle: Handle) -> None:
        """Do what is to be done for *handle* now; raise what the cluster's answers mean."""
        lock = self._locks.get(handle)
        if lock is None:
            lock = self._locks[handle] = asyncio.Lock()
        async with lock:
            await self._attend(handle)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._awake.clear()
                await self._awake.wait()
            handle = next(iter(self._waiting))
            del self._waiting[handle]
            try:
                await self.attend(handle)
            except (ConflictError, NotFoundError, InvalidError):
                self._later(handle, _AGAIN_S / 4)  # the cache lags behind what others do
            except SubmarineError as error:
                log.debug("%s has to wait: %s", handle, error)
                self._later(handle, _AGAIN_S)
            except Exception:
                log.exception("attending to %s failed; it is repeated", handle)
                self._later(handle, 10 * _AGAIN_S)
            else:
                self._listeners.tell(handle)

    async def _attend(self, handle: Handle) -> None:
        sight = observing.look(self._cache, handle)
        if sight is not None and sight.unsure:
            self._cache.asked(handle, *await self._api.list(PODS, selector=f"{HANDLE}={handle}"))
            sight = observing.look(self._cache, handle)
        if sight is None:
            return
        if sight.closed:
            self._released.discard(sight.parent.uid)
            self._unborn.pop(sight.parent.uid, None)
        living = [pod for pod in self._cache.pods.of(handle) if not observing.over(pod)]
        if sight.closed:
            # Whatever comes up under a name that has ended must not run.
            await asyncio.gather(*(self._delete(pod, 1) for pod in living))
            return
        if sight.parent.cancel is not None or sight.deciding is not None:
            await self._end(sight, living)
        elif sight.parent.paused:
            await self._pause(sight, living)
        else:
            self._wonder(sight)
        if sight.verdict.phase not in LIVE:
            await self._close(sight)

    async def _end(self, sight: Sight, living: list[Pod]) -> None:
        parent, deciding = sight.parent, sight.deciding
        form = forms.named(sight.plan.form)
        there = {observing.who_is(pod) for pod in living}
        unborn = any(s.phase in LIVE and (s.role, s.number) not in there for s in sight.states)
        if form.restless or unborn or (parent.cancel is not None and not sight.pods):
            await self._release(parent, form)
        why = CANCELLING
        if parent.cancel is None and deciding is not None:
            why = f"stopped: {deciding.name} has {deciding.phase}"
        if parent.cancel is not None and hasty(parent):
            # A kubelet that ends a pod already never hurries; what is said meanwhile is saved, see `rescue`.
            grace = math.ceil(max(parent.cancel, _LEAST_S))
            await asyncio.gather(*(self._delete(pod, grace) for pod in living))
        else:
            await asyncio.gather(*(self._ask(pod, why) for pod in living))

    async def _pause(self, sight: Sight, living: list[Pod]) -> None:
        """End the pods of a pause, and let others come after it, when none of those is left."""
        await self._pausing.take(sight.parent)
        before = [pod for pod in living if of_before(sight.parent, pod)]
        if before:
            await asyncio.gather(*(self._ask(pod, PAUSING) for pod in before))
        elif not sight.parent.suspended:
            await self._pausing.give(sight)

    def _wonder(self, sight: Sight) -> None:
        """Look at events where pods do not come: no object of theirs could tell why."""
        parent = sight.parent
        unborn = {s.role for s in sight.states if s.phase == PENDING and (s.role, s.number) not in sight.pods}
        if not unborn or not parent.started or parent.suspended:
            self._unborn.pop(parent.uid, None)
            self._cache.notes.pop(parent.handle, None)
            return
        at = asyncio.get_running_loop().time()
        since = self._unborn.setdefault(parent.uid, at)
        if at - since >= _LATE_S:
            note = self._complaints.note_of(parent.handle, unborn)
            if note is not None:
                self._cache.notes[parent.handle] = note
        self._later(parent.handle, _LATE_S if at - since < _LATE_S else _LATE_S * 5)

    async def _release(self, parent: Parent, form: Form) -> None:
        """Take away what would make more pods, once; those that are there stay."""
        if parent.uid in self._released:
            return
        for kind in form.kinds:
            await self._api.delete_all(kind, f"{HANDLE}={parent.handle}", propagationPolicy="Orphan")
        self._released.add(parent.uid)

    async def _ask(self, pod: Pod, why: str) -> None:
        """Ask *pod* to end, once."""
        if STOP in pod.metadata.annotations or pod.metadata.deletion_timestamp is not None:
            return
        if not pod.spec.node_name:  # it has not begun, and there is no output to keep
            await self._delete(pod, 0)
            return
        patch: dict[str, Any] = {
            "metadata": {"annotations": {STOP: why}, "uid": pod.metadata.uid},
            "spec": {"activeDeadlineSeconds": 1},
        }
        try:
            self._cache.pods.put(await self._api.patch(PODS, pod.metadata.name, patch))
        except NotFoundError:
            return

    async def _delete(self, pod: Pod, grace: int) -> None:
        if pod.metadata.deletion_timestamp is not None and grace:
            return
        options = {"gracePeriodSeconds": grace, "preconditions": {"uid": pod.metadata.uid}}
        try:
            await self._api.delete(PODS, pod.metadata.name, **options)
        except (NotFoundError, ConflictError):
            return

    async def _close(self, sight: Sight) -> None:
        """Write the end down, so that it stays what it is, whatever becomes of the pods."""
        parent = sight.parent
        patch = parents.closed(sight.closing(), parent.version)
        try:
            self._cache.parents.put(await self._api.patch(PARENTS, parent.handle, patch))
        except ConflictError:
            self._cache.parents.put(await self._api.get(PARENTS, parent.handle))
            raise

    def _later(self, handle: Handle, seconds: float) -> None:
        if before := self._timers.pop(handle, None):
            before.cancel()
            seconds = min(seconds, max(before.when() - asyncio.get_running_loop().time(), 0.0))

        def ring() -> None:
            self._timers.pop(handle, None)
            self.changed(handle)

        self._timers[handle] = asyncio.get_running_loop().call_later(seconds, ring)
