"""Brings fresh tokens for HDFS to containers that run for long, where there is Kerberos.

YARN gives a container one token and renews it, until HDFS' own limit (a week by default); nobody gives it
another. So the server, which has a keytab, puts one of the user's into the attempt's folder now and then,
and the launcher takes it from there while the one that it has is still good. Nobody needs to renew those:
the next comes before one expires.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.yarn import names
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.core.clock import now
from submarine.core.errors import NotFoundError, SubmarineError

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S: Final = 60.0


class Tickets:
    """Sees that every attempt that runs gets a new token in time; any number of servers may."""

    def __init__(self, config: YarnConfig, files: Files) -> None:
        self._every = config.token_every
        self._needed = config.keytab is not None
        self._files = files

    @asynccontextmanager
    async def brought(self, attempts: Callable[[], Iterable[Attempt]]) -> AsyncIterator[None]:
        """Bring them meanwhile to those of *attempts* whose time it is."""
        task = asyncio.create_task(self._work(attempts)) if self._needed else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _work(self, attempts: Callable[[], Iterable[Attempt]]) -> None:
        while True:
            await asyncio.sleep(min(self._every / 4, _LONGEST_PAUSE_S))
            for attempt in list(attempts()):
                if due(attempt, self._every):
                    await self._bring(attempt)

    async def _bring(self, attempt: Attempt) -> None:
        try:
            token = await self._files.token(attempt.owner)
            if token is not None:
                await self._files.write(attempt.handle, names.TICKET, {"token": token}, attempt.owner)
        except NotFoundError:
            return  # it was removed
        except SubmarineError as error:
            log.warning("%s gets no fresh token for HDFS yet: %s", attempt.handle, error)


def due(attempt: Attempt, every: float) -> bool:
    """Tell whether *attempt* runs, and has had its last token for *every* seconds."""
    if attempt.closing is not None or attempt.app is None or attempt.app.over or not attempt.runs:
        return False
    since = attempt.files.get(names.TICKET, attempt.app.started)
    return now() - since >= 1000 * every
