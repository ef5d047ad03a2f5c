"""Of several applications that were started for one attempt, one runs it: the others are ended.

The ResourceManager does not keep two calls that arrive at once, from two servers or from a network that
delivers one twice, from starting two applications of one name. A launcher lets nothing begin before its
application has the attempt, which is a file that only one can make; so has a server that sees two.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from submarine.adapters.yarn import names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import Claim
from submarine.core.errors import ConflictError, NotFoundError


class Twins:
    """Tells which application is an attempt's."""

    def __init__(self, manager: Manager, files: Files) -> None:
        self._manager = manager
        self._files = files

    async def only(self, attempt: Attempt, apps: Sequence[App]) -> App | None:
        """Return the one of *apps* that runs *attempt*, and have those killed that do not."""
        if len(apps) <= 1:
            return next(iter(apps), None)
        living = [app for app in apps if not app.over]
        if not await self._claimed(attempt, living):
            return (living or sorted(apps, key=lambda app: app.started))[-1]
        for app in living:
            if app.id != attempt.claimed:
                await self._manager.kill(app.id, attempt.owner)
        return next((app for app in apps if app.id == attempt.claimed), None)

    async def _claimed(self, attempt: Attempt, living: Sequence[App]) -> str:
        """Return whose *attempt* is; of *living* ones the first has it from now on if it was nobody's."""
        path = f"{attempt.handle}/{names.CLAIM}"
        for _ in range(2):
            if attempt.claimed:
                break
            try:
                found = msgspec.json.decode(await self._files.read(path, attempt.owner), type=Claim)
                attempt.claimed = found.application
            except NotFoundError:
                if len(living) <= 1:
                    break
                try:
                    claim = Claim(min(living, key=lambda app: app.number).id)
                    await self._files.create(attempt.handle, names.CLAIM, claim, attempt.owner)
                    attempt.claimed = claim.application
                except ConflictError:
                    continue  # a launcher was quicker
                except NotFoundError:
                    break  # removed meanwhile
        return attempt.claimed
