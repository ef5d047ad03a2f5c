"""Promises about the rows of artifacts; their bytes are in the object store."""

from __future__ import annotations

import asyncio
from typing import Any

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.metadata.artifacts import Artifact
from submarine.core.records import Records


def artifact(path: str, **more: Any) -> Artifact:
    """Return an artifact."""
    return Artifact(
        **{"path": path, "uri": f"s3://b/{path}", "size": None, "digest": None, "created": 1, **more}
    )


class Artifacts(RecordsKit):
    """What `ArtifactStore` owes."""

    async def test_an_artifact_comes_back_as_put(self, stage: Stage) -> None:
        """Every field; none at another path or of another experiment."""
        job, put = await stage.experiment(), artifact("m/损失.pt", size=2**40, digest="sha256:ab", key="k1")
        async with stage.begin() as tx:
            assert await tx.metadata.put_artifact(job.id, put) is None
        async with stage.read() as tx:
            assert await tx.metadata.artifact(job.id, put.path) == put
            assert await tx.metadata.artifact(job.id, "m") is None
            assert await tx.metadata.artifact("none", put.path) is None

    async def test_a_replaced_upload_is_handed_back(self, stage: Stage) -> None:
        """Its key, so that the object can be deleted; what is elsewhere has none."""
        job = await stage.experiment()
        async with stage.begin() as tx:
            replaced = [
                await tx.metadata.put_artifact(job.id, artifact("p", key=key))
                for key in ("k1", "k2", None, "k3")
            ]
            assert replaced == [None, "k1", "k2", None]
            assert await tx.metadata.artifact(job.id, "p") == artifact("p", key="k3")

    async def test_of_uploads_at_once_all_but_one_are_handed_back(self, stage: Stage, other: Records) -> None:
        """No object is left that nobody names."""
        job = await stage.experiment()

        async def put(n: int) -> str | None:
            async with (stage.records, other)[n % 2].begin() as tx:
                return await tx.metadata.put_artifact(job.id, artifact("p", key=f"k{n}"))

        replaced = await asyncio.gather(*(put(n) for n in range(4)))
        async with stage.read() as tx:
            current = await tx.metadata.artifact(job.id, "p")
        assert current is not None
        assert {*replaced, current.key} == {None, "k0", "k1", "k2", "k3"}

    async def test_artifacts_are_listed_by_path_in_pages(self, stage: Stage) -> None:
        """A page begins after the last path of the page before; all are counted."""
        job, other = await stage.experiment(), await stage.experiment(await stage.project("two"))
        paths = ["b", "a/b", "z", "a", "c"]
        seen: list[str] = []
        async with stage.begin() as tx:
            for path in paths:
                await tx.metadata.put_artifact(job.id, artifact(path))
            await tx.metadata.put_artifact(other.id, artifact("x"))
            assert await tx.metadata.artifact_count(job.id) == 5
            while page := await tx.metadata.artifacts(job.id, after=seen[-1] if seen else "", limit=2):
                seen += [found.path for found in page]
                assert len(page) <= 2
                assert len(seen) <= 5
        assert seen == sorted(paths)

    async def test_a_deleted_artifact_is_handed_back_once(self, stage: Stage) -> None:
        """The first time there was one."""
        job = await stage.experiment()
        async with stage.begin() as tx:
            await tx.metadata.put_artifact(job.id, artifact("p", key="k1"))
            await tx.metadata.put_artifact(job.id, artifact("q"))
            assert await tx.metadata.delete_artifact(job.id, "p") == artifact("p", key="k1")
            assert await tx.metadata.delete_artifact(job.id, "p") is None
            assert await tx.metadata.artifact(job.id, "p") is None
            assert await tx.metadata.artifact_count(job.id) == 1
