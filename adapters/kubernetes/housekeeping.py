"""Takes away what nobody needs any more: tombstones of attempts that never were."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.kinds import PARENTS
from submarine.core.clock import now
from submarine.core.errors import NotFoundError, SubmarineError

log = logging.getLogger(__name__)

_EVERY_S: Final = 3600.0
_DAY_MS: Final = 86_400_000
"""A submit that is later than this never comes, and clocks are not that wrong."""


@asynccontextmanager
async def tidying(api: Api, cache: Cache) -> AsyncIterator[None]:
    """Tidy up now and then meanwhile."""

    async def work() -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            await tidy(api, cache)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def tidy(api: Api, cache: Cache) -> None:
    """Delete the tombstones that are older than a day; what fails is tried again next time."""
    for handle in cache.parents.handles():
        parent = cache.parent(handle)
        if parent is None or parent.plan is not None or parent.damage or now() - parent.created < _DAY_MS:
            continue
        options = {"uid": parent.uid}
        try:
            await api.delete(PARENTS, handle, preconditions=options)
        except NotFoundError:
            continue
        except SubmarineError as error:
            log.info("the tombstone of %s stays for now: %s", handle, error)
