"""What suites of liars behind a link have in common: a backend that is served, and one liar that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults import FaultyLink, Linked
from tests.contracts.wired.wire import Wire, served

TIMEOUT = 1.0


class Wiretapped(Linked):
    """Comes first among the bases of a suite; its liar is that of ``lie``, or is ``honest`` without one."""

    __test__ = False
    liars: ClassVar[Mapping[str, type[Any]]]
    honest: ClassVar[type[Any]]
    lie: ClassVar[str] = ""
    gives_up = TIMEOUT
    stutter = 1.2

    @pytest.fixture
    def liar(self) -> type[Any]:
        return self.liars.get(self.lie, self.honest)

    @pytest.fixture
    @override
    async def backend(self, liar: type[Any]) -> AsyncIterator[tuple[str, int]]:
        async with served(liar.backend()) as address:
            yield address

    @pytest.fixture
    def wired(self, liar: type[Any], link: FaultyLink) -> Callable[[], Any]:
        return lambda: liar(Wire(link.host, link.port, TIMEOUT))

    @pytest.fixture
    def reopened(self, wired: Callable[[], Any]) -> Callable[[], AbstractAsyncContextManager[Any]]:
        return lambda: nullcontext(wired())
