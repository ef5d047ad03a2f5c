"""The artifacts of an experiment: uploaded, registered, read, deleted."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.ids import new_id
from submarine.core.jobs.faults import short
from submarine.core.metadata.artifacts import (
    MOST_ARTIFACTS,
    Artifact,
    check_digest,
    check_path,
    check_uri,
    object_key,
    own_uri,
)
from submarine.core.metadata.locator import Located, Locator
from submarine.core.metadata.store import MetadataRecords
from submarine.core.metadata.trail import audit
from submarine.core.pages import Page
from submarine.core.ports.object_store import ObjectStore

log = logging.getLogger(__name__)

LIMIT: Final = 500


class ArtifactManager:
    """The bytes are whole before the row names them, and the row is gone before they are."""

    def __init__(
        self, records: MetadataRecords, locator: Locator, objects: ObjectStore, clock: Clock = now
    ) -> None:
        self._records = records
        self._locator = locator
        self._objects = objects
        self._clock = clock

    async def upload(
        self,
        principal: Principal,
        ref: str,
        path: str,
        data: AsyncIterable[bytes],
        *,
        project: str | None = None,
        request: str = "",
    ) -> Artifact:
        """Keep *data* as *path*, replacing what was there; nothing changes if it breaks off."""
        check_path(path)
        found = await self._located(principal, ref, project, Role.MEMBER)
        key = object_key(found.project_id, found.id, path, new_id())
        digest = hashlib.sha256()

        async def measured() -> AsyncIterator[bytes]:
            async for chunk in data:
                digest.update(chunk)
                yield chunk

        artifact = Artifact(
            path=path,
            uri=own_uri(found.id, path),
            size=await self._objects.put(key, measured()),
            digest=f"sha256:{digest.hexdigest()}",
            created=self._clock(),
            key=key,
        )
        reach("artifact.stored")
        try:
            await self._put(principal, found, artifact, "artifact.upload", request)
        except UnavailableError:
            raise  # perhaps it was written: one object too many is no loss, one too few would be
        except SubmarineError:
            await self._drop(key)
            raise
        return artifact

    async def register(
        self,
        principal: Principal,
        ref: str,
        path: str,
        uri: str,
        *,
        size: int | None = None,
        digest: str | None = None,
        project: str | None = None,
        request: str = "",
    ) -> Artifact:
        """Note that the artifact *path* is at *uri*; the server neither looks there nor deletes it."""
        check_path(path)
        check_uri(uri)
        if size is not None and not 0 <= size < 2**63:
            raise InvalidError.of("size", f"{size} is out of range", "bytes, 0 or more")
        if digest is not None:
            check_digest(digest)
        found = await self._located(principal, ref, project, Role.MEMBER)
        artifact = Artifact(path=path, uri=uri, size=size, digest=digest, created=self._clock())
        await self._put(principal, found, artifact, "artifact.register", request)
        return artifact

    async def list(
        self,
        principal: Principal,
        ref: str,
        *,
        cursor: str | None = None,
        limit: int = 50,
        project: str | None = None,
    ) -> Page[Artifact]:
        """Return a page of artifacts, by path."""
        if not 1 <= limit <= LIMIT:
            raise InvalidError.of("limit", f"{limit} is out of range", f"1 to {LIMIT}")
        if cursor is not None:
            check_path(cursor)
        found = await self._located(principal, ref, project, Role.VIEWER)
        async with self._records.read() as tx:
            some = await tx.metadata.artifacts(found.id, after=cursor or "", limit=limit + 1)
        return Page(some[:limit], some[limit - 1].path if len(some) > limit else None)

    async def open(
        self, principal: Principal, ref: str, path: str, *, project: str | None = None
    ) -> tuple[Artifact, AsyncIterator[bytes]]:
        """Return the artifact and its bytes; raise `ConflictError` if they are elsewhere."""
        check_path(path)
        found = await self._located(principal, ref, project, Role.VIEWER)
        artifact = await self._artifact(found, path)
        try:
            return artifact, await self._begin(artifact)
        except NotFoundError:  # replaced since we looked: what replaced it is there
            artifact = await self._artifact(found, path)
            return artifact, await self._begin(artifact)

    async def delete(
        self, principal: Principal, ref: str, path: str, *, project: str | None = None, request: str = ""
    ) -> None:
        """Forget the artifact, and delete what was uploaded; raise `NotFoundError` if there is none."""
        check_path(path)
        found = await self._located(principal, ref, project, Role.MEMBER)
        async with self._records.begin() as tx:
            gone = await tx.metadata.delete_artifact(found.id, path)
            if gone is None:
                raise _missing(found, path)
            await audit(tx, principal, found, "artifact.delete", self._clock(), request, {"path": path})
        await self._drop(gone.key)

    async def _put(
        self, principal: Principal, found: Located, artifact: Artifact, action: str, request: str
    ) -> None:
        async with self._records.begin() as tx:
            replaced = await tx.metadata.put_artifact(found.id, artifact)
            if await tx.metadata.artifact_count(found.id) > MOST_ARTIFACTS:  # nothing of this is kept then
                raise InvalidError.of(
                    "path", f"{found.name} would have too many artifacts", f"at most {MOST_ARTIFACTS}"
                )
            await audit(tx, principal, found, action, self._clock(), request, {"path": artifact.path})
        reach("artifact.committed")
        await self._drop(replaced)

    async def _drop(self, key: str | None) -> None:
        """Delete an object that nothing names; one that stays goes with its experiment."""
        if key is None:
            return
        try:
            await self._objects.delete(key)
        except SubmarineError as error:
            log.warning("the object %s could not be deleted: %s", key, error)

    async def _artifact(self, found: Located, path: str) -> Artifact:
        async with self._records.read() as tx:
            artifact = await tx.metadata.artifact(found.id, path)
        if artifact is None:
            raise _missing(found, path)
        return artifact

    async def _begin(self, artifact: Artifact) -> AsyncIterator[bytes]:
        if artifact.key is None:
            raise ConflictError(
                f"the artifact {short(artifact.path)!r} is not kept here but at {artifact.uri}"
            )
        rest = self._objects.get(artifact.key)
        return _joined(await anext(rest, b""), rest)

    async def _located(self, principal: Principal, ref: str, project: str | None, role: Role) -> Located:
        scope = Scope.READ if role is Role.VIEWER else Scope.WRITE
        return await self._locator.locate(principal, ref, project, role, scope)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk


def _missing(found: Located, path: str) -> NotFoundError:
    return NotFoundError(f"{found.name} has no artifact {short(path)!r}")
