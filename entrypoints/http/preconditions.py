"""Entity tags: what a caller last saw, so that nobody overwrites what they have not seen."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from submarine.core.errors import InvalidError, PreconditionError

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION: Final = re.compile(r"([0-9]{1,18})(?:\.[0-9a-f]{8})?")


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The version the caller wants to change; None means whichever there is. Inject it into a route."""

    version: int | None = None

    @classmethod
    def of(cls, request: web.Request) -> IfMatch:
        """Read the header.

        Raise `PreconditionError` if it holds no tag of ours: no version can match then.
        """
        header = request.headers.get(hdrs.IF_MATCH)
        if header is None or header.strip() == "*":
            return cls()
        found = {int(v[1]) for tag in _TAG.findall(header) if (v := _VERSION.fullmatch(tag))}
        if not found:
            raise PreconditionError(f"If-Match {header[:80]!r} is no version; send the ETag you were given")
        if len(found) > 1:
            raise InvalidError.of("If-Match", "names several versions", "the one ETag you were given")
        return cls(found.pop())


def etag_of(version: object, body: bytes) -> str:
    """Return the tag of *body*, a view of a thing at *version*.

    The checksum is there because a view may show more than the version counts (the newest metrics) or
    less (``fields=``); `IfMatch` compares the version alone.
    """
    return f'"{version}.{zlib.crc32(body):08x}"'


def is_fresh(request: web.Request, etag: str) -> bool:
    """Tell whether the caller already has what *etag* names."""
    header = request.headers.get(hdrs.IF_NONE_MATCH)
    if header is None:
        return False
    return header.strip() == "*" or etag.strip('"') in _TAG.findall(header)
