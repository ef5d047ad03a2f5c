"""Opens the local runtime, with control groups and without, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from submarine.core.ports.runtime import RUNTIME
from submarine.plugins.registry import discover

Options = dict[str, object]


@pytest.fixture(params=["auto", "off"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> Options:
    """Return what an operator would write, once with control groups and once without."""
    return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi", "cgroup": request.param}


@pytest.fixture
def plain(tmp_path: Path) -> Options:
    """Return options for what has nothing to do with control groups."""
    return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi", "cgroup": "off"}


@pytest.fixture
async def runtime(options: Options) -> AsyncIterator[Any]:
    """Open the runtime; remove all there is at the end."""
    async for opened in _open(options):
        yield opened


@pytest.fixture
async def simple(plain: Options) -> AsyncIterator[Any]:
    """Open the runtime without control groups; remove all there is at the end."""
    async for opened in _open(plain):
        yield opened


async def _open(options: Options) -> AsyncIterator[Any]:
    async with discover().open(RUNTIME, "local", options) as opened:
        yield opened
        for seen in await opened.observe():
            await opened.remove(seen.handle)
