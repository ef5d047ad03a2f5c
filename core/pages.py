"""A piece of a long list, and where the next piece begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``items`` in the order of the list; ``cursor`` is None on the last page."""

    items: Sequence[T]
    cursor: str | None = None

    @classmethod
    def cut(cls, found: Sequence[T], limit: int, key: Callable[[T], str]) -> Page[T]:
        """Return the first *limit* of *found*, which were asked for with one more, to know if there is."""
        items = found[:limit]
        return cls(items, key(items[-1]) if len(found) > limit else None)
