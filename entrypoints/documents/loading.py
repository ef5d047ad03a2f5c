"""From the bytes of a request to plain values."""

from __future__ import annotations

from typing import Any, Final

from submarine.core.jobs.faults import quoted
from submarine.entrypoints.documents.errors import MalformedError, TooLargeError, UnknownTypeError
from submarine.entrypoints.documents.plain_json import load_json
from submarine.entrypoints.documents.plain_yaml import load_yaml

SIZE: Final = 2**20
"""Bytes of one document."""

JSON_TYPES: Final = frozenset({"application/json", "text/json", "application/merge-patch+json"})
YAML_TYPES: Final = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})


def load_document(raw: bytes, content_type: str, limit: int = SIZE) -> Any:
    """Return the plain value of *raw*, JSON or YAML as *content_type* says.

    Raise ``TooLargeError`` if there are more than *limit* bytes, ``UnknownTypeError`` if the type is
    another one, ``MalformedError`` if the bytes are not what the type says.
    """
    if len(raw) > limit:
        raise TooLargeError.because(f"it has {len(raw)} bytes", f"at most {limit}")
    if content_type == "application/json":
        return load_json(_decode(raw))
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise UnknownTypeError.because(f"the charset {quoted(charset)} is not read here", "utf-8")
    if (kind := kind.strip()) in JSON_TYPES:
        return load_json(_decode(raw))
    if kind in YAML_TYPES:
        return load_yaml(_decode(raw))
    said = (
        f"the content type {quoted(kind)} is not read here" if kind else "the request names no content type"
    )
    raise UnknownTypeError.because(said, "application/json or application/yaml")


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        reason = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        raise MalformedError.because(reason, "text in UTF-8", line=line, column=column) from error
