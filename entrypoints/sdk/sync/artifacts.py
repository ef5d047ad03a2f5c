# Made from aio/artifacts.py by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""Files of experiments."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from submarine.entrypoints.sdk.sync.concurrency import run
from submarine.entrypoints.sdk.sync.measuring import ref_of
from submarine.entrypoints.sdk.sync.namespace import Namespace
from submarine.entrypoints.sdk.errors import ClientError
from submarine.entrypoints.sdk.request import get, path_of, send, upload
from submarine.entrypoints.sdk.values import Artifact, Experiment


def _path(ref: str | Experiment, *name: str) -> str:
    return path_of("experiments", ref_of(ref), "artifacts", *(p for n in name for p in n.split("/")))


class Artifacts(Namespace):
    """Upload, download, list, and registration of what lies elsewhere."""

    def list(self, ref: str | Experiment) -> Iterator[Artifact]:
        """Yield the artifacts of *ref*."""
        return self._all(_path(ref), Artifact)

    def upload(self, ref: str | Experiment, file: str | Path, path: str | None = None) -> Artifact:
        """Store *file* as *path* (its own name); the same path again replaces it."""
        source = Path(file)
        if not run(source.is_file):
            raise ClientError(f"{source} is not a file", "Name a file; a folder is uploaded file by file.")
        return self._ask(upload(_path(ref, path or source.name), source), Artifact)

    def register(
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
        return self._ask(send("POST", _path(ref), given), Artifact)

    def read(self, ref: str | Experiment, path: str) -> bytes:
        """Return the bytes of the artifact *path*."""
        return (self._transport.send(get(_path(ref, path)))).body

    def download(self, ref: str | Experiment, path: str, target: str | Path | None = None) -> Path:
        """Write the artifact *path* to *target*, a file or a folder (``.``), whole or not at all."""
        goal = Path(target or ".")
        if run(goal.is_dir):
            goal /= path.rsplit("/", 1)[-1]
        partial = goal.with_name(f".{goal.name}.{os.getpid()}.part")
        try:
            with self._transport.stream(get(_path(ref, path))) as response:
                with run(partial.open, "wb") as file:
                    for chunk in response.iter_bytes():
                        run(file.write, chunk)
            partial.replace(goal)
        except OSError as error:
            raise ClientError(f"cannot write {goal}: {error.strerror or error}") from error
        finally:
            partial.unlink(missing_ok=True)
        return goal
