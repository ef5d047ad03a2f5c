"""Promises for the time when the database is away."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.contracts.records.transactions import known
from submarine.core.errors import UnavailableError


class Outages(RecordsKit):
    """What happens when nothing can be read or written."""

    async def test_while_the_database_is_away_every_call_says_so(
        self, stage: Stage, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """Unavailable: neither empty, nor broken, nor hanging."""
        ada = stage.a_user()
        async with outage:
            with pytest.raises(UnavailableError):
                await stage.records.ping()
            with pytest.raises(UnavailableError):
                await known(stage.records, ada.name)
            with pytest.raises(UnavailableError):
                async with stage.records.glance() as view:
                    await view.access.user(ada.name)
            with pytest.raises(UnavailableError):
                async with stage.begin() as tx:
                    await tx.access.add_user(ada)

    async def test_after_an_outage_they_serve_as_before(
        self, stage: Stage, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """Nobody opens them again: the database is back, and so are they."""
        ada = await stage.user("ada")
        async with outage:
            pass
        async with stage.records.glance() as view:
            assert await view.access.user(ada.name) == ada
        await stage.records.ping()
        assert await known(stage.records, ada.name)
        eve = await stage.user("eve")
        assert await known(stage.records, eve.name)

    async def test_a_transaction_that_an_outage_ends_wrote_nothing(
        self, stage: Stage, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """What was written before the database went away is not there after, and the caller is told."""
        ada, eve = stage.a_user("ada"), stage.a_user("eve")
        with pytest.raises(UnavailableError):  # noqa: PT012 - a transaction
            async with stage.begin() as tx:
                await tx.access.add_user(ada)
                async with outage:
                    await tx.access.add_user(eve)
        assert not await known(stage.records, ada.name)
        assert not await known(stage.records, eve.name)
