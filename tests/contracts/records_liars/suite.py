"""The kit of records, held against the liar named ``lie``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.sql.migrations import migrate
from submarine.adapters.sql.sqlite import open_sqlite
from submarine.contracts.records import RecordsContract
from submarine.contracts.records.kit import Open
from submarine.core.records import Records
from tests.contracts.records_liars import LIARS
from tests.contracts.records_liars.liar import Liar

_SCHEMA: list[bytes] = []


async def schema(folder: Path) -> bytes:
    """Return a file with the schema in it: making it for every liar takes longer than catching most."""
    if not _SCHEMA:
        file = Path(mkdtemp(dir=folder)) / "schema.db"
        async with open_sqlite(file, readers=1, synchronous="off") as database:
            await migrate(database)
        _SCHEMA.append(file.read_bytes())
    return _SCHEMA[0]


class Suite(RecordsContract):
    __test__ = False
    lie: ClassVar[str]
    unit = 0.2
    patience = 2.0

    @pytest.fixture
    @override
    def reopened(self, tmp_path: Path) -> Open:
        liar, numbers = LIARS[self.lie], count()

        @asynccontextmanager
        async def opened() -> AsyncIterator[Records]:
            file = tmp_path / f"records{next(numbers) if liar.forgets else ''}.db"
            made = await schema(tmp_path)
            if not file.exists():
                file.write_bytes(made)
            async with open_sqlite(file, readers=2, synchronous="off", wait=10.0) as database:
                records = liar(database)
                await records.migrate()
                yield records

        return opened

    @pytest.fixture
    @override
    def outage(self, records: Records) -> AbstractAsyncContextManager[None]:
        assert isinstance(records, Liar)

        @asynccontextmanager
        async def cut() -> AsyncIterator[None]:
            records.away = True
            try:
                yield
            finally:
                records.back()

        return cut()
