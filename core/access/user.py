"""A person, or a machine that has an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """``name`` never changes; ``admin`` is the site's flag; times in Unix ms."""

    id: str
    name: str
    email: str = ""
    display_name: str = ""
    admin: bool = False
    disabled: bool = False
    created: int
