"""Frees the names of services that nobody has any more.

YARN keeps what it was told of a service until somebody deletes it. What lives without a folder is an orphan,
which the core has removed; what does not even live would stay for ever, where a server died over a removal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import SubmarineError

log = logging.getLogger(__name__)

_EVERY_S: Final = 600.0


@asynccontextmanager
async def clearing(
    manager: Manager, files: Files, owners: Callable[[], Awaitable[Collection[str]]]
) -> AsyncIterator[None]:
    """Free what is left of all *owners*, now and again meanwhile."""

    async def work() -> None:
        while True:
            try:
                for owner in sorted(await owners()):
                    await _clear(manager, files, owner)
            except SubmarineError as error:
                log.info("what YARN keeps of services waits to be cleared: %s", error)
            except Exception:
                log.exception("clearing what YARN keeps of services broke; it begins again")
            await asyncio.sleep(_EVERY_S)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _clear(manager: Manager, files: Files, owner: str) -> None:
    try:
        await clear(manager, files, owner)
    except RefusedError as error:  # one for whom Hadoop lets us not act any more keeps no other waiting
        log.info("what YARN keeps of services of %s waits to be cleared: %s", owner, error)


async def clear(manager: Manager, files: Files, owner: str) -> None:
    """Free what has neither a folder nor an application that lives, and was started from here."""
    # In this order: a folder comes before its service and goes after it.
    services = await files.services.known(owner)
    folders = await files.folders()
    for name in services:
        if name in folders or not await files.services.started(name, owner):
            continue
        if all(app.over for app in await manager.applications(name, owner)):
            await files.services.forget(name, owner)
            log.warning("freed the name of the service %s, of which nothing else was left", name)
