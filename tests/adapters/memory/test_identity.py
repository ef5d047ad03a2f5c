"""The identity in memory keeps every promise."""

from __future__ import annotations

from submarine.contracts.identity import IdentityContract


class TestMemoryIdentity(IdentityContract):
    adapter = "memory"
    rounds = 200
