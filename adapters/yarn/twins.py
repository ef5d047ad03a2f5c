"""Of several applications that were started for one attempt, one runs it: the others are ended.

The ResourceManager does not keep two calls that arrive at once, from two servers or from a network that
delivers one twice, from starting two applications of one name. Either may be unable to run, as the second
call writes its master's programs over those of the first. So a launcher decides: it lets nothing begin
before its application has the attempt, which is a file that only one can make.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from submarine.adapters.yarn import names, records
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.files import LARGEST, Files
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import Claim
from submarine.core.errors import NotFoundError

log = logging.getLogger(__name__)


class Twins:
    """Tells which application is an attempt's."""

    def __init__(self, manager: Manager, files: Files) -> None:
        self._manager = manager
        self._files = files

    async def only(self, attempt: Attempt, apps: Sequence[App]) -> App | None:
        """Return the one of *apps* that runs *attempt*, and have those killed that do not.

        As long as none has begun, all may, and one of those that live stands for them.
        """
        if len(apps) <= 1:
            return next(iter(apps), None)
        if not attempt.claimed:
            attempt.claimed = await self._claimed(attempt)
        if not attempt.claimed:
            return max(apps, key=lambda app: (not app.over, app.number))
        for app in apps:
            if app.id != attempt.claimed and not app.over:
                await self._manager.kill(app.id, attempt.owner)
        return next((app for app in apps if app.id == attempt.claimed), None)

    async def _claimed(self, attempt: Attempt) -> str:
        """Return whose *attempt* is, nothing if it is nobody's yet, or nobody can read whose."""
        try:
            path = f"{attempt.handle}/{names.CLAIM}"
            found = await self._files.read(path, attempt.owner, LARGEST)
        except NotFoundError:
            return ""
        try:
            return records.read(found, Claim).application
        except msgspec.MsgspecError as error:
            log.warning("%s of %s is damaged: %s", names.CLAIM, attempt.handle, error)
            return ""
