"""From every schema there ever was, with data in it, to the one of today."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from submarine.adapters.sql.database import Database
from submarine.adapters.sql.migrations import migrate, plan
from submarine.adapters.sql.records import SqlRecords
from submarine.adapters.sql.scripts import bundled
from submarine.core.experiments.store import Query
from submarine.core.filters.expression import EVERYTHING
from submarine.core.jobs.lifecycle import State
from submarine.core.metadata.metrics import Accepted, MetricBatch, Point
from tests.adapters.sql.engines import ENGINES, opened
from tests.adapters.sql.old_rows import ROWS, contents, fill, tables

EARLIER = range(1, len(bundled()))


@pytest.fixture(params=[(engine, number) for engine in ENGINES for number in EARLIER], ids=str)
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database as the script of that number left it, filled, on either engine."""
    engine, number = request.param
    async with opened(engine, tmp_path, request, bundled()[:number]) as database:
        async with database.begin() as session:
            await fill(session)
        yield database


async def test_every_table_has_a_row_to_be_tested_with(database: Database) -> None:
    async with database.begin() as session:
        assert await tables(session) == ROWS.keys(), "say in old_rows.py what a row of the new table is"
        await fill(session)
        assert (await contents(session)).keys() == ROWS.keys()


async def test_what_was_there_is_there_after_a_migration(old: Database) -> None:
    async with old.read() as session:
        before = await contents(session)
    assert await migrate(old)
    assert await plan(old) == []
    async with old.read() as session:
        after = await contents(session)
    assert before
    for table, row in before.items():
        assert row.items() <= after[table].items(), table


async def test_a_server_reads_and_writes_what_was_there(old: Database) -> None:
    async with old.read() as session:
        filled = await tables(session)
    await migrate(old)
    records = SqlRecords(old)
    await records.ping()
    async with records.read() as tx:
        user, credential = await tx.access.user("ada"), await tx.access.credential("k1")
        (audited,) = await tx.access.audit_trail(teams=["vision"], where=EVERYTHING, before=None, limit=9)
        answer = await tx.idempotency.find_answer("ada", "k")
    assert user is not None
    assert credential is not None
    assert answer is not None
    assert (user.display_name, credential.user, audited.data) == ("Ada 损失", user, {"why": "损失"})
    if "jobs" in filled:
        await _jobs_go_on(records)
    if "metrics" in filled:
        await _metadata_goes_on(records)
    async with records.begin() as tx:
        assert await tx.access.save_user(replace(user, version=user.version + 1))
        token = await tx.leases.acquire("work", "two", 1000)
        assert token is not None
        assert await tx.leases.hold("work", token)


async def _jobs_go_on(records: SqlRecords) -> None:
    async with records.begin() as tx:
        job = await tx.jobs.get("j1")
        assert job is not None
        assert list(await tx.jobs.on_cluster("near", {State.RUNNING})) == [job]
        assert list(await tx.jobs.save([job.moved(State.SUCCEEDED, 9)])) == [True]
        (attempt,) = await tx.jobs.attempts("j1")
        await tx.jobs.close_attempt([replace(attempt, state=State.SUCCEEDED, ended=9)])
        assert [found.job for found in await tx.jobs.uncollected("near", 9)] == ["j1"]
        assert await tx.effects.made(["e1"]) == {"e1": ("f", "j1")}
        assert list(await tx.clusters.drained()) == ["far"]
        assert [orphan.handle for orphan in await tx.clusters.orphans("near")] == ["h1"]
        await tx.events.append([job.event(9)])
    async with records.read() as tx:
        (page,) = await tx.experiments.page(Query(projects=["p1"], spec=True))
        assert (page.id, page.state, page.description) == ("j1", State.SUCCEEDED, "first")
        assert len(await tx.events.after("", job="j1")) == 2


async def _metadata_goes_on(records: SqlRecords) -> None:
    async with records.begin() as tx:
        known, new = (MetricBatch("j1", [Point("loss", 0.25, n, 9)], "w", n) for n in (4, 5))
        outcomes = await tx.metadata.append([known, new])
        assert list(outcomes) == [Accepted(0, duplicate=True), Accepted(1)]
        found = await tx.metadata.history("j1", "loss", after=-1, limit=9)
        assert [(sample.place, sample.value) for sample in found] == [(0, 0.5), (1, 0.25)]
        assert await tx.metadata.params_of(["j1"]) == {"j1": {"lr": 0.1}}
        assert await tx.metadata.tags_of(["j1"]) == {"j1": ["night"]}
        artifact = await tx.metadata.artifact("j1", "m/w.pt")
        assert artifact is not None
        assert artifact.key == "o1"
