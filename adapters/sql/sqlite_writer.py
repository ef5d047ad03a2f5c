"""Group commit: transactions that follow each other share one wait for the disk.

SQLite has one writer. Each transaction runs alone, in its turn, under a savepoint of one physical
transaction; when nobody waits for a turn, or the group is large or old enough, one commit makes all of
them durable and lets all of them go. Why that is right:

- Nobody hears of success before the commit: `turn` returns after it.
- A transaction that fails goes back to its own savepoint; the others keep their work.
- One that saw the work of another in its group commits with it or fails with it.
- When SQLite itself gives up the physical transaction (a full disk), every member fails.
- Turns end in the connection's own order: a cancelled task's statement is over before its savepoint is
  rolled back, and that is over before the next turn begins.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from typing_extensions import override

from submarine.adapters.sql.errors import of_sqlite
from submarine.adapters.sql.sqlite_connection import Connection
from submarine.adapters.sql.sqlite_session import SqliteSession, nothing
from submarine.core.errors import BusyError, SubmarineError, UnavailableError

_MOST: Final = 256  # transactions in a group
_OLDEST: Final = 0.01  # seconds from the first statement of a group to the last turn it takes in


class Group:
    """Transactions that share one commit; ``done`` is when they learn what became of it."""

    __slots__ = ("born", "done", "members")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.born = loop.time()
        self.members = 0
        self.done: asyncio.Future[None] = loop.create_future()

    def finish(self, error: SubmarineError | None) -> None:
        """Tell the members."""
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
            self.done.exception()  # perhaps all members were cancelled: that is no news then


class Turn(SqliteSession):
    """One transaction of a group; ``fault`` says why it is over although its block is not."""

    def __init__(self, writer: Writer, wait: float) -> None:
        super().__init__(writer.connection, writer.path, wait)
        self._writer = writer
        self.fault: SubmarineError | None = None
        self.left = False
        self.watch = asyncio.get_running_loop().call_later(writer.hold, writer.expire, self)

    @override
    def _start(self) -> None:
        self._writer.open_savepoint()

    @override
    def _check(self) -> None:
        if self.fault is None and self._begun:
            self.fault = self._writer.check()
        if self.fault is not None:
            raise self.fault


class Writer:
    """Gives turns, in order of arrival, to whoever wants to write.

    *wait* bounds in seconds the waiting for a turn, and for another process's lock; *hold* bounds how
    long a transaction may do nothing while others wait.
    """

    def __init__(self, connection: Connection, path: str, wait: float, hold: float = 30.0) -> None:
        self.connection = connection
        self.path = path
        self._wait = wait
        self.hold = hold
        self._queue: deque[asyncio.Future[None]] = deque()
        self._taken = False
        self._group: Group | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Open a transaction; on success, return when it is durable."""
        await self._enter()
        turn = Turn(self, self._wait)
        try:
            yield turn
        except BaseException:
            self._leave(turn, keep=False)
            raise
        done = self._leave(turn, keep=True)
        if turn.fault is not None:
            raise turn.fault
        if done is not None:
            await asyncio.shield(done)

    def open_savepoint(self) -> None:
        """Begin the transaction that has the turn; raise `sqlite3.Error`, with nothing begun."""
        raw = self.connection.raw
        if self._group is None:
            raw.execute("begin immediate")
            self._group = Group(asyncio.get_running_loop())
        raw.execute("savepoint turn")

    def check(self) -> SubmarineError | None:
        """Return why the whole group is lost, if SQLite gave it up."""
        if self.connection.raw.in_transaction:
            return None
        return self._give_up("the disk is full or failing")

    async def _enter(self) -> None:
        if not self._taken:
            self._taken = True
            return
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        self._queue.append(granted)
        patience = loop.call_later(self._wait, self._refuse, granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self._pass()  # the turn was given, and the task cancelled, in one round of the loop
            raise
        finally:
            patience.cancel()

    def _refuse(self, granted: asyncio.Future[None]) -> None:
        if not granted.done():
            granted.set_exception(BusyError(f"there was no turn to write for {self._wait:g} s", self._wait))

    def _leave(self, turn: Turn, *, keep: bool) -> asyncio.Future[None] | None:
        """End *turn*; return the future of the commit it waits for, if any."""
        turn.close()
        if turn.left:
            return None
        turn.left = True
        turn.watch.cancel()
        group = self._group
        if turn.fault is not None or not turn.begun or group is None:
            self._pass()
            return None
        if self.connection.idle:
            self._end(group, keep=keep)
        else:  # the statement of a cancelled task comes first, and then only the next turn
            after = self.connection.submit(nothing)
            after.add_done_callback(lambda _: self._end(group, keep=keep))
        return group.done if keep else None

    def _end(self, group: Group, *, keep: bool) -> None:
        try:  # where SQLite gave the transaction up there is no savepoint any more
            raw = self.connection.raw
            if not keep:
                raw.execute("rollback to turn")
            raw.execute("release turn")
            group.members += keep
        except sqlite3.Error as error:
            self._give_up(str(of_sqlite(error, self.path)))
        self._pass()

    def _give_up(self, why: str) -> SubmarineError:
        """Fail the group as a whole."""
        lost = UnavailableError(f"the transaction was given up: {why}")
        group, self._group = self._group, None
        if not self.connection.closed:
            _rollback(self.connection.raw)
        if group is not None:
            group.finish(lost)
        return lost

    def _pass(self) -> None:
        """Give the turn to the next, or commit when the group is whole."""
        while self._queue and self._queue[0].done():
            self._queue.popleft()
        group = self._group
        if group is not None and (not self._queue or self._is_whole(group)):
            self._commit(group)
        elif self._queue:
            self._queue.popleft().set_result(None)
        else:
            self._taken = False

    def _is_whole(self, group: Group) -> bool:
        return group.members >= _MOST or asyncio.get_running_loop().time() - group.born > _OLDEST

    def _commit(self, group: Group) -> None:
        """End the physical transaction in the thread; the turn stays taken meanwhile."""
        self._group = None
        committing = self.connection.submit(_commit if group.members else _rollback)
        committing.add_done_callback(lambda done: self._committed(group, done))

    def _committed(self, group: Group, done: asyncio.Future[None]) -> None:
        error = done.exception()
        if isinstance(error, sqlite3.Error):
            group.finish(UnavailableError(f"the commit failed: {of_sqlite(error, self.path)}"))
        elif error is not None:
            group.finish(UnavailableError(f"the commit failed: {error!r}"))
        else:
            group.finish(None)
        self._pass()

    def expire(self, turn: Turn) -> None:
        """Take the turn from one that does nothing with it while others wait."""
        loop = asyncio.get_running_loop()
        if not self.connection.idle or not self._queue or turn.touched + self.hold > loop.time():
            turn.watch = loop.call_later(self.hold, self.expire, turn)
            return
        fault = UnavailableError(f"the transaction did nothing for {self.hold:g} s and was rolled back")
        turn.close(fault)
        self._leave(turn, keep=False)
        turn.fault = fault


def _rollback(raw: sqlite3.Connection) -> None:
    if raw.in_transaction:
        raw.execute("rollback")


def _commit(raw: sqlite3.Connection) -> None:
    try:
        raw.execute("commit")
    finally:
        _rollback(raw)
