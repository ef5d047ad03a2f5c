"""A piece of a long list, and where the next piece begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``items`` in the order of the list; ``cursor`` is None on the last page."""

    items: Sequence[T]
    cursor: str | None = None
