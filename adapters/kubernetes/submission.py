"""Brings a workload to the cluster, as often as it is asked for, and once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from submarine.adapters.kubernetes import kit, parents, pulling
from submarine.adapters.kubernetes.addresses import ports_of
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.forms import choose
from submarine.adapters.kubernetes.forms.form import Form, Installed
from submarine.adapters.kubernetes.kinds import JOBS, PARENTS, SECRETS, SERVICES, AnyKind, read_as
from submarine.adapters.kubernetes.kueue import queued, waits
from submarine.adapters.kubernetes.names import HANDLE
from submarine.adapters.kubernetes.objects import Owned
from submarine.adapters.kubernetes.parents import Parent
from submarine.adapters.kubernetes.plan import Plan, RolePlan
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.preparing import ARCHIVE, LARGEST_ARCHIVE, travels
from submarine.adapters.kubernetes.steward import Steward
from submarine.core.clock import now
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError, UnavailableError
from submarine.core.workloads.workload import Archive, Workload

Body = dict[str, Any]


class Submission:
    """Creates the parent first and everything else below it; whoever comes later finishes or adopts."""

    def __init__(self, config: KubernetesConfig, api: Api, cache: Cache, steward: Steward) -> None:
        self._config = config
        self._api = api
        self._cache = cache
        self._steward = steward
        self._kit: str | None = None

    async def submit(self, workload: Workload, installed: Installed) -> None:
        """Submit *workload*; raise `InvalidError` if the cluster refuses it: then nothing is left."""
        form, why = choose(workload, self._config, installed)
        templates = PodTemplates(self._config, workload, kit.name(), form.shape)
        plan = _plan(workload, form, why, queued=waits(workload.queue, installed))
        parent = await self._begin(workload, templates, plan)
        if parent is None or parent.started or parent.closing is not None:
            return
        if parent.cancel is not None:
            await self._steward.attend(parent.handle)
            return
        try:
            objects = queued(form.objects(templates), workload.queue, installed)
            await self._complete(workload, templates, parent, objects)
        except (InvalidError, FullError):
            await self.undo(parent)
            raise
        self._steward.submitted(parent)
        marks = {parents.STARTED: str(now())}
        await self._mark(parent, marks)

    async def _begin(self, workload: Workload, templates: PodTemplates, plan: Plan) -> Parent | None:
        """Return the parent, made or found; None if the end was asked for before the beginning."""
        name = workload.name
        try:
            found = await self._api.create(PARENTS, parents.body(name, templates.labels, plan))
        except ConflictError:
            found = await self._api.get(PARENTS, name)
        parent = parents.read(found)
        if not parent.ours or parent.labels.get(HANDLE) != name:
            raise InvalidError(f"namespace {self._api.namespace} has a ConfigMap {name} that is not ours")
        if parent.deleting:
            raise InvalidError(f"{name} was removed just now")
        self._cache.parents.put(found)
        if parent.plan is None:
            await self._mark(parent, {parents.DECLINED: str(now())})
            return None
        return parent

    async def _complete(
        self,
        workload: Workload,
        templates: PodTemplates,
        parent: Parent,
        objects: Sequence[tuple[AnyKind, Body]],
    ) -> None:
        await self._bring_kit()
        below: list[tuple[AnyKind, Body]] = []
        if secret := await _secret(workload, templates):
            below.append((SECRETS, secret))
        if pull := pulling.secret(self._config, workload, templates.labels):
            below.append((SECRETS, pull))
        if templates.service:
            below.append((SERVICES, _service(workload, templates)))
        await asyncio.gather(*(self._create(kind, body, parent) for kind, body in below))
        # The first alone: what is wrong with it is wrong with all.
        (kind, body), *others = objects
        await self._create(kind, body, parent)
        await asyncio.gather(*(self._create(kind, body, parent) for kind, body in others))

    async def _create(self, kind: AnyKind, body: Body, parent: Parent) -> None:
        metadata = {**body["metadata"], "ownerReferences": [parents.owner(parent)]}
        whole = {"apiVersion": kind.version, "kind": kind.kind, **body, "metadata": metadata}
        try:
            await self._api.create(kind, whole)
        except ConflictError as error:
            found = (await self._api.get(read_as(kind, Owned), metadata["name"])).metadata
            owners = {owner.name: owner.uid for owner in found.owner_references}
            if found.labels.get(HANDLE) != parent.handle or parent.handle not in owners:
                raise InvalidError(f"there is a {kind.kind} {found.name} that is not ours") from error
            if owners[parent.handle] != parent.uid:
                # of a parent that was taken away: adopted, it would soon be deleted under our hands
                raise UnavailableError(f"an older {kind.kind} {found.name} is about to be deleted") from error
        except NotFoundError as error:
            raise InvalidError(f"cannot create {kind.kind} {metadata['name']}: {error}") from error

    async def _mark(self, parent: Parent, marks: Mapping[str, str]) -> None:
        """Write *marks*; if meanwhile somebody asked for the end, see to it that it comes."""
        try:
            found = await self._api.patch(PARENTS, parent.handle, {"metadata": {"annotations": marks}})
        except NotFoundError:
            await self.undo(parent)
            return
        self._cache.parents.put(found)
        if parents.read(found).cancel is not None:
            await self._steward.attend(parent.handle)

    async def undo(self, parent: Parent) -> None:
        """Take away all there is of *parent*."""
        with suppress(NotFoundError, ConflictError):
            await self._api.delete(PARENTS, parent.handle, propagationPolicy="Background")
        self._cache.forget(parent.handle)

    async def _bring_kit(self) -> None:
        """Create the ConfigMap with our programs, once."""
        if self._kit == kit.name():
            return
        with suppress(ConflictError):
            await self._api.create(PARENTS, kit.body())
        self._kit = kit.name()


def _plan(workload: Workload, form: Form, why: str, *, queued: bool) -> Plan:
    return Plan(
        roles=tuple(RolePlan(role.name, role.replicas, ports_of(role)) for role in workload.roles),
        success=str(workload.success),
        kind=str(workload.kind),
        form=form.name,
        jobs=JOBS in form.made,
        queued=queued,
        why=why,
        grace=workload.grace,
        max_duration=workload.max_duration,
    )


async def _secret(workload: Workload, templates: PodTemplates) -> Body | None:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in workload.secrets.items()}
    if travels(workload):
        assert isinstance(workload.source, Archive)  # noqa: S101 - only archives travel
        data[ARCHIVE] = base64.b64encode(await _read(workload.source)).decode()
    if not data:
        return None
    return {"metadata": {"name": workload.name, "labels": templates.labels}, "data": data}


async def _read(archive: Archive) -> bytes:
    content = bytearray()
    async for chunk in archive.read():
        content += chunk
        if len(content) > LARGEST_ARCHIVE:
            raise InvalidError(f"the code archive is larger than the {archive.size} bytes it should have")
    if (found := hashlib.sha256(content).hexdigest()) != archive.digest:
        raise InvalidError(f"the code archive has SHA-256 {found}, not {archive.digest}")
    return bytes(content)


def _service(workload: Workload, templates: PodTemplates) -> Body:
    """Return the headless Service that gives every pod its name, before it is ready too."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": {HANDLE: workload.name},
    }
    return {"metadata": {"name": workload.name, "labels": templates.labels}, "spec": spec}
