"""The staging folder where many share it: what of it is the server's, and whether it is safe.

Everybody may make folders in it. That is safe as long as it is sticky, as /tmp is: then nobody takes away or
replaces what is another's, and whose a folder is cannot be made up.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from submarine.adapters.hadoop.drafts import ABANDONED
from submarine.adapters.yarn.accounts import unfit
from submarine.core.errors import NotFoundError, SubmarineError, UnavailableError

if TYPE_CHECKING:
    from submarine.adapters.hadoop.webhdfs import WebHdfs
    from submarine.adapters.yarn.config import YarnConfig
    from submarine.adapters.yarn.files import Files

_NEEDED: Final = 0o1003
"""Sticky, and everybody may go in and make something there."""
_OTHERS: Final = 0o077


async def sound(files: Files, config: YarnConfig) -> None:
    """Raise `UnavailableError` unless the staging folder is one to share; it is told how to make it so."""
    path, me = config.folder, config.me
    remedy = f"an administrator has to make it: owner {me}, mode 1773"
    try:
        found = await files.status(path, me)
    except NotFoundError as error:
        raise UnavailableError(f"there is no folder {path} on HDFS; {remedy}") from error
    if not found.folder or found.mode & _NEEDED != _NEEDED:
        raise UnavailableError(f"{path} on HDFS has mode {found.mode:o}; {remedy}")
    if unfit(found.owner, me) is None:
        raise UnavailableError(f"{path} on HDFS belongs to {found.owner}; {remedy}")


async def ours(files: Files, config: YarnConfig, name: str) -> None:
    """Raise `UnavailableError` unless the file *name* is the server's, `NotFoundError` if there is none."""
    path, me = f"{config.folder}/{name}", config.me
    found = await files.status(path, me)
    if found.folder or found.owner != me or found.mode & _OTHERS:
        told = f"{path} on HDFS belongs to {found.owner} and has mode {found.mode:o}"
        raise UnavailableError(f"{told}, and is to be a file for {me} alone; an administrator may delete it")


async def sweep(files: Files, hdfs: WebHdfs, config: YarnConfig) -> None:
    """Delete what anybody's writer wrote aside who has died."""
    before = await hdfs.clock() - ABANDONED
    async for each in hdfs.list(config.folder):
        if each.name.startswith(config.scratch) and each.modified < before:
            with suppress(SubmarineError):
                await files.delete(each.name, each.owner)
