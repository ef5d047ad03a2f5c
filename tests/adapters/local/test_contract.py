"""The local runtime keeps every promise that does not need a way to it which could break."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.contracts.faults.victims import marked
from submarine.contracts.kit import promises
from submarine.contracts.runtime import NEEDS_A_LINK, RuntimeContract
from submarine.contracts.runtime.kit import Victims
from submarine.contracts.runtime.remarking import Commenting

_NEAR = "the runtime is part of this machine: there is no way to it that could be cut"


class TestLocalRuntime(RuntimeContract):
    adapter = "local"
    waived: ClassVar[dict[str, str]] = {
        **dict.fromkeys(NEEDS_A_LINK, _NEAR),
        **dict.fromkeys(promises(Commenting), "there is nobody but us who could say anything"),
        "test_the_form_it_takes_is_told_beforehand": "it knows one form only: processes",
    }

    @pytest.fixture
    @override
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi"}

    @pytest.fixture
    @override
    def victims(self) -> Victims:
        return marked  # supervisors have the handle in their command line, commands in their environment
