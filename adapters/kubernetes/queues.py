"""Reads back from Kueue why attempts wait in its queues: one list for all, and only while any waits.

Source: ``apis/kueue/v1beta2/workload_types.go`` of kubernetes-sigs/kueue; v1beta1 has the same fields.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache, Note
from submarine.adapters.kubernetes.forms.form import Installed
from submarine.adapters.kubernetes.installed import Groups
from submarine.adapters.kubernetes.kinds import Kind
from submarine.adapters.kubernetes.objects import Condition, Lean, Owner
from submarine.core.errors import SubmarineError
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

QUEUED: Final = "queued"
_EVERY_S: Final = 5.0
_VERSIONS: Final = tuple(f"kueue.x-k8s.io/{version}" for version in ("v1", "v1beta2", "v1beta1"))


class QueuedMeta(Lean, frozen=True):
    """What a Workload stands for: a Job, a JobSet and the like."""

    name: str = ""
    owner_references: tuple[Owner, ...] = ()


class Check(Lean, frozen=True):
    """What Kueue waits for besides quota."""

    name: str = ""
    state: str = ""
    message: str = ""


class QueuedStatus(Lean, frozen=True):
    """How far it has come."""

    conditions: tuple[Condition, ...] = ()
    admission_checks: tuple[Check, ...] = ()


class Queued(Lean, frozen=True):
    """A Workload of Kueue."""

    metadata: QueuedMeta = QueuedMeta()
    status: QueuedStatus = QueuedStatus()


class Queues:
    """Notes down, while this runs, why attempts wait; *changed* is told whose note is another."""

    def __init__(self, api: Api, cache: Cache, groups: Groups, changed: Callable[[Handle], None]) -> None:
        self._api = api
        self._cache = cache
        self._groups = groups
        self._changed = changed

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look every few seconds meanwhile."""
        task = asyncio.create_task(self._look_for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self._look()
            except SubmarineError as error:
                log.info("what waits in Kueue's queues is not seen now: %s", error)
            except Exception:
                log.exception("reading Kueue's queues failed; it is repeated")

    async def _look(self) -> None:
        waiting = self._waiting()
        kind = kind_of(await self._groups.found()) if waiting else None
        found = notes(waiting, (await self._api.list(kind))[0]) if kind is not None else {}
        before = self._cache.queued
        others = [h for h in before.keys() | found.keys() if before.get(h) != found.get(h)]
        before.clear()
        before.update(found)
        for handle in others:
            self._changed(handle)

    def _waiting(self) -> Collection[Handle]:
        """Return the attempts of which no pod lives, if they are neither over nor told to end or to pause."""
        found = []
        for handle in self._cache.parents.handles():
            parent = self._cache.parent(handle)
            if parent is None or not parent.started or parent.closing is not None:
                continue
            living = any(not pod.over for pod in self._cache.pods.of(handle))
            if parent.cancel is None and not parent.suspended and not living:
                found.append(handle)
        return frozenset(found)


def kind_of(installed: Installed) -> Kind[Queued] | None:
    """Return the kind Workload as the cluster has it, None without Kueue."""
    version = next((version for version in _VERSIONS if version in installed), None)
    return Kind(version, "workloads", "Workload", Queued) if version else None


def notes(waiting: Collection[Handle], found: Iterable[Queued]) -> Mapping[Handle, Note]:
    """Return what Kueue says of those *waiting*; of several parts the first that it keeps."""
    told: dict[Handle, Note] = {}
    for queued in found:
        handle = next((h for o in queued.metadata.owner_references if (h := _of(o.name, waiting))), None)
        if handle is not None and (note := note_of(queued.status)) is not None:
            told.setdefault(handle, note)
    return told


def note_of(status: QueuedStatus) -> Note | None:
    """Return why Kueue keeps what has *status*, None if it does not."""
    conditions = {condition.type: condition for condition in status.conditions}
    if any(kind in conditions and conditions[kind].status == "True" for kind in ("Finished", "Admitted")):
        return None
    quota = conditions.get("QuotaReserved")
    if quota is None:
        return Note(QUEUED, "Kueue has not looked at it yet")
    if quota.status == "True":
        checks = [c for c in status.admission_checks if c.state != "Ready"]
        said = "; ".join(f"{c.name}: {c.message or c.state}" for c in checks)
        return Note(QUEUED, f"it has its quota, and waits for checks of Kueue: {said}".removesuffix(": "))
    evicted = conditions.get("Evicted")
    again = [evicted.message] if evicted is not None and evicted.status == "True" else []
    return Note(QUEUED, "; ".join(text for text in [*again, quota.message or quota.reason] if text))


def belongs(queued: Queued, handle: Handle) -> bool:
    """Tell whether *queued* stands for an object of *handle*, also if that has left it: ``job-HANDLE-…``."""
    owners = [owner.name for owner in queued.metadata.owner_references]
    name = queued.metadata.name.partition("-")[2]
    return any(_of(each, {handle}) for each in (owners or [name]))


def _of(name: str, waiting: Collection[Handle]) -> Handle | None:
    """Return whose object is called *name*: ``HANDLE`` or ``HANDLE-…``."""
    words = name.split("-")
    prefixes = (Handle("-".join(words[:count])) for count in range(len(words), 0, -1))
    return next((prefix for prefix in prefixes if prefix in waiting), None)
