"""Where objects are written before they are whole, and what becomes of those whose writer died."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.core.errors import SubmarineError
from submarine.core.ids import new_id

logger = logging.getLogger(__name__)

DRAFTS: Final = "+drafts"
"""No key can name it."""

ABANDONED: Final = 24 * 3600 * 1000
"""Milliseconds after which a draft belongs to a writer that died."""


async def sweep(files: WebHdfs, root: str) -> None:
    """Delete abandoned drafts; what the time is the NameNode says, by the age of a file made now."""
    try:
        mark = f"{root}/{DRAFTS}/{new_id()}"
        await files.create(mark, b"")
        now = (await files.status(mark)).modified
        await files.delete(mark)
        async for draft in files.list(f"{root}/{DRAFTS}"):
            if draft.modified < now - ABANDONED:
                with suppress(SubmarineError):
                    await files.delete(f"{root}/{DRAFTS}/{draft.name}")
    except SubmarineError as error:
        logger.warning("old drafts on HDFS stay until the next start: %s", error)
