"""What a runtime promises about its link, held against the liar named ``lie``; an honest one without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink
from submarine.contracts.runtime import Programs
from submarine.contracts.runtime.cuts import Cuts
from submarine.contracts.runtime.kit import Open
from submarine.contracts.runtime.losses import Losses
from submarine.contracts.runtime.nonsense import Nonsense
from tests.contracts.runtime_liars.wired import LIARS, Wired
from tests.contracts.simulated_programs import SimulatedPrograms
from tests.contracts.wired.wire import Wire, served

TIMEOUT = 1.0


class Faults(Losses, Cuts, Nonsense):
    """All that needs a link."""


class Suite(Faults):
    __test__ = False
    lie: ClassVar[str] = ""
    unit = 0.1
    patience = 5.0
    gives_up = TIMEOUT
    stutter = 1.2

    @pytest.fixture
    def liar(self) -> type[Wired]:
        return LIARS.get(self.lie, Wired)

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return SimulatedPrograms()

    @pytest.fixture
    @override
    async def backend(self, liar: type[Wired]) -> AsyncIterator[tuple[str, int]]:
        async with served(liar.backend()) as address:
            yield address

    @pytest.fixture
    @override
    def reopened(self, liar: type[Wired], link: FaultyLink) -> Open:
        return lambda: nullcontext(liar(Wire(link.host, link.port, TIMEOUT)))
