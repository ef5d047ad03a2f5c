"""The box keeps what a runtime promises, also while its daemon stands still."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from submarine.contracts.runtime import RuntimeContract


class TestBox(RuntimeContract):
    adapter = "box"

    @pytest.fixture
    @override
    def options(self, tmp_path: Path) -> Mapping[str, object]:
        return {"folder": str(tmp_path / "box"), "timeout": 1.5}

    @pytest.fixture
    @override
    def outage(self, options: Mapping[str, object]) -> AbstractAsyncContextManager[None]:
        @asynccontextmanager
        async def frozen() -> AsyncIterator[None]:
            pid = json.loads(Path(str(options["folder"]), "daemon.json").read_text())["pid"]
            os.kill(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(pid, signal.SIGCONT)

        return frozen()
