"""A pause that keeps what was written: pods are ended, not deleted, and what makes them is made anew.

Whatever is suspended, be it a Job or an operator's, deletes its pods, and their output with them. So it is
taken away instead (its pods stay, see `taking`), and the pods are asked to end as every pod is (`steward`).
What was taken away is kept in the parent, from which whoever resumes makes it again: Jobs for the replicas
that had not ended, all else whole.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from submarine.adapters.kubernetes import forms, names, parents, variables
from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.forms.form import Form
from submarine.adapters.kubernetes.kinds import JOBS, PARENTS, PODS, AnyKind
from submarine.adapters.kubernetes.kueue import QUEUE, held_back
from submarine.adapters.kubernetes.names import HANDLE
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.parents import PAUSED, Parent
from submarine.adapters.kubernetes.taking import Taken, Taking
from submarine.core.errors import ConflictError
from submarine.core.workloads.verdict import LIVE
from submarine.core.workloads.workload import WorkloadKind

Body = dict[str, Any]
Raw = Mapping[str, Any]

_LARGEST: Final = 700 * 2**10
"""Bytes of objects that a parent holds."""
_INDEXED: Final = ("completionMode", "completions", "parallelism", "backoffLimitPerIndex", "maxFailedIndexes")
_THEIRS: Final = re.compile(r"(batch\.kubernetes\.io/)?(controller-uid|job-name)")
"""Labels by which a Job finds its pods."""
_AGAIN: Final = re.compile(r"(.*)-r([0-9]+)")


class Pausing:
    """Begins pauses, and carries them out and back, as often as it is asked to."""

    def __init__(self, api: Api, cache: Cache, taking: Taking) -> None:
        self._api = api
        self._cache = cache
        self._taking = taking
        self._taken: set[tuple[str, ...]] = set()

    async def keep(self, parent: Parent) -> Mapping[str, str] | None:
        """Return what of *parent* the parent is to hold, as its data; None if it cannot pause this way."""
        if parent.plan is None or parent.plan.kind != WorkloadKind.BATCH:
            return None
        form = forms.named(parent.plan.form)
        found = {kind: await self._raw(kind, parent.handle) for kind in form.kinds}
        text = msgspec.json.encode([_kept(*each) for each in held(form, parent, found)]).decode()
        if text == "[]" or len(text) > _LARGEST:
            return None
        uids = " ".join(each["metadata"]["uid"] for items in found.values() for each in items)
        return {PAUSED: text, parents.PAUSED_UIDS: uids}

    async def take(self, parent: Parent) -> Taken:
        """Take away what would make more pods; return how far that has come. The pods stay."""
        marked = (parent.uid, *sorted(parent.paused))
        if marked in self._taken:
            return Taken.GONE
        if (taken := await self._taking.take(parent)) is not Taken.GONE:
            return taken
        # who has lost its owner by now is of before the pause, and the watch may lag behind that
        self._cache.asked(parent.handle, *await self._api.list(PODS, selector=f"{HANDLE}={parent.handle}"))
        self._taken.add(marked)
        return taken

    async def give(self, sight: Sight) -> None:
        """Make again what was taken, Jobs for what has not ended."""
        parent = sight.parent
        unended = {(s.role, s.number) for s in sight.states if s.phase in LIVE}
        found = await self._api.get(PARENTS, parent.handle)
        for each in msgspec.json.decode(found.data.get(PAUSED, "[]")):
            for kind, body in renewed(sight.plan.form, each["body"], unended):
                await self._create(parent, kind, each["uid"], body)
        self._taken.discard((parent.uid, *sorted(parent.paused)))
        patch = {
            "metadata": {
                "resourceVersion": str(parent.version),
                "annotations": {parents.RESUMED: found.metadata.resource_version},
            },
            "data": {PAUSED: None, parents.PAUSED_UIDS: None},
        }
        self._cache.parents.put(await self._api.patch(PARENTS, parent.handle, patch))

    async def _create(self, parent: Parent, kind: AnyKind, before: str, body: Body) -> None:
        metadata = {**body["metadata"], "ownerReferences": [parents.owner(parent)]}
        try:
            await self._api.create(kind, {**body, "metadata": metadata})
        except ConflictError:
            there = await self._api.get(kind, metadata["name"])
            if there.metadata.uid == before or there.metadata.deletion_timestamp is not None:
                raise  # it is about to go

    async def _raw(self, kind: AnyKind, handle: str) -> Sequence[Raw]:
        """Return the objects of *handle* with all their fields."""
        selector = {"labelSelector": f"{HANDLE}={handle}"}
        body = await self._api.ask(kind.path(self._api.namespace), selector)
        found: Sequence[Raw] = msgspec.json.decode(body)["items"]
        return found


def of_before(parent: Parent, pod: Pod) -> bool:
    """Tell whether *pod* is of before the pause of *parent*: what made it is gone, or it goes itself."""
    orphan = pod.controller in {"", *parent.paused}
    return orphan or pod.metadata.deletion_timestamp is not None


def held(form: Form, parent: Parent, found: Mapping[AnyKind, Sequence[Raw]]) -> list[tuple[AnyKind, Raw]]:
    """Return which of *found* a pause keeps: the Jobs that we or a JobSet made, else what we made.

    A queue admits a JobSet as a whole, and a trainer's Job finds its peers by what the trainer makes.
    """
    jobs = found.get(JOBS, ())
    made = [(kind, each) for kind in form.made for each in found.get(kind, ())]
    alone = not any(QUEUE in each["metadata"].get("labels", {}) for kind, each in made if kind is not JOBS)
    whole = parent.plan is not None and sum(map(_replicas, jobs)) == len(parent.plan.replicas())
    return [(JOBS, job) for job in jobs] if whole and alone and form.shape.service else made


def renewed(form: str, body: Body, unended: Collection[tuple[str, int]]) -> list[tuple[AnyKind, Body]]:
    """Return what makes the replicas *unended* of *body* again: itself, or of a Job a Job a replica.

    The training operator names pods by their job and their index alone, and those of before are still there.
    """
    kind = next(k for k in (*forms.named(form).made, JOBS) if k.kind == body["kind"])
    if QUEUE in body["metadata"].get("labels", {}):
        body = held_back(kind, body)
    if kind is JOBS:
        return [(JOBS, job) for job in renewed_jobs(body, unended)]
    if forms.named(form).claims:
        body = {**body, "metadata": {**body["metadata"], "name": again(body["metadata"]["name"])}}
    return [(kind, body)]


def again(name: str) -> str:
    """Return the next name of what was called *name*."""
    before = _AGAIN.fullmatch(name)
    return f"{before[1]}-r{int(before[2]) + 1}" if before else f"{name}-r1"


def renewed_jobs(body: Body, unended: Collection[tuple[str, int]]) -> list[Body]:
    """Return what makes the replicas *unended* of the Job *body* again: itself, or a Job a replica."""
    labels = body["metadata"]["labels"]
    role = labels[names.ROLE]
    if (index := labels.get(names.INDEX)) is not None:
        return [body] if (role, int(index)) in unended else []
    left = [i for i in range(body["spec"].get("completions", 1)) if (role, i) in unended]
    if len(left) == body["spec"].get("completions", 1):
        return [body]
    return [_alone(body, index) for index in left]


def _replicas(job: Raw) -> int:
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


def _kept(kind: AnyKind, found: Raw) -> Body:
    """Return an object as it was before it was created, and its uid."""
    metadata, spec = found["metadata"], copy.deepcopy(found["spec"])
    for policy in (spec, spec.get("runPolicy", {})):
        policy.pop("suspend", None)
    if kind is JOBS:
        for key in ("selector", "manualSelector"):
            spec.pop(key, None)
        template = spec["template"]
        template["metadata"]["labels"] = _without_theirs(template["metadata"].get("labels", {}))
        template["metadata"].pop("creationTimestamp", None)
    labels = _without_theirs(metadata.get("labels", {}))
    body = {
        "apiVersion": kind.version,
        "kind": kind.kind,
        "metadata": {"name": metadata["name"], "labels": labels},
        "spec": spec,
    }
    return {"uid": metadata["uid"], "body": body}


def _without_theirs(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if not _THEIRS.fullmatch(name)}
