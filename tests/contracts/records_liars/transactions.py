"""Liars about transactions, the schema and outages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import ClassVar

from typing_extensions import override

from submarine.adapters.sql.access import SqlAccess
from submarine.adapters.sql.database import Database
from submarine.adapters.sql.records import SqlTransaction
from submarine.adapters.sql.scripts import bundled
from submarine.core.access.user import User
from submarine.core.errors import BusyError, UnavailableError
from tests.contracts.records_liars.liar import Liar, lies, whose


class UndoneError(Exception):
    pass


class NeverCommits(Liar):
    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        with suppress(UndoneError):
            async with super().begin() as tx:
                yield tx
                raise UndoneError


class Commits(Liar):
    """Commits in spite of an error."""

    error: ClassVar[type[BaseException]]

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        failed: BaseException | None = None
        async with super().begin() as tx:
            try:
                yield tx
            except self.error as error:
                failed = error
        if failed is not None:
            raise failed


class CommitsErrors(Commits):
    error = Exception


class CommitsTheCancelled(Commits):
    error = asyncio.CancelledError


class CommitsWhatAnOutageEnds(Commits):
    error = UnavailableError


class FreshEyes(SqlAccess):
    """Reads in a snapshot of its own."""

    @override
    async def user(self, name: str) -> User | None:
        async with whose(self._session).database.read() as session:
            return await SqlAccess(session).user(name)


class OverlooksItsOwnWork(Liar):
    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with super().begin() as tx:
            tx.access = FreshEyes(tx.session)
            yield tx


class Moves(Liar):
    @asynccontextmanager
    @override
    async def read(self) -> AsyncIterator[SqlTransaction]:
        async with super().read() as tx:
            tx.access = FreshEyes(tx.session)
            yield tx


class ReadsWhatIsNotCommitted(Liar):
    writing: SqlTransaction | None = None

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with super().begin() as tx:
            self.writing = tx
            try:
                yield tx
            finally:
                self.writing = None

    @asynccontextmanager
    @override
    async def read(self) -> AsyncIterator[SqlTransaction]:
        if self.writing:
            yield self.writing
        else:
            async with super().read() as tx:
                yield tx


class WritesInSnapshots(Liar):
    @asynccontextmanager
    @override
    async def read(self) -> AsyncIterator[SqlTransaction]:
        async with self.begin() as tx:
            yield tx


class WritesAtAGlance(Liar):
    @asynccontextmanager
    @override
    async def glance(self) -> AsyncIterator[SqlTransaction]:
        async with self.begin() as tx:
            yield tx


class WaitsForWriters(Liar):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.lock = asyncio.Lock()

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with self.lock, super().begin() as tx:
            yield tx

    @asynccontextmanager
    @override
    async def read(self) -> AsyncIterator[SqlTransaction]:
        async with self.lock, super().read() as tx:
            yield tx


class RefusesACrowd(Liar):
    writers = 0

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        self.writers += 1
        try:
            if self.writers > 3:
                raise BusyError("too many write already")
            async with super().begin() as tx:
                yield tx
        finally:
            self.writers -= 1


class BlamesTheNext(Liar):
    failed = False

    @asynccontextmanager
    @override
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        try:
            async with super().begin() as tx:
                yield tx
                if self.failed:
                    raise UnavailableError("the group that was to be committed is gone")  # noqa: TRY301
        except Exception as error:
            self.failed = not isinstance(error, UnavailableError)
            raise


class KeepsWhatItHasRead(SqlAccess):
    @override
    async def user(self, name: str) -> User | None:
        kept = vars(whose(self._session)).setdefault("kept", {})
        if name not in kept:
            kept[name] = await super().user(name)
        found: User | None = kept[name]
        return found


class Forgets(Liar):
    forgets = True


class NeverReady(Liar):
    @override
    async def ping(self) -> None:
        raise UnavailableError("not yet")


class PlansForEver(Liar):
    @override
    async def plan(self) -> Sequence[str]:
        return [*await super().plan(), "0001_again.sql"]


class ClaimsToHaveMigrated(Liar):
    calls = 0

    @override
    async def migrate(self) -> Sequence[str]:
        await super().migrate()
        self.calls += 1
        return [script.name for script in bundled()] if self.calls == 2 else []


class AnswersWhileAway(Liar):
    @override
    async def ping(self) -> None:
        return


class StaysAway(Liar):
    @override
    def back(self) -> None: ...


LIARS: dict[str, type[Liar]] = {
    "test_what_was_committed_is_there": NeverCommits,
    "test_an_error_takes_everything_back": CommitsErrors,
    "test_a_cancelled_task_leaves_nothing_and_nobody_waiting": CommitsTheCancelled,
    "test_a_transaction_sees_its_own_work": OverlooksItsOwnWork,
    "test_what_is_not_committed_is_seen_by_nobody": ReadsWhatIsNotCommitted,
    "test_a_snapshot_does_not_move": Moves,
    "test_a_snapshot_writes_nothing": WritesInSnapshots,
    "test_a_glance_sees_what_is_committed_and_writes_nothing": WritesAtAGlance,
    "test_a_reader_never_waits_for_a_writer": WaitsForWriters,
    "test_many_writers_at_once_all_commit": RefusesACrowd,
    "test_one_writers_error_is_its_own": BlamesTheNext,
    "test_two_servers_see_each_others_commits": lies(access=KeepsWhatItHasRead),
    "test_what_was_committed_outlives_the_adapter": Forgets,
    "test_they_answer_when_the_schema_is_ours": NeverReady,
    "test_after_a_migration_nothing_is_left_to_do": PlansForEver,
    "test_of_servers_that_start_at_once_one_migrates": ClaimsToHaveMigrated,
    "test_while_the_database_is_away_every_call_says_so": AnswersWhileAway,
    "test_after_an_outage_they_serve_as_before": StaysAway,
    "test_a_transaction_that_an_outage_ends_wrote_nothing": CommitsWhatAnOutageEnds,
}
