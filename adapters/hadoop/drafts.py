"""What becomes of drafts, files that are written aside until they are whole, whose writer died."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.core.errors import SubmarineError
from submarine.core.ids import new_id

logger = logging.getLogger(__name__)

ABANDONED: Final = 24 * 3600 * 1000
"""Milliseconds after which a draft belongs to a writer that died."""


async def sweep(files: WebHdfs, folder: str) -> None:
    """Delete abandoned drafts in *folder*; the age of a file made now tells what the NameNode's time is."""
    try:
        mark = f"{folder}/{new_id()}"
        await files.create(mark, b"")
        now = (await files.status(mark)).modified
        await files.delete(mark)
        async for draft in files.list(folder):
            if draft.modified < now - ABANDONED:
                with suppress(SubmarineError):
                    await files.delete(f"{folder}/{draft.name}", recursive=draft.folder)
    except SubmarineError as error:
        logger.warning("old drafts on HDFS stay until the next start: %s", error)
