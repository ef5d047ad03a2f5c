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

from submarine.adapters.kubernetes import forms, observing, parents
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.events import Complaints
from submarine.adapters.kubernetes.kinds import PARENTS, PODS, read_as
from submarine.adapters.kubernetes.names import HANDLE, STOP
from submarine.adapters.kubernetes.objects import Operated, Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.pausing import Pausing, of_before
from submarine.adapters.kubernetes.reasons import CANCELLING, PAUSING
from submarine.adapters.kubernetes.rescue import hasty
from submarine.adapters.kubernetes.taking import Taken, Taking
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, SubmarineError
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.turns import Turns
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
        self,
        api: Api,
        cache: Cache,
        listeners: Listeners,
        complaints: Complaints,
        taking: Taking,
        pausing: Pausing,
    ) -> None:
        self._api = api
        self._cache = cache
        self._listeners = listeners
        self._complaints = complaints
        self._taking = taking
        self._pausing = pausing
        self._waiting: dict[Handle, None] = {}
        self._awake = asyncio.Event()
        self._turns = Turns()
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
        async with self._turns.of(handle):
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
            await self._ask_after(sight)
            sight = observing.look(self._cache, handle)
        if sight is None:
            return
        if sight.closed:
            self._released.discard(sight.parent.uid)
            self._unborn.pop(sight.parent.uid, None)
        living = self._living(handle)
        if sight.closed:
            # Whatever comes up under a name that has ended must not run.
            await asyncio.gather(*(self._delete(pod, 1) for pod in living))
            return
        if sight.parent.cancel is not None or sight.deciding is not None:
            await self._end(sight, living)
        elif sight.parent.paused:
            await self._pause(sight)
        else:
            self._wonder(sight)
        if sight.verdict.phase not in LIVE:
            await self._close(sight)

    def _living(self, handle: Handle) -> list[Pod]:
        return [pod for pod in self._cache.pods.of(handle) if not pod.over]

    async def _end(self, sight: Sight, living: list[Pod]) -> None:
        parent, deciding = sight.parent, sight.deciding
        unborn = any(s.phase in LIVE and (s.role, s.number) not in sight.living for s in sight.states)
        restless = forms.named(sight.plan.form).restless
        waits = not sight.living and bool(parent.resumed or not sight.pods)  # for pods that come yet
        more = restless or unborn or (parent.cancel is not None and waits)
        if more and not await self._release(parent):
            self._later(parent.handle, _AGAIN_S / 4)
            return
        why = CANCELLING
        if parent.cancel is None and deciding is not None:
            why = f"stopped: {deciding.name} has {deciding.phase}"
        if parent.cancel is not None and hasty(parent):
            # A kubelet that ends a pod already never hurries; what is said meanwhile is saved, see `rescue`.
            grace = math.ceil(max(parent.cancel, _LEAST_S))
            await asyncio.gather(*(self._delete(pod, grace) for pod in living))
        else:
            await asyncio.gather(*(self._ask(pod, why) for pod in living))

    async def _pause(self, sight: Sight) -> None:
        """End the pods of a pause, and let others come after it, when none of those is left."""
        handle, suspended = sight.parent.handle, sight.parent.suspended
        if (taken := await self._pausing.take(sight.parent)) is not Taken.GONE:
            self._later(handle, _AGAIN_S / 4)
        if taken is Taken.BEGUN:
            return
        before = [p for p in self._living(handle) if suspended or of_before(sight.parent, p)]
        if before:
            await asyncio.gather(*(self._ask(pod, PAUSING) for pod in before))
        elif taken is Taken.GONE and not suspended:
            await self._pausing.give(sight)

    def _wonder(self, sight: Sight) -> None:
        """Look at events where pods do not come: no object of theirs could tell why."""
        parent = sight.parent
        waiting = [state for state in sight.states if state.phase == PENDING]
        unborn = {state.role for state in waiting if (state.role, state.number) not in sight.living}
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

    async def _ask_after(self, sight: Sight) -> None:
        """Ask what the watches have not told: which pods there are, and why others were deleted."""
        handle, form = sight.parent.handle, forms.named(sight.plan.form)
        selector = f"{HANDLE}={handle}"
        self._cache.asked(handle, *await self._api.list(PODS, selector=selector))
        if form.claims:
            found, _ = await self._api.list(read_as(form.made[-1], Operated), selector=selector)
            for pod in observing.unexplained(self._cache, handle):
                self._cache.explain(pod, taken=any(one.paused_since(pod) for one in found))

    async def _release(self, parent: Parent) -> bool:
        """Take away what would make more pods; return whether nothing does any more. Those there are stay."""
        if parent.uid not in self._released:
            if await self._taking.take(parent) is Taken.BEGUN:
                return False
            self._released.add(parent.uid)
        return True

    async def _ask(self, pod: Pod, why: str) -> None:
        """Ask *pod* to end, once."""
        if STOP in pod.metadata.annotations or pod.metadata.deletion_timestamp is not None:
            return
        begun = bool(pod.spec.node_name)  # else there is no output to keep
        patch: dict[str, Any] = {"metadata": {"annotations": {STOP: why}, "uid": pod.metadata.uid}}
        if begun:
            patch["spec"] = {"activeDeadlineSeconds": 1}
        try:
            self._cache.pods.put(await self._api.patch(PODS, pod.metadata.name, patch))
        except NotFoundError:
            return
        if not begun:
            await self._delete(pod, 0)

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
