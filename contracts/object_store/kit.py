"""What all promises of an object store share: how it is opened, and what may be tuned."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import ClassVar

import pytest
import pytest_asyncio

from submarine.contracts.faults import Linked
from submarine.contracts.object_store import dying_writer
from submarine.contracts.object_store.streams import listed
from submarine.core.ids import new_id
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.registry import discover

Open = Callable[[], AbstractAsyncContextManager[ObjectStore]]
Dying = Callable[[str], AbstractAsyncContextManager[None]]


class ObjectStoreKit(Linked):
    """Subclass `ObjectStoreContract`, set ``adapter`` and return ``options``.

    All keys lie below ``base``, which is new for each test, and are deleted after it.
    """

    adapter: ClassVar[str]
    patience: ClassVar[float] = 30.0
    """Seconds after which a call counts as hanging."""
    clock_skew: ClassVar[float] = 60.0
    """Seconds by which the store's clock may differ from ours."""

    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        """Return what an operator would write for this adapter."""
        return {}

    @pytest.fixture
    def reopened(self, options: Mapping[str, object]) -> Open:
        """Return how to open the adapter once more, as a restarted server does."""
        return lambda: discover().open(OBJECT_STORE, self.adapter, options)

    @pytest.fixture
    def dying(self, options: Mapping[str, object]) -> Dying:
        """Return how to let another process put half of an object at a key and be killed in the end."""
        return lambda key: dying_writer.started(self.adapter, options, key)

    @pytest.fixture
    def full(self, request: pytest.FixtureRequest) -> AbstractContextManager[None]:
        """Return a context in which the store has no room for one MiB."""
        self.lack(request, "no way is given to fill the store; override the fixture 'full'")

    @pytest.fixture
    def base(self) -> str:
        """Return where this test's keys begin."""
        return f"contract/{new_id()}"

    @pytest_asyncio.fixture
    async def store(self, reopened: Open, base: str) -> AsyncIterator[ObjectStore]:
        """Open the adapter the way the server does; afterwards the test's objects are deleted."""
        async with reopened() as store:
            yield store
            with contextlib.suppress(Exception):
                for key in await listed(store, f"{base}/"):
                    await store.delete(key)
