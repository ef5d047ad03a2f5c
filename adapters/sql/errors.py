"""What the libraries' errors mean to a caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

from submarine.core.errors import AdapterError, ConflictError, SubmarineError, UnavailableError

BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE: Final[Sequence[tuple[Collection[int], type[SubmarineError], str]]] = (
    (BUSY, UnavailableError, "the database {path} is locked by another process"),
    ({sqlite3.SQLITE_FULL}, UnavailableError, "no space is left on the disk of the database {path}"),
    ({sqlite3.SQLITE_IOERR}, UnavailableError, "the disk of the database {path} fails: {error}"),
    ({sqlite3.SQLITE_INTERRUPT}, UnavailableError, "a statement was interrupted in the database {path}"),
    ({sqlite3.SQLITE_READONLY}, UnavailableError, "the database {path} may not be written: {error}"),
    (
        {sqlite3.SQLITE_CANTOPEN},
        UnavailableError,
        "the database {path} cannot be opened: does its folder exist, may we write there?",
    ),
    (
        {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT},
        AdapterError,
        "the file {path} is damaged or not a database: {error}",
    ),
)


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of *error*, 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def of_sqlite(error: sqlite3.Error, path: str) -> SubmarineError:
    """Translate *error* of the database file *path*.

    Source: https://www.sqlite.org/rescode.html
    """
    code = primary_code(error)
    if code == sqlite3.SQLITE_CONSTRAINT:
        return ConflictError(f"the records refuse this: {str(error).lower()}")
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return UnavailableError(f"the database {path} is closed")
    for codes, kind, words in _SQLITE:
        if code in codes:
            return kind(words.format(path=path, error=error))
    return AdapterError(f"the database {path} answers: {error}")


# SQLSTATE classes and codes. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_CONFLICTS: Final = frozenset({"23505", "23503", "23001"})
_AGAIN: Final = {
    "40001": "another transaction was in the way",
    "40P01": "another transaction was in the way",
    "57014": "the statement took too long",
    "55P03": "a lock was not to be had",
    "53100": "no space is left on its disk",
    "53200": "it has no memory left",
    "53300": "it has too many connections",
    "25P03": "the transaction was idle for too long",
    "25P04": "the transaction took too long",
    "25006": "it is read-only (a standby?)",
}

_GONE: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})


def of_postgres(error: Exception, where: str) -> SubmarineError:
    """Translate *error* of asyncpg, or of the network below it, for the database *where*."""
    state = getattr(error, "sqlstate", None) or ""
    if state in _CONFLICTS:
        return ConflictError(f"the records refuse this: {_words(error)}")
    if state in _AGAIN:
        return UnavailableError(f"the database {where} does not answer as hoped: {_AGAIN[state]}")
    if state[:2] in {"08", "57", "58"} or isinstance(error, OSError):  # TimeoutError is one
        return UnavailableError(f"the database {where} is away: {_words(error) or type(error).__name__}")
    if state[:2] in {"28", "3D"}:
        return AdapterError(f"the database {where} refuses us: {_words(error)}")
    if is_lost(error):
        return UnavailableError(f"the connection to the database {where} is lost: {_words(error)}")
    return AdapterError(f"the database {where} answers: {_words(error)}")


def is_lost(error: Exception) -> bool:
    """Tell whether *error* says that the connection is gone, or in a state nobody knows."""
    import asyncpg

    if (state := getattr(error, "sqlstate", None)) is not None:
        return state[:2] == "08" or state in _GONE
    if isinstance(error, asyncpg.InternalClientError):
        return True
    if isinstance(error, asyncpg.InterfaceError):  # a dead connection leaves the pool under our hands
        return "clos" in str(error) or "released back" in str(error)
    return isinstance(error, ConnectionError)


def _words(error: Exception) -> str:
    return str(error).partition("\n")[0]
