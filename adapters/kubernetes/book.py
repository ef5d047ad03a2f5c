"""Objects of one kind, in the few words that are left of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Generic, TypeVar

from submarine.adapters.kubernetes.objects import Object

R = TypeVar("R", bound=Object)
T = TypeVar("T")


class Book(Generic[R, T]):
    """What *convert* makes of each object; only a watch writes here, so the last word is the newest."""

    def __init__(self, convert: Callable[[R], T]) -> None:
        self._convert = convert
        self._items: dict[str, T] = {}

    def all(self) -> Collection[T]:
        """Return what is there now."""
        return self._items.values()

    def put(self, found: R) -> None:
        """Take *found*."""
        self._items[found.metadata.uid] = self._convert(found)

    def drop(self, found: R) -> None:
        """Let *found* go."""
        self._items.pop(found.metadata.uid, None)

    def replace(self, found: Iterable[R], version: int) -> None:  # noqa: ARG002 - as of shelves
        """Hold *found* and nothing else."""
        self._items = {item.metadata.uid: self._convert(item) for item in found}

    def reach(self, version: str) -> None:
        """Do nothing: nobody asks how far the watch has come."""
