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


async def test_parameters_come_back_as_they_were(database: Database) -> None:
    params: Mapping[str, Scalar] = {"b": True, "f": 0.1, "i": 10**30, "s": "损失 'x'", "t": "0.10", "z": ""}
    assert await set_params(database, params) == {}
    async with database.read() as session:
        found = await SqlMetadata(session).params_of(["a", "b", "zz"])
    assert found == {"a": params, "b": {}, "zz": {}}
    assert {key: type(value) for key, value in found["a"].items()} == {k: type(v) for k, v in params.items()}
    assert list(found["a"]) == sorted(params)


async def test_a_parameter_is_set_once_and_the_same_again_is_fine(database: Database) -> None:
    await set_params(database, {"lr": 0.1, "name": "x"})
    assert await set_params(database, {"lr": 0.1, "new": 1}) == {}
    assert await set_params(database, {"lr": "0.10"}) == {}
    assert await set_params(database, {"lr": 0.2, "name": "x"}) == {"lr": 0.1}
    assert await set_params(database, {"name": "X"}) == {"name": "x"}


async def test_two_who_set_one_parameter_at_once_do_not_both_succeed(database: Database) -> None:
    answers = await asyncio.gather(*(set_params(database, {"seed": n, f"own{n}": n}) for n in range(4)))
    assert sum(not answer for answer in answers) == 1
    winner = answers.index({})
    assert all(answer == {"seed": winner} for n, answer in enumerate(answers) if n != winner)


async def test_an_experiment_has_a_bound_of_parameters(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_annotations, "MOST_PARAMS", 2)
    await set_params(database, {"x": 1, "y": 2})
    with pytest.raises(InvalidError, match="would have 3 parameters"):
        await set_params(database, {"z": 3})


async def test_tags_are_a_set(database: Database) -> None:
    assert await change_tags(database, add=["b", "a", "b"]) == ["a", "b"]
    assert await change_tags(database, add=["a", "c"], remove=["b", "never"]) == ["a", "c"]
    async with database.read() as session:
        assert await SqlMetadata(session).tags_of(["a", "b"]) == {"a": ["a", "c"], "b": []}
        assert await SqlMetadata(session).tags_of([]) == {}


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


async def test_what_is_gone_takes_no_annotations(database: Database) -> None:
    async with database.begin() as session:
        store = SqlMetadata(session)
        with pytest.raises(NotFoundError, match="zz was deleted"):
            await store.set_params("zz", spell({"x": 1}))
        with pytest.raises(NotFoundError):
            await store.change_tags("zz", ["t"], [])
        with pytest.raises(NotFoundError):
            await store.put_artifact("zz", artifact("p"))


async def test_new_experiments_are_seeded_all_at_once(database: Database) -> None:
    async with database.begin() as session:
        await SqlMetadata(session).seed(
            [("a", ["x", "y", "x"], {"lr": 0.1}), ("b", ["x"], {}), ("c", [], {})]
        )
    async with database.read() as session:
        store = SqlMetadata(session)
        assert await store.params_of(["a", "b"]) == {"a": {"lr": 0.1}, "b": {}}
        assert await store.tags_of(["a", "b"]) == {"a": ["x", "y"], "b": ["x"]}


async def test_an_artifact_is_replaced_and_its_object_handed_back(database: Database) -> None:
    async with database.begin() as session:
        store = SqlMetadata(session)
        first = artifact("m/w.pt", key="k1", size=2**40, digest="sha256:ab", created=5)
        assert await store.put_artifact("a", first) is None
        assert await store.artifact("a", "m/w.pt") == first
        assert await store.put_artifact("a", artifact("m/w.pt", key="k2")) == "k1"
        assert await store.put_artifact("a", artifact("m/w.pt")) == "k2"
        assert await store.put_artifact("a", artifact("m/w.pt", key="k3")) is None
        assert await store.put_artifact("b", artifact("m/w.pt")) is None


async def test_two_uploads_at_once_hand_back_what_nobody_names_any_more(database: Database) -> None:
    async def put(key: str) -> str | None:
        async with database.begin() as session:
            return await SqlMetadata(session).put_artifact("a", artifact("p", key=key))

    replaced = await asyncio.gather(*(put(f"k{n}") for n in range(4)))
    async with database.read() as session:
        current = await SqlMetadata(session).artifact("a", "p")
    assert current is not None
    assert {*replaced, current.key} == {None, "k0", "k1", "k2", "k3"}


async def test_artifacts_are_listed_by_path_and_deleted(database: Database) -> None:
    paths = ["a", "a/b", "b", "损失", "z"]
    async with database.begin() as session:
        store = SqlMetadata(session)
        for path in paths:
            await store.put_artifact("a", artifact(path))
        seen: list[str] = []
        while page := await store.artifacts("a", after=seen[-1] if seen else "", limit=2):
            seen += [found.path for found in page]
        assert sorted(seen) == sorted(paths)
        assert await store.delete_artifact("a", "b") == artifact("b")
        assert await store.delete_artifact("a", "b") is None
        assert await store.artifact("a", "b") is None


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
