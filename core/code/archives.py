"""Reads a gzipped tar as it streams by, and refuses what could hurt whoever unpacks it."""

from __future__ import annotations

import tarfile
import zlib
from typing import Final

from submarine.core.errors import InvalidError

UNPACKED: Final = 4 * 2**30
"""The most bytes that an archive may unpack to."""
MEMBERS: Final = 100_000
_STEP: Final = 2**20
_BLOCK: Final = tarfile.BLOCKSIZE
_LONG: Final = 2**20
_EXTENSIONS: Final = frozenset(
    {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
)
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
        self._long_name = ""
        self._long_link = ""
        self._unpacked = 0
        self._members = 0
        self._links: set[str] = set()
        self._ended = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the gzip stream."""
        data = chunk
        try:
            while data:
                if self._gzip.eof:
                    raise _refuse("bytes follow the end of the gzip stream")
                self._take(self._gzip.decompress(data, _STEP))
                data = self._gzip.unconsumed_tail or self._gzip.unused_data
        except zlib.error as error:
            raise _refuse("it is no gzip stream, or a damaged one") from error

    def close(self) -> None:
        """Say that it was all."""
        if not self._gzip.eof:
            raise _refuse("the gzip stream is cut off")
        if self._skip or (self._block.strip(b"\0") and not self._ended):
            raise _refuse("the tar is cut off")
        if not self._ended and not self._members and self._unpacked == 0:
            raise _refuse("it is empty")

    def _take(self, plain: bytes) -> None:
        self._unpacked += len(plain)
        if self._unpacked > UNPACKED:
            raise _refuse(f"it unpacks to more than {UNPACKED // 2**30} GiB")
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
                    self._read_extension(*self._extension)
                    self._extension = None
            elif len(view) - start < _BLOCK:
                self._block = view[start:]
                return
            else:
                self._header(view[start : start + _BLOCK])
                start += _BLOCK

    def _header(self, block: bytes) -> None:
        if not block.strip(b"\0"):
            self._ended = True
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise _refuse("it is no tar, or a damaged one") from error
        if info.size < 0:
            raise _refuse("it is no tar, or a damaged one")
        if info.type in _EXTENSIONS:
            if info.size > _LONG:
                raise _refuse("an extended header is over 1 MiB")
            self._extension = (info.type, info.size, bytearray())
            self._skip = -(-info.size // _BLOCK) * _BLOCK
            return
        self._check(info)
        if info.isreg():
            self._skip = -(-info.size // _BLOCK) * _BLOCK

    def _read_extension(self, kind: bytes, size: int, data: bytearray) -> None:
        text = bytes(data[:size]).rstrip(b"\0").decode("utf-8", "surrogateescape")
        if kind == tarfile.GNUTYPE_LONGNAME:
            self._long_name = text
        elif kind == tarfile.GNUTYPE_LONGLINK:
            self._long_link = text
        else:
            for line in text.split("\n"):
                key, _, value = line.partition(" ")[2].partition("=")
                if key == "path":
                    self._long_name = value
                elif key == "linkpath":
                    self._long_link = value
                elif key in {"size", "GNU.sparse.size", "GNU.sparse.realsize"}:
                    raise _refuse("a header overrides the size of a file")

    def _check(self, info: tarfile.TarInfo) -> None:
        self._members += 1
        if self._members > MEMBERS:
            raise _refuse(f"it has more than {MEMBERS} members")
        name = self._long_name or info.name
        link = self._long_link or info.linkname
        self._long_name = self._long_link = ""
        shown = name[:100]
        if info.type not in _PLAIN:
            raise _refuse(f"{shown!r} is neither a file, a folder nor a link")
        if _escapes(name):
            raise _refuse(f"{shown!r} leads out of the folder")
        if self._leads_through_a_link(name):
            raise _refuse(f"{shown!r} leads through a link")
        if info.issym():
            self._links.add(_plain(name))
        if info.issym() and _escapes(
            "/".join([*name.split("/")[:-1], link]) if not link.startswith("/") else link
        ):
            raise _refuse(f"the link {shown!r} leads out of the folder")
        if info.islnk() and _escapes(link):
            raise _refuse(f"the link {shown!r} leads out of the folder")

    def _leads_through_a_link(self, name: str) -> bool:
        """Tell whether a folder of *name* is a link, so that its depth is not what it seems to be."""
        if not self._links:
            return False
        parts = _plain(name).split("/")
        return any("/".join(parts[:n]) in self._links for n in range(1, len(parts)))


def _plain(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def _escapes(path: str) -> bool:
    """Tell whether *path* is absolute, or climbs above where it starts."""
    if path.startswith("/") or "\0" in path:
        return True
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return True
    return False


def _refuse(reason: str) -> InvalidError:
    return InvalidError.of(
        "code", f"the archive is refused: {reason}", "a .tar.gz of one folder, as the command line makes"
    )
