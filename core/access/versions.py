"""Nobody overwrites what they have not seen."""

from __future__ import annotations

from typing import Protocol

from submarine.core.errors import ConflictError, PreconditionError


class Versioned(Protocol):
    """Something whose changes are counted."""

    @property
    def version(self) -> int:
        """How often it was written."""
        ...


def check_version(thing: Versioned, name: str, version: int | None) -> None:
    """Raise `PreconditionError` if the caller read another version than the present one."""
    if version is not None and version != thing.version:
        raise PreconditionError(f"{name} is at version {thing.version}, not {version}; read it again")


def written(done: bool, name: str) -> None:
    """Raise `ConflictError` unless *done*: somebody else wrote first."""
    if not done:
        raise ConflictError(f"{name} was changed by somebody else at the same moment; read it again")
