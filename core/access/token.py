"""What a caller shows instead of a password."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from submarine.core.access.principal import Scope


class TokenKind(enum.StrEnum):
    """How the token came about."""

    API = "api"  # made by its user, lives as long as they said
    SESSION = "session"  # made by a login


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; the secret in it is not.

    ``project`` (an id) limits it to one project. ``expires`` None is never. Times in Unix ms.
    """

    id: str
    user: str
    name: str = ""
    kind: TokenKind = TokenKind.API
    scope: Scope
    project: str | None = None
    created: int
    expires: int | None = None
    last_used: int | None = None
    revoked: int | None = None
