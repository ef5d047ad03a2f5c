from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.runtime import RuntimeContract

_NEAR = "the runtime is part of this machine: there is no way to it that could be cut"


class Uncuttable(AbstractAsyncContextManager[None]):
    """Fails where a cut would be made."""

    @override
    async def __aenter__(self) -> None:
        raise AssertionError(_NEAR)

    @override
    async def __aexit__(self, *_: object) -> None: ...


class TestLocalRuntime(RuntimeContract):
    adapter = "local"
    waived: ClassVar[dict[str, str]] = {
        "test_while_the_backend_is_away_every_call_says_so": _NEAR,
        "test_after_an_outage_all_is_as_it_was": _NEAR,
    }

    @pytest.fixture
    @override
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi"}

    @pytest.fixture
    @override
    def outage(self) -> AbstractAsyncContextManager[None]:
        return Uncuttable()
