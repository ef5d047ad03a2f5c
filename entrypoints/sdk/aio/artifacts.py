"""Files of experiments."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

from submarine.entrypoints.sdk.aio.concurrency import run
from submarine.entrypoints.sdk.aio.measuring import ref_of
from submarine.entrypoints.sdk.aio.namespace import AsyncNamespace
from submarine.entrypoints.sdk.errors import ClientError
from submarine.entrypoints.sdk.request import get, path_of, send, upload
from submarine.entrypoints.sdk.values import Artifact, Experiment


def _path(ref: str | Experiment, *name: str) -> str:
    return path_of("experiments", ref_of(ref), "artifacts", *(p for n in name for p in n.split("/")))


class AsyncArtifacts(AsyncNamespace):
    """Upload, download, list, and registration of what lies elsewhere."""

    def list(self, ref: str | Experiment) -> AsyncIterator[Artifact]:
        """Yield the artifacts of *ref*."""
        return self._all(_path(ref), Artifact)

    async def upload(self, ref: str | Experiment, file: str | Path, path: str | None = None) -> Artifact:
        """Store *file* as *path* (its own name); the same path again replaces it."""
        source = Path(file)
        if not await run(source.is_file):
            raise ClientError(f"{source} is not a file", "Name a file; a folder is uploaded file by file.")
        return await self._ask(upload(_path(ref, path or source.name), source), Artifact)

    async def register(
        self,
        ref: str | Experiment,
        path: str,
        uri: str,
        *,
        size: int | None = None,
        digest: str | None = None,
    ) -> Artifact:
        """Record that *path* is at *uri*; no bytes are moved."""
        body = {"path": path, "uri": uri, "size": size, "digest": digest}
        given = {k: v for k, v in body.items() if v is not None}
        return await self._ask(send("POST", _path(ref), given), Artifact)

    async def read(self, ref: str | Experiment, path: str) -> bytes:
        """Return the bytes of the artifact *path*."""
        return (await self._transport.send(get(_path(ref, path)))).body

    async def download(self, ref: str | Experiment, path: str, target: str | Path | None = None) -> Path:
        """Write the artifact *path* to *target*, a file or a folder (``.``), whole or not at all."""
        goal = Path(target or ".")
        if await run(goal.is_dir):
            goal /= path.rsplit("/", 1)[-1]
        partial = goal.with_name(f".{goal.name}.{os.getpid()}.part")
        try:
            async with self._transport.stream(get(_path(ref, path))) as response:
                with await run(partial.open, "wb") as file:
                    async for chunk in response.aiter_bytes():
                        await run(file.write, chunk)
            partial.replace(goal)
        except OSError as error:
            raise ClientError(f"cannot write {goal}: {error.strerror or error}") from error
        finally:
            partial.unlink(missing_ok=True)
        return goal
