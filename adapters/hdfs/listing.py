"""A folder's children in the order of keys, not of names: the keys in a folder go on with a slash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from heapq import heappop, heappush

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.webhdfs import FileStatus, WebHdfs
from submarine.adapters.hdfs.translation import absent
from submarine.core.object_keys import is_part


async def children(files: WebHdfs, path: str, start: str = "") -> AsyncIterator[FileStatus]:
    """Yield those whose name starts with *start*; an absent folder has none."""
    held: list[tuple[str, FileStatus]] = []
    try:
        async for each in files.list(path, _before(start)):
            if is_part(each.name):
                if not each.name.startswith(start):
                    break
                while held and held[0][0] < each.name:
                    yield heappop(held)[1]
                heappush(held, (f"{each.name}/" if each.folder else each.name, each))
    except RefusedError as error:
        if not absent(error):
            raise
    while held:
        yield heappop(held)[1]


def _before(start: str) -> str:
    """Return what is less than every name that starts with *start*, and more than all lesser names."""
    return f"{start[:-1]}{chr(ord(start[-1]) - 1)}~" if start else ""
