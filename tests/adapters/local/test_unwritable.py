"""A replica is about to start and its log cannot be opened, as where a disk is full or read-only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Workload
from submarine.plugins.registry import discover
from tests.adapters.local.test_processes import ended, until, workload


@pytest.fixture
def options(tmp_path: Path) -> dict[str, object]:
    return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi", "cgroup": "off"}


async def _claimed(runtime: Any, job: Workload, folder: Path) -> Path:
    """Submit *job* and return what is in the way of its log, once a supervisor has claimed it."""
    submission = runtime._submission
    await asyncio.to_thread(submission.settle, job, await asyncio.to_thread(submission.begin, job))
    replica = folder / "local" / "workloads" / job.name / "replicas" / "worker-0"
    (replica / "log").mkdir()
    await runtime.submit(job)
    await asyncio.sleep(0.5)
    (seen,) = await runtime.observe([job.name])
    assert seen.phase is Phase.PENDING
    return replica / "log"


async def test_it_starts_when_the_disk_is_mended(options: dict[str, object], tmp_path: Path) -> None:
    async with discover().open(RUNTIME, "local", options) as runtime:
        job = workload("echo", "first words")
        (await _claimed(runtime, job, tmp_path)).rmdir()
        assert (await ended(runtime, job.name)).phase is Phase.SUCCEEDED
        log = b"".join([chunk async for chunk in runtime.logs(job.name, "worker", 0)])  # type: ignore[attr-defined]
        assert log == b"first words\n"


async def test_a_cancel_ends_it_though_it_never_started(options: dict[str, object], tmp_path: Path) -> None:
    async with discover().open(RUNTIME, "local", options) as runtime:
        job = workload("true")
        await _claimed(runtime, job, tmp_path)
        await runtime.cancel(job.name, 0)
        seen = await until(runtime, job.name, lambda o: o.phase.ended)
        assert (seen.phase, seen.exit_code) == (Phase.CANCELLED, None)
