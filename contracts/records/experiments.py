"""Promises about experiments: found, listed, filtered, edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from submarine.contracts.records.jobs import gone_far
from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import SPEC, Stage
from submarine.core.experiments.experiment import Experiment
from submarine.core.experiments.filtering import FIELDS
from submarine.core.experiments.store import Query
from submarine.core.filters.parser import parse
from submarine.core.jobs.lifecycle import State
from submarine.core.metadata.metrics import MetricBatch, Point


def ids(experiments: object) -> list[str]:
    """Return who they are."""
    return [experiment.id for experiment in experiments]  # type: ignore[attr-defined]


async def version(stage: Stage, experiment: str) -> int:
    """Return the version of what is there."""
    async with stage.read() as tx:
        found = await tx.experiments.get(experiment)
    assert found is not None
    return found.version


class Experiments(RecordsKit):
    """What `ExperimentStore` owes."""

    async def test_an_experiment_comes_back_with_its_job(self, stage: Stage) -> None:
        """Every field of both; none for an id that none has."""
        team = await stage.team()
        project = await stage.project("digits", team)
        about: dict[str, Any] = {"description": "损失", "framework": "pytorch", "rerun_of": "e0"}
        job = await stage.experiment(project, spec=replace(SPEC, queue="fast"), queue="fast", **about)
        moved = gone_far(job)
        async with stage.begin() as tx:
            await tx.jobs.save([moved])
        async with stage.read() as tx:
            found = await tx.experiments.get(job.id)
            assert await tx.experiments.get("none") is None
        assert found == Experiment(
            id=job.id,
            name=job.name,
            project=project.ref,
            project_id=project.id,
            state=moved.state,
            reason=moved.reason,
            message=moved.message,
            changed=moved.changed,
            created=job.created,
            started=moved.started,
            ended=None,
            created_by="ada",
            attempt=moved.attempt,
            cluster=moved.cluster,
            queue="fast",
            priority=job.priority,
            exit_code=moved.exit_code,
            version=2,
            replicas=moved.replicas,
            spec=moved.spec.document(),
            **about,
        )

    async def test_live_names_are_told(self, stage: Stage) -> None:
        """Those asked for that a live experiment of that project has."""
        one, two = await stage.project("one"), await stage.project("two")
        await stage.experiment(one, name="train")
        await stage.experiment(one, name="done", state=State.FAILED, ended=9)
        await stage.job(one, name="book", kind="notebook")
        async with stage.read() as tx:
            wanted = [(one.id, "train"), (two.id, "train"), (one.id, "done"), (one.id, "book")]
            assert set(await tx.experiments.live_names(wanted)) == {(one.id, "train")}
            assert set(await tx.experiments.live_names(wanted[1:])) == set()
            assert set(await tx.experiments.live_names([])) == set()

    async def test_an_experiment_is_found_by_its_id_or_as_the_newest_of_its_name(self, stage: Stage) -> None:
        """None if there is none."""
        project, name = await stage.project(), stage.called("train")
        old = await stage.experiment(project, name=name, state=State.FAILED, ended=9)
        new = await stage.experiment(project, name=name)
        async with stage.read() as tx:
            assert await tx.experiments.find(old.id, None) == old.id
            assert await tx.experiments.find(name, None) == new.id
            assert await tx.experiments.find(name, [project.id]) == new.id
            assert await tx.experiments.find(stage.called("none"), None) is None

    async def test_an_experiment_is_found_within_its_projects_only(self, stage: Stage) -> None:
        """Neither by id nor by name elsewhere; of two of a name the one that is within."""
        one, two = await stage.project("one"), await stage.project("two")
        name = stage.called("train")
        mine, theirs = await stage.experiment(one, name=name), await stage.experiment(two, name=name)
        async with stage.read() as tx:
            assert await tx.experiments.find(name, [one.id]) == mine.id
            assert await tx.experiments.find(theirs.id, [one.id]) is None
            assert await tx.experiments.find(name, []) is None
            assert await tx.experiments.find(mine.id, []) is None

    async def test_experiments_are_listed_newest_first_by_pages(self, stage: Stage) -> None:
        """Of the projects asked for: no other's, no jobs of other kinds, all for None."""
        one, two = await stage.project("one"), await stage.project("two")
        made = [await stage.experiment(one) for _ in range(3)]
        await stage.job(one, kind="notebook")
        theirs = await stage.experiment(two)
        async with stage.read() as tx:
            page = await tx.experiments.page(Query(projects=[one.id], limit=2))
            assert ids(page) == [made[2].id, made[1].id]
            rest = await tx.experiments.page(Query(projects=[one.id], before=page[-1].id, limit=2))
            assert ids(rest) == [made[0].id]
            everywhere = await tx.experiments.page(Query(projects=None, limit=2))
            assert ids(everywhere) == [theirs.id, made[2].id]
            assert ids(await tx.experiments.page(Query(projects=[]))) == []

    async def test_a_list_tells_replicas_and_spec_if_asked(self, stage: Stage) -> None:
        """Else None: they are long."""
        job = await stage.experiment()
        async with stage.read() as tx:
            for replicas, spec in ((False, False), (True, False), (False, True)):
                query = Query(projects=[job.project], replicas=replicas, spec=spec)
                (found,) = await tx.experiments.page(query)
                assert (found.replicas is not None) == replicas
                assert (found.spec is not None) == spec

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("state = 'running'", "b"),
            ("state != 'running' and not framework = 'none'", ""),
            ("name ~ 'JOB-' and priority >= 60", "a"),
            ("cluster = 'near'", "b"),
            ("not cluster = 'near'", "ac"),
            ("created_at < '1970-01-01T00:00:02Z'", "ab"),
            ("tags has 'night'", "ac"),
            ("params.lr <= 0.1 and params.opt = 'adam'", "a"),
            ("params.opt ~ 'SG'", "c"),
            ("metrics.loss < 0.5 or metrics.acc = 1", "ab"),
            ("exit_code in (3, 4) or rerun_of = 'e0'", "bc"),
        ],
    )
    async def test_a_list_is_filtered(self, stage: Stage, text: str, wanted: str) -> None:
        """By state, words, numbers, times, tags, parameters and metrics; what is absent fits nothing."""
        project = await stage.project()
        a = await stage.experiment(project, priority=60)
        b = await stage.experiment(project)
        c = await stage.experiment(project, rerun_of="e0", created=3000)
        words = {"a": a.id, "b": b.id, "c": c.id}
        async with stage.begin() as tx:
            await tx.jobs.save([gone_far(b)])
            await tx.metadata.seed(
                [(a.id, ["night"], {"lr": 0.1, "opt": "adam"}), (c.id, ["night", "x"], {"opt": "sgd"})]
            )
            await tx.metadata.append(
                [
                    MetricBatch(a.id, [Point("loss", 0.9, 1, 1), Point("loss", 0.1, 2, 2)]),
                    MetricBatch(b.id, [Point("acc", 1, 1, 1)]),
                    MetricBatch(c.id, [Point("loss", 0.1, 1, 1), Point("loss", 0.9, 2, 2)]),
                ]
            )
        async with stage.read() as tx:
            query = Query(projects=[project.id], filter=parse(text, FIELDS))
            found = ids(await tx.experiments.page(query))
        assert found == [words[word] for word in reversed(wanted)]

    async def test_a_filter_goes_with_pages(self, stage: Stage) -> None:
        """A page has as many as asked for of those that fit."""
        project = await stage.project()
        made = [await stage.experiment(project, priority=n % 2) for n in range(6)]
        odd = parse("priority = 1", FIELDS)
        async with stage.read() as tx:
            page = await tx.experiments.page(Query(projects=[project.id], filter=odd, limit=2))
            assert ids(page) == [made[5].id, made[3].id]
            query = Query(projects=[project.id], filter=odd, before=page[-1].id, limit=2)
            assert ids(await tx.experiments.page(query)) == [made[1].id]

    async def test_a_new_description_is_an_edit(self, stage: Stage) -> None:
        """It replaces the old one, and the version grows; another experiment is as it was."""
        project = await stage.project()
        job, other = [await stage.experiment(project, description="old") for _ in range(2)]
        async with stage.begin() as tx:
            await tx.experiments.describe(job.id, "new")
            found, same = await tx.experiments.get(job.id), await tx.experiments.get(other.id)
        assert found is not None
        assert same is not None
        assert (found.description, found.version) == ("new", 2)
        assert (same.description, same.version) == ("old", 1)

    async def test_an_edit_is_a_new_version(self, stage: Stage) -> None:
        """Edits and changes of state count together: no version comes twice."""
        job = await stage.experiment()
        assert await version(stage, job.id) == 1
        async with stage.begin() as tx:
            await tx.experiments.edited(job.id)
        assert await version(stage, job.id) == 2
        async with stage.begin() as tx:
            await tx.jobs.save([job.moved(State.QUEUED, 7)])
        assert await version(stage, job.id) == 3

    async def test_a_deleted_experiment_is_gone_and_its_job_is_not(self, stage: Stage) -> None:
        """The job and the metadata are others' to delete; twice is once."""
        job = await stage.experiment()
        async with stage.begin() as tx:
            await tx.experiments.delete(job.id)
            await tx.experiments.delete(job.id)
            assert await tx.experiments.get(job.id) is None
            assert ids(await tx.experiments.page(Query(projects=[job.project]))) == []
            assert await tx.jobs.get(job.id) == job
