from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from submarine.adapters.sql import annotations as sql_annotations
from submarine.adapters.sql.database import Database
from submarine.adapters.sql.metadata import SqlMetadata
from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.jobs.interpolation import Scalar
from submarine.core.metadata.artifacts import Artifact
from submarine.core.metadata.metrics import MetricBatch, Point
from submarine.core.metadata.params import spell
from tests.adapters.sql.engines import ENGINES, add_experiments, opened

TABLES = ("params", "tags", "metric_latest", "metrics", "metric_writers", "artifacts")


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(request.param, tmp_path, request) as found:
        async with found.begin() as session:
            await add_experiments(session, "a", "b")
        yield found


async def set_params(database: Database, params: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    async with database.begin() as session:
        return await SqlMetadata(session).set_params("a", spell(params))


async def change_tags(
    database: Database, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> Sequence[str]:
    async with database.begin() as session:
        return await SqlMetadata(session).change_tags("a", add, remove)


async def version(database: Database) -> int:
    async with database.read() as session:
        row = await session.first("select version from experiments where id = 'a'")
        assert row is not None
        return int(row["version"])


def artifact(path: str, **changes: Any) -> Artifact:
    values = {"path": path, "uri": f"s3://b/{path}", "size": None, "digest": None, "created": 1}
    return Artifact(**{**values, **changes})


async def test_an_experiment_has_a_bound_of_parameters(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_annotations, "MOST_PARAMS", 2)
    await set_params(database, {"x": 1, "y": 2})
    with pytest.raises(InvalidError, match="would have 3 parameters"):
        await set_params(database, {"z": 3})


async def test_a_change_of_tags_is_a_new_version_of_the_experiment_and_no_change_is_none(
    database: Database,
) -> None:
    await change_tags(database, add=["a"])
    assert await version(database) == 2
    await change_tags(database, add=["a"], remove=["x"])
    assert await version(database) == 2


async def test_an_experiment_has_a_bound_of_tags(database: Database) -> None:
    await change_tags(database, add=[f"t{n}" for n in range(50)])
    with pytest.raises(InvalidError, match="would have 51 tags"):
        await change_tags(database, add=["one more"])
    assert len(await change_tags(database, add=["one more"], remove=["t0"])) == 50


async def test_purging_takes_bounded_steps_and_leaves_the_others(database: Database) -> None:
    async with database.begin() as session:
        store = SqlMetadata(session)
        for experiment in ("a", "b"):
            await store.seed([(experiment, ["t"], {"p": 1})])
            await store.put_artifact(experiment, artifact("x"))
            points = [Point("long", n, n, n) for n in range(250)] + [
                Point(f"k{n}", n, n, n) for n in range(30)
            ]
            await store.append([MetricBatch(experiment, points, "w", 1)])
    before = await counts(database)
    steps, done = 0, False
    while not done:
        async with database.begin() as session:
            done = await SqlMetadata(session).purge("a", 100)
        after = await counts(database)
        assert before["metrics"] - after["metrics"] <= 100
        before, steps = after, steps + 1
        assert steps < 20
    assert await counts(database) == {
        "params": 1, "tags": 1, "metric_latest": 31, "metrics": 280, "metric_writers": 1, "artifacts": 1
    }  # fmt: skip
    async with database.begin() as session:
        assert await SqlMetadata(session).purge("a", 100)
        assert await SqlMetadata(session).purge("never", 100)


async def counts(database: Database) -> Mapping[str, int]:
    found = {}
    async with database.read() as session:
        for table in TABLES:
            row = await session.first(f"select count(*) as n from {table}")
            assert row is not None
            found[table] = int(row["n"])
    return found


async def test_metrics_that_arrive_while_an_experiment_is_deleted_are_not_orphaned(
    database: Database,
) -> None:
    began = asyncio.Event()

    async def report() -> None:
        """Report until refused."""
        for n in range(100_000):
            call = MetricBatch("a", [Point("x", n, n, n)], "w", n)
            async with database.begin() as session:
                (outcome,) = await SqlMetadata(session).append([call])
            if isinstance(outcome, NotFoundError):
                return
            began.set()
            await asyncio.sleep(0)

    async def delete() -> None:
        await began.wait()
        for _ in range(3):
            async with database.begin() as session:
                await SqlMetadata(session).purge("a", 5)
        async with database.begin() as session:
            await session.execute("delete from experiments where id = 'a'")
            while not await SqlMetadata(session).purge("a", 5):
                pass

    await asyncio.gather(report(), delete())
    assert set((await counts(database)).values()) == {0}
