"""Tells all who listen what a cluster says, merged while they do not listen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from submarine.core.errors import UnavailableError
from submarine.core.workloads.remark import Remark

_WAITING: Final = 10_000
"""Remarks that wait for one listener; if it is slower than the cluster, the oldest go."""


class Hearer:
    """One who listens: the remarks that it has yet to hear, of those that are the same the last."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, ...], Remark] = {}
        self._error: UnavailableError | None = None
        self._awake = asyncio.Event()

    def hear(self, remark: Remark) -> None:
        """Note what was said."""
        self._waiting[remark.words] = remark
        if len(self._waiting) > _WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        self._awake.set()

    def lose(self, error: UnavailableError) -> None:
        """Note that the cluster is not heard any more."""
        self._error = error
        self._awake.set()

    async def next(self) -> Remark:
        """Wait for a remark; raise `UnavailableError` when the cluster is lost."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._awake.clear()
            await self._awake.wait()
        return self._waiting.pop(next(iter(self._waiting)))


class Audience:
    """All who listen."""

    def __init__(self) -> None:
        self._all: set[Hearer] = set()

    @contextmanager
    def one(self) -> Iterator[Hearer]:
        """Listen meanwhile."""
        hearer = Hearer()
        self._all.add(hearer)
        try:
            yield hearer
        finally:
            self._all.discard(hearer)

    def tell(self, remark: Remark) -> None:
        """Tell everybody."""
        for hearer in self._all:
            hearer.hear(remark)

    def lose(self, error: UnavailableError) -> None:
        """Tell everybody that the cluster is not heard any more."""
        for hearer in self._all:
            hearer.lose(error)
