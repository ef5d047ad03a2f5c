"""What all promises of records share: how they are opened, and what may be tuned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

import pytest

from submarine.contracts.kit import Kit
from submarine.contracts.records.stage import Stage
from submarine.core.records import RECORDS, Migratable, Records
from submarine.plugins.registry import discover

Open = Callable[[], AbstractAsyncContextManager[Records]]


class RecordsKit(Kit):
    """Subclass `RecordsContract`, set ``adapter`` and return ``options``.

    Everything has names of its own, so the database need not be empty, but no server may use it
    meanwhile. After each test all is deleted that can be: lines of the audit trail, leases that are over
    and what the names of clusters stood for stay.
    """

    adapter: ClassVar[str]
    patience: ClassVar[float] = 30.0
    """Seconds after which a call counts as hanging."""
    unit: ClassVar[float] = 0.2
    """Seconds that a test lets pass to see that nothing happens."""

    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        """Return what an operator would write for this adapter; the same during one test."""
        return {}

    @pytest.fixture
    def reopened(self, options: Mapping[str, object]) -> Open:
        """Return how to open the adapter once more, as a restarted server or a second one does."""
        return lambda: discover().open(RECORDS, self.adapter, options)

    @pytest.fixture
    async def records(self, reopened: Open) -> AsyncIterator[Records]:
        """Open the adapter the way the server does, with the schema of this version."""
        async with reopened() as records:
            if isinstance(records, Migratable):
                await records.migrate()
            yield records

    @pytest.fixture
    async def other(self, records: Records, reopened: Open) -> AsyncIterator[Records]:
        """Open the same database once more, as a second server has it open."""
        del records  # which made the schema
        async with reopened() as other:
            yield other

    @pytest.fixture
    async def stage(self, records: Records) -> AsyncIterator[Stage]:
        """Return what makes people, teams and jobs, and takes them away again."""
        stage = Stage(records)
        yield stage
        await stage.clear()

    @pytest.fixture
    def outage(self, records: Records) -> AbstractAsyncContextManager[None]:
        """Return a context in which the database cannot be reached."""
        pytest.skip(f"no way is given to cut {type(records).__name__} off; override the fixture 'outage'")
