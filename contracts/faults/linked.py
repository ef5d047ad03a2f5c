"""What kits share whose adapter speaks to its backend over TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar

import pytest

from submarine.contracts.faults.kinds import Away
from submarine.contracts.faults.link import FaultyLink
from submarine.contracts.kit import Kit


class Linked(Kit):
    """Return ``backend``, and let ``options`` lead to ``link`` instead: there faults are injected.

    ::

        @pytest.fixture
        def backend(self):
            return "127.0.0.1", 8123

        @pytest.fixture
        def options(self, link):
            return {"url": link.url}

    Knobs, for timing only: ``gives_up`` is after how many seconds, by its documentation or its options,
    the adapter counts a silent backend as unavailable; ``stutter`` for how many the event loop may
    stand still.
    """

    gives_up: ClassVar[float] = 60.0
    stutter: ClassVar[float] = 1.0

    @pytest.fixture
    def backend(self, request: pytest.FixtureRequest) -> tuple[str, int]:
        """Return host and port of the backend, before which a link can be put."""
        self.lack(
            request,
            "no link to its backend is given that could break: name the option with its address (--link), "
            "or override the fixture 'backend' and let 'options' lead to 'link'",
        )

    @pytest.fixture
    def link(self, backend: tuple[str, int]) -> Iterator[FaultyLink]:
        """Return the link to the backend, well so far."""
        with FaultyLink(*backend) as link:
            yield link

    @pytest.fixture
    def outage(self, link: FaultyLink) -> AbstractAsyncContextManager[None]:
        """Return a context in which the backend cannot be reached."""

        @asynccontextmanager
        async def away() -> AsyncIterator[None]:
            with link.suffering(Away()):
                yield

        return away()
