"""How an archive is refused."""

from __future__ import annotations

from submarine.core.errors import InvalidError


def refuse(reason: str) -> InvalidError:
    """Return the error about an archive, to be raised."""
    return InvalidError.of(
        "code", f"the archive is refused: {reason}", "a .tar.gz of one folder, as the command line makes"
    )
