"""What both engines are to the stores: the same SQL, in transactions.

Statements use ``$1`` placeholders and the dialect both engines share: text, bigint, integer (0 and 1)
for booleans, double precision, ``returning``, ``on conflict``; times are bigint Unix milliseconds, JSON
is text. Where the engines must differ, a store asks `Session.dialect`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

Dialect = Literal["sqlite", "postgres"]


class Row(Protocol):
    """One row, by column name or position; ``dict(row)`` makes a mapping of it."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""
        ...


class Session(Protocol):
    """One transaction, for one task.

    Every method raises `ConflictError` when a unique or foreign key is violated (prefer ``on conflict``
    to asking for that: on PostgreSQL an error ends the transaction), `UnavailableError` when the
    database is away, full or too slow, `AdapterError` when it and we do not fit together.

    Hold it briefly: on SQLite everybody who writes waits for you, so nothing but the database may be
    awaited inside.
    """

    @property
    def dialect(self) -> Dialect:
        """Which engine answers."""
        ...

    async def fetch(self, sql: str, *args: object) -> Sequence[Row]:
        """Run *sql* and return its rows."""
        ...

    async def first(self, sql: str, *args: object) -> Row | None:
        """Return the first row of *sql*, if any."""
        ...

    async def execute(self, sql: str, *args: object) -> int:
        """Run *sql* and return the number of rows it touched."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run *sql* once for each of *rows*, in one go."""
        ...

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert *rows* into *table* by the fastest way there is; for rows that cannot conflict."""
        ...

    async def copy_numbers(
        self, table: str, columns: Sequence[str], kinds: str, values: Sequence[Sequence[float | None]]
    ) -> None:
        """Do as `copy` does, for what is given by column: 64-bit integers (kind ``q``) and floats (``d``)."""
        ...

    async def script(self, sql: str) -> None:
        """Run the statements of *sql* that are for this dialect, one after the other."""
        ...


class Database(Protocol):
    """Somewhere to open a `Session`."""

    @property
    def dialect(self) -> Dialect:
        """Which engine it is."""
        ...

    def begin(self) -> AbstractAsyncContextManager[Session]:
        """Open a transaction that commits on success and rolls back on any error.

        The commit is durable when the block has been left. Raise `BusyError` if too many wait already.
        """
        ...

    def read(self) -> AbstractAsyncContextManager[Session]:
        """Open a snapshot for reading; raise `BusyError` if too many wait already."""
        ...

    def glance(self) -> AbstractAsyncContextManager[Session]:
        """Open what reads as `read` does, but for one statement: a second may see a later moment."""
        ...
