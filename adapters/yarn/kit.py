"""Our own programs for containers: the launcher, what it prepares with, and the in-job SDK, in one zip."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import submarine
from submarine.adapters.yarn import names
from submarine.adapters.yarn.files import Files
from submarine.core.errors import ConflictError
from submarine.core.preparation.travelling import zipped

_ROOTS: Final = ("entrypoints/sdk/tracking/*.py", "adapters/yarn/launcher/*.py")


@cache
def content() -> bytes:
    """Return the zip; a server that is upgraded is a new process."""
    return zipped(Path(submarine.__file__).parent, *_ROOTS)


@cache
def name() -> str:
    """Return its name on HDFS: another content has another name, so none is ever changed."""
    return f"submarine-{hashlib.sha256(content()).hexdigest()[:12]}.zip"


class Kit:
    """The zip in the staging folder, where YARN finds it, brought again if somebody deletes it."""

    def __init__(self, files: Files, owner: str) -> None:
        self._files = files
        self._owner = owner
        self._seen: int | None = None
        self._turn = asyncio.Lock()

    async def bring(self, *, again: bool = False) -> None:
        """Put it there unless it is, or unless nothing was changed there since; *again* looks anyhow.

        The staging folder is listed in every round, with when the zip's own was changed: that costs nothing.
        """
        async with self._turn:
            changed = self._files.kit_changed  # as it was before we look
            if changed is not None and changed == self._seen and not again:
                return
            path = f"{names.KIT}/{name()}"
            if not await self._files.exists(path, self._owner):
                await self._files.make(names.KIT, self._owner)
                with suppress(ConflictError):
                    await self._files.bring(path, content(), self._owner)
            self._seen = changed
