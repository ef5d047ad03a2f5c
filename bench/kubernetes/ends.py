"""Ends jobs one after the other, and notes when a bare watch, our records and our events tell of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench.kubernetes.played import REPLICAS, Place
from bench.listeners import Listener, listening
from bench.server import Server
from bench.wire import Wire, expect

HANDLE: Final = "submarine/handle"
_PATIENCE_S: Final = 300.0
_ASKED: Final = 8
"""Of so many jobs one is asked after: questions are load, and all others have events."""
_EVERY_S: Final = 0.05
_EXIT: Final = {"exitCode": 0, "reason": "Completed"}
_ENDED: Final = {
    "status": {
        "phase": "Succeeded",
        "containerStatuses": [
            {
                "name": "main",
                "image": "played",
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": {"terminated": _EXIT},
            }
        ],
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds from when the API server had taken the end of a job's last pod to who tells of it."""

    watch: Sequence[float]
    records: Sequence[float]
    events: Sequence[float]
    cpu: float
    """The share of a core that our server used meanwhile."""


def experiment(handle: str) -> str:
    """Return the id of the experiment whose attempt is called *handle*."""
    return handle.split("-")[1]


async def running(place: Place) -> dict[str, list[str]]:
    """Return the names of the pods of every attempt."""
    found: dict[str, list[str]] = {}
    for metadata in await place.api.metadata(_pods(place), HANDLE):
        found.setdefault(metadata["labels"][HANDLE], []).append(metadata["name"])
    return found


async def lag(place: Place, server: Server, jobs: Mapping[str, list[str]], pace: float) -> Lag:
    """End *jobs*, *pace* of them a second."""
    records: list[asyncio.Task[float]] = []
    sent: dict[str, float] = {}
    ends: list[asyncio.Task[None]] = []

    async def end_one(handle: str, *, asked: bool) -> None:
        sent[handle] = await end(place, jobs[handle])
        if asked:
            records.append(asyncio.create_task(recorded(server, handle, sent[handle], _EVERY_S)))

    async with (
        _watched(place) as seen,
        listening(server.url, "/api/v1/events", server.token, 1) as (listener,),
    ):
        listener.keep = True
        before, began = server.cpu(), time.perf_counter()
        for number, handle in enumerate(jobs):
            ends.append(asyncio.create_task(end_one(handle, asked=number % _ASKED == 0)))
            await asyncio.sleep(max(began + (number + 1) / pace - time.perf_counter(), 0))
        await asyncio.gather(*ends)
        told = await _told(listener, jobs)
        cpu = (server.cpu() - before) / (time.perf_counter() - began)
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*(seen.ended(handle) for handle in jobs))
            asked = await asyncio.gather(*records)
        return Lag(
            watch=[_after(seen.times[handle], at) for handle, at in sent.items()],
            records=asked,
            events=[_after(told[handle], at) for handle, at in sent.items()],
            cpu=cpu,
        )


async def end(place: Place, pods: Sequence[str]) -> float:
    """Let the processes of *pods* have succeeded; return when the API server had taken all of that."""
    paths = (f"{_pods(place)}/{pod}/status" for pod in pods)
    await asyncio.gather(*(place.api.patch(path, _ENDED) for path in paths))
    return time.time()


async def recorded(server: Server, handle: str, since: float, every: float) -> float:
    """Return how many seconds after *since* the record says that *handle* has succeeded.

    It is asked for *every* so many seconds.
    """
    path = f"/api/v1/experiments/{experiment(handle)}?fields=state"
    async with asyncio.timeout(_PATIENCE_S), Wire(server.url, server.token) as wire:
        while (await expect(wire, 200, "GET", path))["state"] != "succeeded":  # noqa: ASYNC110 - another process's
            await asyncio.sleep(every)
        return _after(time.time(), since)


def _after(at: float, since: float) -> float:
    """Return the seconds between; who is told before the API server answers the writer is told at once."""
    return max(at - since, 1e-4)


async def _told(listener: Listener, jobs: Mapping[str, object]) -> dict[str, float]:
    """Return when the event of each end came."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            # the first text between two ends opens the stream
            texts = bytes(listener.text).split(b"\n\n")[-len(listener.times) - 1 :]
            told = dict(zip(map(_who_ended, texts), listener.times, strict=False))
            if all(experiment(handle) in told for handle in jobs):
                return {handle: told[experiment(handle)] for handle in jobs}
            await asyncio.sleep(0.2)


def _who_ended(text: bytes) -> str:
    for line in text.split(b"\n"):
        if line.startswith(b"data: "):
            said = json.loads(line[6:])
            if said["state"] == "succeeded":
                return str(said["experiment"])
    return ""


@dataclass
class _Seen:
    """When a bare watch saw the last pod of each job end."""

    times: dict[str, float] = field(default_factory=dict)
    pods: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)

    def take(self, change: Mapping[str, Any]) -> None:
        found = change["object"]
        name, handle = found["metadata"]["name"], found["metadata"]["labels"].get(HANDLE, "")
        if found.get("status", {}).get("phase") == "Succeeded" and name not in self.told:
            self.told.add(name)
            self.pods[handle] += 1
            if self.pods[handle] == REPLICAS:
                self.times[handle] = time.time()

    async def ended(self, handle: str) -> None:
        while handle not in self.times:  # noqa: ASYNC110 - several hundred ask
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _watched(place: Place) -> AsyncIterator[_Seen]:
    seen = _Seen()
    async with place.api.watching(_pods(place)) as changes:

        async def follow() -> None:
            async for change in changes:
                seen.take(change)

        task = asyncio.create_task(follow())
        try:
            yield seen
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _pods(place: Place) -> str:
    return f"/api/v1/namespaces/{place.ours}/pods"
