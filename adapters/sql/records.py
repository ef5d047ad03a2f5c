"""The records port, filled: every store in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property

from submarine.adapters.sql import migrations
from submarine.adapters.sql.access import SqlAccess
from submarine.adapters.sql.clusters import SqlClusters
from submarine.adapters.sql.database import Database, Session
from submarine.adapters.sql.events import SqlEvents
from submarine.adapters.sql.experiments import SqlEffects, SqlExperiments
from submarine.adapters.sql.idempotency import SqlIdempotency
from submarine.adapters.sql.jobs import SqlJobs
from submarine.adapters.sql.leases import SqlLeases
from submarine.adapters.sql.metadata import SqlMetadata
from submarine.adapters.sql.servers import SqlServers
from submarine.core.errors import SubmarineError, UnavailableError


class SqlTransaction:
    """The stores of one session, each made when it is first asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @cached_property
    def access(self) -> SqlAccess:
        """Users, teams, projects, tokens, audit."""
        return SqlAccess(self.session)

    @cached_property
    def idempotency(self) -> SqlIdempotency:
        """Answers kept for calls that come again."""
        return SqlIdempotency(self.session)

    @cached_property
    def jobs(self) -> SqlJobs:
        """Jobs and their attempts."""
        return SqlJobs(self.session)

    @cached_property
    def experiments(self) -> SqlExperiments:
        """Experiments."""
        return SqlExperiments(self.session)

    @cached_property
    def metadata(self) -> SqlMetadata:
        """Parameters, tags, metrics, artifacts."""
        return SqlMetadata(self.session)

    @cached_property
    def effects(self) -> SqlEffects:
        """What keyed requests made."""
        return SqlEffects(self.session)

    @cached_property
    def events(self) -> SqlEvents:
        """The feed."""
        return SqlEvents(self.session)

    @cached_property
    def clusters(self) -> SqlClusters:
        """Drains and orphans."""
        return SqlClusters(self.session)

    @cached_property
    def servers(self) -> SqlServers:
        """The servers on these records."""
        return SqlServers(self.session)

    @cached_property
    def leases(self) -> SqlLeases:
        """Work shared among servers."""
        return SqlLeases(self.session)


class SqlRecords:
    """Metadata in an SQL database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        """Open a transaction that commits on success and rolls back on any error."""
        async with self.database.begin() as session:
            yield SqlTransaction(session)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlTransaction]:
        """Open a snapshot for reading only."""
        async with self.database.read() as session:
            yield SqlTransaction(session)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[SqlTransaction]:
        """Open a view for one question."""
        async with self.database.glance() as session:
            yield SqlTransaction(session)

    async def ping(self) -> None:
        """Return if the database answers and its schema is ours; raise `UnavailableError` if not."""
        try:
            pending = await migrations.plan(self.database)
        except SubmarineError as error:
            raise UnavailableError(str(error)) from error
        if pending:
            raise UnavailableError(f"the schema waits for {pending[0].name}: run 'submarine server migrate'")

    async def plan(self) -> Sequence[str]:
        """Return the names of the schema scripts that are still to be applied."""
        return [script.name for script in await migrations.plan(self.database)]

    async def migrate(self) -> Sequence[str]:
        """Apply them; return their names."""
        return [script.name for script in await migrations.migrate(self.database)]
