"""How a statement is written for SQLite, and whether it is quick."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\$(\d+)")
_READS: Final = re.compile(r"\s*(select|with|values|explain)\b", re.IGNORECASE)
_CHANGES: Final = re.compile(r"\b(insert|update|delete)\b", re.IGNORECASE)
_SHORT_WRITE: Final = re.compile(
    r"\s*(insert\s+into|update)\b(?!.*\b(select|json_each)\b)", re.IGNORECASE | re.DOTALL
)
_REST: Final = 200  # runs in the thread, after one that was slow on the loop


class Statement:
    """A statement in SQLite's words.

    ``$2, $1, $2`` becomes ``?, ?, ?`` and a reordering of the arguments: numbered placeholders are
    deprecated by some versions of the sqlite3 module.
    """

    __slots__ = ("_in_thread", "_order", "reads", "sql")

    def __init__(self, source: str) -> None:
        order = [int(found) - 1 for found in _PLACEHOLDER.findall(source)]
        self._order = None if order == list(range(len(order))) else order
        self.sql = _PLACEHOLDER.sub("?", source)
        self.reads = bool(_READS.match(source)) and not _CHANGES.search(source)
        short = self.reads or bool(_SHORT_WRITE.match(source))
        self._in_thread: float = 0 if short else float("inf")

    def arguments(self, args: Sequence[object]) -> Sequence[object]:
        """Return *args* in the order of the placeholders."""
        return args if self._order is None else [args[n] for n in self._order]

    def quick(self) -> bool:
        """Tell whether to run it on the loop, as its kind and its past suggest."""
        if not self._in_thread:
            return True
        self._in_thread -= 1
        return False

    def was_slow(self) -> None:
        """Remember to keep it off the loop for a while."""
        self._in_thread = max(self._in_thread, _REST)


@lru_cache(maxsize=256)
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """Return the text that inserts a row into *table*."""
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"insert into {table} ({', '.join(columns)}) values ({places})"


@lru_cache(maxsize=4096)
def statement(source: str) -> Statement:
    """Return *source* translated; the text is the key, so texts are constants."""
    return Statement(source)
