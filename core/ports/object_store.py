"""Where bytes rest: code, logs, artifacts."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from submarine.core.ports.port import Port


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """``size`` in bytes, ``modified`` in Unix milliseconds."""

    key: str
    size: int
    modified: int


class ObjectStore(Protocol):
    """Keeps objects by key: parts of ``[A-Za-z0-9._-]`` joined by ``/``, never ``.`` or ``..``.

    The law of keys is in `core.object_keys`. Every method raises `InvalidError` for a malformed
    key, `UnavailableError` when the backend is away or full.
    """

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        """Store *data* whole or not at all, replacing what was there; return its size in bytes.

        A reader sees the old object or the new one, never a part; so it is for a writer that dies.
        Where keys are paths, raise `ConflictError` if one object would lie below another.
        """
        ...

    def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield *length* bytes (None: all) from byte *offset* on; raise `NotFoundError` if none.

        Beyond the end there is nothing to yield. An object replaced meanwhile is read to its old end.
        """
        ...

    async def stat(self, key: str) -> ObjectInfo:
        """Return size and age; raise `NotFoundError` if none."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Yield all objects whose key starts with *prefix*, in order of key."""
        ...

    async def delete(self, key: str) -> None:
        """Delete *key*; deleting what is absent does nothing."""
        ...


OBJECT_STORE: Final[Port[ObjectStore]] = Port("object-store")
