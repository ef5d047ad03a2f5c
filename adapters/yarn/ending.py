"""Orders: the end of an attempt, and its removal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import msgspec

from submarine.adapters.yarn import names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.logs import Output
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import Cancel, Run
from submarine.adapters.yarn.steward import Steward
from submarine.core.errors import ConflictError, NotFoundError, UnavailableError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Handle

_LOOKS: Final = (0.1, 1.0)
_TRIES: Final = 10
_NODES: Final = 16
"""NodeManagers that are asked at once."""


class Orders:
    """Writes orders into the attempt's folder, where every server and launcher finds them."""

    def __init__(
        self,
        config: YarnConfig,
        manager: Manager,
        files: Files,
        look: Looking,
        steward: Steward,
        output: Output,
    ) -> None:
        self._config = config
        self._manager = manager
        self._files = files
        self._looking = look
        self._steward = steward
        self._output = output
        self._patience = max(60.0, config.timeout)

    async def cancel(self, handle: Handle, grace: float) -> None:
        """Ask for the end; what is not there is kept from beginning."""
        if not is_name(handle):
            return
        for _ in range(_TRIES):
            attempt = await self._looking.one(handle)
            if attempt is None:
                try:
                    await self._bury(handle, grace)
                except ConflictError:
                    if await self._looking.stranger(handle) is None:
                        continue
                return  # or nothing begins, as somebody else's folder is in its way
            if attempt.closing is not None or (attempt.plan is None and attempt.cancel is not None):
                return
            order = Cancel(
                max(grace, 0.0) if attempt.cancel is None else max(min(grace, attempt.cancel.grace), 0.0)
            )
            if attempt.cancel != order:
                try:
                    await self._files.write(handle, names.CANCEL, order, attempt.owner)
                except NotFoundError:
                    continue
                attempt.cancel = order
            attempt.app = await self._manager.application(handle, attempt.owner)
            await self._steward.attend(attempt)
            return
        raise UnavailableError(f"{handle} is changed so often that it could not be cancelled; try again")

    async def suspend(self, handle: Handle) -> None:
        """Have the launchers let their commands stand still; they see it when they look for orders."""
        attempt = await self._there(handle)
        if attempt.closing is None and attempt.cancel is None:
            await self._files.write(handle, names.SUSPEND, {}, attempt.owner)

    async def resume(self, handle: Handle) -> None:
        """Take `suspend` back."""
        attempt = await self._there(handle)
        await self._files.delete(f"{handle}/{names.SUSPEND}", attempt.owner)

    async def _there(self, handle: Handle) -> Attempt:
        attempt = await self._looking.one(handle) if is_name(handle) else None
        if attempt is None or attempt.plan is None:
            raise NotFoundError(f"no workload {handle!r} on this cluster")
        return attempt

    async def remove(self, handle: Handle) -> None:
        """Kill what runs and delete everything of *handle*; return when nothing of it runs."""
        if not is_name(handle):
            return
        attempt = await self._looking.one(handle)
        owner = attempt.owner if attempt is not None else self._bereft(handle)
        apps = await self._manager.applications(handle, owner)
        living = [app for app in apps if not app.over]
        if attempt is None and not living:
            return
        if living and attempt is not None and attempt.unended():
            await self._hurry(attempt)
        for app in living:
            await self._manager.kill(app.id, owner)
        if living:
            await self._until_over(handle, owner)
        if attempt is not None:
            await self._until_gone(attempt)
        for application in _applications(attempt, apps):
            await self._output.erase(application, owner)
        await self._files.services.forget(handle, owner)
        await self._files.delete(handle, owner)  # last: while it is there, all is done again
        self._looking.forget(handle)

    def _bereft(self, handle: Handle) -> str:
        """Return whose the application is that lives on as *handle* without a folder."""
        orphan = self._looking.orphans.get(handle)
        return orphan.user if orphan is not None and orphan.user else self._config.owner

    async def _bury(self, handle: Handle, grace: float) -> None:
        """Keep *handle* from ever beginning."""
        files = {names.CANCEL: msgspec.json.encode(Cancel(grace))}
        await self._files.bring_folder(handle, files, self._config.owner)

    async def _hurry(self, attempt: Attempt) -> None:
        """Let launchers kill at once what would use its grace."""
        try:
            await self._files.write(attempt.handle, names.CANCEL, Cancel(0.0), attempt.owner)
        except NotFoundError:
            return

    async def _until_over(self, handle: Handle, owner: str) -> None:
        pause, longest = _LOOKS
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            living = [app for app in await self._manager.applications(handle, owner) if not app.over]
            if not living:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise UnavailableError(f"the application {living[0].id} of {handle} does not end")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, longest)

    async def _until_gone(self, attempt: Attempt) -> None:
        """Wait until no NodeManager has a container of *attempt* that runs."""
        pause, longest = _LOOKS
        deadline = asyncio.get_running_loop().time() + self._patience
        own = [run for run in attempt.unended() if await self._looking.theirs(attempt, run.container)]
        nodes = groupby(sorted(own, key=_node), _node)
        left: Sequence[Sequence[Run]] = [list(runs) for _, runs in nodes]
        while left := [runs for runs in await self._running(left) if runs]:
            if asyncio.get_running_loop().time() > deadline:
                raise UnavailableError(f"{left[0][0].container} of {attempt.handle} does not end")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, longest)

    async def _running(self, nodes: Sequence[Sequence[Run]]) -> Sequence[Sequence[Run]]:
        """Return which run of the containers of each node; one that is away is waited for once."""
        gate = asyncio.Semaphore(_NODES)

        async def ask(runs: Sequence[Run]) -> Sequence[Run]:
            async with gate:
                try:
                    return [run for run in runs if await self._output.runs(run)]
                except UnavailableError:
                    return ()  # it has told its last

        return await asyncio.gather(*map(ask, nodes))


def _node(run: Run) -> str:
    return run.node


def _applications(attempt: Attempt | None, apps: Sequence[App]) -> set[str]:
    """Return the ids of all that ran *attempt*, the one that YARN has forgotten too."""
    found = {app.id for app in apps}
    closing = attempt.closing if attempt is not None else None
    if closing is not None and names.is_application(closing.application):
        found.add(closing.application)
    return found
