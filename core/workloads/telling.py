"""Tells all who watch which attempts have changed, merged while they do not listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from submarine.core.errors import UnavailableError
from submarine.core.workloads.news import News
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.workload import Handle


class Listener:
    """One who watches: the changed attempts, oldest first, each once."""

    def __init__(self) -> None:
        self._changed: dict[Handle, None] = {}
        self._error: UnavailableError | None = None
        self._awake = asyncio.Event()

    def hear(self, handles: Iterable[Handle]) -> None:
        """Note that *handles* have changed."""
        self._changed.update(dict.fromkeys(handles))
        self._awake.set()

    def lose(self, error: UnavailableError) -> None:
        """Note that the cluster is not seen any more."""
        self._error = error
        self._awake.set()

    async def next(self) -> Handle:
        """Wait for a change; raise `UnavailableError` when the cluster is lost."""
        while True:
            if self._error is not None:
                raise self._error
            if self._changed:
                handle = next(iter(self._changed))
                del self._changed[handle]
                return handle
            self._awake.clear()
            await self._awake.wait()


class Listeners:
    """All who watch."""

    def __init__(self) -> None:
        self._all: set[Listener] = set()

    @contextmanager
    def one(self) -> Iterator[Listener]:
        """Listen meanwhile."""
        listener = Listener()
        self._all.add(listener)
        try:
            yield listener
        finally:
            self._all.discard(listener)

    async def news(
        self,
        present: Callable[[], Awaitable[Iterable[Handle]]],
        look: Callable[[Handle], Observation | None],
    ) -> AsyncIterator[Observation]:
        """Look at what is *present*, then at what changes; yield what says something new.

        None from *look* is for an end that is about to be written down, and is told then.
        """
        news = News()
        with self.one() as listener:
            listener.hear(await present())
            while True:
                seen = look(await listener.next())
                if seen is not None and news.differs(seen):
                    yield seen

    def tell(self, handle: Handle) -> None:
        """Tell everybody that *handle* has changed."""
        for listener in self._all:
            listener.hear((handle,))

    def lose(self, error: UnavailableError) -> None:
        """Tell everybody that the cluster is not seen any more."""
        for listener in self._all:
            listener.lose(error)
