from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.memory.runtime import MemoryRuntime
from submarine.contracts.kit import promises
from submarine.contracts.runtime import NEEDS_A_LINK, NEEDS_VICTIMS, Programs, RuntimeContract
from submarine.contracts.runtime.kit import Open
from submarine.contracts.runtime.outages import Outages
from submarine.core.ports.runtime import Runtime
from tests.contracts.simulated_programs import SimulatedPrograms


class TestMemoryRuntime(RuntimeContract):
    adapter = "memory"
    unit = 0.1
    waived: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            {*NEEDS_A_LINK, *NEEDS_VICTIMS} - {*promises(Outages)},
            "it lives in this process, and so do its workloads",
        ),
        "test_the_form_it_takes_is_told_beforehand": "it knows one form only: an imagined one",
    }

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return SimulatedPrograms()

    @pytest.fixture
    @override
    def reopened(self) -> Open:
        """Another server sees the same imagined cluster."""
        first = MemoryRuntime()

        def another() -> AbstractAsyncContextManager[Runtime]:
            return nullcontext(MemoryRuntime(first.cluster))

        return another

    @pytest.fixture
    @override
    def outage(self, runtime: Runtime) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def cut() -> AsyncIterator[None]:
            assert isinstance(runtime, MemoryRuntime)
            runtime.cluster.away = True
            try:
                yield
            finally:
                runtime.cluster.away = False

        return cut()
