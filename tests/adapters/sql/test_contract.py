"""Both engines keep every promise of records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.records import RecordsContract
from tests.clusters.postgres import PostgresServer

_NEAR = "a file beside the server is not away; what it does when it is locked or full is tested apart"


@pytest.fixture(scope="module")
def shared_url(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


class TestSqliteRecords(RecordsContract):
    adapter = "sqlite"
    waived: ClassVar[dict[str, str]] = {
        "test_while_the_database_is_away_every_call_says_so": _NEAR,
        "test_a_transaction_that_an_outage_ends_wrote_nothing": _NEAR,
    }

    @pytest.fixture
    @override
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"path": str(tmp_path / "records.db"), "synchronous": "off", "readers": 2}

    @pytest.fixture
    @override
    def outage(self) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def none() -> AsyncIterator[None]:
            yield

        return none()


class TestPostgresRecords(RecordsContract):
    """All in one database: the kit needs no empty one."""

    adapter = "postgres"

    @pytest.fixture
    @override
    def options(self, shared_url: str) -> Mapping[str, object]:
        return {"url": shared_url, "min_connections": 0, "max_connections": 6, "connect_seconds": 2.0}

    @pytest.fixture
    @override
    def outage(self, postgres_server: PostgresServer) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def stopped() -> AsyncIterator[None]:
            postgres_server.execute("checkpoint")  # a commit is not synced here, and stopping is a crash
            postgres_server.stop()
            try:
                yield
            finally:
                postgres_server.start()  # by this very thread: it dies with the one that started it

        return stopped()
