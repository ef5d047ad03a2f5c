"""How dear a guess at a password is made."""

from __future__ import annotations

from pydantic import BaseModel, Field


class PasswordConfig(BaseModel, frozen=True, extra="forbid"):
    """Cost of one hash and how many may be under way.

    The defaults are the second recommendation of RFC 9106, section 4 (64 MiB, 3 passes, 4 lanes).
    """

    memory: int = Field(
        default=65536, ge=32, le=4 * 1024**2, description="KiB of memory for a hash, at least 32"
    )
    passes: int = Field(default=3, ge=1, le=100, description="passes over the memory, 1 to 100")
    lanes: int = Field(default=4, ge=1, le=4, description="parallel lanes of a hash, 1 to 4")
    at_once: int = Field(default=2, ge=1, le=64, description="hashes computed at once, 1 to 64")
    waiting: int = Field(
        default=64, ge=0, le=10_000, description="logins that may wait for their turn, 0 to 10000"
    )
