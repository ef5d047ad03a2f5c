"""Takes code archives, whole and checked, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.experiments.doorway import Doorway
from submarine.core.experiments.store import AuditStore
from submarine.core.failpoints import reach
from submarine.core.ids import new_id
from submarine.core.jobs.outfitter import code_key
from submarine.core.ports.object_store import ObjectInfo, ObjectStore

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Inspector(Protocol):
    """Looks into an archive while it passes."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; raise `InvalidError` if they are, or lead to, something hostile."""
        ...

    def close(self) -> None:
        """Say that it was all; raise `InvalidError` if the archive is not whole."""
        ...


class AuditTransaction(Protocol):
    """The one store this writes."""

    @property
    def access(self) -> AuditStore:
        """The audit trail."""
        ...


class AuditRecords(Protocol):
    """Records, as far as code needs them."""

    def begin(self) -> AbstractAsyncContextManager[AuditTransaction]:
        """Open a transaction."""
        ...


class CodeManager:
    """An archive appears under its digest only after every byte was checked."""

    def __init__(
        self,
        records: AuditRecords,
        doorway: Doorway,
        store: ObjectStore,
        inspector: type[Inspector],
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._doorway = doorway
        self._store = store
        self._inspector = inspector
        self._clock = clock

    async def stat(self, principal: Principal, project: str, digest: str) -> ObjectInfo:
        """Return what is known of an archive; raise `NotFoundError` if it was not uploaded."""
        owner = await self._doorway.resolve(principal, project)
        self._doorway.require(principal, owner, Role.VIEWER, Scope.READ)
        return await self._store.stat(code_key(owner.id, _checked(digest)))

    async def upload(
        self,
        principal: Principal,
        project: str,
        digest: str,
        data: AsyncIterable[bytes],
        *,
        request: str = "",
    ) -> tuple[int, bool]:
        """Keep the archive; return its size, and whether it is new.

        Raise `InvalidError` if the bytes have another digest, or are no harmless gzipped tar.
        """
        owner = await self._doorway.resolve(principal, project)
        self._doorway.require(principal, owner, Role.MEMBER, Scope.WRITE)
        key = code_key(owner.id, _checked(digest))
        try:
            return (await self._store.stat(key)).size, False
        except NotFoundError:
            pass
        # the store shows an object when the stream has ended well: the checks are part of the stream
        size = await self._store.put(key, self._checked_stream(digest, data))
        reach("code.stored")
        event = AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=principal.name,
            action="code.upload",
            target=digest,
            team=owner.team,
            project=owner.id,
            request=request,
            data={"size": size},
        )
        async with self._records.begin() as tx:
            await tx.access.audit([event])
        return size, True

    async def _checked_stream(self, digest: str, data: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        found = hashlib.sha256()
        inspector = self._inspector()

        def look(chunk: bytes) -> None:
            found.update(chunk)
            inspector.feed(chunk)

        async for chunk in data:
            # in a thread: a hundred kilobytes may unpack to a hundred megabytes, and others are waiting
            await asyncio.to_thread(look, chunk)
            yield chunk
        inspector.close()
        if found.hexdigest() != digest:
            raise InvalidError.of("digest", f"the bytes have the digest {found.hexdigest()}", digest)


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise InvalidError.of("digest", "is no SHA-256", "64 hexadecimal digits in lower case")
    return digest
