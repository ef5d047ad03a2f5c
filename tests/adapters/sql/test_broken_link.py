"""PostgreSQL behind a link that breaks: nobody is told what is not known, and the next call is served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from submarine.contracts.faults import FaultyLink, Hanging, LostAnswer
from submarine.contracts.faults.addresses import address_of, through
from submarine.contracts.faults.calls import each_raises, measured
from submarine.contracts.records.stage import Stage
from submarine.contracts.records.transactions import known
from submarine.core.errors import UnavailableError
from submarine.core.records import RECORDS, Migratable, Records
from submarine.plugins.registry import discover
from tests.clusters.postgres import PostgresServer

PATIENCE = 1.0


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def link(url: str) -> Iterator[FaultyLink]:
    with FaultyLink(*address_of(url)) as link:
        yield link


@pytest.fixture
async def records(url: str, link: FaultyLink) -> AsyncIterator[Records]:
    options = {"url": through(url, link), "statement_seconds": PATIENCE, "connect_seconds": PATIENCE}
    async with discover().open(RECORDS, "postgres", options) as records:
        assert isinstance(records, Migratable)
        await records.migrate()
        yield records


async def test_a_commit_whose_answer_is_lost_is_unavailable_and_may_have_happened(
    records: Records, link: FaultyLink
) -> None:
    stage = Stage(records)
    ada = stage.a_user("ada")
    with link.suffering(LostAnswer(to=b"COMMIT;")), pytest.raises(UnavailableError):
        async with stage.begin() as tx:
            await tx.access.add_user(ada)
    assert await known(records, ada.name)
    await stage.clear()


async def test_a_database_that_hangs_is_unavailable_in_time(records: Records, link: FaultyLink) -> None:
    with link.suffering(Hanging()):
        async with measured() as stutter:
            calls = {"ping": records.ping(), "read": known(records, "ada")}
            await each_raises(calls, UnavailableError, within=4 * PATIENCE)
    assert stutter.longest < PATIENCE
    assert not await known(records, "ada")
