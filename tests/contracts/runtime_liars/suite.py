"""The runtime kit, held against the liar named ``lie``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.runtime import Programs, RuntimeContract
from submarine.contracts.runtime.kit import Open
from submarine.core.ports.runtime import Runtime
from tests.contracts.runtime_liars import LIARS
from tests.contracts.runtime_liars.liar import Liar
from tests.contracts.simulated_programs import SimulatedPrograms


class Suite(RuntimeContract):
    __test__ = False
    lie: ClassVar[str]
    unit = 0.1
    patience = 2.0

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return SimulatedPrograms()

    @pytest.fixture
    @override
    def reopened(self) -> Open:
        first = LIARS[self.lie]()
        made = [first]

        def another() -> AbstractAsyncContextManager[Runtime]:
            return nullcontext(made.pop() if made else type(first)(first.cluster))

        return another

    @pytest.fixture
    @override
    def outage(self, runtime: Runtime) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def cut() -> AsyncIterator[None]:
            assert isinstance(runtime, Liar)
            runtime.cluster.away = True
            runtime.cut_off()
            try:
                yield
            finally:
                runtime.cluster.away = False

        return cut()
