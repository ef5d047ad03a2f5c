"""Promises about parameters and tags, and about what happens to metadata at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.errors import NotFoundError
from submarine.core.jobs.interpolation import Scalar
from submarine.core.metadata.artifacts import Artifact
from submarine.core.metadata.metrics import Accepted, MetricBatch, Point
from submarine.core.metadata.params import spell
from submarine.core.records import Records

ODD: Mapping[str, Scalar] = {"b": True, "f": 0.1, "i": 10**30, "s": "损失 'x'", "t": "0.10", "z": ""}


async def set_params(records: Records, experiment: str, params: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Set parameters in a transaction of its own, which is given up if they disagree."""
    disagreeing: Mapping[str, Scalar] = {}
    with suppress(AssertionError):
        async with records.begin() as tx:
            disagreeing = await tx.metadata.set_params(experiment, spell(params))
            assert not disagreeing
    return disagreeing


class Annotations(RecordsKit):
    """What `AnnotationStore` and `MetadataStore` owe."""

    async def test_parameters_come_back_as_they_were_set(self, stage: Stage) -> None:
        """With their types, in order of key, and an entry for each experiment asked for."""
        one, two = await stage.experiment(), await stage.experiment(await stage.project("two"))
        assert await set_params(stage.records, one.id, ODD) == {}
        async with stage.read() as tx:
            found = await tx.metadata.params_of([one.id, two.id])
            assert await tx.metadata.params_of([]) == {}
        assert found == {one.id: ODD, two.id: {}}
        assert list(found[one.id]) == sorted(ODD)
        assert [type(value) for value in found[one.id].values()] == [type(ODD[key]) for key in sorted(ODD)]

    async def test_a_parameter_is_set_once(self, stage: Stage) -> None:
        """The same again is fine, and what is recorded for those that disagree is told."""
        job = await stage.experiment()
        await set_params(stage.records, job.id, {"lr": 0.1, "name": "x"})
        assert await set_params(stage.records, job.id, {"lr": "0.10", "new": 1}) == {}
        assert await set_params(stage.records, job.id, {"lr": 0.2, "name": "x", "more": 1}) == {"lr": 0.1}
        async with stage.read() as tx:
            found = await tx.metadata.params_of([job.id])
        assert found == {job.id: {"lr": 0.1, "name": "x", "new": 1}}

    async def test_of_two_who_set_one_parameter_at_once_one_is_told(
        self, stage: Stage, other: Records
    ) -> None:
        """And nothing else of what it set is there."""
        job = await stage.experiment()
        answers = await asyncio.gather(
            *(set_params((stage.records, other)[n % 2], job.id, {"seed": n, f"own{n}": n}) for n in range(4))
        )
        winner = answers.index({})
        assert [answer for n, answer in enumerate(answers) if n != winner] == [{"seed": winner}] * 3
        async with stage.read() as tx:
            found = await tx.metadata.params_of([job.id])
        assert found == {job.id: {"seed": winner, f"own{winner}": winner}}

    async def test_tags_are_a_set(self, stage: Stage) -> None:
        """In order; adding or removing twice is as good as once; all there are now are told."""
        job, other = await stage.experiment(), await stage.experiment(await stage.project("two"))
        async with stage.begin() as tx:
            assert list(await tx.metadata.change_tags(job.id, ["b", "a", "b"], [])) == ["a", "b"]
            assert list(await tx.metadata.change_tags(job.id, ["a", "c"], ["b", "never"])) == ["a", "c"]
            assert await tx.metadata.tags_of([job.id, other.id]) == {job.id: ["a", "c"], other.id: []}
            assert await tx.metadata.tags_of([]) == {}

    async def test_new_experiments_are_seeded_all_at_once(self, stage: Stage) -> None:
        """Each with its own tags and parameters."""
        project = await stage.project()
        a, b, c = [await stage.experiment(project) for _ in range(3)]
        async with stage.begin() as tx:
            await tx.metadata.seed([(a.id, ["x", "y"], ODD), (b.id, ["x"], {}), (c.id, [], {})])
        async with stage.read() as tx:
            assert await tx.metadata.tags_of([a.id, b.id]) == {a.id: ["x", "y"], b.id: ["x"]}
            assert await tx.metadata.params_of([a.id, b.id]) == {a.id: ODD, b.id: {}}

    async def test_what_is_gone_takes_no_metadata(self, stage: Stage) -> None:
        """Every write says that the experiment is gone."""
        gone = stage.called("gone")
        artifact = Artifact(path="p", uri="s3://b/p", size=None, digest=None, created=1)
        async with stage.begin() as tx:
            with pytest.raises(NotFoundError):
                await tx.metadata.set_params(gone, spell({"x": 1}))
            with pytest.raises(NotFoundError):
                await tx.metadata.change_tags(gone, ["t"], [])
            with pytest.raises(NotFoundError):
                await tx.metadata.put_artifact(gone, artifact)

    async def test_an_experiment_does_not_go_while_metadata_is_written_for_it(
        self, stage: Stage, other: Records
    ) -> None:
        """Who deletes it waits for the writer: nothing is left behind of what nobody can see."""
        job, written = await stage.experiment(), asyncio.Event()

        async def delete() -> bool:
            await written.wait()
            async with other.begin() as tx:
                await tx.experiments.delete(job.id)
                return await tx.metadata.purge(job.id, 1000) or await tx.metadata.purge(job.id, 1000)

        async with asyncio.TaskGroup() as group:
            deleting = group.create_task(delete())
            async with stage.begin() as tx:
                await tx.metadata.append([MetricBatch(job.id, [Point("x", 1, 1, 1)])])
                await tx.metadata.change_tags(job.id, ["t"], [])
                written.set()
                await asyncio.sleep(self.unit)
                assert not deleting.done()
        assert deleting.result()
        async with stage.read() as tx:
            assert list(await tx.metadata.latest(job.id)) == []
            assert await tx.metadata.tags_of([job.id]) == {job.id: []}

    async def test_purging_goes_on_until_nothing_is_left(self, stage: Stage) -> None:
        """In steps of about the size asked for, and of no other experiment."""
        project = await stage.project()
        gone, kept = [await stage.experiment(project) for _ in range(2)]
        artifact = Artifact(path="p", uri="s3://b/p", size=None, digest=None, created=1)
        async with stage.begin() as tx:
            for job in (gone, kept):
                await tx.metadata.seed([(job.id, ["t"], {"p": 1})])
                await tx.metadata.put_artifact(job.id, artifact)
                points = [Point("long", n, n, n) for n in range(250)]
                points += [Point(f"k{n}", n, n, n) for n in range(30)]
                await tx.metadata.append([MetricBatch(job.id, points, "w", 1)])
        await self._purge(stage, gone.id)
        async with stage.begin() as tx:
            assert await tx.metadata.purge(stage.called("never"), 100)
            for job, left in ((gone, 0), (kept, 1)):
                assert len(await tx.metadata.latest(job.id)) == 31 * left
                assert len(await tx.metadata.history(job.id, "long", after=-1, limit=999)) == 250 * left
                assert len((await tx.metadata.tags_of([job.id]))[job.id]) == left
                assert len((await tx.metadata.params_of([job.id]))[job.id]) == left
                assert await tx.metadata.artifact_count(job.id) == left
            again = MetricBatch(gone.id, [Point("x", 1, 1, 1)], "w", 1)
            assert list(await tx.metadata.append([again])) == [Accepted(1)]

    async def _purge(self, stage: Stage, experiment: str) -> None:
        for step in range(30):
            async with stage.begin() as tx:
                done = await tx.metadata.purge(experiment, 100)
                assert not (done and step < 2), "a step is about as long as was asked for"
            if done:
                return
        raise AssertionError("it never ends")
