"""One list and one watch a kind, whatever the number of attempts; cut, they go on where they were."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Generic, Protocol, TypeVar

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.events import Events
from submarine.adapters.kubernetes.failures import GoneError
from submarine.adapters.kubernetes.kinds import EVENTS, JOBS, PARENTS, PODS, Kind
from submarine.adapters.kubernetes.names import ATTEMPT, HANDLE, PART
from submarine.adapters.kubernetes.objects import Object
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError, UnavailableError

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Object)
Kept_contra = TypeVar("Kept_contra", contravariant=True)

_PAUSE: Final = (0.1, 5.0)
_PULSE_S: Final = 10.0
_NOBODY: Final = "submarine-nobody"
_COMPLETE: Final = "k8s.io/initial-events-end"


class Keeper(Protocol[Kept_contra]):
    """Where objects are kept."""

    def put(self, found: Kept_contra) -> None:
        """Take *found*."""
        ...

    def drop(self, found: Kept_contra) -> None:
        """Let *found* go, as it was last."""
        ...

    def replace(self, found: Iterable[Kept_contra], version: int) -> None:
        """Hold *found*, which is all there was at *version*."""
        ...

    def reach(self, version: str) -> None:
        """Note that all up to *version* is here."""
        ...


class Mirror(Generic[M]):
    """Keeps a shelf as the cluster has it: the objects with the labels of *selector* and with *fields*.

    Without *streaming*, or where the cluster knows no streaming lists, the first list comes in pages.
    """

    def __init__(
        self,
        api: Api,
        kind: Kind[M],
        selector: str,
        shelf: Keeper[M],
        *,
        fields: str = "",
        streaming: bool = True,
    ) -> None:
        self._api = api
        self._kind = kind
        self._selector = selector
        self._fields = fields
        self._shelf = shelf
        self._version = ""
        self._streaming_list = streaming
        self._running: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._cause: SubmarineError | None = None
        self.fresh = asyncio.Event()
        self.error: UnavailableError | None = None

    async def run(self, news: Callable[[], None]) -> None:
        """Follow the cluster until cancelled; *news* is called when it is lost."""
        pause, longest = _PAUSE
        while True:
            try:
                await self._follow_until_cut()
                pause = _PAUSE[0]
                continue
            except GoneError:
                self._version = ""
                continue
            except InvalidError:
                if self._version or not self._streaming_list:
                    log.exception("the cluster refuses to be watched")
                self._streaming_list, self._version = False, ""
            except SubmarineError as error:
                pause = _PAUSE[0] if self.fresh.is_set() else pause
                self._lose(error)
                news()
            except Exception as error:
                log.exception("watching %s broke; it starts again", self._kind.plural)
                self._version = ""
                self._lose(UnavailableError(f"watching {self._kind.plural} broke: {error}"))
                news()
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _follow_until_cut(self) -> None:
        self._running = task = asyncio.create_task(self._follow())
        try:
            await asyncio.wait([task])
            if not task.cancelled():
                await task
        finally:
            task.cancel()

    def cut(self, error: UnavailableError) -> None:
        """Give the connection up; begin again."""
        self._lose(error)
        if self._running is not None:
            self._running.cancel()

    async def known(self) -> None:
        """Return when the shelf is as the cluster is; raise what keeps it from that."""
        await self._tried.wait()
        if self._cause is not None:
            raise self._cause

    def _lose(self, error: SubmarineError) -> None:
        self.fresh.clear()
        self._cause = error
        self._tried.set()
        self.error = error if isinstance(error, UnavailableError) else UnavailableError(str(error))

    def _found(self) -> None:
        self.error = self._cause = None
        self.fresh.set()
        self._tried.set()

    async def _follow(self) -> None:
        initial = not self._version and self._streaming_list
        if not self._version and not initial:
            items, self._version = await self._api.list(
                self._kind, selector=self._selector, fields=self._fields
            )
            self._shelf.replace(items, int(self._version or 0))
            self._shelf.reach(self._version)
        first: list[M] | None = [] if initial else None
        async with self._api.watching(
            self._kind, self._version, selector=self._selector, fields=self._fields, initial=initial
        ) as changes:
            if first is None:
                self._found()
            async for kind, found in changes:
                if first is None:
                    self._apply(kind, found)
                elif kind != "BOOKMARK":
                    first.append(found)
                    continue
                elif _COMPLETE in found.metadata.annotations:
                    self._shelf.replace(first, found.metadata.version)
                    first = None
                    self._found()
                self._version = found.metadata.resource_version
                self._shelf.reach(self._version)

    def _apply(self, kind: str, found: M) -> None:
        if kind == "DELETED":
            self._shelf.drop(found)
        elif kind != "BOOKMARK":
            self._shelf.put(found)


class Watching:
    """The mirrors of one cluster, and its pulse: a server that hangs is found out by it."""

    def __init__(
        self, api: Api, cache: Cache, events: Events, lost: Callable[[UnavailableError], None]
    ) -> None:
        self._api = api
        self._lost = lost
        self._events = events
        self._heard = Mirror(api, EVENTS, "", events, streaming=False)
        """Beside the others: who may not read events sees all the rest."""
        self._mirrors: Sequence[Mirror[Any]] = (
            Mirror(api, PARENTS, f"{PART}={ATTEMPT}", cache.parents),
            Mirror(api, PODS, HANDLE, cache.pods),
            Mirror(api, JOBS, HANDLE, cache.jobs),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch meanwhile."""
        work = [mirror.run(self._tell) for mirror in self._mirrors]
        hearing = self._heard.run(self._tell_deaf)
        tasks = [asyncio.create_task(one) for one in (*work, hearing, self._pulse_for_ever())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def error(self) -> UnavailableError | None:
        """Return why the cluster is not seen now, None if it is."""
        return next((mirror.error for mirror in self._mirrors if mirror.error is not None), None)

    async def fresh(self) -> None:
        """Return when the cache is as the cluster is; raise `UnavailableError` if it cannot be had.

        A watch alone does not tell a quiet cluster from one that hangs, so a question is asked too.
        """
        await self.pulse()
        try:
            async with asyncio.timeout(self._api.patience):
                for mirror in self._mirrors:
                    await mirror.fresh.wait()
        except TimeoutError as error:
            raise self.error or UnavailableError("the cluster does not tell what it has") from error

    async def pulse(self) -> None:
        """Ask for next to nothing, also of the database behind; raise `UnavailableError` if it is away.

        One name costs the same however many there are; a list is searched whole by older API servers.
        """
        with suppress(NotFoundError):
            await self._api.get(PARENTS, _NOBODY)

    async def _pulse_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_S)
            try:
                await self.pulse()
            except UnavailableError as error:
                for mirror in (*self._mirrors, self._heard):
                    mirror.cut(error)
                self._tell()
            except SubmarineError:
                continue

    def _tell(self) -> None:
        if error := self.error:
            self._lost(error)

    def _tell_deaf(self) -> None:
        if error := self._heard.error:
            self._events.lose(error)
