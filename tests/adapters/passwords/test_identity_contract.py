"""Passwords of our own keep every promise of an identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.identity import NEEDS_A_LINK, IdentityContract


class TestPasswordIdentity(IdentityContract):
    adapter = "local"
    waived: ClassVar[dict[str, str]] = dict.fromkeys(NEEDS_A_LINK, "no directory is asked: it reckons here")

    @override
    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        return {"memory": 1024, "passes": 1, "lanes": 1}  # quick, and still hundreds of times a bare call
