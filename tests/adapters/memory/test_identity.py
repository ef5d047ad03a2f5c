"""The identity in memory keeps every promise."""

from __future__ import annotations

from typing import ClassVar

from submarine.contracts.identity import NEEDS_A_LINK, IdentityContract


class TestMemoryIdentity(IdentityContract):
    adapter = "memory"
    waived: ClassVar[dict[str, str]] = dict.fromkeys(NEEDS_A_LINK, "it lives in this process")
    rounds = 200
