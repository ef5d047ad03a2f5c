"""Real records on SQLite that can be made to lie about one thing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, cast

from typing_extensions import override

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.records import SqlRecords, SqlTransaction
from submarine.core.errors import UnavailableError


class Line:
    """A session that can be cut off, and knows whose it is."""

    def __init__(self, session: Session, liar: Liar) -> None:
        self.session = session
        self.liar = liar

    def __getattr__(self, name: str) -> Any:
        if self.liar.away:
            raise UnavailableError("the database is away")
        return getattr(self.session, name)


class LyingTransaction(SqlTransaction):
    """A transaction in which some stores are liars."""

    def __init__(self, session: Session, stores: dict[str, type]) -> None:
        super().__init__(session)
        vars(self).update({name: store(session) for name, store in stores.items()})


class Liar(SqlRecords):
    """Honest as it stands; ``stores`` are those that lie, by their name in a transaction."""

    stores: ClassVar[dict[str, type]] = {}
    forgets: ClassVar[bool] = False
    away = False

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        self.reach()
        async with self.database.begin() as session:
            yield self.over(session)

    @asynccontextmanager
    @override
    async def read(self) -> AsyncIterator[SqlTransaction]:
        self.reach()
        async with self.database.read() as session:
            yield self.over(session)

    @asynccontextmanager
    @override
    async def glance(self) -> AsyncIterator[SqlTransaction]:
        self.reach()
        async with self.database.glance() as session:
            yield self.over(session)

    @override
    async def ping(self) -> None:
        self.reach()
        await super().ping()

    def over(self, session: Session) -> SqlTransaction:
        return LyingTransaction(cast(Session, Line(session, self)), self.stores)

    def reach(self) -> None:
        if self.away:
            raise UnavailableError("the database is away")

    def back(self) -> None:
        """Be reachable again."""
        self.away = False


class Pretends:
    """A session that only says that it writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def execute(self, *_: object) -> int:
        return 0


class NeverWaits(Liar):
    """Pretends to write while another does."""

    writing: ClassVar[list[object]]

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        if self.writing:
            async with self.database.read() as session:
                yield self.over(cast(Session, Pretends(session)))
            return
        self.writing.append(self)
        try:
            async with super().begin() as tx:
                yield tx
        finally:
            self.writing.clear()


def lies(**stores: type) -> type[Liar]:
    """Return a liar with these *stores*."""
    return type("LyingRecords", (Liar,), {"stores": stores})


def whose(session: Session) -> Liar:
    """Return the liar whose session it is."""
    return cast(Line, session).liar
