"""Rows of numbers as the bytes of PostgreSQL's binary COPY, made a column at a time.

A row of n 64-bit numbers has one size, so that all rows are laid out at once and each column's bytes
go to their places together: less than half of what it costs to encode value by value. Whoever has text
to copy uses asyncpg's own `copy_records_to_table`.

Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS, "Binary Format".
After a header comes each row: the number of its fields, then each field: its length, -1 for null, and so
many bytes, big-endian; in the end -1 where the next row's number of fields would be.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from itertools import chain, repeat
from struct import Struct
from typing import Final, cast

Column = Sequence[float | None]
"""Integers (kind ``q``) or floats (kind ``d``), as `array` and `struct` call them; None is null."""

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(4) + bytes(4)  # signature, no flags, no extension
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_COUNT: Final = Struct("!h")
_LENGTH: Final = Struct("!i").pack(8)
_FIELD: Final = len(_LENGTH) + 8


def binary_copy(kinds: str, columns: Sequence[Column]) -> bytes:
    """Return all that is sent for *columns*, all of one length, of the *kinds* in their order.

    Raise `OverflowError` if an integer has more than 64 bits.
    """
    rows: bytes | bytearray
    try:
        rows = _without_nulls(kinds, columns)
    except TypeError:  # from a None, which is rare, so that looking for it first costs more
        rows = _with_nulls(kinds, columns)
    return b"".join((_HEADER, rows, _TRAILER))


def _without_nulls(kinds: str, columns: Sequence[Column]) -> bytearray:
    row = _COUNT.pack(len(kinds)) + (_LENGTH + bytes(8)) * len(kinds)
    rows = bytearray(row) * len(columns[0])
    for n, (kind, column) in enumerate(zip(kinds, columns, strict=True)):
        numbers: array[float] = array(kind, cast(Sequence[float], column))
        if sys.byteorder == "little":
            numbers.byteswap()
        found = numbers.tobytes()
        start = _COUNT.size + n * _FIELD + len(_LENGTH)
        for byte in range(8):
            rows[start + byte :: len(row)] = found[byte::8]
    return rows


def _with_nulls(kinds: str, columns: Sequence[Column]) -> bytes:
    fields = [_fields(kind, column) for kind, column in zip(kinds, columns, strict=True)]
    return b"".join(chain.from_iterable(zip(repeat(_COUNT.pack(len(kinds))), *fields)))


def _fields(kind: str, column: Column) -> list[bytes]:
    pack = Struct(f"!i{kind}").pack
    return [_NULL if value is None else pack(8, value) for value in column]
