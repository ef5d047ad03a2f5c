"""What presence asks of the records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from submarine.core.servers.server import Server, Sighting


class ServerStore(Protocol):
    """The servers on these records, within one transaction; times are the database's."""

    async def report(self, server: Server) -> int:
        """Note that *server* is up, and how it is now; return the database's time (Unix ms)."""
        ...

    async def sightings(self) -> Sequence[Sighting]:
        """Return every server and when it last reported, the latest first."""
        ...

    async def forget(self, age: int) -> None:
        """Forget servers that have not reported for *age* milliseconds."""
        ...


class ServerTransaction(Protocol):
    """The one store that presence works with."""

    @property
    def servers(self) -> ServerStore:
        """The servers."""
        ...


class ServerRecords(Protocol):
    """Records, as far as presence needs them."""

    def begin(self) -> AbstractAsyncContextManager[ServerTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[ServerTransaction]:
        """Open a snapshot."""
        ...
