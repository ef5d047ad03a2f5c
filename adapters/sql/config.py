"""What an operator may say about the metadata database."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator


class SqliteConfig(BaseModel, frozen=True, extra="forbid"):
    """One file beside the server.

    ``synchronous = "full"`` survives a power cut; ``"normal"`` is faster and may then lose the last
    moments (never the file).
    """

    path: Path
    readers: int = Field(default=4, ge=1, le=64)
    synchronous: Literal["full", "normal", "off"] = "full"
    wait_seconds: float = Field(default=10.0, gt=0)
    migrate: bool = True


class MemoryConfig(BaseModel, frozen=True, extra="forbid"):
    """Nothing to say: it is gone when the server ends."""


class PostgresConfig(BaseModel, frozen=True, extra="forbid"):
    """A PostgreSQL 13 or newer.

    ``url`` is ``postgresql://user@host:port/database``; the password is better given apart (by an
    environment variable, say). ``statement_cache = 0`` is for a pgbouncer in transaction mode.
    """

    url: str
    password: SecretStr | None = None
    min_connections: int = Field(default=2, ge=0, le=1000)
    max_connections: int = Field(default=16, ge=1, le=1000)
    wait_seconds: float = Field(default=10.0, gt=0)
    connect_seconds: float = Field(default=10.0, gt=0)
    statement_seconds: float = Field(default=30.0, gt=0)
    idle_in_transaction_seconds: float = Field(default=60.0, gt=0)
    statement_cache: int = Field(default=512, ge=0)
    migrate: bool = True

    @field_validator("url")
    @classmethod
    def _scheme(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("a URL like postgresql://user@host:5432/database is expected")
        return url
