"""Orders: the end of an attempt, its pause, and its removal."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from submarine.adapters.kubernetes import forms, parents
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.kinds import PARENTS, PODS, SECRETS, SERVICES
from submarine.adapters.kubernetes.names import HANDLE, INDEX, ROLE, STOP
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.pausing import Pausing
from submarine.adapters.kubernetes.plan import Plan
from submarine.adapters.kubernetes.reasons import PAUSING
from submarine.adapters.kubernetes.steward import Steward
from submarine.adapters.kubernetes.taking import Taking
from submarine.core.errors import ConflictError, NotFoundError, UnavailableError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Handle

_LOOKS: Final = (0.05, 1.0)
_TRIES: Final = 20


class Orders:
    """Writes orders into the parent, where every server finds them, and carries them out."""

    def __init__(
        self,
        api: Api,
        cache: Cache,
        steward: Steward,
        taking: Taking,
        pausing: Pausing,
        patience: float,
    ) -> None:
        self._api = api
        self._taking = taking
        self._pausing = pausing
        self._cache = cache
        self._steward = steward
        self._patience = patience

    async def cancel(self, handle: Handle, grace: float) -> None:
        """Ask for the end; what is not there is kept from beginning."""
        if not is_name(handle):
            return
        for _ in range(_TRIES):
            try:
                parent = await self._parent(handle)
            except NotFoundError:
                try:
                    found = await self._api.create(PARENTS, parents.tombstone(handle, grace))
                except ConflictError:
                    continue
                self._cache.parents.put(found)
                return
            if not parent.ours or parent.deleting or parent.closing is not None:
                return
            marks = parents.cancelled(grace, parent.cancel)
            patch = {"metadata": {"resourceVersion": str(parent.version), "annotations": marks}}
            try:
                self._cache.parents.put(await self._api.patch(PARENTS, handle, patch))
            except (ConflictError, NotFoundError):
                continue
            await self._carry_out(handle)
            return
        raise UnavailableError(f"{handle} is changed so often that it could not be cancelled; try again")

    async def suspend(self, handle: Handle, *, suspended: bool) -> None:
        """End the pods, or let others come."""
        parent = await self._parent(handle) if is_name(handle) else None
        if parent is None or not parent.ours or parent.plan is None or parent.deleting:
            raise NotFoundError(f"no workload {handle!r} in namespace {self._api.namespace}")
        if parent.closing is not None or parent.cancel is not None:
            return
        plan = parent.plan
        if suspended != parent.suspended:
            parent = await self._mark_suspended(parent, suspended=suspended)
            if parent.paused:
                await self._carry_out(handle)
        if not parent.paused:
            await self._suspend_objects(parent, plan, suspended=suspended)

    async def _mark_suspended(self, parent: Parent, *, suspended: bool) -> Parent:
        """Write the order into the parent, with what is to come again if that can be kept."""
        if suspended and parent.paused:
            raise UnavailableError(f"{parent.handle} is being resumed just now; try again")
        marks = {parents.SUSPENDED: "true" if suspended else None}
        patch: dict[str, Any] = {"metadata": {"resourceVersion": str(parent.version), "annotations": marks}}
        if suspended and (held := await self._pausing.keep(parent)) is not None:
            patch["data"] = held
        try:
            found = await self._api.patch(PARENTS, parent.handle, patch)
        except ConflictError as error:
            raise UnavailableError(f"{parent.handle} was changed just now; try again") from error
        self._cache.parents.put(found)
        return parents.read(found)

    async def _suspend_objects(self, parent: Parent, plan: Plan, *, suspended: bool) -> None:
        """Let the controllers delete the pods, or make others; what the pods wrote goes with them."""
        if suspended:
            await self._excuse(parent.handle)
        form = forms.named(plan.form)
        kind = form.made[-1]
        found, _ = await self._api.list(kind, selector=f"{HANDLE}={parent.handle}")
        for item in found:
            replicas = _size_of(parent, item.metadata.labels)
            if body := form.pause(suspended=suspended, replicas=replicas):
                await self._api.patch(kind, item.metadata.name, body)

    async def _excuse(self, handle: Handle) -> None:
        """Write on the pods that they go because of a pause: how they end is no end."""
        pods, _ = await self._api.list(PODS, selector=f"{HANDLE}={handle}")
        for pod in pods:
            patch = {"metadata": {"annotations": {STOP: PAUSING}}}
            with suppress(NotFoundError):
                self._cache.pods.put(await self._api.patch(PODS, pod.metadata.name, patch))

    async def remove(self, handle: Handle) -> None:
        """Delete everything of *handle*; return when nothing of it runs."""
        if not is_name(handle):
            return
        try:
            parent = await self._parent(handle)
        except NotFoundError:
            parent = None
        if parent is not None and not parent.ours:
            return
        selector = f"{HANDLE}={handle}"
        pods, _ = await self._api.list(PODS, selector=selector)
        if parent is None and not pods:
            self._cache.forget(handle)
            return
        kinds = {kind for form in forms.FORMS for kind in (*form.made, *form.kinds)}
        if parent is not None and parent.plan is not None:
            form = forms.named(parent.plan.form)
            kinds = {*form.made, *form.kinds}
        for kind in kinds:
            with suppress(NotFoundError):  # an operator's that is not installed
                await self._api.delete_all(kind, selector, propagationPolicy="Background")
        if parent is not None:
            await self._taking.leave_queue(parent)
        await self._kill(selector)
        rest = (SECRETS, SERVICES, PARENTS)
        await asyncio.gather(*(self._delete(kind, handle) for kind in rest))
        self._cache.forget(handle)

    async def _kill(self, selector: str) -> None:
        """Delete the pods; return when the kubelets say that they are gone."""
        pause, longest = _LOOKS
        try:
            async with asyncio.timeout(self._patience):
                while pods := (await self._api.list(PODS, selector=selector))[0]:
                    await asyncio.gather(*(self._end(pod) for pod in pods))
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, longest)
        except TimeoutError as error:
            raise UnavailableError(f"pods of {selector} do not end; is their node away?") from error

    async def _end(self, pod: Pod) -> None:
        grace = 1 if pod.spec.node_name else 0
        options: dict[str, Any] = {"gracePeriodSeconds": grace, "preconditions": {"uid": pod.metadata.uid}}
        try:
            await self._api.delete(PODS, pod.metadata.name, **options)
        except (NotFoundError, ConflictError):
            return

    async def _delete(self, kind: Any, name: str) -> None:
        try:
            await self._api.delete(kind, name, propagationPolicy="Background")
        except NotFoundError:
            return

    async def _carry_out(self, handle: Handle) -> None:
        """Begin at once; if that fails it is repeated in the background, for the order stands."""
        try:
            await self._steward.attend(handle)
        except (ConflictError, NotFoundError):
            self._steward.changed(handle)

    async def _parent(self, handle: Handle) -> Parent:
        found = await self._api.get(PARENTS, handle)
        self._cache.parents.put(found)
        return parents.read(found)


def _size_of(parent: Parent, labels: dict[str, str]) -> int:
    if INDEX in labels or parent.plan is None:
        return 1
    return next((role.replicas for role in parent.plan.roles if role.name == labels.get(ROLE)), 1)
