"""Times on the wire: ISO 8601, UTC, with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema


def iso(milliseconds: int) -> str:
    """Return Unix *milliseconds* as ``2026-11-24T04:00:00.123Z``."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


Instant = Annotated[
    int,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""Unix milliseconds inside, ISO 8601 outside."""
