"""Whether client and server are of an age, and which side to upgrade if they are not."""

from __future__ import annotations

import submarine
from submarine.entrypoints.sdk.values import ServerInfo


def skew(info: ServerInfo, own: str = submarine.__version__) -> str | None:
    """Return a sentence if the server wants a newer client than this, else None."""
    wanted = str(info.get("min_client") or "0")
    if _numbers(own) >= _numbers(wanted):
        return None
    return (
        f"this client is {own} and the server ({info.get('version', 'of unknown version')}) wants {wanted} "
        f"or newer: upgrade the client (pip install --upgrade 'submarine-server>={wanted}')"
    )


def _numbers(version: str) -> tuple[int, ...]:
    parts = []
    for part in version.split("+", 1)[0].split("."):
        digits = "".join(c for c in part if c.isdigit()) if part[:1].isdigit() else ""
        if not digits:
            break
        parts.append(int(digits))
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)
