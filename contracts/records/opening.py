"""Promises about the schema: who brings it, once, and who says that it is there."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from submarine.contracts.records.kit import Open, RecordsKit
from submarine.core.records import Migratable, Records


def migratable(records: Records) -> Migratable:
    """Return *records* as what migrates; skip the test if they do not."""
    if not isinstance(records, Migratable):
        pytest.skip(f"{type(records).__name__} has no schema to migrate")
    return records


class Opening(RecordsKit):
    """What `ping`, `plan` and `migrate` owe."""

    async def test_they_answer_when_the_schema_is_ours(self, records: Records) -> None:
        """A ping of what was migrated returns."""
        await records.ping()

    async def test_after_a_migration_nothing_is_left_to_do(self, records: Records) -> None:
        """No step is planned, and none is taken again."""
        migrating = migratable(records)
        assert list(await migrating.plan()) == []
        assert list(await migrating.migrate()) == []
        assert list(await migrating.plan()) == []

    async def test_of_servers_that_start_at_once_one_migrates(self, reopened: Open) -> None:
        """None fails, each step is taken by one of them, and all find the schema theirs."""
        async with AsyncExitStack() as stack:
            opening = (stack.enter_async_context(reopened()) for _ in range(3))
            servers = await asyncio.gather(*opening)
            taken = await asyncio.gather(*(migratable(server).migrate() for server in servers))
            names = [name for names in taken for name in names]
            assert len(names) == len(set(names))
            for server in servers:
                await server.ping()
