"""What a tar says before a member, in a header of its own: long names, and what pax may override."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from submarine.core.code.refusal import refuse

LONGEST: Final = 2**20
"""Bytes of one such header."""
EXTENSIONS: Final = frozenset(
    {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
)
_IN_A_ROW: Final = 8
_OVERRIDING: Final = frozenset({"path", "linkpath"})


@dataclass(slots=True)
class Overrides:
    """The names that the next member has instead of those in its own header; empty for none."""

    name: str = ""
    link: str = ""
    headers: int = 0

    def read(self, kind: bytes, data: bytes) -> None:
        """Take in the header of type *kind* that says *data*; raise `InvalidError` if it is a trick."""
        self.headers += 1
        if self.headers > _IN_A_ROW:  # whoever unpacks may well recurse for each
            raise refuse(f"a member has more than {_IN_A_ROW} extended headers")
        if kind == tarfile.GNUTYPE_LONGNAME:
            self.name = _text(data.partition(b"\0")[0])
        elif kind == tarfile.GNUTYPE_LONGLINK:
            self.link = _text(data.partition(b"\0")[0])
        else:
            for key, value in _records(data):
                self._override(key, value, for_all=kind == tarfile.XGLTYPE)

    def _override(self, key: str, value: bytes, *, for_all: bool) -> None:
        if key == "size" or key.startswith("GNU.sparse."):  # the latter hold a second name and size
            raise refuse("a header overrides the size of a file")
        if for_all and key in _OVERRIDING:
            raise refuse("a header gives one name to all members")
        if key == "path":
            self.name = _text(value)
        elif key == "linkpath":
            self.link = _text(value)


def _records(data: bytes) -> Iterator[tuple[str, bytes]]:
    r"""Yield the pairs of a pax header, by the lengths they say: a value may hold line breaks.

    Source: IEEE Std 1003.1, pax, "pax Header Block": ``"%d %s=%s\n", <length>, <keyword>, <value>``.
    """
    start = 0
    while start < len(data) and data[start]:
        digits, space, _ = data[start : start + 8].partition(b" ")
        end = start + int(digits) if space and digits.isdigit() else start
        key, equals, value = data[start + len(digits) + 1 : end - 1].partition(b"=")
        if not start < end <= len(data) or not equals or data[end - 1 : end] != b"\n":
            raise refuse("an extended header is damaged")
        yield _text(key), value
        start = end


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
