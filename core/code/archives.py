"""Reads a gzipped tar as it streams by, and refuses what could hurt whoever unpacks it."""

from __future__ import annotations

import tarfile
import zlib
from typing import Final

from submarine.core.code.headers import EXTENSIONS, LONGEST, Overrides
from submarine.core.code.places import Places, climbs
from submarine.core.code.refusal import refuse

UNPACKED: Final = 4 * 2**30
"""The most bytes that an archive may unpack to."""
MEMBERS: Final = 100_000
_STEP: Final = 2**20
_BLOCK: Final = tarfile.BLOCKSIZE
_PLAIN: Final = frozenset(
    {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE}
)


class ArchiveInspector:
    """Memory is bounded: of the contents nothing is kept, of extended headers a megabyte."""

    def __init__(self) -> None:
        self._gzip = zlib.decompressobj(wbits=31)
        self._block = b""
        self._skip = 0
        self._extension: tuple[bytes, int, bytearray] | None = None
        self._overrides = Overrides()
        self._places = Places()
        self._unpacked = 0
        self._members = 0
        self._ended = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the gzip stream."""
        data = chunk
        try:
            while data:
                if self._gzip.eof:
                    raise refuse("bytes follow the end of the gzip stream")
                self._take(self._gzip.decompress(data, _STEP))
                data = self._gzip.unconsumed_tail or self._gzip.unused_data
        except zlib.error as error:
            raise refuse("it is no gzip stream, or a damaged one") from error

    def close(self) -> None:
        """Say that it was all."""
        if not self._gzip.eof:
            raise refuse("the gzip stream is cut off")
        if self._skip or (self._block.strip(b"\0") and not self._ended):
            raise refuse("the tar is cut off")
        if not self._ended and not self._members and self._unpacked == 0:
            raise refuse("it is empty")

    def _take(self, plain: bytes) -> None:
        self._unpacked += len(plain)
        if self._unpacked > UNPACKED:
            raise refuse(f"it unpacks to more than {UNPACKED // 2**30} GiB")
        view = self._block + plain
        self._block = b""
        start = 0
        while start < len(view) and not self._ended:
            if self._skip:
                used = min(self._skip, len(view) - start)
                if self._extension:
                    self._extension[2].extend(view[start : start + used])
                self._skip -= used
                start += used
                if not self._skip and self._extension:
                    kind, size, data = self._extension
                    self._overrides.read(kind, bytes(data[:size]))
                    self._extension = None
            elif len(view) - start < _BLOCK:
                self._block = view[start:]
                return
            else:
                self._header(view[start : start + _BLOCK])
                start += _BLOCK
        if self._ended and view.count(0, start) < len(view) - start:
            raise refuse("bytes follow the end of the tar")

    def _header(self, block: bytes) -> None:
        if not block.strip(b"\0"):
            self._ended = True
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise refuse("it is no tar, or a damaged one") from error
        if info.size < 0:
            raise refuse("it is no tar, or a damaged one")
        if info.type in EXTENSIONS:
            if info.size > LONGEST:
                raise refuse("an extended header is over 1 MiB")
            if info.size == 0:  # nothing follows that would be of it
                self._overrides.read(info.type, b"")
                return
            self._extension = (info.type, info.size, bytearray())
            self._skip = -(-info.size // _BLOCK) * _BLOCK
            return
        self._check(info)
        if info.isreg():
            self._skip = -(-info.size // _BLOCK) * _BLOCK

    def _check(self, info: tarfile.TarInfo) -> None:
        self._members += 1
        if self._members > MEMBERS:
            raise refuse(f"it has more than {MEMBERS} members")
        name = self._overrides.name or info.name
        link = self._overrides.link or info.linkname
        self._overrides = Overrides()
        if info.type not in _PLAIN:
            raise refuse(f"{name[:100]!r} is neither a file, a folder nor a link")
        self._places.check(name)
        self._places.check_way(name, is_link=info.issym())
        if info.issym():
            self._places.check_target(name, link)
            self._places.add_link(name)
        elif info.islnk():
            if climbs(link):
                raise refuse(f"the link {name[:100]!r} leads out of the folder")
            self._places.check(link)
            self._places.check_way(link, is_link=False)
