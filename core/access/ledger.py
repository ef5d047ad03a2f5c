"""The one way to change who may do what: with its audit line, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal
from submarine.core.access.store import AccessStore
from submarine.core.clock import Clock
from submarine.core.errors import ForbiddenError
from submarine.core.ids import new_id


class AccessTransaction(Protocol):
    """The stores the AccessManager works with."""

    @property
    def access(self) -> AccessStore:
        """Users, teams, projects, tokens, audit."""
        ...


class AccessRecords(Protocol):
    """Where they are kept; see `Records`."""

    def begin(self) -> AbstractAsyncContextManager[AccessTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[AccessTransaction]:
        """Open a snapshot."""
        ...


@dataclass(slots=True, kw_only=True)
class Deed:
    """What somebody is about to do; ``action`` is ``noun.verb``, ``request`` the request's id."""

    actor: str
    action: str
    target: str
    request: str = ""
    team: str | None = None
    project: str | None = None
    data: dict[str, object] = field(default_factory=dict)


def deed(principal: Principal, action: str, target: str, request: str, *, team: str | None = None) -> Deed:
    """Return what *principal* is about to do."""
    return Deed(actor=principal.name, action=action, target=target, request=request, team=team)


class Ledger:
    """Opens transactions for changes, writes the audit line, and tells caches to forget."""

    def __init__(self, records: AccessRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._caches: list[Callable[[], None]] = []

    def on_change(self, forget: Callable[[], None]) -> None:
        """Call *forget* after each change."""
        self._caches.append(forget)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AccessStore]:
        """Open a snapshot."""
        async with self._records.read() as tx:
            yield tx.access

    @asynccontextmanager
    async def change(self, act: Deed, *, forget: bool = True) -> AsyncIterator[AccessStore]:
        """Open a transaction that commits with the audit line of *act*.

        A `ForbiddenError` inside is written down too, on its own: who tries doors is worth knowing.
        """
        try:
            async with self._records.begin() as tx:
                yield tx.access
                await tx.access.audit([self._line(act, "ok")])
        except ForbiddenError as error:
            act.data["reason"] = str(error)
            await self.note(act, "forbidden")
            raise
        finally:
            if forget:  # even if it failed: an error in the very commit leaves it open
                for cache in self._caches:
                    cache()

    @asynccontextmanager
    async def touch(self) -> AsyncIterator[AccessStore]:
        """Open a transaction for what is no change of anybody's rights."""
        async with self._records.begin() as tx:
            yield tx.access

    async def note(self, act: Deed, outcome: str) -> None:
        """Write the audit line of *act* alone."""
        async with self._records.begin() as tx:
            await tx.access.audit([self._line(act, outcome)])

    def _line(self, act: Deed, outcome: str) -> AuditEvent:
        return AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=act.actor,
            action=act.action,
            target=act.target,
            team=act.team,
            project=act.project,
            request=act.request,
            outcome=outcome,
            data=act.data,
        )
