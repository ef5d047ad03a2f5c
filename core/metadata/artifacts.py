"""What a training leaves behind: files kept here, or pointed to where they are."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from submarine.core.errors import InvalidError

OWN_SCHEME: Final = "submarine"
"""Of the URIs of artifacts that the server keeps; nobody else may register one."""

MOST_ARTIFACTS: Final = 10_000
"""Artifacts of one experiment; who needs more packs them."""

LONGEST_PATH: Final = 512
LONGEST_URI: Final = 2048
DEEPEST: Final = 16

_LONGEST_PART: Final = 120  # of a key; file systems take 255, S3 1024 for the whole
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DIGEST: Final = re.compile(r"[a-z0-9]{1,16}:[0-9a-f]{16,128}")
_PLAIN: Final = re.compile(rb"[A-Za-z0-9.-]")
_EXPECTED: Final = (
    f"names joined by /, at most {DEEPEST} of them and {LONGEST_PATH} bytes, such as model/weights.pt"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """``path`` is its name in the experiment; ``size`` in bytes and ``digest`` may be unknown (None).

    ``key`` is where the server keeps it in the object store, None for one that is elsewhere.
    """

    path: str
    uri: str
    size: int | None
    digest: str | None
    created: int
    key: str | None = None


def check_path(path: str) -> None:
    """Raise `InvalidError` unless *path* may name an artifact."""
    if not path or len(path.encode(errors="replace")) > LONGEST_PATH:
        raise InvalidError.of("path", "is empty" if not path else "is too long", _EXPECTED)
    if _CONTROL.search(path) or "\\" in path:
        raise InvalidError.of("path", "holds a control character or a backslash", _EXPECTED)
    parts = path.split("/")
    if len(parts) > DEEPEST:
        raise InvalidError.of("path", f"has {len(parts)} parts", _EXPECTED)
    for part in parts:
        if not part:
            raise InvalidError.of("path", "begins or ends with / or has two in a row", _EXPECTED)
        if part in {".", ".."}:
            raise InvalidError.of("path", f"has the part {part!r}", _EXPECTED)


def check_uri(uri: str) -> None:
    """Raise `InvalidError` unless *uri* may be registered."""
    expected = "an absolute URI such as s3://bucket/key or https://host/path"
    if len(uri) > LONGEST_URI:
        raise InvalidError.of("uri", f"has {len(uri)} characters", f"at most {LONGEST_URI}")
    if _CONTROL.search(uri) or " " in uri:
        raise InvalidError.of("uri", "holds a space or a control character", expected)
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise InvalidError.of("uri", str(error).lower(), expected) from error
    if not parts.scheme or not (parts.netloc or parts.path):
        raise InvalidError.of("uri", "has no scheme", expected)
    if parts.scheme.lower() == OWN_SCHEME:
        raise InvalidError.of("uri", f"{OWN_SCHEME}: is for what was uploaded here", expected)
    if parts.password:
        raise InvalidError.of("uri", "holds a password", "a URI without one: everybody in the team reads it")


def check_digest(digest: str) -> None:
    """Raise `InvalidError` unless *digest* is ``algorithm:hex``."""
    if not _DIGEST.fullmatch(digest):
        raise InvalidError.of("digest", "is no digest", "algorithm:hex in lower case, such as sha256:9f86d0…")


def own_uri(experiment: str, path: str) -> str:
    """Return the URI of what was uploaded."""
    return f"{OWN_SCHEME}://{experiment}/{path}"


def folder(project: str, experiment: str) -> str:
    """Return the prefix of the keys of all uploads of *experiment*."""
    return f"artifacts/{project}/{experiment}/"


def object_key(project: str, experiment: str, path: str, version: str) -> str:
    """Return the key of one upload to *path*; *version* (an id) tells uploads to the same path apart.

    A path of other scripts, of odd characters or of great length has a key too, and no two paths share
    one: bytes other than ``A-Za-z0-9.-`` become ``_`` and two hexadecimal digits, an overlong part ends
    in ``__`` and its digest, and ``_v`` begins the last part only.
    """
    parts = [_encoded(part) for part in path.split("/")]
    key = folder(project, experiment) + "/".join([*parts, f"_v{version}"])
    if len(key) > 900:  # noqa: PLR2004 - S3 takes 1024
        digest = hashlib.sha256(path.encode()).hexdigest()
        key = folder(project, experiment) + f"__{digest}/_v{version}"
    return key


def _encoded(part: str) -> str:
    raw = part.encode()
    text = "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"_{byte:02X}" for byte in raw)
    if len(text) <= _LONGEST_PART:
        return text
    return f"{text[:40]}__{hashlib.sha256(raw).hexdigest()}"
