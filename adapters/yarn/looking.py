"""Keeps what is known of all attempts: a few questions a round, whatever their number.

One question to the ResourceManager lists all applications that live. One to the NameNode lists the
attempts' folders, each with when something was last put there; only those that changed are read. Who is
not among the living and has no end written down is asked for by name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import msgspec

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.yarn import forms, names, observing, remarks
from submarine.adapters.yarn.accounts import unfit
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.files import Folder
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.living import Living
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.reading import Reader, stale
from submarine.adapters.yarn.records import Closing
from submarine.adapters.yarn.seals import Seals
from submarine.adapters.yarn.twins import Twins
from submarine.core.errors import AdapterError, SubmarineError, UnavailableError
from submarine.core.workloads.hearing import Audience
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

T = TypeVar("T")

_AT_ONCE: Final = 16
_SPACING_S: Final = 0.1
_AGAIN_S: Final = 2.0
"""Seconds between questions about one attempt whose containers may have ended without a word."""
_FORGOTTEN_S: Final = 30.0
"""Seconds that YARN must know nothing of what has begun before it counts as over."""
_SOUND_S: Final = 60.0
"""Seconds after which it is looked again whether the staging folder is safe."""
_LAST_WORD_S: Final = 6.0
"""Seconds that the timeline server is given to hear of the ends of an application that is over."""


class Looking:
    """The attempts as they are, and rounds of questions; *changed* is called for what a round found new."""

    def __init__(self, cluster: Cluster, changed: Callable[[Handle], None]) -> None:
        self._cluster = cluster
        self._config = cluster.config
        self._living = Living(cluster.config, cluster.manager)
        self.seals = Seals(cluster.files)
        self._strangers: dict[Handle, str] = {}
        self._sound_at = 0.0
        self._manager = cluster.manager
        self._files = cluster.files
        self._reader = Reader(cluster.files, self.seals)
        self._twins = Twins(cluster.manager, cluster.files)
        self._changed = changed
        self._round: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._asked: dict[Handle, float] = {}
        self._some = asyncio.Semaphore(_AT_ONCE)
        self._strays: Mapping[str, str] = {}
        self._foreign: set[str] = set()
        self.attempts: dict[Handle, Attempt] = {}
        self.orphans: dict[Handle, App] = {}
        self.owners: set[str] = {cluster.config.owner}
        """Whose attempts were ever seen."""
        self.audience = Audience()

    async def fresh(self) -> None:
        """Return when a round that began after this call has ended; raise what it failed with."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._round))
        await asyncio.shield(self._next)

    async def closed(self) -> None:
        """End what is going on."""
        tasks = [task for task in (self._round, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self, handle: Handle) -> Attempt | None:
        """Return *handle* as its folder is now, None if it has none of ours; nothing is asked of YARN."""
        folder = await self._files.folder(handle)
        if folder is None:
            self._forget(handle)
            return None
        attempt = self._known(handle, folder)
        await self._reader.read(attempt, folder)
        if not attempt.ours:
            self._set_aside(attempt)
            return None
        self._strangers.pop(handle, None)
        return attempt

    async def stranger(self, handle: Handle) -> str | None:
        """Return who has put something of theirs where *handle* would be, None if nobody has."""
        folder = await self._files.folder(handle)
        return None if folder is None or await self.one(handle) is not None else folder.owner

    async def theirs(self, attempt: Attempt, container: str) -> bool:
        """Tell whether *container*, which a file in the folder of *attempt* names, is its owner's at all.

        The server may read more than the owner, who can write to that folder what they like.
        """
        if not self._config.personal or attempt.owner == self._config.me:
            return True
        application, closing = names.application(container), attempt.closing
        if application in attempt.proved:
            return True
        if closing is not None and closing.application == application:
            words = attempt.handle, attempt.owner, application
            if await self.seals.good(closing.seal, *words):
                attempt.proved.add(application)
                return True
        apps = await self._manager.applications(attempt.handle, attempt.owner)
        attempt.proved.update(app.id for app in apps)
        return application in attempt.proved

    def forget(self, handle: Handle) -> None:
        """Know nothing of *handle* any more: it was removed."""
        self.orphans.pop(handle, None)
        self._living.forget(handle)
        self._forget(handle)

    async def sealed(self, attempt: Attempt, closing: Closing) -> Closing:
        """Return *closing* with a seal, if its application was told by YARN to be of *attempt*."""
        if not self._config.personal or closing.application not in attempt.proved:
            return closing
        seal = await self.seals.seal(attempt.handle, attempt.owner, closing.application)
        return msgspec.structs.replace(closing, seal=seal)

    async def _after(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
            await asyncio.sleep(_SPACING_S)
        self._round, self._next = self._next, None
        await self._look()

    async def _look(self) -> None:
        # YARN first: what is over then has had its last words in the folder that is read after.
        await self._check()
        apps = await self._living.look(self.attempts.values(), self.owners)
        folders = self._without_strangers(await self._files.folders())
        self.owners |= self._files.owners
        for handle in [h for h in self.attempts if h not in folders]:
            self._forget(handle)
        await self._count_orphans({n: found[-1] for (n, _), found in apps.items() if n not in folders})
        work = [
            self._attend(handle, folder, apps.get((handle, folder.owner), ()))
            for handle, folder in folders.items()
        ]
        ends = await asyncio.gather(*work, return_exceptions=True)
        for handle, end in zip(folders, ends, strict=True):
            if end is None or isinstance(end, UnavailableError):
                continue
            if isinstance(end, SubmarineError) or not isinstance(end, Exception):
                raise end
            # what a job has put there, and nobody thought of, must not hide all others
            log.error("%s cannot be looked at", handle, exc_info=end)
        away = [end for end in ends if isinstance(end, UnavailableError)]
        live = sum(attempt.closing is None for attempt in self.attempts.values())
        if away and len(away) >= live:
            raise away[0]

    async def _count_orphans(self, strays: Mapping[str, App]) -> None:
        """Note what of ours lives without a folder in two rounds: it was removed while it began."""
        before, self._strays = self._strays, {name: app.id for name, app in strays.items()}
        known = {handle: app for handle, app in self.orphans.items() if handle in strays}
        self._foreign &= {app.id for app in strays.values()}
        for name, app in strays.items():
            again = before.get(name) == app.id and Handle(name) not in known
            if again and is_name(name) and await self._made(app):
                known[Handle(name)] = app
        self.orphans = known

    async def _made(self, app: App) -> bool:
        """Tell whether *app* was started from here; what was not is not asked about again."""
        if app.id in self._foreign or (self._config.personal and unfit(app.user, self._config.me)):
            return False
        try:
            made = await forms.typed(app.type).made(self._cluster, app)
        except UnavailableError as error:
            log.info("nobody says yet whose %s is: %s", app.id, error)
            return False
        if not made:
            self._foreign.add(app.id)
        return made

    async def _check(self) -> None:
        """Raise `UnavailableError` where others could take away or replace what is in the staging folder."""
        at = asyncio.get_running_loop().time()
        if not self._sound_at or at - self._sound_at > _SOUND_S:
            await self._files.sound()
            self._sound_at = at

    def _without_strangers(self, folders: Mapping[Handle, Folder]) -> Mapping[Handle, Folder]:
        """Return the *folders* that are, or may be, ours; others were read once, and are not again."""
        strangers = [h for h, owner in self._strangers.items() if h in folders and folders[h].owner == owner]
        self._strangers = {handle: folders[handle].owner for handle in strangers}
        return {handle: folder for handle, folder in folders.items() if handle not in self._strangers}

    def _set_aside(self, attempt: Attempt) -> None:
        if attempt.handle not in self._strangers:
            log.warning("%s is called like an attempt, and is a folder of %s", attempt.handle, attempt.owner)
        self._strangers[attempt.handle] = attempt.owner
        self._forget(attempt.handle)

    async def _attend(self, handle: Handle, folder: Folder, apps: Sequence[App]) -> None:
        """Learn of *handle*; raise `UnavailableError` if nobody tells of it now: then it is what it was."""
        attempt = self._known(handle, folder)
        try:
            await self._learn_of(attempt, folder, apps)
        except RefusedError as error:
            attempt.refused = str(error)
        except UnavailableError as error:
            attempt.refused = str(error)
            raise
        else:
            attempt.refused = ""

    async def _learn_of(self, attempt: Attempt, folder: Folder, apps: Sequence[App]) -> None:
        if not await self._adopted(attempt, folder):
            return
        self.owners.add(attempt.owner)
        before = _essence(attempt)
        async with self._turn(attempt):
            app = await self._twins.only(attempt, apps)
        attempt.proved.update(each.id for each in apps)
        if folder.changed != attempt.changed or stale(attempt):
            async with self._turn(attempt):
                if app is None and attempt.plan is not None and attempt.closing is None:
                    app = await self._ended(attempt)
                await self._reader.read(attempt, folder)
        if attempt.plan is not None and attempt.closing is None:
            async with self._turn(attempt):
                await self._ask_yarn(attempt, app)
        elif app is not None:
            attempt.app = app
        elif attempt.app is not None and not attempt.app.over:
            attempt.app = None
        news = _essence(attempt) != before
        if news:
            for remark in remarks.note(attempt):
                self.audience.tell(remark)
        if news or observing.restless(attempt):
            self._changed(attempt.handle)

    async def _adopted(self, attempt: Attempt, folder: Folder) -> bool:
        """Tell whether *folder* is ours; somebody else's that is called like an attempt is set aside."""
        if not attempt.ours:
            async with self._turn(attempt):
                await self._reader.read(attempt, folder)
            if not attempt.ours:
                self._set_aside(attempt)
        return attempt.ours

    @asynccontextmanager
    async def _turn(self, attempt: Attempt) -> AsyncIterator[None]:
        """Let few ask at once, and none keep a round waiting."""
        patience = self._cluster.config.timeout
        async with self._some:
            try:
                async with asyncio.timeout(patience):
                    yield
            except TimeoutError as error:
                said = f"what {attempt.handle} is doing was not told within {patience:g} s"
                raise UnavailableError(said) from error

    async def _ended(self, attempt: Attempt) -> App | None:
        """Return the application of *attempt*, which is not among the living."""
        if attempt.app is not None and attempt.app.over:
            return attempt.app
        apps = await self._manager.applications(attempt.handle, attempt.owner)
        attempt.proved.update(app.id for app in apps)
        return await self._twins.only(attempt, apps)

    async def _ask_yarn(self, attempt: Attempt, app: App | None) -> None:
        loop = asyncio.get_running_loop()
        if app is None:
            app = await self._ended(attempt)
            attempt.unknown_since = None if app is not None else attempt.unknown_since or loop.time()
            if app is None and (app := _forgotten(attempt, loop.time())) and not await self._manager.awake():
                app = attempt.unknown_since = None
            if app is not None and app.over and attempt.over_since is None:
                attempt.app = app
                attempt.over_since = loop.time()
                await self._reader.read(
                    attempt, None
                )  # its last words may have come after the folder was read
        attempt.app = app
        attempt.known = app.id if app is not None else attempt.known
        if not observing.unexplained(attempt):
            return
        if not attempt.app_over() and loop.time() < self._asked.get(attempt.handle, 0.0):
            return
        self._asked[attempt.handle] = loop.time() + _AGAIN_S
        assert attempt.app is not None  # noqa: S101 - nothing is unexplained without
        try:
            exits = await self._manager.exits(attempt.app, attempt.owner)
        except (UnavailableError, AdapterError) as error:
            log.info("nobody says yet how containers of %s ended: %s", attempt.handle, error)
            return  # what ends without a word waits for it, and nothing else
        attempt.exits = {found.container: found for found in exits}
        if attempt.over_since is not None:
            attempt.settled = observing.explained(attempt) or loop.time() - attempt.over_since > _LAST_WORD_S

    def _known(self, handle: Handle, folder: Folder) -> Attempt:
        attempt = self.attempts.get(handle)
        if attempt is None or attempt.owner != folder.owner:
            ours = not self._config.personal or folder.owner == self._config.me
            attempt = self.attempts[handle] = Attempt(handle=handle, owner=folder.owner, ours=ours)
        return attempt

    def _forget(self, handle: Handle) -> None:
        self._asked.pop(handle, None)
        if self.attempts.pop(handle, None) is not None:
            self._changed(handle)


@asynccontextmanager
async def looking(
    look: Looking, every: Callable[[], float], lost: Callable[[UnavailableError], None]
) -> AsyncIterator[None]:
    """Look again and again meanwhile, each time after as many seconds as *every* says."""

    async def work() -> None:
        while True:
            try:
                await look.fresh()
            except UnavailableError as error:
                lost(error)
            except SubmarineError as error:
                log.warning("looking at YARN: %s", error)
                lost(UnavailableError(str(error)))
            except Exception as error:
                log.exception("looking at YARN broke; it begins again")
                lost(UnavailableError(f"looking at YARN broke: {error}"))
            await asyncio.sleep(every())

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await look.closed()


def _forgotten(attempt: Attempt, at: float) -> App | None:
    """Return as over what YARN has known, or has begun, and what it has known nothing of for long enough.

    A ResourceManager without recovery, as is Hadoop's default, ends all when it starts and knows none of it.
    """
    containers = [run.container for runs in attempt.runs.values() for run in runs]
    last = names.application(max(containers, key=names.age)) if containers else attempt.known
    if not last or attempt.unknown_since is None or at - attempt.unknown_since < _FORGOTTEN_S:
        return None
    said = "the ResourceManager knows nothing of its application any more"
    return App(id=last, name=attempt.handle, user=attempt.owner, diagnostics=said)


def _essence(attempt: Attempt) -> Any:
    app = attempt.app
    return (
        attempt.changed,
        attempt.files,
        app and (app.id, app.state, app.final, app.diagnostics, app.running, app.output),
        attempt.exits,
        attempt.settled,
        attempt.damage,
    )
