"""What we are compared with: a loop of kubernetes_asyncio's typed client that creates the same objects."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from kubernetes_asyncio import client, config

from bench.kubernetes.played import Place
from submarine.core.jobs.driver import CALLS_PER_CLUSTER

Body = dict[str, Any]
_SERVERS: Final = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "namespace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The objects of one of our jobs, as they would be created, and its handle, which names them all."""

    handle: str
    parent: Body
    secret: Body
    service: Body
    job: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """How fast something created jobs with all their objects, and the seconds of a core it took for each."""

    rate: float
    cpu: float


async def pattern(place: Place, handle: str, role: str) -> Pattern:
    """Read the objects of the job *handle*, without what the cluster put in."""
    core = f"/api/v1/namespaces/{place.ours}"
    job = await place.api.get(f"/apis/batch/v1/namespaces/{place.ours}/jobs/{handle}-{role}")
    for labels in (job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]):
        for name in [name for name in labels if name.endswith(("controller-uid", "job-name"))]:
            del labels[name]
    job["spec"].pop("selector")
    service = await place.api.get(f"{core}/services/{handle}")
    service["spec"] = {k: service["spec"][k] for k in ("clusterIP", "publishNotReadyAddresses", "selector")}
    return Pattern(
        handle=handle,
        parent=_bare(await place.api.get(f"{core}/configmaps/{handle}")),
        secret=_bare(await place.api.get(f"{core}/secrets/{handle}")),
        service=_bare(service),
        job=_bare(job),
    )


async def create(place: Place, sample: Pattern, jobs: int) -> Created:
    """Create the objects of *jobs* jobs, as many at once as our server does."""
    settings: Any = client.Configuration()
    await config.load_kube_config(str(place.account), client_configuration=settings)
    numbers = iter(range(jobs))
    async with client.ApiClient(settings) as api:
        began, used = time.perf_counter(), time.process_time()

        async def worker() -> None:
            for number in numbers:
                await _one(api, place.theirs, sample, number)

        await asyncio.gather(*(worker() for _ in range(CALLS_PER_CLUSTER)))
        took, cost = time.perf_counter() - began, time.process_time() - used
    return Created(rate=jobs / took, cpu=cost / jobs)


async def _one(api: client.ApiClient, namespace: str, sample: Pattern, number: int) -> None:
    core: Any = client.CoreV1Api(api)  # it takes plain dictionaries too, which its types do not say
    batch: Any = client.BatchV1Api(api)
    handle = f"bare-{number}"
    parent = await core.create_namespaced_config_map(
        namespace, _renamed(sample.parent, sample.handle, handle)
    )
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": handle, "uid": parent.metadata.uid}
    for call, body in (
        (core.create_namespaced_secret, sample.secret),
        (core.create_namespaced_service, sample.service),
        (batch.create_namespaced_job, sample.job),
    ):
        whole = _renamed(body, sample.handle, handle)
        whole["metadata"]["ownerReferences"] = [owner]
        await call(namespace, whole)


def _bare(found: Body) -> Body:
    body = {key: value for key, value in found.items() if key != "status"}
    metadata = {key: value for key, value in body["metadata"].items() if key not in _SERVERS}
    metadata.pop("ownerReferences", None)
    return {**body, "metadata": metadata}


def _renamed(value: Any, old: str, new: str) -> Any:
    """Return a copy of *value* where *new* stands for *old* in every text."""
    if isinstance(value, dict):
        return {_renamed(key, old, new): _renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, old, new) for each in value]
    return value.replace(old, new) if isinstance(value, str) else value
