"""Has YARN start a service once, whoever asks for it and however often.

The ResourceManager checks that a name is free, writes the service down on HDFS, submits its application,
and writes it down again. Two who ask at once are both let through, and the files of one take those of the
other away, before or after its application was submitted; and one that dies in between leaves a name that
is taken by nothing. So what it refuses says little: whether there is an application says it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import BusyError, ConflictError, InvalidError
from submarine.core.workloads.workload import Handle

_TRIES: Final = 2
_APPEARS: Final = (0.1, 0.3, 0.6, 1.0, 2.0)
"""Pauses between looks for the application of somebody who asked at the same moment."""


class Starter:
    """Starts services."""

    def __init__(self, manager: Manager, files: Files) -> None:
        self._manager = manager
        self._files = files

    async def start(self, handle: Handle, spec: Mapping[str, Any], owner: str) -> None:
        """Return when there is an application of *handle*; raise as `Manager.start_service` does.

        Raise `BusyError` where somebody else may be starting it, who is not seen to have done so.
        """
        said = ""
        for _ in range(_TRIES):
            try:
                await self._manager.start_service(spec, owner)
            except ConflictError as error:
                said = str(error)
            except InvalidError:
                if any(not app.over for app in await self._manager.applications(handle, owner)):
                    return  # somebody else's was not refused
                raise
            else:
                return
            if await self._appears(handle, owner):
                return
            if not await self._files.services.free(handle, owner):
                break
        raise BusyError(f"{handle} is being started by somebody else: {said}")

    async def _appears(self, handle: Handle, owner: str) -> bool:
        for pause in _APPEARS:
            if await self._manager.applications(handle, owner):
                return True
            await asyncio.sleep(pause)
        return bool(await self._manager.applications(handle, owner))
