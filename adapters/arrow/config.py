"""What an Arrow store needs to know."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class FileConfig(BaseModel, frozen=True, extra="forbid"):
    """Where objects lie on this machine, or on what is mounted here."""

    root: Path = Field(description="the folder for objects, on one file system; made if absent")
