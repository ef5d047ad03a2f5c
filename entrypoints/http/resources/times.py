"""Times on the wire: ISO 8601, UTC, with milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import PlainSerializer, WithJsonSchema

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC; one that says so is slower


def iso(milliseconds: int) -> str:
    """Return Unix *milliseconds* as ``2026-11-24T04:00:00.123Z``."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds") + "Z"


Instant = Annotated[
    int,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""Unix milliseconds inside, ISO 8601 outside."""
