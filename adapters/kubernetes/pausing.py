"""A pause that keeps what was written: pods are ended, not deleted, and the Jobs are made anew.

A Job that is suspended deletes its pods, and their output with them. So its Jobs are taken away instead
(their pods stay), and the pods are asked to end as every pod is, see `steward`. What the Jobs were is kept
in the parent, from which whoever resumes makes them again, for the replicas that had not ended.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from submarine.adapters.kubernetes import forms, names, parents, variables
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.kinds import JOBS, PARENTS
from submarine.adapters.kubernetes.kueue import QUEUE
from submarine.adapters.kubernetes.names import HANDLE
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.parents import PAUSED, Parent
from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.workloads.verdict import LIVE

Body = dict[str, Any]

_LARGEST: Final = 700 * 2**10
"""Bytes of Jobs that a parent holds."""
_INDEXED: Final = ("completionMode", "completions", "parallelism", "backoffLimitPerIndex", "maxFailedIndexes")
_THEIRS: Final = re.compile(r"(batch\.kubernetes\.io/)?(controller-uid|job-name)")
"""Labels by which a Job finds its pods."""


class Pausing:
    """Begins pauses, and carries them out and back, as often as it is asked to."""

    def __init__(self, api: Api, cache: Cache) -> None:
        self._api = api
        self._cache = cache
        self._taken: set[tuple[str, ...]] = set()

    async def keep(self, parent: Parent) -> str | None:
        """Return the Jobs of *parent* as the parent is to hold them; None if it cannot pause this way."""
        if parent.plan is None or JOBS not in forms.named(parent.plan.form).kinds:
            return None
        selector = {"labelSelector": f"{HANDLE}={parent.handle}"}
        found = msgspec.json.decode(await self._api.ask(JOBS.path(self._api.namespace), selector))["items"]
        whole = sum(map(_replicas, found)) == len(parent.plan.replicas())
        if not whole or any(QUEUE in job["metadata"].get("labels", {}) for job in found):
            return None
        text = msgspec.json.encode([_kept(job) for job in found]).decode()
        return text if len(text) <= _LARGEST else None

    async def take(self, parent: Parent) -> None:
        """Take away what would make more pods; those that are there stay."""
        marked = (parent.uid, *sorted(parent.paused))
        if parent.plan is None or marked in self._taken:
            return
        for kind in forms.named(parent.plan.form).kinds:
            if kind is not JOBS:
                selector = f"{HANDLE}={parent.handle}"
                await self._api.delete_all(kind, selector, propagationPolicy="Orphan")
        jobs = [(job["uid"], job["body"]["metadata"]["name"]) for job in await self._held(parent)]
        await asyncio.gather(*(self._delete(uid, name) for uid, name in jobs))
        self._taken.add(marked)

    async def give(self, sight: Sight) -> None:
        """Make the Jobs again for what has not ended; raise `ConflictError` while the old ones are there."""
        parent = sight.parent
        unended = {(s.role, s.number) for s in sight.states if s.phase in LIVE}
        for held in await self._held(parent):
            for body in renewed(held["body"], unended):
                await self._create(parent, held["uid"], body)
        self._taken.discard((parent.uid, *sorted(parent.paused)))
        patch = {
            "metadata": {"resourceVersion": str(parent.version)},
            "data": {PAUSED: None, parents.PAUSED_UIDS: None},
        }
        self._cache.parents.put(await self._api.patch(PARENTS, parent.handle, patch))

    async def _create(self, parent: Parent, before: str, body: Body) -> None:
        metadata = {**body["metadata"], "ownerReferences": [parents.owner(parent)]}
        try:
            await self._api.create(JOBS, {**body, "metadata": metadata})
        except ConflictError:
            there = await self._api.get(JOBS, metadata["name"])
            if there.metadata.uid == before or there.metadata.deletion_timestamp is not None:
                raise  # it is about to go

    async def _held(self, parent: Parent) -> Sequence[Mapping[str, Any]]:
        found = await self._api.get(PARENTS, parent.handle)
        held: Sequence[Mapping[str, Any]] = msgspec.json.decode(found.data.get(PAUSED, "[]"))
        return held

    async def _delete(self, uid: str, name: str) -> None:
        options = {"propagationPolicy": "Orphan", "preconditions": {"uid": uid}}
        with suppress(NotFoundError, ConflictError):
            await self._api.delete(JOBS, name, **options)


def of_before(parent: Parent, pod: Pod) -> bool:
    """Tell whether *pod* is of a Job that the pause of *parent* took away."""
    return pod.metadata.labels.get(names.JOB_UID, "") in parent.paused


def uids_of(text: str) -> str:
    """Return the uids of the Jobs in *text*, as the parent holds them."""
    return " ".join(job["uid"] for job in msgspec.json.decode(text))


def renewed(body: Body, unended: Collection[tuple[str, int]]) -> list[Body]:
    """Return what makes the replicas *unended* of the Job *body* again: itself, or a Job a replica."""
    labels = body["metadata"]["labels"]
    role = labels[names.ROLE]
    if (index := labels.get(names.INDEX)) is not None:
        return [body] if (role, int(index)) in unended else []
    left = [i for i in range(body["spec"].get("completions", 1)) if (role, i) in unended]
    if len(left) == body["spec"].get("completions", 1):
        return [body]
    return [_alone(body, index) for index in left]


def _replicas(job: Mapping[str, Any]) -> int:
    alone = names.INDEX in job["metadata"].get("labels", {})
    return 1 if alone else int(job["spec"].get("completions", 1))


def _alone(body: Body, index: int) -> Body:
    """Return the Job of replica *index* alone, which has the name and the variables it had."""
    own = copy.deepcopy(body)
    name = f"{body['metadata']['name']}-{index}"
    own["metadata"]["name"] = name
    own["metadata"]["labels"][names.INDEX] = str(index)
    spec = {key: value for key, value in own["spec"].items() if key not in _INDEXED}
    template = spec["template"]
    template["metadata"]["labels"][names.INDEX] = str(index)
    if "subdomain" in template["spec"]:
        template["spec"]["hostname"] = name
    for container in template["spec"]["containers"]:
        container["env"] = [
            {"name": variables.INDEX, "value": str(index)} if entry["name"] == variables.INDEX else entry
            for entry in container.get("env", [])
        ]
    own["spec"] = {**spec, "backoffLimit": 0}
    return own


def _kept(job: Mapping[str, Any]) -> Body:
    """Return a Job as it was before it was created, and its uid."""
    metadata, spec = job["metadata"], copy.deepcopy(job["spec"])
    for key in ("selector", "suspend", "manualSelector"):
        spec.pop(key, None)
    template = spec["template"]
    template["metadata"]["labels"] = _without_theirs(template["metadata"].get("labels", {}))
    template["metadata"].pop("creationTimestamp", None)
    labels = _without_theirs(metadata.get("labels", {}))
    body = {
        "apiVersion": JOBS.version,
        "kind": JOBS.kind,
        "metadata": {"name": metadata["name"], "labels": labels},
        "spec": spec,
    }
    return {"uid": metadata["uid"], "body": body}


def _without_theirs(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if not _THEIRS.fullmatch(name)}
