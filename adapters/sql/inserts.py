"""Many small inserts into several tables as one statement: on PostgreSQL each round trip counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.rows import dumps

FEW: Final = 64
"""Up to so many rows an insert goes by JSON; COPY, which costs two round trips more, is for more."""


class Inserts:
    """Rows that wait to be inserted, by table."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[tuple[str, ...], list[Sequence[object]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
        """Take *rows*; return False, having taken nothing, if they cannot wait with what waits.

        JSON has no word for infinity, and rows of one table need the same columns.
        """
        if any(isinstance(value, float) and not math.isfinite(value) for row in rows for value in row):
            return False
        known, waiting = self._rows.setdefault(table, (tuple(columns), []))
        if known != tuple(columns):
            return False
        waiting.extend(rows)
        return True

    def take(self) -> tuple[str, list[str]]:
        """Return one statement for all that waits, and its arguments; nothing waits afterwards."""
        parts, arguments = [], []
        for number, (table, (columns, rows)) in enumerate(self._rows.items(), 1):
            names = ", ".join(columns)
            parts.append(
                f"i{number} as (insert into {table} ({names}) "
                f"select {names} from json_populate_recordset(null::{table}, ${number}))"
            )
            arguments.append(dumps([dict(zip(columns, row, strict=True)) for row in rows]))
        self._rows.clear()
        return f"with {', '.join(parts)} select 1", arguments
