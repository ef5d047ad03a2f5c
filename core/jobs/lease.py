"""One server's claim on a piece of work that all could do."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from submarine.core.errors import ConflictError, SubmarineError, UnavailableError
from submarine.core.jobs.store import JobRecords

log = logging.getLogger(__name__)


class LeaseLostError(ConflictError):
    """The lease is another server's by now, or over; stop what was done under it."""

    code = "lease-lost"


@dataclass(frozen=True, slots=True)
class Fence:
    """What a write under a lease is checked against, in its own transaction."""

    name: str
    token: int


class Lease:
    """Held under a token that no other holder before or after had (a *fencing token*).

    This process may stand still for any time between two of its instructions, so what it believes of
    the lease proves nothing: `fence` is checked where something is written, `confirm` asks the records
    right before something is done that cannot be checked there.
    """

    def __init__(self, name: str, owner: str, records: JobRecords) -> None:
        self.name = name
        self._owner = owner
        self._records = records
        self._token: int | None = None
        self._until = 0.0

    @property
    def fence(self) -> Fence:
        """Return what to have writes checked against; raise `LeaseLostError` if the lease is not held."""
        if self._token is None:
            raise LeaseLostError(f"the lease {self.name} is not held")
        return Fence(self.name, self._token)

    @property
    def left(self) -> float:
        """Return for how many seconds it is held at least, as far as this process can tell."""
        return self._until - time.monotonic() if self._token is not None else 0.0

    async def acquire(self, ttl: int, patience: float) -> int | None:
        """Take or keep it for *ttl* milliseconds; return its token, None if another server holds it.

        Raise `UnavailableError` if the records do not answer within *patience* seconds: then it is
        held for what is `left` of it.
        """
        asked = time.monotonic()  # the database counts from later on: we never believe to hold it for longer
        try:
            async with asyncio.timeout(patience), self._records.begin() as tx:
                token = await tx.leases.acquire(self.name, self._owner, ttl, token=self._token)
        except TimeoutError:
            raise UnavailableError(f"no answer within {patience:g} s") from None
        self._token, self._until = token, asked + ttl / 1000
        return token

    async def confirm(self) -> None:
        """Raise `LeaseLostError` unless the lease is ours at this moment."""
        fence = self.fence
        async with self._records.begin() as tx:
            held = await tx.leases.hold(fence.name, fence.token)
        if not held:
            raise lost(fence)

    async def release(self) -> None:
        """Give it back, so that nobody has to wait until it is over."""
        token, self._token = self._token, None
        if token is None:
            return
        try:
            async with self._records.begin() as tx:
                await tx.leases.release(self.name, token)
        except SubmarineError:
            log.warning("the lease %s is left to expire", self.name)


def lost(fence: Fence) -> LeaseLostError:
    """Return the error of one who writes under a *fence* that has fallen."""
    return LeaseLostError(f"the lease {fence.name} is no longer held under token {fence.token}")
