"""Acts on what is seen: ends what must end, and writes the end down.

Nothing here is remembered that the cluster does not hold too, so any number of servers may do this at
once, and one that restarts goes on. Replicas are asked to end by an order in the attempt's folder, and
are told to look at it by a signal that YARN delivers; who does not end in time is killed with its whole
application.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.yarn import forms, names, observing
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.observing import Sight
from submarine.adapters.yarn.records import Run, Stop
from submarine.adapters.yarn.sizing import Sizing
from submarine.core.errors import ConflictError, NotFoundError, SubmarineError
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.turns import Turns
from submarine.core.workloads.verdict import LIVE
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

_AT_ONCE: Final = 16
_AGAIN_S: Final = 1.0
_SIGNALS_S: Final = 2.0
"""Seconds between two signals to one container: YARN does not say whether one has arrived."""
_LAG_S: Final = 4.0
"""Seconds more than its grace that an attempt has: a signal travels with a heartbeat."""
_CLOSED_S: Final = 15.0
"""Seconds that an application has to end by itself once its attempt has ended."""


class Steward:
    """Attends to attempts that have changed, and to those whose time has come."""

    def __init__(self, manager: Manager, files: Files, listeners: Listeners) -> None:
        self._manager = manager
        self._files = files
        self._listeners = listeners
        self._looking: Looking | None = None
        self._waiting: dict[Handle, None] = {}
        self._awake = asyncio.Event()
        self._turns = Turns()
        self._due: dict[Handle, tuple[float, float]] = {}
        self._signalled: set[str] = set()
        self._closed: dict[Handle, float] = {}
        self._sizing = Sizing(manager, files, self._wake)

    def changed(self, handle: Handle) -> None:
        """Note that something of *handle* has changed."""
        self._waiting[handle] = None
        self._awake.set()

    @asynccontextmanager
    async def running(self, look: Looking) -> AsyncIterator[None]:
        """Work meanwhile on what *look* finds."""
        self._looking = look
        workers = [asyncio.create_task(self._work(look)) for _ in range(_AT_ONCE)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def attend(self, attempt: Attempt) -> None:
        """Do what is to be done for *attempt* now; raise what the cluster's answers mean."""
        async with self._turns.of(attempt.handle):
            await self._attend(attempt)

    async def _work(self, look: Looking) -> None:
        while True:
            while not self._waiting:
                self._awake.clear()
                await self._awake.wait()
            handle = next(iter(self._waiting))
            del self._waiting[handle]
            attempt = look.attempts.get(handle)
            try:
                if attempt is None:
                    self._forget(handle)
                else:
                    await self.attend(attempt)
            except SubmarineError as error:
                log.debug("%s has to wait: %s", handle, error)
                asyncio.get_running_loop().call_later(_AGAIN_S, self.changed, handle)
            except Exception:
                log.exception("attending to %s failed; it is repeated", handle)
                asyncio.get_running_loop().call_later(10 * _AGAIN_S, self.changed, handle)
            else:
                self._listeners.tell(handle)

    async def _attend(self, attempt: Attempt) -> None:
        sight = observing.look(attempt)
        if sight is None:
            return
        if sight.closed:
            await self._sweep(attempt)
            return
        if attempt.cancel is None and attempt.stop is None and sight.deciding is not None:
            await self._stop(attempt, sight)
            sight = observing.look(attempt) or sight
        if sight.verdict.phase not in LIVE:
            await self._close(attempt, sight)
        elif attempt.cancel is not None or attempt.stop is not None:
            await self._end(attempt, sight)
        else:
            await self._sizing.follow(attempt, sight.plan)

    async def _stop(self, attempt: Attempt, sight: Sight) -> None:
        """Write down who has ended all: the others' launchers ask for it."""
        deciding = sight.deciding
        if deciding is None or all(state.phase not in LIVE for state in sight.states):
            return
        order = Stop(by=deciding.name, phase=deciding.phase)
        await self._files.write(attempt.handle, names.STOP, order, attempt.owner)
        attempt.stop = order

    async def _end(self, attempt: Attempt, sight: Sight) -> None:
        at = asyncio.get_running_loop().time()
        grace = attempt.cancel.grace if attempt.cancel is not None else sight.plan.grace
        before, since = self._due.get(attempt.handle, (grace, at))
        since = since if grace >= before else at
        self._due[attempt.handle] = min(grace, before), since
        if attempt.app is None or attempt.app.over:
            return
        living = attempt.unended()
        dead = {name for name, found in attempt.exits.items() if found.over}
        reachable = [run for run in living if run.container not in dead]
        if not reachable or at - since > min(grace, before) + _LAG_S:
            await self._manager.kill(attempt.app.id, attempt.owner)
            return
        signal = forms.named(sight.plan.form).signal
        await asyncio.gather(*(self._signal(run.container, signal, attempt.owner) for run in reachable))

    async def _wake(self, attempt: Attempt, run: Run) -> None:
        """Have the launcher of *run* look for orders."""
        signal = forms.named(attempt.plan.form if attempt.plan is not None else "").signal
        await self._signal(run.container, signal, attempt.owner)

    async def _signal(self, container: str, signal: str, owner: str) -> None:
        if container in self._signalled:
            return
        self._signalled.add(container)
        asyncio.get_running_loop().call_later(_SIGNALS_S, self._signalled.discard, container)
        await self._manager.signal(container, signal, owner)

    async def _close(self, attempt: Attempt, sight: Sight) -> None:
        """Write the end down, so that it stays what it is, whatever becomes of the containers."""
        closing = sight.closing()
        if self._looking is not None:
            closing = await self._looking.sealed(attempt, closing)
        try:
            await self._files.create(attempt.handle, names.CLOSING, closing, attempt.owner)
        except ConflictError:
            pass  # another server was quicker: its word counts
        except NotFoundError:
            return
        else:
            attempt.closing = closing
        self._due.pop(attempt.handle, None)
        if self._looking is not None:
            await self._looking.one(attempt.handle)

    def _forget(self, handle: Handle) -> None:
        self._due.pop(handle, None)
        self._closed.pop(handle, None)
        self._sizing.forget(handle)

    async def _sweep(self, attempt: Attempt) -> None:
        """See that what has ended for us ends on the cluster too."""
        app = attempt.app
        if app is None or app.over:
            self._closed.pop(attempt.handle, None)
            return
        at = asyncio.get_running_loop().time()
        since = self._closed.setdefault(attempt.handle, at)
        if attempt.unended() or at - since > _CLOSED_S:
            await self._manager.kill(app.id, attempt.owner)
