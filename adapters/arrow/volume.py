"""A tree of files that an object store lives in; every call blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from submarine.core.ids import new_id
from submarine.core.object_keys import is_part
from submarine.core.ports.object_store import ObjectInfo

if TYPE_CHECKING:
    from pyarrow import NativeFile, fs

DRAFTS: Final = "+drafts"
"""Where objects are written before they are whole; no key can name it."""

ABANDONED: Final = 24 * 3600.0
"""Seconds after which a draft nobody writes to belongs to a writer that died."""


class Volume:
    """The folder *root* of any file system that Arrow reaches.

    An object is drafted aside and moved into place. Methods raise the OSError of what went wrong,
    FileNotFoundError if there is no such object.
    """

    def __init__(self, connect: Callable[[], fs.FileSystem], root: str) -> None:
        self._connect = connect
        self.root = root

    @cached_property
    def files(self) -> fs.FileSystem:
        """The file system, reached at its first use: Arrow takes as long to import as all of the server."""
        return self._connect()

    def prepare(self) -> None:
        """Make the folders and sweep the drafts of writers that died."""
        from pyarrow import fs

        self.files.create_dir(f"{self.root}/{DRAFTS}", recursive=True)
        for draft in self.files.get_file_info(fs.FileSelector(f"{self.root}/{DRAFTS}")):
            if draft.is_file and draft.mtime_ns < (time.time() - ABANDONED) * 1e9:
                self.discard(draft.path)

    def begin(self) -> tuple[str, NativeFile]:
        """Return the path of a new draft and the stream to write it."""
        path = f"{self.root}/{DRAFTS}/{new_id()}"
        return path, self.files.open_output_stream(path)

    def publish(self, draft: str, key: str) -> None:
        """Move the closed *draft* to *key*, replacing what is there."""
        path = self._path(key)
        self.files.create_dir(path.rpartition("/")[0], recursive=True)
        self.files.move(draft, path)

    def discard(self, draft: str) -> None:
        """Delete *draft* if it is there."""
        try:
            self.files.delete_file(draft)
        except FileNotFoundError:
            return

    def read(self, key: str) -> NativeFile:
        """Return a stream that can seek."""
        self.stat(key)
        return self.files.open_input_file(self._path(key))

    def stat(self, key: str) -> ObjectInfo:
        """Return size and age."""
        info = self.files.get_file_info(self._path(key))
        if not info.is_file:
            raise FileNotFoundError(key)
        return _info(key, info)

    def children(self, folder: str, start: str = "") -> Sequence[ObjectInfo | str]:
        """Return the objects and, as strings, the folders in *folder* whose name starts with *start*.

        They come in the order of the keys they are or hold; an absent folder has none.
        """
        from pyarrow import fs

        selector = fs.FileSelector(self._path(folder), allow_not_found=True)
        found: dict[str, ObjectInfo | str] = {}
        for info in self.files.get_file_info(selector):
            if is_part(info.base_name) and info.base_name.startswith(start):
                key = below(folder, info.base_name)
                found[key if info.is_file else f"{key}/"] = _info(key, info) if info.is_file else key
        return in_order(found)

    def delete(self, key: str) -> None:
        """Delete *key* if it is there."""
        if self.files.get_file_info(self._path(key)).is_file:
            self.discard(self._path(key))

    def _path(self, key: str) -> str:
        return below(self.root, key)


def below(folder: str, name: str) -> str:
    """Return the path of *name* in *folder*; the root of keys is empty."""
    return f"{folder}/{name}" if folder and name else folder or name


def in_order(found: dict[str, ObjectInfo | str]) -> Sequence[ObjectInfo | str]:
    """Return the values by key; a folder's ends with a slash, for that is how the keys in it go on."""
    return [found[key] for key in sorted(found)]


def _info(key: str, info: fs.FileInfo) -> ObjectInfo:
    return ObjectInfo(key=key, size=info.size, modified=info.mtime_ns // 1_000_000)
