"""What an operator says of a box."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class BoxConfig(BaseModel, frozen=True, extra="forbid"):
    """Where the box is and how much it may give away; ``timeout`` is seconds for one question.

    ``via`` is the port of a tunnel to the daemon, where there is one.
    """

    folder: Path
    cpu: float = Field(default=64.0, gt=0, description="cores")
    memory: int = Field(default=64 * 2**30, gt=0, description="bytes")
    timeout: float = Field(default=10.0, gt=0)
    via: int | None = Field(default=None, gt=0, lt=2**16)
