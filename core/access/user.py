"""A person, or a machine that has an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """``name`` never changes; ``admin`` is the site's flag; ``version`` grows with each change."""

    id: str
    name: str
    email: str = ""
    display_name: str = ""
    admin: bool = False
    disabled: bool = False
    version: int = 1
    created: int
