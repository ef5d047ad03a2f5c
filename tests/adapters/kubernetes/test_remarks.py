"""Which events of Kubernetes go to a job's timeline, and as what."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, Final, cast

import msgspec
import pytest

from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.events import Events
from submarine.adapters.kubernetes.objects import Event
from submarine.adapters.kubernetes.remarks import remark_of

HANDLE: Final = "sub-01j8z0000000000000000000-1"
POD: Final = f"{HANDLE}-worker-1-x7k2p"


def event(reason: str, version: int = 1, **more: Any) -> Event:
    document = {
        "metadata": {"name": f"{POD}.1", "uid": reason, "resourceVersion": str(version)},
        "involvedObject": {"kind": "Pod", "name": POD, "fieldPath": ""},
        "type": "Warning",
        "reason": reason,
        "message": f"about {reason}",
        "eventTime": "2026-01-01T00:00:00.500000Z",
        **more,
    }
    return msgspec.convert(document, Event)


@pytest.fixture
def cache() -> Cache:
    return Cache(lambda _handle: None)


def test_a_word_of_the_cluster_is_taken_as_it_is(cache: Cache) -> None:
    remark = remark_of(event("FailedScheduling", series={"count": 7}), cache)
    assert remark is not None
    assert remark.words == (HANDLE, f"Pod {POD}", "FailedScheduling", "about FailedScheduling")
    assert (remark.warning, remark.count, remark.replica) == (True, 7, "worker-1")
    assert remark.at == 1767225600500


@pytest.mark.parametrize(
    "dull",
    [
        event("Started", type="Normal"),
        event("SuccessfulCreate", type="Normal", involvedObject={"kind": "Job", "name": f"{HANDLE}-worker"}),
        event("Killing", type="Normal", involvedObject={
            "kind": "Pod", "name": POD, "fieldPath": "spec.initContainers{submarine-spool}"
        }),
        event("DeadlineExceeded", type="Normal"),
        event("FailedScheduling", involvedObject={"kind": "Pod", "name": "somebody-else"}),
        event("FailedScheduling", involvedObject={"kind": "Pod", "name": "sub-way-tunnel-7"}),
    ],
    ids=["known", "usual", "ours", "our-doing", "another", "nearly"],
)  # fmt: skip
def test_what_is_known_or_of_others_is_left_out(cache: Cache, dull: Event) -> None:
    assert remark_of(dull, cache) is None


async def test_a_watch_that_begins_again_tells_nothing_twice(cache: Cache) -> None:
    class Api:
        async def list(self, _kind: object) -> tuple[list[Event], str]:
            return [], "0"

    events = Events(cast("Any", Api()), cache, lambda _handle: None)
    heard: list[str] = []

    async def listen() -> None:
        async with aclosing(cast("Any", events.remarks())) as remarks:
            async for remark in remarks:
                heard.append(remark.reason)
                if remark.reason == "Last":
                    return

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    events.put(event("First", 1))
    events.reach("1")
    events.replace([event("First", 1), event("Second", 2)], 2)  # after a 410
    events.put(event("Last", 3))
    await asyncio.wait_for(listener, 10)
    assert heard == ["First", "Second", "Last"]
