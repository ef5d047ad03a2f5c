"""What an operator says of a depot."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DepotConfig(BaseModel, frozen=True, extra="forbid"):
    """Where it is; after ``timeout`` seconds without a byte it counts as unavailable."""

    url: str
    timeout: float = Field(default=10.0, gt=0)
