"""What pods have written arrives whole or not at all, also from a kubelet that dies or has just started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import pytest

from submarine.adapters.kubernetes.runtime import KubernetesRuntime
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.workload import Handle
from submarine.plugins.registry import discover
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.test_waiting import PATIENCE, until, workload

T = TypeVar("T")

SPOOLED: Final = [b'{"n": %d}' % n for n in range(100)]
PROGRAM: Final = """
import os
with open(os.path.join(os.environ["SUBMARINE_SPOOL"], "a.jsonl"), "w") as file:
    for n in range(100):
        file.write('{"n": %d}\\n' % n)
print("said")
"""
LINE: Final = b"x" * 99 + b"\n"
LINES: Final = 400_000
LARGE: Final = f"import sys\nfor n in range({LINES}): sys.stdout.write({LINE.decode()!r})"


@pytest.fixture
async def runtime(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> AsyncIterator[KubernetesRuntime]:
    options = {
        "kubeconfig": str(server_kubeconfig),
        "namespace": namespace,
        "image": kubernetes.python_image,
        "spool": True,
    }
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        assert isinstance(runtime, KubernetesRuntime)
        yield runtime


async def test_a_kubelet_that_starts_again_gives_log_and_spool_whole_or_not_at_all(
    runtime: KubernetesRuntime, kubernetes: KubernetesCluster
) -> None:
    handle = await _ended(runtime, PROGRAM)

    async def spool() -> list[bytes]:
        return [line async for line in runtime.spool(handle)]

    async def log() -> bytes:
        return b"".join([chunk async for chunk in runtime.logs(handle, "worker", 0)])

    assert (await log(), await spool()) == (b"said\n", SPOOLED)
    await asyncio.to_thread(kubernetes.kill, "kubelet")
    for read in (log, spool):
        with pytest.raises(UnavailableError):
            await read()
    await asyncio.to_thread(kubernetes.start, "kubelet")
    # it serves at once, and knows of its pods some time later
    said, spooled = await asyncio.gather(_in_the_end(log), _in_the_end(spool))
    assert (said, spooled) == (b"said\n", SPOOLED)


async def test_a_log_that_a_dying_kubelet_cuts_off_is_not_taken_for_whole(
    runtime: KubernetesRuntime, kubernetes: KubernetesCluster
) -> None:
    handle = await _ended(runtime, LARGE)
    size = 0

    async def read() -> None:
        nonlocal size
        async for chunk in runtime.logs(handle, "worker", 0):
            if not size:
                await asyncio.to_thread(kubernetes.kill, "kubelet")
            size += len(chunk)

    with pytest.raises(UnavailableError):
        await read()
    assert 0 < size < LINES * len(LINE)
    await asyncio.to_thread(kubernetes.start, "kubelet")

    async def rest() -> int:
        return sum([len(chunk) async for chunk in runtime.logs(handle, "worker", 0, offset=size)])

    assert await _in_the_end(rest) == LINES * len(LINE) - size


async def _ended(runtime: KubernetesRuntime, program: str) -> Handle:
    work = workload("python3", "-I", "-S", "-c", program)
    await runtime.submit(work)
    found = await until(runtime, work, lambda o: o.phase.ended)
    assert found.phase == "succeeded"
    return work.name


async def _in_the_end(read: Callable[[], Awaitable[T]]) -> T:
    """Return what *read* does, as soon as the node gives it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await read()
            except UnavailableError:
                await asyncio.sleep(0.05)
