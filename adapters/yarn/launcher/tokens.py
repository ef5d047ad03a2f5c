"""The delegation token for HDFS that YARN gives to every container of a cluster with Kerberos.

YARN writes a container's tokens to a file, and renews that of HDFS as long as the application lives.
Source of the format: org.apache.hadoop.security.Credentials and .token.Token, as Java's DataOutput writes.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping

FILE = "HADOOP_TOKEN_FILE_LOCATION"
KIND = b"HDFS_DELEGATION_TOKEN"

_HEAD = b"HDTS\0"
_IN_ONE_BYTE = 127
_LONG = -112
"""From here on downwards a first byte says how many bytes of a length follow; a length is never negative."""


def hdfs(env: Mapping[str, str]) -> str | None:
    """Return the token as WebHDFS takes it, None where there is none, as without Kerberos."""
    with contextlib.suppress(KeyError, OSError, ValueError), open(env[FILE], "rb") as file:
        return _find(file.read())
    return None


def _find(content: bytes) -> str | None:
    """Return the first token for HDFS; raise ValueError if *content* is no file of tokens."""
    if not content.startswith(_HEAD):
        raise ValueError("no tokens, or in a format that nobody writes")
    reader = _Reader(content[len(_HEAD) :])
    for _ in range(reader.number()):
        reader.field()  # under what name it is kept
        token = [reader.field() for _ in range(4)]
        if token[2] == KIND:
            # the service may name a pair, which only Hadoop's own clients know
            written = b"".join(_number(len(part)) + part for part in (token[0], token[1], KIND, b""))
            return base64.urlsafe_b64encode(written).decode().rstrip("=")
    return None


class _Reader:
    """Reads what Java's WritableUtils wrote: numbers of one to nine bytes, and fields with their length."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def number(self) -> int:
        first = int.from_bytes(self._take(1), "big", signed=True)
        if first >= _LONG:
            return first
        return int.from_bytes(self._take(_LONG - first), "big")

    def field(self) -> bytes:
        return self._take(self.number())

    def _take(self, count: int) -> bytes:
        found = self._content[self._at : self._at + count]
        if len(found) != count:
            raise ValueError("it ends in the middle")
        self._at += count
        return found


def _number(value: int) -> bytes:
    """Write a length as `_Reader.number` reads it."""
    if value <= _IN_ONE_BYTE:
        return bytes([value])
    content = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return (_LONG - len(content)).to_bytes(1, "big", signed=True) + content
