"""Fresh databases of both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from submarine.adapters.sql.database import Database
from submarine.adapters.sql.records import SqlRecords
from tests.adapters.sql.engines import ENGINES, opened


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(request.param, tmp_path, request) as found:
        yield found


@pytest.fixture
async def records(database: Database) -> SqlRecords:
    return SqlRecords(database)
