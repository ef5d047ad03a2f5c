from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from submarine.core.records import RECORDS
from submarine.plugins.registry import discover
from tests.core.access.site import Site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with discover().open(RECORDS, "memory", {}) as records:
        yield await Site.found(records)


@pytest.fixture
async def open_site() -> AsyncIterator[Site]:
    """One where everybody may make teams."""
    async with discover().open(RECORDS, "memory", {}) as records:
        yield await Site.found(records, open_teams=True)
