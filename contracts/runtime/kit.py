"""What all promises of a runtime share: how it is opened, and what may be tuned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

import pytest

from submarine.contracts.faults import Linked
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle
from submarine.plugins.registry import discover

Open = Callable[[], AbstractAsyncContextManager[Runtime]]
Victims = Callable[[Handle], Collection[int]]


class RuntimeKit(Linked):
    """Subclass `RuntimeContract`, set ``adapter`` and return ``options``.

    Knobs, for timing only: ``patience`` is how many seconds anything may take on a slow cluster,
    ``unit`` the seconds that a test lets pass to see that nothing happens; more are those of `Linked`.
    """

    adapter: ClassVar[str]
    patience: ClassVar[float] = 60.0
    unit: ClassVar[float] = 0.3

    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        """Return what an operator would write for this adapter; the same during one test."""
        return {}

    @pytest.fixture
    def programs(self) -> Programs:
        """Return the commands the cluster can run."""
        return Programs()

    @pytest.fixture
    def resources(self) -> Resources:
        """Return what one modest process asks for."""
        return Resources(cpu=10, memory=64 * 2**20)

    @pytest.fixture
    def reopened(self, options: Mapping[str, object]) -> Open:
        """Return how to open the adapter once more, as a restarted server does."""
        return lambda: discover().open(RUNTIME, self.adapter, options)

    @pytest.fixture
    async def runtime(self, reopened: Open) -> AsyncIterator[Runtime]:
        """Open the adapter the way the server does."""
        async with reopened() as runtime:
            yield runtime

    @pytest.fixture
    async def stage(self, runtime: Runtime, programs: Programs, resources: Resources) -> AsyncIterator[Stage]:
        """Return the stage, and clear it afterwards."""
        stage = Stage(runtime, programs, resources, self.patience)
        yield stage
        await stage.clear()

    @pytest.fixture
    def victims(self, request: pytest.FixtureRequest) -> Victims:
        """Return how to find the processes on this machine that hold up a workload, the outermost first."""
        self.lack(
            request,
            "no processes are given that could be killed; where workloads run on this machine, "
            "override the fixture 'victims'",
        )
