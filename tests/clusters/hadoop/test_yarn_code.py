"""Code goes through the server to HDFS in pieces, and what is not what it should be leaves nothing there."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tarfile
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from submarine.adapters.hadoop.drafts import ABANDONED
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import InvalidError
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Archive, Workload
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 240.0
SIZE: Final = Resources(cpu=10, memory=128 * 2**20)
DATA: Final = 2**26
PIECE: Final = 2**18
ROOM: Final = 2**24
"""Bytes that a submission may hold at once, our programs among them: a quarter of the code."""
SUM: Final = "import hashlib; print(hashlib.sha256(open('data', 'rb').read()).hexdigest())"
COMMAND: Final = (sys.executable, "-I", "-S", "-c", SUM)
STAGING: Final = "/user/alice/.submarine"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(hashlib.shake_256(b"code").digest(DATA))
    return path


@pytest.fixture
def code(tmp_path: Path, data: Path) -> Archive:
    path = tmp_path / "code.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=0) as tar:
        tar.add(data, "data")

    async def read() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Archive(digest=digest, size=path.stat().st_size, read=read)


async def test_large_code_arrives_whole_and_is_never_whole_in_memory(
    plain_hadoop: HadoopCluster, code: Archive, data: Path
) -> None:
    async with discover().open(RUNTIME, "yarn", _options(plain_hadoop)) as runtime:
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        workload = stage.workload(COMMAND, source=code)
        try:
            tracemalloc.start()
            await runtime.submit(workload)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert most < ROOM
            await stage.phase(workload.name, Phase.SUCCEEDED)
            assert await stage.text(workload.name) == hashlib.sha256(data.read_bytes()).hexdigest() + "\n"
        finally:
            await stage.clear()


async def test_code_that_is_not_what_it_should_be_leaves_nothing(
    plain_hadoop: HadoopCluster, code: Archive
) -> None:
    async with discover().open(RUNTIME, "yarn", _options(plain_hadoop)) as runtime:
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        for wrong in (replace(code, size=code.size - 1), replace(code, digest="0" * 64)):
            workload = stage.workload(COMMAND, source=wrong)
            with pytest.raises(InvalidError, match="the code archive"):
                await runtime.submit(workload)
            (seen,) = await runtime.observe([workload.name])
            assert seen.phase is Phase.ABSENT
            assert not _drafts(plain_hadoop, workload)


async def test_code_whose_submission_is_given_up_leaves_nothing(
    plain_hadoop: HadoopCluster, code: Archive
) -> None:
    begun = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * PIECE
        begun.set()
        await asyncio.Event().wait()

    async with discover().open(RUNTIME, "yarn", _options(plain_hadoop)) as runtime:
        workload = Stage(runtime, Programs(), SIZE, PATIENCE).workload(
            COMMAND, source=replace(code, read=stuck)
        )
        submitting = asyncio.create_task(runtime.submit(workload))
        await begun.wait()
        assert _drafts(plain_hadoop, workload)
        submitting.cancel()
        await asyncio.gather(submitting, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            while _drafts(plain_hadoop, workload):
                await asyncio.sleep(0.1)


async def test_drafts_of_the_dead_are_swept_a_day_later_and_those_of_the_living_are_not(
    plain_hadoop: HadoopCluster,
) -> None:
    drafts = f"{STAGING}/.new"
    for name in ("of-the-dead", "of-the-living"):
        plain_hadoop.as_root("PUT", "MKDIRS", f"{drafts}/{name}/below", doas="alice")
    now = _listed(plain_hadoop)["of-the-dead"]
    plain_hadoop.as_root(
        "PUT", "SETTIMES", f"{drafts}/of-the-dead", modificationtime=str(now - ABANDONED - 60_000)
    )
    async with discover().open(RUNTIME, "yarn", _options(plain_hadoop)), asyncio.timeout(PATIENCE):
        while "of-the-dead" in _listed(plain_hadoop):
            await asyncio.sleep(0.1)
    assert "of-the-living" in _listed(plain_hadoop)
    plain_hadoop.as_root("DELETE", "DELETE", f"{drafts}/of-the-living", recursive="true")


def _options(cluster: HadoopCluster) -> Mapping[str, Any]:
    return yarn_options(cluster, "alice")


def _drafts(cluster: HadoopCluster, workload: Workload) -> list[str]:
    return [name for name in _listed(cluster) if name.startswith(workload.name)]


def _listed(cluster: HadoopCluster) -> dict[str, int]:
    """Return what is written aside, and when each was changed."""
    found = cluster.as_root("GET", "LISTSTATUS", f"{STAGING}/.new")["FileStatuses"]["FileStatus"]
    return {each["pathSuffix"]: each["modificationTime"] for each in found}
