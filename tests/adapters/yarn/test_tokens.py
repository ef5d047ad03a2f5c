"""The token for HDFS is found in the file that YARN gives to a container."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from submarine.adapters.yarn.launcher import tokens

IDENTIFIER = bytes(range(250)) * 2
PASSWORD = b"p" * 20
KEPT = (b"timeline", b"i", b"p", b"TIMELINE_DELEGATION_TOKEN", b"localhost:8188")
WANTED = (b"ha-hdfs:submarine", IDENTIFIER, PASSWORD, b"HDFS_DELEGATION_TOKEN", b"ha-hdfs:submarine")


def java(value: bytes) -> bytes:
    """Return *value* behind its length, as Java's WritableUtils writes it up to 65,535 bytes."""
    size = len(value)
    if size <= 127:
        return bytes([size]) + value
    head = b"\x8f" if size <= 255 else b"\x8e"
    return head + size.to_bytes(1 if size <= 255 else 2, "big") + value


def written(*kept: tuple[bytes, ...]) -> bytes:
    return b"HDTS\x00" + bytes([len(kept)]) + b"".join(java(part) for token in kept for part in token) + b"\0"


def read(folder: Path, content: bytes) -> str | None:
    (folder / "container_tokens").write_bytes(content)
    return tokens.hdfs({tokens.FILE: str(folder / "container_tokens")})


def test_the_token_is_as_webhdfs_takes_it(tmp_path: Path) -> None:
    found = read(tmp_path, written(KEPT, WANTED))
    assert found is not None
    said = base64.urlsafe_b64decode(found + "=" * (-len(found) % 4))
    assert said == java(IDENTIFIER) + java(PASSWORD) + java(b"HDFS_DELEGATION_TOKEN") + java(b"")


@pytest.mark.parametrize(
    "content",
    [written(KEPT), written(), b"", b"HDTS", b"HDTS\x01\x00", b"PK\x03\x04", written(KEPT, WANTED)[:60]],
    ids=["another", "none", "empty", "short", "protobuf", "zip", "broken"],
)
def test_where_there_is_none_none_is_found(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) is None


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert tokens.hdfs({}) is None
    assert tokens.hdfs({tokens.FILE: str(tmp_path / "none")}) is None
