"""Promises about transactions: all or nothing, and what others see meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from submarine.contracts.records.kit import Open, RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.errors import SubmarineError
from submarine.core.records import Records


class OwnError(Exception):
    """Something that goes wrong inside of a transaction."""


async def known(records: Records, name: str) -> bool:
    """Tell whether a fresh snapshot has the user."""
    async with records.read() as tx:
        return await tx.access.user(name) is not None


class Transactions(RecordsKit):
    """What `begin`, `read` and `glance` owe."""

    async def test_what_was_committed_is_there(self, stage: Stage) -> None:
        """A transaction commits on success."""
        ada = stage.a_user()
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
        assert await known(stage.records, ada.name)

    async def test_an_error_takes_everything_back(self, stage: Stage) -> None:
        """Any error rolls back, and comes out as it went in."""
        ada, eve = stage.a_user("ada"), stage.a_user("eve")
        with pytest.raises(OwnError):  # noqa: PT012 - a transaction
            async with stage.begin() as tx:
                await tx.access.add_user(ada)
                await tx.access.add_user(eve)
                raise OwnError
        assert not await known(stage.records, ada.name)
        assert not await known(stage.records, eve.name)

    async def test_a_cancelled_task_leaves_nothing_and_nobody_waiting(self, stage: Stage) -> None:
        """Who is cancelled within a transaction has written nothing, and the next writer is served."""
        ada, inside = stage.a_user(), asyncio.Event()

        async def write() -> None:
            async with stage.begin() as tx:
                await tx.access.add_user(ada)
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(write())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(self.patience):
            eve = await stage.user("eve")
        assert await known(stage.records, eve.name)
        assert not await known(stage.records, ada.name)

    async def test_a_transaction_sees_its_own_work(self, stage: Stage) -> None:
        """What it wrote it reads, before it commits."""
        ada = stage.a_user()
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
            assert await tx.access.user(ada.name) == ada

    async def test_what_is_not_committed_is_seen_by_nobody(self, stage: Stage, other: Records) -> None:
        """Neither by another reader of the same server, nor by another server."""
        ada = stage.a_user()
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
            assert not await known(stage.records, ada.name)
            assert not await known(other, ada.name)

    async def test_a_snapshot_does_not_move(self, stage: Stage) -> None:
        """All that is read in one snapshot is of one moment."""
        ada = stage.a_user()
        async with stage.read() as tx:
            assert await tx.access.user(ada.name) is None
            async with stage.begin() as writer:
                await writer.access.add_user(ada)
            assert await tx.access.user(ada.name) is None
        assert await known(stage.records, ada.name)

    async def test_a_snapshot_writes_nothing(self, stage: Stage) -> None:
        """A snapshot is for reading only: a write in it is refused."""
        ada = stage.a_user()
        with pytest.raises(SubmarineError):
            async with stage.read() as tx:
                await tx.access.add_user(ada)
        assert not await known(stage.records, ada.name)

    async def test_a_glance_sees_what_is_committed_and_writes_nothing(
        self, stage: Stage, other: Records
    ) -> None:
        """And waits for no writer, as a snapshot does."""
        ada, eve = stage.a_user("ada"), stage.a_user("eve")
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
            async with asyncio.timeout(self.patience), other.glance() as view:
                assert await view.access.user(ada.name) is None
        async with other.glance() as view:
            assert await view.access.user(ada.name) == ada
        with pytest.raises(SubmarineError):
            async with stage.records.glance() as view:
                await view.access.add_user(eve)
        assert not await known(stage.records, eve.name)

    async def test_a_reader_never_waits_for_a_writer(self, stage: Stage, other: Records) -> None:
        """A snapshot is opened and read while a transaction is open, here and on another server."""
        ada = await stage.user()
        async with stage.begin() as tx:
            await tx.access.set_verifier(ada.name, "v")
            async with asyncio.timeout(self.patience):
                assert await known(stage.records, ada.name)
                assert await known(other, ada.name)

    async def test_many_writers_at_once_all_commit(self, stage: Stage, other: Records) -> None:
        """Writers on two servers wait for each other, and none is lost."""
        users = [stage.a_user(f"u{n}") for n in range(20)]

        async def write(n: int) -> None:
            async with (other if n % 2 else stage.records).begin() as tx:
                await tx.access.add_user(users[n])
                assert await tx.access.user(users[n].name)

        await asyncio.gather(*(write(n) for n in range(len(users))))
        for user in users:
            assert await known(stage.records, user.name)

    async def test_one_writers_error_is_its_own(self, stage: Stage) -> None:
        """Of many writers at once only those that fail are rolled back."""
        users = [stage.a_user(f"u{n}") for n in range(12)]

        async def write(n: int) -> None:
            async with stage.begin() as tx:
                await tx.access.add_user(users[n])
                if n % 3 == 0:
                    raise OwnError

        found = await asyncio.gather(*(write(n) for n in range(len(users))), return_exceptions=True)
        assert [isinstance(result, OwnError) for result in found] == [n % 3 == 0 for n in range(len(users))]
        assert [await known(stage.records, user.name) for user in users] == [
            n % 3 > 0 for n in range(len(users))
        ]

    async def test_two_servers_see_each_others_commits(self, stage: Stage, other: Records) -> None:
        """What one has committed the other reads at once, both ways."""
        ada, eve = stage.a_user("ada"), stage.a_user("eve")
        assert not await known(other, ada.name)
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
        assert await known(other, ada.name)
        assert not await known(stage.records, eve.name)
        async with other.begin() as tx:
            await tx.access.add_user(eve)
        assert await known(stage.records, eve.name)

    async def test_what_was_committed_outlives_the_adapter(self, reopened: Open) -> None:
        """It is there when the server is started again."""
        async with reopened() as records:
            stage = Stage(records)
            ada = await stage.user()
        async with reopened() as records:
            found = await known(records, ada.name)
            stage.records = records
            await stage.clear()
        assert found
